"""tracks/: follow a published habit, leave it, and follow it again."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from common import serializers
from habits import rules
from habits.models import Habit
from tests import make
from tracking.models import HabitTrack, Pause
from tracking.tracks.serializers import TrackedHabitSerializer, TrackSerializer
from users.models import User

PATH = "/api/tracks/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(make.utc("2026-11-01 12:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def habit(alice: User) -> Habit:
    """A published habit of alice."""
    return make.habit(alice, is_published=True, time="07:30", place="the living room")


@pytest.fixture
def bobs(bob: User) -> APIClient:
    return make.client(bob)


def followed(client: APIClient, habit: Habit, status: int = 201) -> dict[str, Any]:
    answer = client.post(PATH, {"habit": habit.pk})
    assert answer.status_code == status, answer.content
    return dict(answer.json())


def done(client: APIClient, track: dict[str, Any], *days: str) -> int:
    """Complete the days and return the streak."""
    for day in days:
        answer = client.put(f"{PATH}{track['id']}/logs/{day}/", {"status": "completed"})
        assert answer.status_code == 200, answer.content
    return int(answer.json()["streak"]["current"])


def test_following_starts_the_followers_own_track(bobs: APIClient, habit: Habit) -> None:
    shown = followed(bobs, habit)
    inner = shown.pop("habit")
    track_id = shown.pop("id")
    assert shown == {
        "is_own": False,
        "colour": "",
        "icon": "",
        "tags": [],
        "archived": False,
        "started_on": "2026-11-01",
        "current_streak": 0,
        "longest_streak": 0,
        "streak_unit": "day",
        "lapses_at": None,
        "strength": 0.0,
    }
    assert (inner["id"], inner["owner"]) == (habit.pk, "alice")
    assert inner["sentence"] == "I will do ten push-ups at 07:30 in the living room"
    assert bobs.get(PATH).json()["results"] == [bobs.get(f"{PATH}{track_id}/").json()]
    habit.refresh_from_db()
    assert habit.followers == 1


def test_strength_is_that_of_today_and_needs_no_query_per_track(
    api: APIClient, alice: User, habit: Habit, clock: Any
) -> None:
    track = HabitTrack.objects.get(habit=habit)
    make.log(track, "2026-11-01")
    assert api.get(f"{PATH}{track.pk}/").json()["strength"] == 0.0519
    counts = []
    for day, number in enumerate((1, 8), 1):
        for _ in range(number):
            make.track(alice, schedule={"frequency": "monthly"})
        clock.shift(timedelta(days=1))
        with CaptureQueriesContext(connection) as queries:
            results = api.get(PATH, {"page_size": 100}).json()["results"]
        counts.append(len(queries))
        assert results[0]["strength"] == round(0.0519 * 0.5 ** (day / 13), 4)
        [entry] = [each for each in api.get("/api/today/").json() if each["track"]["id"] == track.pk]
        assert entry["track"]["strength"] == results[0]["strength"]
    assert counts[0] == counts[1]


def test_the_number_of_followed_habits_is_limited_but_resuming_is_allowed(
    api: APIClient, bobs: APIClient, alice: User, habit: Habit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MAX_HABITS", 1)
    make.habit(User.objects.get(username="bob"))  # own habits do not count
    first = followed(bobs, habit)
    assert followed(bobs, habit, status=200) == first
    monkeypatch.setattr(rules, "MAX_HABITS", 2)
    other = make.habit(alice, name="Walk", is_published=True)
    monkeypatch.setattr(rules, "MAX_HABITS", 1)
    assert make.refused(bobs.post(PATH, {"habit": other.pk})) == [("too_many", "habit")]
    bobs.delete(f"{PATH}{first['id']}/")
    followed(bobs, other)
    assert make.refused(bobs.post(PATH, {"habit": habit.pk})) == [("too_many", "habit")]


def test_following_twice_has_no_further_effect(bobs: APIClient, habit: Habit) -> None:
    first = followed(bobs, habit)
    before = make.everything()
    assert followed(bobs, habit, status=200) == first
    assert make.everything() == before


def test_owner_and_follower_have_separate_logs(bobs: APIClient, api: APIClient, habit: Habit) -> None:
    track = followed(bobs, habit)
    assert done(bobs, track, "2026-11-01") == 1
    [own] = api.get(PATH).json()["results"]
    assert (own["is_own"], own["current_streak"]) == (True, 0)
    make.refused(api.get(f"{PATH}{own['id']}/logs/2026-11-01/"), 404)


@pytest.mark.parametrize("status", ["private", "none", "ownerless"])
def test_following_a_private_habit_gives_the_same_error_as_a_missing_one(
    bobs: APIClient, alice: User, status: str
) -> None:
    habit_id = 999999
    if status == "private":
        habit_id = make.habit(alice).pk
    if status == "ownerless":
        habit = make.habit(alice, is_published=True)
        make.follower(make.person("charlie"), habit)
        make.client(alice).delete(f"/api/habits/{habit.pk}/")
        habit_id = habit.pk
    before = make.everything()
    assert make.refused(bobs.post(PATH, {"habit": habit_id})) == [("does_not_exist", "habit")]
    assert make.everything() == before


def test_a_pleasant_habit_cannot_be_followed(bobs: APIClient, alice: User) -> None:
    coffee = make.habit(alice, is_pleasant=True, is_published=True)
    assert make.refused(bobs.post(PATH, {"habit": coffee.pk})) == [("pleasant", "habit")]
    assert not HabitTrack.objects.exists()


@pytest.mark.parametrize("given", [{}, {"habit": None}, {"habit": "x"}, {"habit": 0}, {"habit": -1}, {"habit": []}])
def test_an_invalid_habit_id_names_the_field(bobs: APIClient, given: dict[str, Any]) -> None:
    assert [attr for _, attr in make.refused(bobs.post(PATH, given))] == ["habit"]


def test_leaving_hides_the_track_and_keeps_its_history(bobs: APIClient, habit: Habit) -> None:
    track = followed(bobs, habit)
    done(bobs, track, "2026-11-01")
    answer = bobs.delete(f"{PATH}{track['id']}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert bobs.get(PATH).json()["count"] == 0
    make.refused(bobs.get(f"{PATH}{track['id']}/"), 404)
    assert bobs.get("/api/users/me/").json()["tracks"] == []
    assert bobs.get("/api/today/").json() == []
    assert HabitTrack.objects.get(pk=track["id"]).logs.count() == 1


def test_a_track_that_was_left_cannot_be_logged(bobs: APIClient, habit: Habit) -> None:
    track = followed(bobs, habit)
    bobs.delete(f"{PATH}{track['id']}/")
    before = make.everything()
    assert make.refused(bobs.put(f"{PATH}{track['id']}/logs/2026-11-01/", {"status": "completed"})) == [("left", None)]
    assert make.everything() == before


def test_leaving_twice_has_no_further_effect(bobs: APIClient, habit: Habit, clock: Any) -> None:
    track = followed(bobs, habit)
    bobs.delete(f"{PATH}{track['id']}/")
    before = make.everything()
    clock.shift(timedelta(days=1))
    assert bobs.delete(f"{PATH}{track['id']}/").status_code == 204
    assert make.everything() == before


def test_following_again_resumes_the_track_with_the_days_between_as_a_pause(
    bobs: APIClient, habit: Habit, clock: Any
) -> None:
    track = followed(bobs, habit)
    clock.move_to(make.utc("2026-11-04 12:00"), tick=False)
    assert done(bobs, track, "2026-11-01", "2026-11-02", "2026-11-03") == 3
    bobs.delete(f"{PATH}{track['id']}/")
    clock.move_to(make.utc("2026-11-10 12:00"), tick=False)
    again = followed(bobs, habit)
    assert (again["id"], again["started_on"], again["current_streak"]) == (track["id"], "2026-11-01", 3)
    [pause] = Pause.objects.values_list("first_day", "last_day")
    assert [str(day) for day in pause] == ["2026-11-04", "2026-11-09"]
    assert done(bobs, track, "2026-11-10") == 4
    habit.refresh_from_db()
    assert habit.followers == 1


def test_after_resuming_without_completion_the_streak_is_lost(bobs: APIClient, habit: Habit, clock: Any) -> None:
    track = followed(bobs, habit)
    done(bobs, track, "2026-11-01")
    clock.move_to(make.utc("2026-11-02 12:00"), tick=False)
    bobs.delete(f"{PATH}{track['id']}/")
    clock.move_to(make.utc("2026-11-10 12:00"), tick=False)
    assert followed(bobs, habit)["lapses_at"] == "2026-11-11T00:00:00Z"
    clock.move_to(make.utc("2026-11-11 00:00"), tick=False)
    shown = bobs.get(f"{PATH}{track['id']}/").json()
    assert (shown["current_streak"], shown["longest_streak"]) == (0, 1)


def test_leaving_and_following_on_the_same_day_creates_no_pause(bobs: APIClient, habit: Habit) -> None:
    track = followed(bobs, habit)
    done(bobs, track, "2026-11-01")
    bobs.delete(f"{PATH}{track['id']}/")
    assert followed(bobs, habit)["current_streak"] == 1
    assert not Pause.objects.exists()


def test_followers_keep_a_habit_that_becomes_private(bobs: APIClient, api: APIClient, habit: Habit) -> None:
    track = followed(bobs, habit)
    api.patch(f"/api/habits/{habit.pk}/", {"is_published": False})
    assert bobs.get(f"{PATH}{track['id']}/").status_code == 200
    charlies = make.client(make.person("charlie"))
    assert make.refused(charlies.post(PATH, {"habit": habit.pk})) == [("does_not_exist", "habit")]


def test_an_owner_cannot_leave(api: APIClient, habit: Habit) -> None:
    [own] = api.get(PATH).json()["results"]
    before = make.everything()
    assert make.refused(api.delete(f"{PATH}{own['id']}/")) == [("own_habit", None)]
    assert make.everything() == before


def test_following_ones_own_habit_has_no_effect(api: APIClient, habit: Habit) -> None:
    before = make.everything()
    assert followed(api, habit, status=200)["is_own"] is True
    assert make.everything() == before


def test_a_follower_cannot_change_the_habit(bobs: APIClient, habit: Habit) -> None:
    followed(bobs, habit)
    before = make.everything()
    make.refused(bobs.get(f"/api/habits/{habit.pk}/"), 404)
    for method in (bobs.put, bobs.patch, bobs.delete):
        make.refused(method(f"/api/habits/{habit.pk}/", {"name": "Mine", "frequency": "daily"}), 404)
    assert make.everything() == before


def test_a_private_linked_habit_stays_hidden_from_followers(bobs: APIClient, api: APIClient, alice: User) -> None:
    coffee = make.habit(alice, name="Coffee alone", is_pleasant=True)
    habit = make.habit(alice, is_published=True, linked_habit=coffee.pk)
    shown = followed(bobs, habit)
    assert shown["habit"]["linked_habit"] is None and "Coffee alone" not in str(shown)
    assert api.get(PATH).json()["results"][0]["habit"]["linked_habit"] == coffee.pk


def test_a_track_starts_on_the_followers_local_day(habit: Habit) -> None:
    bob = make.person("bob", time_zone="Pacific/Kiritimati")
    assert followed(make.client(bob), habit)["started_on"] == "2026-11-02"


def test_a_track_does_not_start_before_its_habit(bobs: APIClient, alice: User) -> None:
    habit = make.habit(alice, is_published=True, start_date=make.utc("2026-12-01 00:00").date())
    assert followed(bobs, habit)["started_on"] == "2026-12-01"


def test_the_database_refuses_a_second_track_of_one_user(alice: User, habit: Habit) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        HabitTrack.objects.create(user=alice, habit=habit, started_on=make.utc("2026-11-01 00:00").date())


def test_an_unpublished_habit_cannot_be_followed_again(alice: User, bob: User) -> None:
    habit = make.habit(alice, is_published=True)
    track = make.follower(bob, habit)
    bobs = make.client(bob)
    make.client(alice).patch(f"/api/habits/{habit.pk}/", {"is_published": False})
    assert bobs.get(f"/api/tracks/{track.pk}/").status_code == 200
    assert bobs.delete(f"/api/tracks/{track.pk}/").status_code == 204
    assert make.refused(bobs.post("/api/tracks/", {"habit": habit.pk})) == [("does_not_exist", "habit")]


def test_a_track_has_the_documented_fields_in_their_order(bobs: APIClient, habit: Habit) -> None:
    shown = followed(bobs, habit)
    assert list(shown) == list(TrackSerializer().fields)
    assert list(shown["habit"]) == list(TrackedHabitSerializer().fields)


def test_instants_are_written_as_all_others(bobs: APIClient, habit: Habit) -> None:
    track = followed(bobs, habit)
    done(bobs, track, "2026-11-01")
    lapses_at = HabitTrack.objects.get(pk=track["id"]).lapses_at
    assert lapses_at
    for instant in (lapses_at, lapses_at + timedelta(microseconds=1)):
        assert serializers.instant_text(instant) == serializers.DateTimeField().to_representation(instant)
    assert bobs.get(f"{PATH}{track['id']}/").json()["lapses_at"] == serializers.instant_text(lapses_at)
