"""What the services store agrees with the oracle (tests/oracle) after each step of random lives.

A life is lived through the services: days logged and taken back, the schedule edited today or for later, pauses, start
and end dates, another start of the week, time that passes. After each step the stored streaks and strength are compared
as they read now, and later without anything more done, with the recounts of the worker in between.
`ORACLE_STEPS=2000 ORACLE_FIRST_SEED=1000` tries more than the default. Two thirds of a step's time are the looks at
later days: with `ORACLE_LOOK_AHEAD_EVERY=8` one step in eight, drawn at random, has them.
"""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from django.db import transaction

from common.errors import DomainError
from config.effects import EFFECTS, domain_signal
from habits.models import Habit
from habits.recurrence import Frequency
from habits.services import create_habit, edit_habit
from tests.oracle import life as oracle
from tests.oracle import rates, streaks
from tests.oracle.dates import WEEKDAYS
from tests.oracle.lives import can_happen, described, random_steps
from tests.oracle.schedules import Schedule as OracleSchedule
from tracking.logs import services as logs
from tracking.models import HabitTrack, Pause
from tracking.pauses import services as pauses
from tracking.streaks.services import find_differences, recount_due_tracks
from tracking.tracks.histories import strengths_at
from tracking.tracks.queries import with_plan
from users.models import User
from users.services import edit_profile

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
STEPS = int(os.environ.get("ORACLE_STEPS", "120"))
FIRST_SEED = int(os.environ.get("ORACLE_FIRST_SEED", "1"))
LOOK_AHEAD_EVERY = int(os.environ.get("ORACLE_LOOK_AHEAD_EVERY", "1"))
LATER = (1, 3, 8, 20, 40)


def at(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def decimal(value: Any) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def named(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields of a schedule as the services take them."""
    given = dict(fields)
    if "frequency" in given:
        given["frequency"] = Frequency(given["frequency"])
    if "weekdays" in given:
        given["weekdays"] = frozenset(WEEKDAYS.index(each) for each in given["weekdays"])
    for amount in {"daily_amount", "limit_per_period"} & given.keys():
        given[amount] = decimal(Fraction(given[amount]))
    return given


def first_fields(schedule: OracleSchedule) -> dict[str, Any]:
    fields: dict[str, Any] = {"frequency": schedule.frequency, "interval": schedule.interval}
    if schedule.limit_per_period is not None:
        return named({"frequency": schedule.frequency, "limit_per_period": schedule.limit_per_period})
    if schedule.times_per_period is not None:
        fields["times_per_period"] = schedule.times_per_period
    return named({**fields, "weekdays": schedule.weekdays, "daily_amount": schedule.daily_amount})


class Lived:
    """A life as it was lived through the services, and as the oracle knows it."""

    def __init__(self, life: oracle.Life) -> None:
        self.life = replace(life, events=())
        self.today = life.created
        self.user = User.objects.create(email="a@example.org", username="a", is_active=True)
        self.habit = create_habit(
            owner=self.user,
            name="Read",
            goal_type=life.goal_type,
            schedule=first_fields(life.schedule),
            now=at(self.today),
        )

    @property
    def track(self) -> HabitTrack:
        return with_plan(HabitTrack.objects.filter(habit=self.habit)).get()

    def wait(self, day: date) -> None:
        """Let the time pass to a day, with the worker's recounts at the times when they are due."""
        due = HabitTrack.objects.filter(recount_at__lte=at(day)).order_by("recount_at")
        while (recount_at := due.values_list("recount_at", flat=True).first()) is not None:
            recount_due_tracks(now=recount_at)
        self.today = day

    def do(self, event: oracle.Event) -> bool:
        """Do what happened, unless it is refused. Both must refuse the same."""
        event = self.said_in_full(event)
        refused = self.refusal(event)
        if refused is not None:
            # The oracle knows no dates between which alone a habit can be logged, nor that an end is after a start.
            knows = refused not in {"before_start", "after_end", "end_before_start"}
            assert not (knows and can_happen(self.life, event)), (refused, event)
            return False
        self.life = self.life.then(event)
        oracle.record(self.life)  # refuses what the oracle refuses
        self.user.refresh_from_db()
        self.habit = Habit.objects.get(pk=self.habit.pk)
        return True

    def refusal(self, event: oracle.Event) -> str | None:
        """Do what happened; return the code of the error if it is refused."""
        try:
            with transaction.atomic():
                self.act(event)
        except DomainError as error:
            return error.code
        return None

    def said_in_full(self, event: oracle.Event) -> oracle.Event:
        """Return the event in the words of the product: an amount for "done", and nothing done is a missed day."""
        if not isinstance(event, oracle.Logged):
            return event
        kept = oracle.record(self.life)
        entries = []
        for day, entry in event.entries:
            if entry is not None and entry.kind == "done" and not self.life.is_limit:
                if entry.amount is None:
                    entry = oracle.Entry("done", kept.version_on(day).daily_amount)
                elif entry.amount == 0:
                    entry = oracle.MISSED
            entries.append((day, entry))
        return replace(event, entries=tuple(entries))

    def act(self, event: oracle.Event) -> None:
        now, user, track = at(event.made_on), self.user, self.track
        match event:
            case oracle.Logged():
                for day, entry in event.entries:
                    if entry is None:
                        logs.clear_day(user=user, track_id=track.pk, day=day, now=now)
                said = [day_entry(day, entry) for day, entry in event.entries if entry is not None]
                if said:
                    logs.set_days(user=user, track_id=track.pk, days=said, source="api", now=now)
            case oracle.Edited():
                edit_habit(
                    owner=user,
                    habit_id=self.habit.pk,
                    now=now,
                    schedule=named(dict(event.named)),
                    schedule_from=event.effective,
                )
            case oracle.Paused():
                pauses.add(user=user, track_id=track.pk, first_day=event.first, last_day=event.last, now=now)
            case oracle.PauseEnded():
                for pause in Pause.objects.order_by("-first_day"):
                    if pause.first_day > event.last:
                        pauses.remove(user=user, pause_id=pause.pk, now=now)
                    elif pause.last_day is None or pause.last_day > event.last:
                        pauses.edit(user=user, pause_id=pause.pk, last_day=event.last, now=now)
            case oracle.EndDateSet():
                edit_habit(owner=user, habit_id=self.habit.pk, now=now, end_date=event.end_date)
            case oracle.StartDateSet():
                edit_habit(owner=user, habit_id=self.habit.pk, now=now, start_date=event.start_date)
            case oracle.WeekStartChosen():
                edit_profile(user=user, now=now, week_starts_on=event.weekday)

    def check(self, day: date) -> None:
        """Compare what is stored, as it reads on a day, with what the oracle says."""
        track, now = self.track, at(day)
        streak = track.streak_at(now)
        current = streaks.current_streak(self.life, day)
        found = {
            "current": streak.current,
            "unit": (streak.unit.count, streak.unit.base.value),
            "longest": {str(unit): count for unit, count in streak.longest_of.items()},
            "strength": strengths_at([track], day)[track.pk],
        }
        expected = {
            "current": current.count,
            "unit": (current.unit.count, current.unit.base),
            "longest": {in_words(unit): count for unit, count in streaks.longest_streaks(self.life, day).items()},
            "strength": pytest.approx(rates.strength(self.life, day), abs=1e-9),
        }
        assert found == expected, described(self.life, day)


def in_words(unit: Any) -> str:
    return unit.base if unit.count == 1 else f"{unit.count} {unit.base}s"


def day_entry(day: date, entry: oracle.Entry) -> logs.DayEntry:
    if entry.kind == "done":
        assert entry.amount is not None
        return logs.DayEntry(day=day, amount=decimal(entry.amount))
    return logs.DayEntry(day=day, status=entry.kind)


UPPER_LAYERS = ("achievements.", "community.", "notifications.")


@pytest.fixture
def without_upper_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out awards, challenges and messages: they take half of a step's time, and nothing of them is compared."""
    for name in EFFECTS:
        signal = domain_signal(name)
        monkeypatch.setattr(
            signal, "receivers", [each for each in signal.receivers if not each[0][0].startswith(UPPER_LAYERS)]
        )


def test_stored_stats_agree_with_the_oracle(without_upper_layers: None) -> None:
    seed, steps = FIRST_SEED, 0
    while steps < STEPS:
        print(f"seed {seed}, {steps} steps before it", flush=True)
        steps += live(seed)
        seed += 1
    print(f"{steps} steps compared, seeds {FIRST_SEED} to {seed - 1}")


def live(seed: int) -> int:
    """Live one life through the services and compare after each step. Return the number of steps."""
    steps, random, looks = 0, Random(seed), Random(seed)
    with transaction.atomic():
        lived: Lived | None = None
        for life, today in random_steps(random, is_limit=seed % 4 == 0):
            if lived is None:
                lived = Lived(life)
                continue
            lived.wait(today)
            if not lived.do(life.events[-1]):
                continue
            lived.check(today)
            if looks.randrange(LOOK_AHEAD_EVERY) == 0:
                assert not list(find_differences(now=at(today), repair=False)), described(lived.life, today)
                look_ahead(lived, today)
            steps += 1
        transaction.set_rollback(True)
    return steps


def look_ahead(lived: Lived, today: date) -> None:
    """Compare what is read later with nothing more done, and take the time back."""
    with transaction.atomic():
        for ahead in LATER:
            lived.wait(today + DAY * ahead)
            lived.check(lived.today)
        transaction.set_rollback(True)
    lived.today = today
