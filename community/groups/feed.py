"""The feed of a group: days that members completed and links that they shared, newest first.

The feed is not stored. It is read from the logs and share links, so it changes at once when a member leaves, hides a
habit or edits a log.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import F, Model, Q, QuerySet

from achievements.models import ShareLink
from achievements.shares import services as sharing
from achievements.shares.services import LinkDetails
from community.membership.queries import without_banned
from community.models import Group, GroupMember, GroupShare
from tracking.models import HabitLog
from tracking.streaks.rules import Status

FEED_PERIOD = timedelta(days=30)
DONE, SHARED = "done", "shared"

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True, order=True)
class FeedCursor:
    """A position in a feed; `kind` and `row_id` order items with the same time."""

    at: datetime
    kind: str
    row_id: int


@dataclass(frozen=True, slots=True)
class FeedItem:
    """A completed day of a member, at the time when it was logged, or a link that a member shared."""

    cursor: FeedCursor
    username: str
    log: HabitLog | None = None
    share: LinkDetails | None = None


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One page of a feed, and the cursor before which the next page begins (None on the last page)."""

    items: list[FeedItem]
    next_cursor: FeedCursor | None


def feed(group: Group, *, now: datetime, limit: int, before: FeedCursor | None = None) -> FeedPage:
    """Return up to `limit` items of the last 30 days before the cursor, with a fixed number of queries.

    A page may have fewer items than `limit` although others follow, as shares whose links show nothing are left out.
    """
    since = now - FEED_PERIOD
    logs = _before(_logs(group, since), DONE, "created_at", before)[: limit + 1]
    shares = _before(_shares(group, since), SHARED, "posted_at", before)[: limit + 1]
    found = [FeedItem(FeedCursor(log.created_at, DONE, log.pk), log.track.user.username, log=log) for log in logs]
    found += _shared(shares, now)
    found.sort(key=lambda item: item.cursor, reverse=True)
    # Hidden shares are removed after the page is cut, so that the cursor of the next page does not depend on them.
    shown = [item for item in found[:limit] if item.log or (item.share and item.share.is_live)]
    return FeedPage(shown, found[limit - 1].cursor if len(found) > limit else None)


def _logs(group: Group, since: datetime) -> QuerySet[HabitLog]:
    return HabitLog.objects.filter(
        track__user__is_active=True,
        track__group_tracks__group_habit__group=group,
        created_at__gte=F("track__group_tracks__shown_since"),
        status=Status.COMPLETED.value,
        day__gte=since.date(),
    ).select_related("track__user", "track__habit")


def _shares(group: Group, since: datetime) -> QuerySet[GroupShare]:
    members = without_banned(GroupMember.objects.filter(group=group))
    return GroupShare.objects.filter(member__in=members, posted_at__gte=since).select_related("member__user")


def _before(rows: QuerySet[Row], kind: str, time_field: str, cursor: FeedCursor | None) -> QuerySet[Row]:
    """Return the rows of one kind that come before the cursor, newest first."""
    if cursor:
        same = Q(**{time_field: cursor.at})
        if kind == cursor.kind:
            same &= Q(pk__lt=cursor.row_id)
        rows = rows.filter(Q(**{f"{time_field}__lt": cursor.at}) | (same if kind <= cursor.kind else Q(pk__in=[])))
    return rows.order_by(f"-{time_field}", "-pk")


def _shared(shares: Iterable[GroupShare], now: datetime) -> list[FeedItem]:
    rows = ShareLink.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), token__in=[s.token for s in shares])
    links = list(rows.select_related("user", "achievement", "track__habit"))
    details = {each.link.token: each for each in sharing.link_details(links, now=now)} if links else {}
    return [
        FeedItem(
            FeedCursor(share.posted_at, SHARED, share.pk), share.member.user.username, share=details.get(share.token)
        )
        for share in shares
    ]
