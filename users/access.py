"""What a session of an account can make besides data, how it is listed, and how all of it ends.

A stolen session may have made any of it, so a reset of the password and a ban end it. An app above that lets users make
something of the kind (a key, a link, a subscription) joins by an effect of `access_ended`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from rest_framework_simplejwt.exceptions import AuthenticationFailed

from users import addresses, sessions, signals
from users.models import Address, User


class Keep(StrEnum):
    """What a user may keep when they reset the password."""

    CHATS = "chats"
    SHARES = "shares"


@dataclass(frozen=True, slots=True)
class AccessItem:
    """One thing that gives a program or another service access to the account. `kind`: for example "key"."""

    kind: str
    id: int
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Access:
    """What exists besides sessions: a pending e-mail address, chats, the number of share links, and what apps above list."""

    new_email: str
    chats: list[Address]
    share_links: int
    integrations: list[AccessItem]


def access_of(user: User, *, now: datetime) -> Access:
    """Return what a session of the user may have made and that still exists."""
    responses: list[tuple[Any, Any]] = signals.access_listing.send(User, user=user, now=now)
    counts = {name: count for _, counted in responses for name, count in counted.items()}
    chats = [address for address in user.addresses.order_by("channel") if address.address is not None]
    listed: list[tuple[Any, Any]] = signals.access_items.send(User, user=user, now=now)
    return Access(
        new_email=user.new_email,
        chats=chats,
        share_links=counts.get(Keep.SHARES, 0),
        integrations=[item for _, items in listed for item in items],
    )


def lock_owner(user: User) -> User:
    """Lock and return the user who makes something that has access, such as a link.

    A request may be under way while a reset or a ban is saved: raises AuthenticationFailed if access was ended since
    `user` was read. Otherwise the end of access waits, and ends what is made.
    """
    locked = User.everyone.select_for_update(no_key=True).get(pk=user.pk)
    if locked.access_ended_at != user.access_ended_at:
        raise AuthenticationFailed("This session has ended.", "session_ended")
    return locked


@transaction.atomic(savepoint=False)
def end_access(*, user: User, now: datetime, keep: Collection[Keep] = ()) -> None:
    """End the user's sessions, pending e-mail address, mailed links and chats, and send access_ended for the rest.

    `keep`: what stays. The caller has locked the user.
    """
    user.access_ended_at, user.new_email = now, ""
    user.save(update_fields=["access_ended_at", "new_email"])
    sessions.revoke_all(user=user, now=now)
    sessions.forget_devices(user=user)
    if Keep.CHATS not in keep:
        addresses.disconnect_all(user=user)
    signals.access_ended.send(User, user=user, keep=frozenset(keep), now=now)
