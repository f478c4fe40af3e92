"""A release has one version, in every file that names it, with what it changes; it is cut by a command."""

import shutil
import subprocess
import sys
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from config.backups.archive import ArchiveReader, ArchiveWriter
from config.env import BASE_DIR
from config.management.commands import cut_release
from config.releases.cutting import PLACES, CannotCut, cut_changelog, released, unreleased
from config.version import version
from tests.config.releases import seed
from users.models import User

CHANGELOG = (BASE_DIR / "CHANGELOG.md").read_text()
DAY = date(2026, 12, 24)
BEFORE = """# Changelog

## [Unreleased]

### Added

- A bell.

## [0.9.0] - 2026-11-26

- The first.
"""


def test_the_newest_release_of_the_changelog_is_the_version() -> None:
    assert released(CHANGELOG)[0] == version() == settings.VERSION


@pytest.mark.parametrize("name", PLACES)
def test_every_file_names_the_same_version(name: str) -> None:
    text = (BASE_DIR / name).read_text()
    assert PLACES[name](text, version()) == text
    assert "9.8.7" in PLACES[name](text, "9.8.7")


def test_the_last_release_and_no_other_has_a_database_to_upgrade_from() -> None:
    assert [path.parent.name for path in seed.FOLDER.glob("*/manifest.json")] == [version()]


def test_what_was_unreleased_is_cut_under_its_version_and_day() -> None:
    cut = cut_changelog(BEFORE, version="0.10.0", day=DAY)
    assert "## [Unreleased]\n\n## [0.10.0] - 2026-12-24\n\n### Added\n\n- A bell.\n\n## [0.9.0]" in cut
    assert (released(cut), unreleased(cut)) == (["0.10.0", "0.9.0"], "")
    assert cut.replace("## [0.10.0] - 2026-12-24\n\n", "") == BEFORE


@pytest.mark.parametrize("wrong", ["0.9.0", "0.8.9", "1.0", "v1.0.0", "1.0.0-rc1", ""])
def test_a_version_that_is_not_newer_or_no_version_is_refused(wrong: str) -> None:
    with pytest.raises(CannotCut):
        cut_changelog(BEFORE, version=wrong, day=DAY)


def test_a_release_without_a_change_is_refused() -> None:
    with pytest.raises(CannotCut):
        cut_changelog(cut_changelog(BEFORE, version="1.0.0", day=DAY), version="1.1.0", day=DAY)


def test_the_command_writes_every_file_that_names_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PLACES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(BASE_DIR / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(BEFORE)
    monkeypatch.setattr(cut_release, "BASE_DIR", tmp_path)
    call_command("cut_release", "9.8.7", stdout=StringIO())
    assert all("9.8.7" in (tmp_path / name).read_text() for name in [*PLACES, "CHANGELOG.md"])
    before = (tmp_path / "pyproject.toml").read_text()
    with pytest.raises(CommandError, match="not newer"):
        call_command("cut_release", "9.8.6")
    assert (tmp_path / "pyproject.toml").read_text() == before


def test_the_database_of_a_release_is_a_backup_in_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seed, "FOLDER", tmp_path)
    backup, former = tmp_path / "backup.zip", tmp_path / "1.0.0" / "manifest.json"
    former.parent.mkdir()
    former.touch()
    with ArchiveWriter(backup) as archive:
        archive.add_table("users.User", ["id", "username"], [[1, "ada"], [2, "боб"]])
        archive.add_table("users.Session", ["id"], [])
        archive.finish(made_at="2026-11-26T12:00:00+00:00", engine="sqlite", migrations=[("users", "0001_initial")])
    seed.write("1.1.0", backup)
    assert not former.exists()
    assert (tmp_path / "1.1.0" / "users.User.jsonl").read_text() == '[1,"ada"]\n[2,"боб"]\n'
    with ArchiveReader(seed.zipped("1.1.0", tmp_path / "again.zip")) as again, ArchiveReader(backup) as first:
        again.check()
        assert again.manifest == first.manifest


@pytest.mark.parametrize("command", ["version", "--version"])
def test_the_command_line_says_the_version(command: str) -> None:
    done = subprocess.run([sys.executable, "manage.py", command], cwd=BASE_DIR, capture_output=True, text=True)
    assert done.stdout == f"{version()}\n"


@pytest.mark.django_db
def test_the_documents_of_the_api_and_the_admin_say_the_version(stranger: APIClient, client: Client) -> None:
    assert stranger.get("/api/schema/", {"format": "openapi"}).json()["info"]["version"] == version()
    assert stranger.get("/api/openapi.json").json()["info"]["version"] == version()
    assert version() not in client.get("/admin/login/").content.decode()
    client.force_login(User.objects.create_superuser("staff@example.org", "correct horse battery"))
    assert f"<p>Habit Tracker {version()}</p>" in client.get("/admin/").content.decode()
