"""The database of a fault run, PostgreSQL or SQLite: queries, backups and faults."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import psycopg2

from standalone.servers import free_port, start_postgres
from tests import powercut
from tests.chaos import clocks, dead_connections

if TYPE_CHECKING:
    from tests.chaos.fleet import Program, RecordingGuard

Rows = list[tuple[Any, ...]]


class Database(Protocol):
    """What a run needs of both databases."""

    kind: str
    url: str

    def program(self) -> Program | None:
        """Return the server process; None for SQLite."""

    def prepare_faults(self) -> None:
        """Prepare what the faults need; the tables exist and are filled by then."""

    def query(self, sql: str) -> Rows | None:
        """Return the result of a statement on a new connection; None while the database is down."""

    def back_up(self, to: Path) -> None:
        """Copy the database; the server must be stopped."""

    def restore(self, backup: Path) -> None:
        """Replace the database by a copy; the server and all clients must be stopped."""


class PostgreSQL:
    """A separate cluster with durable commits, reached over TCP so that connections can be killed."""

    kind = "postgresql"

    def __init__(self, guard: RecordingGuard, folder: Path) -> None:
        self.port = free_port()
        with _temporary_files_in(folder):
            start_postgres(guard, listen_addresses="127.0.0.1", port=str(self.port), max_wal_size="128MB")
        process, self._command, self._how = guard.started[-1]
        process.send_signal(signal.SIGINT)
        process.wait(30)
        guard.release(process)
        self._data = Path(self._command[self._command.index("-D") + 1])
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def program(self) -> Program:
        from tests.chaos.fleet import Program

        # The configuration of the tests, but with commits that survive a killed process.
        durable = [part.replace("synchronous_commit=off", "synchronous_commit=on") for part in self._command]
        assert durable != self._command
        return Program(
            "postgres",
            durable,
            cwd=self._how["cwd"],
            user=self._how["user"],
            kill_signal=self._how["kill_signal"],
            is_ready=lambda: self.query("SELECT 1") is not None,
        )

    def prepare_faults(self) -> None:
        assert self.query(clocks.WRONG_CLOCK) is not None

    def query(self, sql: str) -> Rows | None:
        try:
            connection = psycopg2.connect(
                host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", connect_timeout=2
            )
        except psycopg2.OperationalError:
            return None
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = '5s'")
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error:
            return None
        finally:
            connection.close()

    def swallow(self) -> bool:
        """Kill the existing connections silently; return False if that is not possible here."""
        return dead_connections.swallow(self.port) > 0

    def back_up(self, to: Path) -> None:
        shutil.rmtree(to, ignore_errors=True)
        subprocess.run(["cp", "-a", self._data, to], check=True)

    def restore(self, backup: Path) -> None:
        shutil.rmtree(self._data)
        subprocess.run(["cp", "-a", backup, self._data], check=True)


class SQLite:
    """A file whose syncs are recorded, so that a power cut can be simulated."""

    kind = "sqlite"

    def __init__(self, folder: Path, synced: Path) -> None:
        self.path = folder / "db.sqlite3"
        self.synced = synced
        self.url = f"sqlite:///{self.path}"

    def program(self) -> None:
        return None

    def prepare_faults(self) -> None:
        powercut.begin(self.path, self.synced)

    def query(self, sql: str) -> Rows | None:
        # Read-only: closing the last writable connection would sync data that a power cut should lose.
        try:
            with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)) as connection:
                return connection.execute(sql).fetchall()
        except sqlite3.Error:
            return None

    def cut_power(self) -> None:
        """Restore the files as last synced; no process may have the database open."""
        powercut.cut(self.path, self.synced)

    def back_up(self, to: Path) -> None:
        with closing(sqlite3.connect(self.path, timeout=20)) as connection, closing(sqlite3.connect(to)) as copy:
            connection.backup(copy)

    def restore(self, backup: Path) -> None:
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink()
        shutil.copyfile(backup, self.path)
        shutil.rmtree(self.synced)
        powercut.begin(self.path, self.synced)


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Create temporary folders in `folder` during the block."""
    before, tempfile.tempdir = tempfile.tempdir, os.fspath(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
