"""Plans each reminder's next instant, and queues what is due. The only writer of reminders."""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction

from common import rows
from notifications import outbox
from notifications.calendars import Planned, planned
from notifications.models import Delivery, Reminder
from notifications.occurrences import Calendar, Occurrence, turn
from tracking.courses import Course, courses
from tracking.models import HabitTrack
from tracking.queries import with_all

logger = logging.getLogger(__name__)

BATCH = 500
MOVE = """
UPDATE notifications_reminder SET next_at = moved.column2, next_day = moved.column3
FROM {table} AS moved WHERE notifications_reminder.id = moved.column1
"""


class Taken(NamedTuple):
    """A due reminder as a tick takes it: what it asks now, and when it fires next."""

    asked: outbox.Asked
    following: Occurrence | None


@transaction.atomic
def queue_due(*, now: datetime) -> int:
    """Takes one batch of due reminders, oldest first: queues each one's latest occurrence, plans the next.

    Returns how many were taken. Another tick at the same time takes others (on SQLite it waits). A key that
    is queued already adds nothing, and the plan moves all the same. One that fails by a fault of ours stays
    due, and takes no other with it.
    """
    due = Reminder.objects.filter(next_at__lte=now).order_by("next_at")
    following: dict[int, Occurrence | None] = {}
    asked = []
    for reminder in planned(due.select_for_update(skip_locked=True, of=("self",))[:BATCH]):
        try:
            taken = _take(reminder, now)
        except Exception:  # whatever it is, it must not take the others with it
            logger.exception("reminder %s cannot be planned", reminder.reminder_id)
            continue
        following[reminder.reminder_id] = taken.following if taken else None
        if taken:
            asked.append(taken.asked)
    _plan(following)
    outbox.queue_reminders(asked, now=now)
    return len(following)


@transaction.atomic
def start(*, track: HabitTrack, now: datetime) -> None:
    """Gives a track its reminder at the habit's time, or plans those that it has."""
    if not Reminder.objects.filter(track=track).exists():
        Reminder.objects.create(track=track)
    replan(track=track, now=now)


@transaction.atomic
def replan(*, track: HabitTrack, now: datetime, retimed: bool = False) -> None:
    """Plans the track's reminders anew; a `next_at` <= now stays, for the tick to take.

    `retimed`: the habit's time was edited. Reminders at that time move whatever their `next_at`, and what
    they had queued is dropped.
    """
    reminders = list(Reminder.objects.filter(track=track).select_for_update(of=("self",)).order_by("pk"))
    moved = [each for each in reminders if retimed and each.local_time is None]
    outbox.drop_unsent(Delivery.objects.filter(reminder__in=moved), reason="time changed")
    moving = [each for each in reminders if each in moved or each.next_at is None or each.next_at > now]
    fresh = with_all(HabitTrack.objects.filter(pk=track.pk)).get()
    calendars = _calendars(moving, {fresh.pk: fresh})
    for reminder in moving:
        calendar = calendars[reminder.pk]
        _set_next(reminder, calendar.first_after(now) if calendar else None)
    Reminder.objects.bulk_update(moving, ["next_at", "next_day"])


@transaction.atomic
def stop(*, track: HabitTrack) -> None:
    """Plans nothing more for a track that was left; its unsent messages are dropped."""
    Reminder.objects.filter(track=track).update(next_at=None, next_day=None)
    outbox.drop_unsent(Delivery.objects.filter(track=track), reason="left")


@transaction.atomic
def remove(*, track: HabitTrack) -> None:
    """Removes the reminders of a track that goes; what was sent stays on record without it."""
    # A tick passes over what is locked here, and what it had taken is seen below.
    reminders = list(Reminder.objects.filter(track=track).select_for_update(of=("self",)).order_by("pk"))
    deliveries = Delivery.objects.filter(track=track)
    outbox.drop_unsent(deliveries, reason="deleted")
    deliveries.update(track=None, reminder=None)
    Reminder.objects.filter(pk__in=[reminder.pk for reminder in reminders]).delete()


def _take(reminder: Planned, now: datetime) -> Taken | None:
    """The reminder's latest occurrence for the outbox, and its next one. None where it no longer fires."""
    if reminder.calendar is None or reminder.occurrence is None:
        return None
    turned = turn(reminder.calendar, reminder.occurrence, now)
    day, at = turned.latest.day, turned.latest.at
    asked = outbox.Asked(
        key=f"{reminder.track_id}:{day}:{reminder.calendar.time:%H:%M}",
        user_id=reminder.user_id,
        track_id=reminder.track_id,
        reminder_id=reminder.reminder_id,
        day=day,
        passed_over=turned.passed_over,
        due_at=at,
        available_at=at,
        expires_at=at + settings.DELIVERY_USEFUL_FOR,
    )
    return Taken(asked, turned.following)


def _plan(following: Mapping[int, Occurrence | None]) -> None:
    """Sets when reminders fire next; None: not any more."""
    ending = [pk for pk, occurrence in following.items() if occurrence is None]
    if ending:
        Reminder.objects.filter(pk__in=ending).update(next_at=None, next_day=None)
    moving = [(pk, occurrence.at, occurrence.day) for pk, occurrence in following.items() if occurrence]
    if moving:
        table, given = rows.table(moving)
        with connection.cursor() as cursor:
            cursor.execute(MOVE.format(table=table), given)


def _calendars(reminders: Collection[Reminder], tracks: dict[int, HabitTrack]) -> dict[int, Calendar | None]:
    """Each reminder's calendar; None where it has no time, is off, or its track was left."""
    known: dict[int, Course] = courses(tracks.values(), since={})
    return {
        reminder.pk: _calendar(reminder, tracks[reminder.track_id], known[reminder.track_id]) for reminder in reminders
    }


def _calendar(reminder: Reminder, track: HabitTrack, course: Course) -> Calendar | None:
    at = reminder.local_time or track.habit.time
    if at is None or not reminder.is_on or track.left_at is not None:
        return None
    return Calendar(plan=course.plan, is_paused=course.is_paused, clock=track.user.clock, time=at)


def _set_next(reminder: Reminder, occurrence: Occurrence | None) -> None:
    reminder.next_at = occurrence.at if occurrence else None
    reminder.next_day = occurrence.day if occurrence else None
