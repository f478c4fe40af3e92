"""Ordinary writes make no savepoint: each costs two statements, and where nothing catches a failure it serves nothing."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tests import make
from users.models import User


class Recorder:
    """Makes requests and notes how many savepoints each made, apart from the one that is the transaction in a test."""

    def __init__(self) -> None:
        self.savepoints: dict[str, int] = {}

    def __call__(self, what: str, api: APIClient, method: str, path: str, body: object = None) -> Any:
        with CaptureQueriesContext(connection) as captured:
            response = getattr(api, method)(f"/api/{path}", body)
        assert response.status_code < 300, (what, response.content)
        self.savepoints[what] = sum(each["sql"].startswith("SAVEPOINT") for each in captured) - 1
        return response.json() if response.content else None


@pytest.mark.django_db
def test_ordinary_writes_make_no_savepoint(alice: User, bob: User) -> None:
    do, his = Recorder(), make.client(bob)
    api = make.client(alice)
    given = {"name": "Push-ups", "frequency": "daily", "time": "08:00", "is_published": True}
    habit = do("create a habit", api, "post", "habits/", given)
    do("edit a habit", api, "patch", f"habits/{habit['id']}/", {"time": "09:00", "weekdays": ["mon", "tue"]})
    track = do("follow", his, "post", "tracks/", {"habit": habit["id"]})
    do("change the zone", api, "patch", "users/me/", {"time_zone": "Asia/Tokyo"})
    do("pause", api, "post", "pauses/", {"first_day": "2026-01-01", "last_day": "2026-01-02"})
    do("set a goal", api, "post", "goals/", {"track": habit["track"], "days": 30})
    reminder = do("add a reminder", api, "post", "reminders/", {"track": habit["track"], "local_time": "10:00"})
    do("edit a reminder", api, "patch", f"reminders/{reminder['id']}/", {"local_time": "11:00"})
    group = do("create a group", api, "post", "groups/", {"name": "Early birds"})
    do("add a habit to a group", api, "post", f"groups/{group['id']}/habits/", {"habit": habit["id"]})
    do("leave", his, "delete", f"tracks/{track['id']}/")
    do("delete a habit", api, "delete", f"habits/{habit['id']}/")
    do("create a second habit", api, "post", "habits/", given)
    do("delete the account", api, "delete", "users/me/", {"password": make.PASSWORD})
    # A name that is taken is found by the failing write, which is caught.
    assert do.savepoints.pop("change the zone") == 1
    assert {what: number for what, number in do.savepoints.items() if number} == {}
