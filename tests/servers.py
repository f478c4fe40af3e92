"""A pytest plugin (`-p tests.servers`) that starts the servers for the tests before Django's settings are loaded.

Only the controller process starts them; xdist's workers inherit the addresses. Each worker uses its own Redis database,
and pytest-django gives it its own PostgreSQL database. `TEST_DATABASE_URL` and `TEST_REDIS_URL` name running servers
instead; `TEST_DATABASE_URL=sqlite` runs the tests on SQLite. `.env` is not read.
"""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from standalone.process_guard import ProcessGuard
from standalone.servers import (
    ServerFailed,
    ServerNotFound,
    start_postgres,
    start_redis,
)

ROOT = Path(__file__).resolve().parent.parent
REDIS_DATABASES = 16  # the default of a Redis server

_guard: ProcessGuard | None = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Prepare the environment. A hook wrapper, so that it runs before pytest-django loads the settings."""
    gc.disable()  # until all tests are collected: looking for garbage among what is loaded is a sixth of that time
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        _own_redis_database(int(worker.removeprefix("gw")))
    else:
        _prepare()
    return (yield)


def pytest_unconfigure() -> None:
    """Stop the servers and remove their files."""
    if _guard is not None:
        _guard.close()


def _prepare() -> None:
    global _guard
    _guard = ProcessGuard()
    data = _guard.folder(prefix="habits-tests-")
    # Remove every variable that the project reads, so that no real bot or database is used.
    for name in re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.sample").read_text(), re.MULTILINE):
        os.environ.pop(name, None)
    os.environ |= {
        "DJANGO_READ_DOT_ENV": "off",
        "DATA_DIR": str(data),
        "SECRET_KEY": "a key for tests, long enough for HMAC-SHA256",
        "TELEGRAM_BOT_TOKEN": "",
    }
    try:
        database = os.environ.get("TEST_DATABASE_URL") or start_postgres(_guard)
        os.environ["DATABASE_URL"] = f"sqlite:///{data}/db.sqlite3" if database == "sqlite" else database
        os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL") or start_redis(_guard)
    except (ServerNotFound, ServerFailed) as error:
        _guard.close()
        raise pytest.UsageError(str(error)) from error


def _own_redis_database(number: int) -> None:
    url = urlsplit(os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = url._replace(path=f"/{number % REDIS_DATABASES}").geturl()
