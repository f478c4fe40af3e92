"""The subscriptions of browsers. A user's address on the channel stands for all of them.

A subscription ends with the session that made it: a browser that is signed out must not show messages on its lock screen.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from common.errors import DomainError
from notifications.channels.webpush import rules
from notifications.models import PushSubscription
from users import access, addresses, sessions
from users.models import Address, Session, User

WEBPUSH = "webpush"


def live_subscriptions(*, now: datetime) -> QuerySet[PushSubscription]:
    """Return the subscriptions that messages may go to, newest first: their sessions have neither ended nor expired."""
    live = Q(session=None) | sessions.is_live(now, "session__")
    return PushSubscription.objects.filter(live).order_by("-pk")


def subscriptions_of(user: User, *, now: datetime) -> QuerySet[PushSubscription]:
    """Return the user's subscriptions that messages may go to, newest first."""
    return live_subscriptions(now=now).filter(user=user)


@transaction.atomic
def subscribe(
    *, user: User, session_id: int | None, url: str, public_key: str, auth: str, device: str = "", now: datetime
) -> PushSubscription:
    """Add a browser, or replace what was known of it, and connect the channel. Sends address_connected for the first.

    `session_id`: the session with which it ends; None: one that is not known. A browser in which another user was signed in becomes this user's, if it gives the same secret; only the browser knows
    that. Beyond MAX_SUBSCRIPTIONS the oldest gives way. Raises DomainError invalid_key, address_taken, those of check_url,
    and AuthenticationFailed as access.lock_owner and sessions.lock_live do.
    """
    user = access.lock_owner(user)
    session = None if session_id is None else sessions.lock_live(user=user, session_id=session_id, now=now)
    rules.check_subscription(
        url=url, public_key=public_key, auth=auth, allows_http=bool(settings.WEBHOOK_ALLOWED_NETWORKS)
    )
    hashed = hashlib.sha256(url.encode()).hexdigest()
    known = PushSubscription.objects.select_for_update(of=("self",)).filter(push_url_hash=hashed).first()
    former = None
    if known is not None and known.user_id != user.pk:
        if not secrets.compare_digest(known.auth_secret, auth):
            raise DomainError("address_taken", "This subscription belongs to another account.", "endpoint")
        former = User.objects.filter(pk=known.user_id).first()
    made, _ = PushSubscription.objects.update_or_create(
        push_url_hash=hashed,
        defaults={
            "user": user,
            "session": session,
            "push_url": url,
            "public_key": public_key,
            "auth_secret": auth,
            "device": device,
            "created_at": now,
        },
    )
    kept = subscriptions_of(user, now=now).values_list("pk", flat=True)[: rules.MAX_SUBSCRIPTIONS]
    PushSubscription.objects.filter(user=user).exclude(pk__in=[*kept, made.pk]).delete()
    address = user.address(WEBPUSH).address or secrets.token_urlsafe(16)
    addresses.connect(user=user, channel=WEBPUSH, address=address, confirmed=True, now=now, name=device)
    if former is not None:
        _disconnect_if_last(former.pk)
    return made


@transaction.atomic
def unsubscribe(*, user: User, subscription_id: int) -> None:
    """Remove a browser; with the last one the channel is disconnected. Raises PushSubscription.DoesNotExist."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    PushSubscription.objects.get(user=user, pk=subscription_id).delete()
    _disconnect_if_last(user.pk)


@transaction.atomic(savepoint=False)
def end_with_sessions(*, user_ids: Collection[int], session_ids: Collection[int], now: datetime) -> None:
    """Remove the browsers of sessions that have ended; with a user's last browser the channel is disconnected.

    A browser whose session is not known goes with the user's last session: it is one of those that have ended.
    """
    live = Session.objects.filter(sessions.is_live(now), user=OuterRef("user"))
    is_of_ended = Q(session__in=session_ids) | (Q(session=None) & ~Exists(live))
    ended = PushSubscription.objects.filter(is_of_ended, user__in=user_ids)
    owners = set(ended.values_list("user", flat=True))
    if owners:
        ended.delete()
    for user_id in sorted(owners):
        _disconnect_if_last(user_id)


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Remove all browsers of a user and disconnect the channel: access ends, or the account is being deleted."""
    PushSubscription.objects.filter(user=user).delete()
    addresses.disconnect(user=user, channel=WEBPUSH)


@transaction.atomic
def forget(*, gone: Collection[int]) -> None:
    """Delete subscriptions that their push services have ended."""
    PushSubscription.objects.filter(pk__in=gone).delete()


def _disconnect_if_last(user_id: int) -> None:
    """Disconnect the channel if no browser is left.

    The lock on the address makes the second of two sessions that end at once see that the first one's browser is gone.
    """
    Address.objects.select_for_update(no_key=True).filter(user=user_id, channel=WEBPUSH).first()
    if not PushSubscription.objects.filter(user=user_id).exists():
        addresses.disconnect(user=User(pk=user_id), channel=WEBPUSH)
