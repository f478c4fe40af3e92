"""Signal receivers of achievements."""

from datetime import date, datetime
from typing import Any

from django.dispatch import receiver

from achievements.awards import awarding as awards
from achievements.awards import services
from achievements.shares import services as sharing
from habits.models import Habit
from habits.signals import habit_changed, habit_deleting
from tracking.models import HabitTrack
from tracking.signals import day_logged, track_changed, track_deleting
from users.models import User
from users.signals import account_deleting


@receiver(day_logged)
def on_day_logged(track: HabitTrack, day: date, now: datetime, **_: Any) -> None:
    awards.update_for_day(track=track, day=day, now=now)


@receiver(track_changed)
def on_track_changed(track: HabitTrack, now: datetime, **_: Any) -> None:
    awards.update_for_track(track=track, now=now)


@receiver(track_deleting)
def on_track_deleting(track: HabitTrack, now: datetime, **_: Any) -> None:
    awards.reassign_or_revoke(track=track, now=now)
    sharing.delete_for_track(track=track)


@receiver(habit_changed)
def on_habit_changed(habit: Habit, **_: Any) -> None:
    if habit.is_pleasant:
        services.delete_for_habit(habit=habit)


@receiver(habit_deleting)
def on_habit_deleting(habit: Habit, **_: Any) -> None:
    services.delete_for_habit(habit=habit)


@receiver(account_deleting)
def on_account_deleting(user: User, **_: Any) -> None:
    sharing.delete_for_user(user=user)
    awards.delete_for_user(user=user)
