"""Loop Habit Tracker's CSV archives, since 2.3.1 and before. Pure.

`Habits.csv` and a folder a habit, found by its number: nothing else of the folder's name counts. The table at the top
lacks marks and is not read.
"""

import re

from integrations.transfer.reading import loop
from integrations.transfer.reading.archives import Archive
from integrations.transfer.reading.collecting import Collector, HabitDraft, MarkKind
from integrations.transfer.reading.documents import day_of
from integrations.transfer.reading.numbers import decimal, integer
from integrations.transfer.reading.tables import Row, Table, table_of
from integrations.transfer.reading.values import ImportedFile, Reading, refusal

HABITS = "Habits.csv"
_FOLDER = re.compile(r"0*(\d+)(?: [^/]*)?/Checkmarks\.csv", re.ASCII)


def is_loop(archive: Archive) -> bool:
    """Return whether the archive looks like one of Loop."""
    return HABITS in archive.entries


def read(archive: Archive, reading: Reading) -> ImportedFile:
    """Return what the archive has."""
    collector = Collector(source="loop_csv", reading=reading)
    table = table_of(archive.read(HABITS), collector)
    if not {"Position", "Name"} <= table.columns.keys():
        raise refusal("unknown_format")
    is_old = "NumRepetitions" in table.columns
    if is_old:
        collector.source = "loop_csv_old"
    files = {found[1]: name for name in archive.names if (found := _FOLDER.fullmatch(name))}
    for row in table.rows:
        position = row.cell(table.columns["Position"])
        draft = _habit(collector, table, row)
        if draft is None:
            continue
        name = files.get(position.lstrip("0"))
        marks = archive.read(name) if name else b""
        if is_old:
            _read_old(draft, table, row, marks)
        else:
            _read_new(draft, table, row, marks)
    return collector.finish()


def _habit(collector: Collector, table: Table, row: Row) -> HabitDraft | None:
    def cell(name: str) -> str:
        return row.cell(table.columns.get(name))

    draft = collector.habit(cell("Name"), where=f"{HABITS} {cell('Position')}")
    if draft is not None:
        draft.description = "\n".join(filter(None, [cell("Question"), cell("Description")]))
        draft.colour, draft.unit = cell("Color"), cell("Unit")
        draft.archived = cell("Archived?").lower() == "true"
    return draft


def _read_new(draft: HabitDraft, table: Table, row: Row, content: bytes) -> None:
    is_numerical = row.cell(table.columns.get("Type")) == "NUMERICAL"
    target = decimal(row.cell(table.columns.get("Target Value"))) if is_numerical else None
    loop.propose(
        draft,
        num=integer(row.cell(table.columns.get("FrequencyNumerator"))) or 0,
        den=integer(row.cell(table.columns.get("FrequencyDenominator"))) or 0,
        target=target,
        is_limit=is_numerical and row.cell(table.columns.get("Target Type")) == "AT_MOST",
    )
    if is_numerical and target is None:
        draft.notices.add("amount_unknown")
    if not content.strip():
        return
    marks = table_of(content, draft.collector)
    for mark in marks.rows:
        value = _value(mark.cell(marks.columns.get("Value", 1)))
        _mark(
            draft, mark.cell(marks.columns.get("Date", 0)), value, mark.cell(marks.columns.get("Notes")), is_numerical
        )


def _read_old(draft: HabitDraft, table: Table, row: Row, content: bytes) -> None:
    """Read a habit that has no kind: a value above that of SKIP makes it one of amounts. Its 0 says nothing."""
    marks = []
    if content.strip():
        marks = [
            (row.cell(0), _value(row.cell(1))) for row in table_of(content, draft.collector, has_header=False).rows
        ]
    is_numerical = any(value is not None and value > loop.SKIP for _, value in marks)
    loop.propose(
        draft,
        num=integer(row.cell(table.columns.get("NumRepetitions"))) or 0,
        den=integer(row.cell(table.columns.get("Interval"))) or 0,
        target=None,
        is_limit=False,
    )
    if is_numerical:
        draft.notices.add("amount_unknown")
    for day, value in marks:
        if value != loop.NO:
            _mark(draft, day, value, "", is_numerical)


def _value(text: str) -> int | None:
    return loop.WORDS[text] if text in loop.WORDS else integer(text)


def _mark(draft: HabitDraft, written: str, value: int | None, note: str, is_numerical: bool) -> None:
    day = day_of(written)
    if day is None:
        draft.collector.skip(f"{draft.name} {written}", "not_a_day")
        return
    said: tuple[MarkKind, object] | None = None
    if value is not None:
        said = loop.numerical(value) if is_numerical else _plain(value)
    if said is None:
        draft.collector.skip(f"{draft.name} {day}", "unknown_value")
        said = MarkKind.NOTHING, None
    draft.mark(day, said[0], said[1], note)  # type: ignore[arg-type]


def _plain(value: int) -> tuple[MarkKind, None] | None:
    said = loop.yes_or_no(value)
    return None if said is None else (said, None)
