"""All writes to pauses: days on which no habit is due.

Overlapping pauses of the same track are merged if they have the same reason. The user changes those that they made
themselves; all others they can delete once they are over.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TypedDict, Unpack

from django.db import transaction

from common.edits import apply_edit
from common.errors import DomainError
from habits.recurrence import DAY
from habits.rules import FIRST_DAY, LAST_DAY
from tracking import signals
from tracking.models import HabitTrack, Pause
from tracking.streaks import services as streak_stats
from tracking.tracks.queries import locked, locked_track, named_track
from users.models import User

Days = tuple[date, date | None]
MAX_PAUSES = (
    100  # made by the user; per track, and for all tracks together, because every evaluated day checks all of them
)


class PauseEdit(TypedDict, total=False):
    """What a user may change of a pause. Without a last day it is open-ended."""

    first_day: date
    last_day: date | None


@transaction.atomic
def add(*, user: User, track_id: int | None, first_day: date, last_day: date | None, now: datetime) -> Pause:
    """Pause one track, or all of the user's tracks if `track_id` is None.

    The days may be past, present or future; without `last_day` the pause is open-ended. Return the pause that now
    includes them (pauses are merged). Sends track_changed for each track, and pause_started. Raises DomainError
    ends_before_start, date_out_of_range, too_many, and those of named_track.
    """
    _check(first_day, last_day)
    track = named_track(user, track_id) if track_id is not None else None
    own = Pause.objects.filter(user=user, track=track, reason=Pause.Reason.MANUAL)
    if own.count() >= MAX_PAUSES:
        raise DomainError("too_many", f"You can have up to {MAX_PAUSES} pauses. Delete old ones first.", "first_day")
    Pause.objects.create(user=user, track=track, first_day=first_day, last_day=last_day)
    _merge_and_recount(user, track, since=first_day, now=now)
    pause = own.filter(first_day__lte=first_day).latest("first_day")
    signals.pause_started.send(Pause, pause=pause, now=now)
    return pause


@transaction.atomic
def edit(*, user: User, pause_id: int, now: datetime, **changes: Unpack[PauseEdit]) -> Pause:
    """Change a pause's first_day or last_day and return the pause that now includes its days.

    Sends track_changed for each track, and pause_started. Raises Pause.DoesNotExist, the same errors as `add`, and DomainError not_by_hand
    for a pause that the user did not make.
    """
    pause = _locked_pause(user, pause_id)
    if pause.reason != Pause.Reason.MANUAL:
        raise DomainError("not_by_hand", "You did not make this pause yourself. You can delete it once it is over.")
    first_day_before = pause.first_day
    apply_edit(pause, changes, fields=PauseEdit)
    _check(pause.first_day, pause.last_day)
    pause.save()
    _merge_and_recount(user, pause.track, since=min(first_day_before, pause.first_day), now=now)
    own = Pause.objects.filter(user=user, track=pause.track, reason=Pause.Reason.MANUAL)
    merged = own.filter(first_day__lte=pause.first_day).latest("first_day")
    signals.pause_started.send(Pause, pause=merged, now=now)
    return merged


@transaction.atomic
def remove(*, user: User, pause_id: int, now: datetime) -> None:
    """Delete a pause. Sends track_changed for each track, and pause_ended.

    Raises Pause.DoesNotExist, and DomainError not_over for a pause that leaving or archiving has made and that lasts.
    """
    pause = _locked_pause(user, pause_id)
    if pause.reason != Pause.Reason.MANUAL and pause.last_day is None:
        raise DomainError("not_over", "This pause ends when you take the habit back.")
    since, track = pause.first_day, pause.track
    Pause.objects.filter(pk=pause.pk).delete()
    _merge_and_recount(user, track, since=since, now=now)
    signals.pause_ended.send(Pause, pause=pause, now=now)


@transaction.atomic(savepoint=False)
def pause_from_today(*, track: HabitTrack, reason: Pause.Reason, now: datetime) -> None:
    """Pause a track from today on, because its user leaves the habit or archives the track.

    Sends track_changed and pause_started.
    """
    today = track.user.clock.day_of(now)
    # Not merged with the user's own pauses: those must remain when this one ends.
    pause = Pause.objects.create(user=track.user, track=track, first_day=today, reason=reason)
    _recount(track.user, track, since=today, now=now)
    signals.pause_started.send(Pause, pause=pause, now=now)


@transaction.atomic(savepoint=False)
def end_pause(*, track: HabitTrack, reason: Pause.Reason, now: datetime) -> None:
    """End yesterday what `pause_from_today` began, because the user takes the track back.

    Sends track_changed and pause_ended. The days between stay a pause. Pauses for other reasons stay as they are.
    """
    today = track.user.clock.day_of(now)
    pauses = Pause.objects.filter(track=track, reason=reason, last_day=None)
    ended = list(pauses.order_by("pk"))
    # A pause that starts today or later would end before it starts.
    pauses.filter(first_day__gte=today).delete()
    pauses.update(last_day=today - DAY)
    _merge_and_recount(track.user, track, since=today, now=now, reason=reason)
    for pause in ended:
        pause.last_day = today - DAY
        signals.pause_ended.send(Pause, pause=pause, now=now)


@transaction.atomic(savepoint=False)
def move(*, source: HabitTrack, target: HabitTrack) -> None:
    """Move the pauses of a track to another one (only those made by hand), or to its new user. The caller recounts it."""
    moved = Pause.objects.filter(track=source)
    if source.pk != target.pk:
        moved = moved.filter(reason=Pause.Reason.MANUAL)
    moved.update(track=target, user=target.user)
    _merge(target.user, target, Pause.Reason.MANUAL)


def merge(pauses: Iterable[Days]) -> list[Days]:
    """Return the same days as the smallest number of pauses, in order. Adjacent pauses become one."""
    merged: list[Days] = []
    for first, last in sorted(pauses, key=lambda days: days[0]):
        if merged and (merged[-1][1] is None or first <= merged[-1][1] + DAY):
            ends = merged[-1][1]
            merged[-1] = merged[-1][0], None if ends is None or last is None else max(ends, last)
        else:
            merged.append((first, last))
    return merged


def _merge_and_recount(
    user: User,
    track: HabitTrack | None,
    *,
    since: date,
    now: datetime,
    reason: Pause.Reason = Pause.Reason.MANUAL,
) -> None:
    """Merge overlapping pauses of the same reason and recount the tracks from `since` on."""
    _merge(user, track, reason)
    _recount(user, track, since=since, now=now)


def _merge(user: User, track: HabitTrack | None, reason: Pause.Reason) -> None:
    rows = Pause.objects.filter(user=user, track=track, reason=reason)
    existing = list(rows.values_list("first_day", "last_day"))
    if (merged := merge(existing)) != sorted(existing, key=lambda days: days[0]):
        rows.delete()
        Pause.objects.bulk_create(
            Pause(user=user, track=track, first_day=first, last_day=last, reason=reason) for first, last in merged
        )


def _recount(user: User, track: HabitTrack | None, *, since: date, now: datetime) -> None:
    """Recount one track, or all of the user's, from `since` on, under their locks. Sends track_changed."""
    tracks = HabitTrack.objects.filter(pk=track.pk) if track else HabitTrack.objects.filter(user=user)
    for each in locked(tracks):
        streak_stats.refresh_streak_stats(track=each, since=since, now=now)
        signals.track_changed.send(HabitTrack, track=each, retimed_at=None, now=now)


def _locked_pause(user: User, pause_id: int) -> Pause:
    """Return the user's pause, locked after its track, as all who change a track's pauses do. Raises Pause.DoesNotExist."""
    track_id = Pause.objects.values_list("track", flat=True).get(pk=pause_id, user=user)
    if track_id is not None:
        locked_track(user, track_id)
    return Pause.objects.select_for_update(no_key=True).get(pk=pause_id, user=user)


def _check(first_day: date, last_day: date | None) -> None:
    for field, day in (("first_day", first_day), ("last_day", last_day)):
        if day and not FIRST_DAY <= day <= LAST_DAY:
            raise DomainError("date_out_of_range", f"The date must be from {FIRST_DAY} to {LAST_DAY}.", field)
    if last_day and last_day < first_day:
        raise DomainError("ends_before_start", "The last day cannot be before the first day.", "last_day")
