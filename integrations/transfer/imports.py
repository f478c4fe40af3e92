"""Make habits and logs of what was read from a file, a habit at a time."""

import hashlib
from datetime import datetime, time
from typing import Any

from django.db import transaction

from common.errors import DomainError
from habits.recurrence import Schedule
from habits.services import HabitFields, create_habit
from integrations.models import ImportedHabit as Link
from integrations.models import TransferItem
from integrations.transfer.reading.values import ImportedHabit
from integrations.transfer.rules import nearest_colour
from tracking.logs.importing import ImportedDays, PastDay, import_days
from tracking.models import HabitTrack
from tracking.tracks import personal
from users.models import User

# The forms of one app name a habit in different ways, so each has keys of its own.
Outcome = TransferItem.Outcome


def source_key(source: str, key: str) -> str:
    """Return what a habit of a source is known by."""
    return hashlib.sha256(f"{source}\n{key}".encode()).hexdigest()


def known_keys(user: User, source: str, keys: list[str]) -> set[str]:
    """Return those of the keys of a source whose habits the user has."""
    hashes = {source_key(source, key): key for key in keys}
    found = Link.objects.filter(user=user, source_key__in=list(hashes)).values_list("source_key", flat=True)
    return {hashes[each] for each in found}


@transaction.atomic(savepoint=False)
def import_habit(*, user: User, source: str, habit: ImportedHabit, now: datetime) -> TransferItem:
    """Make the habit, or find the one that was made of it before, and add the days that it lacks.

    Return what came of it, not saved. Raises DomainError of the services; the caller undoes what was begun.
    """
    link = Link.objects.filter(user=user, source_key=source_key(source, habit.key)).first()
    notices = set(habit.notices)
    if link is None:
        track, more = _create(user, habit, now=now)
        notices |= more
        Link.objects.create(user=user, habit=track.habit, source_key=source_key(source, habit.key))
    else:
        track = HabitTrack.objects.get(user=user, habit=link.habit_id)
    past = [PastDay(log.day, log.status, log.amount, log.note) for log in habit.logs]
    days = import_days(user=user, track_id=track.pk, days=past, is_new=link is None, now=now)
    if link is None and habit.archived:
        personal.edit(user=user, track_id=track.pk, archived=True, now=now)
    return TransferItem(
        outcome=_outcome(days, is_new=link is None),
        habit_id=track.habit_id,
        name=habit.name,
        days_added=days.added,
        days_kept=days.kept,
        days_refused=days.refused,
        notices=sorted(notices),
    )


def _outcome(days: ImportedDays, *, is_new: bool) -> TransferItem.Outcome:
    if is_new:
        return Outcome.CREATED
    return Outcome.CHANGED if days.added else Outcome.UNCHANGED


def _create(user: User, habit: ImportedHabit, *, now: datetime) -> tuple[HabitTrack, set[str]]:
    fields: HabitFields = {
        "name": habit.name,
        "description": habit.description,
        "goal_type": habit.goal_type.value,
        "start_date": habit.start_date,
        "time": time.fromisoformat(habit.reminders[0]) if habit.reminders else None,
    }
    made = create_habit(owner=user, schedule=_fields(habit.schedule), is_quiet=True, now=now, **fields)
    track = HabitTrack.objects.get(user=user, habit=made)
    if colour := nearest_colour(habit.colour):
        personal.edit(user=user, track_id=track.pk, colour=colour, now=now)
    if not habit.tags:
        return track, set()
    try:
        with transaction.atomic():
            personal.edit(user=user, track_id=track.pk, tags=list(habit.tags), now=now)
    except DomainError:  # the user has as many tags as are allowed
        return track, {"tags_left_out"}
    return track, set()


def _fields(schedule: Schedule) -> dict[str, Any]:
    fields: dict[str, Any] = {"frequency": schedule.frequency, "unit": schedule.unit}
    if schedule.limit_per_period is not None:
        return fields | {"limit_per_period": schedule.limit_per_period}
    return fields | {
        "interval": schedule.interval,
        "weekdays": schedule.weekdays,
        "times_per_period": schedule.times_per_period,
        "daily_amount": schedule.daily_amount,
    }
