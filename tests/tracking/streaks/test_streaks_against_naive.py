"""The pure rules agree with a naive implementation for random zones, schedules, versions, days, pauses and ends.

Set `STREAK_EXAMPLES=20000` to try more than the default 300 examples. A failure prints how to reproduce it.
"""

import os
from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from habits.recurrence import Frequency, Period, Plan, Schedule, Version
from habits.units import StreakUnit
from tests.naive import Naive, Span
from tracking.streaks.rules import (
    Status,
    is_at_risk,
    is_due,
    lapse_day,
    streak,
    verdict,
)
from users.timing import Clock

DAY = timedelta(days=1)
# Time zones with an interesting date: leap days, the end of the year, dates that the zone skips.
PLACES = (
    ("Europe/Berlin", date(2024, 2, 20)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("UTC", date(2025, 12, 22)),
    ("Pacific/Apia", date(2011, 12, 25)),
    ("Pacific/Kiritimati", date(1994, 12, 27)),
    ("Pacific/Kwajalein", date(1993, 8, 17)),
)
MORE_TIMES = {Frequency.WEEKLY: 7, Frequency.MONTHLY: 28, Frequency.YEARLY: 80}

more = settings(
    max_examples=int(os.environ.get("STREAK_EXAMPLES", "300")),
    derandomize="STREAK_EXAMPLES" not in os.environ,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True)
class Story:
    """One track, and the day on which it is evaluated."""

    zone: str
    plan: Plan
    days: dict[date, Status]
    pauses: list[tuple[date, date | None]]
    today: date

    def is_paused(self, day: date) -> bool:
        return any(first <= day <= (last or date.max) for first, last in self.pauses)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    frequency = draw(st.sampled_from(Frequency))
    if frequency is Frequency.DAILY and draw(st.booleans()):
        return Schedule(frequency, interval=draw(st.integers(2, 7)))
    weekdays = draw(st.sampled_from([frozenset()]) | st.frozensets(st.integers(0, 6)))
    times = 1 if frequency is Frequency.DAILY else draw(st.integers(1, MORE_TIMES[frequency]))
    return Schedule(frequency, weekdays=weekdays, times_per_period=times)


@st.composite
def versions(draw: st.DrawFn, near: date) -> list[Version]:
    first = draw(schedules())
    made = [Version(None, first)]
    starts_on = near + DAY * draw(st.integers(-10, 20))
    for _ in range(draw(st.integers(0, 3))):
        last = made[-1].schedule
        times = 1 if last.frequency is Frequency.DAILY else draw(st.integers(1, MORE_TIMES[last.frequency]))
        asked_more = Schedule(last.frequency, last.interval, last.weekdays, times)
        made.append(Version(starts_on, draw(st.sampled_from([first, asked_more]) | schedules())))
        starts_on += DAY * draw(st.integers(1, 40))
    return made


@st.composite
def stories(draw: st.DrawFn) -> Story:
    zone, near = draw(st.sampled_from(PLACES))
    few, many = st.integers(-5, 12), st.integers(0, 500)
    first = near + DAY * draw(few)
    lasts = draw(st.none() | st.integers(0, 60))
    last = None if lasts is None else first + DAY * lasts
    today = first + DAY * draw(st.integers(-3, 45) | many)
    today += DAY * (not Clock(zone).exists(today))  # today is never a date that the zone skips
    # Mostly in the weeks around the start and mostly completed, so that there are streaks.
    words = st.sampled_from([Status.COMPLETED] * 6 + [Status.PARTIAL, Status.SKIPPED, Status.MISSED, None])
    said = draw(st.lists(words, max_size=70))
    days = {first + DAY * (n - 3): word for n, word in enumerate(said) if word}
    # Some long habits are completed every day until shortly before or after today.
    if draw(st.booleans()):
        end = today + DAY * draw(st.integers(-3, 2))
        for n in range((end - first).days + 1):
            days.setdefault(first + DAY * n, Status.COMPLETED)
    pauses: list[tuple[date, date | None]] = []
    for _ in range(draw(st.integers(0, 2))):
        starts = first + DAY * draw(st.integers(-5, 60))
        length = draw(st.none() | st.integers(0, 90))
        pauses.append((starts, None if length is None else starts + DAY * length))
    plan = Plan(draw(versions(near)), near + DAY * draw(few), first, last, Clock(zone).exists)
    return Story(zone, plan, days, pauses, today)


def as_period(span: Span) -> Period:
    """Return the span as a Period of the real code."""
    return Period(
        first=span.days[0],
        last=span.days[-1],
        unit=StreakUnit.parse(span.unit),
        required=span.required,
        target_days=tuple(span.targets),
        counting_days=tuple(span.counting),
        cut=span.cut,
    )


@more
@given(stories(), st.integers(-10, 40))
def test_every_rule_agrees_with_the_naive_implementation(story: Story, offset: int) -> None:
    plan, days, is_paused, today = story.plan, story.days, story.is_paused, story.today
    until = max(today, plan.first) + 800 * DAY
    naive = Naive(plan, days, story.pauses, until)
    spans = naive.spans

    begun = list(plan.periods(plan.first, today))
    expected = [span for span in spans if span.days[0] <= today]
    assert begun == [as_period(span) for span in expected]
    since = plan.first + DAY * offset
    touched = [as_period(span) for span in expected if span.days[-1] >= since and since <= today]
    assert list(plan.periods(since, today)) == touched

    verdicts = [verdict(period, days, is_paused, today) for period in begun]
    assert verdicts == [naive.verdict(span, today) for span in expected]

    stands = streak(plan.periods(plan.first, today), days, is_paused, today)
    assert (stands.current, stands.longest, str(stands.unit)) == naive.streak(today)
    if stands.current:
        lapses = lapse_day(plan, days, is_paused, today)
        assert (lapses if lapses and lapses <= until else None) == naive.lapse_day(today)
        event(f"a streak that {'lapses' if lapses else 'stands for good'}")

    for day in (today, since):
        span = naive.span_of(day)
        assert plan.period_of(day) == (as_period(span) if span else None)
        assert plan.is_target(day) == (span is not None and day in span.targets)
        assert is_due(plan, days, is_paused, day) == naive.is_due(day)
        assert is_at_risk(plan, days, is_paused, day) == naive.is_at_risk(day)
    event(f"{', '.join(sorted(set(verdicts))) or 'no period'}")
