"""Reads of events and their rules."""

from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import QuerySet

from integrations.events.rules import Event, Mode
from integrations.models import EventRule, EventType, RawEvent
from users.models import User


def types_of(user: User) -> QuerySet[EventType]:
    """Return the types that the user's sources have sent, with their rules, by source and name."""
    return EventType.objects.filter(user=user).prefetch_related("rules").order_by("source", "name", "pk")


def events_of(user: User, *, type_id: int | None = None) -> QuerySet[RawEvent]:
    """Return the user's stored events, the latest first; `type_id`: only of this type."""
    events = RawEvent.objects.filter(event_type__user=user).select_related("event_type")
    if type_id is not None:
        events = events.filter(event_type=type_id)
    return events.order_by("-moment", "-pk")


def rules_of(user: User) -> QuerySet[EventRule]:
    """Return the user's rules with their types, newest first."""
    return EventRule.objects.filter(user=user).select_related("event_type").order_by("-pk")


def event_of(row: RawEvent) -> Event:
    """Return a stored event as a value."""
    return Event(
        key=row.identity,
        day=row.day,
        mode=Mode(row.mode),
        value=row.value,
        peak=row.peak,
        unit=row.unit,
        kind=row.kind,
        start=row.start,
        end=row.end,
        moment=row.moment,
    )


def events_by_day(types: Iterable[int], days: Collection[date]) -> dict[tuple[int, date], list[Event]]:
    """Return the stored events of the types on the days, by type and day."""
    found: dict[tuple[int, date], list[Event]] = {}
    rows = RawEvent.objects.filter(event_type__in=set(types), day__gte=min(days), day__lte=max(days))
    wanted = set(days)
    for row in rows.order_by("pk"):
        if row.day in wanted:
            found.setdefault((row.event_type_id, row.day), []).append(event_of(row))
    return found
