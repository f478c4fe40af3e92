"""Share links: the only writer of them, and their reads.

For the apps above: `live_share` is what a token shows now, or None; `links_of` are a person's own links. Whoever keeps
a share keeps its token and asks `live_share` when it is shown, so that what was taken back is gone there as well.
"""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from achievements import share_words
from achievements.models import ShareLink, UserAchievement
from achievements.share_words import Shared
from common.errors import DomainError
from tracking import drawing
from tracking.models import HabitTrack
from tracking.queries import locked_track
from users.models import User

MOST_LINKS = 100  # a person has at a time
TOKEN_BYTES = 24
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")


@dataclass(frozen=True, slots=True)
class ShareEntry:
    """A link as its owner sees it. `is_live`: whether its page shows something now."""

    link: ShareLink
    is_live: bool
    title: str
    url: str
    card: str
    links: dict[str, str]


@transaction.atomic
def share(
    *,
    user: User,
    kind: str,
    achievement_id: int | None = None,
    track_id: int | None = None,
    expires_at: datetime | None = None,
    now: datetime,
) -> ShareLink:
    """Makes a link to an achievement that the user holds, or to the streak or the year of a track of theirs.

    Forgets those of the user's links that have expired. Raises DomainError required, not_of_this_kind,
    does_not_exist, in_past, too_many_links.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    _check_names(kind, achievement_id, track_id)
    if expires_at is not None and expires_at <= now:
        raise DomainError("in_past", "It would have expired already.", "expires_at")
    ShareLink.objects.filter(user=user, expires_at__lte=now).delete()
    if ShareLink.objects.filter(user=user).count() >= MOST_LINKS:
        raise DomainError("too_many_links", f"You have {MOST_LINKS} links already: take one back first.")
    if track_id is not None:
        _lock_followed(user, track_id)
    elif not UserAchievement.objects.filter(user=user, achievement=achievement_id, withdrawn_at=None).exists():
        raise DomainError("does_not_exist", "You hold no such achievement.", "achievement")
    return ShareLink.objects.create(
        user=user,
        token=secrets.token_urlsafe(TOKEN_BYTES),
        kind=kind,
        achievement_id=achievement_id,
        track_id=track_id,
        expires_at=expires_at,
    )


@transaction.atomic
def revoke(*, user: User, share_id: int) -> None:
    """Takes a link back: from now on it is as if it had never been. Raises ShareLink.DoesNotExist."""
    ShareLink.objects.select_for_update(no_key=True).get(pk=share_id, user=user).delete()


@transaction.atomic
def forget_track(*, track: HabitTrack) -> None:
    """Takes back the links to a track that goes."""
    ShareLink.objects.filter(track=track).delete()


@transaction.atomic
def forget_all_of(*, user: User) -> None:
    """Takes back all links of a person who leaves."""
    ShareLink.objects.filter(user=user).delete()


def links_of(user: User, *, now: datetime) -> QuerySet[ShareLink]:
    """The user's links that have not expired, the latest first."""
    return _unexpired(now).filter(user=user).order_by("-pk")


def live_share(*, token: str, now: datetime) -> Shared | None:
    """What the link shows at an instant: title, text, addresses, card. None: unknown, expired, taken back, or void.

    Made for strangers: it holds nothing of the person but the username and what was shared.
    """
    if not TOKEN.fullmatch(token):
        return None
    link = _unexpired(now).filter(token=token, user__is_active=True).first()
    if link is None:
        return None
    if link.track is None:
        day = _held([link]).get((link.user_id, link.achievement_id))
        return share_words.shared_achievement(link, earned_on=day) if day else None
    if link.track.left_at is not None:
        return None
    if link.kind == ShareLink.Kind.STREAK:
        return share_words.shared_streak(link, streak=link.track.streak_at(now))
    try:
        year = drawing.heatmap(user=link.user, track_id=link.track.pk, now=now)
    except HabitTrack.DoesNotExist:
        return None  # left just now
    return share_words.shared_year(link, year=year, today=link.user.clock.day_of(now))


def entries(links: Collection[ShareLink], *, now: datetime) -> list[ShareEntry]:
    """How links (of `links_of`) stand at an instant, in one query."""
    held = _held(links)
    return [_entry(link, (link.user_id, link.achievement_id) in held, now) for link in links]


def _unexpired(now: datetime) -> QuerySet[ShareLink]:
    """Links with what they name at hand."""
    unexpired = ShareLink.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now))
    return unexpired.select_related("user", "achievement", "track__habit")


def _held(links: Collection[ShareLink]) -> dict[tuple[int, int | None], date]:
    """By person and achievement, those of the links that are held, with the day on which they were earned."""
    awards = UserAchievement.objects.filter(
        user__in={link.user_id for link in links},
        achievement__in={link.achievement_id for link in links if link.achievement_id is not None},
        withdrawn_at=None,
    )
    return {(award.user_id, award.achievement_id): award.day for award in awards}


def _entry(link: ShareLink, is_held: bool, now: datetime) -> ShareEntry:
    streak = link.track.streak_at(now) if link.track and link.kind == ShareLink.Kind.STREAK else None
    title, url = share_words.title_of(link, streak=streak), share_words.page_url(link.token)
    return ShareEntry(
        link=link,
        is_live=link.track.left_at is None if link.track else is_held,
        title=title,
        url=url,
        card=share_words.card_url(link.token),
        links=share_words.ready_links(title=title, url=url),
    )


def _check_names(kind: str, achievement_id: int | None, track_id: int | None) -> None:
    """A link names the achievement, or the track, and not the other."""
    wanted, other = "track", "achievement"
    given = {"achievement": achievement_id, "track": track_id}
    if kind == ShareLink.Kind.ACHIEVEMENT:
        wanted, other = other, wanted
    if given[wanted] is None:
        raise DomainError("required", f"Say which {wanted}.", wanted)
    if given[other] is not None:
        raise DomainError("not_of_this_kind", f"This kind of link names no {other}.", other)


def _lock_followed(user: User, track_id: int) -> None:
    """Holds a track of the user's, so that it does not go meanwhile."""
    try:
        track = locked_track(user, track_id)
    except HabitTrack.DoesNotExist:
        track = None
    if track is None or track.left_at is not None:
        raise DomainError("does_not_exist", "You have no such track.", "track")
