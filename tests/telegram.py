"""Fixtures of tests that talk to Telegram: the fake over real HTTP, and a bot that is driven by hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings
from telegram import Update

from notifications import ratelimit
from notifications.telegram import client as telegram_client
from notifications.telegram import updates
from notifications.telegram.answers import answers
from notifications.telegram.bot import NotHandled, handle
from tests import make
from tests.fake_telegram import FakeTelegram


@pytest.fixture(scope="session")
def _fake() -> Iterator[FakeTelegram]:
    # A process of its own: tests move the clock of this one.
    with FakeTelegram.in_process() as fake:
        yield fake


@pytest.fixture
def telegram(_fake: FakeTelegram, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTelegram]:
    """A configured bot whose Bot API is the fake; chats 1001 to 1003 have written to it. Limits do not bind."""
    _fake.reset()
    settings.TELEGRAM_BOT_TOKEN = _fake.token
    settings.TELEGRAM_API_BASE_URL = _fake.url
    settings.TELEGRAM_MESSAGES_PER_SECOND = 10_000
    monkeypatch.setattr(ratelimit, "CHAT_INTERVAL", 0.0)
    telegram_client.close_client()
    for chat_id in make.CHATS.values():
        _fake.add_chat(chat_id)
    answers.close()
    yield _fake
    _fake.clear_faults()
    answers.close()
    telegram_client.close_client()


def poll(fake: FakeTelegram) -> int:
    """Hands the waiting updates to the bot, as `manage.py bot` does, and waits for its answers; how many."""
    client = telegram_client.client()
    found = client.updates(None, 0)
    for raw in found:
        update = updates.read(raw)
        while update is not None and not _is_handled(update):
            pass
    if found:
        client.updates(found[-1]["update_id"] + 1, 0)
    assert answers.drain(10)
    return len(found)


def _is_handled(update: Update) -> bool:
    try:
        handle(update, now=timezone.now())
    except NotHandled:
        return False
    return True


def post(fake: FakeTelegram) -> None:
    """Hands the waiting updates to the webhook, as Telegram does; its secret is "hush"."""
    waiting = fake.pending_updates
    for update in waiting:
        while (status := posted(update)) == 503:  # Telegram sends it again
            pass
        assert status == 200
    if waiting:
        telegram_client.client().updates(waiting[-1]["update_id"] + 1, 0)
    assert answers.drain(10)


def posted(update: object) -> int:
    """The status that the webhook answers to an update with."""
    telegram = make.client()
    telegram.raise_request_exception = False
    headers = {"X-Telegram-Bot-Api-Secret-Token": "hush"}
    return int(telegram.post("/api/tg/webhook/", update, headers=headers, format="json").status_code)


Deliver = Callable[[FakeTelegram], object]
MODES: dict[str, Deliver] = {"polling": poll, "webhook": post}


@contextmanager
def undone() -> Iterator[None]:
    """What happens within leaves nothing in the database: one world serves both modes."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def notice(fake: FakeTelegram) -> str:
    """What the last tap was answered."""
    answer = fake.taps[-1].answer
    assert answer
    return str(answer["text"])
