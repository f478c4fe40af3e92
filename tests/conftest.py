"""Fixtures that every test may ask for."""

from collections.abc import Iterator

import pytest
from rest_framework.test import APIClient

from common.redis import connection
from tests import make
from users.models import User

pytest_plugins = ["tests.telegram"]


@pytest.fixture(autouse=True)
def _clean_redis() -> Iterator[None]:
    """No counter of one test limits another."""
    yield
    connection().flushdb()


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
