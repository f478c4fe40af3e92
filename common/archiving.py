"""Moving rows between an outbox and its archive."""

from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import Model


def columns_of(model: type[Model]) -> list[str]:
    """Return the names of a table's columns."""
    return [str(field.column) for field in model._meta.concrete_fields]


@transaction.atomic
def move_rows(
    ids: Sequence[int], source: type[Model], target: type[Model], *, columns: Sequence[str], condition: str
) -> int:
    """Move the rows with these ids that fulfil a condition (of `moving`) to another table; return how many.

    On PostgreSQL it is one statement, which leaves out rows that somebody has locked. A crash leaves each row in one of the
    tables. Columns of the target that are not named get their default.
    """
    if not ids:
        return 0
    old, new, names = source._meta.db_table, target._meta.db_table, ", ".join(columns)
    marks = ", ".join(["%s"] * len(ids))
    chosen = f"FROM {old} AS moving WHERE moving.id IN ({marks}) AND {condition}"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"WITH moved AS (DELETE FROM {old} WHERE id IN (SELECT id {chosen} FOR UPDATE SKIP LOCKED) "
                f"RETURNING {names}) INSERT INTO {new} ({names}) SELECT {names} FROM moved",
                list(ids),
            )
            return int(cursor.rowcount)
        cursor.execute(f"INSERT INTO {new} ({names}) SELECT {names} {chosen}", list(ids))
        copied = int(cursor.rowcount)
        cursor.execute(f"DELETE FROM {old} WHERE id IN (SELECT id FROM {new}) AND id IN ({marks})", list(ids))
        return copied


def continue_numbers(outbox: type[Model], archive: type[Model]) -> None:
    """Number new rows of an outbox after those of its archive as well, once a backup was restored."""
    new, old = outbox._meta.db_table, archive._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{new}', 'id'), max(id)) "
                f"FROM (SELECT id FROM {new} UNION ALL SELECT id FROM {old}) AS numbered HAVING max(id) IS NOT NULL"
            )
            return
        cursor.execute(
            f"INSERT INTO sqlite_sequence (name, seq) SELECT '{new}', 0 "
            f"WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '{new}')"
        )
        cursor.execute(
            f"UPDATE sqlite_sequence SET seq = max(seq, (SELECT COALESCE(max(id), 0) FROM {old})) WHERE name = '{new}'"
        )
