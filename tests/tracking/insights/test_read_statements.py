"""How many statements today/, progress/ and summary/ make, whatever the number of habits."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tests import make
from tracking.models import HabitTrack
from tracking.pauses import services as pauses
from users.models import User

TODAY = "2026-11-21"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(make.utc(f"{TODAY} 12:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def many_of_all_kinds(api: APIClient, alice: User) -> None:
    """Give alice her own habits of all frequencies, with logs, tags, pauses and a limit."""
    for number, schedule in enumerate(
        [{}, {"interval": 3}, {"frequency": "weekly"}, {"frequency": "monthly"}, {"frequency": "yearly"}]
    ):
        track = make.track(alice, name=f"Habit {number}", schedule=schedule)
        make.log(track, "2026-11-20")
        api.patch(f"/api/tracks/{track.pk}/", {"tags": [f"Tag {number}", "All"]})
        first_day = date(2026, 12, 1)
        pauses.add(user=alice, track_id=track.pk, first_day=first_day, last_day=None, now=make.utc(f"{TODAY} 12:00"))
    make.limit(alice, 3)


def statements(api: APIClient, path: str) -> list[str]:
    """Return the statements of a request on the next day, when no stored strength is of today."""
    tomorrow = make.utc("2026-11-22 12:00")
    with time_machine.travel(tomorrow, tick=False), CaptureQueriesContext(connection) as captured:
        assert api.get(path).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


# Each signs in (the user with the session), and reads tracks with habits, versions, logs and pauses.
COMMON = 5


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/api/today/", COMMON + 2),  # tags, notes
        ("/api/days/2026-11-20/", COMMON + 2),
        ("/api/progress/?range=last_year&page_size=100", COMMON + 1),  # the number of habits, for pages
        ("/api/summary/?range=last_year", COMMON),
    ],
)
def test_statements_of_one_users_own_habits(api: APIClient, many_of_all_kinds: None, path: str, number: int) -> None:
    assert len(found := statements(api, path)) == number, "\n".join(found)


def test_statements_of_other_owners_and_linked_habits_are_one_each(
    api: APIClient, alice: User, bob: User, charlie: User
) -> None:
    for number in range(3):
        coffee = make.habit(alice, name=f"Coffee {number}", is_pleasant=True)
        make.habit(alice, linked_habit=coffee.pk)
        make.follower(alice, make.habit(bob, is_published=True))
        make.follower(alice, make.habit(charlie, is_published=True))
    assert HabitTrack.objects.filter(user=alice).count() == 9
    for path, number in (("/api/today/", COMMON + 4), ("/api/summary/", COMMON + 2)):
        assert len(found := statements(api, path)) == number, "\n".join(found)


def test_statements_of_a_users_lists_read_no_user_twice(api: APIClient, many_of_all_kinds: None) -> None:
    for path in ("/api/today/", "/api/progress/", "/api/summary/"):
        assert sum('"users_user"."password"' in each for each in statements(api, path)) == 1
