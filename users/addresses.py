"""The services that write users' addresses on channels, such as Telegram chats."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time
from typing import Any

from django.db import IntegrityError, transaction

from common.edits import UNSET, Unset
from common.errors import DomainError
from users import rules, signals
from users.models import Address, User

_DISCONNECTED: dict[str, Any] = {
    "address": None,
    "name": "",
    "confirmed": False,
    "signs_in": False,
    "unreachable_since": None,
}


@transaction.atomic
def connect(
    *,
    user: User,
    channel: str,
    address: str,
    confirmed: bool,
    now: datetime,
    name: str = "",
    signs_in: bool = False,
) -> User:
    """Set the user's address on a channel, mark it reachable and return the user. Sends address_connected if it is new.

    `confirmed`: the request came from the address itself; then the unconfirmed claim of another account gives way.
    `name`: what the channel calls the address. `signs_in`: it was connected with the password. Raises DomainError: address_taken, if the address belongs to another
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
        "signs_in": signs_in,
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


@transaction.atomic(savepoint=False)
def disconnect(*, user: User, channel: str) -> None:
    """Disconnect the user's address on a channel."""
    connected = Address.objects.filter(user=user, channel=channel)
    connected.update(**_DISCONNECTED)


@transaction.atomic(savepoint=False)
def disconnect_all(*, user: User) -> None:
    """Disconnect the user's addresses on all channels."""
    Address.objects.filter(user=user).update(**_DISCONNECTED)


@transaction.atomic(savepoint=False)
def end_sign_ins(*, user: User) -> None:
    """Let no chat of the user sign in any more: the password that they were connected with is no longer that of now."""
    Address.objects.filter(user=user, signs_in=True).update(signs_in=False)


@transaction.atomic
def choose(
    *,
    user: User,
    order: Sequence[str] | Unset = UNSET,
    off: Mapping[str, Collection[str]] | Unset = UNSET,
    quiet_hours: tuple[time, time] | Unset | None = UNSET,
) -> User:
    """Set in which order the user's channels are used, which are off for a kind of message, and the quiet hours.

    Return the user. `quiet_hours`: from and to; None: no quiet hours. Raises DomainError: no_time, if both are the same.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if order is not UNSET:
        user.channel_order = list(order)
    if off is not UNSET:
        user.channels_off = {kind: sorted(names) for kind, names in off.items() if names}
    if quiet_hours is not UNSET:
        if quiet_hours is not None and quiet_hours[0] == quiet_hours[1]:
            raise DomainError("no_time", "Quiet hours end at another time than they start.", "quiet_hours")
        user.quiet_from, user.quiet_to = quiet_hours or (None, None)
    user.save(update_fields=["channel_order", "channels_off", "quiet_from", "quiet_to"])
    return user


@transaction.atomic
def mark_unreachable(*, channel: str, address: str, now: datetime) -> bool:
    """Record that the channel permanently refuses messages to an address since `now`; return whether none go to it now.

    Connecting it again clears that, also if the news of before comes later than the connection: then nothing is recorded.
    """
    reachable = Address.objects.filter(channel=channel, address=address, unreachable_since=None)
    marked = reachable.exclude(connected_at__gt=now).update(unreachable_since=now)
    return marked > 0 or not reachable.exists()


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
