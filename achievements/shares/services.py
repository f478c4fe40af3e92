"""Create, revoke and read share links: the only module that writes them.

Code elsewhere that refers to a share link stores its token and calls `live_content` or `link_details` each time it
shows the link, so that a revoked link disappears there too.
"""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from achievements.models import ShareLink, UserAchievement
from achievements.shares import words as share_words
from achievements.shares.words import SharedContent
from common.errors import DomainError
from tracking.models import HabitTrack
from tracking.pictures import drawing
from tracking.tracks.queries import named_track
from users import access
from users.access import Keep
from users.models import User

MAX_LINKS = 100  # of one user at a time
TOKEN_BYTES = 24
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")


@dataclass(frozen=True, slots=True)
class LinkDetails:
    """A link as its owner sees it. `is_live`: whether its page shows something at the moment."""

    link: ShareLink
    is_live: bool
    title: str
    url: str
    card: str
    links: dict[str, str]


@transaction.atomic
def create_link(
    *,
    user: User,
    kind: str,
    achievement_id: int | None = None,
    track_id: int | None = None,
    expires_at: datetime | None = None,
    now: datetime,
) -> ShareLink:
    """Create a link to an achievement that the user holds, or to the streak or year of one of their tracks.

    Deletes the user's expired links. Raises DomainError required, not_of_this_kind, in_past, too_many_links,
    does_not_exist (of an achievement) and those of named_track, and AuthenticationFailed as access.lock_owner does.
    """
    access.lock_owner(user)  # so that concurrent calls cannot exceed MAX_LINKS, too
    _validate_target(kind, achievement_id, track_id)
    if expires_at is not None and expires_at <= now:
        raise DomainError("in_past", "Choose a time in the future.", "expires_at")
    ShareLink.objects.filter(user=user, expires_at__lte=now).delete()
    if ShareLink.objects.filter(user=user).count() >= MAX_LINKS:
        raise DomainError("too_many_links", f"You already have {MAX_LINKS} share links. Delete one first.")
    if track_id is not None:
        named_track(user, track_id)  # locked, so that it is not left or deleted before the link is stored
    elif not UserAchievement.objects.filter(user=user, achievement=achievement_id, revoked_at=None).exists():
        raise DomainError("does_not_exist", "You have not earned this achievement.", "achievement")
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
    """Delete the user's link; its page answers 404 from now on. Raises ShareLink.DoesNotExist."""
    ShareLink.objects.select_for_update(no_key=True).get(pk=share_id, user=user).delete()


@transaction.atomic(savepoint=False)
def delete_for_track(*, track: HabitTrack) -> None:
    """Delete the links to a track that is being deleted."""
    ShareLink.objects.filter(track=track).delete()


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Delete all links of a user whose account is being deleted."""
    ShareLink.objects.filter(user=user).delete()


@transaction.atomic(savepoint=False)
def end_access(*, user: User, keep: Collection[Keep]) -> None:
    """Revoke the links of a user whose access ends, unless the user keeps them: a stolen session can have shared."""
    if Keep.SHARES not in keep:
        ShareLink.objects.filter(user=user).delete()


def count_access(*, user: User, now: datetime) -> dict[str, int]:
    """Return the number of links that end with the user's access."""
    return {Keep.SHARES: links_of(user, now=now).count()}


def links_of(user: User, *, now: datetime) -> QuerySet[ShareLink]:
    """Return the user's links that have not expired, newest first."""
    return _unexpired(now).filter(user=user).order_by("-pk")


def live_content(*, token: str, now: datetime) -> SharedContent | None:
    """Return what the public page of the token shows at `now`, None if it shows nothing.

    It shows nothing if the token is unknown, expired or revoked, the owner is banned, the achievement is not held or
    the track was left. The content is public: of the owner it holds only the username and what was shared.
    """
    if not TOKEN.fullmatch(token):
        return None
    link = _unexpired(now).filter(token=token, user__is_active=True).first()
    if link is None:
        return None
    if link.track is None:
        day = _days_earned([link]).get((link.user_id, link.achievement_id))
        return share_words.shared_achievement(link, earned_on=day) if day else None
    if link.track.left_at is not None:
        return None
    if link.kind == ShareLink.Kind.STREAK:
        return share_words.shared_streak(link, streak=link.track.streak_at(now))
    try:
        year = drawing.heatmap(user=link.user, track_id=link.track.pk, now=now)
    except HabitTrack.DoesNotExist:
        return None  # left in the meantime
    return share_words.shared_year(link, year=year, today=link.user.clock.day_of(now))


def link_details(links: Collection[ShareLink], *, now: datetime) -> list[LinkDetails]:
    """Return the details of links (with related rows loaded, as by `links_of`) at `now`, with one query."""
    held = _days_earned(links)
    return [_details(link, (link.user_id, link.achievement_id) in held, now) for link in links]


def _unexpired(now: datetime) -> QuerySet[ShareLink]:
    unexpired = ShareLink.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now))
    return unexpired.select_related("user", "achievement", "track__habit")


def _days_earned(links: Collection[ShareLink]) -> dict[tuple[int, int | None], date]:
    """Return, by user id and achievement id, the day on which the links' achievements were earned, if still held."""
    awards = UserAchievement.objects.filter(
        user__in={link.user_id for link in links},
        achievement__in={link.achievement_id for link in links if link.achievement_id is not None},
        revoked_at=None,
    )
    return {(award.user_id, award.achievement_id): award.day for award in awards}


def _details(link: ShareLink, is_held: bool, now: datetime) -> LinkDetails:
    streak = link.track.streak_at(now) if link.track and link.kind == ShareLink.Kind.STREAK else None
    title, url = share_words.title_of(link, streak=streak), share_words.page_url(link.token)
    return LinkDetails(
        link=link,
        is_live=link.track.left_at is None if link.track else is_held,
        title=title,
        url=url,
        card=share_words.card_url(link.token),
        links=share_words.app_links(title=title, url=url),
    )


def _validate_target(kind: str, achievement_id: int | None, track_id: int | None) -> None:
    """Check that the kind's target (achievement or track) is given, and the other one is not."""
    wanted, other = "track", "achievement"
    given = {"achievement": achievement_id, "track": track_id}
    if kind == ShareLink.Kind.ACHIEVEMENT:
        wanted, other = other, wanted
    if given[wanted] is None:
        raise DomainError("required", f"Choose the {wanted} to share.", wanted)
    if given[other] is not None:
        raise DomainError("not_of_this_kind", f"A link of this kind has no {other}.", other)
