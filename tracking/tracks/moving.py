"""Moves the history of one user to another: tracks with logs, pauses and goals, from a managed user to an account."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from habits.rules import FIRST_DAY
from habits.services import change_follower_count
from tracking import signals
from tracking.logs.services import note_first_log
from tracking.models import Goal, HabitTrack, Pause, Tag
from tracking.pauses import services as pauses
from tracking.streaks import services as streak_stats
from tracking.tracks.queries import locked
from tracking.tracks.services import delete_track, follow
from users.models import User


@transaction.atomic(savepoint=False)
def move_tracks(*, source: User, target: User, now: datetime) -> list[HabitTrack]:
    """Move all tracks of `source` to `target`, and return those that moved as a whole. The caller has locked `target`.

    Where `target` has a track of the same habit, the days that it does not say move into it and its own entries stay as
    they are; goals and pauses move over, and the track of `source` is deleted. One that only `target` has left is
    followed again. Streaks are counted again on the clock of `target`; days keep their dates. Pauses of all tracks become
    pauses of each. Sends track_started and track_changed for each moved track, days_imported for the days of one that is
    merged, track_deleting for tracks that were merged: all once the logs of all have moved, since some things are true of
    several habits together. Raises DomainError too_many as `follow` does.
    """
    for_all = list(Pause.objects.filter(user=source, track=None))
    whole: list[HabitTrack] = []
    merged: list[tuple[HabitTrack, HabitTrack, list[date]]] = []
    for track in locked(HabitTrack.objects.filter(user=source)):
        for pause in for_all:
            Pause.objects.create(
                user=source, track=track, first_day=pause.first_day, last_day=pause.last_day, reason=pause.reason
            )
        own = locked(HabitTrack.objects.filter(user=target, habit=track.habit_id)).first()
        if own is not None:
            merged.append((track, own, _move_logs(track, own)))
        else:
            HabitTrack.objects.filter(pk=track.pk).update(user=target, position=None)
            whole.append(track)
    for track, own, days in merged:
        _merge(track, own, days, now=now)
    moved = [_move(track, now=now) for track in whole]
    Pause.objects.filter(user=source).delete()
    Tag.objects.filter(user=source).delete()
    return moved


def _move(track: HabitTrack, *, now: datetime) -> HabitTrack:
    """Count a track on the clock of the user whose it has become."""
    moved = locked(HabitTrack.objects.filter(pk=track.pk)).get()
    pauses.move(source=moved, target=moved)
    streak_stats.refresh_streak_stats(track=moved, since=FIRST_DAY, now=now)
    if moved.left_at is None:
        signals.track_started.send(HabitTrack, track=moved, now=now)
    signals.track_changed.send(HabitTrack, track=moved, retimed_at=None, now=now)
    return moved


def _move_logs(track: HabitTrack, own: HabitTrack) -> list[date]:
    """Move the logs of days that `own` does not say into it, and return these days, in order.

    They are not checked again: a day that could be logged when it was said stays, whatever the habit's dates are now.
    """
    said_there_alone = track.logs.exclude(day__in=own.logs.values("day"))
    days = list(said_there_alone.order_by("day").values_list("day", flat=True))
    said_there_alone.update(track=own)
    return days


def _merge(track: HabitTrack, own: HabitTrack, days: Sequence[date], *, now: datetime) -> None:
    """Move goals and pauses to `own`, which has got the logs of `days`, and delete `track`."""
    if own.left_at is not None and track.left_at is None:
        own, _ = follow(user=own.user, habit_id=own.habit_id, has_access=True, now=now)
    pauses.move(source=track, target=own)
    Goal.objects.filter(track=track).update(track=own)
    own = locked(HabitTrack.objects.filter(pk=own.pk)).get()
    if days and (own.first_log_on is None or days[0] < own.first_log_on):
        note_first_log(own, days[0])
    recent = streak_stats.refresh_streak_stats(track=own, since=FIRST_DAY, now=now)
    if past := [day for day in days if day <= own.user.clock.day_of(now)]:
        signals.days_imported.send(HabitTrack, track=own, days=past, recent=recent, now=now)
    signals.track_changed.send(HabitTrack, track=own, retimed_at=None, now=now)
    delete_track(track=track, now=now)
    change_follower_count(habit=own.habit, delta=-1, now=now)
