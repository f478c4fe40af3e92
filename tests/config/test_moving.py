"""`manage.py move_to_postgresql`: a whole installation on SQLite becomes the same one on PostgreSQL."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from config.env import database
from config.moving import CannotMove, move
from tests import migrated

ROOT = Path(__file__).resolve().parents[2]
NAME = f"moved_{os.getpid()}"

pytestmark = [
    pytest.mark.engine("postgresql", reason="it needs a server to move to"),
    pytest.mark.processes,
]


def manage(*arguments: str, url: str, data: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"DATABASE_URL": url, "DATA_DIR": str(data)}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def target() -> Iterator[str]:
    with migrated.postgres_database(NAME) as url:
        yield url


def ask(url: str, statement: str) -> tuple[Any, ...]:
    wanted = database(url)
    address = {"dbname": wanted["NAME"], "user": wanted["USER"], "host": wanted["HOST"]}
    with closing(psycopg2.connect(**address)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        found: tuple[Any, ...] = cursor.fetchone() or ()
        return found


def test_an_installation_is_the_same_after_it_was_moved(tmp_path: Path, target: str) -> None:
    source = f"sqlite:///{tmp_path}/db.sqlite3"
    migrated.copy_sqlite(to=tmp_path / "db.sqlite3")
    made = manage("demo", url=source, data=tmp_path)
    assert made.returncode == 0, made.stderr
    moved = manage("move_to_postgresql", target, url=source, data=tmp_path)
    assert moved.returncode == 0, moved.stderr
    assert "All streaks count the same there." in moved.stdout
    dumps = [
        manage("dumpdata", "users", "habits", "tracking", "achievements", "notifications", url=url, data=tmp_path)
        for url in (source, target)
    ]
    assert len(dumps[0].stdout) > 10_000
    assert dumps[0].stdout == dumps[1].stdout
    # New rows get new ids there.
    count, largest = ask(target, "SELECT count(*), max(id) FROM tracking_habittrack")
    (following,) = ask(target, "SELECT nextval(pg_get_serial_sequence('tracking_habittrack', 'id'))")
    assert count > 0
    assert following == largest + 1
    again = manage("move_to_postgresql", target, url=source, data=tmp_path)
    assert "The database has accounts." in again.stderr


def test_only_sqlite_is_moved() -> None:
    with pytest.raises(CannotMove, match="not on SQLite"):
        move("postgres://somebody@localhost/habits")
