"""GET days/{date}/: what today/ says, of any local day up to today."""

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from tests import make
from users.models import User
from users.services import edit_profile

TODAY = "2026-11-21"  # a Saturday
STATEMENTS = 7  # authentication, tracks, schedules, logs, pauses and tags

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(make.utc("2026-11-01 12:00"), tick=False) as traveller:
        yield traveller


def day(api: APIClient, date: str) -> list[dict[str, Any]]:
    answer = api.get(f"/api/days/{date}/")
    assert answer.status_code == 200, answer.content
    return list(answer.json())


def told(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry without its track."""
    return {name: value for name, value in entry.items() if name != "track"}


def test_of_today_it_says_what_today_says(api: APIClient, alice: User, clock: Any) -> None:
    tracks = [make.track(alice, name=name, time=at) for name, at in (("a", "09:00"), ("b", None), ("c", "07:00"))]
    clock.move_to(make.utc(f"{TODAY} 12:00"), tick=False)
    make.log(tracks[0], "2026-11-20")
    make.log(tracks[1], TODAY, "skipped")
    assert day(api, TODAY) == api.get("/api/today/").json()
    assert len(day(api, TODAY)) == 3


def test_of_an_earlier_day_it_says_what_today_said_then(api: APIClient, alice: User, clock: Any) -> None:
    daily = make.track(alice, name="Daily", schedule={"daily_amount": 10})
    weekly = make.track(alice, name="Weekly", schedule={"frequency": "weekly", "times_per_period": 2})
    saturdays = make.track(alice, name="Saturdays", schedule={"frequency": "daily", "weekdays": frozenset({5})})
    said = {}
    for date in range(2, 22):
        clock.move_to(make.utc(f"2026-11-{date:02} 20:00"), tick=False)
        if date % 3:
            make.log(
                daily,
                f"2026-11-{date:02}",
                "partial" if date % 2 else "completed",
                amount=date % 2 * 3 + 10 * (1 - date % 2),
            )
        if date in {3, 5, 6, 14, 17, 18, 19}:
            make.log(weekly, f"2026-11-{date:02}")
        if date == 14:
            make.log(saturdays, f"2026-11-{date:02}", "missed")
        said[date] = [told(each) for each in api.get("/api/today/").json()]
    for date, then in said.items():
        if date < 21:
            then = [each | {"at_risk": False} for each in then]
        assert [told(each) for each in day(api, f"2026-11-{date:02}")] == then, date


def test_the_track_of_an_earlier_day_is_shown_as_it_is_now(api: APIClient, alice: User, clock: Any) -> None:
    track = make.track(alice)
    clock.move_to(make.utc(f"{TODAY} 12:00"), tick=False)
    make.log(track, "2026-11-20")
    api.patch(f"/api/tracks/{track.pk}/", {"colour": "blue", "tags": ["Health"]})
    [shown] = day(api, "2026-11-03")
    assert shown["track"] == api.get(f"/api/tracks/{track.pk}/").json()
    assert (shown["due"], shown["status"], shown["at_risk"]) == (True, None, False)


def test_paused_days_and_days_before_the_start_are_left_out(api: APIClient, alice: User, clock: Any) -> None:
    track = make.track(alice)
    clock.move_to(make.utc(f"{TODAY} 12:00"), tick=False)
    api.post("/api/pauses/", {"track": track.pk, "first_day": "2026-11-10", "last_day": "2026-11-12"})
    shown = {date: len(day(api, f"2026-{date}")) for date in ("10-31", "11-01", "11-09", "11-10", "11-12", "11-13")}
    assert shown == {"10-31": 0, "11-01": 1, "11-09": 1, "11-10": 0, "11-12": 0, "11-13": 1}


@pytest.mark.parametrize(
    ("date", "code"),
    [
        ("2026-11-02", "future_day"),
        ("9999-12-31", "future_day"),
        ("1969-12-31", "day_out_of_range"),
        ("2026-11-31", "invalid"),
        ("20261101", "invalid"),
        ("yesterday", "invalid"),
    ],
)
def test_any_other_day_is_refused(api: APIClient, date: str, code: str) -> None:
    assert make.refused(api.get(f"/api/days/{date}/")) == [(code, "day")]


def test_a_date_that_the_zone_skips_says_so(api: APIClient, alice: User) -> None:
    edit_profile(user=alice, time_zone="Pacific/Apia", now=timezone.now())
    [error] = api.get("/api/days/2011-12-30/").json()["errors"]
    assert (error["code"], error["attr"]) == ("skipped_date", "day")
    assert "Pacific/Apia" in error["detail"]
    assert day(api, "2011-12-31") == []


def test_tomorrow_is_told_by_the_users_clock(clock: Any) -> None:
    clock.move_to(make.utc("2026-11-01 23:30"), tick=False)
    east = make.client(make.person("bob", time_zone="Pacific/Kiritimati"))
    late = make.client(make.person("charlie", day_starts_at=4))
    assert day(east, "2026-11-02") == []
    assert make.refused(late.get("/api/days/2026-11-02/")) == [("future_day", "day")]
    clock.move_to(make.utc("2026-11-02 03:59"), tick=False)
    assert make.refused(late.get("/api/days/2026-11-02/")) == [("future_day", "day")]


def test_others_habits_are_not_shown(api: APIClient, bob: User) -> None:
    make.track(bob)
    assert day(api, "2026-11-01") == []


@pytest.mark.parametrize("path", ["today", "days/2026-11-03", "days/2026-11-20"])
def test_the_number_of_statements_is_fixed(alice: User, clock: Any, path: str) -> None:
    api = make.client(alice)
    counts = []
    for number in (5, 45):
        clock.move_to(make.utc("2026-11-01 12:00"), tick=False)
        for index in range(number):
            schedule = {"frequency": ("daily", "weekly", "monthly")[index % 3]}
            make.track(alice, name=f"{number} {index}", schedule=schedule)
        clock.move_to(make.utc(f"{TODAY} 12:00"), tick=False)
        with CaptureQueriesContext(connection) as queries:
            assert api.get(f"/api/{path}/").status_code == 200
        counts.append(len(queries))
    assert counts == [STATEMENTS] * 2, queries.captured_queries
