"""Many rows in one SQL statement, on PostgreSQL and SQLite: the ORM would need a statement per row."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection


def values_table(rows: Iterable[Sequence[object]]) -> tuple[str, list[Any]]:
    """Return the rows (at least one) as a VALUES table for a FROM clause, and its parameters.

    The columns are named column1, column2, … A column whose values may all be None needs a CAST where it is used:
    PostgreSQL takes its type for text.
    """
    params: list[Any] = []
    placeholders = []
    for row in rows:
        params += [adapted(value) for value in row]
        placeholders.append("(" + ", ".join(["%s"] * len(row)) + ")")
    return f"(VALUES {', '.join(placeholders)})", params


def adapted(value: Any) -> Any:
    """Return the value in the form that the database driver takes."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    if isinstance(value, UUID):
        return value.hex
    return value
