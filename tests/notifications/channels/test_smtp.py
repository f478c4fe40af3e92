"""A mail that the server was not sent yet cannot have arrived, however the connection ends."""

import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_django import Settings

from notifications.channels.email import EmailChannel
from notifications.channels.transport import Accepted, Message, Outgoing, TransportError

STAGES = ["greeting", "ehlo", "mail", "rcpt", "data"]


class Server(socketserver.ThreadingTCPServer):
    """An SMTP server that stops answering, or closes the connection, at one stage; "body": once it has the mail."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.stage, self.closes = "", False
        self.mails: list[bytes] = []
        self.released = threading.Event()


class Session(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        if not self._reply("greeting", b"220 here"):
            return
        while line := self.rfile.readline():
            command = line[:4].strip().lower().decode()
            if command == "data":
                if not self._reply("data", b"354 go on"):
                    return
                body = b""
                while (line := self.rfile.readline()) != b".\r\n":
                    body += line
                self.server.mails.append(body)
                command = "body"
            if not self._reply(command, b"250 ok"):
                return

    def _reply(self, stage: str, answer: bytes) -> bool:
        if stage == self.server.stage:
            if not self.server.closes:
                self.server.released.wait(10)
            return False
        self.wfile.write(answer + b"\r\n")
        return True


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    settings.EMAIL_BACKEND = "notifications.channels.smtp.EmailBackend"
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    monkeypatch.setattr("notifications.channels.email.MAIL_TIMEOUT", timedelta(seconds=0.3))
    with Server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[0], server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.released.set()
        server.shutdown()


def send() -> Accepted | TransportError:
    [result] = EmailChannel().send([Outgoing("email", "a@example.org", Message("text", "subject"))])
    return result


def test_an_accepted_mail_is_accepted(server: Server) -> None:
    assert send() == Accepted()
    assert len(server.mails) == 1


@pytest.mark.parametrize("closes", [False, True], ids=["silent", "closed"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_mail_server_that_fails_before_the_body_leaves_nothing_uncertain(
    server: Server, stage: str, closes: bool
) -> None:
    server.stage, server.closes = stage, closes
    result = send()
    assert isinstance(result, TransportError)
    assert (result.unavailable, result.uncertain) == (True, False)
    # A late answer does not make it send the mail after all: it has been given up, and will be sent again.
    server.stage = ""
    server.released.set()
    assert server.mails == []


@pytest.mark.parametrize("closes", [False, True], ids=["silent", "closed"])
def test_a_mail_server_that_fails_after_the_body_leaves_the_mail_uncertain(server: Server, closes: bool) -> None:
    server.stage, server.closes = "body", closes
    result = send()
    assert isinstance(result, TransportError)
    assert (result.unavailable, result.uncertain) == (True, True)
