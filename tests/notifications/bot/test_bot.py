"""The bot's replies to messages, by webhook and by long polling."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from notifications.bot import commands
from notifications.bot import handling as bot
from notifications.bot.responses import response_queue
from notifications.channels.telegram.chats import mark_chat_unreachable
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.telegram import MODES, notice, poll
from tests.waiting import STUCK
from users.models import Address, User

pytestmark = pytest.mark.django_db

SECRET = {"X-Telegram-Bot-Api-Secret-Token": "hush"}


def update(text: str = "/help", chat_id: int = 1001, kind: str = "private") -> dict[str, Any]:
    """Return an update as Telegram posts it."""
    chat = {"id": chat_id, "type": kind, "first_name": "A"}
    person = {"id": chat_id, "is_bot": False, "first_name": "A"}
    return {
        "update_id": 77,
        "message": {"message_id": 5, "date": 1_790_000_000, "chat": chat, "from": person, "text": text},
    }


def test_an_unknown_chat_gets_instructions_and_its_chat_id(telegram: FakeTelegram, db: None) -> None:
    telegram.send_text(1001, "hello")
    poll(telegram)
    text = telegram.messages(1001)[-1].text
    assert "http://localhost:8000" in text
    assert "1001" in text


def test_any_text_of_a_connected_chat_gets_the_help(telegram: FakeTelegram) -> None:
    make.person("alice", chat=True)
    telegram.send_text(1001, "hm?")
    poll(telegram)
    assert "connected to alice" in telegram.messages(1001)[-1].text


def test_a_command_in_a_group_connects_nothing(telegram: FakeTelegram, db: None) -> None:
    telegram.add_chat(-50, title="Team")
    telegram.send_text(-50, "/start 1-abc", {"id": 1001, "first_name": "A"})
    poll(telegram)
    assert telegram.messages(-50)[-1].text == "I only talk in private chats."


def test_blocking_the_bot_marks_the_chat_unreachable_and_unblocking_clears_it(telegram: FakeTelegram) -> None:
    alice = make.person("alice", chat=True)
    telegram.send_text(1001, "hello")
    telegram.set_status(1001, "blocked")
    poll(telegram)
    assert make.chat(alice).unreachable_since is not None
    telegram.set_status(1001, "active")
    poll(telegram)
    assert make.chat(alice).unreachable_since is None


def test_an_unconfirmed_chat_gives_no_access_to_its_account(telegram: FakeTelegram) -> None:
    """It was connected by its id while no bot was configured."""
    make.person("alice", chat=True)
    Address.objects.update(confirmed=False)
    telegram.send_text(1001, "/today")
    poll(telegram)
    assert telegram.messages(1001)[-1].text.startswith("Hello! I am the bot of the Habit Tracker")


def test_a_message_marks_the_chat_reachable(telegram: FakeTelegram) -> None:
    alice = make.person("alice", chat=True)
    mark_chat_unreachable(chat_id=1001, now=timezone.now())
    telegram.send_text(1001, "hello")
    poll(telegram)
    assert make.chat(alice).unreachable_since is None


def test_news_of_a_block_before_the_chat_was_connected_is_ignored(telegram: FakeTelegram) -> None:
    alice = make.person("alice", chat=True)
    mark_chat_unreachable(chat_id=1001, now=timezone.now() - timedelta(days=1))
    assert alice.addresses.get(channel="telegram").unreachable_since is None


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("a bug")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("language", "sorry"), [("en", "Something went wrong"), ("ru", "У нас что-то пошло не так")])
def test_after_an_internal_error_the_bot_apologises_logs_it_and_continues(
    telegram: FakeTelegram,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    mode: str,
    language: str,
    sorry: str,
) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    make.person("alice", chat=True, language=language)
    telegram.send_text(1001, "/help")
    MODES[mode](telegram)
    help_text = telegram.messages(1001)[-1]
    with monkeypatch.context() as patch:
        patch.setattr(commands, "run", broken)
        patch.setattr(bot, "handle_tap", broken)
        telegram.tap(1001, help_text.message_id, "done:1", stale=True)
        telegram.send_text(1001, "/today")
        MODES[mode](telegram)
    assert notice(telegram).startswith(sorry)
    assert telegram.messages(1001)[-1].text.startswith(sorry)
    assert caplog.text.count("RuntimeError: a bug") == 2 * bot.MAX_TRIES
    telegram.send_text(1001, "/help")
    MODES[mode](telegram)
    assert telegram.messages(1001)[-1].text == help_text.text


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("times", [1, 2])
def test_confirming_a_chat_twice_succeeds_twice(
    api: APIClient, alice: User, telegram: FakeTelegram, settings: Settings, mode: str, times: int
) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    api.post("/api/tg/link/", {"chat_id": 1001, "password": make.PASSWORD})
    send_all()
    [message] = telegram.messages(1001)
    for _ in range(times):
        telegram.tap(1001, message.message_id, "Confirm", stale=True)
    MODES[mode](telegram)
    assert notice(telegram) == "Connected, alice! Your reminders will arrive here."
    assert telegram.message(1001, message.message_id).text == notice(telegram)


class TestWebhook:
    """POST /api/tg/webhook/."""

    @pytest.fixture(autouse=True)
    def _secret(self, settings: Settings) -> None:
        settings.TELEGRAM_WEBHOOK_SECRET = "hush"

    def test_an_update_with_the_secret_is_handled(self, stranger: APIClient, telegram: FakeTelegram) -> None:
        assert stranger.post("/api/tg/webhook/", update(), headers=SECRET).status_code == 200
        assert response_queue.drain(STUCK)
        assert "1001" in telegram.messages(1001)[-1].text

    def test_the_link_token_connects_by_webhook_too(
        self, api: APIClient, alice: User, stranger: APIClient, telegram: FakeTelegram
    ) -> None:
        token = api.post("/api/tg/link/", {"password": make.PASSWORD}).json()["url"].partition("?start=")[2]
        stranger.post("/api/tg/webhook/", update(f"/start {token}"), headers=SECRET)
        alice.refresh_from_db()
        assert make.chat(alice).is_connected

    @pytest.mark.parametrize("headers", [{}, {"X-Telegram-Bot-Api-Secret-Token": "hushh"}])
    def test_a_missing_or_wrong_secret_is_refused(
        self, stranger: APIClient, telegram: FakeTelegram, headers: dict[str, str]
    ) -> None:
        answer = stranger.post("/api/tg/webhook/", update(), headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "client_error")
        assert telegram.calls_of("sendMessage") == []

    def test_without_a_configured_secret_every_post_is_refused(
        self, stranger: APIClient, telegram: FakeTelegram, settings: Settings
    ) -> None:
        settings.TELEGRAM_WEBHOOK_SECRET = ""
        headers = {"X-Telegram-Bot-Api-Secret-Token": ""}
        assert stranger.post("/api/tg/webhook/", update(), headers=headers).status_code == 403

    def test_without_a_bot_every_post_is_refused(self, stranger: APIClient, settings: Settings) -> None:
        settings.TELEGRAM_BOT_TOKEN = ""
        assert stranger.post("/api/tg/webhook/", update(), headers=SECRET).status_code == 403
