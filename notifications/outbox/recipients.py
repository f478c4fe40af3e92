"""To which of a user's addresses a message goes: one rule over the channels in order."""

from collections.abc import Iterable

from django.db.models import F, FilteredRelation, Q, QuerySet

from notifications.channels import registry
from notifications.channels.transport import Outgoing
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
}
# Take a fallback channel if the user enabled that and no other channel reaches them.
FALLBACK_KINDS = {Delivery.Kind.REMINDER, Delivery.Kind.DIGEST}
COLUMNS = ("address", "name", "confirmed", "connected_at", "unreachable_since")


def addresses_for(user: User, kind: str, *, start: str | None = None) -> list[Address]:
    """Return the connected addresses to which a message to a user may go, in order of preference.

    The order is that of the registry, from the channel `start` on (default: all). An address that is marked unreachable
    is included. Fallback channels are included only for reminders and digests, if the user enabled them.
    """
    names = registry.names()
    channels = registry.CHANNELS[names.index(start) if start else 0 :]
    may_fall_back = kind in FALLBACK_KINDS and user.reminders_by_email
    addresses = [channel.address_of(user) for channel in channels if may_fall_back or not channel.is_fallback]
    return [address for address in addresses if address.is_connected]


def first_reachable(addresses: Iterable[Address]) -> Address | None:
    """Return the first address that is not marked unreachable."""
    return next((address for address in addresses if address.unreachable_since is None), None)


def has_alternative(delivery: Delivery, failed: Outgoing) -> bool:
    """Return whether a message may go to another address than the one that turned out to be unreachable."""
    if delivery.user is None or delivery.kind in DIRECT_KINDS:
        return False
    addresses = addresses_for(delivery.user, delivery.kind, start=failed.channel)
    others = [each for each in addresses if (each.channel, each.address) != (failed.channel, failed.address)]
    return first_reachable(others) is not None


def with_addresses(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Return the deliveries with their users and the users' addresses in the same query, which `load` runs.

    A second query for each batch would slow down the sender.
    """
    for name in _stored():
        relation = FilteredRelation("user__addresses", condition=Q(user__addresses__channel=name))
        columns = {_alias(name, column): F(f"{_alias(name)}__{column}") for column in COLUMNS}
        deliveries = deliveries.annotate(**{_alias(name): relation}).annotate(**columns)
    return deliveries.select_related("user")


def load(deliveries: QuerySet[Delivery]) -> list[Delivery]:
    """Run a query made by `with_addresses`, give the users their addresses, and return the deliveries."""
    names, loaded = _stored(), list(deliveries)
    for delivery in loaded:
        if delivery.user is not None:
            delivery.user.loaded_addresses = [
                Address(
                    user=delivery.user,
                    channel=name,
                    **{column: getattr(delivery, _alias(name, column)) for column in COLUMNS},
                )
                for name in names
            ]
    return loaded


def _stored() -> list[str]:
    return [channel.name for channel in registry.CHANNELS if channel.stores_addresses]


def _alias(channel: str, column: str = "row") -> str:
    return f"{channel}_address_{column}"
