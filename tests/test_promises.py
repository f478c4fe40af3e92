"""What delivery promises where nobody looks: faults of the line, of senders, of clocks, and of our own."""

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

from common import clock, stopping
from common import redis as common_redis
from notifications import clock_repair, heartbeats, outbox, outcomes, reminders, restore_detection, sending
from notifications.models import Delivery, Heartbeat, Installation, Reminder
from notifications.tasks import send_all
from notifications.telegram import client as telegram_client
from notifications.ticking import queue_all_due
from notifications.transport import Accepted, EmailTransport, Message, Outgoing, TransportError
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.telegram import undone
from tracking.models import HabitTrack
from tracking.tasks import keep_up
from users.models import User
from users.services import mark_chat_unreachable, request_password_reset

pytestmark = pytest.mark.django_db

EVENING, MORNING = "2026-11-20 12:00Z", "2026-11-21 07:30Z"


@pytest.fixture
def due(telegram: FakeTelegram) -> Iterator[HabitTrack]:
    """Alice's track, whose reminder was queued at 07:30 and is still to be sent; the clock stands there."""
    with time_machine.travel(EVENING, tick=False) as traveller:
        track = make.track(make.person("alice", chat=True), time="07:30")
        send_all()
        forget(telegram)
        traveller.move_to(MORNING)
        queue_all_due()
        yield track


def forget(telegram: FakeTelegram) -> None:
    """What was sent so far is no matter of the test."""
    telegram.reset()
    for chat_id in make.CHATS.values():
        telegram.add_chat(chat_id)


def reminder() -> Delivery:
    return Delivery.objects.get(kind="reminder")


def again(after: timedelta) -> None:
    with time_machine.travel(timezone.now() + after, tick=False):
        send_all()


def run_out() -> None:
    """The lease's time passes, on the database's clock."""
    Delivery.objects.filter(lease__isnull=False).update(lease_until=F("lease_until") - timedelta(hours=1))


class TestWhatMayHaveArrived:
    @pytest.mark.parametrize(("status", "html"), [(500, False), (502, False), (502, True), (504, True), (413, True)])
    def test_any_answer_but_telegrams_own_4xx_leaves_it_uncertain(
        self, due: HabitTrack, telegram: FakeTelegram, status: int, html: bool
    ) -> None:
        telegram.fault("server_error", method="sendMessage", status=status, html=html)
        send_all()
        assert (reminder().state, reminder().uncertain, reminder().uncertain_tries) == ("pending", True, 1)

    @pytest.mark.parametrize(("status", "html"), [(500, False), (504, True)])
    def test_so_does_one_to_a_picture(self, telegram: FakeTelegram, status: int, html: bool) -> None:
        telegram.fault("server_error", method="sendPhoto", status=status, html=html)
        picture = Outgoing("1001", Message("A week", photo=b"\x89PNG"))
        [result] = telegram_client.client().send([picture])
        assert isinstance(result, TransportError) and result.uncertain

    def test_a_line_that_was_never_there_does_not(self, due: HabitTrack, settings: Settings) -> None:
        settings.TELEGRAM_API_BASE_URL = "http://127.0.0.1:1"
        telegram_client.close_client()
        send_all()
        assert (reminder().state, reminder().uncertain, reminder().waits_for) == ("pending", False, "away")

    def test_a_reminder_ends_as_sent_after_three_uncertain_tries(self, due: HabitTrack, telegram: FakeTelegram) -> None:
        telegram.fault("cut_after", method="sendMessage", times="all")
        for minute in range(60):
            again(timedelta(minutes=minute))
        assert len(telegram.messages(1001)) == 3
        ended = reminder()
        assert (ended.state, ended.uncertain, ended.chat_id, ended.message_id) == ("sent", True, 1001, None)
        assert ended.text and ended.sent_at

    def test_a_mail_after_two(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        tries: list[Outgoing] = []

        def unanswered(_: object, outgoing: Sequence[Outgoing]) -> list[Accepted | TransportError]:
            tries.extend(outgoing)
            return [TransportError("mail server: SMTPServerDisconnected", unavailable=True, uncertain=True)]

        monkeypatch.setattr(EmailTransport, "send", unanswered)
        request_password_reset(email="alice@example.org", now=timezone.now())
        for hour in range(5):
            again(timedelta(hours=hour))
        reset = Delivery.objects.get(kind="password_reset")
        assert (len([each for each in tries if "password" in each.message.text]), reset.state, reset.uncertain) == (
            2,
            "sent",
            True,
        )

    def test_a_mail_that_was_accepted_stays_so_where_the_server_ends_the_talk_badly(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def ends_badly(_: object) -> None:
            raise OSError("reset")

        monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.close", ends_badly)
        assert EmailTransport().send([Outgoing("a@example.org", Message("text", "subject"), is_email=True)]) == [
            Accepted()
        ]

    def test_a_mail_server_that_hangs_is_given_up_and_leaves_it_uncertain(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hangs = threading.Event()
        monkeypatch.setattr("notifications.transport.MAIL_TIMEOUT", timedelta(seconds=0.01))
        monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.open", lambda _: hangs.wait(5))
        [result] = EmailTransport().send([Outgoing("a@example.org", Message("text", "subject"), is_email=True)])
        hangs.set()
        assert isinstance(result, TransportError) and result.uncertain and result.unavailable


class TestOneLateReminderATrack:
    @pytest.fixture
    def overdue(self, telegram: FakeTelegram) -> Iterator[HabitTrack]:
        """Alice's track with reminders at 07:00 and 07:30, at 08:30, with beat just back; a tick takes one a batch."""
        with time_machine.travel(EVENING, tick=False) as traveller:
            alice = make.person("alice", chat=True)
            track = make.track(alice, time="07:00")
            reminders.add(
                user=alice, track_id=track.pk, local_time=make.utc("2026-11-21 07:30").time(), now=timezone.now()
            )
            send_all()
            forget(telegram)
            traveller.move_to("2026-11-21 08:30Z")
            yield track

    def test_it_holds_where_the_later_one_is_still_to_be_queued(
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

    def test_it_holds_where_the_track_was_reminded_since(self, overdue: HabitTrack, telegram: FakeTelegram) -> None:
        Delivery.objects.create(
            key="early", kind="reminder", channel="telegram", user=overdue.user, track=overdue, state="sent",
            due_at=make.utc("2026-11-21 06:59"), sent_at=make.utc("2026-11-21 08:29"),
            available_at=make.utc("2026-11-21 06:59"), expires_at=make.utc("2026-11-21 08:59"),
        )  # fmt: skip
        queue_all_due()
        send_all()
        assert telegram.messages(1001) == []

    def test_one_that_is_on_time_comes_all_the_same(self, overdue: HabitTrack, telegram: FakeTelegram) -> None:
        with time_machine.travel("2026-11-22 07:00Z", tick=False) as traveller:
            queue_all_due()
            send_all()
            traveller.move_to("2026-11-22 07:30Z")
            queue_all_due()
            send_all()
        assert len(telegram.messages(1001)) == 2


class TestSendersThatEnd:
    def test_one_that_is_asked_to_gives_back_what_it_has_not_begun(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with time_machine.travel(EVENING, tick=False):
            make.track(make.person("bob", chat=True), time="07:30")
            Delivery.objects.filter(key__startswith="created:").update(state="dropped")
        queue_all_due()
        monkeypatch.setattr(sending, "CHUNK", 1)
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

    def test_it_claims_nothing_more(self, due: HabitTrack, telegram: FakeTelegram) -> None:
        stopping.request()
        try:
            assert send_all() is False
        finally:
            stopping.reset()
        assert (telegram.messages(1001), reminder().state) == ([], "pending")

    def test_answers_in_hand_are_recorded_once_the_database_is_back(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        away(monkeypatch, outbox, "record_sent", times=5)
        send_all()
        assert (reminder().state, reminder().uncertain) == ("sent", False)

    def test_so_are_refusals(self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
        telegram.fault("blocked", method="sendMessage")
        away(monkeypatch, outbox, "record_final", times=5)
        send_all()
        assert (reminder().state, reminder().uncertain) == ("failed", False)

    def test_an_answer_that_cannot_be_recorded_takes_no_other_with_it(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with time_machine.travel(EVENING, tick=False):
            make.track(make.person("bob", chat=True), time="07:30")
            Delivery.objects.filter(key__startswith="created:").update(state="dropped")
        queue_all_due()
        telegram.fault("blocked", method="sendMessage", times=2)
        mark = mark_chat_unreachable

        def fails(*, chat_id: int, now: datetime) -> None:
            if chat_id == 1001:
                raise ValueError
            mark(chat_id=chat_id, now=now)

        monkeypatch.setattr(outcomes, "mark_chat_unreachable", fails)
        send_all()
        states = Delivery.objects.filter(kind="reminder").order_by("user__username").values_list("state", flat=True)
        assert list(states) == ["pending", "failed"]

    def test_they_are_until_the_lease_ends(
        self, due: HabitTrack, telegram: FakeTelegram, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.DELIVERY_LEASE = timedelta(0)
        away(monkeypatch, outbox, "record_sent", times=5)
        monkeypatch.setattr(outbox, "mark_sending", lambda deliveries, lease: deliveries)
        with pytest.raises(OperationalError):
            send_all()

    def test_what_was_claimed_is_given_back_where_the_database_goes_before_it_is_sent(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        away(monkeypatch, outbox, "begin", times=1)
        with pytest.raises(OperationalError):
            send_all()
        assert (reminder().state, reminder().lease, reminder().uncertain) == ("pending", None, False)
        assert telegram.messages(1001) == []

    def test_a_row_with_which_every_sender_dies_ends_as_failed_and_uncertain(
        self, due: HabitTrack, caplog: pytest.LogCaptureFixture
    ) -> None:
        for deaths in range(1, 6):
            with time_machine.travel(timezone.now() + timedelta(minutes=20 * deaths), tick=False):
                lease, claimed = outbox.claim(limit=10, now=timezone.now())
                outbox.mark_sending(claimed, lease=lease)
                run_out()
                outbox.reclaim_expired_leases(now=timezone.now())
            assert (reminder().expired_leases, reminder().uncertain) == (deaths, True)
        assert (reminder().state, reminder().reason) == ("failed", "its senders crashed each time")
        assert f"delivery {reminder().pk} is uncertain" in caplog.text

    def test_one_that_was_not_begun_never_does(self, due: HabitTrack) -> None:
        for deaths in range(1, 9):
            with time_machine.travel(timezone.now() + timedelta(minutes=20 * deaths), tick=False):
                outbox.claim(limit=10, now=timezone.now())
                run_out()
                outbox.reclaim_expired_leases(now=timezone.now())
        assert (reminder().state, reminder().uncertain) == ("pending", False)

    def test_what_senders_died_with_twice_goes_alone(self, due: HabitTrack) -> None:
        with time_machine.travel(EVENING, tick=False):
            make.track(make.person("bob", chat=True), time="07:30")
            Delivery.objects.exclude(kind="reminder").update(state="dropped")
        queue_all_due()
        poison = Delivery.objects.filter(kind="reminder").first()
        assert poison
        Delivery.objects.filter(pk=poison.pk).update(expired_leases=2)
        _, first = outbox.claim(limit=10, now=timezone.now())
        assert [each.pk for each in first] == [poison.pk]
        _, second = outbox.claim(limit=10, now=timezone.now())
        assert len(second) == 1


def away(patch: pytest.MonkeyPatch, where: object, name: str, *, times: int) -> None:
    """The database is away for that many calls of a function."""
    living = getattr(where, name)
    calls = itertools.count(1)

    def call(*args: Any, **kwargs: Any) -> Any:
        if next(calls) <= times:
            raise OperationalError("server closed the connection unexpectedly")
        return living(*args, **kwargs)

    patch.setattr(where, name, call)
    patch.setattr(outcomes, "_wait", lambda: None)


class TestTelegramIsAway:
    def test_what_waited_for_it_goes_as_soon_as_something_passes(
        self, due: HabitTrack, telegram: FakeTelegram, settings: Settings
    ) -> None:
        url = settings.TELEGRAM_API_BASE_URL
        settings.TELEGRAM_API_BASE_URL = "http://127.0.0.1:1"
        telegram_client.close_client()
        for minutes in range(10):
            again(timedelta(minutes=minutes))
        assert (reminder().state, reminder().attempts) == ("pending", 0), "being away is no attempt of the message's"
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
    def test_a_proxy_that_cannot_be_used_is_the_same_and_mails_go_on(
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

    def test_a_client_that_is_answered_nonsense_while_it_connects_sends_all_the_same(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def nonsense(_: object) -> None:
            raise KeyError("result")

        telegram_client.close_client()
        monkeypatch.setattr("telegram.Bot.get_me", nonsense)
        send_all()
        assert reminder().state == "sent"

    def test_no_call_of_connecting_goes_on_among_messages(
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

    def test_a_token_that_telegram_does_not_know_ends_no_reminder(
        self, due: HabitTrack, telegram: FakeTelegram, settings: Settings
    ) -> None:
        settings.TELEGRAM_BOT_TOKEN = "1:revoked"
        telegram_client.close_client()
        send_all()
        assert (reminder().state, reminder().waits_for, reminder().attempts) == ("pending", "away", 0)


class TestPlansThatFail:
    def test_a_batch_full_of_them_holds_nobody_up(
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

    def test_so_does_one_that_fails_in_the_database(
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


class TestAClockThatRanAhead:
    def test_one_tick_of_it_changes_nothing_that_follows(self, telegram: FakeTelegram) -> None:
        """Worlds with the jump at random moments end as the one without it: the same reminders, each once."""
        seed = random.randrange(10_000)
        print("seed", seed)
        draw = random.Random(seed)
        alice, bob = make.person("alice", chat=True), make.person("bob", chat=True)
        with time_machine.travel(EVENING, tick=False):
            for number, at in enumerate(["07:00", "07:05", "09:30", "00:10"]):
                make.track(alice, name=f"Habit {number}", time=at)
            make.track(bob, time="07:10", schedule={"frequency": "weekly", "weekdays": [5, 6]})
            send_all()
        expected = outcome()
        assert len(expected) == 6
        for ahead in (timedelta(hours=3), timedelta(days=365)):
            for _ in range(2):
                jump = draw.randrange(1, 55)  # the first tick finds what is long of no use
                print("ahead", ahead, "at minute", jump)
                assert outcome({jump: ahead, jump + 1: ahead}) == expected

    @pytest.mark.usefixtures("known_ahead")
    def test_what_it_queued_is_planned_again_with_its_being_taken_back(
        self, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not by a look that comes later: what was ahead by seconds is ahead no more by then."""
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

    def test_a_clock_that_is_behind_takes_nothing_back(self, telegram: FakeTelegram) -> None:
        """As of a machine that starts without one: what it finds is not ahead, and comes no second time."""
        with time_machine.travel(EVENING, tick=False) as traveller:
            track = make.track(make.person("alice", chat=True), time="07:30")
            send_all()
            forget(telegram)
            for at in ("2026-11-21 07:29Z", "2026-11-21 07:30Z", "2026-11-21 07:31Z"):
                traveller.move_to(at)
                queue_all_due()
                send_all()
            for at in ("1970-01-01 00:01Z", "1970-01-01 00:02Z", "2026-11-20 13:00Z", "2026-11-21 07:00Z"):
                traveller.move_to(at)
                queue_all_due()
                keep_up()
                send_all()
            for at in ("2026-11-21 07:40Z", "2026-11-21 07:41Z"):
                traveller.move_to(at)
                queue_all_due()
                keep_up()
                send_all()
        assert len(telegram.messages(1001)) == 1
        assert (reminder().state, reminder().uncertain) == ("sent", False)
        assert HabitTrack.objects.get().started_on == track.started_on

    def test_a_clock_that_is_earlier_than_all_ticks_is_believed_after_a_day(self, telegram: FakeTelegram) -> None:
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

    def test_what_expired_by_it_is_sent_after_all(self, due: HabitTrack, telegram: FakeTelegram) -> None:
        with time_machine.travel(timezone.now() + timedelta(hours=3), tick=False):
            queue_all_due()
            send_all()
        assert reminder().state == "expired"
        queue_all_due()
        send_all()
        assert reminder().state == "sent"

    def test_what_was_queued_and_expired_by_it_is_not_sent_early(self, telegram: FakeTelegram) -> None:
        with time_machine.travel(EVENING, tick=False) as traveller:
            make.track(make.person("alice", chat=True), time="07:30")
            send_all()
            forget(telegram)
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

    def test_so_is_what_a_single_sender_with_such_a_clock_gave_up(
        self, due: HabitTrack, telegram: FakeTelegram
    ) -> None:
        again(timedelta(hours=3))
        assert reminder().state == "expired"
        queue_all_due()
        send_all()
        assert reminder().state == "sent"

    @pytest.mark.usefixtures("known_ahead")
    def test_what_was_put_off_by_it_is_brought_back(self, due: HabitTrack, telegram: FakeTelegram) -> None:
        telegram.fault("flood", method="sendMessage", retry_after=1800)
        with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
            send_all()
        queue_all_due()
        assert timedelta(seconds=1700) < reminder().available_at - timezone.now() <= timedelta(seconds=1800)

    @pytest.mark.parametrize("dies", [False, True])
    def test_what_is_on_its_way_when_it_is_set_right_stays_what_it_is(
        self, due: HabitTrack, telegram: FakeTelegram, dies: bool
    ) -> None:
        """Else it would arrive at its time once more, and unmarked."""
        lease, claimed = outbox.claim(limit=10, now=timezone.now())
        outbox.mark_sending(claimed, lease=lease)
        if dies:
            Delivery.objects.update(lease_until=F("lease_until") - timedelta(hours=1))
        with time_machine.travel("2026-11-21 07:28Z", tick=False):
            queue_all_due()
        row = reminder()
        assert (row.state, row.key, row.uncertain) == ("pending", claimed[0].key, dies)
        assert row.lease == (None if dies else lease)

    def test_a_lease_of_it_does_not_last(self, due: HabitTrack, telegram: FakeTelegram) -> None:
        outbox.claim(limit=10, now=timezone.now())
        Delivery.objects.filter(lease__isnull=False).update(lease_until=F("lease_until") + timedelta(days=365))
        queue_all_due()
        assert reminder().lease is None

    @pytest.mark.usefixtures("known_ahead")
    def test_news_of_it_go_at_once(self, telegram: FakeTelegram) -> None:
        with time_machine.travel("2027-11-21 07:30Z", tick=False):
            make.habit(make.person("alice", chat=True))
        with time_machine.travel(MORNING, tick=False):
            queue_all_due()
            send_all()
            assert len(telegram.messages(1001)) == 1


class TestATickThatStalls:
    @pytest.fixture
    def overtaken(self, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
        """Alice's reminder was queued and begun to be sent at 07:30, while the tick of 07:29:30 stood still."""
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
                lease, claimed = outbox.claim(limit=10, now=timezone.now())
                outbox.mark_sending(claimed, lease=lease)
                return look(now=now)

            monkeypatch.setattr(restore_detection, "detect", stalls)
            traveller.move_to("2026-11-21 07:29:30Z")
            queue_all_due()
            yield traveller

    def test_it_does_not_take_what_came_meanwhile_for_the_work_of_a_clock_ahead(
        self, overtaken: time_machine.Traveller
    ) -> None:
        on_its_way = reminder()
        assert (on_its_way.state, on_its_way.lease is None, on_its_way.due_at) == ("pending", False, timezone.now())
        assert Reminder.objects.get().next_at == make.utc("2026-11-22 07:30")

    def test_the_later_tick_stays_noted(self, overtaken: time_machine.Traveller) -> None:
        assert heartbeats.last_at(heartbeats.TICK) == timezone.now()

    def test_one_that_finds_a_later_tick_noted_takes_nothing_back(
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
    """What a day of ticks leaves of reminders, with a clock ahead at minutes of the first hour; undone afterwards."""
    with undone(), time_machine.travel(EVENING, tick=False) as traveller:
        for minute in range(60):
            at = make.utc("2026-11-21 06:40") + timedelta(minutes=minute)
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


class TestOneClock:
    @make.needs_postgres
    def test_it_is_the_databases_whatever_this_machine_says(self) -> None:
        true = datetime.now(UTC)
        ours = clock.Clock()
        for off in (timedelta(seconds=90), timedelta(days=-365), timedelta(0)):
            with time_machine.travel(true + off, tick=True):
                assert abs(ours.now() - true) < timedelta(minutes=1)

    def test_a_database_that_is_away_leaves_the_last_reading(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ours = clock.Clock()
        ours._reading = clock.Reading(make.utc("2030-01-01 00:00"), clock.monotonic())
        monkeypatch.setattr(connection, "vendor", "postgresql")

        def away() -> None:
            raise OperationalError

        monkeypatch.setattr(connection, "cursor", away)
        assert timedelta(0) <= ours.now() - make.utc("2030-01-01 00:00") < timedelta(minutes=1)

    @make.needs_postgres
    def test_one_that_was_away_at_first_is_asked_again_before_anything_is_done(self) -> None:
        true = datetime.now(UTC)
        ours = clock.Clock()
        with time_machine.travel(true + timedelta(days=365), tick=True):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(connection, "cursor", Mock(side_effect=OperationalError))
                ours.now()
            assert abs(ours.now() - true) < timedelta(minutes=1)

    def test_until_then_it_is_what_another_process_of_the_worker_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        true = datetime.now(UTC)
        shared = bytearray(struct.pack("d", true.timestamp() - clock.monotonic()))
        monkeypatch.setattr(clock, "_shared", shared)
        monkeypatch.setattr(connection, "vendor", "postgresql")
        monkeypatch.setattr(connection, "cursor", Mock(side_effect=OperationalError))
        with time_machine.travel(true + timedelta(days=365), tick=True):
            assert abs(clock.Clock().now() - true) < timedelta(minutes=1)

    @make.needs_postgres
    def test_it_costs_a_query_a_minute(self, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        ours = clock.Clock()
        with django_assert_num_queries(1):
            ours.now()
            ours.now()
        late = clock.monotonic() + 61
        monkeypatch.setattr(clock, "monotonic", lambda: late)
        with django_assert_num_queries(1):
            ours.now()


class TestARestoredBackup:
    @pytest.fixture(autouse=True)
    def _folder_of_its_own(self, settings: Settings, tmp_path: Path) -> None:
        settings.DATA_DIR = tmp_path

    @pytest.fixture
    def restored_to_the_evening(self, telegram: FakeTelegram) -> Iterator[HabitTrack]:
        """The morning's reminder was sent at 07:30, then the database of the evening before came back."""
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
    def test_what_came_due_in_between_is_uncertain_before_it_is_sent(
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

    def test_a_sender_looks_as_well_whatever_comes_first(self, due: HabitTrack, telegram: FakeTelegram) -> None:
        """The backup is of after the tick and before the sending; Redis still holds a message for a sender."""
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

    def test_what_comes_due_later_is_not(self, restored_to_the_evening: HabitTrack) -> None:
        queue_all_due()
        with time_machine.travel("2026-11-22 07:30Z", tick=False):
            queue_all_due()
        assert Delivery.objects.filter(kind="reminder", uncertain=False).count() == 1

    def test_what_it_holds_is_uncertain_also_where_a_sender_comes_before_the_first_tick(
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

    def test_a_tick_that_another_overtakes_takes_it_for_none(
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

    def test_another_database_with_the_same_redis_is_not_restored(self, due: HabitTrack, settings: Settings) -> None:
        Installation.objects.all().delete()
        assert restore_detection.detect(now=timezone.now()) is None

    @pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"x": 1}), "\0"])
    def test_a_note_that_cannot_be_read_is_none(self, due: HabitTrack, settings: Settings, text: str) -> None:
        common_redis.connection().flushdb()
        (settings.DATA_DIR / restore_detection.FILE).write_text(text)
        assert restore_detection.detect(now=timezone.now()) is None

    def test_a_folder_that_cannot_be_written_stops_no_tick(
        self, due: HabitTrack, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "file").write_text("")
        settings.DATA_DIR = tmp_path / "file" / "data"
        assert queue_all_due().is_done
        assert "the tick is not noted" in caplog.text
