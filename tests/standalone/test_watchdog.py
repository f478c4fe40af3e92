"""The watchdog finds unresponsive processes, and ends processes that hold a lock of SQLite for too long."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client

from notifications.monitoring import heartbeats
from standalone import watchdog
from standalone.process_guard import ProcessGuard
from standalone.servers import RedisServer, wait_until
from standalone.sqlite_locks import LockHolder, LockMonitor, lock_holders
from standalone.watchdog import LivenessCheck, Watchdog
from tests.waiting import STUCK

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

# Takes the write lock, reports that, and then waits for input.
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


def start_script(source: str, database: Path) -> subprocess.Popen[bytes]:
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
def test_it_finds_the_holder_of_the_write_lock(database: Path) -> None:
    assert lock_holders(database) == []
    process = start_script(HOLD, database)
    try:
        assert not can_write(database)
        assert lock_holders(database) == [LockHolder(process.pid, "the write lock")]
    finally:
        end(process)
    assert lock_holders(database) == []


@pytest.mark.processes
def test_it_finds_the_holder_of_a_lock_on_the_whole_file(database: Path) -> None:
    """Outside WAL mode, and during the last checkpoint."""
    line = sqlite3.connect(database)
    line.execute("PRAGMA journal_mode=DELETE")
    line.close()
    process = start_script(HOLD, database)
    try:
        assert lock_holders(database) == [LockHolder(process.pid, "the lock on the whole file")]
    finally:
        end(process)


@pytest.mark.processes
def test_a_process_stopped_in_a_transaction_is_killed_after_a_minute(database: Path) -> None:
    process = start_script(HOLD, database)
    os.kill(process.pid, signal.SIGSTOP)
    checked = Watchdog([], locks=LockMonitor(database, max_hold=60))
    try:
        for seconds in (0, 59):
            checked.check(seconds)
            assert checked.messages.empty()
            assert not can_write(database)
        checked.check(61)
        assert process.wait(STUCK) == -signal.SIGKILL
        message = checked.messages.get()
        assert f"Process {process.pid} (" in message
        assert "has held the write lock on the database for 61 s without a commit and was killed." in message
        assert "import sqlite3" in message  # its command line
        assert can_write(database)
    finally:
        end(process)


@pytest.mark.processes
def test_a_busy_writer_is_not_killed(database: Path) -> None:
    process = start_script(BUSY, database)
    shm = database.with_name(f"{database.name}-shm")
    try:
        locks, seen = LockMonitor(database, max_hold=60), 0
        for minute in range(100):
            seen += bool(lock_holders(database))
            assert locks.check(minute * 61.0) == []
            index = shm.read_bytes()[:48]
            while shm.read_bytes()[:48] == index:  # until the next commit
                pass
        assert seen > 10
    finally:
        end(process)


def test_an_unknown_lock_holder_is_reported_and_not_killed() -> None:
    assert "An unknown process" in watchdog.kill_lock_holder(0, "the write lock", 61)
    assert "An unknown process" in watchdog.kill_lock_holder(-1, "the write lock", 61)
    assert "An unknown process" in watchdog.kill_lock_holder(os.getpid(), "the write lock", 61)


def test_the_time_without_a_response_starts_again_after_each_response() -> None:
    answer: list[bool | None] = [False]
    check = LivenessCheck("web", lambda pid: answer[0], timeout=60)
    assert [check.run(7, now) for now in (0, 30, 61)] == [0, 30, 61]
    answer[0] = None  # cannot be known
    assert check.run(7, 90) == 0
    answer[0] = False
    assert [check.run(7, now) for now in (100, 130)] == [0, 30]
    answer[0] = True
    assert check.run(7, 140) == 0
    answer[0] = False
    assert [check.run(7, now) for now in (150, 180)] == [0, 30]
    assert check.run(8, 200) == 0  # another process by now


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", [heartbeats.WORKER, heartbeats.BEAT])
def test_a_heartbeat_of_the_last_minute_counts_as_a_response(live_server: object, settings: Any, role: str) -> None:
    settings.SUPERVISOR_TOKEN = "secret"
    probe = watchdog.heartbeat_probe(str(live_server), "secret", role, redis_responds=lambda pid: True)
    with time_machine.travel(NOON, tick=False) as moved:
        assert probe(7) is False
        heartbeats.record(heartbeats.process_name(role, 7), now=NOON)
        assert probe(7) is True
        assert probe(8) is False
        moved.shift(timedelta(seconds=61))
        assert probe(7) is False


@pytest.mark.django_db(transaction=True)
def test_no_process_is_unresponsive_while_redis_the_database_or_web_is_down(
    live_server: object, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SUPERVISOR_TOKEN = "secret"
    url = str(live_server)
    assert watchdog.heartbeat_probe(url, "secret", "worker", redis_responds=lambda pid: False)(7) is None
    assert watchdog.heartbeat_probe(url, "wrong", "worker", redis_responds=lambda pid: True)(7) is None
    assert watchdog.heartbeat_probe("http://127.0.0.1:1", "", "worker", redis_responds=lambda pid: True)(7) is None

    def away(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(heartbeats, "record", away)
    assert watchdog.heartbeat_probe(url, "secret", "worker", redis_responds=lambda pid: True)(7) is None


@pytest.mark.processes
def test_redis_responds_unless_it_is_frozen_or_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "PROBE_TIMEOUT", 0.3)
    server = RedisServer.prepare(tmp_path)
    probe = watchdog.redis_probe(server.url.replace(server.password, "another"))
    assert not probe(0)
    with ProcessGuard() as guard, (tmp_path / "log").open("wb") as output:
        process = guard.start(server.command, output=output)
        wait_until(server.is_ready, process=process, name="Redis", log=tmp_path / "log")
        assert probe(0)
        process.send_signal(signal.SIGSTOP)
        assert not probe(0)
        process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("url", ["redis+socket://PATH?virtual_host=0", "unix://PATH", "rediss://127.0.0.1:PORT/0"])
def test_any_answer_of_redis_counts_over_tls_and_a_socket_too(tmp_path: Path, url: str) -> None:
    path = f"{tmp_path}/redis.sock"
    by_path = "PATH" in url
    address, family = (path, socket.AF_UNIX) if by_path else (("127.0.0.1", 0), socket.AF_INET)

    def answer() -> None:
        with server.accept()[0] as connection:
            connection.recv(4096)
            connection.sendall(b"-NOAUTH\r\n")

    with socket.create_server(address, family=family) as server:
        answering = threading.Thread(target=answer)
        answering.start()
        port = "" if by_path else str(server.getsockname()[1])
        assert watchdog.redis_probe(url.replace("PATH", path).replace("PORT", port))(0)
        answering.join()


@pytest.mark.django_db
def test_only_the_supervisor_learns_which_processes_are_alive(client: Client, settings: Any) -> None:
    settings.SUPERVISOR_TOKEN = ""
    for header in ("", "Bearer", "Bearer "):
        assert client.get("/heartbeat/?role=worker&pid=7", headers={"Authorization": header}).status_code == 404
    settings.SUPERVISOR_TOKEN, header = "secret", "Bearer secret"
    assert client.get("/heartbeat/?role=worker&pid=7").status_code == 404
    for query in ("", "?role=worker", "?role=worker&pid=-7", "?role=worker&pid=all"):
        assert client.get(f"/heartbeat/{query}", headers={"Authorization": header}).status_code == 404
    alive = client.get("/heartbeat/?role=worker&pid=7", headers={"Authorization": header})
    assert alive.json() == {"is_alive": False}


@pytest.mark.django_db(transaction=True)
def test_an_http_error_counts_as_a_response(live_server: object) -> None:
    url = str(live_server)
    assert watchdog.http_probe(f"{url}/nowhere/")(7) is True
    assert watchdog.http_probe("http://127.0.0.1:1/")(7) is False
