"""Reads of changes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from integrations.changes.rules import ChangeType
from integrations.models import Change, ChangeStream, StreakWatch


@dataclass(frozen=True, slots=True)
class Page:
    """Changes in their order, the position after them, and whether there are more."""

    changes: Sequence[Change]
    after: int
    has_more: bool


def page(stream: ChangeStream, *, after: int, limit: int, types: Collection[ChangeType]) -> Page:
    """Return the changes of these types after a position, up to the last that was numbered when `stream` was read."""
    numbered = Change.objects.filter(user=stream.user_id, sequence__gt=after, sequence__lte=stream.last_sequence)
    found = list(numbered.filter(type__in=types).order_by("sequence")[: limit + 1])
    shown = found[:limit]
    has_more = len(found) > limit
    return Page(shown, (shown[-1].sequence or 0) if has_more else stream.last_sequence, has_more)


def unnumbered_users(*, limit: int, apart_from: Collection[int]) -> list[int]:
    """Return the ids of users with changes that are not numbered yet, those that wait the longest first."""
    waiting = Change.objects.filter(sequence=None).exclude(user__in=apart_from).order_by("pk")
    return list(dict.fromkeys(waiting.values_list("user", flat=True)[:limit]))


def lapsed(*, now: datetime) -> QuerySet[StreakWatch]:
    """Return the streaks that have lapsed and of which programs were not told yet, oldest first."""
    return StreakWatch.objects.filter(lapses_at__lte=now).order_by("lapses_at", "pk")


def oldest_untold_at(*, now: datetime) -> datetime | None:
    """Return since when a change waits to be numbered, or a lapsed streak to be told; None: nothing waits."""
    waiting = Change.objects.filter(sequence=None).order_by("pk").values_list("occurred_at", flat=True).first()
    lapsed_at = lapsed(now=now).values_list("lapses_at", flat=True).first()
    return min((at for at in (waiting, lapsed_at) if at), default=None)
