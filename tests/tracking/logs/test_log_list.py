"""GET tracks/{id}/logs/: the logs of a track, by day."""

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tests import make
from tracking.models import HabitTrack
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel("2026-11-21 12:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def track(alice: User) -> HabitTrack:
    return make.track(alice)


def logs(api: APIClient, track: HabitTrack, **asked: Any) -> list[dict[str, Any]]:
    answer = api.get(f"/api/tracks/{track.pk}/logs/", {"page_size": 100} | asked)
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def days(api: APIClient, track: HabitTrack, **asked: Any) -> list[str]:
    return [each["day"][-2:] for each in logs(api, track, **asked)]


def test_a_log_is_shown_with_everything(api: APIClient, track: HabitTrack) -> None:
    make.log(track, "2026-11-20", note="in the rain")
    assert logs(api, track) == [api.get(f"/api/tracks/{track.pk}/logs/2026-11-20/").json()]
    assert logs(api, track)[0].keys() >= {"note", "source", "created_at", "updated_at", "completed_at"}


def test_logs_are_ordered_by_day_and_paged(api: APIClient, track: HabitTrack) -> None:
    for day in (3, 17, 9, 12, 5, 20, 1):
        make.log(track, f"2026-11-{day:02}")
    assert days(api, track) == ["01", "03", "05", "09", "12", "17", "20"]
    assert days(api, track, ordering="-day") == ["20", "17", "12", "09", "05", "03", "01"]
    assert days(api, track, page_size=3, page=2) == ["09", "12", "17"]
    body = api.get(f"/api/tracks/{track.pk}/logs/").json()
    assert (body["count"], len(body["results"]), "page=2" in body["next"], body["previous"]) == (7, 5, True, None)


def test_from_and_to_are_optional_and_include_their_days(api: APIClient, track: HabitTrack) -> None:
    for day in (3, 9, 12):
        make.log(track, f"2026-11-{day:02}")
    assert days(api, track, **{"from": "2026-11-09"}) == ["09", "12"]
    assert days(api, track, to="2026-11-09") == ["03", "09"]
    assert days(api, track, **{"from": "2026-11-04", "to": "2026-11-11"}) == ["09"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("дождь", ["01", "02"]),
        ("ДОЖДЬ", ["01", "02"]),
        ("ёлк", ["03"]),
        ("ЁЛКА", ["03"]),
        ("rain", ["04"]),
        ("100%", ["05"]),
        ("100%%", []),
        ("_", ["05"]),
        ("\\", ["06"]),
        ("'", ["06"]),
        ("nothing of it", []),
    ],
)
def test_a_search_finds_part_of_a_note_in_any_case(
    api: APIClient, track: HabitTrack, search: str, found: list[str]
) -> None:
    notes = ["Дождь", "сильный ДОЖДЬ", "у Ёлки: ёлка", "In the RAIN", "100% of_it", "back\\slash it's", "1000 plain"]
    for day, note in enumerate(notes, 1):
        make.log(track, f"2026-11-{day:02}", note=note)
    assert days(api, track, search=search) == found


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"from": "2026-11-10", "to": "2026-11-09"}, ("after_to", "from")),
        ({"from": "20261110"}, ("invalid", "from")),
        ({"to": "x"}, ("invalid", "to")),
        ({"ordering": "note"}, ("invalid_choice", "ordering")),
        ({"search": "x" * 1001}, ("max_length", "search")),
        ({"note": "x"}, ("unknown_parameter", "note")),
    ],
)
def test_what_cannot_be_asked_is_refused(
    api: APIClient, track: HabitTrack, asked: dict[str, str], error: tuple[str, str]
) -> None:
    assert make.refused(api.get(f"/api/tracks/{track.pk}/logs/", asked)) == [error]


def test_logs_of_another_track_are_not_shown(api: APIClient, alice: User, bob: User, track: HabitTrack) -> None:
    make.log(make.track(alice, name="Read"), "2026-11-20", note="mine too")
    make.log(make.track(bob), "2026-11-20", note="his")
    assert logs(api, track) == []


def test_logs_of_a_habit_that_was_left_are_kept(alice: User, bob: User) -> None:
    bobs, client = make.follower(bob, make.habit(alice, is_published=True)), make.client(bob)
    make.log(bobs, "2026-11-21")
    client.delete(f"/api/tracks/{bobs.pk}/")
    assert days(client, bobs) == ["21"]


def test_the_number_of_statements_is_fixed(api: APIClient, track: HabitTrack) -> None:
    for day in range(1, 21):
        make.log(track, f"2026-11-{day:02}", note="x")
    with CaptureQueriesContext(connection) as queries:
        assert len(logs(api, track, search="X")) == 20
    assert len(queries) == 4, queries.captured_queries  # authentication, the track, count, logs
