"""A group's feed: what its members did of its habits lately, and what they shared, the newest first. Reads only.

It is read from the logs and links themselves: who leaves the group, or no longer shows a habit, is gone from it at
once, and an edit of a log is an edit of the feed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import F, Model, Q, QuerySet

from achievements import sharing
from achievements.models import ShareLink
from achievements.sharing import LinkDetails
from community.models import Group, GroupMember, GroupShare
from community.queries import unbarred
from tracking.models import HabitLog
from tracking.streaks import Status

REACHES_BACK = timedelta(days=30)
DONE, SHARED = "done", "shared"

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a feed: an instant, and which of several in it."""

    at: datetime
    kind: str
    number: int


@dataclass(frozen=True, slots=True)
class Item:
    """That somebody completed a day, and when they said so; or what they shared."""

    place: Place
    username: str
    log: HabitLog | None = None
    share: LinkDetails | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a feed, and the place before which it goes on (None: nowhere)."""

    items: list[Item]
    goes_on: Place | None


def feed(group: Group, *, now: datetime, limit: int, before: Place | None = None) -> Page:
    """About `limit` items of the last 30 days, those before a place; a fixed number of queries.

    Of logs, completed days since they are shown to the group; of shares, those whose links are live.
    """
    since = now - REACHES_BACK
    logs = _before(_logs(group, since), DONE, "created_at", before)[: limit + 1]
    shares = _before(_shares(group, since), SHARED, "posted_at", before)[: limit + 1]
    found = [Item(Place(log.created_at, DONE, log.pk), log.track.user.username, log=log) for log in logs]
    found += _shared(shares, now)
    found.sort(key=lambda item: item.place, reverse=True)
    shown = [item for item in found[:limit] if item.log or (item.share and item.share.is_live)]
    return Page(shown, found[limit - 1].place if len(found) > limit else None)


def _logs(group: Group, since: datetime) -> QuerySet[HabitLog]:
    return HabitLog.objects.filter(
        track__user__is_active=True,
        track__group_tracks__group_habit__group=group,
        created_at__gte=F("track__group_tracks__shown_since"),
        status=Status.COMPLETED.value,
        day__gte=since.date(),
    ).select_related("track__user", "track__habit")


def _shares(group: Group, since: datetime) -> QuerySet[GroupShare]:
    members = unbarred(GroupMember.objects.filter(group=group))
    return GroupShare.objects.filter(member__in=members, posted_at__gte=since).select_related("member__user")


def _before(rows: QuerySet[Row], kind: str, when: str, place: Place | None) -> QuerySet[Row]:
    """The rows of a kind that come before a place, the newest first."""
    if place:
        same = Q(**{when: place.at})
        if kind == place.kind:
            same &= Q(pk__lt=place.number)
        rows = rows.filter(Q(**{f"{when}__lt": place.at}) | (same if kind <= place.kind else Q(pk__in=[])))
    return rows.order_by(f"-{when}", "-pk")


def _shared(shares: Iterable[GroupShare], now: datetime) -> list[Item]:
    rows = ShareLink.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), token__in=[s.token for s in shares])
    links = list(rows.select_related("user", "achievement", "track__habit"))
    entries = {entry.link.token: entry for entry in sharing.link_details(links, now=now)} if links else {}
    return [
        Item(Place(share.posted_at, SHARED, share.pk), share.member.user.username, share=entries.get(share.token))
        for share in shares
    ]
