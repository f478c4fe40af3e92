"""Telegram as a channel: the Bot API if a bot is configured, else the console."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from redis.exceptions import RedisError

from notifications.channels.base import Channel
from notifications.channels.console import print_messages
from notifications.channels.telegram import ratelimit
from notifications.channels.transport import ChannelUnavailable, Outgoing, Result, Slot
from users.models import TELEGRAM

if TYPE_CHECKING:
    from notifications.channels.telegram.client import TelegramClient

logger = logging.getLogger(__name__)

MAX_SLOT_WAIT = timedelta(seconds=2)
# As many messages as there are connections are sent at once. A chunk is larger only for a higher pace, because each costs
# its statements and waits for its slowest response.
MIN_CHUNK, MAX_CHUNK = 16, 24


class TelegramChannel(Channel):
    """Sends to private chats at Telegram's pace, shared by all senders."""

    name = TELEGRAM
    not_connected = "no chat is connected"
    unreachable = "the chat is unreachable"

    def pace(self) -> int:
        rate: int = settings.TELEGRAM_MESSAGES_PER_SECOND
        return rate

    def address_interval(self) -> timedelta:
        return timedelta(seconds=ratelimit.CHAT_INTERVAL)

    def chunk_size(self) -> int:
        """Return what the pace allows in an eighth of a second."""
        return min(MAX_CHUNK, max(MIN_CHUNK, self.pace() // 8))

    def reserve(self, outgoing: Sequence[Outgoing]) -> list[Slot]:
        if settings.TELEGRAM_BOT_TOKEN:
            # Before slots are reserved: a new client has to connect first, which would use up the time of the slots.
            _client()
        try:
            return ratelimit.reserve([int(each.address) for each in outgoing], max_wait=MAX_SLOT_WAIT)
        except RedisError as error:
            logger.warning("nothing is sent to Telegram, Redis is unavailable: %s", error)
            raise ChannelUnavailable("Redis is unavailable") from error

    def send(self, outgoing: Sequence[Outgoing]) -> list[Result]:
        return _client().send(outgoing) if settings.TELEGRAM_BOT_TOKEN else print_messages("Telegram", outgoing)

    def note_rate_limited(self, address: str, seconds: float) -> None:
        ratelimit.note_rate_limited(int(address), seconds)

    def note_unavailable(self) -> None:
        ratelimit.note_unavailable()

    def note_available(self) -> bool:
        return ratelimit.note_accepted()


def _client() -> TelegramClient:
    """Return this thread's client. Raises ChannelUnavailable."""
    # Here, because a service without a bot saves the 10 MB of Telegram's library.
    from telegram.error import TelegramError

    from notifications.channels.telegram.client import client

    try:
        return client()
    except TelegramError as error:
        logger.error("nothing is sent to Telegram: %s", error.message)
        raise ChannelUnavailable(f"no client for Telegram: {error.message}") from error
