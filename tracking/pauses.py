"""Days on which nothing is asked: the only writer of pauses. Overlapping ones of one kind are merged."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from common.errors import DomainError
from habits.recurrence import DAY
from habits.rules import FIRST_DAY, LAST_DAY
from tracking import signals, standing
from tracking.models import HabitTrack, Pause
from tracking.queries import locked, locked_track
from users.models import User

Days = tuple[date, date | None]
MOST = 100  # of one track, or of all: each day that is judged looks at them


@transaction.atomic
def add(*, user: User, track_id: int | None, first_day: date, last_day: date | None, now: datetime) -> Pause:
    """Pauses one track, or with None all of the user's, on days past, present or future; None: until ended.

    Returns the pause that now holds those days. Sends track_changed for each track. Raises DomainError
    does_not_exist, ends_before_start, date_out_of_range, too_many.
    """
    _check(first_day, last_day)
    track = _track(user, track_id)
    if Pause.objects.filter(user=user, track=track).count() >= MOST:
        raise DomainError("too_many", f"Up to {MOST} pauses; take old ones back first.", "first_day")
    Pause.objects.create(user=user, track=track, first_day=first_day, last_day=last_day)
    _settle(user, track, since=first_day, now=now)
    return Pause.objects.filter(user=user, track=track, first_day__lte=first_day).latest("first_day")


@transaction.atomic
def edit(*, user: User, pause_id: int, now: datetime, **days: date | None) -> Pause:
    """Moves a pause's first_day or last_day. Raises Pause.DoesNotExist, and what `add` raises."""
    pause = Pause.objects.select_for_update(no_key=True).get(pk=pause_id, user=user)
    before = pause.first_day
    for name, day in days.items():
        setattr(pause, name, day)
    _check(pause.first_day, pause.last_day)
    pause.save()
    _settle(user, pause.track, since=min(before, pause.first_day), now=now)
    return Pause.objects.filter(user=user, track=pause.track, first_day__lte=pause.first_day).latest("first_day")


@transaction.atomic
def remove(*, user: User, pause_id: int, now: datetime) -> None:
    """Takes a pause back. Raises Pause.DoesNotExist."""
    pause = Pause.objects.select_for_update(no_key=True).get(pk=pause_id, user=user)
    since, track = pause.first_day, pause.track
    pause.delete()
    _settle(user, track, since=since, now=now)


@transaction.atomic
def open_from_today(*, track: HabitTrack, now: datetime) -> None:
    """Pauses a track that is left, from today on. What was to be paused later stays apart, for when it goes on."""
    today = track.user.clock.day_of(now)
    Pause.objects.create(user=track.user, track=track, first_day=today)
    _refresh(track.user, track, since=today, now=now)


@transaction.atomic
def end_open(*, track: HabitTrack, now: datetime) -> None:
    """Ends what pauses a track that is followed again, the day before today; one of no day at all is forgotten."""
    today = track.user.clock.day_of(now)
    pauses = Pause.objects.filter(track=track, last_day=None)
    pauses.filter(first_day__gte=today).delete()
    pauses.update(last_day=today - DAY)
    _settle(track.user, track, since=today, now=now)


def merged(pauses: Iterable[Days]) -> list[Days]:
    """The same days in as few pauses as possible, in order; neighbouring ones become one."""
    found: list[Days] = []
    for first, last in sorted(pauses, key=lambda days: days[0]):
        if found and (found[-1][1] is None or first <= found[-1][1] + DAY):
            ends = found[-1][1]
            found[-1] = found[-1][0], None if ends is None or last is None else max(ends, last)
        else:
            found.append((first, last))
    return found


def _settle(user: User, track: HabitTrack | None, *, since: date, now: datetime) -> None:
    """Merges what overlaps, and refreshes."""
    rows = Pause.objects.filter(user=user, track=track)
    held = list(rows.values_list("first_day", "last_day"))
    if (wanted := merged(held)) != sorted(held, key=lambda days: days[0]):
        rows.delete()
        Pause.objects.bulk_create(
            Pause(user=user, track=track, first_day=first, last_day=last) for first, last in wanted
        )
    _refresh(user, track, since=since, now=now)


def _refresh(user: User, track: HabitTrack | None, *, since: date, now: datetime) -> None:
    """Brings the tracks concerned in line."""
    tracks = HabitTrack.objects.filter(pk=track.pk) if track else HabitTrack.objects.filter(user=user)
    for each in locked(tracks):
        standing.refresh(track=each, since=since, now=now)
        signals.track_changed.send(HabitTrack, track=each, retimed=False, now=now)


def _track(user: User, track_id: int | None) -> HabitTrack | None:
    if track_id is None:
        return None
    if not HabitTrack.objects.filter(pk=track_id, user=user, left_at=None).exists():
        raise DomainError("does_not_exist", "You have no such track.", "track")
    return locked_track(user, track_id)


def _check(first_day: date, last_day: date | None) -> None:
    for field, day in (("first_day", first_day), ("last_day", last_day)):
        if day and not FIRST_DAY <= day <= LAST_DAY:
            raise DomainError("date_out_of_range", f"From {FIRST_DAY} to {LAST_DAY}.", field)
    if last_day and last_day < first_day:
        raise DomainError("ends_before_start", "The last day is before the first.", "last_day")
