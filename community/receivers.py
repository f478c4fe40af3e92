"""Signal receivers of challenges and groups."""

from datetime import date, datetime
from typing import Any

from django.dispatch import receiver

from community.challenges import scores as challenge_scores
from community.challenges import services as challenges
from community.groups import services as groups
from community.leaderboards import settling as leaderboard_settling
from habits.models import Habit
from habits.signals import habit_abandoned, habit_changed, habit_deleting
from tracking.models import HabitTrack
from tracking.signals import day_logged, track_changed, track_deleting, track_left, track_stats_changed
from users.models import User
from users.signals import account_deleting, ranking_changed


@receiver(day_logged)
def on_day_logged(track: HabitTrack, day: date, now: datetime, **_: Any) -> None:
    challenge_scores.update_for_track(track=track, now=now)


@receiver(track_changed)
def on_track_changed(track: HabitTrack, now: datetime, **_: Any) -> None:
    challenge_scores.update_for_track(track=track, now=now)


@receiver(track_left)
def on_track_left(track: HabitTrack, **_: Any) -> None:
    challenges.leave_unfinished(track=track)
    groups.hide_track(track=track)


@receiver(track_deleting)
def on_track_deleting(track: HabitTrack, **_: Any) -> None:
    challenges.detach_track(track=track)
    groups.hide_track(track=track)


@receiver(habit_changed)
def on_habit_changed(habit: Habit, now: datetime, **_: Any) -> None:
    if habit.is_pleasant:
        challenges.detach_habit(habit=habit, now=now)
        groups.remove_habit_from_all(habit=habit)
    elif not habit.is_published:
        groups.remove_unpublished_habit(habit=habit)


@receiver(habit_abandoned)
def on_habit_abandoned(habit: Habit, owner: User, **_: Any) -> None:
    challenges.remove_former_owner(habit=habit, owner=owner)


@receiver(habit_deleting)
def on_habit_deleting(habit: Habit, now: datetime, **_: Any) -> None:
    challenges.detach_habit(habit=habit, now=now)
    groups.remove_habit_from_all(habit=habit)


@receiver(account_deleting)
def on_account_deleting(user: User, **_: Any) -> None:
    challenges.remove_user(user=user)
    groups.remove_user(user=user)
    leaderboard_settling.delete_for_user(user=user)


@receiver([track_stats_changed, track_deleting])
def on_track_stats_changed_or_deleting(track: HabitTrack, **_: Any) -> None:
    leaderboard_settling.mark_stale(track=track)


@receiver(ranking_changed)
def on_ranking_changed(user: User, **_: Any) -> None:
    leaderboard_settling.update_ranking(user=user)
