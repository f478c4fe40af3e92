"""Joining a group or a challenge is refused after a removal, and gives no access to unpublished habits."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from community.models import GroupRemoval
from habits.models import Habit
from habits.services import edit_habit
from tests import make
from tracking.models import HabitTrack
from users.models import User
from users.services import remove_account
from users.timing import DAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def bobs(bob: User) -> APIClient:
    return make.client(bob)


def group_of(api: APIClient, **fields: Any) -> dict[str, Any]:
    return dict(api.post("/api/groups/", {"name": "Early birds", **fields}).json())


def by_code(client: APIClient, code: str) -> Any:
    return client.post("/api/groups/by-code/", {"code": code})


def removed(api: APIClient, client: APIClient, group: dict[str, Any]) -> str:
    """Let bob join and remove him; return the code that the group has then."""
    assert by_code(client, group["code"]).status_code == 201
    assert api.delete(f"/api/groups/{group['id']}/members/bob/").status_code == 204
    return str(api.get(f"/api/groups/{group['id']}/").json()["code"])


def unpublish(habit: Habit, **changes: Any) -> None:
    assert habit.owner
    edit_habit(owner=habit.owner, habit_id=habit.pk, is_published=False, now=timezone.now(), **changes)


# After a removal


def test_the_old_code_is_invalid_after_a_removal(api: APIClient, bobs: APIClient) -> None:
    group = group_of(api)
    renewed = removed(api, bobs, group)
    assert make.refused(by_code(bobs, group["code"])) == [("unknown_code", "code")]
    assert by_code(bobs, renewed).status_code == 201  # invited again
    assert not GroupRemoval.objects.exists()


def test_a_removed_member_cannot_join_an_open_group_again(
    api: APIClient, bobs: APIClient, bob: User, charlie: User
) -> None:
    group = group_of(api, is_open=True)
    removed(api, bobs, group)
    assert make.refused(bobs.post(f"/api/groups/{group['id']}/join/")) == [("removed", None)]
    make.refused(bobs.get(f"/api/groups/{group['id']}/members/"), 404)
    assert make.client(charlie).post(f"/api/groups/{group['id']}/join/").status_code == 201
    remove_account(user=bob, now=timezone.now())
    assert not GroupRemoval.objects.exists()


def test_a_member_who_left_can_join_again(api: APIClient, bobs: APIClient) -> None:
    group = group_of(api, is_open=True)
    for _ in range(2):
        assert bobs.post(f"/api/groups/{group['id']}/join/").status_code == 201
        assert bobs.post(f"/api/groups/{group['id']}/leave/").status_code == 204


# Unpublished habits


def test_a_public_challenge_hides_an_unpublished_habit(
    api: APIClient, alice: User, bobs: APIClient, charlie: User
) -> None:
    habit = make.habit(alice, name="Meditate", is_published=True)
    day = timezone.now().date()
    body = {"habit": habit.pk, "name": "May", "first_day": day, "last_day": day + DAY, "is_public": True}
    challenge = api.post("/api/challenges/", body).json()
    path = f"/api/challenges/{challenge['id']}/"
    unpublish(habit, name="Private now")
    assert bobs.get(path).json()["habit"] is None
    assert make.refused(bobs.post(f"{path}join/")) == [("does_not_exist", "habit")]
    assert not HabitTrack.objects.filter(habit=habit).exclude(user=alice).exists()
    invited = make.client(charlie).post("/api/challenges/by-code/", {"code": challenge["code"]})
    assert (invited.status_code, invited.json()["habit"]["name"]) == (201, "Private now")


def test_a_creator_who_left_the_challenge_no_longer_sees_its_unpublished_habit(alice: User, bobs: APIClient) -> None:
    habit = make.habit(alice, name="Meditate", is_published=True)
    day = timezone.now().date()
    challenge = bobs.post(
        "/api/challenges/", {"habit": habit.pk, "name": "May", "first_day": day, "last_day": day}
    ).json()
    path = f"/api/challenges/{challenge['id']}/"
    unpublish(habit, name="Private now")
    assert bobs.get(path).json()["habit"]["name"] == "Private now"  # he follows it
    bobs.post(f"{path}leave/")
    assert bobs.get(path).json()["habit"] is None


def test_an_unpublished_habit_is_removed_from_groups_without_its_owner(
    api: APIClient, alice: User, bobs: APIClient, bob: User, charlie: User
) -> None:
    habit = make.habit(alice, name="Meditate", is_published=True)
    own, other = group_of(api), group_of(bobs)
    assert by_code(bobs, own["code"]).status_code == 201
    for client, group in ((api, own), (bobs, other)):
        assert client.post(f"/api/groups/{group['id']}/habits/", {"habit": habit.pk}).status_code == 201
        assert bobs.post(f"/api/groups/{group['id']}/habits/{habit.pk}/follow/").status_code == 201
    unpublish(habit, name="Private now")
    shown = {group["id"]: bobs.get(f"/api/groups/{group['id']}/habits/").json() for group in (own, other)}
    assert [row["habit"]["name"] for row in shown[own["id"]]["results"]] == ["Private now"]
    assert shown[other["id"]]["count"] == 0
    assert HabitTrack.objects.get(habit=habit, user=bob).left_at is None  # he keeps the habit for himself


def test_an_invitation_gives_no_access_to_a_private_habit_of_somebody_else(
    alice: User, bobs: APIClient, charlie: User
) -> None:
    habit = make.habit(alice, name="Meditate", is_published=True)
    day = timezone.now().date()
    body = {"habit": habit.pk, "name": "May", "first_day": day, "last_day": day}
    code = bobs.post("/api/challenges/", body).json()["code"]
    unpublish(habit)
    refused = make.client(charlie).post("/api/challenges/by-code/", {"code": code})
    assert make.refused(refused) == [("does_not_exist", "habit")]
    assert not HabitTrack.objects.filter(user=charlie).exists()


def test_a_group_gives_access_to_a_private_habit_only_with_its_owner_as_a_member(
    api: APIClient, alice: User, bobs: APIClient, charlie: User
) -> None:
    habit, group = make.habit(alice, name="Meditate", is_published=True), group_of(bobs)
    bobs.post(f"/api/groups/{group['id']}/habits/", {"habit": habit.pk})
    Habit.objects.filter(pk=habit.pk).update(
        is_published=False
    )  # as a row from before groups removed unpublished habits
    charlies = make.client(charlie)
    by_code(charlies, group["code"])
    path = f"/api/groups/{group['id']}/habits/{habit.pk}/follow/"
    assert make.refused(charlies.post(path)) == [("does_not_exist", "habit")]
    by_code(api, group["code"])
    assert charlies.post(path).status_code == 201
