"""Databases that begin with all tables, so that a run migrates an empty one only once.

SQLite's is a file that is kept between runs, named after the migrations and the pinned packages, so that a change of
either makes it again. PostgreSQL's is a template database of the run's own server, which is new in each run: its
migrations are part of what the run proves. Whoever needs one first makes it, with `manage.py migrate`, and others wait.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".pytest_cache" / "databases"
KEPT = 3  # this branch's, and those of others
TEMPLATE = "migrated"


@contextmanager
def test_database() -> Iterator[None]:
    """Have Django make its test database from what is migrated already."""
    if connection.vendor == "sqlite":
        # Such a database, in memory, lives as long as a connection to it.
        creation: Any = connection.creation
        with closing(sqlite3.connect(creation._get_test_db_name(), uri=True)) as target:
            with closing(sqlite3.connect(sqlite_file())) as kept:
                kept.backup(target)
            yield
        return
    if _is_own_server():
        connection.settings_dict["TEST"]["TEMPLATE"] = _template()
    yield


def copy_sqlite(to: Path) -> None:
    """Make a SQLite database with all tables at `to`."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(sqlite_file(), to)


@contextmanager
def postgres_database(name: str) -> Iterator[str]:
    """Make a database with all tables on the run's PostgreSQL server, for the processes of a test; yield its URL."""
    url = _url(name)
    _execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{_template()}"' if _is_own_server() else ""))
    try:
        if not _is_own_server():
            _migrate(url)
        yield url
    finally:
        _execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def empty_database() -> Iterator[None]:
    """Use a database without tables, on the engine of the run, instead of the tests' database."""
    usual = connections[DEFAULT_DB_ALIAS]
    with tempfile.TemporaryDirectory() as folder:
        name = f"empty_{os.getpid()}"
        if usual.vendor == "postgresql":
            _execute(f'CREATE DATABASE "{name}"')
        empty = usual.copy()
        empty.settings_dict["NAME"] = name if usual.vendor == "postgresql" else f"{folder}/db.sqlite3"
        connections[DEFAULT_DB_ALIAS] = empty
        try:
            yield
        finally:
            empty.close()
            connections[DEFAULT_DB_ALIAS] = usual
            if usual.vendor == "postgresql":
                _execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def sqlite_file() -> Path:
    """Return the kept SQLite database; make it if it is not there, and remove the oldest."""
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    file = FOLDER / f"{digest.hexdigest()[:16]}.sqlite3"
    with _lock():
        if not file.exists():
            with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
                fresh = Path(folder, "db.sqlite3")
                _migrate(f"sqlite:///{fresh}")
                fresh.rename(file)
            for old in sorted(FOLDER.glob("*.sqlite3"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
                old.unlink(missing_ok=True)
    return file


def _template() -> str:
    """Return the name of the server's database with all tables; make it if it is not there."""
    with _lock():
        if not _execute(f"SELECT FROM pg_database WHERE datname = '{TEMPLATE}-done'"):
            _execute(f'CREATE DATABASE "{TEMPLATE}"')
            _migrate(_url(TEMPLATE))
            _execute(f'ALTER DATABASE "{TEMPLATE}" RENAME TO "{TEMPLATE}-done"')
    return f"{TEMPLATE}-done"


def _is_own_server() -> bool:
    """Whether the run has started its PostgreSQL itself."""
    return not os.environ.get("TEST_DATABASE_URL")


def _migrate(url: str) -> None:
    with tempfile.TemporaryDirectory() as data:
        env = os.environ | {"DATABASE_URL": url, "DATA_DIR": data}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True)


def _url(name: str) -> str:
    """Return the URL of another database of the run's server."""
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"


def _execute(sql: str) -> int:
    """Run a statement in the server's own database; return the number of rows."""
    settings = connection.settings_dict
    parameters = {
        name: settings[name.upper()] for name in ("host", "port", "user", "password") if settings[name.upper()]
    }
    name = os.environ["DATABASE_URL"].rpartition("/")[2]
    with closing(psycopg2.connect(dbname=name, **parameters)) as server:
        server.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with server.cursor() as cursor:
            cursor.execute(sql)
            return int(cursor.rowcount)


@contextmanager
def _lock() -> Iterator[None]:
    """Hold the lock that makes one process migrate while others wait."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
