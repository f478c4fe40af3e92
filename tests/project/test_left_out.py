"""What a request does not mention is kept: a PUT or PATCH of one field leaves a person's other words alone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from tests import make
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel("2026-11-21 12:00Z", tick=False):
        yield


def _track(alice: User) -> int:
    return make.track(alice).pk


def _habit(alice: User) -> dict[str, Any]:
    return {
        "name": "Push-ups",
        "description": "Slowly.",
        "action": "do ten push-ups",
        "place": "the hall",
        "time": "07:30",
        "reward": "a good coffee",
        "duration": 60,
        "frequency": "weekly",
        "weekdays": ["mon", "thu"],
        "daily_amount": "10.00",
        "unit": "push-ups",
        "is_published": True,
    }


# A list that objects are added to, and the fields of one.
KINDS: dict[str, Callable[[User], dict[str, Any]]] = {
    "habits": _habit,
    "goals": lambda alice: {"track": _track(alice), "amount": "3.00", "days": 9, "deadline": "2027-12-31"},
    "pauses": lambda alice: {"track": _track(alice), "first_day": "2027-01-01", "last_day": "2027-01-09"},
    "reminders": lambda alice: {"track": _track(alice), "local_time": "20:00", "text": "Now!", "is_on": False},
    "groups": lambda alice: {"name": "Early birds", "description": "Before six.", "is_open": True},
    "challenges": lambda alice: {
        "name": "A year",
        "description": "All of it.",
        "habit": make.habit(alice, is_published=True).pk,
        "first_day": "2027-05-01",
        "last_day": "2027-05-31",
        "is_public": True,
    },
}
FIXED = {"track", "habit"}  # cannot be edited


@pytest.mark.parametrize(
    ("kind", "method"),
    [*((kind, "patch") for kind in KINDS), ("habits", "put"), ("goals", "put"), ("reminders", "put")],
)
def test_an_edit_of_one_field_keeps_the_others(api: APIClient, alice: User, kind: str, method: str) -> None:
    given = KINDS[kind](alice)
    answer = api.post(f"/api/{kind}/", given)
    assert answer.status_code == 201, answer.content
    path = f"/api/{kind}/{answer.json()['id']}/"
    shown = api.get(path).json()
    edit = getattr(api, method)
    for name in given.keys() - FIXED:
        answer = edit(path, {name: shown[name]})
        assert answer.status_code == 200, answer.content
        now = api.get(path).json()
        assert {key: now[key] for key in given.keys() - FIXED} == {key: shown[key] for key in given.keys() - FIXED}
