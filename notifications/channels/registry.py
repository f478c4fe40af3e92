"""The channels, in order of preference. A new channel is a module with a subclass of Channel, and a line here."""

from notifications.channels.base import Channel
from notifications.channels.email import EmailChannel
from notifications.channels.telegram.channel import TelegramChannel

CHANNELS: list[Channel] = [TelegramChannel(), EmailChannel()]


def get(name: str) -> Channel:
    """Return a channel by its name. Raises KeyError."""
    return {channel.name: channel for channel in CHANNELS}[name]


def preferred() -> Channel:
    """Return the channel that messages to users are queued for; the others follow in order."""
    return CHANNELS[0]


def names() -> list[str]:
    """Return the names of the channels."""
    return [channel.name for channel in CHANNELS]


def choices() -> list[tuple[str, str]]:
    """Return the names as choices of a field, with labels."""
    return [(name, name.capitalize()) for name in names()]
