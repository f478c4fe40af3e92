"""progress/ and summary/ agree with the oracle (tests/oracle) after each step of random lives, in any range of days.

A life is lived through the services, as in tests/tracking/streaks/test_services_against_oracle.py, whose environment
variables hold here too.
"""

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

import pytest
from django.db import transaction

from tests.oracle import days as oracle_days
from tests.oracle import life as oracle
from tests.oracle import rates, streaks
from tests.oracle.dates import days
from tests.oracle.lives import described, random_steps
from tests.oracle.period import completed_days, required_now
from tests.oracle.periods import periods
from tests.oracle.verdicts import verdict
from tests.tracking.streaks.test_services_against_oracle import DAY, FIRST_SEED, STEPS, Lived, at
from tracking.insights.counts import ChartPoint
from tracking.insights.progress import progress
from tracking.insights.summary import Summary, summary
from tracking.tracks.queries import tracks_of

pytestmark = pytest.mark.django_db

Facts = dict[str, Any]


def test_progress_and_summary_agree_with_the_oracle() -> None:
    seed, steps = FIRST_SEED, 0
    while steps < STEPS:
        print(f"seed {seed}, {steps} steps before it", flush=True)
        steps += live(seed)
        seed += 1
    print(f"{steps} steps compared, seeds {FIRST_SEED} to {seed - 1}")


def live(seed: int) -> int:
    """Live one life through the services and compare after each step. Return the number of steps."""
    steps, random, ranges = 0, Random(seed), Random(seed)
    with transaction.atomic():
        lived: Lived | None = None
        for life, today in random_steps(random, is_limit=seed % 4 == 0):
            if lived is None:
                lived = Lived(life)
                continue
            lived.wait(today)
            if lived.do(life.events[-1]):
                compare(lived, ranges, today)
                steps += 1
        transaction.set_rollback(True)
    return steps


def compare(lived: Lived, random: Random, today: date) -> None:
    last = today + DAY * random.randint(-20, 5)
    first = last - DAY * random.choice([0, 1, 6, 29, random.randint(2, 60)])
    context = f"{first} to {last}\n{described(lived.life, today)}"
    assert progress_shown(lived, first, last, today) == progress_expected(lived.life, first, last, today), context
    shown = summary(lived.user, first=first, last=last, now=at(today))
    assert summary_shown(shown) == summary_expected(lived.life, first, last, today), context


def progress_shown(lived: Lived, first: date, last: date, today: date) -> Facts:
    [shown] = progress(tracks_of(lived.user, now=at(today)), first=first, last=last, today=today)
    return {
        "days": [(each.day, each.status, each.is_target, each.is_paused) for each in shown.days],
        "periods": [
            (each.first, each.last, each.judgement.required, each.judgement.done, each.judgement.verdict.value)
            for each in shown.periods
        ],
        "amounts": [each.limit.amount if each.limit else None for each in shown.periods],
    }


def progress_expected(life: oracle.Life, first: date, last: date, today: date) -> Facts:
    kept = oracle.record(life)
    shown = [each for each in periods(life, today, max(today, last)) if each.last >= first and each.first <= last]
    return {
        "days": [
            (
                day,
                oracle_days.day_state(life, day, today),
                oracle_days.is_target_day(life, day, today),
                kept.is_paused(day),
            )
            for day in days(first, last)
            if kept.exists(day)
        ],
        "periods": [
            (
                each.first,
                each.last,
                1 if life.is_limit else required_now(each),
                int(verdict(life, each, today) == "kept") if life.is_limit else len(completed_days(kept, each, today)),
                verdict(life, each, today),
            )
            for each in shown
        ],
        "amounts": [
            sum(kept.counted_amount(day, today) for day in days(each.first, each.last)) if life.is_limit else None
            for each in shown
        ],
    }


def summary_shown(shown: Summary) -> Facts:
    [habit] = shown.habits
    assert shown.stats == habit.stats  # the total of one habit
    stats = habit.stats
    return {
        "completed": (stats.completed, stats.completed_change),
        "rate": (stats.success_rate, stats.success_rate_change),
        "best weekday": stats.best_weekday,
        "weekly": stats.weekly,
        "monthly": stats.monthly,
        "strength": habit.strength,
        "streak": habit.streak.current,
        "at risk": habit.is_at_risk,
    }


def summary_expected(life: oracle.Life, first: date, last: date, today: date) -> Facts:
    before = first - (last - first) - DAY
    completed, completed_before = completed_in(life, first, last, today), completed_in(life, before, first - DAY, today)
    rate, rate_before = rate_in(life, first, last, today), rate_in(life, before, first - DAY, today)
    weekdays = [day.weekday() for day in completed]
    return {
        "completed": (len(completed), len(completed) - len(completed_before)),
        "rate": (approximately(rate), approximately(None if None in {rate, rate_before} else rate - rate_before)),
        "best weekday": min(weekdays, key=lambda each: (-weekdays.count(each), each), default=None),
        "weekly": list(chart(life, first, last, today, starts=lambda day: day.weekday() == 0)),
        "monthly": list(chart(life, first, last, today, starts=lambda day: day.day == 1)),
        "strength": pytest.approx(rates.strength(life, today), abs=1e-9),
        "streak": streaks.current_streak(life, today).count,
        "at risk": streaks.is_at_risk(life, today),
    }


def chart(life: oracle.Life, first: date, last: date, today: date, starts: Any) -> Iterator[Any]:
    """Yield the points of a chart whose parts begin on the first day and on those that `starts` names."""
    begin = first
    for day in days(first, last):
        if day == last or starts(day + DAY):
            rate = rate_in(life, begin, day, today)
            yield ChartPoint(begin, day, len(completed_in(life, begin, day, today)), approximately(rate))
            begin = day + DAY


def completed_in(life: oracle.Life, first: date, last: date, today: date) -> list[date]:
    return [day for day in days(first, last) if oracle_days.day_state(life, day, today) == "completed"]


def rate_in(life: oracle.Life, first: date, last: date, today: date) -> Any:
    return rates.success_rate(life, first, last, today)


def approximately(share: Any) -> Any:
    return None if share is None else pytest.approx(float(share))
