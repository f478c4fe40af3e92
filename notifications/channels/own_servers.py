"""What channels share whose addresses each have a server of their own: parallel calls, and holds by address.

A server of one user's choice may hang or be gone. It takes one place of a batch at most, its messages wait for it alone, and
the next batch leaves it out while it is on hold.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import DatabaseError, InterfaceError
from redis.exceptions import RedisError

from common import clock
from common.outbound.answers import wait_asked_for
from common.outbound.connector import CallFailed
from common.redis import connection, key
from notifications.channels.base import Channel
from notifications.channels.transport import Message, Outgoing, Result, Slot, TransportError
from notifications.models import ChannelConnection

logger = logging.getLogger(__name__)

TIMEOUT = timedelta(seconds=10)  # of a call; together with resolving the name below a third of the lease
MAX_HOLD = timedelta(hours=1)
DEFAULT_RETRY_AFTER = timedelta(minutes=1)
MAX_ANSWER = 4096  # bytes that are read of an answer


class OwnServersChannel(Channel):
    """A channel on which each user has a server of their own choice."""

    has_own_servers: ClassVar[bool] = True
    max_batch_time = timedelta(seconds=5)
    unreachable = "its server refuses messages to it"

    def address_interval(self) -> timedelta:
        return timedelta(seconds=1)

    def reserve(self, outgoing: Sequence[Outgoing]) -> list[Slot]:
        """Return that each may be sent at once, unless its address is on hold. Without Redis nothing is."""
        try:
            left = [connection().pttl(_hold(each.address)) for each in outgoing]
        except RedisError:
            return super().reserve(outgoing)
        return [Slot(granted=ms <= 0, wait=max(0.0, ms / 1000)) for ms in left]

    def note_rate_limited(self, address: str, seconds: float) -> None:
        span = min(seconds, MAX_HOLD.total_seconds())
        try:
            connection().set(_hold(address), 1, px=max(1, int(span * 1000)))
        except RedisError as error:
            logger.warning("a hold of an address is not noted, Redis is unavailable: %s", error)


class ConnectedChannel(OwnServersChannel):
    """One whose addresses are rows of ChannelConnection."""

    def prepare(self, connected: ChannelConnection, message: Message, *, now: datetime) -> Callable[[], Result]:
        """Return what sends one message and returns what came of it. That runs in a thread, and uses no database or clock."""
        raise NotImplementedError

    def send(self, outgoing: Sequence[Outgoing]) -> list[Result]:
        try:
            rows = ChannelConnection.objects.filter(channel=self.name, address__in=[each.address for each in outgoing])
            known = {each.address: each for each in rows}
        except (DatabaseError, InterfaceError) as error:
            return [TransportError(f"database: {type(error).__name__}", internal=True) for _ in outgoing]
        now = clock.now()
        return in_parallel([self._prepare(known.get(each.address), each.message, now) for each in outgoing])

    def _prepare(self, connected: ChannelConnection | None, message: Message, now: datetime) -> Callable[[], Result]:
        if connected is None:
            gone = TransportError("no longer connected", permanent=True)
            return lambda: gone
        return self.prepare(connected, message, now=now)


def in_parallel(calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """Make the calls at the same time, and return their results in order. An unexpected error is a result as well."""
    if not calls:
        return []
    with ThreadPoolExecutor(len(calls), thread_name_prefix="channel") as pool:
        return list(pool.map(_guarded, calls))


def failed_call(error: CallFailed) -> TransportError:
    """Return what it means for a message that its server gave no answer."""
    if error.refused:
        return TransportError(error.reason, permanent=True, unreachable=True)
    if error.maybe_received:
        return TransportError(error.reason, uncertain=True)
    return TransportError(error.reason, unavailable=True)


def retry_after(header: str | None, *, now: datetime) -> float:
    """Return for how many seconds a server demands a delay, at most MAX_HOLD; a minute if it does not say."""
    wait = wait_asked_for(header, now=now)
    return min(max(timedelta(seconds=1), DEFAULT_RETRY_AFTER if wait is None else wait), MAX_HOLD).total_seconds()


def title_and_body(text: str) -> tuple[str, str]:
    """Return the first line of a message, and the rest."""
    title, _, body = text.partition("\n")
    return title.strip(), body.strip()


def shortened(text: str, max_bytes: int) -> str:
    """Return the text with at most that number of bytes in UTF-8."""
    encoded = text.encode()
    return text if len(encoded) <= max_bytes else encoded[: max_bytes - 3].decode(errors="ignore") + "…"


def _guarded(call: Callable[[], Result]) -> Result:
    try:
        return call()
    except Exception as error:  # any bug: the other results must still be recorded. Whether it was sent is not known.
        logger.exception("a message cannot be sent")
        return TransportError(f"internal error: {type(error).__name__}", uncertain=True)


def _hold(address: str) -> str:
    return key(f"hold:{hashlib.sha256(address.encode()).hexdigest()[:32]}")
