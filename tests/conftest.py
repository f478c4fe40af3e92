"""Fixtures that every test can use."""

import gc
from collections.abc import Iterator
from itertools import groupby
from types import SimpleNamespace

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker
from pytest_django.plugin import blocking_manager_key
from rest_framework.test import APIClient
from whitenoise.middleware import WhiteNoiseMiddleware

from achievements.models import Achievement
from common import clock
from common.redis import connection
from common.row_backoff import RowBackoff
from config import health, metrics
from notifications.monitoring import heartbeats
from tests import make, migrated
from users.models import User

pytest_plugins = ["tests.telegram"]

# No test fails because the machine is busy.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

_starting_set: list[Achievement] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files of tests that wait for processes, so that one worker waits while others work, and none at the end.

    The tests of a file stay together: those that share a process start it once.
    """
    waiting = [item for item in items if item.get_closest_marker("processes")]
    others = [item for item in items if not item.get_closest_marker("processes")]
    files = [list(tests) for _, tests in groupby(waiting, key=lambda item: item.path)]
    every = max(1, len(others) * 3 // 4 // max(1, len(files)))
    items.clear()
    for number, item in enumerate(others):
        if number % every == 0 and files:
            items += files.pop(0)
        items.append(item)
    for tests in files:
        items += tests


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """A test that really commits empties all tables; put back what migrations filled in, whatever test comes next."""
    yield
    if nextitem is None or not _starting_set:  # the database is gone, or no test has needed it yet
        return
    marker = item.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    if commits or (marker and marker.kwargs.get("transaction")):
        with item.config.stash[blocking_manager_key].unblock():
            if not Achievement.objects.exists():
                Achievement.objects.bulk_create(_starting_set)


def pytest_collection_finish() -> None:
    """What is loaded by now stays until the end: no garbage collection needs to look at it again, nor often at the rest."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def _migrated(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), migrated.test_database():
        yield


@pytest.fixture(scope="session")
def django_db_setup(_migrated: None, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """pytest-django's, with tables that are there already."""
    with django_db_blocker.unblock():
        _starting_set[:] = Achievement.objects.order_by("pk")


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
    for cached in (health.status, metrics.cached_figures, metrics.cached_hold, metrics.cached_transfers):
        cached.clear()
    health.readiness.is_migrated = False


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> Iterator[None]:
    """Use the cheapest Argon2: half a second per user would be most of the tests' time."""
    with pytest.MonkeyPatch.context() as patch:
        for name, minimum in (("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)):
            patch.setattr(Argon2PasswordHasher, name, minimum)
        yield


@pytest.fixture(autouse=True, scope="session")
def _static_files_found_once() -> Iterator[None]:
    """Each client has a WhiteNoise of its own, which looks at all static files: a sixth of the tests' time."""
    found: dict[str, dict[str, object]] = {}
    look = WhiteNoiseMiddleware.add_files_from_finders

    def look_once(self: WhiteNoiseMiddleware) -> None:
        if self.static_prefix not in found:
            before = set(self.files)
            look(self)
            found[self.static_prefix] = {url: self.files[url] for url in self.files.keys() - before}
        self.files.update(found[self.static_prefix])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield


@pytest.fixture(scope="module")
def shared_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """What fixtures of a module's scope make is there for each of its tests, which undo only what they do themselves."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


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
