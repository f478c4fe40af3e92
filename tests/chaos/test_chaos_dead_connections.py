"""Fault runs can kill connections silently: open ones transfer nothing and only time out; new ones work."""

import socket
import sys

import pytest

from tests.chaos import dead_connections

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a socket filter of Linux")


def test_open_connections_are_dead_and_new_ones_work() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client, listener.accept()[0] as server:
            if dead_connections.swallow(port) < 2:
                pytest.skip("this process may not access the sockets of other processes")
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
