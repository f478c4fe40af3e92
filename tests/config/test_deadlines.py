"""Nothing waits forever: dead connections to the database and Redis time out, and new ones work."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from common import deadlines
from common import redis as common_redis
from tests.blackhole import BlackHole
from tests.waiting import STUCK

ROOT = Path(__file__).resolve().parents[2]
postgres = pytest.mark.engine("postgresql", reason="SQLite has no connections")


@pytest.fixture(autouse=True)
def _reset_limit() -> Iterator[None]:
    yield
    deadlines.limit_statements(None)


@pytest.fixture
def hole() -> Iterator[BlackHole]:
    """A proxy to the tests' PostgreSQL that can drop all data."""
    given = connection.settings_dict
    host, port = given["HOST"], int(given["PORT"] or 5432)
    with BlackHole(f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)) as hole:
        yield hole


@pytest.fixture
def line(hole: BlackHole, db: None) -> Iterator[Any]:
    """A separate database connection through the proxy."""
    line = through(hole.port)
    yield line
    line.close()


def through(port: int) -> BaseDatabaseWrapper:
    """Return a connection to a port of this machine, not opened yet."""
    line: BaseDatabaseWrapper = connection.copy()
    line.settings_dict = line.settings_dict | {"HOST": "127.0.0.1", "PORT": str(port)}
    return line


def query(line: BaseDatabaseWrapper, sql: str = "SELECT 1") -> Any:
    with line.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def seconds_of(call: Callable[[], object]) -> float:
    """Return after how many seconds a call raises OperationalError."""
    before = time.monotonic()
    with pytest.raises(OperationalError):
        call()
    return time.monotonic() - before


@postgres
def test_a_statement_on_a_dead_connection_times_out(
    line: BaseDatabaseWrapper, hole: BlackHole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.postgresql.base.MARGIN_SECONDS", 0.1)
    deadlines.limit_statements(0.2)
    query(line)
    assert hole.swallow() == 1
    assert 0.2 < seconds_of(lambda: query(line)) < STUCK
    line.close()
    assert query(line) == (1,)


@postgres
def test_a_commit_on_a_dead_connection_times_out(
    line: BaseDatabaseWrapper, hole: BlackHole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.postgresql.base.MARGIN_SECONDS", 0.1)
    deadlines.limit_statements(0.2)
    line.set_autocommit(False)
    query(line)
    hole.swallow()
    assert seconds_of(line.commit) < STUCK


@postgres
def test_an_old_connection_is_checked_before_it_is_used(
    line: BaseDatabaseWrapper, hole: BlackHole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As at the start of each request: a connection that has died since causes no error."""
    monkeypatch.setattr("common.postgresql.base.PING_SECONDS", 0.1)
    deadlines.limit_statements(deadlines.WORKER)
    query(line)
    hole.swallow()
    line.close_if_unusable_or_obsolete()
    before = time.monotonic()
    assert query(line) == (1,)
    assert time.monotonic() - before < STUCK


@postgres
@pytest.mark.django_db
def test_connecting_to_a_silent_server_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.postgresql.base.CONNECT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line = through(silent.getsockname()[1])
        assert seconds_of(line.ensure_connection) < STUCK


@postgres
def test_the_servers_statement_timeout_comes_first(line: BaseDatabaseWrapper) -> None:
    deadlines.limit_statements(0.1)
    with pytest.raises(OperationalError, match="statement timeout"):
        query(line, "SELECT pg_sleep(20)")
    assert query(line) == (1,)  # the connection still works


@postgres
@pytest.mark.parametrize(
    ("limit", "shown"), [(deadlines.WEB, "15s"), (deadlines.WORKER, "1min"), (None, "0")], ids=["web", "worker", "none"]
)
def test_timeouts_depend_on_the_kind_of_process(line: BaseDatabaseWrapper, limit: float | None, shown: str) -> None:
    deadlines.limit_statements(limit)
    assert query(line, "SHOW statement_timeout") == (shown,)
    assert query(line, "SHOW idle_in_transaction_session_timeout") == (shown,)


@postgres
def test_tcp_settings_detect_a_lost_server() -> None:
    given = connection.get_connection_params()
    assert {name: given[name] for name in ("keepalives_idle", "tcp_user_timeout")} == {
        "keepalives_idle": 15,
        "tcp_user_timeout": 15_000,
    }


def limit_in(command: list[str]) -> str:
    """Run a command in a separate process and return the statement timeout that it prints."""
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    shown = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return shown.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("prepare", "limit"),
    [
        ("import config.wsgi", 15.0),
        ("from celery.signals import celeryd_init; import config.celery; celeryd_init.send('w', instance=None)", 60.0),
        ("from celery.signals import beat_init; import config.celery; beat_init.send(None)", 15.0),
        ("import config.celery", None),
    ],
    ids=["web", "worker", "beat", "other"],
)
@pytest.mark.processes
def test_each_process_sets_its_statement_timeout(prepare: str, limit: float | None) -> None:
    show = "import django; django.setup(); from common import deadlines"
    assert limit_in(["-c", f"{show}; {prepare}; print(deadlines.statement_limit())"]) == str(limit)


@pytest.mark.processes
@pytest.mark.parametrize(("command", "limit"), [("migrate", None), ("recount_streaks", None), ("bot", 60.0)])
def test_each_command_sets_its_statement_timeout(command: str, limit: float | None) -> None:
    run = "import sys, runpy; from unittest import mock; sys.argv = ['manage.py', sys.argv[1]]"
    run += "; mock.patch('django.core.management.execute_from_command_line').start()"
    run += "; runpy.run_path('manage.py', run_name='__main__')"
    run += "; from common import deadlines; print(deadlines.statement_limit())"
    assert limit_in(["-c", run, command]) == str(limit)


def test_a_redis_command_is_retried_on_a_new_connection() -> None:
    url = urlsplit(settings.REDIS_URL)
    with BlackHole((url.hostname or "", url.port or 6379)) as hole, pytest.MonkeyPatch.context() as patch:
        through_hole = url._replace(netloc=url.netloc.rpartition("@")[0] + "@" + hole.address).geturl()
        patch.setattr(common_redis, "RESPONSE_TIMEOUT", 0.1)
        patch.setattr(settings, "REDIS_URL", through_hole)
        common_redis.connection.cache_clear()
        try:
            client = common_redis.connection()
            client.set("kept", "1")
            assert hole.swallow() == 1
            before = time.monotonic()
            assert client.get("kept") == b"1"
            assert time.monotonic() - before < STUCK
        finally:
            common_redis.connection().connection_pool.disconnect()
            common_redis.connection.cache_clear()


def test_the_broker_detects_a_dead_connection() -> None:
    options: dict[str, Any] = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    assert options["socket_keepalive"]
    assert options["socket_timeout"] <= 5
    assert options["health_check_interval"] <= 10


def test_a_hanging_task_is_stopped() -> None:
    """A little after the longest run of a task: 45 s, and 20 s for what is in flight then."""
    assert 65 < settings.CELERY_TASK_SOFT_TIME_LIMIT < settings.CELERY_TASK_TIME_LIMIT <= 120
