"""Fixtures that every test can use."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils import timezone
from rest_framework.test import APIClient

from common import clock
from common.redis import connection
from common.row_backoff import RowBackoff
from config import health, metrics
from notifications.monitoring import heartbeats
from tests import make
from users.models import User

pytest_plugins = ["tests.telegram"]


@pytest.fixture(autouse=True, scope="session")
def _movable_clock() -> Iterator[None]:
    """Replace the database's clock by this process's clock, which tests can move."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "_clock", SimpleNamespace(now=timezone.now))
        yield


@pytest.fixture(autouse=True)
def _no_row_backoff() -> Iterator[None]:
    """Rows that failed in one test are not skipped in the next."""
    yield
    RowBackoff.clear_all()


@pytest.fixture(autouse=True)
def _clean_redis() -> Iterator[None]:
    """Counters and heartbeats of one test do not affect the next."""
    yield
    connection().flushdb()
    heartbeats.reset_cache()


@pytest.fixture(autouse=True)
def _no_cached_status() -> Iterator[None]:
    """Cached health checks and metrics of one test are not used in the next."""
    yield
    for cached in (health.status, metrics.cached_figures, metrics.cached_hold):
        cached.clear()
    health.readiness.is_migrated = False


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> Iterator[None]:
    """Use the cheapest Argon2: half a second per user would be most of the tests' time."""
    with pytest.MonkeyPatch.context() as patch:
        for name, minimum in (("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)):
            patch.setattr(Argon2PasswordHasher, name, minimum)
        yield


@pytest.fixture
def alice(db: None) -> User:
    return make.person("alice")


@pytest.fixture
def bob(db: None) -> User:
    return make.person("bob")


@pytest.fixture
def charlie(db: None) -> User:
    return make.person("charlie")


@pytest.fixture
def api(alice: User) -> APIClient:
    """Alice's client."""
    return make.client(alice)


@pytest.fixture
def stranger(db: None) -> APIClient:
    """A client that is not signed in."""
    return make.client()


@pytest.fixture
def known_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it known that the clock ran ahead and was set back, so that stored times in the future are corrected."""
    monkeypatch.setattr(clock, "_rollback_check", lambda now: True)
