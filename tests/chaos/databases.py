"""The database of a fault run, PostgreSQL or SQLite: what can be asked of it, and done to it."""

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

from config.servers import free_port, start_postgres
from tests import powercut
from tests.chaos import clocks, lines

if TYPE_CHECKING:
    from tests.chaos.fleet import Program, Remembering

Rows = list[tuple[Any, ...]]


class Database(Protocol):
    """What a run needs of either."""

    kind: str
    url: str

    def program(self) -> Program | None:
        """Return its server; None where it has none."""

    def settle(self) -> None:
        """Prepare what faults will need, once its tables are there and filled."""

    def query(self, sql: str) -> Rows | None:
        """Return what it answers on a connection of its own; None while it is away."""

    def back_up(self, to: Path) -> None:
        """Copy it; its server must be stopped."""

    def restore(self, backup: Path) -> None:
        """Replace it by a copy; its server, and all who use it, must be stopped."""


class PostgreSQL:
    """A cluster of its own with durable commits, reached over TCP so that lines to it can be lost."""

    kind = "postgresql"

    def __init__(self, guard: Remembering, folder: Path) -> None:
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

        # As tests do, but what is committed stays through the death of its processes.
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

    def settle(self) -> None:
        assert self.query(clocks.WRONG_CLOCK) is not None

    def query(self, sql: str) -> Rows | None:
        try:
            line = psycopg2.connect(
                host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", connect_timeout=2
            )
        except psycopg2.OperationalError:
            return None
        try:
            line.autocommit = True
            with line.cursor() as cursor:
                cursor.execute("SET statement_timeout = '5s'")
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error:
            return None
        finally:
            line.close()

    def swallow(self) -> bool:
        """Have the connections that exist pass nothing any more; False where that cannot be done."""
        return lines.swallow(self.port) > 0

    def back_up(self, to: Path) -> None:
        shutil.rmtree(to, ignore_errors=True)
        subprocess.run(["cp", "-a", self._data, to], check=True)

    def restore(self, backup: Path) -> None:
        shutil.rmtree(self._data)
        subprocess.run(["cp", "-a", backup, self._data], check=True)


class SQLite:
    """A file whose syncs are recorded, so that the power can be cut."""

    kind = "sqlite"

    def __init__(self, folder: Path, synced: Path) -> None:
        self.path = folder / "db.sqlite3"
        self.synced = synced
        self.url = f"sqlite:///{self.path}"

    def program(self) -> None:
        return None

    def settle(self) -> None:
        powercut.begin(self.path, self.synced)

    def query(self, sql: str) -> Rows | None:
        # Never the last one to leave: that one would sync what a power cut is to take.
        try:
            with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)) as line:
                return line.execute(sql).fetchall()
        except sqlite3.Error:
            return None

    def cut_power(self) -> None:
        """Leave what was synced; nobody may have it open."""
        powercut.cut(self.path, self.synced)

    def back_up(self, to: Path) -> None:
        with closing(sqlite3.connect(self.path, timeout=20)) as line, closing(sqlite3.connect(to)) as copy:
            line.backup(copy)

    def restore(self, backup: Path) -> None:
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink()
        shutil.copyfile(backup, self.path)
        shutil.rmtree(self.synced)
        powercut.begin(self.path, self.synced)


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Temporary folders are made in `folder` meanwhile."""
    before, tempfile.tempdir = tempfile.tempdir, os.fspath(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
