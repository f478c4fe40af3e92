"""A CSV of one's own: which column is what is chosen by the person, or known by its name. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from integrations.transfer.reading import frequencies
from integrations.transfer.reading.collecting import ONE, Collector, HabitDraft, MarkKind
from integrations.transfer.reading.dates import ParseDay, order_of, parser_of
from integrations.transfer.reading.numbers import decimal
from integrations.transfer.reading.tables import Row, Table, header_of, table_of
from integrations.transfer.reading.texts import title
from integrations.transfer.reading.values import Ask, ImportedFile, Reading, refusal
from integrations.transfer.rules import unescaped

LOOKED_AT = 20
ROLES = ("day", "habit", "value", "unit", "note")
REQUIRED = ("day", "habit")
NAMES: Mapping[str, frozenset[str]] = {
    "day": frozenset({"date", "day", "datum", "tag", "дата", "день"}),
    "habit": frozenset({"habit", "name", "habit name", "gewohnheit", "привычка", "название"}),
    "value": frozenset({"value", "amount", "done", "menge", "wert", "значение", "количество"}),
    "unit": frozenset({"unit", "einheit", "единица", "единицы"}),
    "note": frozenset({"note", "notes", "comment", "bemerkung", "notiz", "заметка", "комментарий"}),
}
STATUS = frozenset({"status", "статус"})  # the value, or beside an amount what it does not say
COMPLETED, PARTIAL = "completed", "partial"
YES, NO, SKIP = (
    frozenset({"x", "✓", "yes", "done", "true", COMPLETED, PARTIAL}),
    frozenset({"no", "false", "missed"}),
    frozenset({"skip", "skipped"}),
)
_NUMBER = re.compile(r"[+-]?[0-9.,]+")


@dataclass(frozen=True, slots=True)
class Line:
    line: int
    day: str
    value: str
    note: str
    status: str = ""  # COMPLETED or PARTIAL, beside an amount


def guess(header: Sequence[str]) -> dict[str, str]:
    """Return the columns whose names tell what they are."""
    known = {role: _first(header, NAMES[role]) for role in ROLES}
    known["value"] = known["value"] or _first(header, STATUS)
    return {role: name for role, name in known.items() if name}


def _first(header: Sequence[str], names: frozenset[str]) -> str:
    return next((each for each in header if each.casefold() in names), "")


def read(content: bytes, reading: Reading) -> ImportedFile:
    """Return what the file has, or only the question which column is what. Asks for the order of day and month.

    Refuses a mapping to columns that there are not, and a text that is no table.
    """
    header, _ = header_of(content)
    collector = Collector(source="csv", reading=reading)
    mapping = dict(reading.mapping) or guess(header)
    if len(header) < 2 or (reading.mapping and not set(mapping.values()) <= set(header)):
        raise refusal("unknown_format")
    collector.columns, collector.mapping = header, mapping
    if any(role not in mapping for role in REQUIRED):
        if not _is_table(content, len(header), collector):
            raise refusal("unknown_format")
        collector.asks.append(Ask("columns", tuple(header)))
        return collector.finish()
    table = table_of(content, collector)
    lines = _lines(table, mapping, collector)
    order, ask = order_of((line.day for _, each in lines for line in each), reading)
    if ask:
        collector.asks.append(ask)
    for draft, each in lines:
        _mark(draft, each, parser_of(order), decimal_comma=table.delimiter == ";")
    return collector.finish()


def _is_table(content: bytes, columns: int, collector: Collector) -> bool:
    """Return whether the first rows have as many cells as the header: a text with commas has not."""
    rows = list(islice(table_of(content, collector).rows, LOOKED_AT))
    return bool(rows) and all(len(row.cells) == columns for row in rows)


def _lines(table: Table, mapping: Mapping[str, str], collector: Collector) -> list[tuple[HabitDraft, list[Line]]]:
    """Return the lines of each habit. Names that differ in case or outer spaces are one habit."""
    at = {role: table.columns[name] for role, name in mapping.items()}
    status = _first(table.header, STATUS)
    status_at = table.columns[status] if status and "value" in at and status not in mapping.values() else None
    needed = max(at[role] for role in ("day", "habit", "value") if role in at)
    found: dict[str, tuple[HabitDraft, list[Line]]] = {}
    spellings: dict[str, str] = {}
    for row in table.rows:
        if len(row.cells) <= needed:
            collector.skip(f"line {row.line}", "too_few_cells")
            continue
        written = unescaped(row.cells[at["habit"]])
        name = title(written)
        key = name.casefold()
        draft, lines = found.get(key) or (collector.habit(name, where=f"line {row.line}"), [])
        if draft is None:
            continue
        if key not in found:
            found[key], spellings[key] = (draft, lines), written
            draft.propose(frequencies.unknown())
            draft.adds = True
        elif written != spellings[key]:
            draft.notices.add("names_merged")
        draft.unit = draft.unit or unescaped(row.cell(at.get("unit")))
        # A column of values that there is not: each line is an event.
        value = row.cell(at["value"]) if "value" in at else "x"
        word = row.cell(status_at).casefold()
        if word in NO | SKIP or (word in YES and not value):
            value = word
        note = _note(row, at.get("note"))
        if value or note:
            lines.append(Line(row.line, row.cell(at["day"]), value, note, word))
    return list(found.values())


def _note(row: Row, column: int | None) -> str:
    return unescaped(row.cells[column]) if column is not None and column < len(row.cells) else ""


def _mark(draft: HabitDraft, lines: list[Line], parse: ParseDay, *, decimal_comma: bool) -> None:
    values = [_value(line.value, decimal_comma=decimal_comma) for line in lines]
    found = [(line.status, value[1]) for line, value in zip(lines, values, strict=True) if value and value[1]]
    full = [amount for status, amount in found if status == COMPLETED and amount > 0]
    parts = [amount for status, amount in found if status == PARTIAL]
    has_amounts = bool(parts) or any(amount != ONE for _, amount in found)
    if has_amounts:
        if full or parts:
            draft.aim_at(min(full) if full else max(parts) + ONE)
        draft.notices.add("amount_guessed" if full or parts else "amount_unknown")
    for line, value in zip(lines, values, strict=True):
        where = f"line {line.line}"
        day = parse(line.day)
        if day is None:
            draft.collector.skip(where, "not_a_day")
            continue
        if value is None or (value[1] is not None and value[1] < 0):
            draft.collector.skip(where, "unknown_value")
            if not line.note.strip():
                continue
            value = MarkKind.NOTHING, None
        said, amount = value
        if amount is not None and not has_amounts:
            said, amount = (MarkKind.DONE if amount else MarkKind.MISSED), None
        if said is MarkKind.DONE and has_amounts:
            said, amount = MarkKind.AMOUNT, draft.schedule.daily_amount
        if said or line.note.strip():
            draft.mark(day, said, amount, line.note, where=where)


@lru_cache(maxsize=4096)
def _value(text: str, *, decimal_comma: bool) -> tuple[MarkKind, Decimal | None] | None:
    word = text.casefold()
    if not word:
        return MarkKind.NOTHING, None
    for words, said in ((YES, MarkKind.DONE), (NO, MarkKind.MISSED), (SKIP, MarkKind.SKIPPED)):
        if word in words:
            return said, None
    amount = _number(text, decimal_comma=decimal_comma)
    return None if amount is None else (MarkKind.AMOUNT, amount)


def _number(text: str, *, decimal_comma: bool) -> Decimal | None:
    """Return a number. The other separator is decimal too, unless exactly three digits follow it: then it groups."""
    if len(text) > 40 or not _NUMBER.fullmatch(text):
        return None
    point, group = (",", ".") if decimal_comma else (".", ",")
    grouped = re.fullmatch(rf"[+-]?\d{{1,3}}(?:\{group}\d{{3}})+(?:\{point}\d*)?", text, re.ASCII)
    if grouped:
        text = text.replace(group, "")
    elif text.count(group) == 1 and point not in text:
        text = text.replace(group, point)
    return decimal(text.replace(point, "."))
