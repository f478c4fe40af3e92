"""How many statements a check-off makes: the busiest write of the service."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from tests import make
from tracking.models import HabitTrack
from users.models import User
from users.services import edit_profile

# Authentication, begin, commit, the track's lock, what is read with it (user, habit, schedules, the day's log, the latest
# checkpoint, whether there are goals and pauses), the log's insert, streaks (logs, update), achievements and how many
# habits are completed, challenges.
STATEMENTS = 11


@pytest.fixture(autouse=True)
def ordinary_day() -> Iterator[None]:
    """In the middle of a month: its last day can make a month full, which is an award with statements of its own."""
    with time_machine.travel("2026-11-18 12:00Z", tick=False):
        yield


@pytest.fixture
def track(ordinary_day: None, alice: User) -> HabitTrack:
    """A track with a history of six weeks up to yesterday."""
    track = make.track(alice)
    for days in range(42, 0, -1):
        make.log(track, today_of(track) - timedelta(days=days))
    return track


def today_of(track: HabitTrack) -> date:
    return track.user.clock.day_of(track.created_at)


def statements(api: APIClient, track: HabitTrack, method: str, path: str, body: dict[str, str]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        url = f"/api/tracks/{track.pk}/logs/{today_of(track)}/{path}"
        response = getattr(api, method)(url, body, format="json")
    assert response.status_code == 200, response.content
    return [query["sql"] for query in captured.captured_queries]


def savepoints(sql: list[str]) -> int:
    """Return how many savepoints were made, apart from the one that stands for the transaction in a test."""
    return sum(each.startswith("SAVEPOINT") for each in sql) - 1


def test_a_check_off_makes_no_savepoint_and_a_known_number_of_statements(api: APIClient, track: HabitTrack) -> None:
    sql = statements(api, track, "put", "", {"status": "completed"})
    assert savepoints(sql) == 0
    assert len(sql) == STATEMENTS, "\n".join(sql)


def test_a_check_off_makes_at_most_twelve_statements_also_of_a_ranked_user_and_of_a_changed_day(
    api: APIClient, track: HabitTrack
) -> None:
    edit_profile(user=track.user, now=timezone.now(), is_ranked=True)
    marked = statements(api, track, "put", "", {"status": "completed"})
    changed = statements(api, track, "put", "", {"status": "completed", "note": "before coffee"})
    repeated = statements(api, track, "put", "", {"status": "completed"})
    assert (len(marked), len(changed)) == (12, 12), "\n".join(changed)
    assert len(repeated) == 5, "\n".join(repeated)


def test_adding_an_amount_locks_the_track_once_and_makes_no_savepoint(api: APIClient, track: HabitTrack) -> None:
    sql = statements(api, track, "post", "add/", {"amount": "1"})
    assert savepoints(sql) == 0
    assert len(sql) == STATEMENTS, "\n".join(sql)
