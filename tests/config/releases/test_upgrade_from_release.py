"""The database of the last release, with data, becomes this version's; processes of that release run on beside."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from pytest_django import DjangoDbBlocker

from config.backups.archive import ArchiveReader
from config.backups.making import make_backup
from config.backups.restoring import load, restore_backup
from config.version import version
from tests import migrated
from tests.config.releases import seed
from tracking.models import HabitTrack
from tracking.streaks.services import find_differences

# Tables whose rows migrations since the last release change on purpose, and why.
CHANGED: dict[str, str] = {}
# Tables to which `migrate` adds the names of new models.
NAMES_OF_MODELS = {"contenttypes.ContentType", "auth.Permission"}

pytestmark = pytest.mark.django_db
Rows = dict[str, list[dict[str, Any]]]


def rows_of(path: Path) -> Rows:
    with ArchiveReader(path) as archive:
        return {
            table.model: [dict(zip(table.columns, row, strict=True)) for row in archive.rows(table)]
            for table in archive.manifest.tables
        }


def now_in(path: Path, before: Rows) -> Rows:
    """Make a backup, and return its rows as far as the release has them: without new tables and columns."""
    make_backup(path, now=seed.NOW)
    after = rows_of(path)
    return {
        model: [{name: row[name] for name in rows[0]} for row in after[model]] if rows else []
        for model, rows in before.items()
        if model not in CHANGED
    }


@pytest.fixture(scope="module")
def upgraded(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimpleNamespace]:
    """The last release's database, migrated. Then its rows again, by its own statements. Once for all tests."""
    folder, made = tmp_path_factory.mktemp("release"), SimpleNamespace()
    backup = seed.zipped(version(), folder / "release.zip")
    made.before = rows_of(backup)
    with django_db_blocker.unblock(), migrated.released_database(), time_machine.travel(seed.NOW, tick=False):
        manifest = restore_backup(backup, replace=False)
        made.after = now_in(folder / "after.zip", made.before)
        made.streaks = list(HabitTrack.objects.values_list("streak", flat=True))
        made.differences = list(find_differences(now=seed.NOW, repair=False))

        made.released = MigrationLoader(connection).project_state(list(manifest.migrations)).apps
        with ArchiveReader(backup) as archive:
            load(archive, made.released)
        for label in made.before:
            for row in made.released.get_model(label)._base_manager.order_by("pk")[:3]:
                row.save(force_update=True)
        made.again = now_in(folder / "again.zip", made.before)
        yield made


def test_every_row_of_the_last_release_is_there_as_it_was(upgraded: SimpleNamespace) -> None:
    assert sum(map(len, upgraded.after.values())) > 1000
    for model, rows in upgraded.after.items():
        kept = [row for row in rows if row in upgraded.before[model]] if model in NAMES_OF_MODELS else rows
        assert kept == upgraded.before[model], model


def test_this_version_counts_the_streaks_that_the_last_release_counted(upgraded: SimpleNamespace) -> None:
    assert max(upgraded.streaks) > 3
    assert upgraded.differences == []


def test_the_last_release_inserts_reads_and_updates_rows_in_the_new_tables(upgraded: SimpleNamespace) -> None:
    for model, rows in upgraded.again.items():
        assert rows == upgraded.before[model], model


def test_the_last_release_deletes_rows_in_the_new_tables(upgraded: SimpleNamespace) -> None:
    for label in upgraded.before:
        # As services do it: table by table, with constraints that are checked at the end.
        upgraded.released.get_model(label)._base_manager.all()._raw_delete(connection.alias)
    connection.check_constraints()
