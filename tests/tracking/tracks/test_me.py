"""users/me/: the profile with tracks and streaks, its edits, and the deletion of the account."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from habits.models import Habit
from notifications.models import Delivery
from notifications.tasks import send_all
from tests import make
from tracking.models import HabitLog, HabitTrack
from users.models import User
from users.services import request_password_reset

ME = "/api/users/me/"

pytestmark = pytest.mark.django_db


def test_it_shows_the_profile_with_tracks_and_streaks(api: APIClient, alice: User) -> None:
    with time_machine.travel(make.utc("2026-11-21 12:00"), tick=False):
        track = make.track(alice, time="07:30", place="the living room", reward="a good coffee")
        make.log(track, "2026-11-20")
        make.log(track, "2026-11-21")
        shown = make.client(alice).get(ME).json()
    tracks = shown.pop("tracks")
    assert shown == {
        "id": alice.pk,
        "email": "alice@example.org",
        "new_email": "",
        "username": "alice",
        "time_zone": "UTC",
        "language": "en",
        "day_starts_at": 0,
        "week_starts_on": "mon",
        "week_starts_on_since": None,
        "reminders_by_email": False,
        "is_ranked": False,
        "has_password": True,
        "telegram": {
            "connected": False,
            "confirmed": False,
            "chat_id": None,
            "name": "",
            "connected_at": None,
            "unreachable_since": None,
        },
    }
    [shown] = tracks
    assert shown.pop("habit")["sentence"] == "I will do ten push-ups at 07:30 in the living room"
    assert shown == {
        "id": track.pk,
        "is_own": True,
        "colour": "",
        "icon": "",
        "tags": [],
        "archived": False,
        "started_on": "2026-11-20",
        "current_streak": 2,
        "longest_streak": 2,
        "streak_unit": "day",
        "lapses_at": "2026-11-23T00:00:00Z",
        "strength": 0.1011,
    }


def test_a_lapsed_streak_is_0_and_the_longest_is_kept(alice: User) -> None:
    with time_machine.travel(make.utc("2026-11-21 12:00"), tick=False) as clock:
        make.log(make.track(alice), "2026-11-21")
        for now, current in (("2026-11-22 23:59", 1), ("2026-11-23 00:00", 0)):
            clock.move_to(make.utc(now), tick=False)
            [track] = make.client(alice).get(ME).json()["tracks"]
            assert (track["current_streak"], track["longest_streak"]) == (current, 1)


def test_the_number_of_queries_does_not_depend_on_the_number_of_tracks(api: APIClient, alice: User, bob: User) -> None:
    counts = []
    for _ in range(3):
        make.track(alice)
        make.follower(alice, make.habit(bob, is_published=True))
        with CaptureQueriesContext(connection) as queries:
            assert api.get(ME).status_code == 200
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_it_never_shows_the_password(api: APIClient, alice: User) -> None:
    assert alice.password not in api.get(ME).content.decode()
    assert "password" not in api.get(ME).content.decode().replace('"has_password":', "")


def test_patch_changes_only_given_fields(api: APIClient, alice: User) -> None:
    answer = api.patch(ME, {"time_zone": "Asia/Kathmandu", "day_starts_at": 4})
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["time_zone"], shown["day_starts_at"], shown["username"]) == ("Asia/Kathmandu", 4, "alice")
    alice.refresh_from_db()
    assert (alice.time_zone, alice.day_starts_at, alice.language) == ("Asia/Kathmandu", 4, "en")


def test_put_keeps_what_it_does_not_mention_as_patch_does(api: APIClient, alice: User) -> None:
    assert api.put(ME, {"day_starts_at": 4}).json() == api.get(ME).json()
    assert (api.get(ME).json()["username"], api.get(ME).json()["day_starts_at"]) == ("alice", 4)
    given = {"username": "al", "email": "alice@example.org", "time_zone": "Europe/Berlin", "language": "ru"}
    shown = api.put(ME, given | {"day_starts_at": 2}).json()
    assert {name: shown[name] for name in given} == given
    assert shown["day_starts_at"] == 2


def test_read_only_fields_are_ignored(api: APIClient, alice: User) -> None:
    given = {"id": 999, "new_email": "x@example.org", "telegram": {"connected": True}, "tracks": []}
    assert api.patch(ME, given).status_code == 200
    alice.refresh_from_db()
    assert (alice.new_email, alice.addresses.count()) == ("", 0)


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "is_active", "chat_id"])
def test_other_fields_of_an_account_cannot_be_set(api: APIClient, alice: User, field: str) -> None:
    before = make.everything()
    assert make.refused(api.patch(ME, {field: True})) == [("unknown_field", field)]
    assert make.everything() == before


def test_a_password_in_the_profile_is_compared_and_never_set(api: APIClient, alice: User) -> None:
    assert api.patch(ME, {"password": "an even better battery"}).status_code == 200
    alice.refresh_from_db()
    assert alice.check_password(make.PASSWORD)


@pytest.mark.parametrize(
    ("given", "attr"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": None}, "time_zone"),
        ({"day_starts_at": 7}, "day_starts_at"),
        ({"language": "xx"}, "language"),
        ({"username": "two words"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "BOB"}, "username"),
        ({"email": "BOB@example.org", "password": make.PASSWORD}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": "a@" + ".".join(["İ" * 60] * 4) + ".org"}, "email"),
    ],
)
def test_a_bad_edit_names_its_field_and_changes_nothing(
    api: APIClient, bob: User, given: dict[str, Any], attr: str
) -> None:
    before = make.everything()
    assert {field for _, field in make.refused(api.patch(ME, given))} == {attr}
    assert make.everything() == before


def test_a_new_email_takes_effect_only_when_confirmed(api: APIClient, stranger: APIClient, alice: User) -> None:
    shown = api.patch(ME, {"email": "New@example.org", "password": make.PASSWORD}).json()
    assert (shown["email"], shown["new_email"]) == ("alice@example.org", "New@example.org")

    def signs_in(email: str) -> bool:
        return stranger.post("/api/token/", {"email": email, "password": make.PASSWORD}).status_code == 200

    assert signs_in("alice@example.org") and not signs_in("new@example.org")
    token = make.mailed_token("New@example.org")
    assert stranger.post("/api/register/confirm/", {"token": token}).status_code == 200
    assert signs_in("new@example.org") and not signs_in("alice@example.org")
    assert make.refused(stranger.post("/api/register/confirm/", {"token": token})) == [("invalid_link", "token")]


def test_the_link_of_a_superseded_email_change_is_invalid(api: APIClient, stranger: APIClient) -> None:
    api.patch(ME, {"email": "first@example.org", "password": make.PASSWORD})
    first = make.mailed_token("first@example.org")
    api.patch(ME, {"email": "second@example.org", "password": make.PASSWORD})
    assert make.refused(stranger.post("/api/register/confirm/", {"token": first})) == [("invalid_link", "token")]
    assert api.patch(ME, {"email": "alice@example.org"}).json()["new_email"] == ""
    send_all()
    assert "second@example.org" not in str([mail.to for mail in make.mails()])


def test_the_link_to_a_new_email_is_valid_for_a_day(api: APIClient, stranger: APIClient) -> None:
    api.patch(ME, {"email": "new@example.org", "password": make.PASSWORD})
    token = make.mailed_token("new@example.org")
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=5), tick=False):
        assert make.refused(stranger.post("/api/register/confirm/", {"token": token})) == [("invalid_link", "token")]


def test_an_email_that_another_user_has_taken_meanwhile_is_refused_at_the_link(
    api: APIClient, stranger: APIClient
) -> None:
    api.patch(ME, {"email": "new@example.org", "password": make.PASSWORD})
    token = make.mailed_token("new@example.org")
    stranger.post("/api/register/", {"email": "new@example.org", "password": make.PASSWORD})
    assert make.refused(stranger.post("/api/register/confirm/", {"token": token})) == [("email_taken", "email")]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [({}, ("required", "password")), ({"password": "wrong"}, ("wrong_password", "password"))],
)
def test_an_account_is_not_deleted_without_its_password(
    api: APIClient, given: dict[str, str], refusal: tuple[str, str]
) -> None:
    before = make.everything()
    assert make.refused(api.delete(ME, given)) == [refusal]
    assert make.everything() == before


def remove(alice: User) -> None:
    api = make.client(alice)
    answer = api.delete(ME, {"password": make.PASSWORD})
    assert (answer.status_code, answer.content) == (204, b"")
    make.refused(api.get(ME), 401)


def test_deleting_an_account_deletes_all_its_data(alice: User, bob: User) -> None:
    coffee = make.habit(alice, name="Coffee of hers", is_pleasant=True)
    track = make.track(alice, name="Push-ups of hers", linked_habit=coffee.pk, time="07:30", is_published=True)
    make.log(track, timezone.now().date(), note="a note of hers")
    followed = make.follower(alice, make.habit(bob, is_published=True))
    make.log(followed, timezone.now().date())
    make.client(alice).post("/api/tg/link/", {"chat_id": 7654321, "password": make.PASSWORD})
    make.habit(alice, name="Another of hers")
    make.client(alice).delete(f"/api/tracks/{followed.pk}/")
    send_all()
    alice_id = alice.pk
    remove(alice)
    assert not User.objects.filter(pk=alice_id).exists()
    assert not HabitTrack.objects.exclude(user=bob).exists() and not HabitLog.objects.exists()
    assert not Habit.objects.exclude(owner=bob).exists()
    left = make.everything()
    for trace in ("of hers", "7654321"):
        assert trace not in str(left)
    for table, rows in left.items():
        assert not [row for row in rows if row.get("user_id") == alice_id or row.get("owner_id") == alice_id], table
    bob.habits.get()
    assert Habit.objects.get().followers == 0


def test_followed_habits_are_kept_without_an_owner(alice: User, bob: User, stranger: APIClient) -> None:
    habit = make.habit(alice, is_published=True, time="07:30")
    track = make.follower(bob, habit)
    make.log(track, timezone.now().date())
    remove(alice)
    habit.refresh_from_db()
    assert (habit.owner, habit.is_published) == (None, False)
    assert stranger.get("/api/habits/public/").json()["count"] == 0
    bobs = make.client(bob)
    [shown] = bobs.get(ME).json()["tracks"]
    assert (shown["id"], shown["current_streak"], shown["is_own"]) == (track.pk, 1, False)
    assert shown["habit"]["owner"] is None
    assert bobs.put(f"/api/tracks/{track.pk}/logs/{timezone.now().date()}/", {"status": "missed"}).status_code == 200
    make.refused(bobs.get(f"/api/habits/{habit.pk}/"), 404)


def test_an_ownerless_habit_is_deleted_with_its_last_follower(alice: User, bob: User) -> None:
    make.follower(bob, make.habit(alice, is_published=True))
    remove(alice)
    assert Habit.objects.count() == 1
    remove(bob)
    assert Habit.objects.count() == 0
    assert not User.objects.exists()


def test_email_and_username_of_a_deleted_account_can_be_used_again(alice: User, stranger: APIClient) -> None:
    remove(alice)
    given = {"email": alice.email, "username": alice.username, "password": make.PASSWORD}
    assert stranger.post("/api/register/", given).status_code == 201


def test_the_refresh_tokens_of_a_deleted_account_are_invalid(alice: User, stranger: APIClient) -> None:
    given = {"email": alice.email, "password": make.PASSWORD}
    refresh = stranger.post("/api/token/", given).json()["refresh"]
    remove(alice)
    make.refused(stranger.post("/api/token/refresh/", {"refresh": refresh}), 401)


def test_deleting_the_account_also_deletes_the_email_from_messages(api: APIClient, alice: User) -> None:
    request_password_reset(email=alice.email, now=timezone.now())
    assert Delivery.objects.filter(address=alice.email).exists()
    assert api.delete("/api/users/me/", {"password": make.PASSWORD}).status_code == 204
    assert not Delivery.objects.filter(address="alice@example.org").exists()
