"""Many rows in one statement, for PostgreSQL and SQLite alike: what the ORM does a row at a time."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection


def table(rows: Iterable[Sequence[object]]) -> tuple[str, list[Any]]:
    """The rows, at least one, as a table for a FROM, and its parameters; its columns are column1, column2, …

    A column whose values may all be None needs a CAST where it is used: PostgreSQL takes it for text.
    """
    given: list[Any] = []
    shape = []
    for row in rows:
        given += [prepared(value) for value in row]
        shape.append("(" + ", ".join(["%s"] * len(row)) + ")")
    return f"(VALUES {', '.join(shape)})", given


def prepared(value: Any) -> Any:
    """The value as the database takes it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    if isinstance(value, UUID):
        return value.hex
    return value
