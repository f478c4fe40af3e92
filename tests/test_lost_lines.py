"""Lines that a fault run loses: what was open passes nothing, and ends only by a time limit of its own; new ones pass."""

import socket
import sys

import pytest

from tests.chaos import lines

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="lines are lost by a filter that Linux has")


def test_what_was_open_passes_nothing_and_new_ones_pass() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client, listener.accept()[0] as server:
            if lines.swallow(port) < 2:
                pytest.skip("this process may not reach the sockets of others")
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 300)
            client.sendall(b"lost")
            with pytest.raises(TimeoutError):
                client.recv(1)
            server.setblocking(False)
            with pytest.raises(BlockingIOError):
                server.recv(4)
        with socket.create_connection(("127.0.0.1", port)) as client, listener.accept()[0] as server:
            client.sendall(b"new")
            assert server.recv(3) == b"new"
