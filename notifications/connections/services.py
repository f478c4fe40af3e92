"""The services of a user's channels. A channel that has servers of its users' own is confirmed by a code first."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, time

from django.db import transaction

from common.edits import UNSET, Unset
from common.errors import DomainError
from common.wake import wake
from notifications.channels import registry
from notifications.channels.webpush import services as webpush
from notifications.connections import codes, rules
from notifications.models import ChannelConnection, Delivery
from notifications.outbox import announcements
from users import access, addresses
from users.access import Keep
from users.models import Address, User
from users.services import check_current_password

CODE_SENT_FOR = rules.CODE_LIFETIME


@transaction.atomic
def request(
    *, user: User, channel: str, name: str, target_url: str, access_token: str = "", password: str, now: datetime
) -> ChannelConnection:
    """Queue a message with a code to an address that the user gave, and return what `confirm` makes a connection.

    An earlier request on the channel is replaced; what is connected stays until then. Raises DomainError required,
    wrong_password, and AuthenticationFailed as access.lock_owner does. The caller has checked the address.
    """
    user = access.lock_owner(user)
    check_current_password(user, password)
    ChannelConnection.objects.filter(user=user, channel=channel, pending=True).delete()
    made = ChannelConnection.objects.create(
        user=user,
        channel=channel,
        address=secrets.token_urlsafe(16),
        name=name,
        target_url=target_url,
        access_token=access_token,
        created_at=now,
    )
    announcements.queue_for_user(
        f"{Delivery.Kind.CHANNEL_CODE}:{made.address}",
        Delivery.Kind.CHANNEL_CODE,
        user=user,
        at=now,
        expires_at=now + CODE_SENT_FOR,
        channel=channel,
        address=made.address,
    )
    return made


@transaction.atomic
def confirm(*, user: User, channel: str, code: str, now: datetime) -> Address:
    """Connect the channel whose code the user gives; return its address. Sends address_connected.

    Raises DomainError nothing_to_confirm, wrong_code, and AuthenticationFailed as access.lock_owner does.
    """
    user = access.lock_owner(user)
    made = ChannelConnection.objects.filter(user=user, channel=channel, pending=True).first()
    if made is None or now - made.created_at > rules.CODE_LIFETIME:
        raise DomainError("nothing_to_confirm", "No code is awaited. Connect the channel again.", "code")
    if not codes.matches(made, code):
        raise DomainError("wrong_code", "This is not the code that was sent.", "code")
    ChannelConnection.objects.filter(user=user, channel=channel, pending=False).delete()
    made.pending = False
    made.save(update_fields=["pending"])
    user = addresses.connect(user=user, channel=channel, address=made.address, confirmed=True, now=now, name=made.name)
    return user.address(channel)


@transaction.atomic
def disconnect(*, user: User, channel: str) -> None:
    """Disconnect a channel, and delete what was stored to reach it."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    addresses.disconnect(user=user, channel=channel)
    ChannelConnection.objects.filter(user=user, channel=channel).delete()
    if registry.get(channel).has_subscriptions:
        webpush.delete_for_user(user=user)


@transaction.atomic
def send_test(*, user: User, channel: str, now: datetime) -> None:
    """Queue a test message on a connected channel, one a minute. Raises DomainError not_connected."""
    address = registry.get(channel).address_of(user)
    if not address.is_connected or address.address is None:
        raise DomainError("not_connected", "This channel is not connected.")
    announcements.queue_for_user(
        f"{Delivery.Kind.CHANNEL_TEST}:{user.pk}:{channel}:{now:%Y%m%d%H%M}",
        Delivery.Kind.CHANNEL_TEST,
        user=user,
        at=now,
        expires_at=now + rules.CODE_LIFETIME,
        channel=channel,
        address=address.address,
    )


@transaction.atomic
def choose(
    *,
    user: User,
    order: list[str] | Unset = UNSET,
    kinds: Mapping[str, Collection[str]] | Unset = UNSET,
    quiet_hours: Mapping[str, time] | Unset | None = UNSET,
    now: datetime,
) -> User:
    """Set the order of the user's channels, which kind of message may go where, and the quiet hours; return the user.

    `kinds`: by topic, the names of its channels; topics that are left out keep theirs. What waits for quiet hours is looked
    at again. Raises DomainError: repeated, no_time.
    """
    off: dict[str, Collection[str]] | Unset = UNSET
    if order is not UNSET and len(set(order)) < len(order):
        raise DomainError("repeated", "Name each channel once.", "order")
    if kinds is not UNSET:
        before = User.objects.select_for_update(no_key=True).get(pk=user.pk).channels_off or {}
        off = {**before, **{topic: set(registry.names()) - set(names) for topic, names in kinds.items()}}
    quiet = quiet_hours if quiet_hours is UNSET or quiet_hours is None else (quiet_hours["start"], quiet_hours["end"])
    user = addresses.choose(user=user, order=order, off=off, quiet_hours=quiet)
    recheck_waiting(user=user, now=now)
    return user


@transaction.atomic(savepoint=False)
def recheck_waiting(*, user: User, now: datetime) -> None:
    """Let a sender look again at what waits for the end of the user's quiet hours: these or the clock have changed."""
    waiting = Delivery.objects.filter(
        user=user, state=Delivery.State.PENDING, waits_for=Delivery.Wait.QUIET, lease=None, available_at__gt=now
    )
    if waiting.update(available_at=now, postponed_at=now):
        wake("notifications.tasks.send")


@transaction.atomic(savepoint=False)
def end_access(*, user: User, keep: Collection[Keep]) -> None:
    """Delete what reaches a user whose access ends, unless the chats are kept: a stolen session may have added it.

    Browsers are never kept: they end with their sessions.
    """
    ChannelConnection.objects.filter(user=user, pending=True).delete()
    webpush.delete_for_user(user=user)
    if Keep.CHATS not in keep:
        ChannelConnection.objects.filter(user=user).delete()


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Delete what reaches a user whose account is being deleted."""
    ChannelConnection.objects.filter(user=user).delete()
    webpush.delete_for_user(user=user)
