"""The verdict of a period: kept, open, excused or broken."""

from datetime import date

from tests.oracle.dates import days
from tests.oracle.life import Life, Record, record
from tests.oracle.period import Period, completed_days, is_kept, required_now
from tests.oracle.periods import periods


def verdict(life: Life, period: Period, today: date) -> str:
    """Return what the period is today."""
    kept = record(life)
    return limit_verdict(kept, period, today) if life.is_limit else target_verdict(kept, period, today)


def target_verdict(kept: Record, period: Period, today: date) -> str:
    """Return the verdict of a period of an at_least habit."""
    if is_kept(kept, period, today):
        return "kept"
    if today <= period.last:
        return "open"
    if is_excused(kept, period, today):
        return "excused"
    if period.ended_by is not None:
        return "broken" if could_no_longer_be_kept(kept, period, today) else "excused"
    return "broken"


def is_excused(kept: Record, period: Period, today: date) -> bool:
    """Return whether any rule excuses a period that was not kept; a short first period is "else *excused*"."""
    return (
        period.is_short_first
        or period.cut_by_bounds
        or period.was_cut_by_end
        or all_targets_are_paused(period)
        or too_few_were_left(kept, period, today)
        or pause_lasts_to_its_end(kept, period, today)
    )


def all_targets_are_paused(period: Period) -> bool:
    """Return whether "all its target days are paused"."""
    return all(day in period.paused for day in period.targets)


def too_few_were_left(kept: Record, period: Period, today: date) -> bool:
    """Return whether skips left too little.

    "Fewer target days neither skipped nor paused were left than required′ would be with skipped days as not paused (a
    completed day is not skipped; of a window: a skip on any day)."
    """
    skipped = frozenset(day for day in days(period.first, period.last) if kept.is_skipped(day, today))
    if period.is_window:
        return bool(skipped)
    left = [day for day in period.targets if day not in skipped and day not in period.paused]
    return len(left) < required_now(period, not_counted_as_paused=skipped)


def pause_lasts_to_its_end(kept: Record, period: Period, today: date) -> bool:
    """Return whether "a pause lasts to its end on whose first day the full required could still have been reached"."""
    paused_since = None
    for day in sorted(days(period.first, period.last), reverse=True):
        if kept.exists(day):
            if day not in period.paused:
                break
            paused_since = day
    if paused_since is None:
        return False
    done_before = sum(day < paused_since for day in completed_days(kept, period, today))
    return done_before + sum(day >= paused_since for day in period.targets) >= period.required


def could_no_longer_be_kept(kept: Record, period: Period, today: date) -> bool:
    """Return whether "done + target days left from E on < required" when a version ended the period on E."""
    assert period.ended_by is not None
    left = sum(day >= period.ended_by for day in period.targets)
    return len(completed_days(kept, period, today)) + left < required_now(period)


def limit_verdict(kept: Record, period: Period, today: date) -> str:
    """Return the verdict of a period of a limit habit.

    "*broken* as soon as the period's amounts exceed the limit; *open* until its last day is over; then *excused* where
    it was cut or each of its days is skipped or paused, else *kept*."
    """
    assert period.limit is not None
    its_days = list(days(period.first, period.last))
    if sum(kept.counted_amount(day, today) for day in its_days) > period.limit:
        return "broken"
    if today <= period.last:
        return "open"
    was_cut = period.is_short_first or period.ended_by is not None or period.cut_by_bounds or period.was_cut_by_end
    if was_cut or all(kept.is_skipped(day, today) or day in period.paused for day in its_days if kept.exists(day)):
        return "excused"
    return "kept"


def verdicts(life: Life, today: date) -> list[tuple[Period, str]]:
    """Return the periods that have begun by today, in order, each with its verdict."""
    return [(period, verdict(life, period, today)) for period in periods(life, today)]
