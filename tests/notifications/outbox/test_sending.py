"""Sending: what arrives, what is checked just before, and what each error leads to."""

import io
import itertools
import logging
import math
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from redis.exceptions import RedisError

from common import redis as common_redis
from common import wake
from common.backoff import backoff
from common.leases import jittered
from common.logs import SecretFilter
from habits.recurrence import Frequency
from habits.services import delete_habit
from notifications.channels.telegram import channel as telegram_channel
from notifications.channels.telegram import client as telegram_client
from notifications.channels.telegram import ratelimit
from notifications.channels.telegram.chats import disconnect_chat
from notifications.channels.transport import Slot
from notifications.models import Delivery, Reminder
from notifications.outbox import batch_context, composing, leases, messages
from notifications.outbox.composers import COMPOSERS
from notifications.outbox.sending import send_batch
from notifications.outbox.subjects import NotSent
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send, send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.waiting import STUCK
from tracking.models import HabitTrack, Pause
from tracking.tracks.histories import load_histories
from users.models import Address, User
from users.services import request_password_reset

pytestmark = pytest.mark.django_db

MORNING = "2026-11-21 07:30Z"


@pytest.fixture
def due(telegram: FakeTelegram) -> Iterator[HabitTrack]:
    """Alice's track with a reminder that was queued at 07:30; the clock is stopped there."""
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        track = make.track(make.person("alice", chat=True), time="07:30", place="the hall", reward="coffee")
        send_all()
        clock.move_to(MORNING)
        queue_all_due()
        telegram.reset()
        for chat_id in make.CHATS.values():
            telegram.add_chat(chat_id)
        yield track


def reminder() -> Delivery:
    return Delivery.objects.get(kind="reminder")


@contextmanager
def redis_away(settings: Settings) -> Iterator[None]:
    url = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    common_redis.connection.cache_clear()
    try:
        yield
    finally:
        settings.REDIS_URL = url
        common_redis.connection.cache_clear()


def again(after: timedelta = timedelta(hours=1)) -> None:
    """Send again after some time."""
    with time_machine.travel(timezone.now() + after, tick=False):
        send_all()


def test_a_reminder_arrives_with_its_buttons_and_is_recorded(due: HabitTrack, telegram: FakeTelegram) -> None:
    send_all()
    [message] = telegram.messages(1001)
    assert message.text == "⏰ I will do ten push-ups at 07:30 in the hall"
    assert message.buttons == ["Done", "Skip", "Later"]
    sent = reminder()
    assert (sent.state, sent.message_id, sent.sent_to, sent.attempts) == ("sent", message.message_id, "1001", 0)
    assert (sent.uncertain, sent.lease, sent.sending_at) == (False, None, None)


def test_the_message_about_a_new_habit_is_sent_at_once(telegram: FakeTelegram) -> None:
    make.habit(make.person("alice", chat=True), time="07:30")
    send_all()
    assert telegram.messages(1001)[0].text.startswith("🌱 Habit created: I will do ten push-ups at 07:30")


@pytest.mark.parametrize(
    ("status", "reason"), [("completed", "already done"), ("skipped", "skipped"), ("missed", "missed")]
)
def test_a_reminder_is_dropped_if_the_day_was_logged_meanwhile(
    due: HabitTrack, telegram: FakeTelegram, status: str, reason: str
) -> None:
    make.log(due, date(2026, 11, 21), status)
    send_all()
    assert telegram.messages(1001) == []
    assert (reminder().state, reminder().reason) == ("dropped", reason)


def test_after_a_partial_log_the_reminder_shows_the_amount_done(telegram: FakeTelegram) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        schedule = {"frequency": Frequency.DAILY, "daily_amount": Decimal(8), "unit": "glasses"}
        track = make.track(make.person("alice", chat=True), time="07:30", schedule=schedule)
        clock.move_to(MORNING)
        queue_all_due()
        make.log(track, date(2026, 11, 21), "partial", amount=Decimal(3))
        send_all()
    assert "3 of 8 glasses so far." in telegram.messages(1001)[-1].text


def test_a_reminder_is_dropped_if_the_habit_was_paused_meanwhile(due: HabitTrack, telegram: FakeTelegram) -> None:
    Pause.objects.create(user=due.user, first_day=date(2026, 11, 21))
    send_all()
    assert (telegram.messages(1001), reminder().reason) == ([], "paused")


def test_banned_users_get_no_messages(due: HabitTrack, telegram: FakeTelegram) -> None:
    """The bot does not answer them either."""
    User.objects.filter(pk=due.user_id).update(is_active=False)
    send_all()
    assert (telegram.messages(1001), reminder().state, reminder().reason) == (
        [],
        "dropped",
        "the account is not active",
    )


def test_a_reminder_that_is_too_late_expires(due: HabitTrack, telegram: FakeTelegram) -> None:
    again(timedelta(hours=2))
    assert (telegram.messages(1001), reminder().state) == ([], "expired")


def test_without_a_chat_a_reminder_is_dropped(due: HabitTrack, telegram: FakeTelegram) -> None:
    disconnect_chat(user=due.user)
    send_all()
    assert (reminder().state, reminder().reason) == ("dropped", "no channel is connected")


def test_a_chat_connected_without_a_bot_does_not_count_once_a_bot_is_configured(
    due: HabitTrack, telegram: FakeTelegram
) -> None:
    Address.objects.filter(user=due.user).update(confirmed=False)
    send_all()
    assert (telegram.messages(1001), reminder().reason) == ([], "no channel is connected")


@pytest.mark.parametrize("fault", ["blocked", "deactivated", "chat_not_found"])
def test_a_reminder_to_a_deleted_chat_fails_and_the_chat_is_marked_unreachable(
    due: HabitTrack, telegram: FakeTelegram, fault: str
) -> None:
    telegram.fault(fault, method="sendMessage")  # type: ignore[arg-type]
    send_all()
    again()
    assert reminder().state == "failed"
    assert make.chat(due.user).unreachable_since is not None
    assert len(telegram.calls_of("sendMessage")) == 1


def test_a_message_with_a_permanent_error_is_not_tried_again(due: HabitTrack, telegram: FakeTelegram) -> None:
    telegram.fault("bad_request", method="sendMessage")
    send_all()
    again()
    assert reminder().state == "failed"
    assert make.chat(due.user).unreachable_since is None
    assert len(telegram.calls_of("sendMessage")) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_an_error_page_of_a_proxy_leaves_the_message_uncertain_and_the_chat_reachable(
    due: HabitTrack, telegram: FakeTelegram, status: int
) -> None:
    telegram.fault("server_error", method="sendMessage", status=status, html=True)
    send_all()
    assert (reminder().state, reminder().reason) == ("pending", f"network: {status}, not JSON")
    assert make.chat(due.user).unreachable_since is None
    again()
    assert (reminder().state, reminder().uncertain) == ("sent", True)


def test_a_proxys_page_with_status_200_leaves_the_message_uncertain(due: HabitTrack, telegram: FakeTelegram) -> None:
    telegram.fault("server_error", method="sendMessage", status=200, html=True)
    send_all()
    assert (reminder().state, reminder().uncertain) == ("pending", True)


@pytest.mark.parametrize("seconds", [3, 1800])
def test_retry_after_postpones_the_message(due: HabitTrack, telegram: FakeTelegram, seconds: int) -> None:
    telegram.fault("flood", method="sendMessage", retry_after=seconds)
    send_all()
    waiting = reminder()
    assert (waiting.state, waiting.lease, waiting.uncertain) == ("pending", None, False)
    assert timedelta(seconds=seconds - 1) <= waiting.available_at - timezone.now() <= timedelta(seconds=seconds + 1)
    common_redis.connection().flushdb()  # Redis's clock is not moved by time_machine
    again(timedelta(seconds=seconds + 1))
    assert reminder().state == "sent"


def test_retry_after_postpones_the_message_even_if_redis_becomes_unavailable(
    due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise RedisError("connection refused")

    monkeypatch.setattr(ratelimit, "hold_chat", away)
    telegram.fault("flood", method="sendMessage", retry_after=600)
    send_all()
    send_all()
    assert (reminder().state, len(telegram.calls_of("sendMessage"))) == ("pending", 1)


def test_the_oldest_message_is_sent_first(due: HabitTrack, telegram: FakeTelegram) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        make.habit(make.person("bob", chat=True), time="07:20")
        make.habit(make.person("charlie", chat=True), time="07:10")
    Delivery.objects.filter(state="pending").exclude(kind="reminder").update(state="dropped")
    queue_all_due()
    _, claimed = leases.claim(limit=2, now=timezone.now())
    assert [str(delivery.user) for delivery in claimed] == ["charlie", "bob"]


def test_one_waiting_chat_does_not_delay_the_others(due: HabitTrack, telegram: FakeTelegram) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        make.habit(make.person("bob", chat=True), time="07:30")
    queue_all_due()
    telegram.fault("flood", chat_id=1001, method="sendMessage", retry_after=600)
    send_all()
    assert Delivery.objects.get(kind="reminder", user__username="bob").state == "sent"
    assert Delivery.objects.get(kind="reminder", user__username="alice").state == "pending"
    held, other = slots(1001, 1002)
    assert not held.granted and held.wait > 590  # for all senders and for the bot's answers
    assert other.granted


@pytest.mark.parametrize("fault", ["server_error", "cut_before"])
def test_after_a_server_error_of_telegram_the_message_is_tried_again(
    due: HabitTrack, telegram: FakeTelegram, fault: str
) -> None:
    telegram.fault(fault, method="sendMessage")  # type: ignore[arg-type]
    send_all()
    assert reminder().state == "pending"
    assert reminder().available_at > timezone.now()
    again()
    assert (reminder().state, reminder().attempts) == ("sent", 1)
    assert len(telegram.messages(1001)) == 1


def test_a_connection_lost_after_acceptance_leaves_the_message_uncertain_and_sends_it_again(
    due: HabitTrack, telegram: FakeTelegram
) -> None:
    telegram.fault("cut_after", method="sendMessage")
    send_all()
    assert (reminder().state, reminder().uncertain) == ("pending", True)
    again()
    assert (reminder().state, reminder().uncertain) == ("sent", True)
    assert len(telegram.messages(1001)) == 2


def test_without_a_permanent_error_a_reminder_is_tried_until_it_expires(
    due: HabitTrack, telegram: FakeTelegram
) -> None:
    telegram.fault("flood", method="sendMessage", times=14, retry_after=1)
    for minute in range(14):
        again(timedelta(minutes=minute))
        common_redis.connection().flushdb()  # Redis's clock is not moved by time_machine
    assert (reminder().state, reminder().attempts) == ("pending", 0)
    telegram.fault("server_error", method="sendMessage", status=502)
    again(timedelta(minutes=15))
    assert reminder().state == "pending"
    again(timedelta(minutes=20))
    assert reminder().state == "sent"


def test_backoff_doubles_with_jitter_up_to_a_quarter_of_an_hour() -> None:
    for attempts, longest in [(1, 5), (2, 10), (5, 80), (12, 900), (40, 900)]:
        waits = {jittered(backoff(attempts)).total_seconds() for _ in range(50)}
        assert longest / 2 <= min(waits) <= max(waits) <= longest
        assert len(waits) > 1


def test_a_later_reminder_of_the_same_track_supersedes_a_waiting_one(due: HabitTrack, telegram: FakeTelegram) -> None:
    with time_machine.travel("2026-11-22 07:30Z", tick=False):
        Delivery.objects.update(expires_at=F("expires_at") + timedelta(days=3))
        queue_all_due()
        send_all()
    states = dict(Delivery.objects.filter(kind="reminder").values_list("day", "state"))
    assert states == {date(2026, 11, 21): "dropped", date(2026, 11, 22): "sent"}


def test_without_redis_nothing_is_sent_and_nothing_is_lost(
    due: HabitTrack, telegram: FakeTelegram, settings: Settings
) -> None:
    with redis_away(settings):
        send_all()
    assert telegram.messages(1001) == []
    assert (reminder().state, reminder().lease, reminder().attempts) == ("pending", None, 0)
    again(timedelta(seconds=11))
    assert reminder().state == "sent"


def test_mails_are_sent_without_redis(due: HabitTrack, settings: Settings) -> None:
    request_password_reset(email="alice@example.org", now=timezone.now())
    with redis_away(settings):
        send_all()
    assert Delivery.objects.get(kind="password_reset").state == "sent"


def test_a_message_follows_a_chat_to_its_new_id(due: HabitTrack, telegram: FakeTelegram) -> None:
    telegram.add_chat(1009)
    telegram.fault("migrate", method="sendMessage", migrate_to=1009)
    send_all()
    assert (reminder().state, reminder().sent_to) == ("sent", "1009")
    assert make.chat(due.user).address == "1009"


def test_a_chat_that_moves_again_and_again_is_followed_with_growing_delays_until_the_message_expires(
    due: HabitTrack, telegram: FakeTelegram
) -> None:
    telegram.fault("migrate", times="all", method="sendMessage", migrate_to=1001)
    send_all()
    assert reminder().state == "pending"
    assert len(telegram.calls_of("sendMessage")) == 2, "once more at once, then with backoff"
    again(timedelta(hours=2))
    assert reminder().state == "expired"


def test_a_message_that_waits_briefly_wakes_a_sender_once(
    due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    telegram.fault("flood", method="sendMessage", retry_after=20)
    published: list[float] = []
    monkeypatch.setattr(wake, "_publish", lambda *_, countdown: published.append(countdown))
    send()
    send()
    assert len(published) == 1
    assert 18 < published[0] <= 20
    mark = common_redis.connection().pttl(common_redis.key("wake:notifications.tasks.send:5"))
    assert 0 < mark < published[0] * 1000  # gone when the task runs, which may need to wait again


def test_a_short_wait_is_not_extended_by_a_longer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[float] = []
    monkeypatch.setattr(wake, "_publish", lambda *_, countdown: published.append(countdown))
    for seconds in (50, 1, 45, 0.9):
        wake.wake_in(seconds, "notifications.tasks.send")
    assert published == [50, 1]


def test_the_tick_command_runs_once_and_reports_what_is_left(
    due: HabitTrack, telegram: FakeTelegram, capsys: pytest.CaptureFixture[str]
) -> None:
    telegram.fault("flood", method="sendMessage", retry_after=20)
    call_command("tick")
    assert "messages left to send: 0" in capsys.readouterr().out
    assert reminder().state == "pending"


def test_a_message_that_cannot_be_composed_does_not_affect_others(
    due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setitem(COMPOSERS, Delivery.Kind.HABIT_CREATED, broken)
    make.habit(make.person("bob", chat=True))
    send_all()
    assert reminder().state == "sent"
    assert Delivery.objects.get(kind="habit_created", user__username="bob").reason == "internal error: RuntimeError"


def test_a_message_whose_habit_cannot_be_loaded_does_not_affect_others(
    due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(tracks: Collection[HabitTrack], **options: Any) -> Any:
        if any(track.pk != due.pk for track in tracks):
            raise ValueError("a bug")
        return load_histories(tracks, **options)

    make.habit(make.person("bob", chat=True))
    monkeypatch.setattr(batch_context, "load_histories", broken)
    send_all()
    assert reminder().state == "sent"
    assert Delivery.objects.get(kind="habit_created", user__username="bob").reason == "internal error: ValueError"


def test_a_message_that_cannot_be_sent_does_not_affect_others(
    due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    within = messages.truncate

    def broken(text: str, most: int) -> str:
        if text.startswith("🌱"):
            raise ValueError("a bug")
        return within(text, most)

    make.habit(make.person("bob", chat=True))
    monkeypatch.setattr(telegram_client, "truncate", broken)
    send_all()
    assert reminder().state == "sent"
    failed = Delivery.objects.get(kind="habit_created", user__username="bob")
    assert (failed.reason, failed.waits_for, failed.uncertain) == ("internal error: ValueError", "aside", False)


def test_a_reminder_is_not_sent_if_its_habit_is_deleted_after_the_claim(
    due: HabitTrack, telegram: FakeTelegram
) -> None:
    _, claimed = leases.claim(limit=10, now=timezone.now())
    delete_habit(owner=due.user, habit_id=due.habit_id, now=timezone.now())
    [refused] = composing.compose(claimed, now=timezone.now())
    assert isinstance(refused, NotSent)
    assert refused.reason == "deleted"


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "server_error", "html": True},
        {"kind": "server_error", "status": 404, "html": True},
        {"kind": "error", "status": 401, "description": "Unauthorized"},
        {"kind": "error", "status": 404, "description": "Not Found"},
        {"kind": "flood", "retry_after": 3},
        {"kind": "blocked"},
        {"kind": "bad_request"},
        {"kind": "migrate", "migrate_to": 1009},
        {"kind": "cut_before"},
        {"kind": "cut_after"},
    ],
    ids=lambda fault: f"{fault['kind']}{fault.get('status', '')}",
)
def test_the_bot_token_appears_in_no_log_and_no_reason(
    due: HabitTrack, telegram: FakeTelegram, caplog: pytest.LogCaptureFixture, fault: dict[str, Any]
) -> None:
    telegram.fault(method="sendMessage", **fault)
    with caplog.at_level("DEBUG"):
        send_all()
        again()
    assert telegram.calls_of("sendMessage")
    assert telegram.token not in caplog.text
    assert not Delivery.objects.filter(reason__contains=telegram.token).exists()


@pytest.mark.parametrize("colon", [":", "%3A"])
def test_the_bot_token_appears_in_no_traceback(
    due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, colon: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"no answer from {telegram.url}/bot{telegram.token.replace(':', colon)}/sendMessage")

    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(SecretFilter(telegram.token))  # as in LOGGING
    monkeypatch.setitem(COMPOSERS, Delivery.Kind.REMINDER, broken)
    monkeypatch.setattr(composing.logger, "handlers", [handler])
    send_all()
    assert "Traceback" in written.getvalue() and "RuntimeError" in written.getvalue()
    assert telegram.token.partition(":")[2] not in written.getvalue()
    assert reminder().reason == "internal error: RuntimeError"


def test_a_call_that_hangs_ends_long_before_its_lease(
    due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.TELEGRAM_TIMEOUT = timedelta(
        seconds=10 * STUCK
    )  # of each step: only the limit of the whole call can end it
    monkeypatch.setattr(telegram_client, "max_call_time", lambda: timedelta(seconds=0.2))
    telegram.fault("hang", method="sendMessage")
    began = time.perf_counter()
    send_all()
    assert time.perf_counter() - began < STUCK
    assert (reminder().state, reminder().uncertain) == ("pending", True)
    telegram.release()


def test_a_chunk_that_hangs_ends_within_its_lease(settings: Settings) -> None:
    waves = math.ceil(telegram_channel.MAX_CHUNK / telegram_client.CONNECTIONS)
    settings.TELEGRAM_TIMEOUT = timedelta(seconds=15)  # the maximum that the environment can set
    assert telegram_channel.MAX_SLOT_WAIT + waves * telegram_client.max_call_time() < settings.DELIVERY_LEASE


def test_two_rate_limited_chats_do_not_delay_others(due: HabitTrack, telegram: FakeTelegram) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        make.habit(make.person("bob", chat=True), time="07:30")
        Delivery.objects.exclude(kind="reminder").filter(state="pending").update(state="dropped")
    queue_all_due()
    telegram.fault("flood", method="sendMessage", retry_after=3600, times=2)
    send_all()
    assert len(telegram.calls_of("sendMessage")) == 2
    make.habit(make.person("charlie", chat=True))
    send_all()
    assert Delivery.objects.get(kind="habit_created", user__username="charlie").state == "sent"
    waiting = Delivery.objects.filter(kind="reminder")
    assert {(each.state, each.waits_for, each.attempts) for each in waiting} == {("pending", "chat", 0)}
    assert all(each.available_at - timezone.now() > timedelta(seconds=3590) for each in waiting)


def test_a_chat_with_hundreds_of_messages_does_not_delay_others(
    due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratelimit, "CHAT_INTERVAL", 1.0)
    now = timezone.now()
    news = {"kind": "habit_created", "channel": "telegram", "track": due, "available_at": now - timedelta(hours=1)}
    times = {"due_at": now, "expires_at": now + timedelta(hours=1)}
    Delivery.objects.bulk_create(
        Delivery(key=f"news:{number}", user=due.user, **news, **times) for number in range(300)
    )
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        make.habit(make.person("bob", chat=True), time="07:30")
        Delivery.objects.filter(key__startswith="created:").update(state="dropped")
    queue_all_due()
    began = time.perf_counter()
    send_all()
    seconds = time.perf_counter() - began  # real time, because Redis's clock is not stopped
    assert Delivery.objects.get(kind="reminder", user__username="bob").state == "sent"
    assert 1 <= len(telegram.messages(1001)) <= 1 + seconds
    waiting = Delivery.objects.filter(key__startswith="news:", state="pending")
    assert waiting.filter(available_at__gt=timezone.now(), attempts=0).count() >= 299 - seconds


def test_waiting_messages_to_an_unreachable_chat_fail_without_a_request(
    due: HabitTrack, telegram: FakeTelegram
) -> None:
    make.habit(due.user)
    telegram.fault("blocked", chat_id=1001, method="sendMessage")
    send_all()
    ends = Delivery.objects.filter(channel="telegram", due_at__gte=timezone.now()).values_list("state", "reason")
    assert sorted(ends) == [("failed", "Forbidden: bot was blocked by the user"), ("failed", "the chat is unreachable")]
    assert len(telegram.calls_of("sendMessage")) == 1


class TestLease:
    """The lease of a claim: one sender at a time, and what happens after a sender crashed."""

    def test_a_claimed_message_cannot_be_claimed_again(self, due: HabitTrack) -> None:
        _, first = leases.claim(limit=10, now=timezone.now())
        _, second = leases.claim(limit=10, now=timezone.now())
        assert (len(first), len(second)) == (1, 0)

    def test_a_lease_that_expires_before_sending_leads_to_a_plain_retry(
        self, due: HabitTrack, telegram: FakeTelegram
    ) -> None:
        leases.claim(limit=10, now=timezone.now())
        expire_leases()
        send_all()
        assert (reminder().state, reminder().uncertain) == ("sent", False)

    def test_a_lease_that_expires_while_sending_makes_the_message_uncertain_and_sends_it_again(
        self, due: HabitTrack, telegram: FakeTelegram
    ) -> None:
        lease, claimed = leases.claim(limit=10, now=timezone.now())
        leases.mark_sending(claimed, lease=lease)
        expire_leases()
        send_all()
        assert (reminder().state, reminder().uncertain) == ("sent", True)

    def test_the_lease_is_extended_when_sending_begins(self, due: HabitTrack) -> None:
        """The last messages of a batch have as much time as the first."""
        lease, claimed = leases.claim(limit=10, now=timezone.now())
        nearly_over = F("lease_until") - timedelta(seconds=55)
        Delivery.objects.filter(lease=lease).update(lease_until=nearly_over)
        before = reminder().lease_until
        assert before is not None
        leases.mark_sending(claimed, lease=lease)
        until = reminder().lease_until
        assert until is not None
        assert until - before > timedelta(seconds=50)

    def test_a_sender_with_an_expired_lease_sends_and_records_nothing(self, due: HabitTrack) -> None:
        lease, claimed = leases.claim(limit=10, now=timezone.now())
        expire_leases()
        assert leases.mark_sending(claimed, lease=lease) == []
        assert leases.reclaim_expired_leases(now=timezone.now()) == 1
        leases.claim(limit=10, now=timezone.now())
        arrived = leases.Sent(claimed[0].pk, text="", sent_to="1001", message_id=1)
        assert leases.record_sent([arrived], lease=lease, now=timezone.now()) == 0
        assert reminder().state == "pending"

    def test_only_the_holder_of_the_lease_can_send(self, due: HabitTrack) -> None:
        _, claimed = leases.claim(limit=10, now=timezone.now())
        assert leases.mark_sending(claimed, lease=uuid4()) == []


def expire_leases() -> None:
    """Let the lease expire by the database's clock."""
    Delivery.objects.filter(lease__isnull=False).update(lease_until=F("lease_until") - timedelta(hours=1))


class TestLimits:
    """Telegram's limits, shared through Redis."""

    def test_messages_are_paced_overall(self, settings: Settings) -> None:
        settings.TELEGRAM_MESSAGES_PER_SECOND = 10
        waits = [slot.wait for slot in slots(*range(5), max_wait=5)]
        gaps = [later - earlier for earlier, later in itertools.pairwise(waits)]
        assert all(0.09 < gap < 0.11 for gap in gaps)

    def test_a_chat_gets_one_message_a_second(self) -> None:
        [first] = slots(7)
        [second] = slots(7)
        assert first.granted and first.wait < 0.1
        assert not second.granted
        assert 0.8 < second.wait <= 1.1

    def test_a_message_that_would_wait_too_long_gets_no_slot(self, settings: Settings) -> None:
        settings.TELEGRAM_MESSAGES_PER_SECOND = 1
        granted = [slot.granted for slot in slots(*range(6), max_wait=3.6)]
        assert granted == [True, True, True, False, False, False]

    def test_a_waiting_chat_does_not_delay_others(self) -> None:
        ratelimit.hold_chat(7, 600)
        held, other = slots(7, 8)
        assert not held.granted and held.wait > 599
        assert other.granted and other.wait < 0.2


class TestHoldOfTheWholeBot:
    def test_the_bot_is_held_if_three_chats_are_limited_and_none_accepts(self) -> None:
        for chat in (7, 8):
            ratelimit.note_rate_limited(chat, 3600)
        assert slots(9)[0].granted, "two limited chats do not hold the bot"
        ratelimit.note_rate_limited(10, 3600)
        held = slots(11)[0]
        assert not held.granted and 55 < held.wait <= 60, (
            "the bot is held for at most a minute, whatever the retry_after"
        )
        assert slots(7)[0].wait > 3000, "the chat keeps its own retry_after"

    def test_one_accepted_message_within_the_minute_prevents_a_hold(self) -> None:
        ratelimit.note_accepted()
        for chat in range(20):
            ratelimit.note_rate_limited(chat, 3600)
        assert slots(21)[0].granted

    def test_the_start_and_end_of_a_hold_are_logged_once(self, caplog: pytest.LogCaptureFixture) -> None:
        for chat in range(20):
            ratelimit.note_rate_limited(chat, 5)
        ratelimit.note_accepted()
        lines = [
            record.getMessage()
            for record in caplog.records
            if record.name == "notifications.channels.telegram.ratelimit"
        ]
        assert lines == [
            "Telegram limits every chat: nothing is sent for 5 s, then one probe",
            "Telegram accepts messages again: the hold of the whole bot ends",
        ]
        assert slots(21)[0].granted

    def test_after_a_hold_one_message_is_sent_as_a_probe(self) -> None:
        for chat in range(3):
            ratelimit.note_rate_limited(chat, 600)
        common_redis.connection().set(common_redis.key(ratelimit.OVERALL), 0)  # Redis's clock cannot be moved
        common_redis.connection().set(common_redis.key(ratelimit.PROBE), 1)
        assert [slot.granted for slot in slots(4, 5, 6)] == [True, False, False]
        assert not slots(7)[0].granted, "other senders get no slot either"
        ratelimit.note_rate_limited(4, 30)
        held = slots(5)[0]
        assert not held.granted and 25 < held.wait <= 30, "a limited probe is enough for another hold"
        ratelimit.note_accepted()
        assert [slot.granted for slot in slots(5, 6)] == [True, True]


class TestRedisClockWasAhead:
    """Times stored then are in the future. Without a correction nothing would be sent until they are reached."""

    @pytest.fixture
    def ahead(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
        with monkeypatch.context() as patch:
            for name in ("RESERVE", "HOLD", "LIMITED", "ACCEPTED"):
                script = getattr(ratelimit, name)
                assert "tonumber(clock[1])" in script
                patch.setattr(ratelimit, name, script.replace("tonumber(clock[1])", "tonumber(clock[1]) + 10800"))
            yield patch

    def test_messages_are_sent_at_the_normal_pace(self, ahead: pytest.MonkeyPatch) -> None:
        slots(7)
        ahead.undo()
        assert slots(8)[0].granted
        assert slots(7)[0].wait < 3

    def test_a_chat_waits_for_its_original_retry_after(self, ahead: pytest.MonkeyPatch) -> None:
        ratelimit.hold_chat(7, 600)
        ahead.undo()
        assert 599 < slots(7)[0].wait <= 600

    def test_the_whole_bot_is_held_for_the_original_time(self, ahead: pytest.MonkeyPatch) -> None:
        for chat in range(3):
            ratelimit.note_rate_limited(chat, 60)
        ahead.undo()
        assert 59 < slots(5)[0].wait <= 60
        overall = common_redis.connection().get(common_redis.key(ratelimit.OVERALL))
        assert isinstance(overall, bytes)
        assert float(overall.split()[0]) <= common_redis.connection().time()[0] + 61, (
            "the end of the hold was moved back"
        )

    def test_results_from_that_time_do_not_count_now(self, ahead: pytest.MonkeyPatch) -> None:
        ratelimit.note_accepted()
        ratelimit.note_rate_limited(1, 60)
        ratelimit.note_rate_limited(2, 60)
        ahead.undo()
        common_redis.connection().delete(common_redis.key(ratelimit.RECENTLY_ACCEPTED))
        ratelimit.note_rate_limited(3, 60)
        assert slots(4)[0].granted, "a single limited chat does not hold the bot"


def slots(*chat_ids: int, max_wait: float = 2) -> list[Slot]:
    return ratelimit.reserve(chat_ids, max_wait=timedelta(seconds=max_wait))


def test_a_result_that_cannot_be_recorded_leaves_the_others_recorded(
    due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        make.habit(make.person("bob", chat=True), time="07:30")
    queue_all_due()
    record_sent = leases.record_sent
    odd = Delivery.objects.get(kind="reminder", user__username="alice").pk

    def refuses(sent: Sequence[leases.Sent], **options: Any) -> int:
        if any(each.delivery_id == odd for each in sent):
            raise OverflowError("too large")
        return record_sent(sent, **options)

    monkeypatch.setattr(leases, "record_sent", refuses)
    send_all()
    states = dict(Delivery.objects.filter(kind="reminder").values_list("user__username", "state"))
    assert states == {"alice": "pending", "bob": "sent"}
    assert f"delivery {odd}: its result cannot be recorded" in caplog.text


@pytest.mark.parametrize("people", [1, 3])
def test_a_batch_of_reminders_takes_twelve_statements(due: HabitTrack, people: int) -> None:
    for name in list(make.CHATS)[1:people]:
        make.track(make.person(name, chat=True), time="07:30")
    Delivery.objects.all().delete()
    Reminder.objects.update(next_at=timezone.now(), next_day=timezone.now().date())
    queue_all_due()
    with CaptureQueriesContext(connection) as made:
        assert send_batch(now=timezone.now()) == people
    assert Delivery.objects.filter(state=Delivery.State.SENT).count() == people
    asked = [each["sql"] for each in made if not each["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]
    assert len(asked) == 12, "\n".join(asked)
