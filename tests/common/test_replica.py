"""The read replica: which reads go there, and what happens when it is away or behind."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common import clock, replica
from community.challenges import services as challenges
from tests import make
from users.models import User

pytestmark = [
    pytest.mark.engine("postgresql", reason="SQLite has no replicas"),
    pytest.mark.django_db(transaction=True),
]

READS = ["/api/leaderboards/current/", "/api/leaderboards/week/", "standings"]


@pytest.fixture
def second(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[BaseDatabaseWrapper]:
    """Another connection to the database of the tests, as the replica."""
    made = connections["default"].copy(alias="replica")

    def connect() -> None:
        """Connect as outside of tests: Django allows only connections that were there when the test began."""
        if made.connection is None:
            with made.wrap_database_errors:
                made.connect()

    monkeypatch.setattr(made, "ensure_connection", connect)
    connections["replica"] = made
    monkeypatch.setitem(connections.settings, "replica", made.settings_dict)
    settings.DATABASE_ROUTERS = ["common.replica.Router"]
    replica.forget()
    yield made
    made.close()
    del connections["replica"]
    replica.forget()


@pytest.fixture
def paths(alice: User) -> list[str]:
    habit, today = make.habit(alice), alice.clock.day_of(timezone.now())
    made = challenges.create(
        creator=alice, habit_id=habit.pk, name="A day", now=timezone.now(), first_day=today, last_day=today
    )
    return [f"/api/challenges/{made.pk}/standings/" if path == "standings" else path for path in READS]


def statements(alias: str) -> AbstractContextManager[Any]:
    return CaptureQueriesContext(connections[alias])


def test_boards_and_standings_are_read_from_the_replica(
    alice: User, paths: list[str], second: BaseDatabaseWrapper
) -> None:
    api = make.client(alice)
    for path in paths:
        with statements("replica") as there, statements("default") as here:
            assert api.get(path).status_code == 200
        assert any("SELECT" in each["sql"] for each in there.captured_queries), path
        tables = " ".join(each["sql"] for each in here.captured_queries)
        assert "community_leaderboard" not in tables and "tracking_habitlog" not in tables


def test_everything_else_is_read_and_written_on_the_primary(
    alice: User, paths: list[str], second: BaseDatabaseWrapper
) -> None:
    api = make.client(alice)
    with statements("replica") as there:
        assert api.get("/api/today/").status_code == 200
        assert api.patch("/api/users/me/", {"is_ranked": True}).status_code == 200
    assert there.captured_queries == []
    found = replica.read(lambda: User.objects.get(pk=alice.pk))
    with statements("replica") as there:
        found.save()
        list(found.tracks.all())
    assert found._state.db == "default" and there.captured_queries == []


def test_who_may_see_a_board_is_asked_of_the_primary(
    alice: User, bob: User, paths: list[str], second: BaseDatabaseWrapper
) -> None:
    with statements("replica") as there:
        assert make.client(bob).get(paths[-1]).status_code == 404
    assert there.captured_queries == []


def test_a_replica_that_is_away_is_told_once_and_the_primary_answers(
    alice: User, paths: list[str], second: BaseDatabaseWrapper, caplog: pytest.LogCaptureFixture
) -> None:
    second.close()
    second.settings_dict["PORT"], second.settings_dict["HOST"] = 1, "127.0.0.1"
    api = make.client(alice)
    for _ in range(3):
        for path in paths:
            assert api.get(path).status_code == 200
    assert caplog.text.count("the primary is read instead of the replica: it does not answer") == 1


def test_a_replica_that_is_too_far_behind_is_not_read_until_it_has_caught_up(
    alice: User,
    paths: list[str],
    second: BaseDatabaseWrapper,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api, monotonic = make.client(alice), [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: monotonic[0])

    def is_read() -> bool:
        monotonic[0] += replica.CHECKED_EVERY
        with statements("replica") as there:
            assert api.get(paths[-1]).status_code == 200
        return bool(there.captured_queries)

    for lag, expected in (
        (timedelta(seconds=10), True),
        (timedelta(seconds=11), False),
        (None, False),
        (timedelta(0), True),
    ):
        monkeypatch.setattr(replica, "measure_lag", lambda lag=lag: lag)
        assert is_read() is expected
    assert "it is 11 s behind" in caplog.text and "the replica is read again" in caplog.text


def test_a_replica_that_fails_while_it_is_read_costs_no_answer(
    alice: User, paths: list[str], second: BaseDatabaseWrapper, caplog: pytest.LogCaptureFixture
) -> None:
    def conflict(execute: Any, sql: str, *rest: Any) -> Any:
        if "pg_is_in_recovery" in sql:
            return execute(sql, *rest)
        raise OperationalError("canceling statement due to conflict with recovery")

    for path in paths:
        replica.forget()
        with connections["replica"].execute_wrapper(conflict):
            assert make.client(alice).get(path).status_code == 200
    assert caplog.text.count("a query failed: canceling statement due to conflict with recovery") == len(paths)


def test_the_lag_is_asked_in_words_that_a_server_understands(second: BaseDatabaseWrapper) -> None:
    assert replica.measure_lag() == timedelta(0)  # this server is no standby


def test_without_a_replica_nothing_is_asked(alice: User, paths: list[str]) -> None:
    with CaptureQueriesContext(connection) as here:
        assert make.client(alice).get(paths[-1]).status_code == 200
    assert not any("pg_is_in_recovery" in each["sql"] for each in here.captured_queries)
