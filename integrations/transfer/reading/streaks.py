"""Streaks' (iOS) CSV, with its newer and older columns. Pure.

The day is `entry_date`; the time beside it lies on the day on which the app wrote it.
"""

from decimal import Decimal

from integrations.transfer.reading import frequencies
from integrations.transfer.reading.collecting import Collector, HabitDraft, MarkKind
from integrations.transfer.reading.dates import DAY_FIRST, parser_of
from integrations.transfer.reading.numbers import decimal, integer
from integrations.transfer.reading.tables import table_of
from integrations.transfer.reading.texts import title
from integrations.transfer.reading.values import ImportedFile, Reading

COLUMNS = ("task_id", "title", "entry_type", "entry_date", "quantity", "notes", "page", "display_order")
FAR = 10**9
Entry = tuple[str, str, Decimal | None, str]


def is_streaks(header: list[str]) -> bool:
    """Return whether the header is that of Streaks."""
    return {"task_id", "title", "entry_type", "entry_date"} <= set(header)


def read(content: bytes, reading: Reading) -> ImportedFile:
    """Return what the file has, in the order of its pages. The last title of a task counts."""
    collector = Collector(source="streaks_csv", reading=reading)
    table = table_of(content, collector)
    task_at, title_at, type_at, date_at, quantity_at, note_at, page_at, order_at = map(table.columns.get, COLUMNS)
    entries: dict[str, list[Entry]] = {}
    names: dict[str, str] = {}
    places: dict[str, tuple[int, int]] = {}
    for row in table.rows:
        task = row.cell(task_at)
        entries.setdefault(task, [])
        names[task] = title(row.cell(title_at)) or names.get(task, "")
        places[task] = _place(row.cell(page_at)), _place(row.cell(order_at))
        quantity = decimal(row.cell(quantity_at))
        note = row.cells[note_at] if note_at is not None and note_at < len(row.cells) else ""
        entries[task].append((row.cell(type_at), row.cell(date_at), quantity, note))
    for task in sorted(entries, key=lambda task: places[task]):
        if draft := collector.habit(names[task], where=f"task {task}", key=task):
            _read_task(draft, entries[task])
    return collector.finish()


def _read_task(draft: HabitDraft, entries: list[Entry]) -> None:
    draft.propose(frequencies.unknown())
    has_amounts = any(quantity for _, _, quantity, _ in entries)
    if has_amounts:
        full = [amount for kind, _, amount, _ in entries if _said(kind) is MarkKind.DONE and amount and amount > 0]
        if full:
            draft.aim_at(min(full))
            draft.notices.add("amount_guessed")
        else:
            draft.notices.add("amount_unknown")
    parse = parser_of(DAY_FIRST)
    for kind, written, quantity, note in entries:
        day = parse(written)
        if day is None:
            draft.collector.skip(f"{draft.name} {written}", "not_a_day")
            continue
        said = _said(kind)
        if said is None:
            draft.collector.skip(f"{draft.name} {day}", "unknown_entry_type")
            said = MarkKind.NOTHING
        if said is MarkKind.AMOUNT and not quantity:
            said = MarkKind.MISSED
        if said is MarkKind.DONE and has_amounts and quantity:
            said = MarkKind.AMOUNT
        draft.mark(day, said, quantity if said is MarkKind.AMOUNT else None, note)


def _said(kind: str) -> MarkKind | None:
    """Return what an entry says. A part of it is an amount, if it has one."""
    if kind.endswith("_partial") or kind == "timer_manually":
        return MarkKind.AMOUNT
    words = {"completed": MarkKind.DONE, "skipped": MarkKind.SKIPPED, "missed": MarkKind.MISSED}
    return words.get(kind.split("_", 1)[0]) if "_" in kind else None


def _place(text: str) -> int:
    found = integer(text)
    return FAR if found is None else found
