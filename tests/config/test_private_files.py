"""The data folder, the database and the secret key are readable for their owner alone."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from config import doctor, private_files

ROOT = Path(__file__).resolve().parents[2]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def start(folder: Path) -> None:
    """Load the settings in a process whose umask lets everybody read, with its data in the folder, and write a row."""
    code = (
        "import django; django.setup(); from django.db import connection; c = connection.cursor();"
        "c.execute('CREATE TABLE IF NOT EXISTS x (y)'); c.execute('INSERT INTO x VALUES (1)');"
        "import os; os._exit(0)"  # the other files of SQLite stay, as after a kill
    )
    env = {"PATH": os.environ["PATH"], "DJANGO_READ_DOT_ENV": "off", "DJANGO_SETTINGS_MODULE": "config.settings"}
    env["DATA_DIR"] = str(folder)
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, umask=0o022, check=True)


def test_a_new_folder_and_its_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    start(folder)
    assert mode(folder) == 0o700
    files = {path.name: mode(path) for path in folder.iterdir()}
    assert {"db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm", "secret_key"} <= files.keys()
    assert set(files.values()) == {0o600}


def test_a_database_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / "db.sqlite3").touch(0o644)
    (tmp_path / "db.sqlite3-wal").touch(0o664)
    tmp_path.chmod(0o755)
    start(tmp_path)
    assert mode(tmp_path / "db.sqlite3") == mode(tmp_path / "db.sqlite3-wal") == 0o600
    assert mode(tmp_path) == 0o755  # a folder that somebody made may be shared with others


def test_the_default_folder_of_an_older_version_is_closed_too(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    private_files.private_folder(folder, ours=folder)
    assert mode(folder) == 0o700


def test_a_file_that_is_not_ours_to_change_does_not_stop_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    (tmp_path / "db.sqlite3").touch(0o644)
    monkeypatch.setattr(Path, "chmod", refuse)
    private_files.private_database(tmp_path / "db.sqlite3")
    private_files.private_database(tmp_path / "missing" / "db.sqlite3")


def test_a_database_in_memory_makes_no_file(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "DJANGO_READ_DOT_ENV": "off", "DATA_DIR": str(tmp_path)}
    env |= {"DATABASE_URL": "sqlite://:memory:", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", "import config.settings"], cwd=tmp_path, env=env, check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.django_db
def test_the_doctor_names_what_others_can_read(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "db.sqlite3"
    sqlite3.connect(file).close()
    file.touch()
    file.chmod(0o644)
    tmp_path.chmod(0o755)
    settings.DATA_DIR = tmp_path
    settings.DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}
    monkeypatch.setattr(doctor, "BASE_DIR", tmp_path)
    (tmp_path / ".env").touch(0o644)
    found = [finding.text.rpartition("run ")[2] for finding in doctor.files(timezone.now())]
    assert found == [
        f"chmod 700 {tmp_path}.",
        f"chmod 600 {file}.",
        f"chmod 600 {tmp_path / '.env'}, if it holds secrets.",
    ]
