"""A SITE_URL with a path: the whole service lives below it, whether a proxy passes the path on or removes it."""

import http.cookiejar
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver

from config import env
from config.health import PATHS
from standalone.process_guard import ProcessGuard
from standalone.servers import free_port, start_redis, wait_until
from tests import migrated

ROOT = Path(__file__).resolve().parents[2]
SITE = "/habits/tracker"

PREPARE = """
import django; django.setup()
from tests import make
alice = make.person("alice")
for name in ("One", "Two"): make.habit(alice, name=name, is_published=True)
alice.is_staff = alice.is_superuser = True; alice.save()
from users import tokens
print(tokens.password_reset.make(alice))
"""


class Browser:
    """A client with cookies. `site`: the path that its requests have before them, as a proxy passes them on."""

    def __init__(self, port: int, site: str) -> None:
        self.url, self.site = f"http://localhost:{port}", site
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def send(
        self, path: str, body: Any = None, form: dict[str, str] | None = None, bearer: str = ""
    ) -> tuple[Any, str]:
        """Send a request to a path below the site, and return the response and its text."""
        data = urllib.parse.urlencode(form).encode() if form else json.dumps(body).encode() if body else None
        headers = {"Content-Type": "application/json"} if body else {}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        request = urllib.request.Request(f"{self.url}{self.site}{path}", data, headers)
        try:
            answer = self.opener.open(request, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        return answer, answer.read().decode(errors="replace")


class Server:
    """A real server process whose SITE_URL has a path."""

    def __init__(self, port: int, reset_token: str) -> None:
        self.port, self.reset_token = port, reset_token


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, port = tmp_path_factory.mktemp("site"), free_port()
    migrated.copy_sqlite(folder / "db.sqlite3")
    with ProcessGuard() as guard:
        variables = {
            "PATH": os.environ["PATH"],
            "DJANGO_READ_DOT_ENV": "off",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": str(folder),
            "REDIS_URL": start_redis(guard),
            "SITE_URL": f"http://localhost:{port}{SITE}",
        }
        made = subprocess.run(
            [sys.executable, "-c", PREPARE], cwd=ROOT, env=variables, capture_output=True, text=True, check=True
        )
        log = folder / "web.log"
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "config.wsgi",
            "--bind",
            f"127.0.0.1:{port}",
            "--no-control-socket",
        ]
        with log.open("wb") as output:
            process = guard.start(command, cwd=ROOT, env=variables, output=output)
        wait_until(lambda: _is_up(port), process=process, name="gunicorn", log=log, timeout=180)
        yield Server(port, made.stdout.split()[-1])


def _is_up(port: int) -> bool:
    try:
        return bool(Browser(port, "").send("/healthz/")[1] == "ok")
    except OSError:
        return False


@pytest.fixture(params=[SITE, ""], ids=["path kept", "path removed"])
def browser(server: Server, request: pytest.FixtureRequest) -> Browser:
    return Browser(server.port, request.param)


@pytest.mark.processes
class TestBehindAProxy:
    def test_pages_and_their_files(self, browser: Browser) -> None:
        _, page = browser.send("/")
        assert f'data-root="{SITE}/"' in page
        paths = re.findall(r'(?:src|href)="(/[^"]*)"', page)
        assert paths and all(path.startswith(f"{SITE}/") for path in paths)
        for path in [*paths, f"{SITE}/static/web/unsupported.js"]:
            assert browser.send(path.removeprefix(SITE))[0].status == 200, path

    def test_the_api_and_its_links(self, browser: Browser) -> None:
        answer, text = browser.send("/api/token/", {"email": "alice@example.org", "password": "correct horse battery"})
        assert answer.status == 200, text
        access = json.loads(text)["access"]
        listed = json.loads(browser.send("/api/habits/?page_size=1", bearer=access)[1])
        assert listed["next"] == f"{browser.url}{SITE}/api/habits/?page=2&page_size=1"
        assert browser.send("/api/nothing/")[0].status == 404
        answer, _ = browser.send("/habit/public")  # without a slash: redirected
        assert answer.status == 200
        assert urllib.parse.urlsplit(answer.url).path == f"{SITE}/habit/public/"

    def test_the_documentation(self, browser: Browser) -> None:
        for path in ("/swagger/", "/redoc/", "/api/swagger/"):
            answer, page = browser.send(path)
            assert answer.status == 200
            for found in re.findall(r'(?:src|href)="(/[^"]*)"', page):
                assert found.startswith(f"{SITE}/"), found
                assert browser.send(found.removeprefix(SITE))[0].status == 200, found
        schema = json.loads(browser.send("/swagger.json")[1])
        assert schema["basePath"] == f"{SITE}/api"

    def test_the_admin_and_its_cookies(self, server: Server) -> None:
        browser = Browser(server.port, SITE)  # a browser sees the path, whatever the proxy does
        answer, page = browser.send("/admin/")
        assert answer.url.startswith(f"{browser.url}{SITE}/admin/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "username": "alice@example.org", "password": "correct horse battery"}
        answer, page = browser.send("/admin/login/?next=" + f"{SITE}/admin/", form=form | {"next": f"{SITE}/admin/"})
        assert (answer.status, answer.url) == (200, f"{browser.url}{SITE}/admin/")
        assert {cookie.path for cookie in browser.cookies} == {SITE}
        assert f'href="{SITE}"' in page  # "View site"
        assert browser.send("")[0].status in {200, 503}  # with and without a built client
        assert all(f"{found}/".startswith(f"{SITE}/") for found in re.findall(r'(?:src|href|action)="(/[^"]*)"', page))

    def test_mailed_links(self, server: Server, browser: Browser) -> None:
        answer, page = browser.send(f"/reset/{server.reset_token}/")
        assert answer.status == 200 and "<form" in page
        assert browser.send("/confirm/x/")[0].status == 200

    def test_health(self, browser: Browser) -> None:
        for path in ("/healthz/", "/readyz/"):
            assert browser.send(path)[0].status == 200


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        ("https://example.org/api/x", "cannot start with api"),
        ("https://example.org/a b", "its path can consist of"),
        ("https://example.org/a//b", "its path can consist of"),
        ("https://example.org/?x=1", "no \\?"),
        ("https://example.org/#x", "no \\?"),
        ("https:///x", "names no host"),
        ("ftp://example.org", "must start with"),
    ],
)
def test_a_malformed_address_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, raw: str, complaint: str
) -> None:
    monkeypatch.setenv("SITE_URL", raw)
    with pytest.raises(ImproperlyConfigured, match=f"SITE_URL is malformed: .*{complaint}"):
        env.read("SITE_URL", env.site_url, "")


def test_the_service_knows_the_first_names_of_its_own_paths() -> None:
    def first_names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
        for pattern in patterns:
            route = str(pattern.pattern).lstrip("^")
            if getattr(pattern, "name", None) == "web-screen":
                continue  # SITE_URL's path can begin so too: web/urls.py
            if not route and isinstance(pattern, URLResolver):
                yield from first_names(pattern.url_patterns)
            elif route:
                yield re.split(r"[/\\$(]", route)[0].replace("\\.", ".")

    named = set(first_names(get_resolver().url_patterns)) | {path.strip("/") for path in PATHS} | {"static"}
    assert named - {""} == env.OWN_PATHS
