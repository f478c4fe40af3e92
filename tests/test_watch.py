"""Who does not answer is noticed, nobody is blamed for a database that is away, and no lock on SQLite is held for long."""

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import OperationalError

from config import watch
from config.sqlite_locks import Holder, LockWatch, holders
from config.watch import Listener, Watch
from notifications import heartbeats

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

# Takes the write lock, says so, and then waits for a word on its standard input.
HOLD = """
import sqlite3, sys
line = sqlite3.connect(sys.argv[1], isolation_level=None)
line.execute("BEGIN IMMEDIATE")
line.execute("INSERT INTO rows VALUES (1)")
print("held", flush=True)
sys.stdin.readline()
"""
# Commits again and again, holding the lock nearly all the time.
BUSY = """
import sqlite3, sys
line = sqlite3.connect(sys.argv[1], isolation_level=None)
line.execute("INSERT INTO rows VALUES (1)")
print("held", flush=True)
while True:
    line.execute("BEGIN IMMEDIATE")
    line.executemany("INSERT INTO rows VALUES (?)", [(n,) for n in range(20000)])
    line.execute("COMMIT")
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "db.sqlite3"
    line = sqlite3.connect(path)
    line.execute("PRAGMA journal_mode=WAL")
    line.execute("CREATE TABLE rows (n)")
    line.commit()
    line.close()
    return path


def started(source: str, database: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", source, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def can_write(database: Path) -> bool:
    line = sqlite3.connect(database, timeout=0)
    try:
        with line:
            line.execute("INSERT INTO rows VALUES (2)")
    except sqlite3.OperationalError:
        return False
    finally:
        line.close()
    return True


@pytest.mark.processes
def test_the_holder_of_the_write_lock_is_known(database: Path) -> None:
    assert holders(database) == []
    process = started(HOLD, database)
    try:
        assert not can_write(database)
        assert holders(database) == [Holder(process.pid, "the write lock")]
    finally:
        end(process)
    assert holders(database) == []


@pytest.mark.processes
def test_the_holder_of_the_whole_file_is_known(database: Path) -> None:
    """Outside WAL mode, and while the log is folded back at the end."""
    line = sqlite3.connect(database)
    line.execute("PRAGMA journal_mode=DELETE")
    line.close()
    process = started(HOLD, database)
    try:
        assert holders(database) == [Holder(process.pid, "the lock on the whole file")]
    finally:
        end(process)


@pytest.mark.processes
def test_a_process_stopped_within_a_transaction_is_ended_after_a_minute(database: Path) -> None:
    process = started(HOLD, database)
    os.kill(process.pid, signal.SIGSTOP)
    looks = Watch([], locks=LockWatch(database, patience=60))
    try:
        for seconds in (0, 59):
            looks.look(seconds)
            assert looks.notes.empty()
            assert not can_write(database)
        looks.look(61)
        assert process.wait(10) == -signal.SIGKILL
        said = looks.notes.get()
        assert f"Process {process.pid} (" in said
        assert "has held the write lock on the database for 61 s without a commit and was killed." in said
        assert "import sqlite3" in said  # its command line
        assert can_write(database)
    finally:
        end(process)


@pytest.mark.processes
def test_a_busy_writer_is_left_alone(database: Path) -> None:
    process = started(BUSY, database)
    shm = database.with_name(f"{database.name}-shm")
    try:
        locks, met = LockWatch(database, patience=60), 0
        for minute in range(100):
            met += bool(holders(database))
            assert locks.look(minute * 61.0) == []
            index = shm.read_bytes()[:48]
            while shm.read_bytes()[:48] == index:  # until the next commit
                pass
        assert met > 10
    finally:
        end(process)


def test_a_holder_that_cannot_be_known_is_told_and_not_killed() -> None:
    assert "which one cannot be told" in watch.end_holder(0, "the write lock", 61)
    assert "which one cannot be told" in watch.end_holder(-1, "the write lock", 61)
    assert "which one cannot be told" in watch.end_holder(os.getpid(), "the write lock", 61)


def test_a_child_is_silent_only_while_it_does_not_answer() -> None:
    answer: list[bool | None] = [False]
    listener = Listener("web", lambda pid: answer[0], patience=60)
    assert [listener.look(7, now) for now in (0, 30, 61)] == [0, 30, 61]
    answer[0] = None  # cannot be told
    assert listener.look(7, 90) == 0
    answer[0] = False
    assert [listener.look(7, now) for now in (100, 130)] == [0, 30]
    answer[0] = True
    assert listener.look(7, 140) == 0
    answer[0] = False
    assert [listener.look(7, now) for now in (150, 180)] == [0, 30]
    assert listener.look(8, 200) == 0  # another process by now


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", [heartbeats.WORKER, heartbeats.BEAT])
def test_a_row_of_the_last_minute_is_an_answer(role: str) -> None:
    ask = watch.by_row(role, redis_answers=lambda pid: True)
    with time_machine.travel(NOON, tick=False) as moved:
        assert ask(7) is False
        heartbeats.record(heartbeats.process_name(role, 7), now=NOON)
        assert ask(7) is True
        assert ask(8) is False
        moved.shift(timedelta(seconds=61))
        assert ask(7) is False


@pytest.mark.django_db(transaction=True)
def test_nobody_is_blamed_while_redis_or_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    assert watch.by_row("worker", redis_answers=lambda pid: False)(7) is None

    def away(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(heartbeats, "record", away)
    assert watch.by_row("worker", redis_answers=lambda pid: True)(7) is None


@pytest.mark.django_db(transaction=True)
def test_a_web_server_that_refuses_is_one_that_answers(live_server: object) -> None:
    url = str(live_server)
    assert watch.over_http(f"{url}/nowhere/")(7) is True
    assert watch.over_http("http://127.0.0.1:1/")(7) is False
