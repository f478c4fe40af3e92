"""The rules agree with the oracle (tests/oracle) on random lives: periods, verdicts, streaks, due days, rates, strength.

Here the oracle says what is on record after a life; test_services_against_oracle.py goes through the services.
`ORACLE_SEEDS=20000 ORACLE_FIRST_SEED=1000` tries more lives than the default.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import pytest

from habits.recurrence import Extension, Frequency, Plan, Schedule, Version
from tests.oracle import days as oracle_days
from tests.oracle import life as oracle
from tests.oracle import periods as oracle_periods
from tests.oracle import rates, streaks, verdicts
from tests.oracle.dates import WEEKDAYS
from tests.oracle.lives import FIRST_DAY, described, random_steps, without_needless_events
from tests.oracle.schedules import Schedule as OracleSchedule
from tests.oracle.schedules import times
from tracking.streaks.history import TrackHistory
from tracking.streaks.recount import StreakStats, beginning, recount
from tracking.streaks.rules import Status, success_rate
from users.weeks import WeekDay, WeekStart

DAY = timedelta(days=1)
SEEDS = int(os.environ.get("ORACLE_SEEDS", "60"))
FIRST_SEED = int(os.environ.get("ORACLE_FIRST_SEED", "1"))
Facts = dict[str, Any]


def schedule(of: OracleSchedule, max_gap: int = 7) -> Schedule:
    """Return the product's value of an oracle's schedule."""
    limit = of.limit_per_period
    return Schedule(
        frequency=Frequency(of.frequency),
        interval=of.interval,
        weekdays=frozenset(WEEKDAYS.index(each) for each in of.weekdays),
        times_per_period=times(of, max_gap) if limit is None else 1,
        daily_amount=decimal(of.daily_amount),
        limit_per_period=None if limit is None else decimal(limit),
    )


def decimal(value: Any) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def history(life: oracle.Life, today: date) -> TrackHistory:
    """Return the product's values of what is on record."""
    kept = oracle.record(life)
    versions = [
        Version(starts_on if number else None, schedule(each, life.max_gap))
        for number, (starts_on, each) in enumerate(kept.versions)
    ]
    starts = [WeekStart(None, WeekDay(life.week_starts_on))]
    starts += [WeekStart(since, WeekDay(choice)) for since, choice in kept.week_starts]
    plan = Plan(
        versions=versions,
        anchor=kept.anchor(),
        first=kept.track_first(today),
        last=kept.end_date,
        exists=kept.exists,
        week_starts=tuple(starts),
        extensions=tuple(Extension(each.old_end, max(each.paused, default=each.old_end)) for each in kept.extensions),
        known_from=life.track_started if life.is_limit else None,
    )
    days, amounts = {}, {}
    for day, log in kept.logs.items():
        full = plan.in_force(day).daily_amount if not plan.is_limit else Decimal(0)
        if log.entry.kind == "done":
            amount = full if log.entry.amount is None else decimal(log.entry.amount)
            if plan.is_limit:
                days[day] = Status.COUNTED
            elif amount >= full:
                days[day] = Status.COMPLETED
            else:
                days[day] = Status.PARTIAL
            amounts[day] = amount
        else:
            days[day] = Status(log.entry.kind)
    return TrackHistory(plan, days, amounts, kept.pauses)


def said_by_oracle(life: oracle.Life, today: date) -> Facts:
    """Return what the oracle says of the day."""
    found = oracle_periods.periods(life, today)
    current = streaks.current_streak(life, today)
    longest = streaks.longest_streaks(life, today)
    unit = (current.unit.count, current.unit.base)
    return {
        "periods": [(each.first, each.last, verdict) for each, verdict in verdicts.verdicts(life, today)],
        "current": current.count,
        "unit": unit,
        "longest": {(each.count, each.base): count for each, count in longest.items()},
        "due": [oracle_days.is_due(life, day, day) for day in around(today)],
        "target": [oracle_days.is_target_day(life, day, today) for day in around(today)],
        "at risk": streaks.is_at_risk(life, today),
        "lapses": streaks.lapse_day(life, today),
        "rate": approximately(rates.success_rate(life, today - 40 * DAY, today, today)),
        "strength": pytest.approx(rates.strength(life, today), abs=1e-9),
        "later": [streaks.current_streak(life, today + DAY * ahead).count for ahead in AHEAD],
        "count": len(found),
    }


AHEAD = (1, 2, 5, 9, 20, 40)


def around(today: date) -> list[date]:
    return [today - DAY * back for back in range(3)]


def said_by_rules(life: oracle.Life, today: date) -> Facts:
    """Return what the product's rules say of the day."""
    full = history(life, today)
    stats = recount(full, beginning(full.plan), today)
    periods = list(full.periods(full.plan.first, today, today))
    rated = full.decided_periods(today - 40 * DAY, today, today)
    lapses = stats.lapse_day + DAY if stats.lapse_day else None
    while lapses and not full.plan.exists(lapses):
        lapses += DAY
    return {
        "periods": [(each.first, each.last, full.verdict(each, today).value) for each in periods],
        "current": stats.streak.current,
        "unit": (stats.streak.unit.count, stats.streak.unit.base.value),
        "longest": {(each.count, each.base.value): count for each, count in stats.streak.longest_of.items()},
        "due": [history(life, day).is_due(day) for day in around(today)],
        "target": [is_target(full, day, today) for day in around(today)],
        "at risk": stats.streak.current > 0 and full.is_at_risk(today),
        "lapses": lapses,
        "rate": success_rate(rated),
        "strength": stats.strength,
        "later": [later(life, stats, today + DAY * ahead) for ahead in AHEAD],
        "count": len(periods),
    }


def is_target(full: TrackHistory, day: date, today: date) -> bool:
    period = full.period_of(day, today)
    return period is not None and period.is_target(day)


def later(life: oracle.Life, stats: StreakStats, day: date) -> int:
    """Return the current streak as it reads later, with the recounts that are due until then."""
    while stats.recount_on is not None and stats.recount_on <= day:
        on = stats.recount_on
        full = history(life, on)
        stats = recount(full, beginning(full.plan), on)
    return 0 if stats.lapse_day is not None and stats.lapse_day < day else stats.streak.current


def lives(seed: int) -> Iterator[tuple[oracle.Life, date]]:
    """Yield a random life after each step, some of them of a zone that skips a date."""
    random = Random(seed)
    skipped = frozenset({FIRST_DAY + DAY * random.randint(3, 25)} if seed % 5 == 0 else ())
    for life, made_on in random_steps(random, is_limit=seed % 4 == 0):
        today = made_on + DAY * random.randint(0, 3)
        if today not in skipped:
            yield replace(life, skipped_dates=skipped), today


def differs(life: oracle.Life, today: date) -> bool:
    return said_by_rules(life, today) != said_by_oracle(life, today)


def test_rules_agree_with_the_oracle() -> None:
    steps = 0
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        for life, today in lives(seed):
            ours, theirs = said_by_rules(life, today), said_by_oracle(life, today)
            different = {key: (ours[key], theirs[key]) for key in ours if ours[key] != theirs[key]}
            if different:
                small = without_needless_events(life, partial(differs, today=today))
                ours, theirs = said_by_rules(small, today), said_by_oracle(small, today)
                different = {key: (ours[key], theirs[key]) for key in ours if ours[key] != theirs[key]}
                pytest.fail(
                    f"seed {seed}\n{described(small, today)}\n"
                    + "\n".join(f"{k}: ours {a}\n   oracle {b}" for k, (a, b) in different.items())
                )
            steps += 1
    print(f"{steps} states compared, seeds {FIRST_SEED} to {FIRST_SEED + SEEDS - 1}")


def approximately(share: Any) -> Any:
    return None if share is None else pytest.approx(float(share))
