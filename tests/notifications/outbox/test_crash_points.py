"""A crash at each point between planning and recording a reminder: what it leaves behind, and what repairs it.

A killed process runs no code after that point. Here it raises an exception that our code does not catch. Real kills
are part of the fault runs (`make chaos`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from threading import Event, Thread
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import F
from django.utils import timezone

from habits.services import edit_habit
from notifications import tasks
from notifications.channels.telegram.client import TelegramClient, close_client
from notifications.models import Delivery, Reminder
from notifications.outbox import leases, restore_detection
from notifications.reminders import services as reminders
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.waiting import STUCK
from tracking.models import HabitTrack

pytestmark = pytest.mark.django_db

EVENING, MORNING = "2026-11-20 12:00Z", "2026-11-21 07:30Z"


class Crash(BaseException):
    """Stands for the end of a killed process."""


def crash_at(patch: pytest.MonkeyPatch, where: object, name: str, *, after: bool) -> None:
    """Crash at the next call of a function; later calls work, as in another process."""
    living = getattr(where, name)

    def crashing(*args: Any, **kwargs: Any) -> None:
        patch.setattr(where, name, living)
        if after:
            living(*args, **kwargs)
        raise Crash

    patch.setattr(where, name, crashing)


def interrupt(patch: pytest.MonkeyPatch, where: object, name: str, happens: Callable[[], None], *, after: bool) -> None:
    """Run an action before or after the next call of a function, before its caller continues."""
    plain = getattr(where, name)

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        patch.setattr(where, name, plain)
        if not after:
            happens()
        result = plain(*args, **kwargs)
        if after:
            happens()
        return result

    patch.setattr(where, name, interrupted)


@contextmanager
def after_queueing(happens: Callable[[], None]) -> Iterator[None]:
    """Run an action after deliveries are inserted and before the commit, on this thread's connection."""
    happened = False

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal happened
        result = execute(sql, params, many, context)
        if not happened and sql.startswith("INSERT") and "notifications_delivery" in sql[:60]:
            happened = True
            happens()
        return result

    with connection.execute_wrapper(watch):
        try:
            yield
        finally:
            assert happened, "no delivery was inserted"


def die() -> None:
    raise Crash


@pytest.fixture
def morning(telegram: FakeTelegram) -> Iterator[HabitTrack]:
    """Alice's track when its reminder becomes due; the outbox has nothing else to send."""
    with time_machine.travel(EVENING, tick=False) as clock:
        track = make.track(make.person("alice", chat=True), time="07:30", place="the hall")
        send_all()
        telegram.reset()
        telegram.add_chat(make.CHATS["alice"])
        clock.move_to(MORNING)
        yield track


@pytest.fixture
def due(morning: HabitTrack) -> HabitTrack:
    """The same, with the reminder queued."""
    queue_all_due()
    return morning


def reminder() -> Delivery:
    return Delivery.objects.get(kind="reminder")


def expire_leases() -> None:
    """Let the lease expire by the database's clock."""
    Delivery.objects.filter(lease__isnull=False).update(lease_until=F("lease_until") - timedelta(hours=1))


def change_time(track: HabitTrack) -> None:
    edit_habit(owner=track.user, habit_id=track.habit_id, now=timezone.now(), time=time(9, 0))


class TestSenderCrash:
    """After the lease has expired another sender repairs the row."""

    @pytest.mark.parametrize(
        ("where", "name", "after", "arrives", "uncertain"),
        [
            pytest.param(leases, "claim", True, 1, False, id="after the claim"),
            pytest.param(leases, "mark_sending", False, 1, False, id="before sending_at"),
            pytest.param(leases, "mark_sending", True, 1, False, id="before the commit of sending_at"),
            pytest.param(restore_detection, "note_sending", False, 1, True, id="after sending_at"),
            pytest.param(TelegramClient, "send", False, 1, True, id="before Telegram accepts"),
            pytest.param(TelegramClient, "send", True, 2, True, id="after Telegram accepted"),
            pytest.param(leases, "record_sent", False, 2, True, id="before the record"),
            pytest.param(leases, "record_sent", True, 1, False, id="after the record"),
        ],
    )
    def test_the_reminder_arrives_and_only_an_uncertain_one_arrives_twice(
        self,
        due: HabitTrack,
        telegram: FakeTelegram,
        monkeypatch: pytest.MonkeyPatch,
        where: object,
        name: str,
        after: bool,
        arrives: int,
        uncertain: bool,
    ) -> None:
        crash_at(monkeypatch, where, name, after=after)
        with pytest.raises(Crash):
            send_all()
        before = len(telegram.messages(1001))
        send_all()
        assert len(telegram.messages(1001)) == before, "another sender still holds the lease"
        expire_leases()
        send_all()
        messages = telegram.messages(1001)
        row = reminder()
        assert (len(messages), row.state, row.uncertain) == (arrives, "sent", uncertain)
        assert row.message_id == messages[-1].message_id
        assert (row.lease, row.sending_at) == (None, None)

    def test_the_other_claimed_messages_are_plain_retries(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        telegram.add_chat(make.CHATS["bob"])
        with time_machine.travel(EVENING, tick=False):
            make.habit(make.person("bob", chat=True), time="07:31")
            send_all()
        _, (alices, *_) = leases.claim(limit=1, now=timezone.now())
        with time_machine.travel("2026-11-21 07:31Z", tick=False):
            queue_all_due()
            crash_at(monkeypatch, TelegramClient, "send", after=True)
            with pytest.raises(Crash):
                send_all()
            expire_leases()
            send_all()
        rows = Delivery.objects.filter(kind="reminder")
        assert dict(rows.values_list("user__username", "uncertain")) == {"alice": False, "bob": True}
        assert len(telegram.messages(1001)) == 1
        assert alices.user_id == due.user_id


class TestTickCrash:
    """The state is in the tables, so the next tick continues the work."""

    def test_a_crash_inside_the_transaction_leaves_the_work_to_the_next_tick(
        self, morning: HabitTrack, telegram: FakeTelegram
    ) -> None:
        with after_queueing(die), pytest.raises(Crash):
            queue_all_due()
        assert not Delivery.objects.filter(kind="reminder").exists()
        assert Reminder.objects.get(track=morning).next_at == make.utc("2026-11-21 07:30")
        queue_all_due()
        send_all()
        assert (len(telegram.messages(1001)), reminder().uncertain) == (1, False)

    def test_after_a_crash_between_commit_and_wake_the_next_tick_continues(
        self, morning: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        crash_at(monkeypatch, reminders, "queue_due", after=True)
        with pytest.raises(Crash):
            tasks.tick()
        assert reminder().state == "pending"
        tasks.tick()
        tasks.send()
        assert (len(telegram.messages(1001)), reminder().state, reminder().uncertain) == (1, "sent", False)


class TestExpiredLease:
    """A sender was stalled while another took over its messages."""

    def test_a_lease_that_expires_before_sending_prevents_sending(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def another_takes_over() -> None:
            expire_leases()
            send_all()

        interrupt(monkeypatch, leases, "mark_sending", another_takes_over, after=False)
        send_all()
        assert (len(telegram.messages(1001)), reminder().state, reminder().uncertain) == (1, "sent", False)

    def test_an_expired_lease_prevents_sending_even_without_another_sender(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[list[Delivery]] = []

        def begin(*args: Any, **kwargs: Any) -> list[Delivery]:
            expire_leases()
            monkeypatch.setattr(leases, "mark_sending", plain)
            seen.append(plain(*args, **kwargs))
            raise Crash

        plain = leases.mark_sending
        monkeypatch.setattr(leases, "mark_sending", begin)
        with pytest.raises(Crash):
            send_all()
        assert seen == [[]]
        expire_leases()  # the crash has rolled it back
        send_all()
        assert (len(telegram.messages(1001)), reminder().uncertain) == (1, False)

    def test_a_result_recorded_after_the_lease_expired_is_ignored(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def another_takes_over() -> None:
            expire_leases()
            send_all()

        interrupt(monkeypatch, TelegramClient, "send", another_takes_over, after=True)
        send_all()
        first, second = telegram.messages(1001)
        row = reminder()
        assert (row.state, row.uncertain, row.message_id) == ("sent", True, second.message_id)
        assert first.text == second.text


class TestTimeEditedBetweenClaimAndSend:
    def test_an_edit_before_sending_drops_the_reminder_and_plans_the_new_time(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        interrupt(monkeypatch, leases, "mark_sending", lambda: change_time(due), after=False)
        send_all()
        assert (telegram.messages(1001), reminder().state, reminder().reason) == ([], "dropped", "time changed")
        with time_machine.travel("2026-11-21 09:00Z", tick=False):
            queue_all_due()
            send_all()
        assert [message.text for message in telegram.messages(1001)] == [
            "⏰ I will do ten push-ups at 09:00 in the hall"
        ]

    def test_an_edit_while_sending_leaves_the_reminder_to_its_sender(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        interrupt(monkeypatch, leases, "mark_sending", lambda: change_time(due), after=True)
        send_all()
        assert (len(telegram.messages(1001)), reminder().state, reminder().uncertain) == (1, "sent", False)
        assert Reminder.objects.get(track=due).next_at == make.utc("2026-11-21 09:00")


@pytest.mark.django_db(transaction=True)
@make.needs_postgres
class TestConcurrency:
    """Two ticks, or two senders, at the same time in threads."""

    @pytest.fixture
    def crowd(self, telegram: FakeTelegram) -> Iterator[int]:
        """Ten due reminders, of Alice and Bob."""
        with time_machine.travel(EVENING, tick=False) as clock:
            for person in (make.person("alice", chat=True), make.person("bob", chat=True)):
                for number in range(5):
                    make.habit(person, name=f"Habit {number}", time="07:30")
            Delivery.objects.all().delete()
            clock.move_to(MORNING)
            yield 10

    def test_with_two_beats_and_two_ticks_each_reminder_arrives_once(self, crowd: int, telegram: FakeTelegram) -> None:
        def tick() -> None:
            queue_all_due()
            send_all()
            close_client()

        make.at_once([tick, tick])
        with time_machine.travel(
            "2026-11-21 07:31Z", tick=False
        ):  # for messages postponed because of the pace of a chat
            send_all()
        assert Delivery.objects.filter(kind="reminder", state="sent", uncertain=False).count() == crowd
        assert len(telegram.messages()) == crowd

    def test_a_tick_longer_than_a_minute_delays_only_its_own_batch(
        self, crowd: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reminders, "BATCH", 4)
        in_the_midst, next_is_through = Event(), Event()

        def stand_still() -> None:
            in_the_midst.set()
            assert next_is_through.wait(STUCK)

        def long_tick() -> None:
            try:
                with after_queueing(stand_still):
                    queue_all_due()
            finally:
                connection.close()

        first = Thread(target=long_tick)
        first.start()
        assert in_the_midst.wait(STUCK)
        with time_machine.travel("2026-11-21 07:31Z", tick=False):
            assert queue_all_due().queued == crowd - 4
        next_is_through.set()
        first.join(STUCK)
        assert Delivery.objects.filter(kind="reminder").count() == crowd
        assert not Reminder.objects.filter(next_at__lte=timezone.now()).exists()
