"""All writes to tracks: start, follow, leave, resync after a change of the habit or the user's clock, delete."""

from datetime import date, datetime

from django.db import transaction

from common.errors import DomainError
from habits.models import Habit
from habits.recurrence import DAY
from habits.rules import FIRST_DAY, check_habit_limit
from habits.services import change_follower_count
from tracking import signals
from tracking.models import HabitChange, HabitLog, HabitTrack, Pause, Tag
from tracking.pauses import services as pauses
from tracking.streaks import services as streak_stats
from tracking.tracks import followers
from tracking.tracks.queries import locked, locked_track
from users.models import User
from users.timing import Clock, latest_date_anywhere, skips_dates


@transaction.atomic(savepoint=False)
def start_track(*, user: User, habit: Habit, now: datetime) -> HabitTrack:
    """Create the user's track of a useful habit, starting on their local today. Sends track_started."""
    today = user.clock.day_of(now)
    track = HabitTrack.objects.create(user=user, habit=habit, started_on=today)
    streak_stats.refresh_streak_stats(track=track, since=FIRST_DAY, now=now)
    signals.track_started.send(HabitTrack, track=track, now=now)
    return track


@transaction.atomic
def follow(*, user: User, habit_id: int, now: datetime, has_access: bool = False) -> tuple[HabitTrack, bool]:
    """Follow a useful habit and return (track, whether the user did not follow it before).

    After leaving, the old track is resumed, with the days in between as a pause; if it was archived, it still is. `has_access`: the user may follow
    the habit even if it is not published. Sends track_started. Raises DomainError does_not_exist, pleasant, too_many.
    """
    # Locked, so that the owner cannot unpublish or delete the habit at the same time.
    habit = Habit.objects.select_for_update(no_key=True).filter(pk=habit_id).first()
    existing = HabitTrack.objects.filter(user=user, habit=habit).first() if habit else None
    track = locked_track(user, existing.pk) if existing else None
    follows = track is not None and track.left_at is None
    if habit is None or not (follows or has_access or habit.is_published or habit.owner_id == user.pk):
        raise DomainError("does_not_exist", "There is no such public habit.", "habit")
    if habit.is_pleasant:
        raise DomainError("pleasant", "A pleasant habit is a reward and cannot be tracked.", "habit")
    if habit.owner_id != user.pk and not follows:
        others = HabitTrack.objects.filter(user=user, left_at=None).exclude(habit__owner=user)
        check_habit_limit(current=others.count(), what="habits of other people that you follow", field="habit")
    if track is None:
        change_follower_count(habit=habit, delta=1, now=now)
        return start_track(user=user, habit=habit, now=now), True
    if track.left_at is None:
        return track, False
    track.left_at = None
    track.save(update_fields=["left_at"])
    pauses.end_pause(track=track, reason=Pause.Reason.LEFT, now=now)
    signals.track_started.send(HabitTrack, track=track, now=now)
    return track, True


@transaction.atomic
def leave(*, user: User, track_id: int, now: datetime) -> None:
    """Stop following a habit and keep its history. Sends track_left. Does nothing if it was left before.

    Raises HabitTrack.DoesNotExist, or DomainError own_habit (an owner deletes the habit instead).
    """
    track = locked_track(user, track_id)
    if track.habit.owner_id == user.pk:
        raise DomainError("own_habit", "This is your own habit. Delete it or pause it instead.")
    if track.left_at is not None:
        return
    track.left_at = now
    track.save(update_fields=["left_at"])
    pauses.pause_from_today(track=track, reason=Pause.Reason.LEFT, now=now)
    signals.track_left.send(HabitTrack, track=track, now=now)


@transaction.atomic(savepoint=False)
def resync_tracks_with_clock(*, user: User, before: Clock, now: datetime) -> None:
    """Recount the user's tracks after a change of their time zone or start of day. Sends track_changed for each.

    A new clock can change today's date. Older periods change only if one of the zones skips a date.
    """
    today = min(before.day_of(now), user.clock.day_of(now))
    # One day earlier, because yesterday may be today again or just be over.
    since = FIRST_DAY if skips_dates(before.zone) or skips_dates(user.time_zone) else today - DAY
    for track in locked(HabitTrack.objects.filter(user=user)):
        streak_stats.refresh_streak_stats(track=track, since=since, now=now)
        signals.track_changed.send(HabitTrack, track=track, retimed_at=None, now=now)


@transaction.atomic(savepoint=False)
def resync_tracks_with_habit(*, habit: Habit, since: date | None = None, retimed: bool = False, now: datetime) -> None:
    """Apply a new or edited habit to its owner's track, and queue the followers' tracks for the worker.

    `since`: the first day whose evaluation the edit affects, or None. The owner of a useful habit gets a track; if the
    habit becomes pleasant, the track is deleted. Sends track_started, track_changed or track_deleting. Raises
    DomainError has_history if a habit with logs or followers becomes pleasant.
    """
    tracks = HabitTrack.objects.filter(habit=habit)
    if habit.is_pleasant:
        if habit.followers or HabitLog.objects.filter(track__in=tracks).exists():
            raise DomainError(
                "has_history", "This habit has logs or followers already. Create a new habit instead.", "is_pleasant"
            )
        delete_tracks_of_habit(habit=habit, now=now)
        return
    if habit.owner:
        own = locked(tracks.filter(user=habit.owner)).first()
        if own is None:
            start_track(user=habit.owner, habit=habit, now=now)
        else:
            followers.apply_edit(own, since=since, retimed_at=now if retimed else None, now=now)
    if habit.followers and (since or retimed):
        followers.queue(habit=habit, since=since, retimed=retimed)


@transaction.atomic(savepoint=False)
def restart_tracks(*, habit: Habit, now: datetime) -> None:
    """Begin the tracks of a habit that has become one of another goal type, of which nobody has a log, today.

    Otherwise the days since they were started would all be kept ones of a limit habit. A follower's track begins once
    this day has begun everywhere. The caller's habit_changed recounts them.
    """
    tracks = HabitTrack.objects.filter(habit=habit)
    tracks.update(started_on=latest_date_anywhere(now))
    if habit.owner:
        tracks.filter(user=habit.owner).update(started_on=habit.owner.clock.day_of(now))


@transaction.atomic(savepoint=False)
def delete_track(*, track: HabitTrack, now: datetime) -> None:
    """Delete a track with its logs and pauses. Sends track_deleting before the deletion."""
    # The lock makes concurrent writers wait; they then find the track deleted.
    if not HabitTrack.objects.select_for_update(no_key=True).filter(pk=track.pk).first():
        return  # another transaction has deleted it
    signals.track_deleting.send(HabitTrack, track=track, now=now)
    track.delete()


@transaction.atomic(savepoint=False)
def delete_tracks_of_habit(*, habit: Habit, now: datetime, user: User | None = None) -> None:
    """Delete all tracks of a habit, or only those of `user`."""
    if user is None:
        HabitChange.objects.filter(habit=habit).delete()
    tracks = HabitTrack.objects.filter(habit=habit)
    for track in (tracks.filter(user=user) if user else tracks).order_by("pk"):
        delete_track(track=track, now=now)


def delete_track_of_former_owner(*, habit: Habit, owner: User, now: datetime) -> None:
    """Delete the owner's track of a habit that they have given up and that others still follow."""
    delete_tracks_of_habit(habit=habit, user=owner, now=now)


@transaction.atomic(savepoint=False)
def delete_tracks_of_user(*, user: User, now: datetime) -> None:
    """Delete all tracks, pauses and tags of a user whose account is being deleted."""
    for track in HabitTrack.objects.filter(user=user).select_related("habit").order_by("pk"):
        habit = track.habit
        delete_track(track=track, now=now)
        if habit.owner_id != user.pk:
            change_follower_count(habit=habit, delta=-1, now=now)
    Pause.objects.filter(user=user).delete()
    Tag.objects.filter(user=user).delete()
