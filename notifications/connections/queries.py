"""A user's channels as the user sees them."""

from dataclasses import dataclass
from datetime import datetime, time

from notifications.connections import rules
from notifications.connections.rules import Topic
from notifications.models import ChannelConnection
from notifications.outbox import recipients
from users.models import User


@dataclass(frozen=True, slots=True)
class ChannelState:
    """One channel of a user. `is_pending`: a code is awaited that connects it, or another address of it."""

    name: str
    title: str
    address: str
    is_connected: bool
    is_pending: bool
    connected_at: datetime | None
    unreachable_since: datetime | None


@dataclass(frozen=True, slots=True)
class Channels:
    """A user's channels in order, the channels of each topic, and the quiet hours."""

    channels: list[ChannelState]
    order: list[str]
    kinds: dict[str, list[str]]
    quiet_hours: dict[str, time | None] | None


def channels_of(user: User, *, now: datetime) -> Channels:
    """Return the user's channels. Runs two queries."""
    ordered = recipients.channels_of(user)
    rows = ChannelConnection.objects.filter(user=user).order_by("pk")
    known = {(each.channel, each.pending): each for each in rows}
    names = [channel.name for channel in ordered]
    states = []
    for channel in ordered:
        address, connection = channel.address_of(user), known.get((channel.name, False))
        pending = known.get((channel.name, True))
        shown = (connection.name if connection else "") or address.name or (address.address or "")
        is_on = address.is_connected and (not channel.is_fallback or user.reminders_by_email)
        states.append(
            ChannelState(
                name=channel.name,
                title=channel.label or channel.name.capitalize(),
                address="" if address.address is None else shown,
                is_connected=is_on,
                is_pending=pending is not None and now - pending.created_at <= rules.CODE_LIFETIME,
                connected_at=address.connected_at if address.address is not None else None,
                unreachable_since=address.unreachable_since,
            )
        )
    kinds = {
        topic.value: [name for name in names if name not in recipients.channels_off(user, topic)] for topic in Topic
    }
    quiet = None if user.quiet_from is None else {"start": user.quiet_from, "end": user.quiet_to}
    return Channels(states, names, kinds, quiet)
