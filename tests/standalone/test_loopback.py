"""The supervisor's own questions to the web server."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from standalone import loopback
from tests.covered import ROOT
from tests.waiting import STUCK


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Run a server that gives one answer; yield its URL and what it was asked."""
    asked: list[bytes] = []

    def serve() -> None:
        with server.accept()[0] as connection:
            asked.append(connection.recv(4096))
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        thread.join()


def test_status_and_body_of_an_answer_are_read() -> None:
    with answering(b'HTTP/1.0 503 Away\r\nContent-Type: application/json\r\n\r\n{"is_alive": true}') as (url, asked):
        answer = loopback.get(f"{url}/heartbeat/?role=beat", timeout=STUCK, headers={"Authorization": "Bearer x"})
    assert answer == (503, b'{"is_alive": true}')
    host = url.removeprefix("http://")
    assert asked == [f"GET /heartbeat/?role=beat HTTP/1.0\r\nHost: {host}\r\nAuthorization: Bearer x\r\n\r\n".encode()]


@pytest.mark.parametrize("answer", [b"", b"-NOAUTH\r\n", b"HTTP/1.1 ", b"HTTP/1.1 none\r\n\r\n", b"SSH-2.0 200\r\n"])
def test_what_does_not_speak_http_has_not_answered(answer: bytes) -> None:
    with answering(answer) as (url, _), pytest.raises(OSError, match="does not speak HTTP"):
        loopback.get(url, timeout=STUCK)


def test_the_supervisor_loads_neither_django_nor_openssl() -> None:
    """It takes 17 MB; each of these would add 4 to 50."""
    program = (
        "import sys, standalone.supervisor; print(sorted({'django', 'redis', 'ssl', 'hashlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
