"""GET progress/: each habit's days and periods over a range."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from habits.recurrence import Frequency
from habits.services import edit_habit
from tests import make
from tracking.pauses import services as pauses
from users.models import User

PATH = "/api/progress/"
TODAY = "2026-11-21"  # a Saturday
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(make.utc(f"{TODAY} 12:00"), tick=False) as traveller:
        yield traveller


def results(api: APIClient, **asked: Any) -> list[dict[str, Any]]:
    answer = api.get(PATH, asked)
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def only(api: APIClient, **asked: Any) -> dict[str, Any]:
    [one] = results(api, **asked)
    return one


def span(first: str, last: str) -> dict[str, str]:
    return {"from": first, "to": last}


def test_each_day_has_its_log_or_null(api: APIClient, alice: User) -> None:
    track = make.track(alice, schedule={"daily_amount": 10}, time="07:30")
    make.log(track, "2026-11-18", "missed")
    make.log(track, "2026-11-19", "partial", amount=4)
    make.log(track, "2026-11-20")
    shown = only(api, **span("2026-11-18", TODAY))
    assert shown["habit"] == {"id": track.habit_id, "name": "Push-ups", "sentence": "I will do ten push-ups at 07:30"}
    assert (shown["track"], shown["frequency"]) == (track.pk, "daily")
    assert [(day["day"], day["status"], day["amount"]) for day in shown["days"]] == [
        ("2026-11-18", "missed", None),
        ("2026-11-19", "partial", "4.00"),
        ("2026-11-20", "completed", "10.00"),
        (TODAY, None, None),
    ]
    assert [period["verdict"] for period in shown["periods"]] == ["broken", "broken", "kept", "open"]


def test_a_period_that_overlaps_the_range_is_shown_whole(api: APIClient, alice: User) -> None:
    track = make.track(alice, schedule={"frequency": "weekly", "times_per_period": 2})
    for day in ("2026-11-09", "2026-11-15", "2026-11-16"):
        make.log(track, day)
    shown = only(api, **span("2026-11-12", "2026-11-16"))
    assert shown["periods"] == [
        {"first": "2026-11-09", "last": "2026-11-15", "required": 2, "done": 2, "verdict": "kept", "limit": None},
        {"first": "2026-11-16", "last": "2026-11-22", "required": 2, "done": 1, "verdict": "open", "limit": None},
    ]
    make.log(track, "2026-11-18")  # after the range, and in its period
    assert only(api, **span("2026-11-12", "2026-11-16"))["periods"][1]["verdict"] == "kept"


def test_a_paused_period_is_excused_and_its_days_are_marked(api: APIClient, alice: User) -> None:
    track = make.track(alice)
    make.log(track, "2026-11-18")
    pauses.add(
        user=alice, track_id=None, first_day=date(2026, 11, 19), last_day=date(2026, 11, 19), now=make.utc("2026-11-21")
    )
    shown = only(api, **span("2026-11-18", "2026-11-20"))
    assert [day["is_paused"] for day in shown["days"]] == [False, True, False]
    assert [period["verdict"] for period in shown["periods"]] == ["kept", "excused", "broken"]


@pytest.mark.parametrize(
    ("asked", "first"),
    [({}, "2026-11-15"), ({"range": "last_week"}, "2026-11-15"), ({"range": "last_month"}, "2026-10-23"),
     ({"range": "last_year"}, "2025-11-22")],
)  # fmt: skip
def test_a_named_range_ends_today_and_the_default_is_the_last_week(
    api: APIClient, alice: User, asked: dict[str, str], first: str
) -> None:
    make.habit(alice)
    days = only(api, **asked)["days"]
    assert (days[0]["day"], days[-1]["day"]) == (first, TODAY)


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        (span("2026-01-01", "2027-01-02"), ("range_too_long", "to")),
        (span("2026-11-21", "2026-11-20"), ("after_to", "from")),
        ({"from": "2026-11-21"}, ("required", "to")),
        ({"to": "2026-11-21"}, ("required", "from")),
        (span("yesterday", "2026-11-20"), ("invalid", "from")),
        (span("2026-11-20", "2026-02-30"), ("invalid", "to")),
        (span("0001-01-01", "0001-01-02"), ("date_out_of_range", "from")),
        ({"range": "last_century"}, ("invalid_choice", "range")),
        ({"range": "last_week"} | span("2026-11-20", "2026-11-21"), ("together", "range")),
        ({"frequency": "hourly"}, ("invalid_choice", "frequency")),
    ],
)
def test_an_invalid_range_is_refused_with_the_field(
    api: APIClient, asked: dict[str, str], refused: tuple[str, str]
) -> None:
    assert make.refused(api.get(PATH, asked)) == [refused]


def test_a_range_of_366_days_is_allowed(api: APIClient, alice: User) -> None:
    make.habit(alice)
    assert len(only(api, **span("2024-01-01", "2024-12-31"))["days"]) == 366


def test_habits_can_be_filtered_by_part_of_the_name_and_by_current_frequency(api: APIClient, alice: User) -> None:
    make.habit(alice, name="Read a book")
    walk = make.habit(alice, name="Walk", schedule={"frequency": "weekly"})
    assert [each["habit"]["name"] for each in results(api, name="READ")] == ["Read a book"]
    assert [each["habit"]["name"] for each in results(api, frequency="weekly")] == ["Walk"]
    edit_habit(owner=alice, habit_id=walk.pk, now=make.utc(f"{TODAY} 12:00"), schedule={"frequency": Frequency.MONTHLY})
    assert [each["frequency"] for each in results(api, name="walk")] == ["monthly"]
    assert results(api, frequency="weekly") == []
    edit_habit(
        owner=alice,
        habit_id=walk.pk,
        now=make.utc(f"{TODAY} 12:00"),
        schedule={"frequency": Frequency.DAILY},
        schedule_from=date(2026, 11, 22),
    )
    assert [each["frequency"] for each in results(api, frequency="monthly")] == ["monthly"]  # not the pending one


def test_habits_come_in_pages(api: APIClient, alice: User) -> None:
    for number in range(7):
        make.habit(alice, name=f"Habit {number}")
    answer = api.get(PATH, {"page": 2, "page_size": 3}).json()
    assert (answer["count"], [each["habit"]["name"] for each in answer["results"]]) == (
        7,
        ["Habit 3", "Habit 4", "Habit 5"],
    )


def test_today_is_the_users_local_day(clock: Any) -> None:
    alice = make.person("alice", time_zone="Pacific/Kiritimati")
    make.habit(alice)
    assert only(make.client(alice))["days"][-1]["day"] == "2026-11-22"
    clock.move_to(make.utc("2026-11-22 10:01"), tick=False)
    make.client(alice).patch("/api/users/me/", {"day_starts_at": 1})
    assert only(make.client(alice))["days"][-1]["day"] == "2026-11-22"  # a minute past midnight there


def test_a_date_that_the_zone_skips_is_left_out(clock: Any) -> None:
    alice = make.person("alice", time_zone="Pacific/Apia")
    make.log(make.track(alice), "2011-12-28")
    shown = only(make.client(alice), **span("2011-12-29", "2011-12-31"))
    assert [day["day"] for day in shown["days"]] == ["2011-12-29", "2011-12-31"]
    assert [period["first"] for period in shown["periods"]] == ["2011-12-29", "2011-12-31"]


def test_another_user_sees_nothing_of_alices_data(alice: User, charlie: User, stranger: APIClient) -> None:
    make.habit(alice, is_published=True)
    assert results(make.client(charlie)) == []
    assert stranger.get(PATH).status_code == 401


def test_the_number_of_queries_does_not_depend_on_the_number_of_habits(api: APIClient, alice: User) -> None:
    counts = []
    for more in (2, 18):
        for number in range(more):
            make.log(make.track(alice, schedule={"frequency": ("daily", "monthly")[number % 2]}), "2026-11-20")
        with CaptureQueriesContext(connection) as queries:
            results(api, range="last_year", page_size=100)
        counts.append(len(queries))
    assert counts[0] == counts[1]
