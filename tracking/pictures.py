"""Pictures of a year: a heatmap of days, and the success of its weeks. Pure: facts in, geometry out.

All coordinates are text, in the units of a picture that is 360 wide, so that a phone shows them one to one. What
a picture says in words is left to tracking.picture_words.
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
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Heatmap: two bands of weeks, one below the other, as one of 53 would be too fine for a phone.
BAND = 27
PITCH, CELL = 12, 10
GRID_LEFT, GRID_TOP, BAND_HEIGHT = 31, 64, 7 * PITCH + 24

# Trend: the frame of the bars.
LEFT, RIGHT, TOP, BOTTOM = 36, 350, 56, 176
AVERAGED = 4  # weeks of the line


class Mark(StrEnum):
    """What a cell shows: a class of its colour, and for some a sign."""

    OUTSIDE = "outside"
    NOT_ASKED = "not-asked"
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
    Mark.NOT_ASKED,
    Mark.OUTSIDE,
)
PARTLY = (Mark.LITTLE, Mark.HALF, Mark.MUCH)


@dataclass(frozen=True, slots=True)
class Cell:
    """A mark with the place of its upper left corner, and its name in a legend."""

    x: str
    y: str
    mark: Mark
    name: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    x: str
    y: str
    text: str


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Days `first`..`last` of a habit; `counts`: how many have each mark."""

    name: str
    heading: str
    first: date
    last: date
    counts: Mapping[Mark, int]
    cells: Sequence[Cell]
    months: Sequence[Label]
    weekdays: Sequence[Label]
    legend: Sequence[Cell]
    height: int
    title: str = ""
    description: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """Required and completed days of the periods that ended in a week; required 0: none did."""

    first: date
    done: int
    required: int

    @property
    def rate(self) -> float | None:
        return self.done / self.required if self.required else None


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Trend:
    """The weeks of `first`..`last`; `rate` over all of them, None where nothing was to be done."""

    first: date
    last: date
    rate: float | None
    best: Week | None
    weakest: Week | None
    bars: Sequence[Bar]
    lines: Sequence[str]  # points of polylines, one for each run of weeks without a gap
    months: Sequence[Label]
    levels: Sequence[Label]
    title: str = ""
    description: str = ""
    summary: str = ""


def first_day_shown(today: date) -> date:
    """The Monday with which the year up to today begins."""
    return monday(today) - WEEK * (WEEKS - 1)


def monday(day: date) -> date:
    return day - DAY * day.weekday()


def mark_of_share(share: float) -> Mark:
    """The mark of a day on which something was done: its amount ÷ the daily amount."""
    if share >= 1:
        return Mark.FULL
    return Mark.MUCH if share > 2 / 3 else Mark.HALF if share >= 1 / 3 else Mark.LITTLE


def heatmap(name: str, marks: Mapping[date, Mark], *, today: date) -> Heatmap:
    """The year up to today of a habit called `name`; days that `marks` leaves out lie outside of the track."""
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
            Label(str(GRID_LEFT - 5), str(_band_top(band) + PITCH * row + 9), text)
            for band in (0, 1)
            for row, text in ((0, "Mon"), (2, "Wed"), (4, "Fri"), (6, "Sun"))
        ],
        legend=[
            Cell(str(GRID_LEFT + 82 * (at % 4)), str(_band_top(2) - 10 + 16 * (at // 4)), mark)
            for at, mark in enumerate(LEGEND)
        ],
        height=_band_top(2) - 10 + 16 * 3 + 8,
    )


def trend(weeks: Sequence[Week], *, first: date, today: date) -> Trend:
    """The success of each week (Monday to Sunday) from `first` to today, in order."""
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
        levels=[Label(str(LEFT - 5), number(_level(rate)), percent(rate)) for rate in (0.0, 0.5, 1.0)],
    )


def printable(text: str) -> str:
    """The text without what XML cannot hold, on one line."""
    kept = "".join(" " if unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"} else each for each in text)
    return " ".join("".join(each for each in kept if each not in "\ufffe\uffff").split())


def shortened(text: str, most: int) -> str:
    """The text in at most so many columns; wide characters take two."""
    columns = 0
    for at, each in enumerate(text):
        columns += 2 if unicodedata.east_asian_width(each) in "WF" else 1
        if columns > most:
            return text[: max(0, at - 1)].rstrip() + "…"
    return text


def percent(rate: float) -> str:
    return f"{round(rate * 100)}%"


def number(value: float) -> str:
    """A coordinate, the same in every language."""
    return f"{round(value, 2):g}"


def _band_top(band: int) -> int:
    return GRID_TOP + BAND_HEIGHT * band


def _cell(day: date, first: date, mark: Mark) -> Cell:
    x, top = _column((day - first).days // 7)
    return Cell(str(x), str(top + PITCH * day.weekday()), mark)


def _column(week: int) -> tuple[int, int]:
    """Left edge and top of a week's column."""
    band, column = divmod(week, BAND)
    return GRID_LEFT + PITCH * column, _band_top(band)


def _months_of_bands(first: date, today: date) -> list[Label]:
    """The name of each month above the column in which it begins, and at the head of each band."""
    labels: list[Label] = []
    for week in range(WEEKS):
        last = min(first + WEEK * week + DAY * 6, today)
        x, top = _column(week)
        begins = last.day <= 7
        heads = week % BAND == 0 and last.day <= 15  # later, the next name would run into it
        if (begins or heads) and week % BAND < BAND - 1:
            labels.append(Label(str(x), str(top - 5), MONTHS[last.month - 1]))
    return labels


def _level(rate: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * rate


def _bar(left: float, pitch: float, rate: float) -> Bar:
    width = min(28.0, pitch * 0.7)
    height = max(1.5, (BOTTOM - TOP) * rate)  # a week of nothing is seen to be one
    return Bar(number(left + (pitch - width) / 2), number(BOTTOM - height), number(width), number(height))


def _averages(weeks: Sequence[Week], pitch: float) -> list[str]:
    """The success over the last AVERAGED weeks at each week; the line breaks where a week has none."""
    lines: list[list[str]] = [[]]
    for at, week in enumerate(weeks):
        if week.rate is None:
            lines.append([])
            continue
        last = weeks[max(0, at - AVERAGED + 1) : at + 1]
        rate = sum(each.done for each in last) / sum(each.required for each in last)
        lines[-1].append(f"{number(LEFT + pitch * (at + 0.5))},{number(_level(rate))}")
    return [" ".join(points) for points in lines if len(points) > 1]


def _months_below(weeks: Sequence[Week], pitch: float) -> list[Label]:
    """The months below the weeks in which they begin, every other one where they are narrow; else the weeks."""
    labels = []
    for at, week in enumerate(weeks):
        sunday = week.first + DAY * 6
        x = number(LEFT + pitch * (at + 0.5))
        if pitch > 40:
            labels.append(Label(x, str(BOTTOM + 15), f"{week.first.day} {MONTHS[week.first.month - 1]}"))
        elif sunday.day <= 7 and sunday.month % 2:
            labels.append(Label(x, str(BOTTOM + 15), MONTHS[sunday.month - 1]))
    return labels
