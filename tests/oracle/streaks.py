"""Streaks: the current one, the longest of each unit, when they change by time alone, and when one is at risk."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tests.oracle.dates import day_after, days
from tests.oracle.days import period_on
from tests.oracle.life import DONE, Life, record
from tests.oracle.period import Period
from tests.oracle.schedules import StreakUnit
from tests.oracle.segments import segment_on, segments
from tests.oracle.verdicts import verdict, verdicts


@dataclass(frozen=True)
class Streak:
    """A number of kept periods and their unit."""

    count: int
    unit: StreakUnit


def runs(life: Life, today: date) -> list[list[tuple[Period, str]]]:
    """Return the periods with verdicts, one list for each stretch of time with one unit, up to today's stretch.

    A change of unit starts the current one again "with the new unit's first period": the unit changes with the segment, from the day of the cut on.
    """
    kept = record(life)
    stretch_of: list[int] = []
    units = [each.unit for each in segments(kept)[: segment_on(kept, today) + 1]]
    for number, unit in enumerate(units):
        stretch_of.append(stretch_of[-1] + (unit != units[number - 1]) if number else 0)
    found: list[list[tuple[Period, str]]] = [[] for _ in range(stretch_of[-1] + 1)]
    for period, its_verdict in verdicts(life, today):
        found[stretch_of[period.segment]].append((period, its_verdict))
    return found


def current_streak(life: Life, today: date) -> Streak:
    """Return the current streak.

    "Kept periods since the last broken one; excused periods are [left out], an open one does not break." "From a cut on
    the streak is that of the new unit, 0 until a period of it is kept."
    """
    count = 0
    for _, its_verdict in runs(life, today)[-1]:
        if its_verdict == "kept":
            count += 1
        elif its_verdict == "broken":
            count = 0
    kept = record(life)
    return Streak(count, segments(kept)[segment_on(kept, today)].unit)


def longest_streaks(life: Life, today: date) -> dict[StreakUnit, int]:
    """Return "the longest such run", "kept for each unit"; units without a kept period are left out."""
    longest: dict[StreakUnit, int] = {}
    for stretch in runs(life, today):
        count = 0
        for period, its_verdict in stretch:
            if its_verdict == "kept":
                count += 1
                longest[period.unit] = max(longest.get(period.unit, 0), count)
            elif its_verdict == "broken":
                count = 0
    return longest


def days_to_come(life: Life, today: date) -> Iterator[date]:
    """Yield the local days after today, until nothing known can change a verdict any more."""
    kept = record(life)
    known = [today, *kept.logs, *(each.start for each in segments(kept) if each.start)]
    known += [day for pause in kept.pauses for day in pause if day]
    known += [day for day in (kept.start_date, kept.end_date, life.track_started) if day]
    lengths = {"day": 7, "week": 7, "month": 31, "year": 366}
    longest = max(lengths[each.unit.base] for each in segments(kept))
    last = max(known) + timedelta(days=2 * longest + 1)
    yield from (day for day in days(day_after(today), last) if kept.exists(day))


def lapse_day(life: Life, today: date) -> date | None:
    """Return the first local day on which, "with nothing more done, the current streak reads 0"; known pauses count.

    None where it reads 0 already, or never will.
    """
    if current_streak(life, today).count == 0:
        return None
    return next((day for day in days_to_come(life, today) if current_streak(life, day).count == 0), None)


def recount_day(life: Life, today: date) -> date | None:
    """Return the next day on which "time alone changes them otherwise" than by the lapse."""
    lapses = lapse_day(life, today)
    now = current_streak(life, today)
    longest = longest_streaks(life, today)
    for day in days_to_come(life, today):
        count = 0 if lapses is not None and day >= lapses else now.count
        if current_streak(life, day) != Streak(count, now.unit) or longest_streaks(life, day) != longest:
            return day
    return None


def is_at_risk(life: Life, today: date) -> bool:
    """Return whether today puts the streak at risk.

    "A streak that is not lost yet and lapses unless today's target is completed (of a window: on its last day)."
    """
    kept = record(life)
    period = period_on(life, today, today)
    if life.is_limit or period is None or current_streak(life, today).count == 0:
        return False
    if today not in period.targets or today in period.paused or kept.is_completed(today, today):
        return False
    if verdict(life, period, today) != "open":
        return False
    later = [day for day in period.targets if today < day <= period.last and day not in period.paused]
    without = life.log_all(*later)
    done_today = life.log(today, DONE).log_all(*later)
    over = day_after(period.last)
    return verdict(without, period, over) == "broken" and verdict(done_today, period, over) != "broken"
