"""Plans each reminder's next instant, and queues what is due. The only writer of reminders."""

import logging
from collections.abc import Collection
from datetime import datetime, time

from django.conf import settings
from django.db import transaction

from notifications import outbox
from notifications.models import Delivery, Reminder
from notifications.occurrences import Calendar, Occurrence, turn
from tracking.courses import Course, courses
from tracking.models import HabitTrack
from tracking.queries import with_all

logger = logging.getLogger(__name__)

BATCH = 500


@transaction.atomic
def queue_due(*, now: datetime) -> int:
    """Takes one batch of due reminders, oldest first: queues each one's latest occurrence, plans the next.

    Returns how many were taken. Another tick at the same time takes others (on SQLite it waits). A key that
    is queued already adds nothing, and the plan moves all the same. One that fails by a fault of ours stays
    due, and takes no other with it.
    """
    due = list(
        Reminder.objects.filter(next_at__lte=now)
        .order_by("next_at", "pk")
        .select_for_update(skip_locked=True, of=("self",))[:BATCH]
    )
    if not due:
        return 0
    tracks = {track.pk: track for track in with_all(HabitTrack.objects.filter(pk__in={r.track_id for r in due}))}
    calendars = _calendars(due, tracks)
    deliveries, taken = [], []
    for reminder in due:
        try:
            delivery = _take(reminder, tracks[reminder.track_id], calendars[reminder.pk], now)
        except Exception:  # whatever it is, it must not take the others with it
            logger.exception("reminder %s cannot be planned", reminder.pk)
            continue
        taken.append(reminder)
        if delivery:
            deliveries.append(delivery)
    Reminder.objects.bulk_update(taken, ["next_at", "next_day"])
    outbox.queue(deliveries)
    return len(taken)


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
    planned = [each for each in reminders if each in moved or each.next_at is None or each.next_at > now]
    fresh = with_all(HabitTrack.objects.filter(pk=track.pk)).get()
    calendars = _calendars(planned, {fresh.pk: fresh})
    for reminder in planned:
        calendar = calendars[reminder.pk]
        _set_next(reminder, calendar.first_after(now) if calendar else None)
    Reminder.objects.bulk_update(planned, ["next_at", "next_day"])


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


def _take(reminder: Reminder, track: HabitTrack, calendar: Calendar | None, now: datetime) -> Delivery | None:
    """The delivery of the reminder's latest occurrence; sets its next one. None where it no longer fires."""
    if calendar is None or reminder.next_at is None or reminder.next_day is None:
        _set_next(reminder, None)
        return None
    turned = turn(calendar, Occurrence(reminder.next_day, reminder.next_at), now)
    _set_next(reminder, turned.following)
    return _delivery(reminder, track, calendar.time, turned.latest, turned.passed_over)


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


def _delivery(reminder: Reminder, track: HabitTrack, at: time, occurrence: Occurrence, passed_over: int) -> Delivery:
    return Delivery(
        key=f"{track.pk}:{occurrence.day}:{at:%H:%M}",
        kind=Delivery.Kind.REMINDER,
        channel=Delivery.Channel.TELEGRAM,
        user=track.user,
        track=track,
        reminder=reminder,
        day=occurrence.day,
        passed_over=passed_over,
        due_at=occurrence.at,
        available_at=occurrence.at,
        expires_at=occurrence.at + settings.DELIVERY_USEFUL_FOR,
    )
