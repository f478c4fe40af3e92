"""Layout of the heatmap and of the weekly trend. Pure functions: data in, coordinates out.

All coordinates are numbers, in units of a picture that is 360 wide, so that a phone shows it without scaling. Months
and weekdays are numbers as well: tracking.pictures.words adds the texts.
"""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from habits.recurrence import DAY

WIDTH = 360
WEEK = timedelta(days=7)
WEEKS = 53

# Heatmap: two bands of weeks, one below the other. A single band of 53 weeks would be too small on a phone.
BAND = 27
PITCH, CELL = 12, 10
GRID_LEFT, GRID_TOP, BAND_HEIGHT = 31, 64, 7 * PITCH + 24

# Trend: the edges of the chart area.
LEFT, RIGHT, TOP, BOTTOM = 36, 350, 56, 176
AVERAGE_WEEKS = 4  # the line shows the average of this many weeks


class Mark(StrEnum):
    """The state of a day in the heatmap. The value is the CSS class; some marks also have a symbol."""

    OUTSIDE = "outside"
    NOT_DUE = "not-due"
    NOTHING = "nothing"
    MISSED = "missed"
    SKIPPED = "skipped"
    PAUSED = "paused"
    LITTLE = "little"
    HALF = "half"
    MUCH = "much"
    FULL = "full"


LEGEND = (
    Mark.LITTLE,
    Mark.HALF,
    Mark.MUCH,
    Mark.FULL,
    Mark.NOTHING,
    Mark.MISSED,
    Mark.SKIPPED,
    Mark.PAUSED,
    Mark.NOT_DUE,
    Mark.OUTSIDE,
)
PARTIAL_MARKS = (Mark.LITTLE, Mark.HALF, Mark.MUCH)


@dataclass(frozen=True, slots=True)
class Cell:
    """A mark with the position of its upper left corner, and its name in the legend."""

    x: int
    y: int
    mark: Mark
    name: str = ""


# A point of a line: x, y.
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    y: float
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthLabel(Label):
    """The label of a month (1 to 12), or of a day of it."""

    month: int
    day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekdayLabel(Label):
    """The label of a weekday (0 is Monday)."""

    weekday: int


@dataclass(frozen=True, slots=True)
class Heatmap:
    """The heatmap of a habit for the days `first`..`last`. `counts`: number of days per mark.

    `is_limit`: of a limit habit, whose marks mean how little of the limit was used (mark_of_limit).
    """

    name: str
    heading: str
    first: date
    last: date
    counts: Mapping[Mark, int]
    cells: Sequence[Cell]
    months: Sequence[MonthLabel]
    weekdays: Sequence[WeekdayLabel]
    legend: Sequence[Cell]
    height: int
    is_limit: bool = False
    title: str = ""
    description: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """Required and completed days of the periods that ended in a week; `required` is 0 if none did."""

    first: date
    done: int
    required: int

    @property
    def rate(self) -> float | None:
        return self.done / self.required if self.required else None


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Trend:
    """The weekly success in `first`..`last`. `rate`: over all weeks, None if nothing was required."""

    first: date
    last: date
    rate: float | None
    best: Week | None
    weakest: Week | None
    bars: Sequence[Bar]
    lines: Sequence[Sequence[Point]]  # a week without a rate starts a new line
    months: Sequence[MonthLabel]
    levels: Sequence[Label]
    title: str = ""
    description: str = ""
    summary: str = ""


def first_day_shown(today: date) -> date:
    """Return the Monday with which the year up to today begins."""
    return monday(today) - WEEK * (WEEKS - 1)


def monday(day: date) -> date:
    """Return the Monday of the day's week."""
    return day - DAY * day.weekday()


def mark_of_share(share: float) -> Mark:
    """Return the mark of a day by its share: amount ÷ daily amount."""
    if share >= 1:
        return Mark.FULL
    return Mark.MUCH if share > 2 / 3 else Mark.HALF if share >= 1 / 3 else Mark.LITTLE


def mark_of_limit(share: float, *, is_exceeded: bool) -> Mark:
    """Return the mark of a day of a limit habit by its share: amount ÷ limit of the period. The less, the better.

    `is_exceeded`: the limit of its period is; then each day on which something happened is marked as missed.
    """
    if not share:
        return Mark.FULL
    if is_exceeded:
        return Mark.MISSED
    return Mark.MUCH if share < 1 / 3 else Mark.HALF if share <= 2 / 3 else Mark.LITTLE


def heatmap(name: str, marks: Mapping[date, Mark], *, today: date, is_limit: bool = False) -> Heatmap:
    """Return the heatmap of the year up to today. Days that are not in `marks` are outside the track."""
    name = printable(name)
    first = first_day_shown(today)
    days = [first + DAY * back for back in range((today - first).days + 1)]
    cells = [_cell(day, first, marks.get(day, Mark.OUTSIDE)) for day in days]
    return Heatmap(
        name=name,
        heading=shortened(name, 44),
        first=first,
        last=today,
        counts=Counter(cell.mark for cell in cells),
        cells=cells,
        months=_months_of_bands(first, today),
        weekdays=[
            WeekdayLabel(GRID_LEFT - 5, _band_top(band) + PITCH * weekday + 9, weekday=weekday)
            for band in (0, 1)
            for weekday in (0, 2, 4, 6)
        ],
        legend=[
            Cell(GRID_LEFT + 82 * (at % 4), _band_top(2) - 10 + 16 * (at // 4), mark) for at, mark in enumerate(LEGEND)
        ],
        height=_band_top(2) - 10 + 16 * 3 + 8,
        is_limit=is_limit,
    )


def trend(weeks: Sequence[Week], *, first: date, today: date) -> Trend:
    """Return the trend of `weeks` (Monday to Sunday), which are in order from `first` to today."""
    pitch = (RIGHT - LEFT) / max(1, len(weeks))
    required, done = sum(week.required for week in weeks), sum(week.done for week in weeks)
    rated = sorted((week for week in weeks if week.required), key=lambda week: (week.done / week.required, week.first))
    return Trend(
        first=first,
        last=today,
        rate=done / required if required else None,
        best=rated[-1] if rated else None,
        weakest=rated[0] if rated else None,
        bars=[_bar(LEFT + pitch * at, pitch, week.rate) for at, week in enumerate(weeks) if week.rate is not None],
        lines=_averages(weeks, pitch),
        months=_months_below(weeks, pitch),
        levels=[Label(LEFT - 5, _rounded(_level(rate)), percent(rate)) for rate in (0.0, 0.5, 1.0)],
    )


def printable(text: str) -> str:
    """Return the text on one line, without characters that XML does not allow."""
    kept = "".join(" " if unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"} else each for each in text)
    return " ".join("".join(each for each in kept if each not in "\ufffe\uffff").split())


def shortened(text: str, max_columns: int) -> str:
    """Return the text cut to at most `max_columns` columns. Wide (East Asian) characters take two."""
    columns = 0
    for at, each in enumerate(text):
        columns += 2 if unicodedata.east_asian_width(each) in "WF" else 1
        if columns > max_columns:
            return text[: max(0, at - 1)].rstrip() + "…"
    return text


def percent(rate: float) -> str:
    """Return a rate from 0 to 1 as a percentage: "83%"."""
    return f"{round(rate * 100)}%"


def _rounded(value: float) -> float:
    """Return a coordinate with the precision of a picture."""
    return round(value, 2)


def _band_top(band: int) -> int:
    return GRID_TOP + BAND_HEIGHT * band


def _cell(day: date, first: date, mark: Mark) -> Cell:
    x, top = _column((day - first).days // 7)
    return Cell(x, top + PITCH * day.weekday(), mark)


def _column(week: int) -> tuple[int, int]:
    """Return left edge and top of a week's column."""
    band, column = divmod(week, BAND)
    return GRID_LEFT + PITCH * column, _band_top(band)


def _months_of_bands(first: date, today: date) -> list[MonthLabel]:
    """Return the month labels above the columns in which a month begins, and at the start of each band."""
    labels: list[MonthLabel] = []
    for week in range(WEEKS):
        last = min(first + WEEK * week + DAY * 6, today)
        x, top = _column(week)
        begins_month = last.day <= 7
        starts_band = week % BAND == 0 and last.day <= 15  # after the 15th, the next month label would overlap
        if (begins_month or starts_band) and week % BAND < BAND - 1:
            labels.append(MonthLabel(x, top - 5, month=last.month))
    return labels


def _level(rate: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * rate


def _bar(left: float, pitch: float, rate: float) -> Bar:
    width = min(28.0, pitch * 0.7)
    height = max(1.5, (BOTTOM - TOP) * rate)  # keep a bar for 0% visible
    return Bar(*(_rounded(each) for each in (left + (pitch - width) / 2, BOTTOM - height, width, height)))


def _averages(weeks: Sequence[Week], pitch: float) -> list[list[Point]]:
    """Return the points of the average over AVERAGE_WEEKS weeks. A week without a rate interrupts the line."""
    lines: list[list[Point]] = [[]]
    for at, week in enumerate(weeks):
        if week.rate is None:
            lines.append([])
            continue
        last = weeks[max(0, at - AVERAGE_WEEKS + 1) : at + 1]
        rate = sum(each.done for each in last) / sum(each.required for each in last)
        lines[-1].append((_rounded(LEFT + pitch * (at + 0.5)), _rounded(_level(rate))))
    return [points for points in lines if len(points) > 1]


def _months_below(weeks: Sequence[Week], pitch: float) -> list[MonthLabel]:
    """Return labels below the bars: the date of each week if bars are wide, otherwise every other month."""
    labels = []
    for at, week in enumerate(weeks):
        sunday = week.first + DAY * 6
        x = _rounded(LEFT + pitch * (at + 0.5))
        if pitch > 40:
            labels.append(MonthLabel(x, BOTTOM + 15, month=week.first.month, day=week.first.day))
        elif sunday.day <= 7 and sunday.month % 2:
            labels.append(MonthLabel(x, BOTTOM + 15, month=sunday.month))
    return labels
