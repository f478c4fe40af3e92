"""The states that changes carry: what a program could read of the same, as it is at that moment."""

from datetime import datetime
from typing import Any

from achievements.models import UserAchievement
from common.serializers import DateTimeField
from community.models import Challenge, ChallengeMember
from habits.models import Habit
from habits.serializers import HabitSerializer
from tracking.logs.serializers import LogSerializer
from tracking.models import Goal, HabitLog, HabitTrack, Pause
from tracking.pauses.serializers import PauseSerializer
from tracking.tracks.serializers import TrackedHabitSerializer
from users.models import User


def instant(at: datetime | None) -> str | None:
    """Return an instant as the API writes it."""
    written: str | None = DateTimeField().to_representation(at) if at else None
    return written


def of_track(track: HabitTrack, *, now: datetime) -> dict[str, Any]:
    """Return a track with its streaks at `now`."""
    streak = track.streak_at(now)
    return {
        "id": track.pk,
        "habit": {"id": track.habit_id, "name": track.habit.name},
        "started_on": track.begins_on.isoformat(),
        "archived": track.archived_at is not None,
        "left": track.left_at is not None,
        "current_streak": streak.current,
        "longest_streak": streak.longest,
        "streak_unit": str(streak.unit),
        "lapses_at": instant(track.lapses_at) if streak.current else None,
    }


def of_log(log: HabitLog) -> dict[str, Any]:
    """Return a log, as its own page shows it."""
    return dict(LogSerializer(log).data)


def of_goal(goal: Goal) -> dict[str, Any]:
    """Return a goal without its progress, which is told by `reached_on`."""
    return {
        "id": goal.pk,
        "amount": f"{goal.amount:.2f}",
        "days": goal.days,
        "first_day": goal.first_day.isoformat(),
        "deadline": goal.deadline.isoformat() if goal.deadline else None,
        "reached_on": goal.reached_on.isoformat() if goal.reached_on else None,
        "reached_at": instant(goal.reached_at),
    }


def of_award(award: UserAchievement) -> dict[str, Any]:
    """Return an award with its achievement, in the user's language."""
    achievement, language = award.achievement, award.user.language
    track = award.track
    return {
        "id": award.pk,
        "achievement": {
            "id": achievement.pk,
            "name": achievement.name_in(language),
            "description": achievement.description_in(language),
            "picture": achievement.picture,
            "kind": achievement.kind,
            "target": achievement.target,
        },
        "habit": {"id": track.habit_id, "name": track.habit.name} if track else None,
        "day": award.day.isoformat(),
        "awarded_at": instant(award.awarded_at),
        "revoked_at": instant(award.revoked_at),
    }


def of_habit(habit: Habit, *, reader: User, now: datetime) -> dict[str, Any]:
    """Return a habit as its reader sees it: its owner, or somebody who follows it."""
    is_own = habit.owner_id == reader.pk
    shape = HabitSerializer if is_own else TrackedHabitSerializer
    data = dict(shape(habit, context={"today": reader.clock.day_of(now), "user": reader}).data)
    data.pop("track", None)
    return data


def of_pause(pause: Pause) -> dict[str, Any]:
    """Return a pause, as its own page shows it."""
    return dict(PauseSerializer(pause).data)


def of_membership(challenge: Challenge, member: ChallengeMember) -> dict[str, Any]:
    """Return a challenge that is over, with the member's own result."""
    return {
        "challenge": {
            "id": challenge.pk,
            "name": challenge.name,
            "first_day": challenge.first_day.isoformat(),
            "last_day": challenge.last_day.isoformat(),
            "cancelled": challenge.cancelled_at is not None,
        },
        "completed": member.completed,
        "rank": member.rank,
    }
