"""The bot's responses and rate limits: handling an update never waits, and chats do not wait for each other."""

import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from common.redis import connection, key
from notifications.bot import responses as module
from notifications.bot import updates
from notifications.bot.handling import handle
from notifications.bot.responses import (
    Edit,
    Notice,
    Reply,
    response_queue,
)
from notifications.channels.telegram import ratelimit
from notifications.channels.telegram.client import client, max_call_time
from notifications.channels.transport import Message, Slot
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.telegram import notice, post_update
from tests.waiting import STUCK
from tracking.models import HabitLog

pytestmark = pytest.mark.django_db

HELD = 2 * STUCK  # seconds for which a chat is held: what waits for its slot does not come while the test looks


@pytest.fixture
def paced(telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> FakeTelegram:
    """Return the fake with the real rate limits of Telegram."""
    monkeypatch.setattr(ratelimit, "CHAT_INTERVAL", 1.0)
    monkeypatch.setattr(module, "MAX_AGE", 2 * HELD)  # what waits for a held chat is not dropped
    settings.TELEGRAM_MESSAGES_PER_SECOND = 29
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    return telegram


def handle_all(telegram: FakeTelegram) -> None:
    for raw in telegram.pending_updates:
        update = updates.parse(raw)
        assert update is not None
        handle(update, now=timezone.now())


def acknowledge(telegram: FakeTelegram) -> None:
    client().get_updates(telegram.pending_updates[-1]["update_id"] + 1, 0)


def text(number: int, chat_id: int = 1001) -> Reply:
    return Reply(chat_id, Message(f"answer {number}"), to=f"question {number}")


@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_a_busy_chat_does_not_delay_others(paced: FakeTelegram, mode: str) -> None:
    make.person("alice", chat=True)
    make.person("bob", chat=True)
    ratelimit.hold_chat(1001, HELD)
    for _ in range(60):
        paced.send_text(1001, "/help")
    paced.send_text(1002, "/help")
    if mode == "polling":
        handle_all(paced)
    else:
        assert {post_update(update) for update in paced.pending_updates} == {200}
    paced.wait_for_message(1002)
    assert paced.messages(1001) == [] and not response_queue.drain(0)


@pytest.fixture
def slots(paced: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list to which the slots of chat 1001 are added when they are reserved, in seconds since 1970.

    A message arrives later than it is sent, so the slots show the pace, and no message may precede its slot.
    """
    found: list[float] = []
    reserve = ratelimit.reserve

    def recorded(chat_ids: Sequence[int], *, max_wait: timedelta) -> list[Slot]:
        answers = reserve(chat_ids, max_wait=max_wait)
        if answers[0].granted:
            stored = connection().get(key("telegram:chat:1001"))
            assert stored
            found.append(float(stored.split()[0]) - ratelimit.CHAT_INTERVAL)
        return answers

    monkeypatch.setattr(ratelimit, "reserve", recorded)
    return found


def test_messages_to_one_chat_follow_each_other_after_its_interval(paced: FakeTelegram, slots: list[float]) -> None:
    for number in range(3):
        response_queue.put(text(number))
    assert response_queue.drain(STUCK)
    sent = [message.wall for message in paced.messages(1001)]
    assert [message.text for message in paced.messages(1001)] == ["answer 0", "answer 1", "answer 2"]
    assert all(after - earlier >= ratelimit.CHAT_INTERVAL for earlier, after in pairwise(slots))
    assert all(at > slot - 0.01 for at, slot in zip(sent, slots, strict=True))


def test_pending_replies_to_the_same_command_are_replaced_by_one(paced: FakeTelegram) -> None:
    make.person("alice", chat=True)
    before = time.monotonic()
    ratelimit.hold_chat(1001, 1.0)
    for _ in range(60):
        paced.send_text(1001, "/help")
    handle_all(paced)
    seconds = time.monotonic() - before
    assert response_queue.drain(STUCK)
    assert 1 <= len(paced.messages(1001)) <= 1 + seconds  # one in each second until all were handled, and the last


def test_handling_an_update_does_not_wait_for_a_slot(paced: FakeTelegram) -> None:
    """Even if Telegram refuses every chat."""
    make.person("alice", chat=True)
    for chat_id in (1001, 1002, 1003):
        ratelimit.note_rate_limited(chat_id, HELD)
    paced.send_text(1001, "/help")
    handle_all(paced)
    assert paced.messages(1001) == [] and not response_queue.drain(0)


def test_a_tap_takes_effect_and_is_answered_at_once_without_a_slot(paced: FakeTelegram) -> None:
    alice = make.person("alice", chat=True)
    track = make.track(alice)
    paced.send_text(1001, "/today")
    handle_all(paced)
    message = paced.wait_for_message(1001)
    acknowledge(paced)
    assert response_queue.drain(STUCK)
    ratelimit.hold_chat(1001, HELD)
    tap = paced.tap(1001, message.message_id, "✅ Push-ups")
    handle_all(paced)
    assert HabitLog.objects.filter(track=track).count() == 1
    paced.wait_for_answer(tap)
    assert notice(paced) == "Well done!"
    assert not paced.message(1001, message.message_id).edits and not response_queue.drain(0)


def test_a_tapped_message_is_edited_with_the_next_slot_of_its_chat(paced: FakeTelegram, slots: list[float]) -> None:
    make.track(make.person("alice", chat=True))
    paced.send_text(1001, "/today")
    handle_all(paced)
    message = paced.wait_for_message(1001)
    acknowledge(paced)
    paced.tap(1001, message.message_id, "✅ Push-ups")
    handle_all(paced)
    edited = paced.wait_for_edit(1001, message.message_id, contains="✅")
    assert edited.buttons == ["↩ Undo: Push-ups"]
    first, second = slots
    assert second - first >= ratelimit.CHAT_INTERVAL and edited.edits[-1].wall > second - 0.01


def test_the_last_edit_of_every_message_is_sent(paced: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratelimit, "CHAT_INTERVAL", 0.05)
    numbers = [_written(paced, number) for number in range(8)]
    for number in numbers:
        response_queue.put(Edit(1001, number, Message(f"the first of {number}")))
    for number in numbers[1:]:
        response_queue.put(Edit(1001, number, Message(f"done {number}")))
    assert response_queue.drain(STUCK)
    texts = {message.message_id: message.text for message in paced.messages(1001)}
    assert [texts[number] for number in numbers[1:]] == [f"done {number}" for number in numbers[1:]]


def _written(telegram: FakeTelegram, number: int) -> int:
    return client().run(client().bot.send_message(1001, f"message {number}")).message_id


def test_only_the_latest_replies_of_a_chat_are_kept(paced: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratelimit, "CHAT_INTERVAL", 0.2)
    for number in range(40):
        response_queue.put(text(number))
    assert response_queue.drain(STUCK)
    numbers = [int(message.text.split()[1]) for message in paced.messages(1001)]
    assert numbers == sorted(numbers)
    assert numbers[-module.MAX_REPLIES :] == list(range(40 - module.MAX_REPLIES, 40))
    assert len(numbers) <= module.MAX_REPLIES + 2


def test_a_response_is_sent_after_the_wait_that_telegram_asks_for(paced: FakeTelegram) -> None:
    paced.fault("flood", method="sendMessage", retry_after=1)
    response_queue.put(text(1))
    response_queue.put(text(2, chat_id=1002))
    assert response_queue.drain(STUCK)
    assert [len(paced.messages(chat_id)) for chat_id in (1001, 1002)] == [1, 1]


@pytest.mark.parametrize("fault", [{"kind": "server_error"}, {"kind": "cut_after"}])
def test_only_edits_are_retried(telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]) -> None:
    monkeypatch.setattr(module, "RETRY_DELAY", 0.0)
    number = _written(telegram, 1)
    telegram.fault(method=["editMessageText", "sendMessage"], times=2, **fault)
    response_queue.put(Edit(1001, number, Message("edited")))
    assert response_queue.drain(STUCK)
    assert telegram.message(1001, number).text == "edited"
    telegram.fault(method="sendMessage", times=1, **fault)
    response_queue.put(text(2))
    assert response_queue.drain(STUCK)
    assert len(telegram.calls_of("sendMessage")) == 2


def test_a_response_ends_the_hold_of_all_senders(paced: FakeTelegram) -> None:
    """After Telegram refused every chat, one message is tried; its result decides for all."""
    for chat_id in (1002, 1003, 1004):
        ratelimit.note_rate_limited(chat_id, 0.5)
    ratelimit.note_unavailable()
    response_queue.put(text(1))
    paced.wait_for_message(1001)
    assert response_queue.drain(STUCK)
    [slot] = ratelimit.reserve([1002], max_wait=timedelta(seconds=2))
    assert slot.granted and slot.wait < 1
    assert ratelimit.note_accepted(), "the senders must still learn that waiting messages can be sent"


def test_responses_that_would_be_too_late_are_dropped(paced: FakeTelegram) -> None:
    """Telegram may ask to wait for hours."""
    ratelimit.hold_chat(1001, 3600)
    response_queue.put(text(1))
    response_queue.put(Edit(1001, 1, Message("edited")))
    assert response_queue.drain(STUCK)
    assert paced.calls_of("sendMessage") == paced.calls_of("editMessageText") == []


def test_a_call_that_hangs_does_not_delay_other_chats(telegram: FakeTelegram) -> None:
    telegram.fault("hang", method="sendMessage", chat_id=1001)
    telegram.fault("hang", method="answerCallbackQuery")
    response_queue.put(text(1))
    response_queue.put(Notice("7", "Well done!"))
    response_queue.put(text(2, chat_id=1002))
    telegram.wait_for_message(1002)
    telegram.release()
    assert response_queue.drain(STUCK)


def test_the_queue_drops_responses_above_its_limit(telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PENDING", 3)
    telegram.fault("hang", method="sendMessage", times="all")
    for number in range(5):
        response_queue.put(text(number))
    telegram.clear_faults()
    assert response_queue.drain(STUCK)
    assert len(telegram.messages(1001)) == 3


def test_without_redis_responses_are_sent_a_second_apart(paced: FakeTelegram, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    connection.cache_clear()
    try:
        response_queue.put(text(1))
        response_queue.put(text(2))
        assert response_queue.drain(STUCK)
    finally:
        connection.cache_clear()
    [first, second] = [message.monotonic for message in paced.messages(1001)]
    assert second - first > 0.95


def test_without_a_client_responses_are_dropped_and_the_next_one_tries_again(
    telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ValueError("Unknown scheme for proxy URL")

    with monkeypatch.context() as patch:
        patch.setattr(module, "TelegramClient", broken)
        response_queue.put(text(1))
        assert response_queue.drain(STUCK)
    assert "responses cannot be sent" in caplog.text
    response_queue.close()
    response_queue.put(text(2))
    assert response_queue.drain(STUCK)
    assert [message.text for message in telegram.messages(1001)] == ["answer 2"]


def test_closing_sends_pending_responses_until_the_timeout(
    paced: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratelimit, "CHAT_INTERVAL", 0.1)
    for number in range(3):
        response_queue.put(text(number))
    response_queue.close(timeout=STUCK)
    assert len(paced.messages(1001)) == 3
    ratelimit.hold_chat(1001, 30)
    response_queue.put(text(4))
    sender = response_queue._thread
    response_queue.close(timeout=0.1)
    assert sender and not sender.is_alive()
    assert len(paced.messages(1001)) == 3


def test_a_call_to_telegram_is_shorter_than_the_lifetime_of_a_response() -> None:
    assert max_call_time() < timedelta(seconds=module.MAX_AGE)
