"""Recording of changes: the effects that write a row for each, inside the transaction of what happened.

Only of users whose changes a program asks for. Of everybody else nothing is written and nothing is asked: the column that
says so is read with the user anyway.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from achievements.models import UserAchievement
from community.models import Challenge, ChallengeMember
from habits.models import Habit
from integrations.changes import services, states
from integrations.changes.rules import ChangeType
from integrations.models import StreakWatch
from tracking.models import Goal, HabitLog, HabitTrack, Pause
from users.models import User


def record_days(*, track: HabitTrack, days: Sequence[date], now: datetime) -> None:
    """Record that days were logged or cleared."""
    if not track.user.records_changes:
        return
    logs = {log.day: log for log in HabitLog.objects.filter(track=track, day__in=days)}
    state = states.of_track(track, now=now)
    services.record_all(
        track.user,
        [
            (ChangeType.LOG_SET, {"log": states.of_log(logs[day]), "track": state})
            if day in logs
            else (ChangeType.LOG_CLEARED, {"day": day.isoformat(), "track": state})
            for day in days
        ],
        now=now,
    )


def record_imported_days(*, track: HabitTrack, days: Sequence[date], now: datetime) -> None:
    """Record that days came from a file: one change a track, of the last day, however many there are."""
    record_days(track=track, days=days[-1:], now=now)


def record_streak(*, track: HabitTrack, now: datetime) -> None:
    """Record that a streak was extended or lost, if it is another than was last told. The caller holds the track's lock."""
    if not track.user.records_changes:
        return
    streak, watch = track.streak_at(now), StreakWatch.objects.filter(track=track).first()
    unit = str(streak.unit)
    before = watch.streak if watch and watch.unit == unit else 0
    data = {"track": states.of_track(track, now=now), "streak_before": before}
    if streak.current > before:
        services.record_all(track.user, [(ChangeType.STREAK_EXTENDED, data)], now=now)
    elif before and not streak.current:
        services.record_all(track.user, [(ChangeType.STREAK_LOST, data)], now=now)
    services.watch(track, now=now, watch=watch)


def record_goal(*, goal: Goal, now: datetime) -> None:
    """Record that a goal was reached."""
    user = goal.track.user
    if user.records_changes:
        data = {"goal": states.of_goal(goal), "track": states.of_track(goal.track, now=now)}
        services.record_all(user, [(ChangeType.GOAL_REACHED, data)], now=now)


def record_award(*, award: UserAchievement, now: datetime) -> None:
    """Record that an achievement was awarded."""
    if award.user.records_changes:
        services.record_all(award.user, [(ChangeType.ACHIEVEMENT_AWARDED, states.of_award(award))], now=now)


def record_withdrawal(*, award: UserAchievement, now: datetime) -> None:
    """Record that an award was revoked."""
    if award.user.records_changes:
        services.record_all(award.user, [(ChangeType.ACHIEVEMENT_WITHDRAWN, states.of_award(award))], now=now)


def record_new_habit(*, habit: Habit, now: datetime) -> None:
    """Record for its owner that a habit was created."""
    if habit.owner and habit.owner.records_changes:
        data = {"habit": states.of_habit(habit, reader=habit.owner, now=now)}
        services.record_all(habit.owner, [(ChangeType.HABIT_CREATED, data)], now=now)


def record_habit_change(*, habit: Habit, now: datetime) -> None:
    """Record for its owner and its followers that a habit was changed."""
    if habit.owner and habit.owner.records_changes:
        _record_habit_change(habit, [habit.owner], now=now)
    if habit.followers:
        _record_habit_change(habit, _recording_followers(habit, apart_from=habit.owner), now=now)


def record_deleted_habit(*, habit: Habit, now: datetime) -> None:
    """Record for its owner that a habit is being deleted. Its followers are told by their tracks."""
    if habit.owner and habit.owner.records_changes:
        _record_deletion(habit, habit.owner, now=now)


def record_abandoned_habit(*, habit: Habit, owner: User, now: datetime) -> None:
    """Record that a habit was deleted for its owner; its followers keep it."""
    if owner.records_changes:
        _record_deletion(habit, owner, now=now)


def record_started_track(*, track: HabitTrack, now: datetime) -> None:
    """Record that a habit was started, or is followed again."""
    _record_track(ChangeType.TRACK_STARTED, track, now=now)


def record_left_track(*, track: HabitTrack, now: datetime) -> None:
    """Record that a habit was left; its history stays."""
    _record_track(ChangeType.TRACK_LEFT, track, now=now, deleted=False)


def record_deleted_track(*, track: HabitTrack, now: datetime) -> None:
    """Record that a track is being deleted with its history, and forget what was told of its streak."""
    _record_track(ChangeType.TRACK_LEFT, track, now=now, deleted=True)
    StreakWatch.objects.filter(track=track).delete()  # also one from when the user's changes were recorded


def record_pause(*, pause: Pause, now: datetime) -> None:
    """Record that days were paused."""
    if pause.user.records_changes:
        services.record_all(pause.user, [(ChangeType.PAUSE_STARTED, {"pause": states.of_pause(pause)})], now=now)


def record_ended_pause(*, pause: Pause, now: datetime) -> None:
    """Record that a pause was ended or deleted."""
    if pause.user.records_changes:
        services.record_all(pause.user, [(ChangeType.PAUSE_ENDED, {"pause": states.of_pause(pause)})], now=now)


def record_challenge(*, challenge: Challenge, members: Sequence[ChallengeMember], now: datetime) -> None:
    """Record for its members that a challenge is over or was cancelled."""
    for member in members:
        if member.user.records_changes:
            data = states.of_membership(challenge, member)
            services.record_all(member.user, [(ChangeType.CHALLENGE_ENDED, data)], now=now)


def _record_track(kind: ChangeType, track: HabitTrack, *, now: datetime, **more: Any) -> None:
    if track.user.records_changes:
        services.record_all(track.user, [(kind, {"track": states.of_track(track, now=now), **more})], now=now)


def _record_habit_change(habit: Habit, readers: Iterable[User], *, now: datetime) -> None:
    for reader in readers:
        data = {"habit": states.of_habit(habit, reader=reader, now=now)}
        services.record_all(reader, [(ChangeType.HABIT_CHANGED, data)], now=now)


def _record_deletion(habit: Habit, owner: User, *, now: datetime) -> None:
    data = {"habit": {"id": habit.pk, "name": habit.name}}
    services.record_all(owner, [(ChangeType.HABIT_DELETED, data)], now=now)


def _recording_followers(habit: Habit, *, apart_from: User | None) -> list[User]:
    followers = User.objects.filter(records_changes=True, tracks__habit=habit, tracks__left_at=None).order_by("pk")
    return [each for each in followers if each != apart_from]
