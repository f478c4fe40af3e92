"""Databases that begin with all tables, so that a run migrates an empty one only once.

SQLite's is a file that is kept between runs, named after the migrations and the pinned packages, so that a change of
either makes it again. PostgreSQL's is a template database of the run's own server, which is new in each run: its
migrations are part of what the run proves. Whoever needs one first makes it, with `manage.py migrate`, and others wait.

Both are made from the tables of the last release, as upgrades are, which tests of upgrades use as well.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
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

from config.version import version
from tests.config.releases import seed

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".pytest_cache" / "databases"
KEPT = 3  # this branch's, and those of others
TEMPLATE, RELEASED = "migrated", "released"
TO_RELEASE = """
import django; django.setup()
from config.backups.restoring import migrate_to
from tests.migrated import released_migrations
migrate_to(released_migrations())
"""


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
    with _other_database():
        yield


@contextmanager
def released_database() -> Iterator[None]:
    """Use a database with the tables of the last release, and no accounts, instead of the tests' database."""
    if connection.vendor == "sqlite":
        with _lock():
            released = _released_sqlite()
        with _other_database(copy_of=str(released)):
            yield
    elif _is_own_server():
        with _lock():
            released_name = _released_template()
        with _other_database(copy_of=released_name):
            yield
    else:
        with _other_database():
            _migrate_to_release(_url(f"empty_{os.getpid()}"))
            yield


@contextmanager
def _other_database(*, copy_of: str = "") -> Iterator[None]:
    usual = connections[DEFAULT_DB_ALIAS]
    with tempfile.TemporaryDirectory() as folder:
        name = f"empty_{os.getpid()}"
        if usual.vendor == "postgresql":
            _execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{copy_of}"' if copy_of else ""))
        elif copy_of:
            shutil.copyfile(copy_of, f"{folder}/db.sqlite3")
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
    file = FOLDER / f"{_digest(sorted(ROOT.glob('*/migrations/*.py')))}.sqlite3"
    with _lock():
        if not file.exists():
            released = _released_sqlite()
            with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
                fresh = Path(folder, "db.sqlite3")
                shutil.copyfile(released, fresh)
                _migrate(f"sqlite:///{fresh}")
                fresh.rename(file)
            for old in sorted(FOLDER.glob("*.sqlite3"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
                old.unlink(missing_ok=True)
    return file


def _released_sqlite() -> Path:
    """Return the kept SQLite database of the last release; make it if it is not there. The caller holds the lock."""
    paths = [path for app, name in released_migrations() for path in ROOT.glob(f"{app}/migrations/{name}.py")]
    file = FOLDER / "released" / f"{_digest(paths)}.sqlite3"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        for old in file.parent.iterdir():
            old.unlink()
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            fresh = Path(folder, "db.sqlite3")
            _migrate_to_release(f"sqlite:///{fresh}")
            fresh.rename(file)
    return file


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for path in paths:
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def released_migrations() -> list[tuple[str, str]]:
    """Return the migrations of the last release, as the cut has recorded them."""
    manifest = json.loads((seed.FOLDER / version() / "manifest.json").read_text())
    return [(app, name) for app, name in manifest["migrations"]]


def _template() -> str:
    """Return the name of the server's database with all tables; make it if it is not there."""
    with _lock():
        if not _exists(f"{TEMPLATE}-done"):
            _execute(f'CREATE DATABASE "{TEMPLATE}" TEMPLATE "{_released_template()}"')
            _migrate(_url(TEMPLATE))
            _execute(f'ALTER DATABASE "{TEMPLATE}" RENAME TO "{TEMPLATE}-done"')
    return f"{TEMPLATE}-done"


def _released_template() -> str:
    """Return the name of the server's database of the last release; make it if it is not there. The caller holds the lock."""
    if not _exists(f"{RELEASED}-done"):
        _execute(f'CREATE DATABASE "{RELEASED}"')
        _migrate_to_release(_url(RELEASED))
        _execute(f'ALTER DATABASE "{RELEASED}" RENAME TO "{RELEASED}-done"')
    return f"{RELEASED}-done"


def _exists(name: str) -> bool:
    return bool(_execute(f"SELECT FROM pg_database WHERE datname = '{name}'"))


def _is_own_server() -> bool:
    """Whether the run has started its PostgreSQL itself."""
    return not os.environ.get("TEST_DATABASE_URL")


def _migrate(url: str) -> None:
    _run(url, "manage.py", "migrate", "-v0")


def _migrate_to_release(url: str) -> None:
    _run(url, "-c", TO_RELEASE)


def _run(url: str, *program: str) -> None:
    with tempfile.TemporaryDirectory() as data:
        env = os.environ | {"DATABASE_URL": url, "DATA_DIR": data, "DJANGO_SETTINGS_MODULE": "config.settings"}
        subprocess.run([sys.executable, *program], cwd=ROOT, env=env, check=True)


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
