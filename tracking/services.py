"""Tracks: started, followed, left, brought in line with their habit, removed."""

from datetime import date, datetime

from django.db import transaction

from common.errors import DomainError
from habits.models import Habit
from habits.recurrence import DAY
from habits.rules import FIRST_DAY, room_for_another
from habits.services import count_followers
from tracking import followers, pauses, signals, standing
from tracking.models import HabitChange, HabitLog, HabitTrack, Pause
from tracking.queries import locked, locked_track
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
def follow(*, user: User, habit_id: int, now: datetime, lent: bool = False) -> tuple[HabitTrack, bool]:
    """Follows a published useful habit, or goes on with it after leaving: (track, whether that is news).

    `lent`: something else than its publication gives the right to follow it. The time between is a pause.
    Sends track_started. Raises DomainError does_not_exist, pleasant, too_many.
    """
    habit = Habit.objects.select_for_update(no_key=True).filter(pk=habit_id).first()
    found = HabitTrack.objects.filter(user=user, habit=habit).first() if habit else None
    track = locked_track(user, found.pk) if found else None
    follows = track is not None and track.left_at is None
    if habit is None or not (follows or lent or habit.is_published or habit.owner_id == user.pk):
        raise DomainError("does_not_exist", "There is no such public habit.", "habit")
    if habit.is_pleasant:
        raise DomainError("pleasant", "A pleasant habit is a reward: it is not tracked.", "habit")
    if habit.owner_id != user.pk and not follows:
        others = HabitTrack.objects.filter(user=user, left_at=None).exclude(habit__owner=user)
        room_for_another(there=others.count(), what="habits of others", field="habit")
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
    """Brings the owner's track in line with an edit of the habit, and leaves those of followers to the worker.

    `since`: the day from which another schedule, start or end judges days anew (None: none does). A useful
    habit's owner gets a track; one that turns pleasant loses its track. Sends track_changed. Raises DomainError
    has_history for a habit that turns pleasant with logs or followers.
    """
    tracks = HabitTrack.objects.filter(habit=habit)
    if habit.is_pleasant:
        if habit.followers or HabitLog.objects.filter(track__in=tracks).exists():
            raise DomainError("has_history", "This habit is tracked already; make a new one.", "is_pleasant")
        delete_tracks_of_habit(habit=habit, now=now)
        return
    if habit.owner:
        own = locked(tracks.filter(user=habit.owner)).first()
        if own is None:
            start_track(user=habit.owner, habit=habit, now=now)
        else:
            followers.follow_edit(own, since=since, retimed=retimed, now=now)
    if habit.followers and (since or retimed):
        followers.queue(habit=habit, since=since, retimed=retimed)


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
    if user is None:
        HabitChange.objects.filter(habit=habit).delete()
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
