"""What a day asks: its period, whether it is a target day, and whether it is due."""

from datetime import date, timedelta

from tests.oracle.dates import days
from tests.oracle.life import Life, Record, record
from tests.oracle.period import Period, is_kept
from tests.oracle.periods import periods


def period_on(life: Life, day: date, today: date) -> Period | None:
    """Return the period that holds the day, or None where it belongs to no period."""
    if not record(life).exists(day):
        return None
    for period in periods(life, today, max(day, today)):
        if period.first <= day <= period.last:
            return period
    return None


def is_target_day(life: Life, day: date, today: date) -> bool:
    """Return whether the day is a target day of a period of the track."""
    period = period_on(life, day, today)
    return period is not None and day in period.targets


def day_state(life: Life, day: date, today: date) -> str | None:
    """Return "*completed*, *partial* (less), *skipped*, *missed*, or no entry" (None); of a limit habit "*counted*"."""
    kept = record(life)
    entry = kept.entry(day, today)
    if entry is None:
        return None
    if entry.kind != "done":
        return entry.kind
    if life.is_limit:
        return "counted"
    return "completed" if kept.is_completed(day, today) else "partial"


def is_due(life: Life, day: date, today: date) -> bool:
    """Return whether the day is due.

    "The track is active and not paused, d is a target day without a completed, skipped or missed entry, and its period
    is not kept; of a window besides: nothing in it is skipped, and d ≥ max(f, min(l, last completed day + n))." A limit
    habit "is never due".
    """
    kept = record(life)
    period = period_on(life, day, today)
    if life.is_limit or period is None or day not in period.targets or kept.is_paused(day):
        return False
    entry = kept.entry(day, today)
    if kept.is_completed(day, today) or (entry is not None and entry.kind in {"skipped", "missed"}):
        return False
    if is_kept(kept, period, today):
        return False
    if period.is_window:
        if any(kept.is_skipped(each, today) for each in days(period.first, period.last)):
            return False
        return day >= asked_from(kept, period, day, today)
    return True


def asked_from(kept: Record, period: Period, day: date, today: date) -> date:
    """Return the day from which a window asks: "max(f, min(l, last completed day + n))"."""
    done = [each for each in kept.logs if kept.track_first(today) <= each < day and kept.is_completed(each, today)]
    if not done:
        return period.first
    return max(period.first, min(period.last, max(done) + timedelta(days=period.unit.count)))
