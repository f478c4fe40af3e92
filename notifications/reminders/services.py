"""Planning of reminders, and queueing of those that are due. The only writer of reminders."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import NamedTuple, TypedDict, Unpack

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery

from common import clock, rows
from common.edits import apply_edit
from common.errors import DomainError
from notifications.models import Delivery, Reminder, make_token
from notifications.outbox import archive, later
from notifications.outbox import services as outbox
from notifications.reminders import planning as plans
from notifications.reminders.occurrences import Occurrence, advance
from notifications.reminders.plans import ReminderState, load_reminder_states
from notifications.reminders.rules import MAX_PER_TRACK
from tracking.models import HabitChange, HabitTrack
from tracking.tracks.queries import locked_track, named_track
from users.models import User

logger = logging.getLogger(__name__)

BATCH = 500
SET_NEXT = """
UPDATE notifications_reminder SET next_at = planned.column2, next_day = planned.column3, planned_at = %s,
    retry_at = NULL, failures = 0, last_error = ''
FROM {table} AS planned WHERE notifications_reminder.id = planned.column1
"""


class ReminderEdit(TypedDict, total=False):
    """What a user may change of a reminder."""

    local_time: time | None
    text: str
    is_on: bool


class DueReminder(NamedTuple):
    """A due reminder: the message to queue now, and the next occurrence to plan (None: there is none)."""

    queued: outbox.QueuedReminder
    following: Occurrence | None


def queue_due(*, now: datetime, uncertain_until: datetime | None = None) -> int:
    """Queue one batch of due reminders, oldest first, and plan the next occurrences; return how many were processed.

    Of each reminder only the latest occurrence that is due is queued. Ticks that run at the same time process different
    reminders (on SQLite they wait for each other). If a message with the same key exists already, only the plan is
    updated. After an unexpected error a reminder is left alone until its `retry_at`; the others are queued. Reminders due
    before `uncertain_until` are queued as uncertain.
    """
    due = plans.due(Reminder.objects.all(), now=now).order_by("next_at")
    try:
        return _queue(due[:BATCH], now=now, uncertain_until=uncertain_until)
    except OperationalError:
        raise
    except Exception:  # find out which reminder causes it: queue each one alone
        logger.exception("a batch of reminders cannot be queued; trying each one alone")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        one = Reminder.objects.filter(pk=pk, next_at__lte=now)
        try:
            _queue(one, now=now, uncertain_until=uncertain_until)
        except OperationalError:
            raise
        except Exception as error:  # any error: the other reminders must still be queued
            plans.record_failures(one, {pk: error}, now=now)
    return len(ids)


@transaction.atomic
def replan_after_fast_clock(*, now: datetime, since: datetime | None) -> int:
    """Plan one batch of reminders again that a clock which ran ahead had planned; return how many.

    `since` is the last instant at which the clock was right, if known. Occurrences that were due after it and are still
    useful are planned for that time.
    """
    now = clock.now_at_least(now)
    planned_ahead = plans.planned_by_fast_clock(Reminder.objects.all(), now=now).order_by("planned_at")
    after = now - settings.DELIVERY_USEFUL_FOR
    after = max(since, after) if since else after
    following: dict[int, Occurrence | None] = {}
    errors: dict[int, Exception] = {}
    batch = load_reminder_states(planned_ahead.select_for_update(skip_locked=True, of=("self",))[:BATCH])
    for each in batch:
        try:
            following[each.reminder_id] = each.first_after(after)
        except Exception as error:  # any error: the other reminders must still be planned
            errors[each.reminder_id] = error
    _plan(following, now=now)
    plans.record_failures(Reminder.objects.all(), errors, now=now)
    return len(batch)


def rewind_to(delivery: Delivery) -> None:
    """Set a reminder back to the occurrence of a message that a clock which ran ahead queued too early."""
    later = Reminder.objects.filter(deliveries=delivery, next_at__gt=delivery.due_at)
    later.update(next_at=delivery.due_at, next_day=delivery.day)


@transaction.atomic(savepoint=False)
def start(*, track: HabitTrack, now: datetime) -> None:
    """Plan the reminders of a track that was started; one without reminders gets one at the habit's time.

    A managed user is reminded by the service whose user it is.
    """
    if track.user.is_managed:
        return
    if not Reminder.objects.filter(track=track).exists():
        Reminder.objects.create(track=track)
    replan(track=track, now=now)


@transaction.atomic(savepoint=False)
def replan(*, track: HabitTrack, now: datetime, retimed_at: datetime | None = None) -> None:
    """Plan the track's reminders again, except those that are due, which are left to the tick.

    `retimed_at`: when the habit's time was edited. Reminders at that time are planned again from then on, even if they are
    due, and their unsent messages are dropped, but for those that a person has put off. Otherwise reminders planned by a
    clock that ran ahead are left to the tick, which knows since when the clock was wrong.
    """
    following: dict[int, Occurrence | None] = {}
    moved = []
    reminders = Reminder.objects.filter(track=track)
    if retimed_at is None:
        reminders = reminders.exclude(planned_at__gt=clock.future_cutoff(now))
    for each in load_reminder_states(_locked(reminders)):
        if retimed_at is not None and each.local_time is None and each.is_moved:
            moved.append(each.reminder_id)
            # What the new time asked for since the edit is due, and left to the tick.
            following[each.reminder_id] = each.first_after(min(retimed_at, now))
            continue
        if each.next is not None and each.next <= now:
            continue
        following[each.reminder_id] = each.first_after(now)
    _drop_retimed(Delivery.objects.filter(reminder__in=moved))
    _plan(following, now=now)


@transaction.atomic
def add(
    *, user: User, track_id: int, local_time: time | None = None, text: str = "", is_on: bool = True, now: datetime
) -> Reminder:
    """Add a reminder to one of the user's tracks and return it. `local_time` None means the habit's time.

    Raises DomainError too_many, time_taken, and those of named_track.
    """
    track = named_track(user, track_id)
    if Reminder.objects.filter(track=track).count() >= MAX_PER_TRACK:
        raise DomainError("too_many", f"A track can have at most {MAX_PER_TRACK} reminders.", "track")
    reminder = Reminder(track=track, local_time=local_time, text=text, is_on=is_on)
    _check_time_is_free(reminder)
    reminder.save()
    replan(track=track, now=now)
    return reminder


@transaction.atomic(savepoint=False)
def replace_all(*, track: HabitTrack, reminders: Sequence[tuple[time | None, str, bool]], now: datetime) -> None:
    """Give a track exactly these reminders: time (None: the habit's), text, and whether it is on. For a restore.

    Those at a time that another one has, and those above the limit, are left out.
    """
    outbox.drop_unsent(Delivery.objects.filter(reminder__track=track), reason="deleted")
    Reminder.objects.filter(track=track).delete()
    by_time = {at: Reminder(track=track, local_time=at, text=text, is_on=is_on) for at, text, is_on in reminders}
    Reminder.objects.bulk_create(list(by_time.values())[:MAX_PER_TRACK])
    replan(track=track, now=now)


@transaction.atomic
def edit(*, user: User, reminder_id: int, now: datetime, **changes: Unpack[ReminderEdit]) -> Reminder:
    """Change a reminder and return it.

    If the time or is_on changes, unsent messages are dropped (of another time those that a person has put off stay), and
    the reminder is planned again, even if it is due.
    Raises Reminder.DoesNotExist, DomainError time_taken.
    """
    reminder = _locked_reminder(user, reminder_id)
    before = reminder.local_time, reminder.is_on
    apply_edit(reminder, changes, fields=ReminderEdit)
    if reminder.local_time != before[0]:
        _check_time_is_free(reminder)
    reminder.save(update_fields=["local_time", "text", "is_on"])
    if (reminder.local_time, reminder.is_on) != before:
        deliveries = Delivery.objects.filter(reminder=reminder)
        if reminder.is_on:
            _drop_retimed(deliveries)
        else:
            outbox.drop_unsent(deliveries, reason="turned off")
        _plan({reminder.pk: None}, now=now)
        replan(track=reminder.track, now=now)
    return reminder


@transaction.atomic
def delete(*, user: User, reminder_id: int) -> None:
    """Delete a reminder and drop its unsent messages. Raises Reminder.DoesNotExist."""
    reminder = _locked_reminder(user, reminder_id)
    outbox.drop_unsent(Delivery.objects.filter(reminder=reminder), reason="deleted")
    reminder.delete()


@transaction.atomic(savepoint=False)
def stop(*, track: HabitTrack) -> None:
    """End the planning of reminders of a track that was left, and drop its unsent messages."""
    Reminder.objects.filter(track=track).update(next_at=None, next_day=None)
    outbox.drop_unsent(Delivery.objects.filter(track=track), reason="left")


@transaction.atomic(savepoint=False)
def remove(*, track: HabitTrack) -> None:
    """Delete the reminders of a track that is being deleted, and drop its unsent messages.

    Messages that were sent are kept, without the reference to the track.
    """
    # Lock first: a tick skips locked reminders, and messages that it queued before are found below.
    reminders = list(_locked(Reminder.objects.filter(track=track)))
    deliveries = Delivery.objects.filter(track=track)
    outbox.drop_unsent(deliveries, reason="deleted")
    deliveries.update(track=None, reminder=None)
    archive.forget_track(track.pk)
    Reminder.objects.filter(pk__in=[reminder.pk for reminder in reminders]).delete()


@transaction.atomic
def _queue(due: QuerySet[Reminder], *, now: datetime, uncertain_until: datetime | None) -> int:
    """Queue and plan the reminders in one transaction, recording failures; return how many there were."""
    following: dict[int, Occurrence | None] = {}
    errors: dict[int, Exception] = {}
    queued = []
    batch = load_reminder_states(due.select_for_update(skip_locked=True, of=("self",)))
    retimed = _awaiting_a_new_time(batch)
    for reminder in batch:
        try:
            if edited_at := retimed.get(reminder.reminder_id):
                following[reminder.reminder_id] = reminder.first_after(min(edited_at, now))
                continue
            due_reminder = _advance(reminder, now, uncertain_until)
        except Exception as error:  # any error: the other reminders must still be queued
            errors[reminder.reminder_id] = error
            continue
        following[reminder.reminder_id] = due_reminder.following if due_reminder else None
        if due_reminder:
            queued.append(due_reminder.queued)
    _plan(following, now=now)
    outbox.queue_reminders(queued, now=now)
    plans.record_failures(Reminder.objects.all(), errors, now=now)
    return len(batch)


def _awaiting_a_new_time(batch: Sequence[ReminderState]) -> dict[int, datetime]:
    """Return when the owner of the habit has changed the time for which reminders are planned, by the reminder's id.

    The worker applies such an edit to followers a little later, after an outage much later. What is planned for the old
    time must not go out as that of the new one, which would then be taken for sent.
    """
    moved = [each for each in batch if each.local_time is None and each.error is None and each.is_moved]
    if not moved:
        return {}
    changes = HabitChange.objects.filter(habit=OuterRef("habit"), retimed=True, done_to__lt=OuterRef("pk"))
    last = Subquery(changes.order_by("-pk").values("created_at")[:1])
    tracks = HabitTrack.objects.filter(pk__in=[each.track_id for each in moved]).exclude(user=F("habit__owner"))
    edited_at = dict(tracks.annotate(edited_at=last).exclude(edited_at=None).values_list("pk", "edited_at"))
    return {each.reminder_id: edited_at[each.track_id] for each in moved if each.track_id in edited_at}


def _drop_retimed(deliveries: QuerySet[Delivery]) -> None:
    """Drop unsent messages of reminders whose time has changed; what a person has put off comes when it was said to."""
    outbox.drop_unsent(deliveries.exclude(key__startswith=later.KEYS), reason="time changed")


def _advance(reminder: ReminderState, now: datetime, uncertain_until: datetime | None) -> DueReminder | None:
    """Return the message of the latest occurrence and the next occurrence; None if the reminder is no longer active."""
    if reminder.error is not None:
        raise reminder.error
    if reminder.calendar is None or reminder.occurrence is None:
        return None
    advanced = advance(reminder.calendar, reminder.occurrence, now)
    day, at = advanced.latest.day, advanced.latest.at
    queued = outbox.QueuedReminder(
        key=f"{reminder.track_id}:{day}:{reminder.calendar.time:%H:%M}",
        token=make_token(),
        user_id=reminder.user_id,
        track_id=reminder.track_id,
        reminder_id=reminder.reminder_id,
        day=day,
        missed_count=advanced.missed_count,
        due_at=at,
        available_at=at,
        expires_at=at + settings.DELIVERY_USEFUL_FOR,
        uncertain=uncertain_until is not None and at <= uncertain_until,
    )
    return DueReminder(queued, advanced.following)


def _plan(following: Mapping[int, Occurrence | None], *, now: datetime) -> None:
    """Set the next occurrences of reminders by id; None: nothing is planned."""
    ended = [pk for pk, occurrence in following.items() if occurrence is None]
    if ended:
        Reminder.objects.filter(pk__in=ended).update(next_at=None, next_day=None, planned_at=now, **plans.NO_FAILURES)
    planned = [(pk, occurrence.at, occurrence.day) for pk, occurrence in following.items() if occurrence]
    if planned:
        table, params = rows.values_table(planned)
        with connection.cursor() as cursor:
            cursor.execute(SET_NEXT.format(table=table), [rows.adapted(now), *params])


def _locked(reminders: QuerySet[Reminder]) -> QuerySet[Reminder]:
    return reminders.select_for_update(of=("self",)).order_by("pk")


def _locked_reminder(user: User, reminder_id: int) -> Reminder:
    """Return the user's reminder, locked after its track to avoid deadlocks. Raises Reminder.DoesNotExist."""
    own = Reminder.objects.filter(track__user=user, track__left_at=None)
    track = locked_track(user, own.values_list("track", flat=True).get(pk=reminder_id))
    reminder = _locked(Reminder.objects.filter(track=track)).get(pk=reminder_id)
    reminder.track = track
    return reminder


def _check_time_is_free(reminder: Reminder) -> None:
    """Raise DomainError time_taken if another reminder of the track has the same time.

    Two reminders at the same time would have the same key in the outbox, so only one would be sent.
    """
    others = Reminder.objects.filter(track=reminder.track).exclude(pk=reminder.pk)
    habits_time = reminder.track.habit.time
    if (reminder.local_time or habits_time) in {each.local_time or habits_time for each in others}:
        raise DomainError("time_taken", "This track already has a reminder at this time.", "local_time")
