"""Tables that PostgreSQL divides by month, so that old rows go by dropping a table. On SQLite they are plain tables.

Django makes the table; `PartitionByMonth` in the migration turns it into the default partition of a table of the same name.
Months are added and dropped by `maintain`. A row whose month has no partition goes into the default one, so none is lost.
Such a table has no foreign keys in the database: dropping a partition would lock the tables that they refer to.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Model

logger = logging.getLogger(__name__)

MONTHS_AHEAD = 2
LOCK_TIMEOUT = "3s"  # a partition that cannot be added or dropped today waits for the next day, and holds up nobody
DELETE_BATCH = 1000
MAX_MOVED = 100_000  # rows of the default partition that a new partition takes over, while the table waits
_MONTH = re.compile(r"_(\d{4})_(\d{2})$")
_CHILDREN = """
SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
WHERE inhparent = to_regclass(%s) ORDER BY child.relname
"""


@dataclass(frozen=True, slots=True)
class Partitioned:
    """A table that is divided by the month (UTC) of a column."""

    model: type[Model]
    column: str

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    def maintain(self, *, now: datetime, drop_before: datetime) -> None:
        """Add the partitions of this month and of the next ones, and drop the months that ended before an instant.

        What cannot be done at the moment is logged, and done by a later call. Nothing is done on SQLite.
        """
        if connection.vendor != "postgresql":
            return
        existing = set(self.partitions())
        month = _first_of_month(now)
        for _ in range(1 + MONTHS_AHEAD):
            if self.partition(month) not in existing:
                self._try(f"add the partition of {month:%Y-%m}", _add, month)
            month = _next_month(month)
        for name in sorted(existing):
            ends = _end_of(name)
            if ends is not None and ends <= drop_before:
                self._try(f"drop {name}", _drop, name)
        if outside := self.count_outside():
            logger.warning("%s rows of %s are of months that have no partition", outside, self.table)

    def partition(self, month: datetime) -> str:
        """Return the name of the partition of a month."""
        return f"{self.table}_{month:%Y_%m}"

    def partitions(self) -> list[str]:
        """Return the names of all partitions, that of the default one included, ordered. None on SQLite."""
        if connection.vendor != "postgresql":
            return []
        with connection.cursor() as cursor:
            cursor.execute(_CHILDREN, [self.table])
            return [name for (name,) in cursor.fetchall()]

    def count_outside(self) -> int:
        """Return how many rows are in the default partition."""
        if connection.vendor != "postgresql":
            return 0
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {default_of(self.table)}")
            return int(cursor.fetchone()[0])

    def delete_loose(self, *, before: datetime) -> int:
        """Delete a batch of the rows before an instant that go by no partition; return how many.

        On PostgreSQL those of the default partition, on SQLite all.
        """
        table = default_of(self.table) if connection.vendor == "postgresql" else self.table
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {self.column} < %s "
                f"ORDER BY {self.column} LIMIT {DELETE_BATCH})",
                [connection.ops.adapt_datetimefield_value(before)],
            )
            return int(cursor.rowcount)

    def _try(self, what: str, change: Any, argument: Any) -> None:
        try:
            with _short_locks():
                change(self, argument)
        except OperationalError as error:
            logger.warning("cannot %s of %s now: %s", what, self.table, error)


class PartitionByMonth(Operation):
    """A migration: have PostgreSQL divide a table by the month of a column. Rows that are there stay where they are.

    If there may be many, the migration has `atomic = False`; broken off anywhere, it can be run again. No foreign key may
    refer to the table, or be in it.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, column: str) -> None:
        self.model_name, self.column = model_name, column

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing: for Django the table is as it was."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Rename the table and make it the default partition of a new one. Indexes that are made later are of both."""
        database = schema_editor.connection
        if database.vendor != "postgresql":
            return
        table = to_state.apps.get_model(app_label, self.model_name)._meta.db_table
        default, key = default_of(table), f"id, {self.column}"
        with database.cursor() as cursor:
            cursor.execute("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(%s)", [table])
            [is_divided] = cursor.fetchone()
        if is_divided:  # the migration was taken back, which leaves the table as it is
            return
        # In a migration that is not atomic a large table can be written to while the new key is built. One that was broken
        # off has left that key, most often as an invalid index: it is built again.
        concurrently = "" if database.in_atomic_block else "CONCURRENTLY"
        schema_editor.execute(f"DROP INDEX {concurrently} IF EXISTS {default}_pkey")
        schema_editor.execute(f"CREATE UNIQUE INDEX {concurrently} {default}_pkey ON {table} ({key})")
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s "
                "AND indexname NOT IN (%s, %s) ORDER BY indexname",
                [table, f"{table}_pkey", f"{default}_pkey"],
            )
            indexes = cursor.fetchall()
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id') IS NOT NULL", [table])
            [has_numbers] = cursor.fetchone()
        statements = [
            f"ALTER TABLE {table} RENAME TO {default}",
            f"ALTER TABLE {default} DROP CONSTRAINT {table}_pkey",
            f"ALTER TABLE {default} ADD CONSTRAINT {default}_pkey PRIMARY KEY USING INDEX {default}_pkey",
            *(f'ALTER INDEX "{name}" RENAME TO "{name[:55]}_default"' for name, _ in indexes),
            f"ALTER TABLE {default} ALTER id DROP IDENTITY IF EXISTS",
            f"CREATE TABLE {table} (LIKE {default} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE) "
            f"PARTITION BY RANGE ({self.column})",
            f"ALTER TABLE {table} ADD PRIMARY KEY ({key})",
            f"ALTER TABLE {table} ATTACH PARTITION {default} DEFAULT",
            *(definition for _, definition in indexes),  # finds the renamed one of the default partition
        ]
        if has_numbers:  # by a sequence: partitioned tables have identity columns since PostgreSQL 17 only
            statements += [
                f"CREATE SEQUENCE {table}_id_seq OWNED BY {table}.id",
                f"ALTER TABLE {table} ALTER id SET DEFAULT nextval('{table}_id_seq')",
                f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table})) WHERE EXISTS (SELECT 1 FROM {table})",
            ]
        with transaction.atomic(using=database.alias):
            for statement in statements:
                schema_editor.execute(statement)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Change nothing: for Django a divided table is like any other, and dropping it drops its partitions."""

    def describe(self) -> str:
        return f"Divide {self.model_name} by month"


def default_of(table: str) -> str:
    """Return the name of a table's default partition."""
    return f"{table}_default"


@contextmanager
def _short_locks() -> Iterator[None]:
    """Run a change of tables in one transaction that waits only shortly for other transactions."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        [before] = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        yield
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])


def _add(table: Partitioned, month: datetime) -> None:
    """Make the partition of a month, with the rows of the default one that belong there."""
    name, default, column = table.partition(month), default_of(table.table), table.column
    ends = _next_month(month)
    with connection.cursor() as cursor:
        count = f"SELECT count(*) FROM (SELECT FROM {default} WHERE {column} >= %s AND {column} < %s LIMIT %s) AS found"
        cursor.execute(count, [month, ends, MAX_MOVED + 1])
        [number] = cursor.fetchone()
        if number > MAX_MOVED:
            # They were there when the table was divided: this month goes on in the default partition.
            return
        cursor.execute(f"CREATE TABLE {name} (LIKE {table.table} INCLUDING ALL)")
        if number:  # a deletion that has found the default partition, and not yet the new one, would miss what moves
            cursor.execute(f"LOCK TABLE {table.table} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(f"LOCK TABLE {default} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(
            f"WITH moved AS (DELETE FROM {default} WHERE {column} >= %s AND {column} < %s RETURNING *) "
            f"INSERT INTO {name} SELECT * FROM moved",
            [month, ends],
        )
        # Attaching, unlike CREATE TABLE … PARTITION OF, lets others read and write the table meanwhile.
        cursor.execute(
            f"ALTER TABLE {table.table} ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)",
            [month.isoformat(), ends.isoformat()],
        )


def _drop(_table: Partitioned, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {name}")


def _first_of_month(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next_month(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _end_of(name: str) -> datetime | None:
    """Return when the month of a partition ends; None for the default one."""
    found = _MONTH.search(name)
    return _next_month(datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC)) if found else None
