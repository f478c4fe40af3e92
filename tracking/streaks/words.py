"""Lengths of streaks in words, in the active language."""

from django.utils.translation import ngettext

from habits.units import StreakUnit, UnitBase


def format_streak(count: int, unit: StreakUnit) -> str:
    """Return the length of a streak in its unit: "3 days", "2 weeks", "4 × 3 days"."""
    if unit.count == 1:
        return counted_units(count, unit.base)
    return f"{count} × {counted_units(unit.count, unit.base)}"


def counted_units(count: int, base: UnitBase) -> str:
    """Return a number of calendar units: "3 days"."""
    names = {
        UnitBase.DAY: ngettext("%(count)d day", "%(count)d days", count),
        UnitBase.WEEK: ngettext("%(count)d week", "%(count)d weeks", count),
        UnitBase.MONTH: ngettext("%(count)d month", "%(count)d months", count),
        UnitBase.YEAR: ngettext("%(count)d year", "%(count)d years", count),
    }
    return names[base] % {"count": count}
