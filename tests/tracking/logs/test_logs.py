"""tracks/{id}/logs/{day}/: set, read and clear the log of a day."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from tests import make
from tracking.models import HabitLog, HabitTrack
from users.models import User
from users.services import edit_profile

TODAY = "2026-11-21"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(make.utc(f"{TODAY} 12:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def track(alice: User) -> HabitTrack:
    """A track of ten push-ups a day."""
    return make.track(alice, schedule={"daily_amount": 10, "unit": "push-ups"})


def path(track: HabitTrack, day: str = TODAY) -> str:
    return f"/api/tracks/{track.pk}/logs/{day}/"


def put(api: APIClient, track: HabitTrack, day: str = TODAY, **said: Any) -> dict[str, Any]:
    answer = api.put(path(track, day), said)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def assert_refused(api: APIClient, track: HabitTrack, day: str, said: dict[str, Any], *wanted: Any) -> None:
    before = make.everything()
    assert make.refused(api.put(path(track, day), said)) == [wanted]
    assert make.everything() == before


def test_a_completed_day_has_the_full_amount_and_counts_in_the_streak(api: APIClient, track: HabitTrack) -> None:
    shown = put(api, track, status="completed", note="before coffee")
    assert shown == {
        "day": TODAY,
        "status": "completed",
        "amount": "10.00",
        "note": "before coffee",
        "completed_at": "2026-11-21T12:00:00Z",
        "source": "api",
        "created_at": "2026-11-21T12:00:00Z",
        "updated_at": "2026-11-21T12:00:00Z",
        "before": None,
        "streak": {"current": 1, "longest": 1, "unit": "day", "lapses_at": "2026-11-23T00:00:00Z"},
    }
    del shown["streak"], shown["before"]
    assert api.get(path(track)).json() == shown


@pytest.mark.parametrize(
    ("said", "status", "amount"),
    [
        ({"status": "completed"}, "completed", "10.00"),
        ({"status": "completed", "amount": None}, "completed", "10.00"),
        ({"status": "completed", "amount": "10"}, "completed", "10.00"),
        ({"status": "completed", "amount": 12.5}, "completed", "12.50"),
        ({"status": "partial", "amount": "9.99"}, "partial", "9.99"),
        ({"amount": "10"}, "completed", "10.00"),
        ({"amount": "0.01"}, "partial", "0.01"),
        ({"amount": "0,5"}, "partial", "0.50"),
        ({"amount": "1 250,5"}, "completed", "1250.50"),
        ({"amount": 0.30000000000000004}, "partial", "0.30"),
        ({"amount": "99999999.99"}, "completed", "99999999.99"),
        ({"status": "skipped"}, "skipped", None),
        ({"status": "missed"}, "missed", None),
        ({"status": "missed", "amount": None}, "missed", None),
    ],
)
def test_status_and_amount_are_resolved_together(
    api: APIClient, track: HabitTrack, said: dict[str, Any], status: str, amount: str | None
) -> None:
    shown = put(api, track, **said)
    assert (shown["status"], shown["amount"]) == (status, amount)
    assert (shown["completed_at"] is not None) == (status in {"completed", "partial"})
    assert shown["streak"]["current"] == (1 if status == "completed" else 0)


@pytest.mark.parametrize(
    ("said", "code", "attr"),
    [
        ({"status": "partial"}, "required", "amount"),
        ({"status": "completed", "amount": "9.99"}, "amount_contradicts", "amount"),
        ({"status": "partial", "amount": "10"}, "amount_contradicts", "amount"),
        ({"status": "skipped", "amount": "1"}, "amount_not_done", "amount"),
        ({"status": "missed", "amount": "10"}, "amount_not_done", "amount"),
        ({"status": "done"}, "invalid_choice", "status"),
        ({"status": None}, "null", "status"),
        ({"status": ["completed"]}, "invalid_choice", "status"),
        ({"amount": "-1"}, "min_value", "amount"),
        ({"amount": "0.001"}, "amount_not_positive", "amount"),
        ({"amount": "1,250"}, "ambiguous", "amount"),
        ({"amount": "100000000"}, "max_whole_digits", "amount"),
        ({"amount": "ten"}, "invalid", "amount"),
        ({"amount": "NaN"}, "invalid", "amount"),
        ({"status": "completed", "note": "a" * 1001}, "max_length", "note"),
        ({"status": "completed", "note": "a\0b"}, "null_characters_not_allowed", "note"),
        ({"status": "completed", "completed_at": "noon"}, "invalid", "completed_at"),
        ({"status": "completed", "completed_at": "2026-11-21T12:00:01Z"}, "in_future", "completed_at"),
        ({"status": "completed", "completed_at": "0001-01-01T00:00:00+14:00"}, "overflow", "completed_at"),
    ],
)
def test_contradictory_or_empty_input_is_refused(
    api: APIClient, track: HabitTrack, said: dict[str, Any], code: str, attr: str
) -> None:
    assert_refused(api, track, TODAY, said, code, attr)
    put(api, track, status="skipped")
    assert_refused(api, track, TODAY, said, code, attr)


@pytest.mark.parametrize("said", [{}, {"note": "hm"}, {"amount": None}])
def test_a_day_without_a_log_needs_a_status_or_an_amount(
    api: APIClient, track: HabitTrack, said: dict[str, Any]
) -> None:
    assert_refused(api, track, TODAY, said, "required", "status")


@pytest.mark.parametrize("said", [{"amount": 0}, {"amount": "0.00", "status": "partial"}, {"amount": "-0"}])
def test_an_amount_of_0_is_refused(api: APIClient, track: HabitTrack, said: dict[str, Any]) -> None:
    before = make.everything()
    assert [attr for _, attr in make.refused(api.put(path(track), said))] == ["amount"]
    assert make.everything() == before


def test_repeating_a_log_changes_nothing(api: APIClient, track: HabitTrack, clock: Any) -> None:
    said = {"status": "completed", "note": "before coffee"}
    first = put(api, track, **said)
    clock.shift(timedelta(hours=1))
    second = put(api, track, **said)
    changing = dict.fromkeys(("updated_at", "before"))
    assert first | changing == second | changing
    assert HabitLog.objects.count() == 1


def test_the_last_entry_of_a_day_counts(api: APIClient, track: HabitTrack) -> None:
    assert put(api, track, status="completed", note="a")["streak"]["current"] == 1
    shown = put(api, track, status="missed")
    assert (shown["status"], shown["note"], shown["completed_at"], shown["streak"]["current"]) == (
        "missed",
        "a",
        None,
        0,
    )
    assert HabitLog.objects.count() == 1


FULL = {"status": "completed", "amount": "12.50", "note": "before coffee", "completed_at": "2026-11-21T06:31:00Z"}
PARTIAL = {"status": "partial", "amount": "4.00", "note": "in the rain", "completed_at": "2026-11-21T06:31:00Z"}


@pytest.mark.parametrize(
    ("before", "said", "changed"),
    [
        (FULL, {}, {}),
        (FULL, {"status": "completed"}, {}),
        (FULL, {"note": "after coffee"}, {"note": "after coffee"}),
        (FULL, {"note": ""}, {"note": ""}),
        (FULL, {"note": None}, {"note": ""}),
        (FULL, {"completed_at": None}, {"completed_at": None}),
        (FULL, {"amount": None}, {"amount": "10.00"}),
        (FULL, {"status": "completed", "amount": None}, {"amount": "10.00"}),
        (FULL, {"amount": "3"}, {"status": "partial", "amount": "3.00"}),
        (FULL, {"status": "skipped"}, {"status": "skipped", "amount": None, "completed_at": None}),
        (FULL, {"status": "missed"}, {"status": "missed", "amount": None, "completed_at": None}),
        (PARTIAL, {"status": "partial"}, {}),
        (PARTIAL, {"status": "completed"}, {"status": "completed", "amount": "10.00"}),
        (PARTIAL, {"amount": "11"}, {"status": "completed", "amount": "11.00"}),
    ],
)
def test_what_a_request_does_not_mention_is_kept(
    api: APIClient,
    track: HabitTrack,
    clock: Any,
    before: dict[str, Any],
    said: dict[str, Any],
    changed: dict[str, Any],
) -> None:
    put(api, track, **before)
    clock.shift(timedelta(hours=1))
    shown = put(api, track, **said)
    assert {name: shown[name] for name in before} == before | changed
    clock.shift(timedelta(hours=1))
    rows = make.everything()
    put(api, track, **said)
    assert make.everything() == rows  # said twice, it changes nothing


def test_an_addition_keeps_the_note(api: APIClient, track: HabitTrack) -> None:
    put(api, track, **PARTIAL)
    shown = api.post(f"{path(track)}add/", {"amount": "1"}).json()
    assert {name: shown[name] for name in PARTIAL} == PARTIAL | {"amount": "5.00"}


def test_many_days_at_once_keep_what_they_do_not_mention(api: APIClient, track: HabitTrack) -> None:
    put(api, track, **PARTIAL)
    days = [{"day": TODAY, "status": "skipped"}, {"day": TODAY, "amount": 2}]
    [_, shown] = api.post(f"/api/tracks/{track.pk}/logs/bulk/", {"days": days}).json()
    assert (shown["status"], shown["amount"], shown["note"]) == ("partial", "2.00", "in the rain")


def test_a_day_logged_later_has_no_completion_time_unless_given(api: APIClient, track: HabitTrack) -> None:
    assert put(api, track, "2026-11-20", status="completed")["completed_at"] is None
    at = "2026-11-20T07:31:00+02:00"
    assert put(api, track, "2026-11-20", status="completed", completed_at=at)["completed_at"] == "2026-11-20T05:31:00Z"


def test_yesterday_can_be_logged_for_a_new_habit_and_moves_its_start(api: APIClient, track: HabitTrack) -> None:
    assert put(api, track, "2026-11-20", status="completed")["streak"]["current"] == 1
    assert api.get(f"/api/tracks/{track.pk}/").json()["started_on"] == "2026-11-20"
    assert put(api, track, TODAY, status="completed")["streak"]["current"] == 2


def test_days_between_the_new_start_and_today_break_the_streak(api: APIClient, track: HabitTrack) -> None:
    put(api, track, TODAY, status="completed")
    streak = put(api, track, "2026-11-18", status="completed")["streak"]
    assert (streak["current"], streak["longest"]) == (1, 1)
    put(api, track, "2026-11-19", status="completed")
    streak = put(api, track, "2026-11-20", status="completed")["streak"]
    assert (streak["current"], streak["longest"]) == (4, 4)


def test_tomorrow_is_refused(api: APIClient, track: HabitTrack) -> None:
    for day in ("2026-11-22", "2099-01-01", "9999-12-31"):
        assert_refused(api, track, day, {"status": "completed"}, "future_day", "day")


def test_a_day_before_the_start_date_or_after_the_end_is_refused(api: APIClient, alice: User, clock: Any) -> None:
    track = make.track(alice, start_date=date(2026, 11, 20), end_date=date(2026, 11, 22))
    assert_refused(api, track, "2026-11-19", {"status": "completed"}, "before_start", "day")
    clock.shift(timedelta(days=5))
    assert_refused(api, track, "2026-11-23", {"status": "completed"}, "after_end", "day")
    assert put(api, track, "2026-11-22", status="completed")
    assert put(api, track, "2026-11-20", status="completed")


@pytest.mark.parametrize("day", ["1969-12-31", "0001-01-01"])
def test_days_before_1970_are_refused(api: APIClient, track: HabitTrack, day: str) -> None:
    assert_refused(api, track, day, {"status": "completed"}, "day_out_of_range", "day")


@pytest.mark.parametrize(
    "day",
    [
        "2026-02-30",
        "2026-13-01",
        "today",
        "2026-1-1",
        "26-11-21",
        "%00",
        "10000-01-01",
        "-",
        "20260101",
        "2026-W01-1",
        "2026-001",
        "２０２６-01-01",
    ],
)
def test_an_invalid_date_gives_a_400(api: APIClient, track: HabitTrack, day: str) -> None:
    before = make.everything()
    for method, body in ((api.get, None), (api.put, {"status": "completed"}), (api.delete, None)):
        assert make.refused(method(path(track, day), body)) == [("invalid", "day")]
    assert make.everything() == before


SKIPPED = "2011-12-30"  # in Pacific/Apia, which crossed the date line


def test_a_date_that_the_zone_skips_cannot_be_logged(api: APIClient, alice: User, track: HabitTrack) -> None:
    edit_profile(user=alice, time_zone="Pacific/Apia", now=timezone.now())
    assert_refused(api, track, SKIPPED, {"status": "completed"}, "skipped_date", "day")
    bulk, add = f"/api/tracks/{track.pk}/logs/bulk/", f"{path(track, SKIPPED)}add/"
    days = [{"day": "2011-12-29", "status": "completed"}, {"day": SKIPPED, "status": "completed"}]
    assert make.refused(api.post(bulk, {"days": days})) == [("skipped_date", "days.1.day")]
    assert make.refused(api.post(add, {"amount": 1})) == [("skipped_date", "day")]
    assert not HabitLog.objects.exists()
    put(api, track, "2011-12-29", status="completed")
    put(api, track, "2011-12-31", status="completed")


def test_a_log_made_elsewhere_can_be_changed_and_cleared_where_the_zone_skips_its_date(
    api: APIClient, alice: User, track: HabitTrack
) -> None:
    put(api, track, SKIPPED, status="completed")
    edit_profile(user=alice, time_zone="Pacific/Apia", now=timezone.now())
    assert put(api, track, SKIPPED, status="completed", note="on the boat")["note"] == "on the boat"
    assert api.delete(path(track, SKIPPED)).status_code == 200
    assert_refused(api, track, SKIPPED, {"status": "completed"}, "skipped_date", "day")


@pytest.mark.parametrize(
    ("zone", "now", "today", "tomorrow"),
    [
        ("Pacific/Kiritimati", "2026-11-21 10:00", "2026-11-22", "2026-11-23"),
        ("Pacific/Kiritimati", "2026-11-21 09:59", "2026-11-21", "2026-11-22"),
        ("America/Los_Angeles", "2026-11-21 07:59", "2026-11-20", "2026-11-21"),
        ("America/Los_Angeles", "2026-11-21 08:00", "2026-11-21", "2026-11-22"),
    ],
)
def test_today_is_the_date_in_the_users_time_zone(clock: Any, zone: str, now: str, today: str, tomorrow: str) -> None:
    clock.move_to(make.utc(now), tick=False)
    alice = make.person("alice", time_zone=zone)
    api, track = make.client(alice), make.track(alice)
    assert put(api, track, today, status="completed")["completed_at"] is not None
    assert_refused(api, track, tomorrow, {"status": "completed"}, "future_day", "day")


def test_before_day_starts_at_it_is_still_the_day_before(clock: Any) -> None:
    clock.move_to(make.utc("2026-11-22 00:40"), tick=False)
    alice = make.person("alice", day_starts_at=4)
    api, track = make.client(alice), make.track(alice)
    assert put(api, track, TODAY, status="completed")["completed_at"] == "2026-11-22T00:40:00Z"
    assert_refused(api, track, "2026-11-22", {"status": "completed"}, "future_day", "day")
    clock.move_to(make.utc("2026-11-22 04:00"), tick=False)
    assert put(api, track, "2026-11-22", status="completed")["streak"]["current"] == 2


def test_a_streak_lapses_at_the_end_of_the_users_local_day(clock: Any) -> None:
    alice = make.person("alice", time_zone="Europe/Berlin", day_starts_at=3)
    streak = put(make.client(alice), make.track(alice), TODAY, status="completed")["streak"]
    assert streak["lapses_at"] == "2026-11-23T02:00:00Z"


def test_a_new_time_zone_changes_no_logged_day(api: APIClient, track: HabitTrack, clock: Any) -> None:
    put(api, track, TODAY, status="completed")
    clock.move_to(make.utc("2026-11-21 13:00"), tick=False)
    shown = api.patch("/api/users/me/", {"time_zone": "Pacific/Kiritimati"}).json()
    assert shown["tracks"][0]["current_streak"] == 1
    assert api.get(path(track, TODAY)).json()["completed_at"] == "2026-11-21T12:00:00Z"
    assert put(api, track, "2026-11-22", status="completed")["streak"]["current"] == 2


def test_clearing_deletes_the_log_and_updates_the_streak(api: APIClient, track: HabitTrack) -> None:
    put(api, track, "2026-11-20", status="completed")
    put(api, track, TODAY, status="completed")
    answer = api.delete(path(track, "2026-11-20"))
    assert answer.status_code == 200
    assert answer.json()["before"]["status"] == "completed"
    assert answer.json()["streak"] == {
        "current": 1,
        "longest": 1,
        "unit": "day",
        "lapses_at": "2026-11-23T00:00:00Z",
    }
    make.refused(api.get(path(track, "2026-11-20")), 404)
    shown = api.get(f"/api/tracks/{track.pk}/").json()
    assert (shown["current_streak"], shown["longest_streak"]) == (1, 1)


def test_clearing_a_day_without_a_log_changes_nothing(api: APIClient, track: HabitTrack) -> None:
    before = make.everything()
    for day in (TODAY, "2026-11-30", "1000-01-01"):
        assert api.delete(path(track, day)).json()["before"] is None
    assert make.everything() == before


def test_a_day_without_a_log_gives_a_404(api: APIClient, track: HabitTrack) -> None:
    make.refused(api.get(path(track)), 404)


def test_logs_of_the_web_client_have_it_as_their_source(api: APIClient, track: HabitTrack) -> None:
    answer = api.put(path(track), {"status": "completed"}, headers={"X-Client": "web"})
    assert answer.json()["source"] == "web"
    assert put(api, track, status="missed", source="telegram")["source"] == "api"


@pytest.mark.parametrize(
    "row",
    [
        {"status": "completed", "amount": None},
        {"status": "partial", "amount": 0},
        {"status": "skipped", "amount": 1},
        {"status": "missed", "amount": 0},
        {"status": "done", "amount": 1},
    ],
)
def test_the_database_refuses_a_log_that_contradicts_itself(track: HabitTrack, row: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        HabitLog.objects.create(track=track, day=date(2026, 11, 21), source="api", **row)


def test_the_database_refuses_a_second_log_of_one_day(track: HabitTrack) -> None:
    make.log(track, TODAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        HabitLog.objects.create(track=track, day=date(2026, 11, 21), status="skipped", source="api")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z"])
def test_a_completion_time_before_1970_is_refused(api: APIClient, track: HabitTrack, moment: str) -> None:
    refusal = api.put(path(track), {"status": "completed", "completed_at": moment})
    assert make.refused(refusal) == [("day_out_of_range", "completed_at")]
