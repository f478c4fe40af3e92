"""The pace of the bot's answers: whoever handles an update waits for no slot, and nobody for another chat's."""

import time
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from notifications import ratelimit
from notifications.telegram import answers as module
from notifications.telegram import updates
from notifications.telegram.answers import Edit, Notice, Reply, answers
from notifications.telegram.bot import handle
from notifications.telegram.client import client, longest_call
from notifications.transport import Message
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.telegram import notice, posted
from tracking.models import HabitLog

pytestmark = pytest.mark.django_db

AT_ONCE = 1.0  # seconds, on a busy machine; one slot of a chat is as long


@pytest.fixture
def paced(telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> FakeTelegram:
    """Chats have slots as Telegram allows them."""
    monkeypatch.setattr(ratelimit, "CHAT_INTERVAL", 1.0)
    settings.TELEGRAM_MESSAGES_PER_SECOND = 29
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    return telegram


def handle_all(telegram: FakeTelegram) -> None:
    for raw in telegram.pending_updates:
        update = updates.read(raw)
        assert update is not None
        handle(update, now=timezone.now())


def acknowledge(telegram: FakeTelegram) -> None:
    client().updates(telegram.pending_updates[-1]["update_id"] + 1, 0)


def text(number: int, chat_id: int = 1001) -> Reply:
    return Reply(chat_id, Message(f"answer {number}"), to=f"question {number}")


@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_a_chat_that_writes_much_holds_nobody_up(paced: FakeTelegram, mode: str) -> None:
    make.person("alice", chat=True)
    make.person("bob", chat=True)
    for _ in range(60):
        paced.send_text(1001, "/help")
    paced.send_text(1002, "/help")
    waiting = paced.pending_updates
    before = time.monotonic()
    if mode == "polling":
        handle_all(paced)
    else:
        assert {posted(update) for update in waiting} == {200}
    paced.wait_for_message(1002, timeout=AT_ONCE)
    assert time.monotonic() - before < 60 * AT_ONCE / 4
    # Those that wait wait for one answer.
    assert answers.drain(3)
    at = [message.monotonic for message in paced.messages(1001)]
    assert 2 <= len(at) <= at[-1] - before + 2
    assert all(after - earlier >= 0.95 for earlier, after in pairwise(at))


def test_a_handler_waits_for_no_slot(paced: FakeTelegram) -> None:
    """Also where the whole bot is held."""
    make.person("alice", chat=True)
    for chat_id in (1001, 1002, 1003):
        ratelimit.note_rate_limited(chat_id, 30)
    paced.send_text(1001, "/help")
    before = time.monotonic()
    handle_all(paced)
    assert time.monotonic() - before < AT_ONCE
    assert paced.messages(1001) == []


def test_a_tap_is_answered_and_acts_at_once_where_its_chat_has_no_slot(paced: FakeTelegram) -> None:
    alice = make.person("alice", chat=True)
    track = make.track(alice)
    paced.send_text(1001, "/today")
    handle_all(paced)
    message = paced.wait_for_message(1001)
    acknowledge(paced)
    ratelimit.hold_chat(1001, 1.5)
    tap = paced.tap(1001, message.message_id, "✅ Push-ups")
    handle_all(paced)
    assert HabitLog.objects.filter(track=track).count() == 1
    paced.wait_for_answer(tap, timeout=AT_ONCE)
    assert notice(paced) == "Well done!"
    assert not paced.message(1001, message.message_id).edits
    # The result is shown as soon as there is a slot.
    assert paced.wait_for_edit(1001, message.message_id, contains="✅").buttons == []


def test_taps_on_several_messages_are_all_shown(paced: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratelimit, "CHAT_INTERVAL", 0.05)
    numbers = [_written(paced, number) for number in range(8)]
    for number in numbers:
        answers.put(Edit(1001, number, Message(f"the first of {number}")))
    for number in numbers[1:]:
        answers.put(Edit(1001, number, Message(f"done {number}")))
    assert answers.drain(10)
    said = {message.message_id: message.text for message in paced.messages(1001)}
    assert [said[number] for number in numbers[1:]] == [f"done {number}" for number in numbers[1:]]


def _written(telegram: FakeTelegram, number: int) -> int:
    return client().run(client().bot.send_message(1001, f"message {number}")).message_id


def test_of_many_questions_the_latest_are_answered(paced: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratelimit, "CHAT_INTERVAL", 0.2)
    for number in range(40):
        answers.put(text(number))
    assert answers.drain(10)
    said = [int(message.text.split()[1]) for message in paced.messages(1001)]
    assert said == sorted(said)
    assert said[-module.MAX_REPLIES :] == list(range(40 - module.MAX_REPLIES, 40))
    assert len(said) <= module.MAX_REPLIES + 2


def test_an_answer_goes_again_after_telegram_asked_to_wait(paced: FakeTelegram) -> None:
    paced.fault("flood", method="sendMessage", retry_after=1)
    answers.put(text(1))
    answers.put(text(2, chat_id=1002))
    assert answers.drain(10)
    assert [len(paced.messages(chat_id)) for chat_id in (1001, 1002)] == [1, 1]


@pytest.mark.parametrize("fault", [{"kind": "server_error"}, {"kind": "cut_after"}])
def test_only_what_may_be_done_twice_is_tried_again(
    telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    monkeypatch.setattr(module, "RETRY_AFTER", 0.0)
    number = _written(telegram, 1)
    telegram.fault(method=["editMessageText", "sendMessage"], times=2, **fault)
    answers.put(Edit(1001, number, Message("edited")))
    assert answers.drain(10)
    assert telegram.message(1001, number).text == "edited"
    telegram.fault(method="sendMessage", times=1, **fault)
    answers.put(text(2))
    assert answers.drain(10)
    assert len(telegram.calls_of("sendMessage")) == 2


def test_an_answer_shows_that_telegram_listens_again(paced: FakeTelegram) -> None:
    """After a hold of the whole bot one message is let through, and what becomes of it decides for all."""
    for chat_id in (1002, 1003, 1004):
        ratelimit.note_rate_limited(chat_id, 0.5)
    ratelimit.note_unavailable()
    answers.put(text(1))
    paced.wait_for_message(1001)
    assert answers.drain(5)
    [slot] = ratelimit.reserve([1002], max_wait=timedelta(seconds=2))
    assert slot.granted and slot.wait < 1
    assert ratelimit.note_accepted(), "senders still have to be told that what waited can go"


def test_what_would_come_too_late_is_dropped(paced: FakeTelegram) -> None:
    """Telegram may ask to wait for hours."""
    ratelimit.hold_chat(1001, 3600)
    answers.put(text(1))
    answers.put(Edit(1001, 1, Message("edited")))
    assert answers.drain(2)
    assert paced.calls_of("sendMessage") == paced.calls_of("editMessageText") == []


def test_a_call_that_hangs_holds_no_other_chat_up(telegram: FakeTelegram) -> None:
    telegram.fault("hang", method="sendMessage", chat_id=1001)
    telegram.fault("hang", method="answerCallbackQuery")
    answers.put(text(1))
    answers.put(Notice("7", "Well done!"))
    answers.put(text(2, chat_id=1002))
    telegram.wait_for_message(1002, timeout=AT_ONCE)
    telegram.release()
    assert answers.drain(10)


def test_no_answer_too_many_is_kept(telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    telegram.fault("hang", method="sendMessage", times="all")
    for number in range(5):
        answers.put(text(number))
    telegram.clear_faults()
    assert answers.drain(10)
    assert len(telegram.messages(1001)) == 3


def test_with_redis_away_answers_go_a_second_apart(paced: FakeTelegram, settings: Settings) -> None:
    from common.redis import connection

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    connection.cache_clear()
    try:
        answers.put(text(1))
        answers.put(text(2))
        assert answers.drain(10)
    finally:
        connection.cache_clear()
    [first, second] = [message.monotonic for message in paced.messages(1001)]
    assert 0.95 <= second - first < 3


def test_without_a_client_answers_are_dropped_and_the_next_one_finds_another(
    telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ValueError("Unknown scheme for proxy URL")

    with monkeypatch.context() as patch:
        patch.setattr(module, "TelegramClient", broken)
        answers.put(text(1))
        assert answers.drain(10)
    assert "answers cannot be sent" in caplog.text
    answers.close()
    answers.put(text(2))
    assert answers.drain(10)
    assert [message.text for message in telegram.messages(1001)] == ["answer 2"]


def test_at_the_end_what_waits_is_sent_as_far_as_there_is_time(
    paced: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratelimit, "CHAT_INTERVAL", 0.1)
    for number in range(3):
        answers.put(text(number))
    answers.close(within=10)
    assert len(paced.messages(1001)) == 3
    ratelimit.hold_chat(1001, 30)
    answers.put(text(4))
    before = time.monotonic()
    answers.close(within=0.1)
    assert time.monotonic() - before < 5
    assert len(paced.messages(1001)) == 3


def test_a_call_to_telegram_waits_less_than_answers_are_of_use() -> None:
    assert longest_call() < timedelta(seconds=module.USEFUL_FOR)
