"""A pytest plugin (`-p tests.servers`): brings the servers that tests need, before Django's settings load.

Only the controller starts them, once; xdist's workers inherit their addresses, each with a Redis database of
its own (for PostgreSQL, pytest-django gives each worker its own). `TEST_DATABASE_URL` and `TEST_REDIS_URL`
name running ones instead; `TEST_DATABASE_URL=sqlite` runs the tests on SQLite. No `.env` is looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.leash import Leash
from config.servers import ServerFailed, ServerNotFound, start_postgres, start_redis

ROOT = Path(__file__).resolve().parent.parent
REDIS_DATABASES = 16  # what a Redis has unless it is told otherwise

_leash: Leash | None = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Prepare the environment; a wrapper, to come before pytest-django loads the settings."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        _own_redis_database(int(worker.removeprefix("gw")))
    else:
        _prepare()
    return (yield)


def pytest_unconfigure() -> None:
    """End the servers and remove what they kept."""
    if _leash is not None:
        _leash.close()


def _prepare() -> None:
    global _leash
    _leash = Leash()
    data = _leash.folder(prefix="habits-tests-")
    # Every variable that the project reads, so that nobody's real bot or database is used.
    for name in re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.sample").read_text(), re.MULTILINE):
        os.environ.pop(name, None)
    os.environ |= {
        "DJANGO_READ_DOT_ENV": "off",
        "DATA_DIR": str(data),
        "SECRET_KEY": "a key for tests, long enough for HMAC-SHA256",
        "TELEGRAM_BOT_TOKEN": "",
    }
    try:
        database = os.environ.get("TEST_DATABASE_URL") or start_postgres(_leash)
        os.environ["DATABASE_URL"] = f"sqlite:///{data}/db.sqlite3" if database == "sqlite" else database
        os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL") or start_redis(_leash)
    except (ServerNotFound, ServerFailed) as error:
        _leash.close()
        raise pytest.UsageError(str(error)) from error


def _own_redis_database(number: int) -> None:
    url = urlsplit(os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = url._replace(path=f"/{number % REDIS_DATABASES}").geturl()
