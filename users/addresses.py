"""The services that write users' addresses on channels, such as Telegram chats."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from common.errors import DomainError
from users import rules, signals
from users.models import Address, User

_DISCONNECTED: dict[str, Any] = {"address": None, "name": "", "confirmed": False, "unreachable_since": None}


@transaction.atomic
def connect(*, user: User, channel: str, address: str, confirmed: bool, now: datetime, name: str = "") -> User:
    """Set the user's address on a channel, mark it reachable and return the user. Sends address_connected if it is new.

    `confirmed`: the request came from the address itself; then the unconfirmed claim of another account gives way.
    `name`: what the channel calls the address. Raises DomainError: address_taken, if the address belongs to another
    account.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if confirmed:
        claims = Address.objects.filter(channel=channel, address=address, confirmed=False)
        claims.exclude(user=user).update(**_DISCONNECTED)
    before = Address.objects.filter(user=user, channel=channel).first()
    values = {
        "address": address,
        "name": name[: rules.MAX_ADDRESS_NAME_LENGTH],
        "confirmed": confirmed,
        "connected_at": now,
        "unreachable_since": None,
    }
    try:
        with transaction.atomic():
            connected, _ = Address.objects.update_or_create(user=user, channel=channel, defaults=values)
    except IntegrityError as error:
        raise DomainError("address_taken", "This address is connected to another account.", "address") from error
    if before is None or before.address != address:
        signals.address_connected.send(User, user=user, address=connected, now=now)
    return user


@transaction.atomic
def disconnect(*, user: User, channel: str) -> None:
    """Disconnect the user's address on a channel."""
    connected = Address.objects.filter(user=user, channel=channel)
    connected.update(**_DISCONNECTED)


@transaction.atomic(savepoint=False)
def disconnect_all(*, user: User) -> None:
    """Disconnect the user's addresses on all channels."""
    Address.objects.filter(user=user).update(**_DISCONNECTED)


@transaction.atomic
def mark_unreachable(*, channel: str, address: str, now: datetime) -> None:
    """Record that the channel permanently refuses messages to an address since `now`.

    Connecting it again clears that, also if the news of before comes later than the connection.
    """
    reachable = Address.objects.filter(channel=channel, address=address, unreachable_since=None)
    reachable.exclude(connected_at__gt=now).update(unreachable_since=now)


@transaction.atomic
def mark_reachable(*, channel: str, address: str) -> None:
    """Record that an address can be reached again."""
    marked = Address.objects.filter(channel=channel, address=address, unreachable_since__isnull=False)
    marked.update(unreachable_since=None)


@transaction.atomic
def move(*, channel: str, address: str, to: str) -> None:
    """Replace an address by the new one that the channel gave it, unless another account has that one."""
    if not Address.objects.filter(channel=channel, address=to).exists():
        Address.objects.filter(channel=channel, address=address).update(address=to)
