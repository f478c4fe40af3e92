"""Subscriptions of browsers, and what the answers of push services mean (RFC 8030, RFC 8291). Pure."""

import base64
import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from common.errors import DomainError
from common.outbound.addresses import check_url

MAX_SUBSCRIPTIONS = 8  # of one user; the oldest gives way
KEY_BYTES, SECRET_BYTES = 65, 16
MAX_KEY_LENGTH, MAX_SECRET_LENGTH = 100, 40  # of these in base64url
MAX_BODY_BYTES = 2000  # of the text: with title, links and encryption below the 4,096 that each service takes
MAX_TTL = timedelta(days=28)


class Outcome(StrEnum):
    """What came of a message for one browser."""

    SENT = "sent"
    GONE = "gone"
    REFUSED = "refused"  # this message
    NOT_ALLOWED = "not_allowed"  # every message to this browser: its service is at an address that is not allowed
    FORBIDDEN = "forbidden"  # every message of this installation, until its operator mends what is wrong
    LATER = "later"
    AWAY = "away"
    UNCERTAIN = "uncertain"


def outcome_of(status: int) -> Outcome:
    """Return what a push service's answer means. Beyond TLS there is nobody else who could answer for it."""
    if status in {200, 201, 202, 204}:
        return Outcome.SENT
    if status in {404, 410}:
        return Outcome.GONE
    if status == 429:
        return Outcome.LATER
    if status in {401, 403}:
        return Outcome.FORBIDDEN
    return Outcome.REFUSED if 400 <= status < 500 and status not in {408, 425} else Outcome.UNCERTAIN


def overall(outcomes: Collection[Outcome]) -> Outcome:
    """Return what came of a message for all browsers of a user: one that has it is enough.

    Else it may have arrived where that is not known; else it is sent again where any browser may take it later.
    """
    again = (Outcome.LATER, Outcome.AWAY, Outcome.FORBIDDEN)
    order = (Outcome.SENT, Outcome.UNCERTAIN, *again, Outcome.REFUSED, Outcome.NOT_ALLOWED, Outcome.GONE)
    return next((each for each in order if each in outcomes), Outcome.GONE)


def topic_of(thread: str) -> str:
    """Return the Topic of a thread: a message that waits at the push service is replaced by a later one with the same."""
    return base64.urlsafe_b64encode(hashlib.sha256(thread.encode()).digest())[:32].decode()


def ttl(expires_at: datetime | None, *, now: datetime) -> int:
    """Return for how many seconds a push service keeps a message for a browser that is not connected."""
    left = MAX_TTL if expires_at is None else min(MAX_TTL, expires_at - now)
    return max(0, int(left.total_seconds()))


def check_subscription(*, url: str, public_key: str, auth: str, allows_http: bool) -> None:
    """Raise DomainError invalid_key, or one of check_url, unless it can be a browser's subscription."""
    check_url(url, allows_http=allows_http, field="endpoint")
    if len(decoded(public_key, "p256dh")) != KEY_BYTES or decoded(public_key, "p256dh")[0] != 4:
        raise DomainError("invalid_key", "This is not the key of a subscription.", "p256dh")
    if len(decoded(auth, "auth")) != SECRET_BYTES:
        raise DomainError("invalid_key", "This is not the secret of a subscription.", "auth")


def decoded(text: str, field: str = "p256dh") -> bytes:
    """Return the bytes of base64url, with or without its padding. Raises DomainError invalid_key."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise DomainError("invalid_key", "This is not base64url.", field) from None
