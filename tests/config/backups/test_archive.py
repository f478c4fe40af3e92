"""A file that is no whole backup is refused before anything is changed."""

import json
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command

from config.backups.archive import MANIFEST, ArchiveReader, ArchiveWriter, BadArchive
from tests import make
from users.models import User

USERS: list[list[object]] = [[1, "ada"], [2, "боб"], [3, None]]


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    path = tmp_path / "backup.zip"
    with ArchiveWriter(path) as archive:
        archive.add_table("users.User", ["id", "username"], USERS)
        archive.finish(made_at="2026-11-26T12:00:00+00:00", engine="sqlite", migrations=[("users", "0001_initial")])
    return path


def rewrite(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """Write the archive again, each file as `change` returns it; None leaves it out."""
    with ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(path, "w") as archive:
        for name, content in files.items():
            if (changed := change(name, content)) is not None:
                archive.writestr(name, changed)


def test_what_was_written_is_read(backup: Path) -> None:
    with ArchiveReader(backup) as archive:
        [table] = archive.manifest.tables
        assert (table.model, table.columns, table.rows) == ("users.User", ("id", "username"), 3)
        assert archive.manifest.rows == 3
        assert archive.manifest.migrations == (("users", "0001_initial"),)
        assert list(archive.rows(table)) == USERS
        archive.check()


@pytest.mark.parametrize(
    "change",
    [
        lambda name, content: content.replace(b"ada", b"eve"),
        lambda name, content: content if name == MANIFEST else content.splitlines(keepends=True)[0],
        lambda name, content: content if name == MANIFEST else None,
        lambda name, content: content if name == MANIFEST else b"[1,",
    ],
    ids=["a value", "missing rows", "a missing table", "half a row"],
)
def test_a_change_is_noticed(backup: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    rewrite(backup, change)
    with ArchiveReader(backup) as archive, pytest.raises(BadArchive):
        archive.check()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(content)
    with pytest.raises(BadArchive):
        ArchiveReader(path)


def test_another_version_of_the_form_is_refused(backup: Path) -> None:
    rewrite(
        backup, lambda name, content: content.replace(b'"version": 1', b'"version": 2') if name == MANIFEST else content
    )
    with pytest.raises(BadArchive, match="habit-tracker-backup 2, not habit-tracker-backup 1"):
        ArchiveReader(backup)


@pytest.mark.django_db
class TestRestoreChangesNothing:
    """`manage.py restore` refuses, and all is as it was."""

    def refused(self, path: Path, *arguments: str) -> str:
        before = make.everything()
        with pytest.raises(CommandError) as refusal:
            call_command("restore", str(path), *arguments)
        assert make.everything() == before
        return str(refusal.value)

    def test_where_there_are_accounts(self, backup: Path, alice: User) -> None:
        assert "--replace" in self.refused(backup)

    def test_from_a_damaged_file(self, backup: Path, alice: User) -> None:
        rewrite(backup, lambda name, content: content.replace(b"ada", b"eve"))
        assert self.refused(backup, "--replace").startswith("Nothing was changed.")

    def test_from_a_newer_version(self, backup: Path, alice: User) -> None:
        def newer(name: str, content: bytes) -> bytes:
            if name != MANIFEST:
                return content
            manifest = json.loads(content)
            return json.dumps(manifest | {"migrations": [["users", "0999_teleport"]]}).encode()

        rewrite(backup, newer)
        assert "does not know the migration users.0999_teleport" in self.refused(backup, "--replace")

    def test_without_a_file(self, tmp_path: Path, alice: User) -> None:
        assert "No such file" in self.refused(tmp_path / "nothing.zip", "--replace")
