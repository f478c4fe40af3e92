"""Each crash point of a reminder's way, once on purpose: what a death there leaves, and who puts it right.

A process that is killed runs nothing after that point: here it raises what no code of ours catches. Real
kills are the fault runs' business (`make chaos`).
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
from notifications import outbox, reminders, tasks
from notifications.models import Delivery, Reminder
from notifications.tasks import send_all
from notifications.telegram.client import TelegramClient, close_client
from notifications.ticking import queue_all_due
from tests import make
from tests.fake_telegram import FakeTelegram
from tracking.models import HabitTrack

pytestmark = pytest.mark.django_db

EVENING, MORNING = "2026-11-20 12:00Z", "2026-11-21 07:30Z"


class Died(BaseException):
    """The process was killed."""


def dies(patch: pytest.MonkeyPatch, where: object, name: str, *, after: bool) -> None:
    """The next call of a function is its process's last moment; the one after is another process's."""
    living = getattr(where, name)

    def dying(*args: Any, **kwargs: Any) -> None:
        patch.setattr(where, name, living)
        if after:
            living(*args, **kwargs)
        raise Died

    patch.setattr(where, name, dying)


def meanwhile(patch: pytest.MonkeyPatch, where: object, name: str, happens: Callable[[], None], *, after: bool) -> None:
    """Something happens before or after the next call of a function, before its caller goes on."""
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
    """Something happens once deliveries are inserted, before the transaction ends; on this thread's connection."""
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
    raise Died


@pytest.fixture
def morning(telegram: FakeTelegram) -> Iterator[HabitTrack]:
    """Alice's track at the moment at which its reminder comes due; nothing else is to be sent."""
    with time_machine.travel(EVENING, tick=False) as clock:
        track = make.track(make.person("alice", chat=True), time="07:30", place="the hall")
        send_all()
        telegram.reset()
        telegram.add_chat(make.CHATS["alice"])
        clock.move_to(MORNING)
        yield track


@pytest.fixture
def due(morning: HabitTrack) -> HabitTrack:
    """The same, the reminder queued."""
    queue_all_due()
    return morning


def reminder() -> Delivery:
    return Delivery.objects.get(kind="reminder")


def leases_run_out() -> None:
    """The lease's minute passes, on the database's clock."""
    Delivery.objects.filter(lease__isnull=False).update(lease_until=F("lease_until") - timedelta(hours=1))


def retime(track: HabitTrack) -> None:
    edit_habit(owner=track.user, habit_id=track.habit_id, now=timezone.now(), time=time(9, 0))


class TestTheSenderDies:
    """Whoever takes over once the lease has run out puts it right."""

    @pytest.mark.parametrize(
        ("where", "name", "after", "arrives", "uncertain"),
        [
            pytest.param(outbox, "claim", True, 1, False, id="after the claim"),
            pytest.param(outbox, "mark_sending", False, 1, False, id="before sending_at"),
            pytest.param(outbox, "mark_sending", True, 1, True, id="after sending_at"),
            pytest.param(TelegramClient, "send", False, 1, True, id="before Telegram accepts"),
            pytest.param(TelegramClient, "send", True, 2, True, id="after Telegram accepted"),
            pytest.param(outbox, "record_sent", False, 2, True, id="before the record"),
            pytest.param(outbox, "record_sent", True, 1, False, id="after the record"),
        ],
    )
    def test_it_arrives_and_twice_only_where_it_is_uncertain(
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
        dies(monkeypatch, where, name, after=after)
        with pytest.raises(Died):
            send_all()
        before = len(telegram.messages(1001))
        send_all()
        assert len(telegram.messages(1001)) == before, "the lease is still another's"
        leases_run_out()
        send_all()
        messages = telegram.messages(1001)
        row = reminder()
        assert (len(messages), row.state, row.uncertain) == (arrives, "sent", uncertain)
        assert row.message_id == messages[-1].message_id
        assert (row.lease, row.sending_at) == (None, None)

    def test_what_it_had_claimed_besides_is_a_plain_retry(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        telegram.add_chat(make.CHATS["bob"])
        with time_machine.travel(EVENING, tick=False):
            make.habit(make.person("bob", chat=True), time="07:31")
            send_all()
        _, (alices, *_) = outbox.claim(limit=1, now=timezone.now())
        with time_machine.travel("2026-11-21 07:31Z", tick=False):
            queue_all_due()
            dies(monkeypatch, TelegramClient, "send", after=True)
            with pytest.raises(Died):
                send_all()
            leases_run_out()
            send_all()
        rows = Delivery.objects.filter(kind="reminder")
        assert dict(rows.values_list("user__username", "uncertain")) == {"alice": False, "bob": True}
        assert len(telegram.messages(1001)) == 1
        assert alices.user_id == due.user_id


class TestTheTickDies:
    """The tables are the truth: the next tick finds what this one left."""

    def test_inside_its_transaction_it_leaves_nothing_and_the_next_takes_the_same(
        self, morning: HabitTrack, telegram: FakeTelegram
    ) -> None:
        with after_queueing(die), pytest.raises(Died):
            queue_all_due()
        assert not Delivery.objects.filter(kind="reminder").exists()
        assert Reminder.objects.get(track=morning).next_at == make.utc("2026-11-21 07:30")
        queue_all_due()
        send_all()
        assert (len(telegram.messages(1001)), reminder().uncertain) == (1, False)

    def test_after_its_commit_before_the_hint_the_next_tick_takes_it_up(
        self, morning: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dies(monkeypatch, reminders, "queue_due", after=True)
        with pytest.raises(Died):
            tasks.tick()
        assert reminder().state == "pending"
        tasks.tick()
        tasks.send()
        assert (len(telegram.messages(1001)), reminder().state, reminder().uncertain) == (1, "sent", False)


class TestTheLeaseIsOutlived:
    """A sender that stood still while another took over."""

    def test_before_it_had_begun_it_sends_nothing(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def another_takes_over() -> None:
            leases_run_out()
            send_all()

        meanwhile(monkeypatch, outbox, "begin", another_takes_over, after=False)
        send_all()
        assert (len(telegram.messages(1001)), reminder().state, reminder().uncertain) == (1, "sent", False)

    def test_with_nobody_to_take_over_it_sends_nothing_either(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[list[Delivery]] = []

        def begin(*args: Any, **kwargs: Any) -> list[Delivery]:
            leases_run_out()
            monkeypatch.setattr(outbox, "mark_sending", plain)
            seen.append(plain(*args, **kwargs))
            raise Died

        plain = outbox.mark_sending
        monkeypatch.setattr(outbox, "mark_sending", begin)
        with pytest.raises(Died):
            send_all()
        assert seen == [[]]
        send_all()
        assert (len(telegram.messages(1001)), reminder().uncertain) == (1, False)

    def test_while_sending_its_late_record_counts_for_nothing(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def another_takes_over() -> None:
            leases_run_out()
            send_all()

        meanwhile(monkeypatch, TelegramClient, "send", another_takes_over, after=True)
        send_all()
        first, second = telegram.messages(1001)
        row = reminder()
        assert (row.state, row.uncertain, row.message_id) == ("sent", True, second.message_id)
        assert first.text == second.text


class TestTheTimeIsEditedBetweenClaimAndSend:
    def test_before_sending_at_it_is_dropped_and_asks_at_its_new_time(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        meanwhile(monkeypatch, outbox, "begin", lambda: retime(due), after=False)
        send_all()
        assert (telegram.messages(1001), reminder().state, reminder().reason) == ([], "dropped", "time changed")
        with time_machine.travel("2026-11-21 09:00Z", tick=False):
            queue_all_due()
            send_all()
        assert [message.text for message in telegram.messages(1001)] == [
            "⏰ I will do ten push-ups at 09:00 in the hall"
        ]

    def test_after_sending_at_it_is_left_to_its_own_record(
        self, due: HabitTrack, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        meanwhile(monkeypatch, outbox, "begin", lambda: retime(due), after=True)
        send_all()
        assert (len(telegram.messages(1001)), reminder().state, reminder().uncertain) == (1, "sent", False)
        assert Reminder.objects.get(track=due).next_at == make.utc("2026-11-21 09:00")


@pytest.mark.django_db(transaction=True)
@make.needs_postgres
class TestAtOnce:
    """Two ticks, or two senders, at the same moment, in real threads."""

    @pytest.fixture
    def crowd(self, telegram: FakeTelegram) -> Iterator[int]:
        """Ten reminders of Alice's and Bob's, due now."""
        with time_machine.travel(EVENING, tick=False) as clock:
            for person in (make.person("alice", chat=True), make.person("bob", chat=True)):
                for number in range(5):
                    make.habit(person, name=f"Habit {number}", time="07:30")
            Delivery.objects.all().delete()
            clock.move_to(MORNING)
            yield 10

    def test_two_beats_ask_for_two_ticks_and_each_reminder_arrives_once(
        self, crowd: int, telegram: FakeTelegram
    ) -> None:
        def tick() -> None:
            queue_all_due()
            send_all()
            close_client()

        make.at_once([tick, tick])
        with time_machine.travel("2026-11-21 07:31Z", tick=False):  # those put off, for a chat's turn
            send_all()
        assert Delivery.objects.filter(kind="reminder", state="sent", uncertain=False).count() == crowd
        assert len(telegram.messages()) == crowd

    def test_a_tick_longer_than_a_minute_holds_up_only_its_own_batch(
        self, crowd: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reminders, "BATCH", 4)
        in_the_midst, next_is_through = Event(), Event()

        def stand_still() -> None:
            in_the_midst.set()
            assert next_is_through.wait(10)

        def long_tick() -> None:
            try:
                with after_queueing(stand_still):
                    queue_all_due()
            finally:
                connection.close()

        first = Thread(target=long_tick)
        first.start()
        assert in_the_midst.wait(10)
        with time_machine.travel("2026-11-21 07:31Z", tick=False):
            assert queue_all_due().queued == crowd - 4
        next_is_through.set()
        first.join(10)
        assert Delivery.objects.filter(kind="reminder").count() == crowd
        assert not Reminder.objects.filter(next_at__lte=timezone.now()).exists()
