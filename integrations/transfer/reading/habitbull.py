"""HabitBull's CSV: a row a habit and day. Pure."""

from decimal import Decimal

from integrations.transfer.reading import frequencies
from integrations.transfer.reading.collecting import Collector, HabitDraft, MarkKind
from integrations.transfer.reading.dates import order_of, parser_of
from integrations.transfer.reading.numbers import decimal
from integrations.transfer.reading.tables import table_of
from integrations.transfer.reading.texts import title
from integrations.transfer.reading.values import ImportedFile, Reading

COLUMNS = ("HabitName", "HabitDescription", "HabitCategory", "CalendarDate", "Value", "CommentText")
NOTHING = Decimal(-2150000000)
Entry = tuple[int, str, Decimal | None, str]


def is_habitbull(header: list[str]) -> bool:
    """Return whether the header is HabitBull's."""
    return {"HabitName", "CalendarDate", "Value"} <= set(header)


def read(content: bytes, reading: Reading) -> ImportedFile:
    """Return what the file has. Asks for the order of day and month where no row tells."""
    collector = Collector(source="habitbull_csv", reading=reading)
    table = table_of(content, collector)
    name_at, description_at, category_at, day_at, value_at, note_at = (table.columns.get(name) for name in COLUMNS)
    drafts: dict[str, HabitDraft] = {}
    entries: dict[str, list[Entry]] = {}
    for row in table.rows:
        name = title(row.cell(name_at))
        draft = drafts.get(name) or collector.habit(name, where=f"line {row.line}")
        if draft is None:
            continue
        if name not in drafts:
            drafts[name], entries[name] = draft, []
            draft.propose(frequencies.unknown())
        draft.description = draft.description or row.cell(description_at)
        if (category := row.cell(category_at)) and category not in draft.tags:
            draft.tags.append(category)
        note = row.cells[note_at] if note_at is not None and note_at < len(row.cells) else ""
        entries[name].append((row.line, row.cell(day_at), decimal(row.cell(value_at)), note))
    order, ask = order_of((entry[1] for each in entries.values() for entry in each), reading)
    if ask:
        collector.asks.append(ask)
    parse = parser_of(order)
    for name, draft in drafts.items():
        has_amounts = any(value is not None and value > 1 for _, _, value, _ in entries[name])
        if has_amounts:
            draft.notices.add("amount_unknown")
        for line, written, value, note in entries[name]:
            day = parse(written)
            if day is None:
                collector.skip(f"line {line}", "not_a_day")
                continue
            said = _said(value, has_amounts=has_amounts)
            if said is None:
                collector.skip(f"line {line}", "unknown_value")
                said = MarkKind.NOTHING
            draft.mark(day, said, value if said is MarkKind.AMOUNT else None, note, where=f"line {line}")
    return collector.finish()


def _said(value: Decimal | None, *, has_amounts: bool) -> MarkKind | None:
    if value == NOTHING:
        return MarkKind.NOTHING
    if value is None or value < 0 or (value != value.to_integral_value() and not has_amounts):
        return None
    if value == 0:
        return MarkKind.MISSED
    return MarkKind.AMOUNT if has_amounts else MarkKind.DONE
