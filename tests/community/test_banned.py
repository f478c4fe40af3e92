"""Banned users are hidden from challenges, groups, feeds, leaderboards and pages."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from community.challenges import services as challenges
from community.groups import services as groups
from community.models import Challenge, ChallengeMember, Group
from community.tasks import maintain_challenges
from tests import make
from users import bans
from users.models import User
from users.services import edit_profile, remove_account

NOW = make.utc("2027-05-05 12:00")
OVER = make.utc("2027-05-07 18:00")  # the day of NOW is over in every time zone

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def ban(user: User, *, is_banned: bool = True) -> None:
    """Ban or unban a user as the admin page of accounts does."""
    staff = User.objects.filter(is_staff=True).first() or User.objects.create_superuser(
        "staff@example.org", make.PASSWORD
    )
    (bans.ban if is_banned else bans.unban)(user=user, by=staff, now=timezone.now())


class World:
    """Alice is first in bob's challenge, and an admin of his group, where she shared; charlie is in both."""

    def __init__(self, alice: User, bob: User, charlie: User) -> None:
        self.alice = edit_profile(user=alice, is_ranked=True, now=NOW)
        self.bob, self.charlie = make.client(bob), make.client(charlie)
        self.habit = make.habit(bob, name="Run", is_published=True)
        day = NOW.date()
        self.challenge = challenges.create(
            creator=bob, habit_id=self.habit.pk, name="A day", now=NOW, first_day=day, last_day=day
        )
        self.group = groups.create(owner=bob, name="Runners", is_open=True, now=NOW)
        groups.add_habit(user=bob, group_id=self.group.pk, habit_id=self.habit.pk, now=NOW)
        for user in (alice, charlie):
            challenges.join_by_code(user=user, code=self.challenge.code, now=NOW)
            groups.join_by_code(user=user, code=self.group.code, now=NOW)
            groups.follow_habit(user=user, group_id=self.group.pk, habit_id=self.habit.pk, now=NOW)
        groups.set_role(user=bob, group_id=self.group.pk, username="alice", role="admin")
        self.hers = challenges.create(
            creator=alice, habit_id=self.habit.pk, name="Hers", is_public=True, now=NOW, first_day=day, last_day=day
        )
        challenges.join(user=bob, challenge_id=self.hers.pk, now=NOW)
        self.track = alice.tracks.select_related("user").get(habit=self.habit)
        make.log(self.track, day)
        api = make.client(alice)
        self.share = api.post("/api/shares/", {"kind": "streak", "track": self.track.pk}).json()
        api.post(f"/api/groups/{self.group.pk}/feed/", {"share": self.share["id"]})

    def pages(self) -> dict[str, Any]:
        """Return the pages that bob reads, by path."""
        paths = [
            "challenges/",
            *(
                f"challenges/{challenge.pk}/{rest}"
                for challenge in (self.challenge, self.hers)
                for rest in ("", "standings/", "days/")
            ),
            "groups/",
            *(f"groups/{self.group.pk}/{rest}" for rest in ("", "members/", "habits/", "board/", "feed/")),
            *(f"leaderboards/{board}/" for board in ("current", "longest", "week", "month")),
            *(f"leaderboards/{board}/?group={self.group.pk}" for board in ("current", "month")),
            *(f"leaderboards/{board}/?challenge={self.challenge.pk}" for board in ("longest", "week")),
        ]
        answers = {path: self.bob.get(f"/api/{path}") for path in paths}
        assert {answer.status_code for answer in answers.values()} == {200}
        return {path: answer.json() for path, answer in answers.items()}


@pytest.fixture
def world(alice: User, bob: User, charlie: User) -> World:
    return World(alice, bob, charlie)


def test_no_page_shows_a_banned_user_until_the_ban_is_lifted(world: World) -> None:
    names_her = {path for path, body in world.pages().items() if "'alice'" in str(body)}
    assert len(names_her) >= 15  # otherwise this test would check nothing
    ban(world.alice)
    assert {path for path, body in world.pages().items() if "alice" in str(body)} == set()
    assert world.bob.get(world.share["url"].removeprefix("http://localhost:8000")).status_code == 404
    ban(world.alice, is_banned=False)
    assert {path for path, body in world.pages().items() if "'alice'" in str(body)} == names_her


def test_banned_users_are_not_counted(world: World) -> None:
    ban(world.alice)
    assert world.bob.get(f"/api/groups/{world.group.pk}/").json()["members"] == 2
    assert world.bob.get(f"/api/challenges/{world.challenge.pk}/").json()["members"] == 2
    for things, of in (("groups", world.group), ("challenges", world.challenge)):
        assert world.bob.get(f"/api/{things}/by-code/", {"code": of.code}).json()["members"] == 2


def ranks(world: World) -> list[tuple[str, int]]:
    answer = world.bob.get(f"/api/challenges/{world.challenge.pk}/standings/").json()
    return [(row["username"], row["rank"]) for row in answer["results"]]


def test_banned_users_have_no_rank_during_or_after_a_challenge(world: World, clock: time_machine.Traveller) -> None:
    assert ranks(world) == [("alice", 1), ("bob", 2), ("charlie", 2)]
    ban(world.alice)
    assert ranks(world) == [("bob", 1), ("charlie", 1)]
    clock.move_to(OVER)
    maintain_challenges()
    assert ranks(world) == [("bob", 1), ("charlie", 1)]
    assert ChallengeMember.objects.get(challenge=world.challenge, user=world.alice).rank is None
    assert Challenge.objects.get(pk=world.challenge.pk).notified_at == OVER


def test_a_banned_user_cannot_become_a_groups_owner(world: World, bob: User) -> None:
    ban(world.alice)
    for refused in (
        world.bob.put(f"/api/groups/{world.group.pk}/owner/", {"username": "alice"}),
        world.bob.patch(f"/api/groups/{world.group.pk}/members/alice/", {"role": "member"}),
    ):
        assert refused.status_code in {400, 404}
    remove_account(user=bob, now=NOW)  # alice is the only admin
    assert Group.objects.get(pk=world.group.pk).members.get(role="owner").user.username == "charlie"


def test_a_banned_member_can_be_removed_from_a_group(world: World) -> None:
    ban(world.alice)
    assert world.bob.delete(f"/api/groups/{world.group.pk}/members/alice/").status_code == 204
    ban(world.alice, is_banned=False)
    assert "'alice'" not in str(world.bob.get(f"/api/groups/{world.group.pk}/members/").json())


def test_habits_of_banned_users_are_not_listed_and_followers_see_no_owner(alice: User, bob: User) -> None:
    habit = make.habit(alice, is_published=True)
    make.follower(bob, habit)
    bobs = make.client(bob)
    assert bobs.get("/api/habits/public/").json()["count"] == 1
    assert bobs.get("/api/tracks/").json()["results"][0]["habit"]["owner"] == "alice"
    ban(alice)
    assert bobs.get("/api/habits/public/").json()["count"] == 0
    assert bobs.get(f"/api/habits/public/{habit.pk}/").status_code == 404
    assert bobs.get("/api/tracks/").json()["results"][0]["habit"]["owner"] is None
