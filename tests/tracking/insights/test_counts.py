"""A daily habit's days are counted in flat lists, without a period for each day: the counts are the same."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from habits.recurrence import Extension, Frequency, Plan, Schedule, Version
from tracking.insights.counts import Calendar, Counts
from tracking.streaks import rules
from tracking.streaks.history import PausedDays, TrackHistory
from tracking.streaks.rules import Status

DAY = timedelta(days=1)
MONDAY = date(2024, 4, 1)
SKIPPED_DATE = MONDAY + 9 * DAY  # by the zone


def exists(day: date) -> bool:
    return day != SKIPPED_DATE


def random_history(random: Random) -> TrackHistory:
    """Return a daily habit with weekdays, a start, an end, an extension and pauses, or without, and random logs."""
    weekdays = frozenset(random.sample(range(7), random.choice([0, 0, 1, 5])))
    first = MONDAY + DAY * random.randint(0, 15)
    last = random.choice([None, MONDAY + DAY * random.randint(16, 40)])
    old_end = MONDAY + DAY * random.randint(5, 12)
    plan = Plan(
        versions=[Version(None, Schedule(Frequency.DAILY, weekdays=weekdays))],
        anchor=first,
        first=first,
        last=last,
        exists=exists,
        extensions=random.choice([(), (Extension(old_end, old_end + 4 * DAY),)]),
    )
    begin = MONDAY + DAY * random.randint(0, 30)
    pauses: Sequence[PausedDays] = random.choice([[], [(begin, begin + 3 * DAY)], [(begin, None)]])
    said = [Status.COMPLETED, Status.COMPLETED, Status.SKIPPED, Status.MISSED, Status.PARTIAL, None]
    days = {MONDAY + DAY * number: random.choice(said) for number in range(-3, 40)}
    return TrackHistory(plan, {day: status for day, status in days.items() if status}, {}, pauses)


@pytest.mark.parametrize("seed", range(200))
def test_days_are_counted_as_their_periods_are_judged(seed: int) -> None:
    random = Random(seed)
    history = random_history(random)
    first, today = MONDAY + DAY * random.randint(0, 20), MONDAY + DAY * random.randint(5, 40)
    calendar = Calendar(first, first + DAY * random.randint(0, 20), today=today, exists=exists)
    assert history.plan.asks_day_by_day
    done, required = {}, {}
    for period in history.periods(calendar.comparison_first, calendar.last, today):
        judged = rules.judge(period, history.evidence(period, today), today)
        if judged.verdict in rules.DECIDED:
            done[period.last], required[period.last] = min(judged.done, judged.required), judged.required
    counts = Counts.of_track(history, calendar, UTC)
    assert counts.required == [required.get(day, 0) for day in calendar.days]
    assert counts.done == [done.get(day, 0) for day in calendar.days]
    decided = history.decided_periods(calendar.comparison_first, calendar.last, today)
    assert decided == [(day, done[day], required[day]) for day in calendar.days if day in required]


@pytest.mark.parametrize("seed", range(200))
def test_streaks_are_counted_from_periods_as_they_are_judged(seed: int) -> None:
    random = Random(seed)
    history = random_history(random)
    first, today = MONDAY + DAY * random.randint(0, 20), MONDAY + DAY * random.randint(5, 40)
    judged = [
        (period.first, period.stretch, period.unit, rules.judge(period, history.evidence(period, today), today).verdict)
        for period in history.periods(first, today, today)
    ]
    assert list(history.counted_periods(first, today)) == judged


@pytest.mark.parametrize("status", [None, *Status])
@pytest.mark.parametrize("ahead", [-1, 0, 1])
@pytest.mark.parametrize("is_paused", [False, True])
def test_a_day_is_judged_as_the_period_that_it_is(status: Status | None, ahead: int, is_paused: bool) -> None:
    if status is Status.COUNTED:
        return  # of limit habits
    plan = Plan([Version(None, Schedule(Frequency.DAILY))], MONDAY, MONDAY - 9 * DAY)
    history = TrackHistory(plan, {MONDAY: status} if status else {}, {}, [(MONDAY, MONDAY)] if is_paused else [])
    today = MONDAY + DAY * ahead
    [period] = plan.periods(MONDAY, MONDAY)
    expected = rules.judge(period, history.evidence(period, today), today)
    assert rules.judge_day(MONDAY, status, is_paused=is_paused, today=today) == expected


def test_a_total_is_the_sum_of_its_tracks() -> None:
    calendar = Calendar(MONDAY, MONDAY + 6 * DAY, today=MONDAY + 5 * DAY, exists=exists)
    plan = Plan([Version(None, Schedule(Frequency.DAILY))], MONDAY, MONDAY)
    tuesday, seven = MONDAY + DAY, int(datetime(2024, 4, 2, 7, 59, tzinfo=UTC).timestamp())
    one = TrackHistory(plan, {MONDAY: Status.COMPLETED, tuesday: Status.COMPLETED}, {}, [], {tuesday: seven})
    two = TrackHistory(plan, {tuesday: Status.COMPLETED}, {tuesday: Decimal(1)}, [], {tuesday: seven + 60})
    stats = Counts.total([Counts.of_track(each, calendar, UTC) for each in (one, two)], calendar).stats()
    assert (stats.completed, stats.completed_change, stats.success_rate) == (3, 3, 0.3)  # of five days each
    assert (stats.best_weekday, stats.best_hour) == (1, 7), "the first of two hours"
    assert (stats.by_weekday, sum(stats.by_hour), stats.by_hour[7:9]) == ([1, 2, 0, 0, 0, 0, 0], 2, [1, 1])
    [week] = stats.weekly
    assert week == (MONDAY, MONDAY + 6 * DAY, 3, 0.3)
    assert Counts.total([], calendar).stats().success_rate is None
