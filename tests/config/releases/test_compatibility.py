"""A release adds to the database only, so that processes of the one before run on beside it."""

from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from config.releases.compatibility import what_breaks
from tests.migrated import released_migrations

# Migrations that take away what processes of the last release do without, and why they can.
ALLOWED: dict[str, str] = {}


def test_migrations_since_the_last_release_take_nothing_away() -> None:
    loader, applied = MigrationLoader(None), released_migrations()
    released = loader.project_state(applied)
    new = [migration for key, migration in loader.disk_migrations.items() if key not in applied]
    found = [why for migration in new for why in what_breaks(migration, released)]
    assert [why for why in found if why.partition(":")[0] not in ALLOWED] == []
    assert set(ALLOWED) <= {why.partition(":")[0] for why in found}, "a reason that is no longer needed"


def test_no_migration_of_a_release_is_gone() -> None:
    assert set(released_migrations()) <= MigrationLoader(None).graph.nodes.keys()


RELEASED = ProjectState(
    {
        ("app", "track"): ModelState(
            "app",
            "Track",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=20)),
                ("note", models.TextField(null=True)),
                ("count", models.IntegerField()),
            ],
        )
    }
)
FINE: list[Operation] = [
    migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))]),
    migrations.DeleteModel("New"),
    migrations.AddField("Track", "colour", models.CharField(max_length=9, null=True)),
    migrations.AddField("Track", "place", models.CharField(max_length=9, db_default="")),
    migrations.AddField("New", "place", models.CharField(max_length=9)),
    migrations.RemoveField("Track", "colour"),
    migrations.AlterField("Track", "name", models.CharField(max_length=30, help_text="Longer.")),
    migrations.AlterField("Track", "name", models.TextField()),
    migrations.AlterField("Track", "count", models.BigIntegerField(null=True)),
    migrations.RunSQL("ALTER TABLE app_track ALTER COLUMN note DROP NOT NULL"),
    migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Track")]),
]
BREAKING: list[Operation] = [
    migrations.DeleteModel("Track"),
    migrations.RenameModel("Track", "Trail"),
    migrations.AlterModelTable("Track", "other"),
    migrations.RemoveField("Track", "note"),
    migrations.RenameField("Track", "note", "remark"),
    migrations.AddField("Track", "colour", models.CharField(max_length=9)),
    migrations.AddField("Track", "colour", models.CharField(max_length=9, default="")),  # a default of Python's only
    migrations.AlterField("Track", "note", models.TextField(default="")),
    migrations.AlterField("Track", "name", models.CharField(max_length=10)),
    migrations.AlterField("Track", "name", models.IntegerField()),
    migrations.AlterField("Track", "name", models.CharField(max_length=20, db_column="title")),
    migrations.RunSQL(["SELECT 1", "ALTER TABLE app_track DROP COLUMN note"]),
    migrations.RunSQL("ALTER TABLE app_track RENAME TO trail"),
    migrations.SeparateDatabaseAndState(database_operations=[migrations.DeleteModel("Track")]),
]


def migration(operation: Operation) -> Any:
    return type("Migration", (migrations.Migration,), {"operations": [operation]})("0002_change", "app")


@pytest.mark.parametrize("operation", FINE, ids=lambda each: each.describe())
def test_what_old_processes_do_not_notice_is_allowed(operation: Operation) -> None:
    assert list(what_breaks(migration(operation), RELEASED)) == []


@pytest.mark.parametrize("operation", BREAKING, ids=lambda each: each.describe())
def test_what_old_processes_use_is_not_taken_away(operation: Operation) -> None:
    [why] = what_breaks(migration(operation), RELEASED)
    assert why.startswith("app.0002_change: ")
