"""Rules about days, versions, pauses and streaks, tested through the services and the API."""

import os
import subprocess
import sys
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from tests import make
from tracking.logs.services import DayEntry, set_days
from tracking.models import HabitLog, HabitTrack
from tracking.pauses import services as pauses
from tracking.streaks import services as streak_stats
from tracking.tracks import queries
from tracking.tracks.histories import load_histories
from users.models import User

TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(make.utc(f"{TODAY} 12:00"), tick=False) as traveller:
        yield traveller


def standing_of(api: APIClient, track: HabitTrack) -> dict[str, Any]:
    return dict(api.get(f"/api/tracks/{track.pk}/").json())


def asked_today(api: APIClient) -> bool:
    return bool(api.get("/api/today/").json())


def status(track: HabitTrack, day: date) -> str:
    return HabitLog.objects.get(track=track, day=day).status


def window(api: APIClient) -> tuple[str, str]:
    """Return the first and last day of the only habit's period of today."""
    period = api.get("/api/today/").json()[0]["period"]
    return period["first"], period["last"]


def test_windows_start_at_the_habits_start_date(alice: User, clock: Any) -> None:
    make.habit(alice, schedule={"interval": 3}, start_date=TODAY + DAY)
    assert not asked_today(make.client(alice))
    found = []
    for _ in range(4):
        clock.shift(DAY)
        found.append(window(make.client(alice))[0])
    assert found == [str(TODAY + DAY)] * 3 + [str(TODAY + DAY * 4)]


def test_a_start_date_that_is_changed_after_the_first_log_moves_no_window(api: APIClient, alice: User) -> None:
    track = make.track(alice, schedule={"interval": 3})
    make.log(track, TODAY)
    assert api.patch(f"/api/habits/{track.habit_id}/", {"start_date": str(TODAY - DAY * 4)}).status_code == 200
    assert window(api) == (str(TODAY), str(TODAY + DAY * 2))
    assert api.delete(f"/api/tracks/{track.pk}/logs/{TODAY}/").status_code == 200
    assert window(api) == (str(TODAY), str(TODAY + DAY))


def test_an_undone_slip_of_years_ago_leaves_no_trace(api: APIClient, alice: User) -> None:
    track = make.track(alice)
    make.log(track, TODAY)
    before = make.everything()["tracking.HabitTrack"], make.everything()["tracking.StreakCheckpoint"]
    assert api.put(f"/api/tracks/{track.pk}/logs/2020-01-01/", {"status": "completed"}).status_code == 200
    assert standing_of(api, track)["started_on"] == "2020-01-01"
    assert api.delete(f"/api/tracks/{track.pk}/logs/2020-01-01/").status_code == 200
    assert standing_of(api, track)["started_on"] == str(TODAY)
    assert (make.everything()["tracking.HabitTrack"], make.everything()["tracking.StreakCheckpoint"]) == before


def test_a_start_date_mistyped_as_next_year_and_corrected_asks_from_today(api: APIClient, alice: User) -> None:
    track = make.track(alice)
    for start, asked in (("2027-11-21", False), (str(TODAY), True)):
        assert api.patch(f"/api/habits/{track.habit_id}/", {"start_date": start}).status_code == 200
        assert asked_today(api) is asked
    assert standing_of(api, track)["started_on"] == str(TODAY)


def test_without_a_start_date_windows_start_at_the_creation_day_even_if_the_track_starts_earlier(
    api: APIClient, alice: User
) -> None:
    track = make.track(alice, schedule={"interval": 3})
    make.log(track, TODAY - DAY)
    assert asked_today(api)
    assert standing_of(api, track)["started_on"] == "2026-11-20"


def test_nothing_is_due_before_a_postponed_start_date(api: APIClient, alice: User) -> None:
    track = make.track(alice)
    assert asked_today(api)
    assert api.patch(f"/api/habits/{track.habit_id}/", {"start_date": "2026-11-25"}).status_code == 200
    assert not asked_today(api)


def test_the_status_of_a_log_uses_the_amount_in_force_on_its_day(api: APIClient, alice: User, clock: Any) -> None:
    track = make.track(alice, schedule={"daily_amount": 10})
    make.log(track, TODAY - DAY)
    clock.shift(DAY)
    assert api.patch(f"/api/habits/{track.habit_id}/", {"daily_amount": 20}).status_code == 200
    said = {"amount": "10.00"}
    assert api.put(f"/api/tracks/{track.pk}/logs/{TODAY}/", said).json()["status"] == "completed"
    assert api.put(f"/api/tracks/{track.pk}/logs/{TODAY + DAY}/", said).json()["status"] == "partial"


def test_a_pending_amount_does_not_apply_to_earlier_days(api: APIClient, alice: User) -> None:
    track = make.track(alice, schedule={"daily_amount": 10})
    make.log(track, TODAY)
    later = {"daily_amount": 20, "schedule_from": "2026-11-22"}
    assert api.patch(f"/api/habits/{track.habit_id}/", later).status_code == 200
    assert (status(track, TODAY), standing_of(api, track)["current_streak"]) == ("completed", 1)


def test_a_new_schedule_does_not_apply_to_earlier_days(api: APIClient, alice: User, clock: Any) -> None:
    track = make.track(alice, schedule={"daily_amount": 10})
    make.log(track, TODAY)
    clock.shift(DAY)
    assert api.patch(f"/api/habits/{track.habit_id}/", {"daily_amount": 20}).status_code == 200
    assert (status(track, TODAY), standing_of(api, track)["current_streak"]) == ("completed", 1)


def test_many_days_are_saved_all_or_none(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    track = make.track(alice)

    def fails(**given: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(streak_stats, "refresh_streak_stats", fails)
    said = [DayEntry(day=TODAY - back * DAY, status="completed") for back in range(3)]
    with pytest.raises(RuntimeError):
        set_days(user=alice, track_id=track.pk, days=said, source="api", now=timezone.now())
    assert not HabitLog.objects.exists()


def test_days_that_a_moved_pause_no_longer_includes_are_due_again(api: APIClient, alice: User) -> None:
    track = make.track(alice)
    said = [DayEntry(day=TODAY - back * DAY, status="completed") for back in (*range(22), 23)]  # not 30 October
    set_days(user=alice, track_id=track.pk, days=said, source="api", now=timezone.now())
    path = "/api/pauses/"
    pause = api.post(path, {"track": track.pk, "first_day": "2026-10-30", "last_day": "2026-10-30"}).json()
    assert standing_of(api, track)["current_streak"] == 23
    moved = {"first_day": "2026-11-25", "last_day": "2026-11-26"}
    assert api.patch(f"{path}{pause['id']}/", moved).status_code == 200
    assert standing_of(api, track)["current_streak"] == 22


def test_a_pause_does_not_affect_other_tracks_or_users(alice: User, bob: User) -> None:
    mine = make.track(alice, is_published=True)
    make.track(alice, name="Read")
    make.follower(bob, mine.habit)
    pauses.add(user=alice, track_id=mine.pk, first_day=TODAY, last_day=None, now=timezone.now())
    shown = make.client(alice).get("/api/today/").json()
    assert [entry["track"]["habit"]["name"] for entry in shown] == ["Read"]
    pauses.add(user=alice, track_id=None, first_day=TODAY, last_day=None, now=timezone.now())
    assert (asked_today(make.client(alice)), asked_today(make.client(bob))) == (False, True)
    together = load_histories(HabitTrack.objects.select_related("user", "habit"))
    assert {track.user for track in HabitTrack.objects.all() if not together[track.pk].is_paused(TODAY)} == {bob}


@pytest.mark.parametrize("quiet", ["skipped", "paused", "ended"])
def test_strength_does_not_change_on_skipped_or_paused_days_and_after_the_end_of_the_habit(
    alice: User, clock: Any, quiet: str
) -> None:
    track = make.track(alice, end_date=TODAY if quiet == "ended" else None)
    make.log(track, TODAY)
    clock.shift(DAY)
    if quiet == "skipped":
        make.log(track, TODAY + DAY, "skipped")
    if quiet == "paused":
        pauses.add(user=alice, track_id=track.pk, first_day=TODAY + DAY, last_day=None, now=timezone.now())
    assert standing_of(make.client(alice), track)["strength"] == 0.0519


def test_in_sql_the_current_streak_is_0_from_the_time_at_which_it_lapses(alice: User, clock: Any) -> None:
    track = make.track(alice)
    make.log(track, TODAY)
    track.refresh_from_db()
    lapses_at = track.lapses_at
    assert lapses_at is not None
    for now, streak in ((lapses_at - timedelta(microseconds=1), 1), (lapses_at, 0)):
        shown = HabitTrack.objects.annotate(in_sql=queries.current_streak(now)).get()
        assert (shown.in_sql, shown.streak_at(now).current) == (streak, streak)


def test_a_move_to_a_zone_that_skipped_a_date_restores_the_streak_that_the_date_broke(clock: Any) -> None:
    clock.move_to(make.utc("2012-02-10 12:00"), tick=False)
    alice = make.person("alice")
    track = make.track(alice)
    for day in ("2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01", "2012-01-20"):
        make.log(track, day)
    api = make.client(alice)
    assert standing_of(api, track)["longest_streak"] == 2
    api.patch("/api/users/me/", {"time_zone": "Pacific/Apia"})  # which had no 30 December 2011
    assert standing_of(api, track)["longest_streak"] == 4


@pytest.mark.processes
def test_time_zone_data_comes_only_from_the_pinned_package() -> None:
    asked = "import zoneinfo, config.settings; print(zoneinfo.TZPATH)"
    told = subprocess.run([sys.executable, "-c", asked], env=os.environ, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "()"
