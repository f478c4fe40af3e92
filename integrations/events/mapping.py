"""The services that write rules: making, changing and deleting them, and reading the last days again."""

from datetime import datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import transaction

from common.edits import apply_edit
from common.errors import DomainError
from integrations.events import applying, queries, rules, services
from integrations.events.rules import Aggregation
from integrations.models import EventRule, EventType, RawEvent
from tracking.models import HabitTrack
from tracking.tracks.queries import named_track
from users.models import User
from users.timing import DAY


class RuleEdit(TypedDict, total=False):
    """What may change of a rule."""

    aggregation: str
    factor: Decimal
    kind: str
    only_raise: bool


def create(
    *,
    user: User,
    event_type: int,
    track: int,
    aggregation: str = Aggregation.SUM,
    factor: Decimal = Decimal(1),
    kind: str = "",
    only_raise: bool = False,
    now: datetime,
) -> EventRule:
    """Make a rule from a type of the user to their track, and apply the events of the last REPLAYED_DAYS days.

    Raises DomainError does_not_exist (of a type), out_of_range, too_many_rules, rule_exists, and those of named_track.
    """
    rules.check_factor(factor)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        found = EventType.objects.filter(user=user, pk=event_type).first()
        if found is None:
            raise DomainError("does_not_exist", "You have no such type of event.", "event_type")
        of_track = named_track(user, track)
        if EventRule.objects.filter(user=user).count() >= rules.MAX_RULES:
            raise DomainError("too_many_rules", f"You already have {rules.MAX_RULES} rules. Delete one first.")
        _check_new(found, of_track, kind)
        rule = EventRule.objects.create(
            user=user,
            event_type=found,
            track=of_track,
            aggregation=aggregation,
            factor=factor,
            kind=kind,
            only_raise=only_raise,
            since=user.clock.day_of(now) - (rules.REPLAYED_DAYS - 1) * DAY,
            created_at=now,
        )
        _mark(rule, user, now)
    applying.apply_to_track(user=user, track_id=track, now=now)
    return rule


def edit(*, user: User, rule_id: int, now: datetime, **changes: Unpack[RuleEdit]) -> EventRule:
    """Change a rule and apply the events of the last REPLAYED_DAYS days again; earlier days stay as they are.

    Raises EventRule.DoesNotExist, DomainError out_of_range, rule_exists.
    """
    if "factor" in changes:
        rules.check_factor(changes["factor"])
    with transaction.atomic():
        rule = _locked(user, rule_id)
        if "kind" in changes and changes["kind"] != rule.kind:
            _check_new(rule.event_type, rule.track, changes["kind"])
        apply_edit(rule, changes, fields=RuleEdit)
        rule.save(update_fields=["aggregation", "factor", "kind", "only_raise"])
        _mark(rule, user, now)
    applying.apply_to_track(user=user, track_id=rule.track_id, now=now)
    return rule


def delete(*, user: User, rule_id: int) -> None:
    """Delete a rule. Days stay as they are. Raises EventRule.DoesNotExist."""
    with transaction.atomic():
        _locked(user, rule_id).delete()


def replay(*, user: User, rule_id: int, now: datetime) -> applying.Results:
    """Apply the events of the last REPLAYED_DAYS days again, and return what became of each day of the track.

    A day that the user has changed since stays as it is, unless its events have changed. Raises EventRule.DoesNotExist.
    """
    with transaction.atomic():
        rule = _locked(user, rule_id)
        _mark(rule, user, now)
    return applying.apply_to_track(user=user, track_id=rule.track_id, now=now)


def _locked(user: User, rule_id: int) -> EventRule:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return queries.rules_of(user).get(pk=rule_id)


def _check_new(event_type: EventType, track: HabitTrack, kind: str) -> None:
    if EventRule.objects.filter(event_type=event_type, track=track, kind=kind).exists():
        raise DomainError("rule_exists", "There is a rule from this type to this habit. Change that one.")


def _mark(rule: EventRule, user: User, now: datetime) -> None:
    """Mark the last REPLAYED_DAYS days that have events of the rule's type."""
    first = max(rule.since, user.clock.day_of(now) - (rules.REPLAYED_DAYS - 1) * DAY)
    days = RawEvent.objects.filter(event_type=rule.event_type_id, day__gte=first).order_by("day")
    services.mark_stale((rule.track_id, day) for day in days.values_list("day", flat=True).distinct())
