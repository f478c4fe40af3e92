"""Stored streaks and strength agree with a naive implementation after any sequence of changes.

Each example is a random sequence of service calls on one track: days set, added to and cleared; schedule, pauses, end
date, time zone and start of day changed; time passing. After each step the stored values are compared as they read
now, and at a later time without further changes. Set `STREAK_STATS_EXAMPLES=4000` to try more than the default 8
examples of about 25 steps. A failure prints how to reproduce it.
"""

import itertools
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from common.edits import UNSET
from common.errors import DomainError
from habits.models import Habit
from habits.recurrence import Frequency, Plan
from habits.services import create_habit, edit_habit
from tests.naive import Naive
from tracking.logs import services as log
from tracking.models import HabitTrack, Pause
from tracking.pauses import services as pauses
from tracking.streaks.rules import Status
from tracking.streaks.services import recount_due_tracks
from tracking.tracks.followers import sync_followers
from tracking.tracks.histories import first_log_day_for_strength, load_history, strength_at
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import with_related
from tracking.tracks.services import follow, leave
from users.models import User
from users.services import edit_profile

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
START = datetime(2024, 2, 20, 9, tzinfo=UTC)  # close to a leap day and to changes of daylight saving time
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu")
SCHEDULES: tuple[dict[str, Any], ...] = (
    {"frequency": Frequency.DAILY},
    {"frequency": Frequency.DAILY, "daily_amount": Decimal(3)},
    {"frequency": Frequency.DAILY, "weekdays": frozenset({0, 2, 4})},
    {"frequency": Frequency.DAILY, "interval": 3},
    {"frequency": Frequency.DAILY, "interval": 7},
    {"frequency": Frequency.WEEKLY},
    {"frequency": Frequency.WEEKLY, "times_per_period": 3},
    {"frequency": Frequency.WEEKLY, "weekdays": frozenset({1, 5}), "times_per_period": 2},
    {"frequency": Frequency.MONTHLY, "times_per_period": 5},
    {"frequency": Frequency.YEARLY, "times_per_period": 53},
)
back = st.integers(0, 90) | st.integers(0, 9) | st.integers(0, 2)
schedule = st.sampled_from(SCHEDULES)
# The possible steps with their probability. Mostly completed days, so that there are streaks.
said = st.tuples(st.just("say"), back, st.sampled_from(["completed"] * 5 + ["skipped", "missed", "1", "2.5"]))
many = st.tuples(st.just("complete"), back, st.integers(1, 60))
steps = st.lists(
    said
    | said
    | many
    | st.tuples(st.just("add"), back, st.sampled_from(["1", "0.5"]))
    | st.tuples(st.just("clear"), back)
    | st.tuples(st.just("wait"), st.integers(1, 30) | st.integers(24, 1000))
    | st.tuples(st.just("reschedule"), schedule, st.none() | st.integers(0, 20))
    | st.tuples(st.just("pause"), st.integers(-20, 20), st.none() | st.integers(0, 30), st.booleans())
    | st.tuples(st.just("unpause"), st.integers(0, 3))
    | st.tuples(st.just("move"), st.sampled_from(ZONES), st.integers(0, 6))
    | st.tuples(st.just("end"), st.none() | st.integers(0, 30))
    | st.tuples(st.just("begin"), st.none() | st.integers(-60, 5))
    | st.tuples(st.just("leave"), st.integers(1, 200)),
    min_size=15,
    max_size=50,
)
numbers = itertools.count(1)


@dataclass
class Life:
    """One track, with a simple copy of everything recorded for it."""

    user: User
    habit: Habit
    owner: User
    now: datetime = START
    said: dict[date, str | Decimal] = field(default_factory=dict)
    pauses: list[tuple[date, date | None, bool]] = field(default_factory=list)

    @property
    def track(self) -> HabitTrack:
        return with_related(HabitTrack.objects.filter(user=self.user, habit=self.habit)).get()

    @property
    def today(self) -> date:
        return self.user.clock.day_of(self.now)

    def step(self, kind: str, *how: Any) -> None:
        """Run one step. A refused step must change nothing."""
        try:
            with transaction.atomic():
                getattr(self, kind)(*how)
        except DomainError:
            pass
        self.user.refresh_from_db()
        self.habit.refresh_from_db()

    def say(self, back: int, what: str) -> None:
        day = self.today - back * DAY
        amount = Decimal(what) if what[0].isdigit() else None
        status = UNSET if amount else what
        log.set_day(
            user=self.user, track_id=self.track.pk, day=day, status=status, amount=amount, source="api", now=self.now
        )
        self.said[day] = amount or what
        if what == "completed":
            self.said[day] = plan_of(self.track).in_force(day).daily_amount

    def complete(self, back: int, count: int) -> None:
        days = [self.today - (back + n) * DAY for n in range(count)]
        log.set_days(
            user=self.user,
            track_id=self.track.pk,
            days=[log.DayEntry(day=day, status="completed") for day in days],
            source="api",
            now=self.now,
        )
        for day in days:
            self.said[day] = plan_of(self.track).in_force(day).daily_amount

    def add(self, back: int, amount: str) -> None:
        day = self.today - back * DAY
        log.add_amount(
            user=self.user, track_id=self.track.pk, day=day, amount=Decimal(amount), source="api", now=self.now
        )
        before = self.said.get(day)
        self.said[day] = Decimal(amount) + (before if isinstance(before, Decimal) else 0)

    def clear(self, back: int) -> None:
        day = self.today - back * DAY
        log.clear_day(user=self.user, track_id=self.track.pk, day=day, now=self.now)
        self.said.pop(day, None)

    def wait(self, hours: int) -> None:
        """Move the time forward, and let the worker recount due tracks."""
        self.now += timedelta(hours=hours)
        recount_due_tracks(now=self.now)

    def reschedule(self, wanted: dict[str, Any], ahead: int | None) -> None:
        starts_on = None if ahead is None else self.owner.clock.day_of(self.now) + ahead * DAY
        edit_habit(owner=self.owner, habit_id=self.habit.pk, now=self.now, schedule=wanted, schedule_from=starts_on)
        self.sync_edits()

    def pause(self, first: int, length: int | None, everything: bool) -> None:
        first_day = self.today + first * DAY
        last_day = None if length is None else first_day + length * DAY
        track_id = None if everything else self.track.pk
        pauses.add(user=self.user, track_id=track_id, first_day=first_day, last_day=last_day, now=self.now)
        self.pauses = merge_naively([*self.pauses, (first_day, last_day, everything)])

    def unpause(self, which: int) -> None:
        rows = list(Pause.objects.filter(user=self.user).order_by("pk"))
        if which < len(rows):
            gone = rows[which]
            pauses.remove(user=self.user, pause_id=gone.pk, now=self.now)
            everything = gone.track_id is None
            last = gone.last_day or date.max
            self.pauses = [
                each for each in self.pauses if each[2] != everything or not gone.first_day <= each[0] <= last
            ]

    def move(self, zone: str, day_starts_at: int) -> None:
        edit_profile(user=self.user, now=self.now, time_zone=zone, day_starts_at=day_starts_at)

    def end(self, ahead: int | None) -> None:
        day = None if ahead is None else self.owner.clock.day_of(self.now) + ahead * DAY
        edit_habit(owner=self.owner, habit_id=self.habit.pk, now=self.now, end_date=day)
        self.sync_edits()

    def begin(self, ahead: int | None) -> None:
        day = None if ahead is None else self.owner.clock.day_of(self.now) + ahead * DAY
        edit_habit(owner=self.owner, habit_id=self.habit.pk, now=self.now, start_date=day)
        self.sync_edits()

    def sync_edits(self) -> None:
        while sync_followers(now=self.now):
            pass

    def leave(self, hours: int) -> None:
        """Leave the habit, and follow it again some hours later."""
        if self.user == self.owner:
            return
        left_on = self.today
        leave(user=self.user, track_id=self.track.pk, now=self.now)
        self.now += timedelta(hours=hours)
        follow(user=self.user, habit_id=self.habit.pk, now=self.now)
        # Following again ends the open-ended pauses of the track the day before.
        self.pauses.append((left_on, None, False))
        yesterday = self.today - DAY
        self.pauses = merge_naively(
            (first, yesterday if last is None and not everything else last, everything)
            for first, last, everything in self.pauses
            if everything or last is not None or first <= yesterday
        )

    def naive(self, today: date) -> Naive:
        plan: Plan = plan_of(self.track)
        days: dict[date, Status] = {}
        for day, what in self.said.items():
            if isinstance(what, Decimal):
                enough = what >= plan.in_force(day).daily_amount
                days[day] = Status.COMPLETED if enough else Status.PARTIAL
            else:
                days[day] = Status(what)
        paused = [(first, last) for first, last, _ in self.pauses]
        return Naive(plan, days, paused, max(today, plan.first))


def merge_naively(pauses: Iterable[tuple[date, date | None, bool]]) -> list[tuple[date, date | None, bool]]:
    """Merge overlapping or adjacent pauses of the same kind, two at a time until there are none."""
    left = list(pauses)
    for one, other in itertools.combinations(left, 2):
        if (
            one[2] == other[2]
            and one[0] <= (other[1] or date.max - DAY) + DAY
            and other[0] <= (one[1] or date.max - DAY) + DAY
        ):
            rest = [each for each in left if each is not one and each is not other]
            last = None if one[1] is None or other[1] is None else max(one[1], other[1])
            return merge_naively([*rest, (min(one[0], other[0]), last, one[2])])
    return left


@settings(
    max_examples=int(os.environ.get("STREAK_STATS_EXAMPLES", "8")),
    derandomize="STREAK_STATS_EXAMPLES" not in os.environ,  # the default run is reproducible
    # No shrinking: it would take too long.
    phases=(Phase.generate,),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(first=schedule, follows=st.booleans(), life=steps, later=st.integers(0, 2000))
def test_stored_stats_agree_with_the_naive_implementation(
    record_steps: list[int], first: dict[str, Any], follows: bool, life: list[tuple[Any, ...]], later: int
) -> None:
    note(f"{first=} {follows=} {life=} {later=}")
    with transaction.atomic():
        lived = create_life(first, follows)
        for step in life:
            lived.step(*step)
            compare(lived, lived.now, step)
            # At the later time the worker has not run, so a future-dated log could be due without being counted.
            if all(day <= lived.today for day in lived.said):
                compare(lived, lived.now + timedelta(hours=later), step)
            record_steps[0] += 1
        transaction.set_rollback(True)


def compare(lived: Life, at: datetime, step: object) -> None:
    today = lived.user.clock.day_of(at)
    stored = lived.track.streak_at(at)
    naive = lived.naive(today)
    current, longest, unit = naive.streak(today)
    assert (stored.current, stored.longest) == (current, longest), (step, at)
    assert strength_now(lived.track, today) == pytest.approx(naive_strength(lived, naive, today), abs=1e-9), (step, at)
    if any(span.days[0] <= today for span in naive.spans):
        assert str(stored.unit) == unit, (step, at)


def strength_now(track: HabitTrack, today: date) -> float:
    """Return the strength at the end of the day, loading only the logs that are needed."""
    needs = first_log_day_for_strength(track, plan_of(track), today)
    return strength_at(track, load_history(track, since=needs or date.max), today)


def naive_strength(lived: Life, naive: Naive, today: date) -> float:
    """Return the strength calculated day by day from the first, summing each window separately."""
    strength, day = 0.0, naive.plan.first
    while day <= min(today, naive.plan.last or today):
        asked = naive.plan.in_force(day)
        num, den = {
            "daily": (len(asked.weekdays), 7) if asked.weekdays else (1, asked.interval),
            "weekly": (asked.times_per_period, 7),
            "monthly": (asked.times_per_period, 30),
            "yearly": (asked.times_per_period, 365),
        }[asked.frequency]
        keeps = 0.5 ** (math.sqrt(num / den) / 13)
        if num < den:
            num, den = 2 * num, 2 * den
        if naive.days.get(day) != "skipped" and not naive.is_paused(day):
            done = sum(
                float(min(Decimal(1), said / naive.plan.in_force(earlier).daily_amount))
                for earlier, said in lived.said.items()
                if isinstance(said, Decimal) and naive.plan.first <= earlier and day - den * DAY < earlier <= day
            )
            strength = strength * keeps + min(1.0, done / num) * (1 - keeps)
        day += DAY
    return strength


def create_life(first: dict[str, Any], follows: bool) -> Life:
    """Create a habit of alice, tracked by her or by bob as a follower."""
    number = next(numbers)
    alice = User.objects.create(email=f"alice{number}@example.org", username=f"alice{number}", is_active=True)
    habit = create_habit(owner=alice, schedule=first, name="Read", is_published=True, now=START)
    if not follows:
        return Life(user=alice, habit=habit, owner=alice)
    bob = User.objects.create(email=f"bob{number}@example.org", username=f"bob{number}", is_active=True)
    follow(user=bob, habit_id=habit.pk, now=START)
    return Life(user=bob, habit=habit, owner=alice)


@pytest.fixture
def record_steps() -> Iterator[list[int]]:
    counted = [0]
    yield counted
    print(f"{counted[0]} steps compared")
