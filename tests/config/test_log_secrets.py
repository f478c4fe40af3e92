"""No log line has a secret of a path or a query: of all routes, over a real web server, and by the form of secrets."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from common.logs import SecretFilter, redacted
from common.secret_paths import SECRET_NAMES, secret_prefixes
from standalone.servers import free_port
from tests.waiting import STUCK

ROOT = Path(__file__).resolve().parents[2]
LINK = "1f-d4z1ab-0123456789abcdef0123456789abcdef"
SHARE = "Zq3-Nn_share7token9x"
JWT = ".".join(["eyJhbGciOiJIUzI1NiJ9", "eyJ1c2VyX2lkIjoxfQ", "c2lnbmF0dXJl-x_y"])
KEY = "htk_" + "4fRt9XbQ" * 7 + "0"
SECRETS = (LINK, SHARE, JWT, KEY, "hunter2secret")


def patterns(found: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every route with its path."""
    for each in found if found is not None else get_resolver().url_patterns:
        path = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns, path)
        else:
            yield path, each


SECRET_ROUTES = sorted(
    path for path, each in patterns() if SECRET_NAMES & set(each.pattern.converters) and not path.startswith("admin/")
)


def test_every_route_with_a_secret_is_declared() -> None:
    assert {"confirm/<str:token>/", "reset/<str:token>/", "s/<str:token>/card.png"} <= set(SECRET_ROUTES)
    assert {path.partition("<")[0].strip("/") for path in SECRET_ROUTES} == secret_prefixes()


def spelled(route: str, secret: str) -> Iterator[str]:
    """Yield paths that hold the secret: right ones, and those that a mail program or a person makes of them."""
    path = "/" + re.sub(r"<\w+:\w+>", secret, route)
    yield path
    yield path.rstrip("/")
    yield path + "more/"
    yield path.replace("/", "//")
    yield "/wrong" + path
    yield path.upper().replace(secret.upper(), secret)
    yield path.replace(secret, f"{secret[:9]} {secret[9:]}")
    yield path.replace(secret, secret + ".")
    yield path + "?next=" + secret


LINES = [
    "Bad Request: {}",
    "Not Found: {}",
    '127.0.0.1 - - [26/Nov/2026] "GET {} HTTP/1.1" 400 12 "https://habits.example.org{}" "a browser"',
    "Invalid HTTP request line: 'GET {} HTTP'",
    "Error handling request {}",
    "Internal Server Error: {}\nTraceback (most recent call last):\n  asked {}\nValueError",
]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("route", SECRET_ROUTES)
def test_a_line_about_a_route_has_no_secret(route: str, line: str) -> None:
    for path in spelled(route, SHARE):
        shown = redacted(line.replace("{}", path), "")
        assert "share7" not in shown and "token9" not in shown, shown
        assert "***" in shown


@pytest.mark.parametrize(
    "line",
    [
        f"Not Found: /rese/{LINK}/",
        f"the link {LINK}, of a mail",
        f"Authorization: Bearer {SHARE}",
        f"header 'authorization': 'bearer {SHARE}'",
        f"invalid token {JWT}.",
        f"GET /api/tracks/?search={SHARE}&page=2",
        f"X-API-Key: {KEY}",
        f"header 'x-api-key': '{KEY}'",
        f"a key such as {KEY.replace('htk_', 'htp_')}, cut short: {KEY[:20]}",
        f"no answer from redis://user:{SHARE}@redis.example.org:6379/0",
    ],
)
def test_a_secret_is_recognized_by_its_form(line: str) -> None:
    assert not any(secret in redacted(line, "") for secret in SECRETS)


@pytest.mark.parametrize(
    "line",
    [
        "Not Found: /api/habits/7/",
        "Bad Request: /api/register/confirm/",
        "delivery 5 of track 7: no answer within 10 s (attempt 2/3)",
        'File "/srv/habits/users/pages.py", line 40, in get',
        "is it so? Yes: 2026-11-21, 08:00-09:00",
    ],
)
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert redacted(line, "") == line


def test_the_filter_works_without_a_bot(caplog: pytest.LogCaptureFixture) -> None:
    import logging

    record = logging.LogRecord(
        "django.request", logging.WARNING, "x.py", 1, "%s: %s", ("Bad Request", f"/s/{SHARE}"), None
    )
    assert SecretFilter("").filter(record)
    assert record.getMessage() == "Bad Request: /s/***"


SHOW = """
import logging, django
django.setup()
import config.urls
for name in ["django.server", "django.request", "django", "users", "celery"]:
    logging.getLogger(name).error("%s", "GET /reset/SHARE/?a=SHARE HTTP/1.1")
"""


@pytest.mark.parametrize("debug", ["on", "off"])
def test_no_logger_goes_around_the_filter(debug: str, tmp_path: Path) -> None:
    """Django has handlers of its own for DEBUG and for runserver."""
    env = {"PATH": os.environ["PATH"], "DJANGO_READ_DOT_ENV": "off", "DATA_DIR": str(tmp_path), "DEBUG": debug}
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
    code = SHOW.replace("SHARE", SHARE)
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert len(shown.stderr.splitlines()) == 5
    assert "share7" not in shown.stderr + shown.stdout


@pytest.mark.processes
def test_a_web_server_logs_no_secret(tmp_path: Path) -> None:
    """With its access log on, and without tables: each page fails, so that errors with tracebacks are logged too."""
    port = free_port()
    env = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "REDIS_URL", "LANG"}}
    env |= {"DJANGO_READ_DOT_ENV": "off", "DATA_DIR": str(tmp_path), "PORT": str(port), "SECRET_KEY": "k" * 50}
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--access-logfile", "-"]
    command += ["--worker-class", "gthread", "--threads", "2", "--no-control-socket"]
    log = tmp_path / "web.log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for(port)
        requests = [
            (method, path, "localhost")
            for route in SECRET_ROUTES
            for secret in (LINK, SHARE)
            for path in spelled(route, secret)
            for method in ("GET", "POST")
        ]
        requests += [("GET", f"/api/habits/?token={SHARE}", "localhost"), ("GET", f"/s/{SHARE}/", "other.example")]
        for method, path, host in requests:
            ask(port, f"{method} {path.replace(' ', '%20')} HTTP/1.1", host)
        ask(port, f"GET /reset/{SHARE}", "localhost")  # no protocol
        ask(port, f"GET /reset/{SHARE} x HTTP/1.1", "localhost")
        ask(port, f"GET /reset%2F{SHARE}/ HTTP/1.1", "localhost")
    finally:
        server.terminate()
        server.wait(STUCK)
    lines = log.read_text()
    assert "Internal Server Error: /reset/***" in lines and "Traceback" in lines
    assert '"GET /reset/*** HTTP/1.1"' in lines
    assert "ALLOWED_HOSTS" in lines  # the refusal of the other host names the variable
    leaks = [line for line in lines.splitlines() if "share7" in line or "0123456789abcdef" in line]
    assert leaks == []


def wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not listen")


def ask(port: int, line: str, host: str) -> bytes:
    """Send a request with this first line, and return the answer."""
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(f"{line}\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer
