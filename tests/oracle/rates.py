"""Success rate and strength."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import sqrt

from tests.oracle.dates import days
from tests.oracle.life import Life, Record, record
from tests.oracle.period import completed_days, required_now
from tests.oracle.schedules import Schedule, times
from tests.oracle.verdicts import verdicts

Rate = tuple[int, int]


def success_rate(life: Life, first: date, last: date, today: date) -> Fraction | None:
    """Return the success rate over a range.

    "Σ min(completed, required′) ÷ Σ required′ over the kept and broken periods whose last day lies in it (of a limit
    habit: 1 of 1 or 0 of 1); null when there is none."
    """
    kept = record(life)
    completed = required = 0
    for period, its_verdict in verdicts(life, today):
        if its_verdict not in {"kept", "broken"} or not first <= period.last <= last:
            continue
        asked = 1 if life.is_limit else required_now(period)
        done = int(its_verdict == "kept") if life.is_limit else len(completed_days(kept, period, today))
        completed += min(done, asked)
        required += asked
    return Fraction(completed, required) if required else None


def rate_of(schedule: Schedule, *, is_limit: bool = False, max_gap: int = 7) -> Rate:
    """Return num/den of a version.

    "1/1 daily, k/7 for k weekdays in every frequency whose times asks for at least as many days, 1/n for windows, else
    times/7, times/30, times/365 (1/1 where that is 1)." Of a limit habit "num/den of its period".
    """
    frequency = schedule.frequency
    length = {"daily": 1, "weekly": 7, "monthly": 30, "yearly": 365}[frequency]
    if is_limit:
        return 1, length
    k = len(schedule.weekdays)
    if frequency == "daily":
        return (k, 7) if k else (1, schedule.interval)
    asked = times(schedule, max_gap)
    if k and Fraction(asked, length) >= Fraction(k, 7):
        return k, 7
    return (1, 1) if asked == length else (asked, length)


def multiplier(rate: Rate) -> float:
    """Return "m = 0.5^(√(num/den)/13)"."""
    num, den = rate
    return float(0.5 ** (sqrt(num / den) / 13))


def doubled(rate: Rate) -> Rate:
    """Return num/den with which a target is averaged: "if num < den both are doubled"."""
    num, den = rate
    return (2 * num, 2 * den) if num < den else rate


def target_value(rate: Rate, values: Sequence[Fraction]) -> Fraction:
    """Return "min(1, Σ v over the last den days ÷ num)"; the values end with the day's own."""
    num, den = doubled(rate)
    return min(Fraction(1), sum(values[-den:], Fraction(0)) / num)


def limit_value(rate: Rate, limit: Fraction, amounts: Sequence[Fraction]) -> Fraction:
    """Return "clamp(2 − Σ amounts ÷ limit, 0, 1) (limit 0: 1 while the sum is 0, else 0)" over the last den days."""
    total = sum(amounts[-rate[1] :], Fraction(0))
    if limit == 0:
        return Fraction(int(total == 0))
    return min(Fraction(1), max(Fraction(0), 2 - total / limit))


def next_strength(previous: float, rate: Rate, value: Fraction) -> float:
    """Return "previous·m + value·(1−m)"."""
    m = multiplier(rate)
    return previous * m + float(value) * (1 - m)


def day_value(kept: Record, day: date, today: date) -> Fraction:
    """Return "day value v = min(1, amount ÷ daily_amount)"; only what is done has one."""
    entry = kept.entry(day, today)
    if entry is None or entry.kind != "done":
        return Fraction(0)
    if entry.amount is None:
        return Fraction(1)
    return min(Fraction(1), entry.amount / kept.version_on(day).daily_amount)


def strength(life: Life, today: date) -> float:
    """Return the strength today: "over the days of the track", "each day by the version in force, today included".

    "A skipped or paused day carries the previous. Starts at 0"; of a limit habit "starts at 1".
    """
    kept = record(life)
    now = 1.0 if life.is_limit else 0.0
    begin = kept.track_first(today)
    for day in days(begin, min(today, kept.end_date or today)):
        if not kept.exists(day) or kept.is_skipped(day, today) or kept.is_paused(day):
            continue
        version = kept.version_on(day)
        rate = rate_of(version, is_limit=life.is_limit, max_gap=life.max_gap)
        window = [each for each in days(day - timedelta(days=2 * rate[1]), day) if each >= begin]
        if life.is_limit:
            assert version.limit_per_period is not None
            value = limit_value(rate, version.limit_per_period, [kept.counted_amount(each, today) for each in window])
        else:
            value = target_value(rate, [day_value(kept, each, today) for each in window])
        now = next_strength(now, rate, value)
    return now
