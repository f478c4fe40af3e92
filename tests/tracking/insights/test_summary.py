"""GET summary/: totals of a range of days, per habit and over all habits."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tests import make
from users.models import User

PATH = "/api/summary/"
TODAY = "2026-11-21"  # a Saturday
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(make.utc(f"{TODAY} 12:00"), tick=False) as traveller:
        yield traveller


def summary(api: APIClient, **asked: Any) -> dict[str, Any]:
    answer = api.get(PATH, asked)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def only(api: APIClient, **asked: Any) -> dict[str, Any]:
    [one] = summary(api, **asked)["habits"]
    return dict(one)


def span(first: str, last: str) -> dict[str, str]:
    return {"from": first, "to": last}


def test_without_habits_the_summary_is_empty(api: APIClient) -> None:
    shown = summary(api)
    assert (shown["first"], shown["last"], shown["habits"]) == ("2026-11-15", TODAY, [])
    overall = shown["overall"]
    assert (overall["completed"], overall["compared"]) == (0, {"completed": 0, "success_rate": None})
    unknown = ("success_rate", "best_weekday", "best_hour", "strength", "current_streak", "longest_streak")
    assert [overall[name] for name in unknown] == [None] * 6
    assert overall["at_risk"] == []


def test_a_habit_has_its_totals(api: APIClient, alice: User) -> None:
    track = make.track(alice)
    for day in ("2026-11-13", "2026-11-14", "2026-11-15", "2026-11-16", "2026-11-19", "2026-11-20"):
        make.log(track, day)
    shown = only(api)
    assert (shown["completed"], shown["success_rate"]) == (4, 0.6667)  # of six days; today's is open
    assert shown["compared"] == {"completed": 2, "success_rate": -0.3333}
    assert (shown["current_streak"], shown["longest_streak"], shown["streak_unit"]) == (2, 4, "day")
    assert (shown["to_longest"], shown["at_risk"]) == (2, True)


def test_it_is_compared_with_the_same_number_of_days_before(api: APIClient, alice: User) -> None:
    track = make.track(alice)
    for day in ("2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19"):
        make.log(track, day)
    assert only(api, **span("2026-11-20", TODAY))["compared"]["completed"] == -2
    assert only(api, **span("2026-11-19", "2026-11-19"))["compared"]["completed"] == 0


def test_days_done_in_part_are_not_completed(api: APIClient, alice: User) -> None:
    track = make.track(alice, schedule={"daily_amount": 10})
    make.log(track, "2026-11-19", "partial", amount=4)
    make.log(track, "2026-11-20")
    assert (only(api)["completed"], only(api)["best_weekday"]) == (1, "fri")


def test_without_a_streak_nothing_is_at_risk(api: APIClient, alice: User) -> None:
    make.habit(alice)
    assert (only(api)["at_risk"], summary(api)["overall"]["at_risk"]) == (False, [])


def test_streaks_of_windows_are_compared_in_days(api: APIClient, alice: User) -> None:
    for interval in (1, 5):
        track = make.track(alice, schedule={"interval": interval})
        make.log(track, TODAY)
    assert summary(api)["overall"]["current_streak"] == {"habit": track.habit_id, "length": 1, "unit": "5 days"}


def test_the_rate_counts_no_more_than_required_and_only_periods_that_end_in_the_range(
    api: APIClient, alice: User
) -> None:
    track = make.track(alice, schedule={"frequency": "weekly", "times_per_period": 2})
    for day in ("2026-11-02", "2026-11-03", "2026-11-04", "2026-11-09", "2026-11-16", "2026-11-17"):
        make.log(track, day)
    assert only(api, **span("2026-11-04", "2026-11-21"))["success_rate"] == 0.75
    assert only(api, **span("2026-11-16", "2026-11-21"))["success_rate"] is None
    assert only(api, **span("2026-11-16", "2026-11-22"))["success_rate"] == 1


def test_the_best_weekday_and_hour_have_the_most_days_and_ties_give_the_earlier(api: APIClient, alice: User) -> None:
    track = make.track(alice)
    for day, at in (("11-16", "19:10"), ("11-17", "07:59"), ("11-18", "19:00"), ("11-19", "07:00")):
        make.log(track, f"2026-{day}", completed_at=make.utc(f"2026-{day} {at}"))
    assert (only(api)["best_weekday"], only(api)["best_hour"]) == ("mon", 7)
    make.log(track, "2026-11-20", completed_at=make.utc("2026-11-20 19:30"))
    make.log(track, "2026-11-13", completed_at=make.utc("2026-11-13 12:30"))
    month = only(api, range="last_month")
    assert (month["best_weekday"], month["best_hour"]) == ("fri", 19)


def test_days_are_counted_by_weekday_and_by_the_hour_at_which_they_were_completed(api: APIClient, alice: User) -> None:
    one, two = make.track(alice), make.track(alice)
    make.log(one, "2026-11-16", completed_at=make.utc("2026-11-16 19:10"))
    make.log(two, "2026-11-16", completed_at=make.utc("2026-11-16 07:00"))
    make.log(one, "2026-11-21", completed_at=None)
    overall = summary(api)["overall"]
    assert overall["by_weekday"] == [2, 0, 0, 0, 0, 1, 0]
    assert {hour: days for hour, days in enumerate(overall["by_hour"]) if days} == {7: 1, 19: 1}


def test_the_best_hour_is_in_the_users_local_time(clock: Any) -> None:
    alice = make.person("alice", time_zone="Asia/Kathmandu")
    make.log(make.track(alice), TODAY, completed_at=make.utc(f"{TODAY} 00:20"))
    assert only(make.client(alice))["best_hour"] == 6  # 06:05 there


def test_today_is_the_users_local_day(clock: Any) -> None:
    alice = make.person("alice", time_zone="Pacific/Kiritimati")
    assert summary(make.client(alice))["last"] == "2026-11-22"
    clock.move_to(make.utc("2026-11-22 10:01"), tick=False)
    make.client(alice).patch("/api/users/me/", {"day_starts_at": 1})
    assert summary(make.client(alice))["last"] == "2026-11-22"  # a minute past midnight there


def test_over_all_habits_the_streak_that_covers_the_most_days_is_shown(api: APIClient, alice: User) -> None:
    daily = make.track(alice)
    for back in range(3):
        make.log(daily, date(2026, 11, 21) - back * DAY)
    weekly = make.track(alice, schedule={"frequency": "weekly"})
    for back in range(7):
        make.log(weekly, date(2026, 11, 15) - back * DAY)
    overall = summary(api)["overall"]
    assert overall["current_streak"] == {"habit": weekly.habit_id, "length": 1, "unit": "week"}
    assert overall["completed"] == 4
    strengths = [each["strength"] for each in summary(api)["habits"]]
    assert overall["strength"] == pytest.approx(sum(strengths) / 2, abs=1e-4)


def test_strength_decreases_without_logs(api: APIClient, alice: User, clock: Any) -> None:
    make.log(make.track(alice), TODAY)
    assert only(api)["strength"] == 0.0519
    clock.shift(13 * DAY)
    assert only(api)["strength"] == pytest.approx(0.0519 / 2, abs=1e-4)


def test_series_are_cut_by_the_range_and_add_up_to_it(api: APIClient, alice: User) -> None:
    track = make.track(alice)
    for day in ("2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"):
        make.log(track, day)
    shown = only(api, **span("2026-10-30", "2026-11-03"))
    assert shown["weekly"] == [
        {"first": "2026-10-30", "last": "2026-11-01", "completed": 3, "success_rate": 1.0},
        {"first": "2026-11-02", "last": "2026-11-03", "completed": 1, "success_rate": 0.5},
    ]
    assert shown["monthly"] == [
        {"first": "2026-10-30", "last": "2026-10-31", "completed": 2, "success_rate": 1.0},
        {"first": "2026-11-01", "last": "2026-11-03", "completed": 2, "success_rate": 0.6667},
    ]


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        (span("2026-01-01", "2027-01-02"), ("range_too_long", "to")),
        (span("2026-11-21", "2026-11-20"), ("after_to", "from")),
        ({"from": "2026-11-21"}, ("required", "to")),
        ({"range": "last_century"}, ("invalid_choice", "range")),
    ],
)
def test_an_invalid_range_is_refused_with_the_field(
    api: APIClient, asked: dict[str, str], refused: tuple[str, str]
) -> None:
    assert make.refused(api.get(PATH, asked)) == [refused]


def test_another_user_sees_nothing_of_alices_data(alice: User, charlie: User, stranger: APIClient) -> None:
    make.log(make.track(alice, is_published=True), TODAY)
    shown = summary(make.client(charlie))
    assert (shown["habits"], shown["overall"]["completed"]) == ([], 0)
    assert stranger.get(PATH).status_code == 401


def test_habits_are_paginated_and_overall_counts_every_one(api: APIClient, alice: User) -> None:
    for number in range(3):
        make.log(make.track(alice, name=f"Habit {number}"), TODAY)
    shown = summary(api, page=2, page_size=2)
    assert [each["habit"]["name"] for each in shown["habits"]] == ["Habit 2"]
    assert (shown["count"], shown["next"], shown["overall"]["completed"]) == (3, None, 3)
    assert shown["previous"].endswith("?page_size=2")
    assert api.get(PATH, {"page": 9}).status_code == 404
    for number in range(98):
        make.habit(alice, name=f"More {number}")
    whole = summary(api)
    assert (len(whole["habits"]), whole["count"]) == (100, 101)


def test_the_number_of_queries_does_not_depend_on_the_number_of_habits(api: APIClient, alice: User, clock: Any) -> None:
    counts = []
    for more in (2, 18):
        for number in range(more):
            make.log(make.track(alice, schedule={"frequency": ("daily", "monthly")[number % 2]}), "2026-11-20")
        with (
            time_machine.travel(make.utc("2026-11-25 12:00"), tick=False),
            CaptureQueriesContext(connection) as queries,
        ):
            assert summary(api, range="last_year")["habits"]
        counts.append(len(queries))
    assert counts[0] == counts[1]
