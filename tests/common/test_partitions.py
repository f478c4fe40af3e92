"""Tables that PostgreSQL divides by month."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, models
from django.db.migrations.state import ModelState, ProjectState

from common import partitions
from common.partitions import PartitionByMonth, Partitioned
from tests import make

pytestmark = [
    pytest.mark.engine("postgresql", reason="SQLite has no partitions"),
    pytest.mark.django_db,
]

NOW = make.utc("2026-11-21 12:00")
DAY = timedelta(days=1)


def undivided() -> ProjectState:
    """Make a table with two rows, and return what Django knows of it."""
    state = ProjectState()
    fields: list[tuple[str, models.Field[Any, Any]]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("at", models.DateTimeField()),
        ("size", models.PositiveIntegerField()),
    ]
    options = {"indexes": [models.Index(fields=["size"], name="thing_size")]}
    state.add_model(ModelState("common", "Thing", fields, options))
    model: Any = state.apps.get_model("common", "Thing")
    with connection.schema_editor() as editor:
        editor.create_model(model)
    model.objects.bulk_create(model(at=NOW - age * DAY, size=age) for age in (0, 30))
    return state


def divide(state: ProjectState, *, atomic: bool = True) -> Partitioned:
    """Divide the table, as a migration does."""
    with connection.schema_editor(atomic=atomic) as editor:
        PartitionByMonth("Thing", "at").database_forwards("common", editor, state, state)
    return Partitioned(state.apps.get_model("common", "Thing"), "at")


@pytest.fixture
def things() -> Partitioned:
    """A table with two rows, that was divided later."""
    state = undivided()
    divide(state)
    return divide(state)  # again: as after a migration that was taken back


def rows(table: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT size FROM {table} ORDER BY size")
        return [size for (size,) in cursor.fetchall()]


def test_a_table_that_is_divided_keeps_its_rows_numbers_and_indexes(things: Partitioned) -> None:
    model: Any = things.model
    assert rows("common_thing") == rows("common_thing_default") == [0, 30]
    last = model.objects.order_by("pk").last().pk
    assert model.objects.create(at=NOW, size=7).pk == last + 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind FROM pg_class WHERE relname = 'thing_size'")
        assert cursor.fetchone() == ("I",)  # an index of the whole table
        assert connection.introspection.get_primary_key_columns(cursor, "common_thing") == ["id", "at"]


def test_months_are_added_ahead_with_the_rows_that_wait_for_them(
    things: Partitioned, caplog: pytest.LogCaptureFixture
) -> None:
    things.maintain(now=NOW, drop_before=NOW - 90 * DAY)
    assert things.partitions() == [f"common_thing_{name}" for name in ("2026_11", "2026_12", "2027_01", "default")]
    assert (rows("common_thing_2026_11"), rows("common_thing_default")) == ([0], [30])
    assert "1 rows of common_thing are of months that have no partition" in caplog.text
    assert things.delete_loose(before=NOW - DAY) == 1 and rows("common_thing") == [0]


def test_a_month_of_many_rows_goes_on_where_they_are(things: Partitioned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "MAX_MOVED", 0)
    things.maintain(now=NOW, drop_before=NOW - 90 * DAY)
    assert things.partitions() == [f"common_thing_{name}" for name in ("2026_12", "2027_01", "default")]
    assert rows("common_thing_default") == [0, 30]


def test_only_months_that_are_past_retention_as_a_whole_are_dropped(things: Partitioned) -> None:
    things.maintain(now=NOW, drop_before=NOW - 90 * DAY)
    things.maintain(now=NOW, drop_before=make.utc("2026-11-30 23:59"))
    assert rows("common_thing") == [0, 30]
    things.maintain(now=NOW + 10 * DAY, drop_before=make.utc("2026-12-01 00:00"))
    assert rows("common_thing") == [30]


def test_what_cannot_be_changed_now_is_told_and_done_the_next_time(
    things: Partitioned, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def locked(*_: Any) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    with monkeypatch.context() as patch:
        patch.setattr(partitions, "_add", locked)
        things.maintain(now=NOW, drop_before=NOW - 90 * DAY)
    assert "cannot add the partition of 2026-11 of common_thing now: canceling statement" in caplog.text
    assert rows("common_thing") == [0, 30]
    things.maintain(now=NOW, drop_before=NOW - 90 * DAY)
    assert rows("common_thing_2026_11") == [0]


@pytest.fixture
def broken_off() -> Iterator[ProjectState]:
    """A table of which a migration that is not atomic began to build the new key, and was broken off."""
    state, other = undivided(), connection.copy()
    try:
        with other.cursor() as writer, connection.cursor() as cursor:
            writer.execute("BEGIN")
            writer.execute("INSERT INTO common_thing (at, size) VALUES (%s, 1)", [NOW])  # the key waits for its end
            cursor.execute("SET lock_timeout = '1ms'")
            with pytest.raises(OperationalError, match="lock timeout"):
                divide(state, atomic=False)
            cursor.execute("RESET lock_timeout")
            writer.execute("COMMIT")
        yield state
    finally:
        other.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE common_thing")


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_was_broken_off_can_be_run_again(broken_off: ProjectState) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'common_thing_default_pkey'::regclass")
        assert cursor.fetchone() == (False,)
    assert divide(broken_off, atomic=False).partitions() == ["common_thing_default"]
    assert rows("common_thing") == [0, 1, 30]


@pytest.mark.django_db(transaction=True)
def test_one_that_was_broken_off_after_its_key_was_built_can_be_run_again(broken_off: ProjectState) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX common_thing_default_pkey")
        cursor.execute("CREATE UNIQUE INDEX common_thing_default_pkey ON common_thing (id, at)")
    assert divide(broken_off, atomic=False).partitions() == ["common_thing_default"]
