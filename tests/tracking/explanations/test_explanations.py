"""GET tracks/{id}/explanation/: why a streak is what it is, through the services, in both languages."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from habits.rules import GoalType
from tests import make
from tracking.logs.services import DayEntry, set_days
from tracking.models import HabitTrack
from users.models import User
from users.services import edit_profile

DAY = timedelta(days=1)
MONDAY = date(2026, 11, 9)
SUNDAY = MONDAY + 6 * DAY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(make.utc(f"{MONDAY} 12:00"), tick=False) as traveller:
        yield traveller


def path(track: HabitTrack) -> str:
    return f"/api/tracks/{track.pk}/explanation/"


def explanation(api: APIClient, track: HabitTrack, **asked: Any) -> dict[str, Any]:
    answer = api.get(path(track), asked)
    assert answer.status_code == 200, answer.content
    shown = dict(answer.json())
    assert shown["current_streak"] == api.get(f"/api/tracks/{track.pk}/").json()["current_streak"]
    return shown


def said(shown: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """Return (text, verdict, texts of the reasons) of each period."""
    return [(each["text"], each["verdict"], [of["text"] for of in each["reasons"]]) for each in shown["periods"]]


def complete(track: HabitTrack, *days: date) -> None:
    entries = [DayEntry(day=day, status="completed") for day in days]
    set_days(user=track.user, track_id=track.pk, days=entries, source="api", now=timezone.now())


def edit(api: APIClient, track: HabitTrack, **fields: Any) -> None:
    answer = api.patch(f"/api/habits/{track.habit_id}/", fields)
    assert answer.status_code == 200, answer.content


def weekly(owner: User, **schedule: Any) -> HabitTrack:
    return make.track(owner, schedule={"frequency": "weekly", "times_per_period": 3} | schedule)


def test_weekdays_instead_of_three_a_week_take_along_what_was_done(api: APIClient, alice: User, clock: Any) -> None:
    track = weekly(alice)
    clock.move_to(make.utc(f"{MONDAY + 2 * DAY} 12:00"))
    complete(track, MONDAY, MONDAY + DAY)
    edit(api, track, weekdays=["mon", "wed", "fri"])
    clock.move_to(make.utc(f"{MONDAY + 4 * DAY} 12:00"))
    complete(track, MONDAY + 4 * DAY)
    shown = explanation(api, track)
    assert shown["text"] == "The streak is 1 week, since 11 November. The habit began on 9 November."
    assert said(shown) == [
        (
            "11 – 15 November: kept, 3 of 3",
            "kept",
            [
                "The schedule changed on 11 November. This is the rest of the period, which does not break the streak.",
                "2 days completed before that count too.",
            ],
        ),
        (
            "9 – 10 November: excused, 2 of 3",
            "excused",
            [
                "The schedule changed on 11 November. "
                "The period could still be kept then, so it does not break the streak."
            ],
        ),
    ]


def test_a_holiday_asks_for_less_in_its_month(api: APIClient, alice: User, clock: Any) -> None:
    with time_machine.travel(make.utc("2026-10-01 12:00"), tick=False):
        track = make.track(alice, schedule={"frequency": "monthly", "times_per_period": 20})
    pause = {"track": track.pk, "first_day": "2026-10-01", "last_day": "2026-10-10"}
    assert api.post("/api/pauses/", pause).status_code == 201
    complete(track, *(date(2026, 10, day) for day in range(11, 27)))
    [now, october] = explanation(api, track)["periods"]
    assert (now["verdict"], now["reasons"]) == ("open", [])
    assert (october["verdict"], october["required"], october["done"]) == ("kept", 14, 16)
    assert october["reasons"] == [
        {
            "code": "paused_days",
            "first": "2026-10-01",
            "last": "2026-10-10",
            "text": "Paused: 10 of 31 days. Required: 14 instead of 20.",
        }
    ]


def test_a_week_whose_rest_is_paused_is_excused(api: APIClient, alice: User, clock: Any) -> None:
    track = weekly(alice)
    pause = {"track": track.pk, "first_day": str(MONDAY + 2 * DAY), "last_day": str(SUNDAY)}
    assert api.post("/api/pauses/", pause).status_code == 201
    clock.move_to(make.utc(f"{SUNDAY + DAY} 12:00"))
    assert said(explanation(api, track))[1] == (
        "9 – 15 November: excused, 0 of 2",
        "excused",
        [
            "The pause from 11 November lasted to its end, and before the pause it could still be kept.",
            "Paused: 5 of 7 days. Required: 2 instead of 3.",
        ],
    )


def test_the_days_between_an_old_and_a_later_end_are_paused(api: APIClient, alice: User, clock: Any) -> None:
    track = weekly(alice)
    edit(api, track, end_date=str(MONDAY + 2 * DAY))
    complete(track, MONDAY)
    clock.move_to(make.utc(f"{MONDAY + 8 * DAY} 12:00"))  # the Tuesday after
    edit(api, track, end_date=str(MONDAY + 40 * DAY))
    moved = "The habit had ended on 11 November, and was continued later. Paused: 12 – 16 November."
    assert said(explanation(api, track)) == [
        ("16 – 22 November: not over yet, 0 of 3 so far", "open", [moved, "Paused: 1 of 7 days."]),
        ("9 – 15 November: excused, 1 of 3", "excused", [moved]),
    ]


def test_a_day_that_starts_at_three_is_not_over_at_half_past_midnight(db: None, clock: Any) -> None:
    clock.move_to("2011-12-29T20:00Z")  # 10:00 of the 29th in Apia
    alice = make.person("alice", time_zone="Pacific/Apia", day_starts_at=3)
    track = make.track(alice)
    clock.move_to("2011-12-30T10:30Z")  # 00:30 of the 31st: there is no 30th
    [day] = explanation(make.client(alice), track)["periods"]
    assert (day["first"], day["verdict"]) == ("2011-12-29", "open")
    assert [each["text"] for each in day["reasons"]] == [
        "Your time zone skips 30 December.",
        "For you it is still 29 December: your day starts at 03:00.",
    ]


def test_what_was_done_after_midnight_counts_for_the_day_before(api: APIClient, alice: User, clock: Any) -> None:
    edit_profile(user=alice, day_starts_at=3, now=timezone.now())
    track = make.track(alice)
    clock.move_to(make.utc(f"{MONDAY + DAY} 00:40"))
    make.log(HabitTrack.objects.get(), MONDAY)
    clock.move_to(make.utc(f"{MONDAY + DAY} 12:00"))
    make.log(HabitTrack.objects.get(), MONDAY + DAY)
    assert said(explanation(api, track)) == [
        ("10 November: kept, 1 of 1", "kept", []),
        (
            "9 November: kept, 1 of 1",
            "kept",
            ["What you did after midnight counts for 9 November: your day starts at 03:00."],
        ),
    ]


def test_what_was_done_on_the_next_day_is_not_said_to_be_done_after_midnight(
    api: APIClient, alice: User, clock: Any
) -> None:
    edit_profile(user=alice, day_starts_at=3, now=timezone.now())
    track = make.track(alice)
    clock.move_to(make.utc(f"{MONDAY + DAY} 12:00"))
    make.log(track, MONDAY, completed_at=timezone.now())
    assert said(explanation(api, track))[1] == ("9 November: kept, 1 of 1", "kept", [])


def test_a_limit_says_how_much_there_was(api: APIClient, alice: User, clock: Any) -> None:
    schedule = {"frequency": "weekly", "limit_per_period": Decimal(3), "unit": "cups"}
    track = make.track(alice, schedule=schedule, goal_type=GoalType.AT_MOST)
    make.log(track, MONDAY, "counted", amount=5)
    shown = explanation(api, track)
    assert shown["text"] == "There is no streak now. Last broken: 9 – 15 November."
    [week] = shown["periods"]
    assert (week["verdict"], week["amount"], week["limit"]) == ("broken", "5.00", "3.00")
    assert week["text"] == "9 – 15 November: broken, 5 of at most 3 cups"


def test_it_is_said_in_the_language_of_the_account(db: None, clock: Any) -> None:
    alice = make.person("alice", language="ru")
    track = make.track(alice)
    make.log(track, MONDAY, "skipped")
    shown = explanation(make.client(alice), track)
    clock.shift(DAY)
    assert shown["text"] == "Сейчас серии нет. Привычка началась 9 ноября."
    assert said(explanation(make.client(alice), track))[1] == (
        "9 ноября: не считается, 0 из 1",
        "excused",
        ["Пропущено: 9 ноября."],
    )


def test_it_goes_back_to_the_last_broken_period_in_pages(api: APIClient, alice: User, clock: Any) -> None:
    track = make.track(alice)
    clock.move_to(make.utc(f"{MONDAY + 70 * DAY} 12:00"))
    complete(track, MONDAY, *(MONDAY + number * DAY for number in range(2, 71)))
    shown = explanation(api, track)
    assert (shown["current_streak"], shown["streak_unit"], shown["since"]) == (69, "day", str(MONDAY + 2 * DAY))
    assert (shown["start"], shown["starts_on"]) == ("broken", str(MONDAY + 2 * DAY))
    assert shown["count"] == 70 and len(shown["periods"]) == 30 and shown["previous"] is None
    found = shown["periods"]
    while shown["next"]:
        shown = api.get(shown["next"]).json()
        found += shown["periods"]
    assert [each["first"] for each in found] == [str(MONDAY + number * DAY) for number in range(70, 0, -1)]
    assert [each["verdict"] for each in found] == ["kept"] * 69 + ["broken"]
    assert len(explanation(api, track, page_size=100)["periods"]) == 70
    assert make.refused(api.get(path(track), {"page": 4}), 404)
    assert make.refused(api.get(path(track), {"limit": 4})) == [("unknown_parameter", "limit")]


def test_nobody_else_is_told(track_of_alice: HabitTrack, charlie: User) -> None:
    make.refused(make.client(charlie).get(path(track_of_alice)), 404)
    make.refused(make.client().get(path(track_of_alice)), 401)
    make.refused(make.client(charlie).get("/api/tracks/999999/explanation/"), 404)


@pytest.fixture
def track_of_alice(alice: User) -> HabitTrack:
    return make.track(alice)


def test_the_streak_of_an_archived_track_is_explained_too(api: APIClient, alice: User, clock: Any) -> None:
    track = make.track(alice)
    make.log(track, MONDAY)
    clock.shift(DAY)
    assert api.patch(f"/api/tracks/{track.pk}/", {"archived": True}).status_code == 200
    assert said(explanation(api, track))[0] == (
        "10 November: not over yet, 0 of 1 so far",
        "open",
        ["This day was paused."],
    )
    clock.shift(DAY)
    assert said(explanation(api, track))[:2] == [
        ("11 November: not over yet, 0 of 1 so far", "open", ["This day was paused."]),
        ("10 November: excused, 0 of 1", "excused", ["All of it was paused."]),
    ]


def test_before_the_habit_begins_there_is_no_period(api: APIClient, alice: User) -> None:
    track = make.track(alice, start_date=MONDAY + 3 * DAY)
    shown = explanation(api, track)
    assert (shown["periods"], shown["since"], shown["count"]) == ([], None, 0)
    assert shown["text"] == "There is no streak now. The habit begins on 12 November."


def test_an_explanation_takes_as_many_statements_for_a_year_as_for_a_day(
    api: APIClient, alice: User, clock: Any
) -> None:
    track = make.track(alice)
    make.log(track, MONDAY)

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert api.get(path(track)).status_code == 200
        return len(queries)

    few = statements()
    clock.move_to(make.utc(f"{MONDAY + 365 * DAY} 12:00"))
    complete(track, *(MONDAY + number * DAY for number in range(366)))
    assert statements() == few
