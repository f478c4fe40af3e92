"""Units of streaks as values. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class UnitBase(StrEnum):
    """The calendar unit of which a streak unit is a multiple."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    @property
    def days(self) -> int:
        """Return the approximate length in days."""
        return {"day": 1, "week": 7, "month": 30, "year": 365}[self]

    @property
    def max_days(self) -> int:
        """Return the greatest length in days."""
        return {"day": 1, "week": 7, "month": 31, "year": 366}[self]


@dataclass(frozen=True, slots=True)
class StreakUnit:
    """The unit in which a streak is counted, which is the length of a period: `count` times `base`.

    As text, in the database and the API: "day", "3 days", "week".
    """

    count: int
    base: UnitBase

    @classmethod
    def parse(cls, text: str) -> "StreakUnit":
        """Return the unit that `str` wrote as `text`. Raises ValueError for any other text."""
        count, is_multiple, base = text.rpartition(" ")
        unit = cls(int(count), UnitBase(base.removesuffix("s"))) if is_multiple else cls(1, UnitBase(text))
        if str(unit) != text:
            raise ValueError(f"{text!r} is not a streak unit")
        return unit

    def __str__(self) -> str:
        return self.base.value if self.count == 1 else f"{self.count} {self.base.value}s"

    @property
    def days(self) -> int:
        """Return the approximate length in days, to compare streaks of different units."""
        return self.count * self.base.days


EACH_DAY = StreakUnit(1, UnitBase.DAY)
