"""Expensive reads are limited per user by the computing time that they took, and by how many run at once."""

from typing import Any

import pytest
import redis
from pytest_django import Settings
from rest_framework.exceptions import Throttled
from rest_framework.test import APIClient

from common import work_limits
from common.work_limits import MAX_AT_ONCE, expensive_read
from tests import make
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each expensive read take 0.7 s of computing time."""
    readings = iter(number * 0.7 for number in range(1000))
    monkeypatch.setattr("common.work_limits.time.thread_time", lambda: next(readings))


@pytest.mark.parametrize(
    "path",
    [
        "/api/summary/",
        "/api/progress/",
        "/api/summary/trend.svg",
        "/api/tracks/{track}/heatmap.svg",
        "/api/tracks/{track}/explanation/",
    ],
)
def test_a_user_whose_reads_took_too_long_waits(
    api: APIClient, alice: User, bob: User, slow: None, settings: Settings, path: str
) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"work": "1/minute"}
    path = path.format(track=make.track(alice).pk)
    assert [api.get(path).status_code for _ in range(3)] == [200, 200, 429]
    refusal = api.get(path)
    assert make.refused(refusal, 429) == [("throttled", None)]
    assert 1 <= int(refusal["Retry-After"]) <= 60
    assert make.client(bob).get("/api/summary/").status_code == 200, "others do not wait"
    assert api.get("/api/today/").status_code == 200, "the day itself can be read"


def test_ordinary_use_never_meets_the_limit(api: APIClient, alice: User) -> None:
    make.track(alice)
    assert {api.get(path).status_code for _ in range(20) for path in ("/api/summary/", "/api/progress/")} == {200}


def test_few_expensive_reads_of_a_user_run_at_once(api: APIClient, alice: User) -> None:
    running: list[Any] = []
    for _ in range(MAX_AT_ONCE):
        running.append(expensive_read(user_id=alice.pk))
        running[-1].__enter__()
    refusal = api.get("/api/summary/")
    assert make.refused(refusal, 429) == [("throttled", None)] and refusal["Retry-After"] == "1"
    with pytest.raises(Throttled), expensive_read(user_id=alice.pk):
        pass
    with expensive_read(user_id=alice.pk + 1):
        pass
    running.pop().__exit__(None, None, None)
    assert api.get("/api/summary/").status_code == 200
    for each in running:
        each.__exit__(None, None, None)


def test_a_read_that_fails_is_counted_and_no_longer_runs(alice: User) -> None:
    for _ in range(MAX_AT_ONCE + 1):
        with pytest.raises(ZeroDivisionError), expensive_read(user_id=alice.pk):
            raise ZeroDivisionError


def test_while_redis_is_down_reads_are_not_limited(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    away = redis.Redis.from_url("unix:///nowhere/redis.sock")
    monkeypatch.setattr(work_limits, "connection", lambda: away)
    work_limits._limiter.cache_clear()
    try:
        assert {api.get("/api/summary/").status_code for _ in range(MAX_AT_ONCE + 2)} == {200}
    finally:
        work_limits._limiter.cache_clear()
