"""/api/pauses/: days on which one track, or all tracks, are not due."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from notifications.models import Reminder
from tests import make
from tracking.models import HabitTrack, Pause
from tracking.pauses.services import merge
from users.models import User

pytestmark = pytest.mark.django_db

PATH = "/api/pauses/"
NOW = "2026-11-21 12:00Z"
TODAY = date(2026, 11, 21)


@pytest.fixture
def track(alice: User) -> HabitTrack:
    """A daily habit completed on the ten days up to the day before yesterday."""
    with time_machine.travel(NOW, tick=False):
        track = make.track(alice, time="18:00")
        for back in range(2, 12):
            make.log(track, TODAY - timedelta(days=back))
    return track


@pytest.fixture(autouse=True)
def _noon() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


def streak(track: HabitTrack) -> int:
    track.refresh_from_db()
    return track.streak_at(timezone.now()).current


def test_pausing_yesterday_restores_the_streak_that_it_broke(api: APIClient, track: HabitTrack) -> None:
    assert streak(track) == 0
    answer = api.post(PATH, {"track": track.pk, "first_day": "2026-11-20", "last_day": "2026-11-20"})
    assert (answer.status_code, answer.json()["track"]) == (201, track.pk)
    assert streak(track) == 10


def test_a_pause_without_a_track_applies_to_every_track(api: APIClient, alice: User, track: HabitTrack) -> None:
    other = make.track(alice, name="Read", time="19:00")
    assert api.post(PATH, {"first_day": "2026-11-21", "last_day": "2026-11-30"}).json()["track"] is None
    assert api.get("/api/today/").json() == []
    days = Reminder.objects.filter(track__in=[track, other]).values_list("next_day", flat=True)
    assert set(days) == {date(2026, 12, 1)}


def test_in_an_open_ended_pause_there_is_no_reminder_and_no_lapse(api: APIClient, track: HabitTrack) -> None:
    api.post(PATH, {"track": track.pk, "first_day": "2026-11-20"})
    assert Reminder.objects.get(track=track).next_at is None
    track.refresh_from_db()
    assert (track.streak, track.lapses_at) == (10, None)


def test_overlapping_and_adjacent_pauses_are_merged(api: APIClient, track: HabitTrack) -> None:
    for first, last in (("2026-12-01", "2026-12-05"), ("2026-12-10", "2026-12-12"), ("2026-12-04", "2026-12-09")):
        answer = api.post(PATH, {"first_day": first, "last_day": last})
    assert (answer.json()["first_day"], answer.json()["last_day"]) == ("2026-12-01", "2026-12-12")
    assert api.get(PATH).json()["count"] == 1


def test_a_pause_of_one_track_and_one_of_all_tracks_are_not_merged(api: APIClient, track: HabitTrack) -> None:
    api.post(PATH, {"first_day": "2026-12-01", "last_day": "2026-12-05"})
    api.post(PATH, {"track": track.pk, "first_day": "2026-12-01", "last_day": "2026-12-05"})
    assert api.get(PATH).json()["count"] == 2


def test_after_the_end_of_a_pause_the_habit_is_due_again(api: APIClient, track: HabitTrack) -> None:
    pause = api.post(PATH, {"track": track.pk, "first_day": "2026-11-20"}).json()
    answer = api.patch(f"{PATH}{pause['id']}/", {"last_day": "2026-11-23"})
    assert (answer.status_code, answer.json()["last_day"]) == (200, "2026-11-23")
    assert Reminder.objects.get(track=track).next_day == date(2026, 11, 24)


def test_deleting_a_pause_breaks_the_streak_again(api: APIClient, track: HabitTrack) -> None:
    pause = api.post(PATH, {"track": track.pk, "first_day": "2026-11-20", "last_day": "2026-11-20"}).json()
    assert api.delete(f"{PATH}{pause['id']}/").status_code == 204
    assert streak(track) == 0


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({}, "first_day"),
        ({"first_day": "x"}, "first_day"),
        ({"first_day": "2026-12-02", "last_day": "2026-12-01"}, "last_day"),
        ({"first_day": "1950-01-01"}, "first_day"),
        ({"first_day": "2026-12-01", "last_day": "3000-01-01"}, "last_day"),
        ({"first_day": "2026-12-01", "track": 10**9}, "track"),
    ],
)
def test_invalid_input_is_refused_and_changes_nothing(api: APIClient, body: dict[str, object], attr: str) -> None:
    assert make.refused(api.post(PATH, body))[0][1] == attr
    assert not Pause.objects.exists()


def test_another_users_track_cannot_be_paused(bob: User, track: HabitTrack) -> None:
    refusal = make.client(bob).post(PATH, {"track": track.pk, "first_day": "2026-12-01"})
    assert make.refused(refusal) == [("does_not_exist", "track")]


def test_merging_keeps_the_days_and_no_others() -> None:
    day = [date(2026, 1, number) for number in range(1, 32)]
    assert merge([(day[9], day[11]), (day[0], day[2]), (day[3], day[4])]) == [(day[0], day[4]), (day[9], day[11])]
    assert merge([(day[0], day[20]), (day[3], day[4])]) == [(day[0], day[20])]
    assert merge([(day[5], None), (day[0], day[4])]) == [(day[0], None)]
    assert merge([(day[5], None), (day[9], day[11])]) == [(day[5], None)]


def test_leaving_and_following_again_keeps_a_future_pause(alice: User, bob: User) -> None:
    followed = make.follower(bob, make.habit(alice, is_published=True))
    bobs = make.client(bob)
    bobs.post(PATH, {"track": followed.pk, "first_day": "2026-12-24", "last_day": "2026-12-26"})
    assert bobs.delete(f"/api/tracks/{followed.pk}/").status_code == 204
    with time_machine.travel("2026-11-24 12:00Z", tick=False):
        bobs.post("/api/tracks/", {"habit": followed.habit_id})
        pauses = [(each["first_day"], each["last_day"]) for each in bobs.get(PATH).json()["results"]]
    assert pauses == [("2026-12-24", "2026-12-26"), ("2026-11-21", "2026-11-23")]
