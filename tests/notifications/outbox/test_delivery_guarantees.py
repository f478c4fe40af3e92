"""The guarantees of delivery under faults of the network, of senders, of clocks, and of our own code."""

import asyncio
import itertools
import json
import random
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import Mock

import pytest
import time_machine
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings
from telegram.error import NetworkError

import common.leases
from common import clock, stopping
from common import redis as common_redis
from notifications.channels.email import EmailChannel
from notifications.channels.telegram import client as telegram_client
from notifications.channels.telegram.channel import TelegramChannel
from notifications.channels.transport import (
    Accepted,
    Message,
    Outgoing,
    TransportError,
)
from notifications.models import Delivery, Heartbeat, Installation, Reminder
from notifications.monitoring import heartbeats
from notifications.outbox import clock_repair, leases, restore_detection, sending
from notifications.outbox import services as outbox
from notifications.reminders import services as reminders
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.telegram import rolled_back
from tracking.logs.services import set_day
from tracking.models import HabitTrack
from tracking.tasks import apply_pending_changes
from users import addresses
from users.models import User
from users.services import request_password_reset

pytestmark = pytest.mark.django_db

EVENING, MORNING = "2026-11-20 12:00Z", "2026-11-21 07:30Z"


@pytest.fixture
def due(telegram: FakeTelegram) -> Iterator[HabitTrack]:
    """Alice's track with a reminder that was queued at 07:30; the clock is stopped there."""
    with time_machine.travel(EVENING, tick=False) as traveller:
        track = make.track(make.person("alice", chat=True), time="07:30")
        send_all()
        drop_queued(telegram)
        traveller.move_to(MORNING)
        queue_all_due()
        yield track


def drop_queued(telegram: FakeTelegram) -> None:
    """Drop all messages queued so far, which the test does not need."""
    telegram.reset()
    for chat_id in make.CHATS.values():
        telegram.add_chat(chat_id)


def reminder() -> Delivery:
    return Delivery.objects.get(kind="reminder")


def again(after: timedelta) -> None:
    with time_machine.travel(timezone.now() + after, tick=False):
        send_all()


def expire_leases() -> None:
    """Let the lease expire by the database's clock."""
    Delivery.objects.filter(lease__isnull=False).update(lease_until=F("lease_until") - timedelta(hours=1))


class TestUncertainResults:
    @pytest.mark.parametrize(("status", "html"), [(500, False), (502, False), (502, True), (504, True), (413, True)])
    def test_any_answer_but_a_4xx_of_telegram_leaves_the_message_uncertain(
        self, due: HabitTrack, telegram: FakeTelegram, status: int, html: bool
    ) -> None:
        telegram.fault("server_error", method="sendMessage", status=status, html=html)
        send_all()
        assert (reminder().state, reminder().uncertain, reminder().uncertain_tries) == ("pending", True, 1)

    @pytest.mark.parametrize(("status", "html"), [(500, False), (504, True)])
    def test_the_same_holds_for_a_picture(self, telegram: FakeTelegram, status: int, html: bool) -> None:
        telegram.fault("server_error", method="sendPhoto", status=status, html=html)
        picture = Outgoing("telegram", "1001", Message("A week", photo=b"\x89PNG"))
        [result] = telegram_client.client().send([picture])
        assert isinstance(result, TransportError) and result.uncertain

    def test_a_failed_connection_does_not_make_it_uncertain(self, due: HabitTrack, settings: Settings) -> None:
        settings.TELEGRAM_API_BASE_URL = "http://127.0.0.1:1"
        telegram_client.close_client()
        send_all()
        assert (reminder().state, reminder().uncertain, reminder().waits_for) == ("pending", False, "away")

    def test_a_reminder_counts_as_sent_after_three_uncertain_tries(
        self, due: HabitTrack, telegram: FakeTelegram
    ) -> None:
        telegram.fault("cut_after", method="sendMessage", times="all")
        for minute in range(60):
            again(timedelta(minutes=minute))
        assert len(telegram.messages(1001)) == 3
        ended = reminder()
        assert (ended.state, ended.uncertain, ended.sent_to, ended.message_id) == ("sent", True, "1001", None)
        assert ended.text and ended.sent_at

    def test_a_mail_counts_as_sent_after_two_uncertain_tries(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tries: list[Outgoing] = []

        def unanswered(_: object, outgoing: Sequence[Outgoing]) -> list[Accepted | TransportError]:
            tries.extend(outgoing)
            return [TransportError("mail server: SMTPServerDisconnected", unavailable=True, uncertain=True)]

        monkeypatch.setattr(EmailChannel, "send", unanswered)
        request_password_reset(email="alice@example.org", now=timezone.now())
        for hour in range(5):
            again(timedelta(hours=hour))
        reset = Delivery.objects.get(kind="password_reset")
        assert (len([each for each in tries if "password" in each.message.text]), reset.state, reset.uncertain) == (
            2,
            "sent",
            True,
        )

    def test_an_accepted_mail_counts_as_sent_even_if_closing_the_connection_fails(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def ends_badly(_: object) -> None:
            raise OSError("reset")

        monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.close", ends_badly)
        assert EmailChannel().send([Outgoing("email", "a@example.org", Message("text", "subject"))]) == [Accepted()]

    def test_a_mail_server_that_hangs_is_abandoned_and_leaves_the_mail_uncertain(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hangs = threading.Event()
        monkeypatch.setattr("notifications.channels.email.MAIL_TIMEOUT", timedelta(seconds=0.01))
        monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.open", lambda _: hangs.wait(5))
        [result] = EmailChannel().send([Outgoing("email", "a@example.org", Message("text", "subject"))])
        hangs.set()
        assert isinstance(result, TransportError) and result.uncertain and result.unavailable


class TestOneLateReminderPerTrack:
    @pytest.fixture
    def overdue(self, telegram: FakeTelegram) -> Iterator[HabitTrack]:
        """Alice's track with reminders at 07:00 and 07:30; it is 08:30, after an outage of beat. Batches have one row."""
        with time_machine.travel(EVENING, tick=False) as traveller:
            alice = make.person("alice", chat=True)
            track = make.track(alice, time="07:00")
            reminders.add(
                user=alice, track_id=track.pk, local_time=make.utc("2026-11-21 07:30").time(), now=timezone.now()
            )
            send_all()
            drop_queued(telegram)
            traveller.move_to("2026-11-21 08:30Z")
            yield track

    def test_a_late_reminder_is_dropped_if_a_later_one_is_still_to_be_queued(
        self, overdue: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reminders, "BATCH", 1)
        assert reminders.queue_due(now=timezone.now()) == 1
        send_all()
        assert telegram.messages(1001) == []
        assert reminders.queue_due(now=timezone.now()) == 1
        send_all()
        assert [message.text for message in telegram.messages(1001)] == ["⏰ I will do ten push-ups at 07:30"]
        assert sorted(Delivery.objects.filter(kind="reminder").values_list("state", "reason")) == [
            ("dropped", "superseded"),
            ("sent", ""),
        ]

    def test_a_late_reminder_is_dropped_if_the_track_was_reminded_since(
        self, overdue: HabitTrack, telegram: FakeTelegram
    ) -> None:
        Delivery.objects.create(
            key="early", kind="reminder", channel="telegram", user=overdue.user, track=overdue, state="sent",
            due_at=make.utc("2026-11-21 06:59"), sent_at=make.utc("2026-11-21 08:29"),
            available_at=make.utc("2026-11-21 06:59"), expires_at=make.utc("2026-11-21 08:59"),
        )  # fmt: skip
        queue_all_due()
        send_all()
        assert telegram.messages(1001) == []

    def test_a_reminder_that_is_on_time_is_sent(self, overdue: HabitTrack, telegram: FakeTelegram) -> None:
        with time_machine.travel("2026-11-22 07:00Z", tick=False) as traveller:
            queue_all_due()
            send_all()
            traveller.move_to("2026-11-22 07:30Z")
            queue_all_due()
            send_all()
        assert len(telegram.messages(1001)) == 2


class TestSendersThatStop:
    def test_after_a_chunk_that_took_long_the_others_are_checked_again(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with time_machine.travel(EVENING, tick=False):
            bobs = make.track(make.person("bob", chat=True), time="07:30")
            Delivery.objects.filter(key__startswith="created:").update(state="dropped")
        queue_all_due()
        monkeypatch.setattr(sending, "MAX_COMPOSED_AGE", -1.0)
        monkeypatch.setattr(TelegramChannel, "chunk_size", lambda _: 1)
        client = telegram_client.client()
        send = client.send

        def done_meanwhile(outgoing: Sequence[Outgoing]) -> list[Accepted | TransportError]:
            for track in (due, bobs):
                set_day(
                    user=track.user,
                    track_id=track.pk,
                    day=date(2026, 11, 21),
                    status="completed",
                    source="api",
                    now=timezone.now(),
                )
            return send(outgoing)

        monkeypatch.setattr(client, "send", done_meanwhile)
        send_all()
        states = Delivery.objects.filter(kind="reminder").values_list("state", "reason")
        assert sorted(states) == [("dropped", "already done"), ("sent", "")]

    def test_a_sender_that_is_asked_to_stop_releases_unsent_messages(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with time_machine.travel(EVENING, tick=False):
            make.track(make.person("bob", chat=True), time="07:30")
            Delivery.objects.filter(key__startswith="created:").update(state="dropped")
        queue_all_due()
        monkeypatch.setattr(TelegramChannel, "chunk_size", lambda _: 1)
        client = telegram_client.client()
        send = client.send

        def asked_meanwhile(outgoing: Sequence[Outgoing]) -> list[Accepted | TransportError]:
            stopping.request()
            return send(outgoing)

        monkeypatch.setattr(client, "send", asked_meanwhile)
        try:
            assert send_all() is False
        finally:
            stopping.reset()
        assert sorted(Delivery.objects.filter(kind="reminder").values_list("state", "lease", "uncertain")) == [
            ("pending", None, False),
            ("sent", None, False),
        ]

    def test_a_sender_that_is_asked_to_stop_claims_nothing(self, due: HabitTrack, telegram: FakeTelegram) -> None:
        stopping.request()
        try:
            assert send_all() is False
        finally:
            stopping.reset()
        assert (telegram.messages(1001), reminder().state) == ([], "pending")

    def test_results_are_recorded_once_the_database_is_available_again(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fail_calls(monkeypatch, leases, "record_sent", times=5)
        send_all()
        assert (reminder().state, reminder().uncertain) == ("sent", False)

    def test_permanent_errors_are_recorded_once_the_database_is_available_again(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        telegram.fault("blocked", method="sendMessage")
        fail_calls(monkeypatch, leases, "record_final", times=5)
        send_all()
        assert (reminder().state, reminder().uncertain) == ("failed", False)

    def test_a_result_that_cannot_be_recorded_does_not_affect_others(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with time_machine.travel(EVENING, tick=False):
            make.track(make.person("bob", chat=True), time="07:30")
            Delivery.objects.filter(key__startswith="created:").update(state="dropped")
        queue_all_due()
        telegram.fault("blocked", method="sendMessage", times=2)
        mark = addresses.mark_unreachable

        def fails(*, channel: str, address: str, now: datetime) -> None:
            if address == "1001":
                raise ValueError
            mark(channel=channel, address=address, now=now)

        monkeypatch.setattr(addresses, "mark_unreachable", fails)
        send_all()
        states = Delivery.objects.filter(kind="reminder").order_by("user__username").values_list("state", flat=True)
        assert list(states) == ["pending", "failed"]

    def test_recording_is_repeated_until_the_lease_ends(
        self, due: HabitTrack, telegram: FakeTelegram, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.DELIVERY_LEASE = timedelta(0)
        fail_calls(monkeypatch, leases, "record_sent", times=5)
        monkeypatch.setattr(leases, "mark_sending", lambda deliveries, lease: deliveries)
        with pytest.raises(OperationalError):
            send_all()

    def test_claimed_messages_are_released_if_the_database_fails_before_sending(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fail_calls(monkeypatch, leases, "mark_sending", times=1)
        with pytest.raises(OperationalError):
            send_all()
        assert (reminder().state, reminder().lease, reminder().uncertain) == ("pending", None, False)
        assert telegram.messages(1001) == []

    def test_a_message_that_crashes_every_sender_fails_and_is_uncertain(
        self, due: HabitTrack, caplog: pytest.LogCaptureFixture
    ) -> None:
        for deaths in range(1, 6):
            with time_machine.travel(timezone.now() + timedelta(minutes=20 * deaths), tick=False):
                lease, claimed = leases.claim(limit=10, now=timezone.now())
                leases.mark_sending(claimed, lease=lease)
                expire_leases()
                leases.reclaim_expired_leases(now=timezone.now())
            assert (reminder().expired_leases, reminder().uncertain) == (deaths, True)
        assert (reminder().state, reminder().reason) == ("failed", "its senders crashed each time")
        assert f"delivery {reminder().pk} is uncertain" in caplog.text

    def test_a_message_whose_sending_never_began_does_not_fail(self, due: HabitTrack) -> None:
        for deaths in range(1, 9):
            with time_machine.travel(timezone.now() + timedelta(minutes=20 * deaths), tick=False):
                leases.claim(limit=10, now=timezone.now())
                expire_leases()
                leases.reclaim_expired_leases(now=timezone.now())
        assert (reminder().state, reminder().uncertain) == ("pending", False)

    def test_a_message_that_crashed_two_senders_is_sent_alone(self, due: HabitTrack) -> None:
        with time_machine.travel(EVENING, tick=False):
            make.track(make.person("bob", chat=True), time="07:30")
            Delivery.objects.exclude(kind="reminder").update(state="dropped")
        queue_all_due()
        poison = Delivery.objects.filter(kind="reminder").first()
        assert poison
        Delivery.objects.filter(pk=poison.pk).update(expired_leases=2)
        _, first = leases.claim(limit=10, now=timezone.now())
        assert [each.pk for each in first] == [poison.pk]
        _, second = leases.claim(limit=10, now=timezone.now())
        assert len(second) == 1


def fail_calls(patch: pytest.MonkeyPatch, where: object, name: str, *, times: int) -> None:
    """Make the next calls of a function fail as if the database was unavailable."""
    living = getattr(where, name)
    calls = itertools.count(1)

    def call(*args: Any, **kwargs: Any) -> Any:
        if next(calls) <= times:
            raise OperationalError("server closed the connection unexpectedly")
        return living(*args, **kwargs)

    patch.setattr(where, name, call)
    patch.setattr(common.leases, "_wait", lambda: None)


class TestTelegramUnavailable:
    def test_waiting_messages_are_sent_as_soon_as_one_is_accepted(
        self, due: HabitTrack, telegram: FakeTelegram, settings: Settings
    ) -> None:
        url = settings.TELEGRAM_API_BASE_URL
        settings.TELEGRAM_API_BASE_URL = "http://127.0.0.1:1"
        telegram_client.close_client()
        for minutes in range(10):
            again(timedelta(minutes=minutes))
        assert (reminder().state, reminder().attempts) == ("pending", 0), "an outage does not count as an attempt"
        settings.TELEGRAM_API_BASE_URL = url
        telegram_client.close_client()
        with time_machine.travel(timezone.now() + timedelta(minutes=9), tick=False):
            assert reminder().available_at > timezone.now()
            make.habit(make.person("bob", chat=True))
            send_all()
        assert reminder().state == "sent"

    @pytest.mark.parametrize(
        "proxy", ["socks5://127.0.0.1:1", "127.0.0.1:1", "nonsense://127.0.0.1:1", "://", "http://"]
    )
    def test_an_unusable_proxy_counts_as_unavailable_and_mails_are_sent(
        self, due: HabitTrack, monkeypatch: pytest.MonkeyPatch, settings: Settings, proxy: str
    ) -> None:
        settings.TELEGRAM_API_BASE_URL = "http://telegram.invalid"
        telegram_client.close_client()
        for name in ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy)
            monkeypatch.setenv(name.lower(), proxy)
        request_password_reset(email="alice@example.org", now=timezone.now())
        send_all()
        assert (reminder().state, reminder().waits_for, reminder().uncertain) == ("pending", "away", False)
        assert Delivery.objects.get(kind="password_reset").state == "sent"
        api = make.client(due.user)
        api.raise_request_exception = False
        assert api.get("/api/tg/link/").status_code == 503

    def test_a_client_that_gets_a_strange_answer_while_connecting_can_send(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def nonsense(_: object) -> None:
            raise KeyError("result")

        telegram_client.close_client()
        monkeypatch.setattr("telegram.Bot.get_me", nonsense)
        send_all()
        assert reminder().state == "sent"

    def test_no_request_of_connecting_is_running_while_messages_are_sent(
        self, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls = itertools.count(1)

        async def first_fails(_: object) -> None:
            if next(calls) == 1:
                raise NetworkError("refused")
            await asyncio.sleep(0.05)

        async def tasks() -> int:
            return len(asyncio.all_tasks())

        monkeypatch.setattr("telegram.Bot.get_me", first_fails)
        client = telegram_client.TelegramClient()
        client.connect()
        assert client.run(tasks()) == 1
        client.close()

    def test_an_unknown_bot_token_does_not_fail_reminders(
        self, due: HabitTrack, telegram: FakeTelegram, settings: Settings
    ) -> None:
        settings.TELEGRAM_BOT_TOKEN = "1:revoked"
        telegram_client.close_client()
        send_all()
        assert (reminder().state, reminder().waits_for, reminder().attempts) == ("pending", "away", 0)


class TestPlansThatFail:
    def test_a_batch_of_failing_plans_does_not_delay_others(
        self, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(reminders, "BATCH", 3)
        with time_machine.travel(EVENING, tick=False) as traveller:
            alice, bob = make.person("alice", chat=True), make.person("bob", chat=True)
            for minute in range(7):
                make.track(alice, name=f"Habit {minute}", time=f"07:0{minute}")
            make.track(bob, time="07:30")
            User.objects.filter(pk=alice.pk).update(time_zone="Nowhere/Land")
            traveller.move_to("2026-11-21 07:31Z")
            queue_all_due()
            assert [each.user_id for each in Delivery.objects.filter(kind="reminder")] == [bob.pk]
            aside = Reminder.objects.filter(track__user=alice)
            assert all(each.retry_at and each.failures == 1 and "Nowhere" in each.last_error for each in aside)
            assert "cannot be planned" in caplog.text
            User.objects.filter(pk=alice.pk).update(time_zone="UTC")
            traveller.move_to("2026-11-21 07:32Z")
            queue_all_due()
            assert Delivery.objects.filter(kind="reminder", user=alice).count() == 7
            assert not aside.exclude(failures=0, retry_at=None, last_error="").exists()

    def test_a_plan_that_fails_in_the_database_does_not_delay_others(
        self, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with time_machine.travel(EVENING, tick=False) as traveller:
            alice = make.person("alice", chat=True)
            poison = make.track(alice, name="Poison", time="07:00")
            fine = make.track(alice, name="Fine", time="07:10")
            queue_reminders = outbox.queue_reminders

            def refusing(asked: Sequence[outbox.QueuedReminder], *, now: datetime) -> None:
                if any(each.track_id == poison.pk for each in asked):
                    raise ValueError("the database refuses it")
                queue_reminders(asked, now=now)

            monkeypatch.setattr(outbox, "queue_reminders", refusing)
            traveller.move_to("2026-11-21 07:31Z")
            queue_all_due()
        assert [each.track_id for each in Delivery.objects.filter(kind="reminder")] == [fine.pk]
        assert Reminder.objects.get(track=poison).last_error == "ValueError: the database refuses it"


class TestFastClock:
    def test_one_tick_with_a_fast_clock_has_no_lasting_effect(self, telegram: FakeTelegram) -> None:
        """Wherever the jump is, the reminders are the same as without it, each once."""
        seed = random.randrange(10_000)
        print("seed", seed)
        draw = random.Random(seed)
        alice, bob = make.person("alice", chat=True), make.person("bob", chat=True)
        with time_machine.travel(EVENING, tick=False):
            for number, at in enumerate(["07:00", "07:05", "09:30", "00:10"]):
                make.track(alice, name=f"Habit {number}", time=at)
            make.track(bob, time="07:10", schedule={"frequency": "weekly", "weekdays": frozenset({5, 6})})
            send_all()
        expected = outcome()
        assert len(expected) == 6
        for ahead in (timedelta(hours=3), timedelta(days=365)):
            jump = draw.randrange(1, 30)  # not 0: the first tick finds reminders that are no longer useful
            print("ahead", ahead, "at minute", jump)
            assert outcome({jump: ahead, jump + 1: ahead}) == expected

    @pytest.mark.usefixtures("known_ahead")
    def test_a_dropped_early_reminder_is_planned_again_in_the_same_step(
        self, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A later step would no longer recognize a plan that was only seconds ahead."""
        with time_machine.travel(EVENING, tick=False) as traveller:
            make.track(make.person("alice", chat=True), time="07:30")
            traveller.move_to("2026-11-21 07:30:05Z")
            queue_all_due()
            traveller.move_to("2026-11-21 07:29:50Z")
            assert clock_repair.repair_queued(now=timezone.now()) == 1
            traveller.move_to("2026-11-21 07:30Z")
            monkeypatch.setattr(reminders, "replan_after_fast_clock", lambda **_: 0)
            queue_all_due()
            [again] = Delivery.objects.filter(kind="reminder", state="pending")
            assert (again.due_at, again.day) == (make.utc("2026-11-21 07:30"), date(2026, 11, 21))

    def test_a_clock_that_is_behind_repairs_nothing(self, telegram: FakeTelegram) -> None:
        """For example on a machine that has just booted: correct rows must not be rolled_back and sent a second time."""
        with time_machine.travel(EVENING, tick=False) as traveller:
            track = make.track(make.person("alice", chat=True), time="07:30")
            send_all()
            drop_queued(telegram)
            for at in ("2026-11-21 07:29Z", "2026-11-21 07:30Z", "2026-11-21 07:31Z"):
                traveller.move_to(at)
                queue_all_due()
                send_all()
            for at in ("1970-01-01 00:01Z", "1970-01-01 00:02Z", "2026-11-20 13:00Z", "2026-11-21 07:00Z"):
                traveller.move_to(at)
                queue_all_due()
                apply_pending_changes()
                send_all()
            for at in ("2026-11-21 07:40Z", "2026-11-21 07:41Z"):
                traveller.move_to(at)
                queue_all_due()
                apply_pending_changes()
                send_all()
        assert len(telegram.messages(1001)) == 1
        assert (reminder().state, reminder().uncertain) == ("sent", False)
        assert HabitTrack.objects.get().started_on == track.started_on

    def test_a_clock_earlier_than_all_ticks_is_trusted_after_a_day(self, telegram: FakeTelegram) -> None:
        with time_machine.travel(EVENING, tick=False) as traveller:
            make.track(make.person("alice", chat=True), time="07:30")
            traveller.move_to("2027-11-21 07:29Z")
            queue_all_due()
            for at in ("2026-11-21 07:31Z", "2026-11-22 07:30Z"):
                traveller.move_to(at)
                queue_all_due()
                assert not Delivery.objects.filter(key__contains=":2026-").exists()
            traveller.move_to("2026-11-22 07:32Z")
            queue_all_due()
            assert Delivery.objects.filter(key__endswith=":2026-11-22:07:30", state="pending").exists()

    def test_messages_that_expired_too_early_are_sent(self, due: HabitTrack, telegram: FakeTelegram) -> None:
        with time_machine.travel(timezone.now() + timedelta(hours=3), tick=False):
            queue_all_due()
            send_all()
        assert reminder().state == "expired"
        queue_all_due()
        send_all()
        assert reminder().state == "sent"

    def test_messages_queued_and_expired_too_early_are_not_sent_early(self, telegram: FakeTelegram) -> None:
        with time_machine.travel(EVENING, tick=False) as traveller:
            make.track(make.person("alice", chat=True), time="07:30")
            send_all()
            drop_queued(telegram)
            queue_all_due()
            traveller.move_to("2027-11-21 07:30Z")
            queue_all_due()
            traveller.move_to("2027-11-21 10:30Z")
            send_all()
            assert reminder().state == "expired"
            traveller.move_to("2026-11-20 12:02Z")
            queue_all_due()
            send_all()
            assert (reminder().state, telegram.messages(1001)) == ("dropped", [])

    def test_messages_expired_by_one_sender_with_a_fast_clock_are_sent(
        self, due: HabitTrack, telegram: FakeTelegram
    ) -> None:
        again(timedelta(hours=3))
        assert reminder().state == "expired"
        queue_all_due()
        send_all()
        assert reminder().state == "sent"

    @pytest.mark.usefixtures("known_ahead")
    def test_messages_postponed_too_far_are_moved_back(self, due: HabitTrack, telegram: FakeTelegram) -> None:
        telegram.fault("flood", method="sendMessage", retry_after=1800)
        with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
            send_all()
        queue_all_due()
        assert timedelta(seconds=1700) < reminder().available_at - timezone.now() <= timedelta(seconds=1800)

    @pytest.mark.parametrize("dies", [False, True])
    def test_a_message_being_sent_during_the_correction_is_not_changed(
        self, due: HabitTrack, telegram: FakeTelegram, dies: bool
    ) -> None:
        """Otherwise it would be sent again at its time without being marked as uncertain."""
        lease, claimed = leases.claim(limit=10, now=timezone.now())
        leases.mark_sending(claimed, lease=lease)
        if dies:
            Delivery.objects.update(lease_until=F("lease_until") - timedelta(hours=1))
        with time_machine.travel("2026-11-21 07:28Z", tick=False):
            queue_all_due()
        row = reminder()
        assert (row.state, row.key, row.uncertain) == ("pending", claimed[0].key, dies)
        assert row.lease == (None if dies else lease)

    def test_a_lease_given_by_a_fast_clock_does_not_last(self, due: HabitTrack, telegram: FakeTelegram) -> None:
        leases.claim(limit=10, now=timezone.now())
        Delivery.objects.filter(lease__isnull=False).update(lease_until=F("lease_until") + timedelta(days=365))
        queue_all_due()
        assert reminder().lease is None

    @pytest.mark.usefixtures("known_ahead")
    def test_event_messages_queued_by_a_fast_clock_are_sent_at_once(self, telegram: FakeTelegram) -> None:
        with time_machine.travel("2027-11-21 07:30Z", tick=False):
            make.habit(make.person("alice", chat=True))
        with time_machine.travel(MORNING, tick=False):
            queue_all_due()
            send_all()
            assert len(telegram.messages(1001)) == 1


class TestStalledTick:
    @pytest.fixture
    def overtaken(self, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
        """Alice's reminder was queued and marked as being sent at 07:30, while the tick of 07:29:30 was stalled."""
        with time_machine.travel(EVENING, tick=False) as traveller:
            make.track(make.person("alice", chat=True), time="07:30")
            send_all()
            traveller.move_to("2026-11-21 07:29Z")
            queue_all_due()
            look = restore_detection.detect

            def stalls(*, now: datetime) -> datetime | None:
                monkeypatch.setattr(restore_detection, "detect", look)
                traveller.move_to(MORNING)
                queue_all_due()
                lease, claimed = leases.claim(limit=10, now=timezone.now())
                leases.mark_sending(claimed, lease=lease)
                return look(now=now)

            monkeypatch.setattr(restore_detection, "detect", stalls)
            traveller.move_to("2026-11-21 07:29:30Z")
            queue_all_due()
            yield traveller

    def test_a_stalled_tick_does_not_undo_newer_work(self, overtaken: time_machine.Traveller) -> None:
        on_its_way = reminder()
        assert (on_its_way.state, on_its_way.lease is None, on_its_way.due_at) == ("pending", False, timezone.now())
        assert Reminder.objects.get().next_at == make.utc("2026-11-22 07:30")

    def test_the_time_of_the_later_tick_is_kept(self, overtaken: time_machine.Traveller) -> None:
        assert heartbeats.last_at(heartbeats.TICK) == timezone.now()

    def test_a_tick_that_finds_a_later_tick_repairs_nothing(
        self, due: HabitTrack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        last = heartbeats.last_at

        def stalls(name: str) -> datetime | None:
            monkeypatch.setattr(heartbeats, "last_at", last)
            traveller.move_to("2026-11-21 07:32Z")
            queue_all_due()
            return last(name)

        monkeypatch.setattr(heartbeats, "last_at", stalls)
        with time_machine.travel("2026-11-21 07:31Z", tick=False) as traveller:
            queue_all_due()
        assert "the clock ran ahead" not in caplog.text


def outcome(ahead: Mapping[int, timedelta] = MappingProxyType({})) -> list[tuple[str, str]]:
    """Return the reminders after a day of ticks with a fast clock in some minutes around seven; then roll back."""
    with rolled_back(), time_machine.travel(EVENING, tick=False) as traveller:
        for minute in range(35):
            at = make.utc("2026-11-21 06:50") + timedelta(minutes=minute)
            traveller.move_to(at + ahead.get(minute, timedelta(0)))
            queue_all_due()
        for hour in (8, 9, 10, 24, 25):
            traveller.move_to(make.utc("2026-11-21 00:00") + timedelta(hours=hour, minutes=30))
            queue_all_due()
            traveller.shift(timedelta(minutes=20))
            queue_all_due()
        rows = Delivery.objects.filter(kind="reminder").exclude(key__startswith="ahead:")
        assert not rows.filter(due_at__gt=timezone.now()).exists()
        return sorted((f"{each.track_id}", f"{each.due_at}") for each in rows)


class TestServiceClock:
    @make.needs_postgres
    def test_the_service_clock_is_the_databases(self) -> None:
        true = datetime.now(UTC)
        ours = clock.Clock()
        for off in (timedelta(seconds=90), timedelta(days=-365), timedelta(0)):
            with time_machine.travel(true + off, tick=True):
                assert abs(ours.now() - true) < timedelta(minutes=1)

    def test_while_the_database_is_unavailable_the_last_reading_is_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ours = clock.Clock()
        ours._reading = clock.Reading(make.utc("2030-01-01 00:00"), clock.monotonic())
        monkeypatch.setattr(connection, "vendor", "postgresql")

        def away() -> None:
            raise OperationalError

        monkeypatch.setattr(connection, "cursor", away)
        assert timedelta(0) <= ours.now() - make.utc("2030-01-01 00:00") < timedelta(minutes=1)

    @make.needs_postgres
    def test_a_failed_first_reading_is_repeated_before_anything_is_done(self) -> None:
        true = datetime.now(UTC)
        ours = clock.Clock()
        with time_machine.travel(true + timedelta(days=365), tick=True):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(connection, "cursor", Mock(side_effect=OperationalError))
                ours.now()
            assert abs(ours.now() - true) < timedelta(minutes=1)

    def test_until_then_the_reading_of_another_process_of_the_worker_is_used(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        true = datetime.now(UTC)
        shared = bytearray(struct.pack("d", true.timestamp() - clock.monotonic()))
        monkeypatch.setattr(clock, "_shared", shared)
        monkeypatch.setattr(connection, "vendor", "postgresql")
        monkeypatch.setattr(connection, "cursor", Mock(side_effect=OperationalError))
        with time_machine.travel(true + timedelta(days=365), tick=True):
            assert abs(clock.Clock().now() - true) < timedelta(minutes=1)

    @make.needs_postgres
    def test_the_clock_costs_one_query_a_minute(
        self, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ours = clock.Clock()
        with django_assert_num_queries(1):
            ours.now()
            ours.now()
        late = clock.monotonic() + 61
        monkeypatch.setattr(clock, "monotonic", lambda: late)
        with django_assert_num_queries(1):
            ours.now()


class TestRestoredBackup:
    @pytest.fixture(autouse=True)
    def _folder_of_its_own(self, settings: Settings, tmp_path: Path) -> None:
        settings.DATA_DIR = tmp_path

    @pytest.fixture
    def restored_to_the_evening(self, telegram: FakeTelegram) -> Iterator[HabitTrack]:
        """The reminder of 07:30 was sent, then the database of the evening before was restored."""
        with time_machine.travel(EVENING, tick=False) as traveller:
            track = make.track(make.person("alice", chat=True), time="07:30")
            queue_all_due()
            send_all()
            backup = Reminder.objects.values().get()
            traveller.move_to(MORNING)
            queue_all_due()
            send_all()
            assert (reminder().state, reminder().uncertain) == ("sent", False)
            Delivery.objects.filter(kind="reminder").delete()
            Reminder.objects.filter(pk=backup["id"]).update(**backup)
            Heartbeat.objects.update(at=make.utc("2026-11-20 12:00"))
            traveller.move_to("2026-11-21 07:45Z")
            yield track

    @pytest.mark.parametrize("forgets", ["redis", "file"])
    def test_messages_due_since_the_backup_are_uncertain_before_they_are_sent(
        self, restored_to_the_evening: HabitTrack, caplog: pytest.LogCaptureFixture, settings: Settings, forgets: str
    ) -> None:
        if forgets == "redis":
            common_redis.connection().flushdb()
        else:
            (settings.DATA_DIR / restore_detection.FILE).unlink()
        queue_all_due()
        assert (reminder().state, reminder().uncertain) == ("pending", True)
        assert "a backup was restored" in caplog.text
        send_all()
        assert (reminder().state, reminder().uncertain) == ("sent", True)

    def test_a_sender_detects_a_restored_backup_too(self, due: HabitTrack, telegram: FakeTelegram) -> None:
        """The backup was made after the tick and before the sending; the message for a sender is still in Redis."""
        backup = Delivery.objects.filter(kind="reminder").values().get()
        beat = Heartbeat.objects.values().get(name="tick")
        send_all()
        with time_machine.travel("2026-11-21 07:31Z", tick=False):
            queue_all_due()
            Delivery.objects.filter(pk=backup["id"]).update(**backup)
            Heartbeat.objects.filter(name="tick").update(**beat)
            send_all()
        assert len(telegram.messages(1001)) == 2
        assert (reminder().state, reminder().uncertain) == ("sent", True)

    def test_a_sending_that_the_database_does_not_know_shows_it_even_without_a_later_tick(
        self, due: HabitTrack, telegram: FakeTelegram
    ) -> None:
        backup = Delivery.objects.filter(kind="reminder").values().get()
        beats = list(Heartbeat.objects.values())
        with time_machine.travel("2026-11-21 07:30:05Z", tick=False):
            send_all()
        Delivery.objects.filter(pk=backup["id"]).update(**backup)
        Heartbeat.objects.all().delete()
        Heartbeat.objects.bulk_create(Heartbeat(**beat) for beat in beats)
        with time_machine.travel("2026-11-21 07:30:30Z", tick=False):
            send_all()
        assert len(telegram.messages(1001)) == 2
        assert (reminder().state, reminder().uncertain) == ("sent", True)

    def test_a_clock_that_is_behind_after_the_restore_hides_nothing(
        self, due: HabitTrack, telegram: FakeTelegram
    ) -> None:
        backup = Delivery.objects.filter(kind="reminder").values().get()
        beats = list(Heartbeat.objects.values())
        with time_machine.travel("2026-11-21 07:31Z", tick=False):
            send_all()
            queue_all_due()
        Delivery.objects.filter(pk=backup["id"]).update(**backup)
        Heartbeat.objects.all().delete()
        Heartbeat.objects.bulk_create(Heartbeat(**beat) for beat in beats)
        for now in ("2026-11-21 07:28Z", "2026-11-21 07:30:10Z", "2026-11-21 07:33Z"):
            with time_machine.travel(now, tick=False):
                queue_all_due()
                send_all()
        assert len(telegram.messages(1001)) == 2
        assert (reminder().state, reminder().uncertain) == ("sent", True)

    def test_concurrent_senders_are_no_restored_backup(
        self, due: HabitTrack, telegram: FakeTelegram, caplog: pytest.LogCaptureFixture
    ) -> None:
        restore_detection.detect(now=timezone.now())
        with time_machine.travel("2026-11-21 07:30:05Z", tick=False):
            send_all()
            assert restore_detection.detect(now=timezone.now()) is None
        assert "a backup was restored" not in caplog.text

    def test_messages_due_later_are_not_uncertain(self, restored_to_the_evening: HabitTrack) -> None:
        queue_all_due()
        with time_machine.travel("2026-11-22 07:30Z", tick=False):
            queue_all_due()
        assert Delivery.objects.filter(kind="reminder", uncertain=False).count() == 1

    def test_queued_messages_are_uncertain_even_if_a_sender_runs_before_the_first_tick(
        self, due: HabitTrack, telegram: FakeTelegram
    ) -> None:
        backup = Delivery.objects.values().get(kind="reminder")
        with time_machine.travel("2026-11-21 07:31Z", tick=False):
            send_all()
            queue_all_due()
            assert (reminder().state, reminder().uncertain) == ("sent", False)
        with time_machine.travel("2026-11-21 07:32Z", tick=False):
            Delivery.objects.filter(pk=backup["id"]).update(**backup)
            Heartbeat.objects.update(at=make.utc("2026-11-21 07:30"))
            send_all()
        assert len(telegram.messages(1001)) == 2
        assert (reminder().state, reminder().uncertain) == ("sent", True)

    def test_a_tick_that_is_overtaken_does_not_detect_a_restored_backup(
        self, due: HabitTrack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        last = heartbeats.last_at

        def overtaken(name: str) -> datetime | None:
            monkeypatch.setattr(heartbeats, "last_at", last)
            before = last(name)
            with time_machine.travel(timezone.now() + timedelta(seconds=5), tick=False):
                queue_all_due()
            return before

        monkeypatch.setattr(heartbeats, "last_at", overtaken)
        with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
            restore_detection.detect(now=timezone.now())
        assert "a backup was restored" not in caplog.text

    def test_another_database_with_the_same_redis_is_not_a_restored_backup(
        self, due: HabitTrack, settings: Settings
    ) -> None:
        Installation.objects.all().delete()
        assert restore_detection.detect(now=timezone.now()) is None

    @pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"x": 1}), "\0"])
    def test_an_unreadable_file_is_ignored(self, due: HabitTrack, settings: Settings, text: str) -> None:
        common_redis.connection().flushdb()
        (settings.DATA_DIR / restore_detection.FILE).write_text(text)
        assert restore_detection.detect(now=timezone.now()) is None

    def test_a_read_only_folder_does_not_stop_ticks(
        self, due: HabitTrack, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "file").write_text("")
        settings.DATA_DIR = tmp_path / "file" / "data"
        assert queue_all_due().is_done
        assert "is not stored" in caplog.text


def test_a_first_sender_that_another_one_overtakes_is_no_restored_backup(monkeypatch: pytest.MonkeyPatch) -> None:
    now = make.utc("2026-11-20 12:00")
    original = Heartbeat.objects.get_or_create

    def made_meanwhile(**values: Any) -> Any:
        Heartbeat.objects.create(name=heartbeats.SENDING, at=now - timedelta(milliseconds=50))
        return original(**values)

    monkeypatch.setattr(Heartbeat.objects, "get_or_create", made_meanwhile)
    heartbeats.record(heartbeats.SENDING, now=now)
    restore_detection.note_sending(now=now)
    assert restore_detection.detect(now=now) is None
