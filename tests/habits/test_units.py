"""Units of streaks as values, and their text in the database and the API."""

import pytest

from habits.units import StreakUnit, UnitBase


@pytest.mark.parametrize(
    ("unit", "text", "days"),
    [
        (StreakUnit(1, UnitBase.DAY), "day", 1),
        (StreakUnit(2, UnitBase.DAY), "2 days", 2),
        (StreakUnit(7, UnitBase.DAY), "7 days", 7),
        (StreakUnit(1, UnitBase.WEEK), "week", 7),
        (StreakUnit(3, UnitBase.WEEK), "3 weeks", 21),
        (StreakUnit(1, UnitBase.MONTH), "month", 30),
        (StreakUnit(1, UnitBase.YEAR), "year", 365),
    ],
)
def test_a_unit_is_written_as_text_and_read_back(unit: StreakUnit, text: str, days: int) -> None:
    assert (str(unit), StreakUnit.parse(text), unit.days) == (text, unit, days)


@pytest.mark.parametrize("text", ["", "days", "1 day", "3 day", "3", "x days", "3  days", "fortnight", "day "])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        StreakUnit.parse(text)
