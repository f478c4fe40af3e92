"""The page of the new web client: it loads what the build says, with a policy of its own; its screens answer the page."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from whitenoise.middleware import WhiteNoiseMiddleware

from config.management.commands import client_api
from web import builds
from web.urls import SCREENS, screen_pattern

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
CHUNKS: dict[str, dict[str, Any]] = {
    "index.html": {"file": "assets/index-aaaaaaaa.js", "imports": ["_shared"], "dynamicImports": ["src/app/start.tsx"]},
    "src/app/start.tsx": {
        "file": "assets/start-bbbbbbbb.js",
        "imports": ["_shared"],
        "dynamicImports": ["src/stats/StatisticsScreen.tsx"],
        "css": ["assets/start-cccccccc.css"],
    },
    "_shared": {"file": "assets/shared-dddddddd.js", "css": ["assets/shared-eeeeeeee.css"]},
    "src/stats/StatisticsScreen.tsx": {"file": "assets/StatisticsScreen-ffffffff.js"},
}


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A build with these chunks."""
    monkeypatch.setattr(builds, "FOLDER", tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps(CHUNKS))
    return tmp_path


def test_the_page_loads_the_files_that_every_screen_needs(client: Client, build: Path) -> None:
    page = client.get("/")
    assert page.status_code == 200
    files = re.findall(r"/static/client/assets/([\w.-]+)", page.content.decode())
    assert set(files) == {
        *("index-aaaaaaaa.js", "start-bbbbbbbb.js", "shared-dddddddd.js"),
        *("start-cccccccc.css", "shared-eeeeeeee.css"),
    }
    assert files.index("shared-eeeeeeee.css") < files.index("start-cccccccc.css")
    assert '<script type="module" src="/static/client/assets/index-aaaaaaaa.js">' in page.content.decode()


def test_the_service_worker_is_at_the_root_and_knows_for_which_addresses_it_answers(
    client: Client, build: Path
) -> None:
    assert client.get("/worker.js").status_code == 404
    (build / "worker.js").write_text("self.addEventListener('push', () => {});")
    answer = client.get("/worker.js")
    first, rest = answer.content.decode().split("\n", 1)
    assert json.loads(first.removeprefix("self.SCREENS = ").removesuffix(";")) == list(SCREENS)
    assert rest == "self.addEventListener('push', () => {});"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "no-cache" in answer.headers["Cache-Control"]


def test_a_new_build_is_read(client: Client, build: Path) -> None:
    client.get("/")
    chunks = CHUNKS | {"index.html": {"file": "assets/index-99999999.js"}}
    (build / "manifest.json").write_text(json.dumps(chunks))
    assert "index-99999999.js" in client.get("/").content.decode()


def test_without_a_build_the_page_says_how_to_make_one(client: Client, build: Path) -> None:
    (build / "manifest.json").unlink()
    page = client.get("/")
    assert page.status_code == 503
    assert "make run" in page.content.decode() and "manage.py build_client" in page.content.decode()
    assert "<script" not in page.content.decode()


def test_styles_have_a_nonce_of_one_answer_and_nothing_else_is_inline(client: Client, build: Path) -> None:
    pages = [client.get("/") for _ in range(2)]
    nonces = [re.findall(r'csp-nonce" nonce="([^"]+)"', page.content.decode())[0] for page in pages]
    assert nonces[0] != nonces[1]
    for page, nonce in zip(pages, nonces, strict=True):
        policy = page.headers["Content-Security-Policy"]
        assert f"style-src 'self' 'nonce-{nonce}'" in policy
        assert "script-src 'self';" in f"{policy};"
        assert "unsafe" not in policy and "*" not in policy
        assert page.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
        assert not re.search(r"<style|style=|<script>| on\w+=", page.content.decode())


@pytest.mark.parametrize("path", ["/day/2026-11-26", "/habits", "/habits/12", "/me/keys", "/sign-in-link/x.y-z"])
def test_every_screen_answers_the_page(client: Client, build: Path, path: str) -> None:
    assert client.get(path).content.startswith(b"<!doctype html>")
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/tg/", "/tg", "/tg/habits/12"])
def test_only_at_its_addresses_for_telegram_may_the_page_be_shown_in_a_frame_and_only_there(
    client: Client, build: Path, path: str
) -> None:
    page, other = client.get(path), client.get("/habits/12")
    assert "frame-ancestors https://web.telegram.org;" in page.headers["Content-Security-Policy"] + ";"
    assert "X-Frame-Options" not in page.headers
    assert 'data-root="/" data-home="/tg/"' in page.content.decode()
    assert "frame-ancestors 'none'" in other.headers["Content-Security-Policy"]
    assert other.headers["X-Frame-Options"] == "DENY"
    assert 'data-home="/"' in other.content.decode()


@pytest.mark.parametrize("path", ["/nowhere", "/days", "/habitsx", "/api/me", "/admin/habits", "/s/me", "/a/me"])
def test_other_paths_do_not(client: Client, build: Path, path: str) -> None:
    assert b"client/assets" not in client.get(path).content


def test_the_routes_of_the_client_are_screens_that_the_server_knows() -> None:
    found = set()
    for routes in sorted((ROOT / "client" / "src").glob("*/routes.tsx")):
        found |= set(re.findall(r'path: "/([\w-]+)', routes.read_text()))
    assert found == set(SCREENS)


@pytest.mark.parametrize(
    ("site", "path", "answers"),
    [
        ("", "habits/12", True),
        ("", "12", False),
        ("/tracker", "habits/12", True),
        ("/tracker", "12", False),
        ("/habits", "habits/12", True),  # the proxy keeps the path of /habits/habits/12
        ("/habits", "12", True),  # it removes it: the site's own path is removed once more
        ("/habits", "habit/public", False),
        ("/habits", "api", False),
        ("/habits/tracker", "day/2026-11-26", True),
    ],
)
def test_a_site_below_a_path_that_is_like_a_screen(site: str, path: str, answers: bool) -> None:
    assert bool(re.match(screen_pattern(site), path)) == answers


def test_files_with_a_hash_in_their_name_are_kept_for_good(tmp_path: Path) -> None:
    noise = WhiteNoiseMiddleware(lambda request: None)
    for url, is_immutable in {
        "/static/client/assets/start-F_6DN-Bc.js": True,
        "/static/client/assets/start-F_6DN-Bc.css": True,
        "/static/client/manifest.json": False,
        "/static/web/icon.svg": False,
    }.items():
        assert bool(noise.immutable_file_test(str(tmp_path), url)) == is_immutable, url


def test_the_types_of_the_client_are_made_of_the_api_as_it_is() -> None:
    """`npm run check` compares the types with openapi.json."""
    advice = "run `manage.py client_api`, then `npm run api` in client/"
    assert client_api.PATH.read_text() == client_api.current(), advice
