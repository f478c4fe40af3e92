"""Signal receivers of notifications: each queues a message or updates a plan."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from achievements.models import UserAchievement
from achievements.signals import achievement_awarded
from community.models import Challenge, ChallengeMember
from community.signals import challenge_cancelled, challenge_ended, challenge_reopened
from habits.models import Habit
from habits.signals import habit_created
from notifications.digest import services as digest
from notifications.models import Delivery
from notifications.outbox import announcements, challenge_messages
from notifications.reminders import services as reminders
from tracking.models import Goal, HabitTrack
from tracking.signals import goal_reached, track_changed, track_deleting, track_left, track_started
from users.models import User
from users.signals import (
    account_deleting,
    clock_changed,
    confirmation_requested,
    email_change_requested,
    password_reset_requested,
)


@receiver(confirmation_requested)
def on_confirmation_requested(email: str, now: datetime, **_: Any) -> None:
    announcements.queue_mail(Delivery.Kind.EMAIL_CONFIRMATION, address=email, now=now)


@receiver(password_reset_requested)
def on_password_reset_requested(email: str, now: datetime, **_: Any) -> None:
    announcements.queue_mail(Delivery.Kind.PASSWORD_RESET, address=email, now=now)


@receiver(email_change_requested)
def on_email_change_requested(user: User, now: datetime, **_: Any) -> None:
    announcements.queue_mail(Delivery.Kind.EMAIL_CHANGE, address=user.new_email, user=user, now=now)


@receiver(habit_created)
def on_habit_created(habit: Habit, now: datetime, **_: Any) -> None:
    announcements.queue_habit_created(habit=habit, now=now)


@receiver(track_started)
def on_track_started(track: HabitTrack, now: datetime, **_: Any) -> None:
    reminders.start(track=track, now=now)


@receiver(track_changed)
def on_track_changed(track: HabitTrack, retimed: bool, now: datetime, **_: Any) -> None:
    reminders.replan(track=track, now=now, time_changed=retimed)


@receiver(track_left)
def on_track_left(track: HabitTrack, **_: Any) -> None:
    reminders.stop(track=track)


@receiver(track_deleting)
def on_track_deleting(track: HabitTrack, **_: Any) -> None:
    reminders.remove(track=track)


@receiver(goal_reached)
def on_goal_reached(goal: Goal, now: datetime, **_: Any) -> None:
    announcements.queue_goal_reached(goal=goal, now=now)


@receiver(challenge_ended)
def on_challenge_ended(challenge: Challenge, members: list[ChallengeMember], now: datetime, **_: Any) -> None:
    challenge_messages.queue(Delivery.Kind.CHALLENGE_ENDED, challenge=challenge, members=members, now=now)


@receiver(challenge_reopened)
def on_challenge_reopened(challenge: Challenge, **_: Any) -> None:
    challenge_messages.withdraw(challenge=challenge)


@receiver(challenge_cancelled)
def on_challenge_cancelled(challenge: Challenge, members: list[ChallengeMember], now: datetime, **_: Any) -> None:
    challenge_messages.queue(Delivery.Kind.CHALLENGE_CANCELLED, challenge=challenge, members=members, now=now)


@receiver(achievement_awarded)
def on_achievement_awarded(award: UserAchievement, now: datetime, **_: Any) -> None:
    announcements.queue_achievement(award=award, now=now)


@receiver(account_deleting)
def on_account_deleting(user: User, **_: Any) -> None:
    announcements.delete_messages(user=user)


@receiver(account_deleting)
def on_account_deleting_digest(user: User, **_: Any) -> None:
    digest.remove(user=user)


@receiver(clock_changed)
def on_clock_changed_digest(user: User, now: datetime, **_: Any) -> None:
    digest.replan(user=user, now=now)
