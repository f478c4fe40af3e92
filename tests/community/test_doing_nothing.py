"""A limit habit is kept by doing nothing: it ranks nowhere, earns nothing and has no goal. Groups may show it."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from achievements.models import Achievement, UserAchievement
from community.leaderboards.settling import settle_all
from community.models import ChallengeMember, GroupTrack
from tests import make
from tracking.models import Goal, HabitTrack
from tracking.streaks.services import recount_due_tracks
from users.models import User

START = date(2026, 11, 2)  # a Monday
LATER = date(2026, 11, 20)
CHALLENGE = {"name": "Less", "first_day": "2026-11-03", "last_day": "2026-11-30", "is_public": True}
LIMIT = {"goal_type": "at_most", "limit_per_period": 2}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(make.utc(f"{START} 08:00"), tick=False) as traveller:
        yield traveller


def on(clock: Any, day: date) -> None:
    clock.move_to(make.utc(f"{day} 12:00"), tick=False)
    while recount_due_tracks(now=timezone.now()):
        pass


def count(api: APIClient, track: HabitTrack, day: date, amount: int = 1) -> None:
    assert api.put(f"/api/tracks/{track.pk}/logs/{day}/", {"amount": amount}).status_code == 200


@pytest.fixture
def track(alice: User, clock: Any) -> HabitTrack:
    """A daily limit of alice, kept for 18 days, on half of which something happened."""
    track = make.limit(alice, 2, "daily", is_published=True)
    api = make.client(alice)
    for back in range(0, 18, 2):
        on(clock, START + timedelta(back))
        count(api, track, START + timedelta(back))
    on(clock, LATER)
    found = HabitTrack.objects.get(pk=track.pk)
    assert found.streak == 18
    return found


class TestLeaderboards:
    @pytest.mark.parametrize("board", ["current", "longest", "week", "month"])
    def test_it_is_on_no_global_board(self, api: APIClient, track: HabitTrack, board: str) -> None:
        api.patch("/api/users/me/", {"is_ranked": True})
        for settled in (False, True):
            if settled:
                settle_all(now=timezone.now())
            shown = api.get(f"/api/leaderboards/{board}/").json()
            assert shown["top"] == []

    @pytest.mark.parametrize("board", ["current", "longest", "week", "month"])
    def test_it_is_on_no_board_of_a_group(self, api: APIClient, track: HabitTrack, board: str) -> None:
        group = api.post("/api/groups/", {"name": "Less coffee"}).json()
        api.post(f"/api/groups/{group['id']}/habits/", {"habit": track.habit_id})
        api.post(f"/api/groups/{group['id']}/habits/{track.habit_id}/follow/")
        assert GroupTrack.objects.filter(track=track).exists()
        shown = api.get(f"/api/leaderboards/{board}/", {"group": group["id"]}).json()
        assert shown["top"] == []

    def test_a_group_shows_its_streak(self, api: APIClient, track: HabitTrack) -> None:
        group = api.post("/api/groups/", {"name": "Less coffee"}).json()
        api.post(f"/api/groups/{group['id']}/habits/", {"habit": track.habit_id})
        api.post(f"/api/groups/{group['id']}/habits/{track.habit_id}/follow/")
        [member] = api.get(f"/api/groups/{group['id']}/board/").json()["results"]
        [shown] = member["habits"]
        assert (shown["current_streak"], shown["completed_this_week"]) == (18, 0)


class TestChallenges:
    def test_a_challenge_on_it_is_refused(self, api: APIClient, bob: User, alice: User) -> None:
        track = make.limit(alice, 2, is_published=True)
        for client in (api, make.client(bob)):
            before = make.everything()
            answer = client.post("/api/challenges/", CHALLENGE | {"habit": track.habit_id})
            assert make.refused(answer) == [("limit_habit", "habit")]
            assert "nobody can win" in answer.json()["errors"][0]["detail"]
            assert make.everything() == before

    def test_the_challenges_on_a_habit_that_becomes_one_are_cancelled(
        self, api: APIClient, alice: User, bob: User
    ) -> None:
        habit = make.habit(alice, is_published=True)
        challenge = api.post("/api/challenges/", CHALLENGE | {"habit": habit.pk}).json()
        assert api.patch(f"/api/habits/{habit.pk}/", LIMIT).status_code == 200
        shown = api.get(f"/api/challenges/{challenge['id']}/").json()
        assert (shown["state"], shown["habit"]) == ("cancelled", None)
        answer = make.client(bob).post("/api/challenges/join/", {"code": challenge["code"]})
        assert answer.status_code in {400, 404}
        assert not ChallengeMember.objects.filter(user=bob).exists()


class TestAchievements:
    KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
        ("streak", {"target": 1}),
        ("days", {"target": 1}),
        ("days_in_window", {"target": 1, "window_days": 7}),
        ("full_month", {"target": 1}),
        ("strength", {"target": 1}),
        ("comeback", {"target": 7}),
        ("habits_in_a_day", {"target": 2}),
    )

    def test_it_earns_none_of_any_kind(self, api: APIClient, alice: User, clock: Any) -> None:
        Achievement.objects.all().delete()
        for kind, numbers in self.KINDS:
            Achievement.objects.create(name_en=kind, kind=kind, **numbers)
        tracks = [make.limit(alice, 2, "daily", name=name) for name in ("Coffee", "Sweets")]
        for day in (START, START + timedelta(10), START + timedelta(40)):
            on(clock, day)
            for track in tracks:
                count(api, track, day, 0)
        assert api.patch("/api/users/me/", {"time_zone": "Asia/Tokyo"}).status_code == 200  # rechecks all
        assert not UserAchievement.objects.exists()
        shown = api.get("/api/achievements/", {"page_size": 100}).json()["results"]
        assert {each["kind"]: each["progress"]["current"] for each in shown} == {kind: 0 for kind, _ in self.KINDS}

    def test_an_award_of_a_deleted_habit_does_not_pass_to_it(self, api: APIClient, alice: User, clock: Any) -> None:
        Achievement.objects.all().delete()
        Achievement.objects.create(name_en="Three", kind="streak", target=3)
        make.limit(alice, 2, "daily")
        done = make.track(alice)
        for back in range(4):
            on(clock, START + timedelta(back))
            make.log(done, START + timedelta(back))
        assert UserAchievement.objects.get().revoked_at is None
        assert api.delete(f"/api/habits/{done.habit_id}/").status_code == 204
        assert UserAchievement.objects.get().revoked_at is not None

    def test_an_achievement_of_it_is_refused(self, api: APIClient, alice: User) -> None:
        track = make.limit(alice, 2, is_published=True)
        body = {"habit": track.habit_id, "name_en": "A week", "kind": "streak", "target": 7}
        assert make.refused(api.post("/api/achievements/", body)) == [("limit_habit", "habit")]

    def test_those_of_a_habit_that_becomes_one_are_deleted(self, api: APIClient, alice: User) -> None:
        habit = make.habit(alice, is_published=True)
        body = {"habit": habit.pk, "name_en": "A week", "kind": "streak", "target": 7}
        assert api.post("/api/achievements/", body).status_code == 201
        assert api.patch(f"/api/habits/{habit.pk}/", LIMIT).status_code == 200
        assert not Achievement.objects.filter(habit=habit).exists()


class TestGoals:
    def test_a_goal_on_it_is_refused(self, api: APIClient, alice: User) -> None:
        track = make.limit(alice, 2)
        before = make.everything()
        answer = api.post("/api/goals/", {"track": track.pk, "days": 30})
        assert make.refused(answer) == [("limit_habit", "track")]
        assert "counts the days on which something is done" in answer.json()["errors"][0]["detail"]
        assert make.everything() == before

    def test_the_goals_on_a_habit_that_becomes_one_are_deleted(self, api: APIClient, alice: User, bob: User) -> None:
        own = make.track(alice, is_published=True)
        followed = make.follower(bob, own.habit)
        for client, of in ((api, own), (make.client(bob), followed)):
            assert client.post("/api/goals/", {"track": of.pk, "days": 30}).status_code == 201
        assert api.patch(f"/api/habits/{own.habit_id}/", LIMIT).status_code == 200
        assert not Goal.objects.exists()
