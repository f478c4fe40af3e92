"""No answer of the Bot API can hold up its caller: not one that never ends, and not one that makes no sense."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings
from telegram.error import RetryAfter, TimedOut

from notifications.channels.telegram import client as telegram_client
from notifications.channels.telegram.client import TelegramClient, close_client
from notifications.channels.telegram.request import check_response, wait_asked_for


class Trickle(socketserver.StreamRequestHandler):
    """Answers a byte now and then, for as long as the client listens."""

    def handle(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        try:
            while not stopped.wait(0.02):
                self.wfile.write(b" ")
        except OSError:
            pass


stopped = threading.Event()


@pytest.fixture
def client(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramClient]:
    stopped.clear()
    settings.TELEGRAM_BOT_TOKEN = "1:token"
    monkeypatch.setattr(telegram_client, "max_call_time", lambda: timedelta(seconds=0.2))
    monkeypatch.setattr(telegram_client, "USERNAME_TIMEOUT", timedelta(seconds=0.2))
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Trickle)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.TELEGRAM_API_BASE_URL = f"http://127.0.0.1:{server.server_address[1]}"
    client = TelegramClient()
    yield client
    stopped.set()
    client.close()
    close_client()
    server.shutdown()
    server.server_close()


CALLS: dict[str, Callable[[TelegramClient], Any]] = {
    "getUpdates": lambda client: client.get_updates(None, 0),
    "getMe": lambda client: client.get_username(),
    "getWebhookInfo": lambda client: client.get_webhook_info(),
    "deleteWebhook": lambda client: client.delete_webhook(),
    "setWebhook": lambda client: client.set_webhook("https://example.org/", "hush"),
    "setMyCommands": lambda client: client.set_commands({"today": "Today"}),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_whose_answer_trickles_in_without_end_is_given_up(
    client: TelegramClient, call: Callable[[TelegramClient], Any]
) -> None:
    with pytest.raises(TimedOut):
        call(client)


def test_connecting_ahead_is_given_up_as_well(client: TelegramClient, caplog: pytest.LogCaptureFixture) -> None:
    client.connect()
    assert "Telegram did not answer: TimedOut" in caplog.text


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        (7, 7),
        ("7", 7),
        (2.5, 3),
        (0, 1),
        (-3, 1),
        (10**15, 31 * 24 * 3600),
        (float("inf"), 31 * 24 * 3600),
        (float("nan"), 5),
        (None, 5),
        ([], 5),
        ("soon", 5),
    ],
)
def test_a_429_is_obeyed_whatever_its_retry_after_is(retry_after: object, seconds: int) -> None:
    assert wait_asked_for(retry_after) == seconds
    answer = {"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": retry_after}}
    with pytest.raises(RetryAfter) as raised:
        check_response(429, json.dumps(answer).encode())
    assert telegram_client.retry_after_seconds(raised.value) == seconds


@pytest.mark.parametrize("parameters", [None, [], "x", {"migrate_to_chat_id": "x"}, {"migrate_to_chat_id": 2**63}])
def test_parameters_of_other_types_are_left_out(parameters: object) -> None:
    answer = {"ok": False, "error_code": 400, "description": "x", "parameters": parameters}
    code, payload = check_response(400, json.dumps(answer).encode())
    assert (code, json.loads(payload)) == (400, {"ok": False, "error_code": 400, "description": "x"})
