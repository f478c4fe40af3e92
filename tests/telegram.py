"""Helpers for tests with Telegram: the fake Bot API over HTTP, and functions that deliver its updates."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings
from telegram import Update

from notifications.bot import updates
from notifications.bot import views as bot_views
from notifications.bot.handling import NotHandled, handle
from notifications.bot.responses import response_queue
from notifications.channels.telegram import client as telegram_client
from notifications.channels.telegram import ratelimit
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.waiting import STUCK


@pytest.fixture(scope="session")
def _fake() -> Iterator[FakeTelegram]:
    # In a separate process, because tests change this process's clock.
    with FakeTelegram.in_process() as fake:
        yield fake


@pytest.fixture
def telegram(_fake: FakeTelegram, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTelegram]:
    """Configure a bot that uses the fake Bot API. Chats 1001 to 1003 exist; rate limits are off."""
    _fake.reset()
    settings.TELEGRAM_BOT_TOKEN = _fake.token
    settings.TELEGRAM_API_BASE_URL = _fake.url
    settings.TELEGRAM_MESSAGES_PER_SECOND = 10_000
    monkeypatch.setattr(ratelimit, "CHAT_INTERVAL", 0.0)
    telegram_client.close_client()
    bot_views._bot_name.cache_clear()
    for chat_id in make.CHATS.values():
        _fake.add_chat(chat_id)
    response_queue.close()
    yield _fake
    _fake.clear_faults()
    response_queue.close()
    telegram_client.close_client()


def poll(fake: FakeTelegram) -> int:
    """Handle the pending updates as `manage.py bot` does and wait for the responses; return the number of updates."""
    client = telegram_client.client()
    found = client.get_updates(None, 0)
    for raw in found:
        update = updates.parse(raw)
        while update is not None and not _is_handled(update):
            pass
    if found:
        client.get_updates(found[-1]["update_id"] + 1, 0)
    assert response_queue.drain(STUCK)
    return len(found)


def _is_handled(update: Update) -> bool:
    try:
        handle(update, now=timezone.now())
    except NotHandled:
        return False
    return True


def post(fake: FakeTelegram) -> None:
    """Post the pending updates to the webhook, as Telegram does. The secret is "hush"."""
    waiting = fake.pending_updates
    for update in waiting:
        while (status := post_update(update)) == 503:  # Telegram retries
            pass
        assert status == 200
    if waiting:
        telegram_client.client().get_updates(waiting[-1]["update_id"] + 1, 0)
    assert response_queue.drain(STUCK)


def post_update(update: object) -> int:
    """Post an update to the webhook and return the status code."""
    telegram = make.client()
    telegram.raise_request_exception = False
    headers = {"X-Telegram-Bot-Api-Secret-Token": "hush"}
    return int(telegram.post("/api/tg/webhook/", update, headers=headers, format="json").status_code)


Deliver = Callable[[FakeTelegram], object]
MODES: dict[str, Deliver] = {"polling": poll, "webhook": post}
# Each mode and each language once: neither knows of the other.
both_modes_and_languages = pytest.mark.parametrize(("language", "mode"), [("en", "polling"), ("ru", "webhook")])


@contextmanager
def rolled_back() -> Iterator[None]:
    """Roll back the database changes of the block, so that the next mode starts from the same data."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def notice(fake: FakeTelegram) -> str:
    """Return the notice that answered the last tap."""
    answer = fake.taps[-1].answer
    assert answer
    return str(answer["text"])
