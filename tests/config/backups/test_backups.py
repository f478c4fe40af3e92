"""A backup has everything, of one moment, and either engine takes it in."""

import errno
import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor

from config.backups.archive import MANIFEST, ArchiveReader
from config.backups.making import all_models, make_backup
from config.backups.restoring import restore_backup
from config.backups.values import columns_of, to_database, to_json
from habits.models import Habit
from notifications.models import ArchivedDelivery, Delivery
from tests import make, migrated
from tracking.fields import StreakUnitField
from tracking.models import HabitTrack
from users.models import User

NOW = datetime(2026, 11, 26, 12, 0, 0, 123456, UTC)
SAMPLES: dict[type[models.Field[Any, Any]], list[Any]] = {
    models.DateTimeField: [NOW],
    models.DateField: [date(2011, 12, 29)],
    models.TimeField: [time(7, 30, 15)],
    models.DecimalField: [Decimal("0.01")],
    models.UUIDField: [UUID(int=7)],
    models.BooleanField: [True, False],
    models.FloatField: [0.1 + 0.2],
    models.IntegerField: [7],
    models.GenericIPAddressField: ["203.0.113.7"],
    models.BinaryField: [b"\x00\xffPK"],
    models.JSONField: [{"день": [1, None, "x"]}, []],
    models.CharField: ["'; \"\\ Ж 🎉"],
    models.TextField: ["two\nlines\t\x7f"],
}


def contents(path: Path) -> dict[str, bytes]:
    """Return all files of a backup but its manifest."""
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != MANIFEST}


def manage(url: str, folder: Path, *arguments: str) -> str:
    env = os.environ | {"DATABASE_URL": url, "DATA_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=migrated.ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.processes
@pytest.mark.engine("postgresql", reason="it goes to SQLite and back")
@pytest.mark.django_db(transaction=True)
def test_from_postgresql_to_sqlite_and_back_everything_is_as_it_was(tmp_path: Path) -> None:
    call_command("demo", stdout=StringIO())
    message = {"kind": "reminder", "channel": "email", "due_at": NOW, "available_at": NOW, "expires_at": NOW}
    ArchivedDelivery.objects.create(pk=1_000_000, key="old", state="dropped", created_at=NOW, **message)
    first, second, third = (tmp_path / f"{number}.zip" for number in (1, 2, 3))
    manifest = make_backup(first, now=NOW)
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    other = tmp_path / "other.sqlite3"
    migrated.copy_sqlite(other)
    assert "0 tracks differed" in manage(f"sqlite:///{other}", tmp_path, "restore", str(first), "--recount")
    manage(f"sqlite:///{other}", tmp_path, "backup", str(second))
    make.track(make.person("latecomer"))
    assert restore_backup(second, replace=True).engine == "sqlite"
    assert make_backup(third, now=NOW).rows == manifest.rows
    assert contents(first) == contents(second) == contents(third)
    make.track(make.person("newcomer"))  # the ids are after all that were loaded, in the archive as well
    assert Delivery.objects.create(key="new", **message).pk > ArchivedDelivery.objects.get().pk


@pytest.mark.engine("sqlite", reason="statements to drop and make tables are Django's on both")
@pytest.mark.django_db(transaction=True)
def test_a_backup_of_an_older_version_is_migrated(tmp_path: Path, alice: User) -> None:
    backup = tmp_path / "backup.zip"
    make.track(alice, name="Run")
    make_backup(backup, now=NOW)
    make_older(backup)
    with migrated.empty_database():
        restore_backup(backup, replace=False)
        assert HabitTrack.objects.get(habit__name="Run").is_outdated is False
        assert not MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes())


def make_older(path: Path) -> None:
    """Make a backup one that was made before the last migrations of tracking."""
    with ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files[MANIFEST])
    manifest["migrations"].remove(["tracking", "0010_unknown_days"])
    with ZipFile(path, "w") as archive:
        for name, content in (files | {MANIFEST: json.dumps(manifest).encode()}).items():
            archive.writestr(name, content)


@pytest.mark.engine("postgresql", reason="a thread needs a connection of its own")
@pytest.mark.django_db(transaction=True)
def test_a_backup_is_of_one_moment(tmp_path: Path, alice: User) -> None:
    def meanwhile(table: str, rows: int) -> None:
        if table == "users.User":
            make.at_once([lambda: make.track(alice)])

    make_backup(tmp_path / "backup.zip", now=NOW, progress=meanwhile)
    assert Habit.objects.count() == 1
    with ArchiveReader(tmp_path / "backup.zip") as archive:
        rows = {table.model: table.rows for table in archive.manifest.tables}
    assert (rows["users.User"], rows["habits.Habit"], rows["tracking.HabitTrack"]) == (1, 0, 0)


def fields() -> Iterator[models.Field[Any, Any]]:
    for model in all_models():
        yield from columns_of(model)


def test_every_kind_of_value_comes_back_as_it_was() -> None:
    for field in fields():
        if isinstance(field, models.ForeignKey):
            continue
        kinds = [kind for kind in type(field).__mro__ if kind in SAMPLES]
        samples = SAMPLES[kinds[0]] if kinds else None
        if isinstance(field, StreakUnitField):
            samples = ["2 days"]
        elif type(field).__name__ == "TimeZoneField":
            samples = [ZoneInfo("Pacific/Apia")]
        assert samples, f"{field}: tell this test a value of {type(field).__name__}"
        for value in [*map(field.to_python, samples), None]:
            again = to_database(field, to_json(field, value), connection)
            stored = field.get_db_prep_save(value, connection)
            if isinstance(again, memoryview):
                again, stored = bytes(again), bytes(stored)
            assert str(vars(again) if hasattr(again, "__dict__") else again) == str(
                vars(stored) if hasattr(stored, "__dict__") else stored
            ), field


@pytest.mark.django_db(transaction=True)
def test_a_backup_replaces_no_file_and_leaves_no_half_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "backup.zip"
    path.write_text("precious")
    with pytest.raises(CommandError):
        call_command("backup", str(path))
    assert path.read_text() == "precious"

    def fail(table: str, rows: int) -> None:
        raise OSError("no space left on device")

    with pytest.raises(OSError):
        make_backup(tmp_path / "other.zip", now=NOW, progress=fail)
    assert [each.name for each in tmp_path.iterdir()] == ["backup.zip"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, "{folder}/backup.zip exists already"),
        (FileNotFoundError(errno.ENOENT, "No such file"), "there is no folder {folder}"),
        (PermissionError(errno.EACCES, "Permission denied"), "this user may not write into {folder}"),
        (OSError(errno.ENOSPC, "No space left on device"), "no space is left in {folder}"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
    ],
)
def test_a_backup_that_cannot_be_written_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError | None, expected: str
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        assert error
        raise error

    file = tmp_path / "backup.zip"
    if error:
        monkeypatch.setattr("config.management.commands.backup.make_backup", fail)
    else:
        file.write_text("an older one")
    with pytest.raises(CommandError, match=re.escape(expected.format(folder=tmp_path))):
        call_command("backup", str(file))
    assert error or file.read_text() == "an older one"


def test_a_backup_into_no_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="there is no folder"):
        call_command("backup", str(tmp_path / "none" / "backup.zip"))


@pytest.mark.engine("sqlite", reason="it copies SQLite's file")
class TestUpgrade:
    """`manage.py upgrade`."""

    def upgrade(self, folder: Path) -> str:
        return manage(f"sqlite:///{folder}/db.sqlite3", folder, "upgrade")

    def test_a_database_without_pending_migrations_is_not_copied(self, tmp_path: Path) -> None:
        migrated.copy_sqlite(tmp_path / "db.sqlite3")
        assert self.upgrade(tmp_path) == "Nothing to do: all migrations are applied.\n"
        assert not (tmp_path / "backups").exists()

    def test_older_data_are_copied_before_they_are_migrated_and_three_copies_stay(self, tmp_path: Path) -> None:
        (tmp_path / "backups").mkdir()
        for year in range(2021, 2025):
            (tmp_path / "backups" / f"{year}-01-01-000000.sqlite3").touch()
        migrated.copy_sqlite(tmp_path / "db.sqlite3")
        with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database, database:
            database.execute("DELETE FROM django_migrations WHERE app = 'tracking' AND name = '0010_unknown_days'")
        assert self.upgrade(tmp_path).startswith("Copied the database to ")
        *old, copy = sorted((tmp_path / "backups").iterdir())
        assert [each.name[:4] for each in old] == ["2023", "2024"]
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        for path, applied in ((copy, 0), (tmp_path / "db.sqlite3", 1)):
            with closing(sqlite3.connect(path)) as database:
                rows = database.execute("SELECT count(*) FROM django_migrations WHERE name = '0010_unknown_days'")
                assert rows.fetchone() == (applied,)
