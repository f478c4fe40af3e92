"""The connector: what it refuses at connect, and how it ends an answer that does not."""

import ast
import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project_settings
from pytest_django import Settings

from common.outbound import connector
from common.outbound.connector import Answer, CallFailed, post

SECOND = timedelta(seconds=1)
# Each leads to an inner address: as it is, by the C library's older forms, or by a name that resolves so.
INNER_HOSTS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "10.0.0.1",
    "0xa.0.0.1",
    "167772161",
    "192.168.1.1",
    "3232235777",
    "172.16.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "[::]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::a9fe:a9fe]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[fe80::1]",
    "[fec0::1]",
    "[fd00::1]",
    "[ff02::1]",
    "224.0.0.1",
    "255.255.255.255",
    "localhost",
]


def call(url: str, timeout: timedelta = SECOND * 5) -> Answer:
    return post(url, b"{}", {"Content-Type": "application/json"}, timeout=timeout, max_answer=1024)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses to which a connection was opened; none is."""
    seen: list[str] = []

    def note(address: Any, port: int, *, timeout: float) -> socket.socket:
        seen.append(str(address))
        raise ConnectionRefusedError

    monkeypatch.setattr(connector, "open_socket", note)
    return seen


def resolve_to(patch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Let each lookup of a name give the next answer, the last one for ever."""
    turns = itertools.chain(answers, itertools.repeat(answers[-1]))

    def lookup(host: str, port: int, **_: Any) -> list[Any]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (each, port, 0, 0))
            if ":" in each
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in next(turns)
        ]

    patch.setattr(socket, "getaddrinfo", lookup)


@pytest.mark.parametrize("host", INNER_HOSTS)
def test_every_form_of_an_inner_address_is_refused_at_connect(host: str, opened: list[str]) -> None:
    with pytest.raises(CallFailed) as failure:
        call(f"https://{host}/hook")
    assert opened == []
    assert failure.value.refused or "resolved" in failure.value.reason, failure.value.reason


@pytest.mark.parametrize(
    "answer", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:127.0.0.1"], ["2606:4700::1", "64:ff9b::a00:1"]]
)
def test_a_name_with_one_inner_address_is_refused(
    answer: list[str], opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, answer)
    with pytest.raises(CallFailed, match="not allowed") as failure:
        call("https://hook.example.org/")
    assert failure.value.refused and opened == []


def test_a_name_that_resolves_differently_a_moment_later_leads_to_the_checked_address(
    opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    with pytest.raises(CallFailed, match="refused"):
        call("https://hook.example.org/")
    assert opened == ["93.184.216.34"]
    with pytest.raises(CallFailed, match="not allowed"):
        call("https://hook.example.org/")
    assert opened == ["93.184.216.34"]


def test_all_addresses_of_a_name_are_tried(opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["93.184.216.34", "2606:4700::1"])
    with pytest.raises(CallFailed):
        call("https://hook.example.org/")
    assert opened == ["93.184.216.34", "2606:4700::1"]


def test_http_is_for_opened_networks_only(
    opened: list[str], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    resolve_to(monkeypatch, ["93.184.216.34"])
    with pytest.raises(CallFailed, match="https"):
        call("http://hook.example.org/")
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("10.0.0.0/8")]
    with pytest.raises(CallFailed, match="https"):
        call("http://hook.example.org/")
    assert opened == []
    resolve_to(monkeypatch, ["10.1.2.3"])
    with pytest.raises(CallFailed, match="refused"):
        call("http://hook.example.org/")
    assert opened == ["10.1.2.3"]


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Run a server that takes one connection after the other and answers each; yield its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            while True:
                try:
                    taken, _ = listening.accept()
                except OSError:
                    return
                with taken:
                    try:
                        taken.recv(65536)
                        answer(taken)
                    except OSError:
                        pass

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
        listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def _loopback(settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]


@pytest.mark.usefixtures("_loopback")
class TestAnswers:
    def test_a_redirect_is_an_answer_and_not_followed(self) -> None:
        with server(lambda s: s.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n")) as url:
            answer = call(url)
        assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1:1/")

    def test_only_the_beginning_of_a_body_is_read(self) -> None:
        with server(lambda s: s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 5000)) as url:
            assert call(url).body == b"x" * 1024

    def test_no_proxy_of_the_environment_is_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        with server(lambda s: s.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")) as url:
            assert call(url).status == 204

    @pytest.mark.parametrize(
        "garbage", [b"", b"\x00\xff" * 50, b"HTTP/1.1 abc\r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nX" * 200]
    )
    def test_garbage_is_a_failure(self, garbage: bytes) -> None:
        with server(lambda s: s.sendall(garbage)) as url, pytest.raises(CallFailed):
            call(url)

    def test_headers_that_trickle_in_end_at_the_deadline(self) -> None:
        def trickle(taken: socket.socket) -> None:
            taken.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(200):
                taken.sendall(b"x")
                threading.Event().wait(0.05)

        # It would end otherwise, with another reason, when the trickle does.
        with server(trickle) as url, pytest.raises(CallFailed, match="no answer within"):
            call(url, timeout=SECOND / 2)

    def test_a_body_that_trickles_in_is_left_after_a_while(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connector, "MAX_BODY_TIME", 0.2)

        def trickle(taken: socket.socket) -> None:
            taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
            for _ in range(200):
                taken.sendall(b"x")
                threading.Event().wait(0.05)

        with server(trickle) as url:
            answer = call(url)
        assert answer.status == 200 and 0 < len(answer.body) < 200

    def test_a_server_that_says_nothing_ends_at_the_deadline(self) -> None:
        def say_nothing(taken: socket.socket) -> None:
            threading.Event().wait(2)

        with server(say_nothing) as url, pytest.raises(CallFailed, match="within"):
            call(url, timeout=SECOND / 4)


def test_nothing_else_calls_addresses_of_users() -> None:
    """Whoever opens connections is listed here, with whose address it calls."""
    operators = {
        "notifications/monitoring/liveness.py",
        "notifications/channels/telegram/request.py",
        "users/providers/protocol.py",
    }
    # Its names stand for the library in modules of Apprise; what they send goes through the connector.
    ours = {"common/outbound/connector.py", "notifications/channels/apprise/client.py", *operators}
    tools = {"httpx", "requests", "urllib3", "http.client", "urllib.request", "aiohttp", "socket"}
    local = {"config/env.py", "config/health.py", "notifications/monitoring/heartbeats.py"}  # the host's name only
    base = Path(project_settings.BASE_DIR)
    found = set()
    for app in ("common", "users", "habits", "tracking", "achievements", "community", "notifications", "integrations"):
        for path in (base / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = (
                    [each.name for each in node.names]
                    if isinstance(node, ast.Import)
                    else [str(node.module)]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
                if tools & set(names):
                    found.add(str(path.relative_to(base)))
    assert found - local == ours
