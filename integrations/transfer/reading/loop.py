"""What all forms of Loop Habit Tracker's files share. Pure."""

from decimal import Decimal
from fractions import Fraction

from habits.recurrence import Schedule
from integrations.transfer.reading import frequencies
from integrations.transfer.reading.collecting import HabitDraft, MarkKind

THOUSANDTH = Decimal("0.001")
UNKNOWN, NO, YES_AUTO, YES_MANUAL, SKIP = -1, 0, 1, 2, 3
WORDS = {"UNKNOWN": UNKNOWN, "NO": NO, "YES_AUTO": YES_AUTO, "YES_MANUAL": YES_MANUAL, "SKIP": SKIP}
COLOURS = [
    "#D32F2F",
    "#E64A19",
    "#F57C00",
    "#FF8F00",
    "#F9A825",
    "#AFB42B",
    "#7CB342",
    "#388E3C",
    "#00897B",
    "#00ACC1",
    "#039BE5",
    "#1976D2",
    "#303F9F",
    "#5E35B1",
    "#8E24AA",
    "#D81B60",
    "#5D4037",
    "#303030",
    "#757575",
    "#aaaaaa",
]


def yes_or_no(value: int) -> MarkKind | None:
    """Return what a mark of a habit to be done or not says; None for a value that there is not.

    YES_AUTO is computed by the app, and says nothing.
    """
    meanings = {
        UNKNOWN: MarkKind.NOTHING,
        NO: MarkKind.MISSED,
        YES_AUTO: MarkKind.NOTHING,
        YES_MANUAL: MarkKind.DONE,
        SKIP: MarkKind.SKIPPED,
    }
    return meanings.get(value)


def numerical(value: int) -> tuple[MarkKind, Decimal | None] | None:
    """Return what a mark of a habit with amounts says: amounts are in thousandths, but for these words."""
    if value == UNKNOWN:
        return MarkKind.NOTHING, None
    if value == SKIP:
        return MarkKind.SKIPPED, None
    if value == NO:
        return MarkKind.MISSED, None
    return (MarkKind.AMOUNT, value * THOUSANDTH) if value > 0 else None


def propose(draft: HabitDraft, *, num: int, den: int, target: Decimal | None, is_limit: bool) -> None:
    """Give the habit its schedule. `target`: of a habit with amounts; it is for the whole period."""
    if is_limit:
        frequency, factor, notices = frequencies.limit_period(den)
        draft.notices |= notices
        whole = Fraction(target or 0) * factor
        draft.limit_to(Decimal(whole.numerator) / whole.denominator, Schedule(frequency))
        return
    draft.propose(frequencies.times_in_days(num, den, max_gap_days=draft.collector.reading.max_gap_days))
    if target is not None:
        draft.aim_at(target)
        if den > 1:
            draft.notices.add("total_of_a_period")
