"""Tables of texts: CSV in the forms in which apps and spreadsheets write it. Pure."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from integrations.transfer.reading.collecting import Collector
from integrations.transfer.reading.texts import BOM, check_text
from integrations.transfer.reading.values import refusal

DELIMITERS = ",;\t"
MAX_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the number of its first line, the header being line 1, and its cells."""

    line: int
    cells: Sequence[str]

    def cell(self, column: int | None) -> str:
        """Return a cell, trimmed; "" if the row is too short or there is no such column."""
        return self.cells[column].strip() if column is not None and column < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is read once, row by row. `columns`: where each name of the header stands."""

    header: Sequence[str]
    columns: Mapping[str, int]
    delimiter: str
    rows: Iterator[Row]


def header_of(content: bytes) -> tuple[list[str], str]:
    """Return the cells of the first row and the delimiter: the one that divides it into most cells."""
    check_text(content)
    first = content.removeprefix(BOM).split(b"\n", 1)[0].decode()
    delimiter = max(DELIMITERS, key=lambda each: first.count(each) if each in first else -1)
    try:
        cells: list[str] = next(_reader(content, delimiter), [])
    except csv.Error as error:
        raise refusal("broken_csv") from error
    return [cell.strip() for cell in cells], delimiter


def table_of(content: bytes, collector: Collector, *, has_header: bool = True) -> Table:
    """Return the table of a CSV. Wholly empty rows are ignored. Refuses what is not CSV, and too many rows."""
    header, delimiter = header_of(content)
    if len(header) > MAX_COLUMNS:
        raise refusal("broken_csv")
    columns = {name: number for number, name in reversed(list(enumerate(header)))} if has_header else {}
    return Table(header, columns, delimiter, _rows(content, delimiter, collector, has_header=has_header))


def _rows(content: bytes, delimiter: str, collector: Collector, *, has_header: bool) -> Iterator[Row]:
    reader = _reader(content, delimiter)
    line, is_header = 1, has_header
    try:
        for cells in reader:
            here, line = line, reader.line_num + 1
            if is_header:
                is_header = False
                continue
            collector.count_row()
            if any(cell.strip() for cell in cells):
                yield Row(here, cells)
    except csv.Error as error:
        raise refusal("broken_csv") from error


def _reader(content: bytes, delimiter: str):  # type: ignore[no-untyped-def]  # the csv module does not name the type
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    return csv.reader(text, delimiter=delimiter, strict=True)
