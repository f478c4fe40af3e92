"""Plans each reminder's next instant, and queues what is due. The only writer of reminders."""

import logging
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, NamedTuple

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from common import clock, rows
from common.errors import DomainError
from notifications import outbox, plans
from notifications.calendars import Planned, planned
from notifications.models import Delivery, Reminder, make_token
from notifications.occurrences import Occurrence, turn
from tracking.models import HabitTrack
from tracking.queries import locked_track
from users.models import User

logger = logging.getLogger(__name__)

BATCH = 500
MOST_OF_A_TRACK = 24
MOVE = """
UPDATE notifications_reminder SET next_at = moved.column2, next_day = moved.column3, planned_at = %s,
    retry_at = NULL, failures = 0, trouble = ''
FROM {table} AS moved WHERE notifications_reminder.id = moved.column1
"""


class DueReminder(NamedTuple):
    """A due reminder as a tick takes it: what it queues now, and when it fires next."""

    queued: outbox.Asked
    following: Occurrence | None


def queue_due(*, now: datetime, uncertain_until: datetime | None = None) -> int:
    """Take one batch of due reminders, oldest first: queue each one's latest occurrence, plan the next.

    Returns how many were looked at. Another tick at the same time takes others (on SQLite it waits). A key that
    is queued already adds nothing, and the plan moves all the same. One that fails by a fault of ours steps aside,
    and takes no other with it. What came due until `uncertain_until` is uncertain from the start.
    """
    due = plans.due(Reminder.objects.all(), now=now).order_by("next_at")
    try:
        return _queue(due[:BATCH], now=now, uncertain_until=uncertain_until)
    except OperationalError:
        raise
    except Exception:  # of one of them; each by itself shows of which
        logger.exception("a batch of reminders cannot be queued; each is tried by itself")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        one = Reminder.objects.filter(pk=pk, next_at__lte=now)
        try:
            _queue(one, now=now, uncertain_until=uncertain_until)
        except OperationalError:
            raise
        except Exception as error:  # whatever it is, it must not take the others with it
            plans.step_aside(one, {pk: error}, now=now)
    return len(ids)


@transaction.atomic
def replan_made_ahead(*, now: datetime, since: datetime | None) -> int:
    """Plan one batch of reminders again that a clock that ran ahead had planned; return how many.

    `since`: the last instant at which the clock was right, where it is known. What came due after it was passed over,
    and is planned, as far as it is still of use.
    """
    now = clock.now_at_least(now)
    made_ahead = plans.made_ahead(Reminder.objects.all(), now=now).order_by("planned_at")
    after = now - settings.DELIVERY_USEFUL_FOR
    after = max(since, after) if since else after
    following: dict[int, Occurrence | None] = {}
    trouble: dict[int, Exception] = {}
    batch = planned(made_ahead.select_for_update(skip_locked=True, of=("self",))[:BATCH])
    for each in batch:
        try:
            following[each.reminder_id] = each.first_after(after)
        except Exception as error:  # whatever it is, it must not take the others with it
            trouble[each.reminder_id] = error
    _plan(following, now=now)
    plans.step_aside(Reminder.objects.all(), trouble, now=now)
    return len(batch)


def set_back(delivery: Delivery) -> None:
    """Plan a message's reminder for that message's occurrence again, which a clock that ran ahead had queued."""
    later = Reminder.objects.filter(deliveries=delivery, next_at__gt=delivery.due_at)
    later.update(next_at=delivery.due_at, next_day=delivery.day)


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
    they had queued is dropped. Else what a clock ahead had planned is left to the tick, which knows since when.
    """
    following: dict[int, Occurrence | None] = {}
    moved = []
    mine = Reminder.objects.filter(track=track)
    for each in planned(_locked(mine if retimed else mine.exclude(planned_at__gt=clock.future_cutoff(now)))):
        if retimed and each.local_time is None:
            moved.append(each.reminder_id)
        elif each.next is not None and each.next <= now:
            continue
        following[each.reminder_id] = each.first_after(now)
    outbox.drop_unsent(Delivery.objects.filter(reminder__in=moved), reason="time changed")
    _plan(following, now=now)


@transaction.atomic
def add(
    *, user: User, track_id: int, local_time: time | None = None, text: str = "", is_on: bool = True, now: datetime
) -> Reminder:
    """Adds a reminder to a track of the user's: at a time of day, or (None) at the habit's.

    Raises DomainError does_not_exist, too_many, time_taken.
    """
    try:
        track = locked_track(user, track_id)
    except HabitTrack.DoesNotExist:
        track = None
    if track is None or track.left_at is not None:
        raise DomainError("does_not_exist", "You have no such track.", "track")
    if Reminder.objects.filter(track=track).count() >= MOST_OF_A_TRACK:
        raise DomainError("too_many", f"Up to {MOST_OF_A_TRACK} reminders of a track.", "track")
    reminder = Reminder(track=track, local_time=local_time, text=text, is_on=is_on)
    _check_time_is_free(reminder)
    reminder.save()
    replan(track=track, now=now)
    return reminder


@transaction.atomic
def edit(*, user: User, reminder_id: int, now: datetime, **changes: Any) -> Reminder:
    """Changes a reminder's local_time, text or is_on.

    At another time, or turned off, it drops what it had queued and moves whatever its `next_at`. Raises
    Reminder.DoesNotExist, DomainError time_taken.
    """
    reminder = _locked_reminder(user, reminder_id)
    before = reminder.local_time, reminder.is_on
    for name, value in changes.items():
        setattr(reminder, name, value)
    if reminder.local_time != before[0]:
        _check_time_is_free(reminder)
    reminder.save(update_fields=["local_time", "text", "is_on"])
    if (reminder.local_time, reminder.is_on) != before:
        reason = "time changed" if reminder.is_on else "turned off"
        outbox.drop_unsent(Delivery.objects.filter(reminder=reminder), reason=reason)
        _plan({reminder.pk: None}, now=now)
        replan(track=reminder.track, now=now)
    return reminder


@transaction.atomic
def delete(*, user: User, reminder_id: int) -> None:
    """Removes a reminder; what it had queued is dropped. Raises Reminder.DoesNotExist."""
    reminder = _locked_reminder(user, reminder_id)
    outbox.drop_unsent(Delivery.objects.filter(reminder=reminder), reason="deleted")
    reminder.delete()


@transaction.atomic
def stop(*, track: HabitTrack) -> None:
    """Plans nothing more for a track that was left; its unsent messages are dropped."""
    Reminder.objects.filter(track=track).update(next_at=None, next_day=None)
    outbox.drop_unsent(Delivery.objects.filter(track=track), reason="left")


@transaction.atomic
def remove(*, track: HabitTrack) -> None:
    """Removes the reminders of a track that goes; what was sent stays on record without it."""
    # A tick passes over what is locked here, and what it had taken is seen below.
    reminders = list(_locked(Reminder.objects.filter(track=track)))
    deliveries = Delivery.objects.filter(track=track)
    outbox.drop_unsent(deliveries, reason="deleted")
    deliveries.update(track=None, reminder=None)
    Reminder.objects.filter(pk__in=[reminder.pk for reminder in reminders]).delete()


@transaction.atomic
def _queue(due: QuerySet[Reminder], *, now: datetime, uncertain_until: datetime | None) -> int:
    """Queue and plan the reminders in one transaction, those that cannot be planned stepping aside; how many."""
    following: dict[int, Occurrence | None] = {}
    trouble: dict[int, Exception] = {}
    queued = []
    batch = planned(due.select_for_update(skip_locked=True, of=("self",)))
    for reminder in batch:
        try:
            taken = _take(reminder, now, uncertain_until)
        except Exception as error:  # whatever it is, it must not take the others with it
            trouble[reminder.reminder_id] = error
            continue
        following[reminder.reminder_id] = taken.following if taken else None
        if taken:
            queued.append(taken.queued)
    _plan(following, now=now)
    outbox.queue_reminders(queued, now=now)
    plans.step_aside(Reminder.objects.all(), trouble, now=now)
    return len(batch)


def _take(reminder: Planned, now: datetime, uncertain_until: datetime | None) -> DueReminder | None:
    """The reminder's latest occurrence for the outbox, and its next one. None where it no longer fires."""
    if reminder.trouble is not None:
        raise reminder.trouble
    if reminder.calendar is None or reminder.occurrence is None:
        return None
    turned = turn(reminder.calendar, reminder.occurrence, now)
    day, at = turned.latest.day, turned.latest.at
    queued = outbox.Asked(
        key=f"{reminder.track_id}:{day}:{reminder.calendar.time:%H:%M}",
        token=make_token(),
        user_id=reminder.user_id,
        track_id=reminder.track_id,
        reminder_id=reminder.reminder_id,
        day=day,
        passed_over=turned.passed_over,
        due_at=at,
        available_at=at,
        expires_at=at + settings.DELIVERY_USEFUL_FOR,
        uncertain=uncertain_until is not None and at <= uncertain_until,
    )
    return DueReminder(queued, turned.following)


def _plan(following: Mapping[int, Occurrence | None], *, now: datetime) -> None:
    """Sets when reminders fire next; None: not any more."""
    ending = [pk for pk, occurrence in following.items() if occurrence is None]
    if ending:
        Reminder.objects.filter(pk__in=ending).update(next_at=None, next_day=None, planned_at=now, **plans.PLANNED_WELL)
    moving = [(pk, occurrence.at, occurrence.day) for pk, occurrence in following.items() if occurrence]
    if moving:
        table, given = rows.values_table(moving)
        with connection.cursor() as cursor:
            cursor.execute(MOVE.format(table=table), [rows.adapted(now), *given])


def _locked(reminders: QuerySet[Reminder]) -> QuerySet[Reminder]:
    return reminders.select_for_update(of=("self",)).order_by("pk")


def _locked_reminder(user: User, reminder_id: int) -> Reminder:
    """The user's reminder after its track, both locked. Raises Reminder.DoesNotExist."""
    mine = Reminder.objects.filter(track__user=user, track__left_at=None)
    track = locked_track(user, mine.values_list("track", flat=True).get(pk=reminder_id))
    reminder = _locked(Reminder.objects.filter(track=track)).get(pk=reminder_id)
    reminder.track = track
    return reminder


def _check_time_is_free(reminder: Reminder) -> None:
    """Two at one time would be one message. Raises DomainError."""
    others = Reminder.objects.filter(track=reminder.track).exclude(pk=reminder.pk)
    habits_time = reminder.track.habit.time
    if (reminder.local_time or habits_time) in {each.local_time or habits_time for each in others}:
        raise DomainError("time_taken", "This track has a reminder at this time.", "local_time")
