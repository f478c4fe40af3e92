"""Signal receivers of tracking."""

from datetime import date, datetime
from typing import Any

from django.dispatch import receiver

from habits.models import Habit
from habits.signals import habit_abandoned, habit_changed, habit_created, habit_deleting
from tracking.goals import services as goals
from tracking.models import HabitTrack
from tracking.signals import day_logged
from tracking.tracks import queries, services
from users.models import User
from users.signals import account_deleting, clock_changed, unconfirmed_accounts_removing
from users.timing import Clock


@receiver(habit_created)
def on_habit_created(habit: Habit, now: datetime, **_: Any) -> None:
    services.resync_tracks_with_habit(habit=habit, since=None, retimed=False, now=now)


@receiver(habit_changed)
def on_habit_changed(habit: Habit, since: date | None, retimed: bool, now: datetime, **_: Any) -> None:
    services.resync_tracks_with_habit(habit=habit, since=since, retimed=retimed, now=now)


@receiver(habit_abandoned)
def on_habit_abandoned(habit: Habit, owner: User, now: datetime, **_: Any) -> None:
    services.delete_tracks_of_habit(habit=habit, user=owner, now=now)


@receiver(habit_deleting)
def on_habit_deleting(habit: Habit, now: datetime, **_: Any) -> None:
    services.delete_tracks_of_habit(habit=habit, now=now)


@receiver(clock_changed)
def on_clock_changed(user: User, before: Clock, now: datetime, **_: Any) -> None:
    services.resync_tracks_with_clock(user=user, before=before, now=now)


@receiver(account_deleting)
def on_account_deleting(user: User, now: datetime, **_: Any) -> None:
    services.delete_tracks_of_user(user=user, now=now)


@receiver(day_logged)
def on_day_logged(track: HabitTrack, day: date, now: datetime, **_: Any) -> None:
    goals.update_for_log(track=track, day=day, now=now)


@receiver(unconfirmed_accounts_removing)
def on_unconfirmed_removing(user_ids: list[int], **_: Any) -> list[int]:
    return queries.users_with_logs(user_ids)
