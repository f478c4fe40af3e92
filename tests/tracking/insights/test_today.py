"""GET today/: what is due, done and at risk today."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from tests import make
from tracking.models import HabitTrack
from tracking.pauses import services as pauses
from users.models import User

PATH = "/api/today/"
TODAY = "2026-11-21"  # a Saturday

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(make.utc(f"{TODAY} 12:00"), tick=False) as traveller:
        yield traveller


def entries(api: APIClient) -> list[dict[str, Any]]:
    answer = api.get(PATH)
    assert answer.status_code == 200, answer.content
    return list(answer.json())


def entry(api: APIClient) -> dict[str, Any]:
    [only] = entries(api)
    return only


def names(api: APIClient) -> list[str]:
    return [each["track"]["habit"]["name"] for each in entries(api)]


def test_a_due_track_is_shown_with_all_fields(api: APIClient, alice: User) -> None:
    track = make.track(alice, schedule={"daily_amount": 10})
    shown = entry(api)
    assert shown.pop("track") == api.get(f"/api/tracks/{track.pk}/").json()
    assert shown == {
        "day": TODAY,
        "due": True,
        "status": None,
        "amount": None,
        "note": "",
        "daily_amount": "10.00",
        "period": {"first": TODAY, "last": TODAY, "unit": "day", "done": 0, "required": 1},
        "limit": None,
        "at_risk": False,
    }


@pytest.mark.parametrize(
    ("said", "due", "done"),
    [
        ({"status": "completed"}, False, 1),
        ({"status": "skipped"}, False, 0),
        ({"status": "missed"}, False, 0),
        ({"status": "partial", "amount": 4}, True, 0),
    ],
)
def test_the_log_is_shown_and_decides_whether_the_day_is_due(
    api: APIClient, alice: User, said: dict[str, Any], due: bool, done: int
) -> None:
    make.log(make.track(alice, schedule={"daily_amount": 10}), TODAY, note="in the rain", **said)
    shown = entry(api)
    assert (shown["status"], shown["due"], shown["period"]["done"]) == (said["status"], due, done)
    assert shown["note"] == "in the rain"
    assert shown["amount"] == {"completed": "10.00", "partial": "4.00"}.get(said["status"])


@pytest.mark.parametrize(
    ("schedule", "is_shown"),
    [
        ({"frequency": "daily"}, True),
        ({"frequency": "daily", "weekdays": frozenset({5})}, True),
        ({"frequency": "daily", "weekdays": frozenset({4})}, False),
        ({"frequency": "weekly"}, True),
        ({"frequency": "weekly", "weekdays": frozenset({0, 4})}, False),
        ({"frequency": "monthly", "weekdays": frozenset({6})}, False),
        ({"frequency": "yearly"}, True),
    ],
)
def test_it_contains_the_tracks_for_which_today_is_a_target_day(
    api: APIClient, alice: User, schedule: dict[str, Any], is_shown: bool
) -> None:
    make.habit(alice, schedule=schedule)
    assert bool(entries(api)) is is_shown


def test_with_an_interval_each_window_is_asked_until_it_is_kept(api: APIClient, alice: User, clock: Any) -> None:
    track = make.track(alice, schedule={"interval": 3})
    asked = []
    for day in range(7):
        asked.append([(each["due"], each["at_risk"]) for each in entries(api)])
        if day == 1:
            api.put(f"/api/tracks/{track.pk}/logs/2026-11-22/", {"status": "completed"})
        clock.shift(timedelta(days=1))
    # Done on the second day: asked again three days later.
    assert asked == [
        [(True, False)],
        [(True, False)],
        [(False, False)],
        [(False, False)],
        [(True, False)],
        [(True, True)],
        [(True, False)],
    ]


def test_pleasant_ended_and_future_habits_are_not_shown(api: APIClient, alice: User) -> None:
    make.habit(alice, is_pleasant=True)
    make.habit(alice, start_date=date(2026, 11, 22))
    make.habit(alice, end_date=date(2026, 11, 20))
    make.habit(alice, name="Last day", start_date=date(2026, 11, 21), end_date=date(2026, 11, 21))
    assert names(api) == ["Last day"]


def test_a_kept_week_is_not_due_and_shows_its_progress(api: APIClient, alice: User) -> None:
    track = make.track(alice, schedule={"frequency": "weekly", "times_per_period": 2})
    make.log(track, "2026-11-15")  # the week before
    assert entry(api)["period"] == {
        "first": "2026-11-16",
        "last": "2026-11-22",
        "unit": "week",
        "done": 0,
        "required": 2,
    }
    make.log(track, "2026-11-16")
    assert (entry(api)["due"], entry(api)["period"]["done"]) == (True, 1)
    make.log(track, "2026-11-18")
    assert (entry(api)["due"], entry(api)["period"]["done"], entry(api)["status"]) == (False, 2, None)


def test_paused_days_shrink_what_is_required(api: APIClient, alice: User, clock: Any) -> None:
    clock.move_to(make.utc("2026-11-16 12:00"))
    track = make.track(alice, schedule={"frequency": "weekly", "times_per_period": 3})
    clock.move_to(make.utc(f"{TODAY} 12:00"))
    days = {"first_day": date(2026, 11, 16), "last_day": date(2026, 11, 18)}
    pauses.add(user=alice, track_id=track.pk, **days, now=timezone.now())
    make.log(track, "2026-11-19")
    assert (entry(api)["period"]["done"], entry(api)["period"]["required"]) == (1, 2)
    shown = api.get("/api/progress/?from=2026-11-16&to=2026-11-22").json()["results"][0]["periods"]
    assert [(each["done"], each["required"]) for each in shown] == [(1, 2)]


def test_tracks_are_ordered_by_time_and_those_without_a_time_come_last(api: APIClient, alice: User) -> None:
    for name, time in (("none", None), ("noon", "12:00"), ("dawn", "05:59"), ("none too", None), ("dawn too", "05:59")):
        make.habit(alice, name=name, time=time)
    assert names(api) == ["dawn", "dawn too", "noon", "none", "none too"]


def test_a_running_streak_is_at_risk_until_today_is_done(api: APIClient, alice: User) -> None:
    track = make.track(alice)
    assert entry(api)["at_risk"] is False
    make.log(track, "2026-11-20")
    assert entry(api)["at_risk"] is True
    make.log(track, TODAY)
    assert entry(api)["at_risk"] is False


def test_a_streak_that_has_lapsed_is_not_at_risk(api: APIClient, alice: User, clock: Any) -> None:
    make.log(make.track(alice), TODAY)
    clock.shift(timedelta(days=3))
    shown = entry(api)
    assert (shown["track"]["current_streak"], shown["at_risk"], shown["due"]) == (0, False, True)


def test_a_week_is_at_risk_on_the_last_day_on_which_it_can_be_kept(api: APIClient, alice: User, clock: Any) -> None:
    track = make.track(alice, schedule={"frequency": "weekly", "times_per_period": 2})
    make.log(track, "2026-11-14")
    make.log(track, "2026-11-15")
    assert entry(api)["track"]["current_streak"] == 1
    assert entry(api)["at_risk"] is True  # Saturday and Sunday are both needed
    make.log(track, TODAY)
    clock.shift(timedelta(days=1))
    assert entry(api)["at_risk"] is True
    make.log(track, "2026-11-22")
    assert entry(api)["at_risk"] is False


def test_today_is_the_users_local_day(clock: Any) -> None:
    alice = make.person("alice", time_zone="Pacific/Kiritimati")
    make.habit(alice)
    assert entry(make.client(alice))["day"] == "2026-11-22"
    clock.move_to(make.utc("2026-11-22 10:01"), tick=False)
    make.client(alice).patch("/api/users/me/", {"day_starts_at": 1})
    assert entry(make.client(alice))["day"] == "2026-11-22"  # a minute past midnight there


def test_after_travel_to_the_west_a_future_log_does_not_count_yet(clock: Any) -> None:
    alice = make.person("alice", time_zone="Pacific/Kiritimati")
    track = make.track(alice, schedule={"frequency": "weekly", "times_per_period": 2})
    make.log(track, "2026-11-13")
    make.log(track, "2026-11-22")
    api = make.client(alice)
    assert entry(api)["period"]["done"] == 1
    api.patch("/api/users/me/", {"time_zone": "UTC"})
    assert (entry(api)["day"], entry(api)["period"]["done"]) == (TODAY, 0)


def test_it_contains_no_tracks_of_other_users(api: APIClient, bob: User) -> None:
    make.habit(bob, is_published=True)
    assert entries(api) == []


def test_a_followed_habit_is_shown_and_one_that_was_left_is_not(api: APIClient, alice: User, bob: User) -> None:
    track = make.follower(alice, make.habit(bob, name="Of bob's", is_published=True))
    assert names(api) == ["Of bob's"]
    api.delete(f"/api/tracks/{track.pk}/")
    assert names(api) == []


def test_the_number_of_queries_does_not_depend_on_tracks_or_logs(api: APIClient, alice: User, bob: User) -> None:
    counts = []
    for frequency in ("daily", "weekly", "monthly"):
        for _ in range(2):
            make.habit(alice, schedule={"frequency": frequency})
            make.follower(alice, make.habit(bob, is_published=True))
        for track in HabitTrack.objects.filter(user=alice):
            make.log(track, "2026-11-20")
        with CaptureQueriesContext(connection) as queries:
            assert len(entries(api)) == HabitTrack.objects.filter(user=alice).count()
        counts.append(len(queries))
    assert len(set(counts)) == 1
