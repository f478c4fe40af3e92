"""Global leaderboards equal a naive recomputation after any sequence of actions.

Each life has several users in distant time zones who log and clear days, change schedules, pause, travel, leave
habits, and opt in and out while time passes; sometimes the worker settles, mostly it does not. After each step the
leaderboards of one user are compared now, and at a later instant without further actions.
`LEADERBOARD_LIVES=100` runs more lives than the default two.
"""

import os
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.errors import DomainError
from community.leaderboards import boards as leaderboards
from community.leaderboards import rules as leaderboard_rules
from community.leaderboards.rules import STREAKS, Board, first_day
from community.leaderboards.settling import find_differences, settle, settle_all
from habits.recurrence import Frequency
from habits.services import create_habit, edit_habit
from tracking.logs import services as days
from tracking.models import HabitLog, HabitTrack
from tracking.pauses import services as pauses
from tracking.streaks.services import recount_due_tracks
from tracking.tracks.followers import sync_followers
from tracking.tracks.services import follow, leave
from users.models import User
from users.services import edit_profile

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
START = datetime(2026, 10, 27, 9, tzinfo=UTC)  # this week ends in the next month
ZONES = ("Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago")
SCHEDULES: tuple[dict[str, Any], ...] = (
    {"frequency": Frequency.DAILY},
    {"frequency": Frequency.DAILY},
    {"frequency": Frequency.DAILY, "interval": 2},
    {"frequency": Frequency.WEEKLY, "times_per_period": 1},
)
UNITS = ("day", "2 days", "week")


@dataclass
class Life:
    """Six users, each with a habit that the others may follow."""

    chance: random.Random
    now: datetime = START

    def __post_init__(self) -> None:
        names = ("alice", "bob", "charlie", "dora", "emil", "frida")
        self.people = [
            User.objects.create(
                email=f"{name}@example.org",
                username=name,
                is_active=True,
                is_ranked=name != "frida",
                time_zone=self.chance.choice(ZONES),
                day_starts_at=self.chance.choice([0, 0, 4]),
            )
            for name in names
        ]
        self.habits = [
            create_habit(owner=user, schedule=schedule, name="Read", is_published=True, now=self.now)
            for user, schedule in zip(self.people, [*SCHEDULES, *SCHEDULES], strict=False)
        ]
        for user in self.people:
            follow(user=user, habit_id=self.habits[0].pk, now=self.now)

    def step(self) -> str:
        """Do one random action and return its name; an action that the services refuse changes nothing."""
        name = self.chance.choices(
            ["log", "clear", "travel", "show", "leave", "come_back", "reschedule", "pause", "wait"],
            [20, 3, 5, 3, 2, 3, 5, 1, 6],
        )[0]
        user = self.chance.choice(self.people)
        user.refresh_from_db()
        with suppress(DomainError):
            getattr(self, name)(user)
        if self.chance.random() < 0.2:
            settle(now=self.now)
        return name

    def track_of(self, user: User) -> HabitTrack:
        return self.chance.choice(HabitTrack.objects.filter(user=user).order_by("pk"))

    def log(self, user: User) -> None:
        last = user.clock.day_of(self.now) - self.chance.choice([0, 0, 0, 1, 3]) * DAY
        entries = [
            days.DayEntry(day=last - n * DAY, status="completed") for n in range(self.chance.choice([1, 2, 5, 12]))
        ]
        days.set_days(user=user, track_id=self.track_of(user).pk, days=entries, source="api", now=self.now)

    def clear(self, user: User) -> None:
        track = self.track_of(user)
        if log := HabitLog.objects.filter(track=track).order_by("?").first():
            days.clear_day(user=user, track_id=track.pk, day=log.day, now=self.now)

    def travel(self, user: User) -> None:
        edit_profile(user=user, now=self.now, time_zone=self.chance.choice(ZONES))

    def show(self, user: User) -> None:
        edit_profile(user=user, now=self.now, is_ranked=not user.is_ranked)

    def leave(self, user: User) -> None:
        leave(user=user, track_id=self.track_of(user).pk, now=self.now)

    def come_back(self, user: User) -> None:
        follow(user=user, habit_id=self.chance.choice(self.habits).pk, now=self.now)

    def reschedule(self, user: User) -> None:
        number = self.chance.randrange(len(self.habits))
        owner, habit = User.objects.get(pk=self.people[number].pk), self.habits[number]
        edit_habit(owner=owner, habit_id=habit.pk, now=self.now, schedule=self.chance.choice(SCHEDULES))
        sync_followers(now=self.now)

    def pause(self, user: User) -> None:
        today = user.clock.day_of(self.now)
        pauses.add(user=user, track_id=None, first_day=today, last_day=today + DAY, now=self.now)

    def wait(self, user: User) -> None:
        self.now += timedelta(hours=self.chance.choice([1, 5, 11, 24, 40]))
        recount_due_tracks(now=self.now)

    def value(self, user: User, board: Board, unit: str, viewer: User, at: datetime) -> int:
        """Return the user's value on a board, recomputed from their tracks and logs."""
        tracks = HabitTrack.objects.filter(user=user, left_at=None)
        if board in STREAKS:
            streaks = [track.streak_at(at) for track in tracks]
            of_unit = [streak for streak in streaks if str(streak.unit) == unit]
            return max([each.current if board == Board.CURRENT else each.longest for each in of_unit], default=0)
        logs = HabitLog.objects.filter(track__in=tracks, status="completed")
        today, looked_at = user.clock.day_of(at), first_day(board, viewer.clock.day_of(at))
        return sum(log.day <= today and first_day(board, log.day) == looked_at for log in logs)

    def naive(self, board: Board, unit: str, viewer: User, at: datetime) -> dict[str, Any]:
        """Return the leaderboard that the viewer should get, recomputed from all users."""
        values = {user.username: self.value(user, board, unit, viewer, at) for user in self.people}
        order = [user.username for user in self.people]
        shown = [user.username for user in self.people if user.is_ranked and values[user.username]]
        shown.sort(key=lambda name: (-values[name], order.index(name)))

        def line(name: str) -> tuple[int, str, int]:
            return 1 + sum(values[other] > values[name] for other in shown), name, values[name]

        near = sorted({*shown, viewer.username}, key=lambda name: (-values[name], order.index(name)))
        me = near.index(viewer.username)
        return {
            "people": len(shown),
            "me": line(viewer.username),
            "top": [line(name) for name in shown][: leaderboard_rules.TOP],
            "around": [line(name) for name in near[max(0, me - 2) : me + 3]],
        }


def as_seen(life: Life, board: Board, unit: str, viewer: User, at: datetime) -> dict[str, Any]:
    found = leaderboards.global_leaderboard(viewer=viewer, board=board, now=at, unit=unit).rows

    def lines(seen: list[Any]) -> list[Any]:
        return [(each.rank, each.username, each.value) for each in seen]

    return {
        "people": found.people,
        "me": lines([found.me])[0],
        "top": lines(found.top),
        "around": lines(found.around),
    }


@pytest.mark.parametrize("seed", range(int(os.environ.get("LEADERBOARD_LIVES", "1"))))
def test_leaderboards_equal_a_naive_recomputation(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (leaderboard_rules, leaderboards):
        monkeypatch.setattr(module, "TOP", 4)
        monkeypatch.setattr(module, "NEIGHBOURS", 2)
    life = Life(random.Random(seed))
    for number in range(45):
        done = life.step()
        life.people = list(User.objects.order_by("pk"))
        viewer = life.chance.choice(life.people)
        board, unit = life.chance.choice(list(Board)), life.chance.choice(UNITS)
        for at in (life.now, life.now + timedelta(hours=life.chance.choice([3, 15, 30]))):
            seen = as_seen(life, board, unit, viewer, at)
            assert seen == life.naive(board, unit, viewer, at), (number, done, board, unit, viewer.username, at)
    settle_all(now=life.now)
    assert list(find_differences(now=life.now, repair=False)) == []
    for board in Board:
        for unit in UNITS if board in STREAKS else UNITS[:1]:
            for viewer in life.people:
                seen = as_seen(life, board, unit, viewer, life.now)
                assert seen == life.naive(board, unit, viewer, life.now), (board, unit, viewer.username)
