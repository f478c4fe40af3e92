"""Habitica's history as CSV. Its values are a running score of each task, not amounts. Pure.

A *daily* that falls was missed on the day before, because that row is written by the next day's first visit. A *habit*
with one button is halved every night, so that a plus may stand lower and a minus higher than the row before.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from integrations.transfer.reading import frequencies
from integrations.transfer.reading.collecting import Collector, HabitDraft, MarkKind
from integrations.transfer.reading.numbers import decimal
from integrations.transfer.reading.tables import table_of
from integrations.transfer.reading.texts import title
from integrations.transfer.reading.values import ImportedFile, Reading

HEADER = ("Task Name", "Task ID", "Task Type", "Date", "Value")
DECAY = 0.9747  # a click changes the score s by DECAY ** s
TOLERANCE = 0.001
MAX_SCORE = 1000.0
Entry = tuple[datetime, float]


def is_history(header: list[str]) -> bool:
    """Return whether the header is that of Habitica's history."""
    return set(HEADER) <= set(header)


def read(content: bytes, reading: Reading) -> ImportedFile:
    """Return what the file has. Its times have no zone: they are taken as UTC and brought to the person's zone."""
    collector = Collector(source="habitica_csv", reading=reading, notices={"times_taken_as_utc"})
    table = table_of(content, collector)
    name_at, id_at, type_at, date_at, value_at = (table.columns[name] for name in HEADER)
    drafts: dict[str, tuple[HabitDraft, bool, list[Entry]]] = {}
    for row in table.rows:
        task = row.cell(id_at)
        if task not in drafts:
            draft = collector.habit(title(row.cell(name_at)) or task, where=f"line {row.line}", key=task)
            if draft is None:
                continue
            draft.propose(frequencies.unknown())
            drafts[task] = draft, row.cell(type_at) == "daily", []
        try:
            at = datetime.strptime(row.cell(date_at), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        except ValueError:
            collector.skip(f"line {row.line}", "not_a_day")
            continue
        value = decimal(row.cell(value_at))
        if value is None or abs(value) > MAX_SCORE:
            collector.skip(f"line {row.line}", "unknown_value")
            continue
        drafts[task][2].append((at, float(value)))
    for draft, is_daily, entries in drafts.values():
        entries.sort(key=lambda entry: entry[0])
        _mark(draft, is_daily, entries, reading)
    return collector.finish()


def _mark(draft: HabitDraft, is_daily: bool, entries: Iterable[Entry], reading: Reading) -> None:
    before = 0.0
    for at, value in entries:
        day = at.astimezone(reading.zone).date()
        said = _of_daily(before, value) if is_daily else _of_habit(before, value)
        if said is MarkKind.MISSED and is_daily:
            day = _day_before(day)
        if said:
            draft.mark(day, said)
        before = value


def _of_daily(before: float, value: float) -> MarkKind:
    if value == before:
        return MarkKind.NOTHING
    return MarkKind.DONE if value > before else MarkKind.MISSED


def _of_habit(before: float, value: float) -> MarkKind:
    if value == before:
        return MarkKind.NOTHING
    if value > before:
        is_minus = value < 0 and not _is_step(before, value)
        return MarkKind.MISSED if is_minus else MarkKind.DONE
    is_plus = value > 0 and not _is_step(value, before)
    return MarkKind.DONE if is_plus else MarkKind.MISSED


def _is_step(low: float, high: float) -> bool:
    """Return whether one click leads from the lower score to the higher one."""
    return bool(abs(low + DECAY**low - high) <= TOLERANCE)


def _day_before(day: date) -> date:
    return day - timedelta(days=1) if day > date.min else day
