"""The environment of the measures: separate servers, a database for each measure, and the fake Bot API."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import django
import redis
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from standalone.process_guard import ProcessGuard
from standalone.servers import start_postgres, start_redis
from tests.fake_telegram import FakeTelegram

ROOT = Path(__file__).resolve().parent.parent
MIGRATED = "bench"
CELERY = (sys.executable, "-m", "celery", "-A", "config")


@dataclass
class World:
    """The running servers; the default connection is to the database that was created last (`fresh_database`)."""

    guard: ProcessGuard
    telegram: FakeTelegram
    _connections: dict[str, BaseDatabaseWrapper] = field(default_factory=dict)

    def fresh_database(self, name: str) -> None:
        """Create an empty migrated database and connect to it."""
        self.use_database("postgres")
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "bench_{name}" TEMPLATE "{MIGRATED}"')
        self.use_database(f"bench_{name}")

    def use_database(self, name: str) -> None:
        """Make `name` the default database; connections to other databases stay open."""
        if name not in self._connections:
            current = connections["default"]
            self._connections[name] = type(current)(current.settings_dict | {"NAME": name}, "default")
        connections["default"] = self._connections[name]

    def reset(self) -> None:
        """Clear Redis and the fake."""
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            client.flushdb()
        self.telegram.reset()

    def start_worker(self, *, unlimited: bool = False) -> subprocess.Popen[bytes]:
        """Start a Celery worker of one process on the current database, with or without Telegram's rate limit."""
        env = self.environment()
        if not unlimited:
            del env["TELEGRAM_MESSAGES_PER_SECOND"]
        command = [*CELERY, "worker", "-P", "solo", "-l", "ERROR"]
        return self.guard.start(command, env=env, cwd=ROOT, output=subprocess.DEVNULL)

    def start_beat(self) -> subprocess.Popen[bytes]:
        """Start beat on the current database."""
        schedule = str(self.guard.folder(prefix="habits-bench-") / "celerybeat-schedule")
        command = [*CELERY, "beat", "-l", "ERROR", "--schedule", schedule, "--pidfile", ""]
        return self.guard.start(command, env=self.environment(), cwd=ROOT, output=subprocess.DEVNULL)

    def environment(self) -> dict[str, str]:
        """Return the environment of a process that uses the current database."""
        folder, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        return os.environ | {"DATABASE_URL": f"{folder}/{connection.settings_dict['NAME']}"}


@contextmanager
def world() -> Iterator[World]:
    """Start the servers, prepare the environment and set Django up; remove everything at the end."""
    with ProcessGuard() as guard, FakeTelegram.in_process() as telegram:
        # Remove every variable that the project reads, so that no real bot or database is used.
        for name in re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.sample").read_text(), re.MULTILINE):
            os.environ.pop(name, None)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DJANGO_READ_DOT_ENV": "off",
            "DATA_DIR": str(guard.folder(prefix="habits-bench-")),
            "SECRET_KEY": "a key for benchmarks, long enough for HMAC-SHA256",
            "DATABASE_URL": start_postgres(guard, shared_buffers="1GB"),
            "REDIS_URL": start_redis(guard),
            "TELEGRAM_API_BASE_URL": telegram.url,
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_MESSAGES_PER_SECOND": "10000",
            "LOG_LEVEL": "WARNING",
        }
        django.setup()
        made = World(guard, telegram)
        made.use_database("postgres")
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{MIGRATED}"')
        made.use_database(MIGRATED)
        call_command("migrate", verbosity=0)
        import_module(
            "users.tasks"
        ).apply_zone_data_release()  # while there are no users, as in the first minute of an installation
        connection.close()  # a template database must have no connections
        yield made
        for each in connections.all(initialized_only=True):
            each.close()
