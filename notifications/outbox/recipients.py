"""To which of a user's addresses a message goes: one rule over the channels in order."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import QuerySet

from notifications.channels import registry
from notifications.channels.base import Channel
from notifications.channels.transport import Outgoing
from notifications.connections import rules
from notifications.connections.rules import Topic, topic_of
from notifications.models import Delivery
from users.models import Address, User

# Go to an address of their own, which was named when they were queued.
DIRECT_KINDS = {
    Delivery.Kind.CHAT_CONFIRMATION,
    Delivery.Kind.EMAIL_CONFIRMATION,
    Delivery.Kind.EMAIL_CHANGE,
    Delivery.Kind.PASSWORD_RESET,
    Delivery.Kind.NEW_DEVICE,
    Delivery.Kind.EMAIL_CHANGE_NOTICE,
    Delivery.Kind.EMAIL_CHANGED,
    Delivery.Kind.CHAT_CONNECTED,
    Delivery.Kind.SIGN_IN_LINK,
    Delivery.Kind.KEY_CREATED,
    Delivery.Kind.WEBHOOK_FAILING,
    Delivery.Kind.WEBHOOK_OFF,
    Delivery.Kind.LINK_REQUESTED,
    Delivery.Kind.GRANT_CREATED,
    Delivery.Kind.CHANNEL_CODE,
    Delivery.Kind.CHANNEL_TEST,
    Delivery.Kind.IDENTITY_CONNECTED,
    Delivery.Kind.IDENTITY_REMOVED,
    Delivery.Kind.PASSKEY_ADDED,
    Delivery.Kind.PASSKEY_REMOVED,
    Delivery.Kind.PASSWORD_CHANGED,
    Delivery.Kind.SECOND_FACTOR,
}
# Of them, what is told to the service behind a managed user: at the address that the service gave.
SERVICE_KINDS = {Delivery.Kind.KEY_CREATED, Delivery.Kind.WEBHOOK_FAILING, Delivery.Kind.WEBHOOK_OFF}
# Take a fallback channel if the user enabled that and no other channel reaches them.
FALLBACK_KINDS = {Delivery.Kind.REMINDER, Delivery.Kind.DIGEST}


def is_withheld(delivery: Delivery) -> bool:
    """Return whether a message is to a managed user, so that it is not sent: they are another service's people.

    What the service itself is told at an address of its own is sent.
    """
    user = delivery.user
    return user is not None and user.is_managed and (delivery.kind not in SERVICE_KINDS or not delivery.address)


def addresses_for(user: User, kind: str, *, start: str | None = None) -> Iterator[Address]:
    """Yield the connected addresses to which a message to a user may go, in order of preference.

    The order is the user's, with the channels that they did not name in the registry's; channels that are off for this
    kind are left out. `start`: the channel to begin with (default: the first). An address that is marked unreachable is
    included. Fallback channels are included only for reminders and digests, if the user enabled them.
    """
    may_fall_back = kind in FALLBACK_KINDS and user.reminders_by_email
    off = channels_off(user, topic_of(kind))
    channels = [channel for channel in channels_of(user) if channel.name not in off]
    names = [channel.name for channel in channels]
    if start in names:
        channels = channels[names.index(start) :]
    addresses = (channel.address_of(user) for channel in channels if may_fall_back or not channel.is_fallback)
    return (address for address in addresses if address.is_connected)


def has_address_for(user: User, kind: str) -> bool:
    """Return whether a message to a user may go to any connected address."""
    return any(True for _ in addresses_for(user, kind))


def is_connected(user: User) -> bool:
    """Return whether any channel is connected, mail aside: the account has that anyway."""
    return any(channel.address_of(user).is_connected for channel in registry.CHANNELS if not channel.is_fallback)


def channels_of(user: User) -> list[Channel]:
    """Return all channels in the user's order."""
    chosen = user.channel_order or []
    place = {name: number for number, name in enumerate(chosen)}
    return sorted(registry.CHANNELS, key=lambda channel: place.get(channel.name, len(place)))


def channels_off(user: User, topic: Topic) -> frozenset[str]:
    """Return the names of the channels that the user turned off for a topic."""
    return frozenset((user.channels_off or {}).get(topic, ()))


def start_of(delivery: Delivery) -> str | None:
    """Return the channel from which on a message may go: the one that it was moved to, if it was."""
    return delivery.channel if delivery.address else None


def first_reachable(addresses: Iterable[Address]) -> Address | None:
    """Return the first address that is not marked unreachable."""
    return next((address for address in addresses if address.unreachable_since is None), None)


def alternative(delivery: Delivery, failed: Outgoing) -> Address | None:
    """Return another address to which a message may go than the one that turned out to be unreachable."""
    if delivery.user is None or delivery.kind in DIRECT_KINDS:
        return None
    addresses = addresses_for(delivery.user, delivery.kind, start=failed.channel)
    return first_reachable(
        each for each in addresses if (each.channel, each.address) != (failed.channel, failed.address)
    )


def load(deliveries: QuerySet[Delivery]) -> list[Delivery]:
    """Run a query, and return its deliveries with their users and the users' addresses, in two statements."""
    loaded = list(deliveries.select_related("user"))
    stored: dict[int, list[Address]] = defaultdict(list)
    for address in Address.objects.filter(user__in={each.user_id for each in loaded if each.user_id}):
        stored[address.user_id].append(address)
    for user in (each.user for each in loaded if each.user is not None):
        user.loaded_addresses = stored.get(user.pk, [])
        for address in user.loaded_addresses:
            address.user = user
    return loaded


def quiet_until(user: User, at: datetime) -> datetime | None:
    """Return when the user's quiet hours end that `at` is in; None outside of them, and without any."""
    if user.quiet_from is None or user.quiet_to is None:
        return None
    return rules.quiet_until(at, start=user.quiet_from, end=user.quiet_to, zone=user.time_zone)
