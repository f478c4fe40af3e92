"""The tick: which reminders it queues, what it plans next, and what it leaves alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from habits.recurrence import Frequency
from habits.services import edit_habit
from notifications.models import Delivery, Reminder
from notifications.reminders import services as reminders
from notifications.reminders.occurrences import (
    Advance,
    Calendar,
    Occurrence,
    advance,
)
from notifications.reminders.services import queue_due
from notifications.reminders.ticking import queue_all_due
from tests import make
from tracking.models import HabitTrack, Pause
from tracking.tracks.services import leave
from users.models import User
from users.services import edit_profile

pytestmark = pytest.mark.django_db


def reminder_of(track: HabitTrack) -> Reminder:
    return Reminder.objects.get(track=track)


@pytest.fixture
def berliner(db: None) -> User:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        return make.person("alice", chat=True, time_zone="Europe/Berlin")


def test_a_reminder_is_planned_at_the_habits_time_on_the_users_clock(berliner: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        reminder = reminder_of(make.track(berliner, time="07:30"))
    assert (reminder.next_at, reminder.next_day) == (make.utc("2026-11-21 06:30"), date(2026, 11, 21))


def test_a_reminder_is_queued_once_at_its_time_and_not_before(berliner: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        track = make.track(berliner, time="07:30")
        clock.move_to("2026-11-21 06:29:59Z")
        assert queue_all_due().queued == 0
        clock.move_to("2026-11-21 06:30Z")
        assert queue_all_due().queued == 1
        assert queue_all_due().queued == 0
    delivery = Delivery.objects.get(kind="reminder")
    assert (delivery.key, delivery.day) == (f"{track.pk}:2026-11-21:07:30", date(2026, 11, 21))
    assert reminder_of(track).next_at == make.utc("2026-11-22 06:30")


def test_after_an_outage_one_reminder_is_sent_and_counts_the_missed_ones(berliner: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        track = make.track(berliner, time="07:30")
        clock.move_to("2026-11-26 09:00Z")
        assert queue_all_due().queued == 1
    delivery = Delivery.objects.get(kind="reminder")
    assert (delivery.day, delivery.missed_count) == (date(2026, 11, 26), 5)
    assert reminder_of(track).next_at == make.utc("2026-11-27 06:30")


def test_an_existing_key_adds_no_message_but_the_plan_advances(berliner: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        track = make.track(berliner, time="07:30")
        clock.move_to("2026-11-21 06:30Z")
        queue_all_due()
        # The same local day and time are due again, for example after a flight to the west.
        Reminder.objects.filter(track=track).update(next_at=make.utc("2026-11-21 06:30"), next_day=date(2026, 11, 21))
        assert queue_all_due().queued == 1
    assert Delivery.objects.filter(kind="reminder").count() == 1
    assert reminder_of(track).next_at == make.utc("2026-11-22 06:30")


@pytest.mark.parametrize(
    ("night", "at", "fires"),
    [
        ("2026-03-29", "02:30", "2026-03-29 01:30"),  # in a gap: the offset before the gap
        ("2026-10-25", "02:30", "2026-10-25 00:30"),  # in an overlap: the first pass
    ],
)
def test_a_night_of_the_clock_change_has_one_reminder(night: str, at: str, fires: str) -> None:
    instant = make.utc(fires)
    with time_machine.travel(instant - timedelta(hours=12), tick=False) as clock:
        track = make.track(make.person(chat=True, time_zone="Europe/Berlin"), time=at)
        assert reminder_of(track).next_at == instant
        clock.move_to(instant)
        assert queue_all_due().queued == 1
        clock.move_to(instant + timedelta(hours=2))
        assert queue_all_due().queued == 0
    assert Delivery.objects.get(kind="reminder").day == date.fromisoformat(night)


def test_a_time_before_the_day_starts_falls_on_the_next_date(db: None) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        track = make.track(make.person(chat=True, day_starts_at=3), time="00:30")
        assert reminder_of(track).next_at == make.utc("2026-11-21 00:30")
        clock.move_to("2026-11-21 00:30Z")
        queue_all_due()
    assert Delivery.objects.get(kind="reminder").day == date(2026, 11, 20)


def test_a_change_of_zone_moves_future_reminders(berliner: User) -> None:
    with time_machine.travel("2026-11-21 05:30Z", tick=False):
        track = make.track(berliner, time="07:30")
        edit_profile(user=berliner, now=timezone.now(), time_zone="America/New_York")
    assert reminder_of(track).next_at == make.utc("2026-11-21 12:30")


def test_a_change_of_zone_leaves_due_reminders_to_the_tick(berliner: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        track = make.track(berliner, time="07:30")
        clock.move_to("2026-11-21 06:31Z")
        edit_profile(user=berliner, now=timezone.now(), time_zone="America/New_York")
        assert reminder_of(track).next_at == make.utc("2026-11-21 06:30")
        queue_all_due()
    # One occurrence per local day: New York's 07:30 of the 21st gets no second reminder.
    assert reminder_of(track).next_at == make.utc("2026-11-22 12:30")


def test_a_change_of_time_moves_due_reminders_and_drops_queued_ones(berliner: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        track = make.track(berliner, time="07:30")
        clock.move_to("2026-11-21 06:31Z")
        queue_all_due()
        edit_habit(owner=berliner, habit_id=track.habit_id, now=timezone.now(), time=time(9, 0))
    assert reminder_of(track).next_at == make.utc("2026-11-21 08:00")
    assert Delivery.objects.get(kind="reminder").reason == "time changed"


def test_a_change_of_schedule_plans_its_own_days(berliner: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):  # a Friday
        track = make.track(berliner, time="07:30")
        edit_habit(
            owner=berliner,
            habit_id=track.habit_id,
            now=timezone.now(),
            schedule={"frequency": Frequency.DAILY, "weekdays": frozenset({2})},
        )
    assert reminder_of(track).next_day == date(2026, 11, 25)


def test_a_paused_day_is_not_planned(berliner: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        Pause.objects.create(user=berliner, first_day=date(2026, 11, 21), last_day=date(2026, 11, 30))
        track = make.track(berliner, time="07:30")
    assert reminder_of(track).next_day == date(2026, 12, 1)


def test_a_follower_is_reminded_on_their_own_clock(berliner: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        bob = make.person("bob", chat=True, time_zone="Asia/Kathmandu")
        followed = make.follower(bob, make.habit(berliner, time="07:30", is_published=True))
    assert reminder_of(followed).next_at == make.utc("2026-11-21 01:45")


def test_leaving_a_habit_ends_its_plan_and_drops_queued_messages(berliner: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        bob = make.person("bob", chat=True)
        followed = make.follower(bob, make.habit(berliner, time="07:30", is_published=True))
        clock.move_to("2026-11-21 07:30Z")
        queue_all_due()
        leave(user=bob, track_id=followed.pk, now=timezone.now())
    assert reminder_of(followed).next_at is None
    assert Delivery.objects.get(kind="reminder", user=bob).state == "dropped"


def test_a_habit_without_a_time_or_a_pleasant_one_is_never_due(berliner: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        make.habit(berliner, name="Some time")
        make.habit(berliner, name="A bath", is_pleasant=True, time="07:30")
        clock.move_to("2026-12-20 12:00Z")
        assert queue_all_due().queued == 0
    assert HabitTrack.objects.count() == 1


def test_the_habits_end_ends_its_reminders(berliner: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        track = make.track(berliner, time="07:30", end_date=date(2026, 11, 22))
        clock.move_to("2026-11-22 06:30Z")
        queue_all_due()
    assert reminder_of(track).next_at is None


@pytest.mark.engine("postgresql", reason="SQLite's write lock makes them one after the other")
@pytest.mark.django_db(transaction=True)
def test_two_concurrent_ticks_queue_each_reminder_once() -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        alice = make.person(chat=True)
        for number in range(20):
            make.habit(alice, name=f"Habit {number}", time="07:30")
        clock.move_to("2026-11-21 07:30Z")
        now = timezone.now()

        def tick(_: int) -> int:
            try:
                return queue_due(now=now)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            taken = sum(pool.map(tick, range(4)))
    assert taken == 20
    assert Delivery.objects.filter(kind="reminder").count() == 20


def test_a_reminder_that_cannot_be_planned_does_not_affect_others(
    berliner: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(calendar: Calendar, planned: Occurrence, now: datetime) -> Advance:
        if calendar.time == time(7, 30):
            raise RuntimeError("a bug")
        return advance(calendar, planned, now)

    monkeypatch.setattr(reminders, "advance", broken)
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        stuck = make.track(berliner, name="Stuck", time="07:30")
        make.track(berliner, name="Fine", time="07:40")
        clock.move_to("2026-11-21 06:40Z")
        queue_all_due()
    assert Delivery.objects.filter(kind="reminder").count() == 1
    assert reminder_of(stuck).next_at == make.utc("2026-11-21 06:30")
    assert "cannot be planned" in caplog.text
