"""Tracks: started, followed, left, brought in line with their habit, removed."""

from datetime import date, datetime

from django.db import transaction

from common.errors import DomainError
from habits.models import Habit
from habits.recurrence import DAY
from habits.rules import FIRST_DAY
from habits.services import count_followers
from tracking import pauses, signals, standing
from tracking.courses import plan_of
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.queries import locked, locked_track
from tracking.streaks import status_of
from users.models import User
from users.timing import Clock, skips_dates


@transaction.atomic
def start_track(*, user: User, habit: Habit, now: datetime) -> HabitTrack:
    """Starts the user's track of a useful habit on their local day. Sends track_started."""
    today = user.clock.day_of(now)
    track = HabitTrack.objects.create(user=user, habit=habit, started_on=max(today, habit.start_date or today))
    standing.refresh(track=track, since=FIRST_DAY, now=now)
    signals.track_started.send(HabitTrack, track=track, now=now)
    return track


@transaction.atomic
def follow(*, user: User, habit_id: int, now: datetime) -> tuple[HabitTrack, bool]:
    """Follows a published useful habit, or goes on with it after leaving: (track, whether that is news).

    The time between is a pause. Sends track_started. Raises DomainError does_not_exist, pleasant.
    """
    habit = Habit.objects.select_for_update(no_key=True).filter(pk=habit_id).first()
    found = HabitTrack.objects.filter(user=user, habit=habit).first() if habit else None
    track = locked_track(user, found.pk) if found else None
    follows = track is not None and track.left_at is None
    if habit is None or not (follows or habit.is_published or habit.owner_id == user.pk):
        raise DomainError("does_not_exist", "There is no such public habit.", "habit")
    if habit.is_pleasant:
        raise DomainError("pleasant", "A pleasant habit is a reward: it is not tracked.", "habit")
    if track is None:
        count_followers(habit=habit, joined=1, now=now)
        return start_track(user=user, habit=habit, now=now), True
    if track.left_at is None:
        return track, False
    track.left_at = None
    track.save(update_fields=["left_at"])
    pauses.end_open(track=track, now=now)
    signals.track_started.send(HabitTrack, track=track, now=now)
    return track, True


@transaction.atomic
def leave(*, user: User, track_id: int, now: datetime) -> None:
    """Stops following a habit and keeps the history. Sends track_left.

    Raises HabitTrack.DoesNotExist, or DomainError own_habit (an owner deletes the habit instead).
    """
    track = locked_track(user, track_id)
    if track.habit.owner_id == user.pk:
        raise DomainError("own_habit", "This habit is yours: delete it, or pause it.")
    if track.left_at is not None:
        return
    track.left_at = now
    track.save(update_fields=["left_at"])
    pauses.open_from_today(track=track, now=now)
    signals.track_left.send(HabitTrack, track=track, now=now)


@transaction.atomic
def follow_clock(*, user: User, before: Clock, now: datetime) -> None:
    """Brings the person's tracks in line with another clock of theirs. Sends track_changed for each.

    Another clock moves today; only where a zone skips dates it may change periods that are long over.
    """
    today = min(before.day_of(now), user.clock.day_of(now))
    since = FIRST_DAY if skips_dates(before.zone) or skips_dates(user.time_zone) else today - DAY
    for track in locked(HabitTrack.objects.filter(user=user)):
        standing.refresh(track=track, since=since, now=now)
        signals.track_changed.send(HabitTrack, track=track, retimed=False, now=now)


@transaction.atomic
def follow_habit_change(*, habit: Habit, since: date | None, retimed: bool, now: datetime) -> None:
    """Brings every track of the habit in line with its edit. Sends track_changed for each.

    `since`: the day from which another schedule, start or end judges days anew (None: none does). A useful
    habit's owner gets a track; one that turns pleasant loses its track. Raises DomainError has_history for
    a habit that turns pleasant with logs or followers.
    """
    tracks = list(locked(HabitTrack.objects.filter(habit=habit)))
    if habit.is_pleasant:
        if habit.followers or HabitLog.objects.filter(track__in=tracks).exists():
            raise DomainError("has_history", "This habit is tracked already; make a new one.", "is_pleasant")
        for track in tracks:
            delete_track(track=track, now=now)
        return
    if habit.owner and not any(track.user_id == habit.owner_id for track in tracks):
        start_track(user=habit.owner, habit=habit, now=now)
    for track in tracks:
        if since:
            _judge_anew(track, since)
            standing.refresh(track=track, since=since, now=now)
        signals.track_changed.send(HabitTrack, track=track, retimed=retimed, now=now)


@transaction.atomic
def delete_track(*, track: HabitTrack, now: datetime) -> None:
    """Removes a track with its logs and pauses, which whoever writes to it then finds gone; sends track_deleting before."""
    if not HabitTrack.objects.select_for_update(no_key=True).filter(pk=track.pk).first():
        return  # another was quicker
    signals.track_deleting.send(HabitTrack, track=track, now=now)
    track.delete()


@transaction.atomic
def delete_tracks_of_habit(*, habit: Habit, now: datetime, user: User | None = None) -> None:
    """Removes the tracks of a habit that goes: all, or one person's."""
    tracks = HabitTrack.objects.filter(habit=habit)
    for track in (tracks.filter(user=user) if user else tracks).order_by("pk"):
        delete_track(track=track, now=now)


@transaction.atomic
def delete_all_of(*, user: User, now: datetime) -> None:
    """Removes all tracks and pauses of a person who leaves."""
    for track in HabitTrack.objects.filter(user=user).select_related("habit").order_by("pk"):
        habit = track.habit
        delete_track(track=track, now=now)
        if habit.owner_id != user.pk:
            count_followers(habit=habit, joined=-1, now=now)
    Pause.objects.filter(user=user).delete()


def _judge_anew(track: HabitTrack, since: date) -> None:
    """Judges the logs from `since` on by the daily amount now in force on their day."""
    plan = plan_of(track)
    for log in track.logs.filter(day__gte=since, amount__isnull=False):
        assert log.amount is not None
        judged = status_of(log.amount, plan.in_force(log.day).daily_amount).value
        if judged != log.status:
            log.status = judged
            log.save(update_fields=["status", "updated_at"])
