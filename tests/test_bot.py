"""The bot's answers to what people write, in both modes: webhook and long polling."""

from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from notifications.telegram import bot
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.telegram import poll
from users.models import User

pytestmark = pytest.mark.django_db

SECRET = {"X-Telegram-Bot-Api-Secret-Token": "hush"}


def update(text: str = "/help", chat_id: int = 1001, kind: str = "private") -> dict[str, Any]:
    """An update as Telegram posts it."""
    chat = {"id": chat_id, "type": kind, "first_name": "A"}
    person = {"id": chat_id, "is_bot": False, "first_name": "A"}
    return {
        "update_id": 77,
        "message": {"message_id": 5, "date": 1_790_000_000, "chat": chat, "from": person, "text": text},
    }


def test_a_stranger_is_told_how_to_connect_and_the_chats_id(telegram: FakeTelegram, db: None) -> None:
    telegram.send_text(1001, "hello")
    poll(telegram)
    text = telegram.messages(1001)[-1].text
    assert "http://localhost:8000" in text
    assert "1001" in text


def test_an_account_gets_help(telegram: FakeTelegram) -> None:
    make.person("alice", chat=True)
    telegram.send_text(1001, "hm?")
    poll(telegram)
    assert "connected to alice" in telegram.messages(1001)[-1].text


def test_a_group_gets_no_more_than_a_word(telegram: FakeTelegram, db: None) -> None:
    telegram.add_chat(-50, title="Team")
    telegram.send_text(-50, "/start 1-abc", {"id": 1001, "first_name": "A"})
    poll(telegram)
    assert telegram.messages(-50)[-1].text == "I only talk in private chats."


def test_blocking_the_bot_marks_the_chat_and_coming_back_clears_it(telegram: FakeTelegram) -> None:
    alice = make.person("alice", chat=True)
    telegram.send_text(1001, "hello")
    telegram.set_status(1001, "blocked")
    poll(telegram)
    alice.refresh_from_db()
    assert alice.chat_unreachable_since is not None
    telegram.set_status(1001, "active")
    poll(telegram)
    alice.refresh_from_db()
    assert alice.chat_unreachable_since is None


def test_a_handler_that_fails_apologises_and_goes_on(
    telegram: FakeTelegram, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(bot, "_on_message", broken)
    telegram.send_text(1001, "hello")
    assert poll(telegram) == 1
    assert telegram.messages(1001)[-1].text.startswith("Something went wrong")


class TestWebhook:
    """POST /api/tg/webhook/."""

    @pytest.fixture(autouse=True)
    def _secret(self, settings: Settings) -> None:
        settings.TELEGRAM_WEBHOOK_SECRET = "hush"

    def test_an_update_with_the_secret_is_handled(self, stranger: APIClient, telegram: FakeTelegram) -> None:
        assert stranger.post("/api/tg/webhook/", update(), headers=SECRET).status_code == 200
        assert "1001" in telegram.messages(1001)[-1].text

    def test_the_secret_connects_through_the_webhook_as_well(
        self, api: APIClient, alice: User, stranger: APIClient, telegram: FakeTelegram
    ) -> None:
        token = api.get("/api/tg/link/").json()["url"].partition("?start=")[2]
        stranger.post("/api/tg/webhook/", update(f"/start {token}"), headers=SECRET)
        alice.refresh_from_db()
        assert alice.chat_connected

    @pytest.mark.parametrize("headers", [{}, {"X-Telegram-Bot-Api-Secret-Token": "hushh"}])
    def test_without_or_with_a_wrong_secret_nothing_happens(
        self, stranger: APIClient, telegram: FakeTelegram, headers: dict[str, str]
    ) -> None:
        answer = stranger.post("/api/tg/webhook/", update(), headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "client_error")
        assert telegram.calls_of("sendMessage") == []

    def test_with_no_secret_configured_nobody_speaks_as_telegram(
        self, stranger: APIClient, telegram: FakeTelegram, settings: Settings
    ) -> None:
        settings.TELEGRAM_WEBHOOK_SECRET = ""
        headers = {"X-Telegram-Bot-Api-Secret-Token": ""}
        assert stranger.post("/api/tg/webhook/", update(), headers=headers).status_code == 403

    @pytest.mark.parametrize("body", [{}, [], {"update_id": "x"}, {"update_id": 1, "message": {"chat": 7}}])
    def test_what_is_no_update_is_refused(self, stranger: APIClient, telegram: FakeTelegram, body: object) -> None:
        answer = stranger.post("/api/tg/webhook/", body, format="json", headers=SECRET)
        assert (answer.status_code, answer.json()["type"]) == (400, "validation_error")

    def test_with_no_bot_nobody_speaks_as_telegram(self, stranger: APIClient, settings: Settings) -> None:
        settings.TELEGRAM_BOT_TOKEN = ""
        assert stranger.post("/api/tg/webhook/", update(), headers=SECRET).status_code == 403
