"""The channels, in order of preference. A new channel is a module with a subclass of Channel, and a line here."""

from notifications.channels.apprise.channel import AppriseChannel
from notifications.channels.base import Channel
from notifications.channels.email import EmailChannel
from notifications.channels.ntfy.channel import NtfyChannel
from notifications.channels.telegram.channel import TelegramChannel
from notifications.channels.webpush.channel import WebPushChannel

CHANNELS: list[Channel] = [TelegramChannel(), NtfyChannel(), WebPushChannel(), AppriseChannel(), EmailChannel()]


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
