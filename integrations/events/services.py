"""The services that store events: receiving them, and deleting them when their time is over.

An event is acknowledged once it is stored, together with the mark that its days are to be set. Setting them is the work
of integrations.events.applying: in the request where few tracks change, otherwise in the worker.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Count

from common.errors import DomainError
from common.wake import wake
from integrations.events import applying, queries, reading, rules
from integrations.events.applying import Results
from integrations.events.reading import TypedEvent
from integrations.events.rules import Event, Outcome
from integrations.models import EventDay, EventRule, EventType, RawEvent
from tracking.models import HabitTrack
from users.models import User

logger = logging.getLogger(__name__)

APPLY = "integrations.tasks.apply_events"
PURGE_BATCH = 2000  # rows
TYPES_AT_ONCE = 500  # that are looked at for events to purge
_STORED = ("day", "mode", "value", "peak", "unit", "kind", "start", "end", "moment", "received_at")


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of an item. `code`: why it was refused; `day`: the local day that it was counted for."""

    outcome: Outcome
    code: str = ""
    day: date | None = None


@dataclass(slots=True)
class _Stored:
    """What storing a request's events has done: for each item its result or the days of tracks that it may change."""

    results: list[ItemResult | None]
    touched: list[set[tuple[int, date]]]
    days: list[date | None]


def receive(*, user: User, source: str, items: Sequence[object], now: datetime) -> list[ItemResult]:
    """Store events of one source and set the days that they change; return what became of each item, in order.

    What is stored depends only on which events have come, not on their order or number. If days cannot be set now, or
    more than MAX_TRACKS_AT_ONCE tracks change, the worker sets them.
    """
    clock = user.clock
    read: list[TypedEvent | DomainError] = []
    for item in items:
        try:
            read.append(reading.read_event(item, clock=clock, now=now))
        except DomainError as error:
            read.append(error)
    stored = _store(user=user, source=source, read=read, now=now)
    tracks = sorted({track for touched in stored.touched for track, _ in touched})
    done = _apply_now(user, tracks, now)
    return [
        result or _result(touched, done, day)
        for result, touched, day in zip(stored.results, stored.touched, stored.days, strict=True)
    ]


def _result(touched: Iterable[tuple[int, date]], done: dict[int, Results], day: date | None) -> ItemResult:
    """Return the result of an item by those of the days that it may change. What the worker will do counts as applied."""
    found = {done[track].get(of, Outcome.APPLIED) if track in done else Outcome.APPLIED for track, of in touched}
    for outcome in (Outcome.APPLIED, Outcome.UNCHANGED):
        if outcome in found:
            return ItemResult(outcome, day=day)
    return ItemResult(Outcome.REFUSED, min(found), day)


def _apply_now(user: User, tracks: Sequence[int], now: datetime) -> dict[int, Results]:
    """Apply events to the first tracks, and wake the worker for the others. The events are stored: nothing fails here."""
    done: dict[int, Results] = {}
    for track_id in tracks[: rules.MAX_TRACKS_AT_ONCE]:
        try:
            done[track_id] = applying.apply_to_track(user=user, track_id=track_id, now=now)
        except HabitTrack.DoesNotExist:
            done[track_id] = {}
        except DatabaseError as error:
            logger.warning("events of track %s are left to the worker: %s", track_id, type(error).__name__)
            break
    if len(done) < len(tracks) or any(len(each) >= rules.MAX_DAYS_AT_ONCE for each in done.values()):
        wake(APPLY)
    return done


@transaction.atomic
def _store(*, user: User, source: str, read: Sequence[TypedEvent | DomainError], now: datetime) -> _Stored:
    """Store the events that could be read, with the marks of the days that they may change: all or none."""
    # The lock of the user makes concurrent requests and changes of rules run one after the other.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    events = [each for each in read if isinstance(each, TypedEvent)]
    types = _types(user, source, events)
    in_force = _rules_by_type(user, types.values())
    before = _existing(types, events)
    counts = _counts(types, events)
    after: dict[tuple[int, str], Event] = {}
    stored = _Stored([], [], [])
    for each in read:
        touched: set[tuple[int, date]] = set()
        if isinstance(each, DomainError):
            result: ItemResult | None = ItemResult(Outcome.REFUSED, each.code)
        elif (event_type := types.get(each.type)) is None:
            result = ItemResult(Outcome.REFUSED, "too_many_types")
        else:
            event, known = each.event, (event_type.pk, each.event.key)
            old = after.get(known) or before.get(known)
            new = rules.newest(old, event) if old else event
            if old is None and counts[event_type.pk, event.day] >= rules.MAX_EVENTS_OF_A_DAY:
                result = ItemResult(Outcome.REFUSED, "too_many_events", event.day)
            elif new == old:
                result = ItemResult(Outcome.DUPLICATE, day=event.day)
            else:
                counts[event_type.pk, event.day] += old is None
                after[known] = new
                touched = _touched(in_force.get(event_type.pk, []), old, new)
                result = None if touched else ItemResult(Outcome.NO_RULE, day=event.day)
                _note_last(event_type, event)
        stored.results.append(result)
        stored.touched.append(touched)
        stored.days.append(each.event.day if isinstance(each, TypedEvent) else None)
    _save(after, types.values(), now)
    mark_stale(day for touched in stored.touched for day in touched)
    return stored


def mark_stale(days: Iterable[tuple[int, date]]) -> None:
    """Mark days of tracks, given as (track id, day), as having events to apply. The caller has a transaction."""
    marked = [EventDay(track_id=track, day=day, is_stale=True) for track, day in sorted(set(days))]
    EventDay.objects.bulk_create(
        marked, update_conflicts=True, unique_fields=["track", "day"], update_fields=["is_stale"], batch_size=1000
    )


def _types(user: User, source: str, events: Iterable[TypedEvent]) -> dict[str, EventType]:
    """Return the types of the events by name, with new ones made, as long as the user has fewer than MAX_TYPES."""
    found = {each.name: each for each in EventType.objects.filter(user=user, source=source).order_by("pk")}
    new: dict[str, EventType] = {}
    for each in events:
        if each.type not in found and each.type not in new:
            new[each.type] = EventType(
                user=user, source=source, name=each.type, last_value=each.event.value, last_at=each.event.moment
            )
    if new:
        room = max(0, rules.MAX_TYPES - EventType.objects.filter(user=user).count())
        for made in EventType.objects.bulk_create(list(new.values())[:room]):
            found[made.name] = made
    names = {each.type for each in events}
    return {name: each for name, each in found.items() if name in names}


def _rules_by_type(user: User, types: Iterable[EventType]) -> dict[int, list[EventRule]]:
    """Return the rules of the types, locked: a track that is being deleted at the same time waits, or its rules are gone."""
    found: dict[int, list[EventRule]] = {}
    of_types = EventRule.objects.filter(user=user, event_type__in=[each.pk for each in types])
    for rule in of_types.order_by("pk").select_for_update(no_key=True):
        found.setdefault(rule.event_type_id, []).append(rule)
    return found


def _existing(types: dict[str, EventType], events: Sequence[TypedEvent]) -> dict[tuple[int, str], Event]:
    """Return what is stored of the events so far."""
    rows = RawEvent.objects.filter(
        event_type__in=[each.pk for each in types.values()], identity__in={each.event.key for each in events}
    )
    return {(row.event_type_id, row.identity): queries.event_of(row) for row in rows.order_by("pk")}


def _counts(types: dict[str, EventType], events: Sequence[TypedEvent]) -> Counter[tuple[int, date]]:
    """Return how many events are stored of each type on each of the events' days."""
    days = {each.event.day for each in events}
    rows = RawEvent.objects.filter(event_type__in=[each.pk for each in types.values()], day__in=days)
    grouped = rows.order_by().values_list("event_type_id", "day").annotate(Count("pk"))
    return Counter({(type_id, day): count for type_id, day, count in grouped})


def _touched(of_type: Iterable[EventRule], old: Event | None, new: Event) -> set[tuple[int, date]]:
    """Return the days of tracks that may change with a new version of an event."""
    versions = [each for each in (old, new) if each is not None]
    return {
        (rule.track_id, version.day)
        for rule in of_type
        for version in versions
        if version.day >= rule.since and rule.reading.takes(version.kind)
    }


def _note_last(event_type: EventType, event: Event) -> None:
    """Note an event's value, unit and kind in its type, if it is the latest: however many come in any order."""
    if (event.moment, event.value) >= (event_type.last_at, event_type.last_value):
        event_type.last_at, event_type.last_value, event_type.unit = event.moment, event.value, event.unit
    if event.kind and event.kind not in event_type.kinds:
        event_type.kinds = sorted({*event_type.kinds, event.kind})[: rules.MAX_KINDS]


def _save(events: dict[tuple[int, str], Event], types: Iterable[EventType], now: datetime) -> None:
    if not events:
        return
    rows = [_row(type_id, event, now) for (type_id, _), event in sorted(events.items(), key=lambda each: each[0])]
    RawEvent.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["event_type", "identity"], update_fields=_STORED, batch_size=1000
    )
    changed = {type_id for type_id, _ in events}
    EventType.objects.bulk_update(
        [each for each in types if each.pk in changed], ["unit", "last_value", "last_at", "kinds"]
    )


def _row(type_id: int, event: Event, now: datetime) -> RawEvent:
    values: dict[str, Any] = {name: getattr(event, name) for name in _STORED if name != "received_at"}
    return RawEvent(event_type_id=type_id, identity=event.key, received_at=now, **values)


@transaction.atomic
def delete_type(*, user: User, type_id: int) -> None:
    """Delete a type with its events and rules. Days stay as they are. Raises EventType.DoesNotExist."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    found = EventType.objects.get(user=user, pk=type_id)
    EventRule.objects.filter(event_type=found).delete()
    RawEvent.objects.filter(event_type=found).delete()
    found.delete()


@transaction.atomic
def purge(*, now: datetime) -> int:
    """Delete one batch of events older than KEPT_DAYS, and of what was noted of their days; return their number.

    No event is taken for a day of which some may be deleted.
    """
    before = now.date() - timedelta(days=rules.KEPT_DAYS + 1)
    old = list(RawEvent.objects.filter(day__lt=before).order_by("day").values_list("pk", flat=True)[:PURGE_BATCH])
    RawEvent.objects.filter(pk__in=old).delete()
    marks = EventDay.objects.filter(day__lt=before, is_stale=False)
    days = list(marks.order_by("pk").values_list("pk", flat=True)[:PURGE_BATCH])
    EventDay.objects.filter(pk__in=days).delete()
    return len(old) + len(days)


def purge_without_rule(*, now: datetime, after_type: int) -> int | None:
    """Delete one batch of events without a rule that are older than KEPT_DAYS_WITHOUT_RULE, in the order of their types.

    Return after which type the next batch starts; None: all is done. Found by their types, since by their days they stand
    among ten times as many that are kept.
    """
    without = EventType.objects.filter(rules=None, pk__gt=after_type).order_by("pk")
    types = list(without.values_list("pk", flat=True)[:TYPES_AT_ONCE])
    if not types:
        return None
    before = now.date() - timedelta(days=rules.KEPT_DAYS_WITHOUT_RULE)
    over = RawEvent.objects.filter(event_type__in=types, day__lt=before).order_by("event_type", "day")
    old = list(over.values_list("pk", flat=True)[:PURGE_BATCH])
    RawEvent.objects.filter(pk__in=old).delete()
    return types[-1] if len(old) < PURGE_BATCH else after_type


@transaction.atomic(savepoint=False)
def delete_for_track(*, track: HabitTrack) -> None:
    """Delete the rules of a track that is being deleted, and what was noted of its days."""
    EventRule.objects.filter(track=track).delete()
    EventDay.objects.filter(track=track).delete()


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Delete all events of a user whose account is being deleted; the rules went with the tracks."""
    EventRule.objects.filter(user=user).delete()
    RawEvent.objects.filter(event_type__user=user).delete()
    EventType.objects.filter(user=user).delete()
