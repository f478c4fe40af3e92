"""GET habits/: the owner's list with filters, ordering and pages."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from habits.models import Habit
from tests import make
from users.models import User

PATH = "/api/habits/"

pytestmark = pytest.mark.django_db


def names(api: APIClient, query: str = "") -> list[str]:
    answer = api.get(f"{PATH}?page_size=100&{query}")
    assert answer.status_code == 200, answer.content
    return [habit["name"] for habit in answer.json()["results"]]


@pytest.fixture
def four(alice: User, bob: User) -> None:
    make.habit(alice, name="Running", schedule={"frequency": "weekly"})
    make.habit(alice, name="banana", schedule={"frequency": "daily"})
    make.habit(alice, name="Coffee", schedule={"frequency": "yearly"}, is_pleasant=True)
    make.habit(alice, name="A run in the park", schedule={"frequency": "monthly"})
    make.habit(bob, name="Running of another's", is_published=True)


def test_it_contains_only_the_users_habits_oldest_first(api: APIClient, four: None) -> None:
    assert names(api) == ["Running", "banana", "Coffee", "A run in the park"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=run", ["Running", "A run in the park"]),
        ("name=RUN", ["Running", "A run in the park"]),
        ("name=%25", []),
        ("name=_", []),
        ("name=", ["Running", "banana", "Coffee", "A run in the park"]),
        ("frequency=weekly", ["Running"]),
        ("frequency=yearly&kind=pleasant", ["Coffee"]),
        ("kind=pleasant", ["Coffee"]),
        ("kind=useful", ["Running", "banana", "A run in the park"]),
        ("name=run&frequency=monthly", ["A run in the park"]),
        ("name=run&kind=pleasant", []),
        ("ordering=frequency", ["banana", "Running", "A run in the park", "Coffee"]),
        ("ordering=-frequency", ["Coffee", "A run in the park", "Running", "banana"]),
        ("ordering=created_at", ["Running", "banana", "Coffee", "A run in the park"]),
        ("ordering=-created_at", ["A run in the park", "Coffee", "banana", "Running"]),
        ("ordering=-created_at&name=run", ["A run in the park", "Running"]),
    ],
)
def test_filter_and_order(api: APIClient, four: None, query: str, found: list[str]) -> None:
    assert names(api, query) == found


def test_order_by_name(api: APIClient, alice: User) -> None:
    for name in ("b", "c", "a"):
        make.habit(alice, name=name)
    assert names(api, "ordering=name") == ["a", "b", "c"]
    assert names(api, "ordering=-name") == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("query", "attr"), [("frequency=hourly", "frequency"), ("kind=odd", "kind"), ("ordering=owner", "ordering")]
)
def test_an_invalid_filter_is_refused(api: APIClient, query: str, attr: str) -> None:
    assert make.refused(api.get(f"{PATH}?{query}")) == [("invalid_choice", attr)]


def test_the_frequency_is_the_one_in_force_today(api: APIClient, alice: User) -> None:
    with time_machine.travel(make.utc("2026-11-21 12:00"), tick=False) as clock:
        api = make.client(alice)
        habit = make.habit(alice, schedule={"frequency": "weekly"})
        api.patch(f"{PATH}{habit.pk}/", {"frequency": "monthly", "schedule_from": "2026-12-01"})
        assert names(api, "frequency=weekly") and not names(api, "frequency=monthly")
        clock.move_to(make.utc("2026-12-01 00:00"), tick=False)
        assert names(api, "frequency=monthly") and not names(api, "frequency=weekly")


def test_equal_sort_values_keep_the_same_order_on_all_pages(api: APIClient, alice: User) -> None:
    with time_machine.travel(make.utc("2026-11-21 12:00"), tick=False):
        made = [make.habit(alice, name="Same").pk for _ in range(12)]
    Habit.objects.filter(pk__in=made[::3]).update(place="moved in the table")
    for ordering in ("", "name", "-name", "frequency", "-frequency", "created_at", "-created_at"):
        seen: list[int] = []
        for page in (1, 2, 3):
            answer = api.get(f"{PATH}?ordering={ordering}&page={page}")
            seen += [habit["id"] for habit in answer.json()["results"]]
        assert seen == made, ordering


def test_a_page_contains_five_habits_and_links_to_its_neighbours(api: APIClient, alice: User) -> None:
    for number in range(11):
        make.habit(alice, name=f"{number}")
    first = api.get(PATH).json()
    assert first.keys() == {"count", "next", "previous", "results"}
    assert (first["count"], first["previous"], len(first["results"])) == (11, None, 5)
    second = follow_link(api, first["next"])
    last = follow_link(api, second["next"])
    assert (last["next"], len(last["results"])) == (None, 1)
    assert follow_link(api, second["previous"]) == first


def follow_link(api: APIClient, link: str) -> Any:
    parts = urlsplit(link)
    return api.get(f"{parts.path}?{parts.query}").json()


def test_page_size_can_be_up_to_a_hundred(api: APIClient, alice: User) -> None:
    for number in range(102):
        make.habit(alice, name=f"{number}", is_pleasant=True)
    sizes = {"1": 1, "7": 7, "100": 100, "101": 100, "10000": 100}
    for size, held in sizes.items():
        assert len(api.get(f"{PATH}?page_size={size}").json()["results"]) == held, size


@pytest.mark.parametrize("page", ["2", "0", "-1", "x", "1.5", "99999999999999999999"])
def test_a_page_beyond_the_end_is_a_404(api: APIClient, alice: User, page: str) -> None:
    make.habit(alice)
    assert make.refused(api.get(f"{PATH}?page={page}"), 404) == [("not_found", None)]


def test_an_empty_list_has_one_page(api: APIClient) -> None:
    assert api.get(f"{PATH}?page=1").json() == {"count": 0, "next": None, "previous": None, "results": []}


def test_the_number_of_queries_does_not_depend_on_the_number_of_habits(api: APIClient, alice: User, bob: User) -> None:
    for path in (PATH, f"{PATH}public/"):
        counts = []
        for _ in range(3):
            coffee = make.habit(alice, is_pleasant=True)
            make.follower(bob, make.habit(alice, is_published=True, linked_habit=coffee.pk))
            with CaptureQueriesContext(connection) as queries:
                assert api.get(f"{path}?page_size=100").status_code == 200
            counts.append(len(queries))
        assert len(set(counts)) == 1, path
