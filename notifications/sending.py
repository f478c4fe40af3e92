"""Sends what the outbox holds: claim, compose, wait for a slot, send, record.

No transaction is open while a message is on its way. Each message is marked as being sent before, and its
outcome recorded after; a sender that dies in between leaves a row that says so.
"""

import logging
import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from notifications import outbox, ratelimit
from notifications.composing import Refusal, compose
from notifications.models import Delivery
from notifications.telegram.client import client
from notifications.transport import (
    Accepted,
    ConsoleTransport,
    EmailTransport,
    Outgoing,
    Transport,
    TransportError,
)
from users.services import mark_chat_unreachable, move_chat

logger = logging.getLogger(__name__)

BATCH = 32  # leased at once
CHUNK = 8  # on their way at once
LONGEST_WAIT = timedelta(seconds=2)
REDIS_PAUSE = timedelta(seconds=10)
MOST_ATTEMPTS = 15
FIRST_BACKOFF, LONGEST_BACKOFF = 5.0, 900.0  # seconds
# What these say is for one pair of eyes: the outbox keeps their subject only.
SECRET = {Delivery.Kind.EMAIL_CONFIRMATION, Delivery.Kind.EMAIL_CHANGE, Delivery.Kind.PASSWORD_RESET}

Ready = tuple[Delivery, Outgoing]


def send_batch(*, now: datetime) -> int:
    """Sends one batch of what is due; returns how many messages it took up (0: nothing left to do).

    With Redis away nothing goes to Telegram: its messages are put off for a moment.
    """
    lease, claimed = outbox.claim(limit=BATCH, now=now)
    for start in range(0, len(claimed), CHUNK):
        _send_chunk(claimed[start : start + CHUNK], lease)
    return len(claimed)


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling from 5 s to 15 min, with full jitter on the upper half."""
    longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** max(0, attempts - 1))
    return timedelta(seconds=random.uniform(longest / 2, longest))


def _send_chunk(chunk: Sequence[Delivery], lease: uuid.UUID) -> None:
    now = timezone.now()
    ready: list[Ready] = []
    for delivery, composed in zip(chunk, compose(chunk, now=now), strict=True):
        if isinstance(composed, Refusal):
            outbox.record_end(delivery, lease=lease, state=composed.state, reason=composed.reason)
        elif isinstance(composed, TransportError):
            outbox.begin([delivery], lease=lease)
            _record_error(delivery, composed, lease, now)
        else:
            ready.append((delivery, composed))
    for channel in Delivery.Channel:
        _send_through(channel, [each for each in ready if each[0].channel == channel], lease)


def _send_through(channel: Delivery.Channel, ready: list[Ready], lease: uuid.UUID) -> None:
    if not ready:
        return
    transport = transport_for(channel)  # before a slot is reserved: what is new has to connect
    if channel is Delivery.Channel.TELEGRAM:
        ready = _with_slots(ready, lease)
    held = {delivery.pk for delivery in outbox.begin([each for each, _ in ready], lease=lease)}
    ready = [each for each in ready if each[0].pk in held]
    if not ready:
        return
    results = transport.send([outgoing for _, outgoing in ready])
    now = timezone.now()
    for (delivery, outgoing), result in zip(ready, results, strict=True):
        if isinstance(result, Accepted):
            _record_accepted(delivery, outgoing, result, lease, now)
        else:
            _record_error(delivery, result, lease, now, outgoing.address)


def transport_for(channel: Delivery.Channel) -> Transport:
    """Telegram's Bot API where a bot is configured, else the console; mails by Django's settings."""
    if channel is Delivery.Channel.EMAIL:
        return EmailTransport()
    return client() if settings.TELEGRAM_BOT_TOKEN else ConsoleTransport()


def _with_slots(ready: list[Ready], lease: uuid.UUID) -> list[Ready]:
    """Those that may go soon, each with its time; a chat that must wait longer is put off."""
    granted: list[Ready] = []
    for place, (delivery, outgoing) in enumerate(ready):
        try:
            slot = ratelimit.reserve(int(outgoing.address), longest_wait=LONGEST_WAIT)
            reserved_at = time.monotonic()
        except RedisError as error:
            logger.warning("nothing goes to Telegram, Redis is away: %s", error)
            rest = [each for each, _ in ready[place:]]
            outbox.park_until(rest, lease=lease, at=timezone.now() + REDIS_PAUSE, reason="Redis is away")
            break
        if slot.granted:
            granted.append((delivery, replace(outgoing, not_before=reserved_at + slot.wait)))
        else:
            at = timezone.now() + timedelta(seconds=slot.wait)
            outbox.park_until([delivery], lease=lease, at=at, reason="waits for the chat's turn")
    return granted


def _record_accepted(delivery: Delivery, outgoing: Outgoing, result: Accepted, lease: uuid.UUID, now: datetime) -> None:
    is_telegram = delivery.channel == Delivery.Channel.TELEGRAM
    text = outgoing.message.subject if delivery.kind in SECRET else outgoing.message.text
    outbox.record_sent(
        delivery,
        lease=lease,
        now=now,
        text=text,
        chat_id=int(outgoing.address) if is_telegram else None,
        message_id=result.message_id,
    )


def _record_error(
    delivery: Delivery, error: TransportError, lease: uuid.UUID, now: datetime, address: str = ""
) -> None:
    if error.retry_after is not None:
        _hold(int(address), error.retry_after)
        at = now + timedelta(seconds=error.retry_after)
        outbox.record_retry(delivery, lease=lease, at=at, reason=error.reason)
        return
    attempts = delivery.attempts + 1
    if error.moved_to is not None and attempts < MOST_ATTEMPTS:
        move_chat(chat_id=int(address), to=error.moved_to)
        outbox.record_retry(delivery, lease=lease, at=now, reason=error.reason, address=str(error.moved_to))
        return
    if error.permanent or attempts >= MOST_ATTEMPTS:
        failed = Delivery.State.FAILED
        outbox.record_end(delivery, lease=lease, state=failed, reason=error.reason, uncertain=error.uncertain)
        if error.unreachable:
            mark_chat_unreachable(chat_id=int(address), now=now)
        logger.warning("delivery %s failed: %s", delivery.pk, error.reason)
        return
    at = now + backoff(attempts)
    outbox.record_retry(delivery, lease=lease, at=at, reason=error.reason, uncertain=error.uncertain)


def _hold(chat_id: int, seconds: float) -> None:
    """Keeps others from the chat; the row itself is put off whether Redis hears it or not."""
    try:
        ratelimit.hold(chat_id, seconds)
    except RedisError as error:
        logger.warning("Redis is away: %s", error)
