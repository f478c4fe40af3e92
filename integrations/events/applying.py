"""Setting days of tracks by the events that are stored: the work after an event was acknowledged.

`EventDay.is_stale` marks the days that have it before them. The mark is written with the events, in one transaction, and
taken away with the change of the log, in another: whatever ends in between, the day is still marked, and the next tick
finds it. What a day becomes is calculated from all events of the day, so doing it twice changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from common.errors import DomainError
from common.row_backoff import RowBackoff
from integrations.events import queries, rules
from integrations.events.rules import Event, OwnEntry
from integrations.models import EventDay, EventRule
from tracking.logs import services as logs
from tracking.logs.services import DayEntry
from tracking.models import HabitLog, HabitTrack
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import locked_track
from users.models import User

TRACKS_AT_ONCE = 50
_FAILED = RowBackoff("applying events to track")

# What became of a day: "applied", "unchanged", or the code of a refusal.
Results = dict[date, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A day to set, and the source that its log gets; without a source the day is to be cleared."""

    entry: DayEntry
    source: str


def apply_stale(*, now: datetime) -> int:
    """Apply events to tracks that have stale days, a transaction for each; return how many tracks were tried."""
    stale = EventDay.objects.filter(is_stale=True).exclude(track__in=_FAILED.waiting(now=now))
    found = stale.order_by("track_id").values_list("track_id", flat=True).distinct()[:TRACKS_AT_ONCE]
    tracks = HabitTrack.objects.filter(pk__in=list(found)).select_related("user").order_by("pk")
    for track in tracks:
        with _FAILED.attempt(track.pk, now=now):
            apply_to_track(user=track.user, track_id=track.pk, now=now)
    return len(tracks)


@transaction.atomic
def apply_to_track(*, user: User, track_id: int, now: datetime) -> Results:
    """Apply events to the stale days of a track, up to MAX_DAYS_AT_ONCE, and return what became of each.

    Sends what tracking.logs.services sends. A track without rules keeps its days. Raises HabitTrack.DoesNotExist.
    """
    track = locked_track(user, track_id)
    of_track = EventDay.objects.filter(track=track, is_stale=True)
    days = list(of_track.order_by("day").select_for_update(no_key=True)[: rules.MAX_DAYS_AT_ONCE])
    if not days:
        return {}
    values = _values(track, [each.day for each in days])
    stored = {log.day: log for log in HabitLog.objects.filter(track=track, day__in=[each.day for each in days])}
    results: Results = {}
    changes: list[Change] = []
    for each in days:
        each.is_stale = False
        if each.day not in values or (values[each.day] == each.value and not each.refusal):
            results[each.day] = rules.Outcome.UNCHANGED
            continue
        log = stored.get(each.day)
        _note_own(each, log)
        change = _change(track, each, values[each.day], log)
        if change is not None:
            changes.append(change)
        results[each.day] = rules.Outcome.APPLIED if change else rules.Outcome.UNCHANGED
    refusals = _record(track, changes, now=now)
    for each in days:
        each.refusal = refusals.get(each.day, "")
        if each.refusal:
            results[each.day] = each.refusal
        elif each.day in values:
            each.value = values[each.day]
    EventDay.objects.bulk_update(days, ["value", "own_status", "own_amount", "own_source", "refusal", "is_stale"])
    return results


def _values(track: HabitTrack, days: Sequence[date]) -> dict[date, Decimal | None]:
    """Return what the rules of a track give its days: the greatest, if there are several. Days of no rule are left out."""
    of_track = list(EventRule.objects.filter(track=track).order_by("pk"))
    if not of_track:
        return {}
    events = queries.events_by_day((rule.event_type_id for rule in of_track), days)
    found: dict[date, Decimal | None] = {}
    for day in days:
        in_force = [rule for rule in of_track if rule.since <= day]
        if in_force:
            found[day] = _greatest(in_force, events, day)
    return found


def _greatest(
    of_track: Sequence[EventRule], events: Mapping[tuple[int, date], list[Event]], day: date
) -> Decimal | None:
    values = [rules.day_value(events.get((rule.event_type_id, day), []), rule.reading) for rule in of_track]
    return max((value for value in values if value is not None), default=None)


def _note_own(day: EventDay, log: HabitLog | None) -> None:
    """Note what the user has recorded themselves. What events wrote over is known from before."""
    if log is None:
        day.own_status, day.own_amount, day.own_source = "", None, ""
    elif log.source != HabitLog.Source.EVENT:
        day.own_status, day.own_amount, day.own_source = log.status, log.amount, log.source


def _change(track: HabitTrack, day: EventDay, value: Decimal | None, log: HabitLog | None) -> Change | None:
    """Return what makes the day what it should be, or None if it is that."""
    schedule = plan_of(track).in_force(day.day)
    own = OwnEntry(day.own_status, day.own_amount)
    amount = rules.amount_to_record(
        value, own, daily_amount=schedule.daily_amount, is_limit=schedule.limit_per_period is not None
    )
    completed_at = log.completed_at if log else None
    if amount is not None:
        if log is not None and log.amount == amount:
            return None
        return Change(DayEntry(day=day.day, amount=amount, completed_at=completed_at), HabitLog.Source.EVENT)
    if log is None or log.source != HabitLog.Source.EVENT:
        return None  # what the user recorded stands
    if not own.status:
        return Change(DayEntry(day=day.day), "")
    return Change(DayEntry(day=day.day, status=own.status, amount=own.amount), day.own_source)


def _record(track: HabitTrack, changes: Sequence[Change], *, now: datetime) -> dict[date, str]:
    """Set or clear days and return the codes of those that are refused: one of them keeps back no other."""
    by_events = [each for each in changes if each.source == HabitLog.Source.EVENT]
    others = [each for each in changes if each.source != HabitLog.Source.EVENT]
    if not _try(track, by_events, now):
        by_events = []  # all at once, as nearly always
    refusals = {each.entry.day: _try(track, [each], now) for each in [*by_events, *others]}
    return {day: code for day, code in refusals.items() if code}


def _try(track: HabitTrack, changes: Sequence[Change], now: datetime) -> str:
    """Make the changes, which have one source, all or none; return "" or the code of the refusal."""
    user, entries = track.user, [each.entry for each in changes]
    try:
        if changes and not changes[0].source:
            for entry in entries:
                logs.clear_day(user=user, track_id=track.pk, day=entry.day, now=now)
        elif changes:
            logs.set_days(user=user, track_id=track.pk, days=entries, source=changes[0].source, now=now)
    except DomainError as error:
        return error.code
    return ""
