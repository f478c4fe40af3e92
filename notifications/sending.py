"""Sends what the outbox holds: claim, compose, wait for a slot, send, record.

No transaction is open while a message is on its way. Each message is marked as being sent before, and its
outcome recorded after; a sender that dies in between leaves a row that says so.
"""

import logging
import random
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from redis.exceptions import RedisError

from common import clock
from notifications import outbox, ratelimit
from notifications.composing import Refusal, compose, may_be_mailed
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

BATCH = 64  # leased and composed at once, at the most
CHUNK = 16  # begun at once (as many as have connections are on their way): uncertain where their sender dies
LONGEST_WAIT = timedelta(seconds=2)
MAILS_FOR = timedelta(seconds=5)  # of a batch
PAUSE = timedelta(seconds=10)  # where Redis or the mail server is away
MOST_ATTEMPTS = 15
TURN = "waits for its turn"
FIRST_BACKOFF, LONGEST_BACKOFF = 5.0, 900.0  # seconds
# What these say is for one pair of eyes: the outbox keeps their subject only.
SECRET = {Delivery.Kind.EMAIL_CONFIRMATION, Delivery.Kind.EMAIL_CHANGE, Delivery.Kind.PASSWORD_RESET}

Ready = tuple[Delivery, Outgoing]
Answered = tuple[Ready, Accepted | TransportError]


def send_batch(*, now: datetime) -> int:
    """Sends one batch of what is due; returns how many messages it took up (0: nothing left to do).

    With Redis away nothing goes to Telegram, with the mail server away no mail: they are put off for a moment.
    """
    lease, claimed = outbox.claim(limit=batch_size(), now=now)
    ready = _ready(claimed, lease)
    to_chats = _one_a_chat([each for each in ready if not each[1].by_mail], lease)
    for start in range(0, len(to_chats), CHUNK):
        _send_to_chats(to_chats[start : start + CHUNK], lease)
    _send_mails([each for each in ready if each[1].by_mail], lease)
    return len(claimed)


def batch_size() -> int:
    """How many to lease at once: half a second of the pace, which all senders share, so that the oldest go first."""
    return min(BATCH, max(CHUNK, settings.TELEGRAM_MESSAGES_PER_SECOND // 2))


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling from 5 s to 15 min, with full jitter on the upper half."""
    longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** max(0, attempts - 1))
    return timedelta(seconds=random.uniform(longest / 2, longest))


def _ready(claimed: Sequence[Delivery], lease: uuid.UUID) -> list[Ready]:
    """What is to be sent, composed; what is not is recorded with its reason."""
    now = clock.now()
    ready: list[Ready] = []
    refused: dict[Refusal, list[Delivery]] = defaultdict(list)
    for delivery, composed in zip(claimed, compose(claimed, now=now), strict=True):
        if isinstance(composed, Refusal):
            refused[composed].append(delivery)
        elif isinstance(composed, TransportError):
            outbox.begin([delivery], lease=lease)
            _record_error(delivery, composed, lease, now)
        else:
            ready.append((delivery, composed))
    for refusal, deliveries in refused.items():
        outbox.record_end(deliveries, lease=lease, state=refusal.state, reason=refusal.reason)
    return ready


def _one_a_chat(ready: list[Ready], lease: uuid.UUID) -> list[Ready]:
    """The first to each chat; those behind it are put off a second each, so that they hold nobody else up."""
    now, first = clock.now(), []
    places: Counter[str] = Counter()
    later: dict[int, datetime] = {}
    for delivery, outgoing in ready:
        place = places[outgoing.address]
        places[outgoing.address] += 1
        if place:
            later[delivery.pk] = now + timedelta(seconds=place * ratelimit.CHAT_INTERVAL)
        else:
            first.append((delivery, outgoing))
    outbox.park(later, lease=lease, reason=TURN)
    return first


def _send_to_chats(chunk: list[Ready], lease: uuid.UUID) -> None:
    transport = transport_for(Delivery.Channel.TELEGRAM)  # before a slot is reserved: what is new has to connect
    answered = _send(transport, _with_slots(chunk, lease), lease)
    asked = [result.retry_after or 0.0 for _, result in answered if isinstance(result, TransportError)]
    if len(answered) > 1 and len(asked) == len(answered) and all(asked):
        ratelimit.try_hold(None, max(asked))  # every chat at once: it is the bot that has to wait


def _send_mails(mails: list[Ready], lease: uuid.UUID) -> None:
    """One at a time, for a few seconds: a slow mail server must not hold up what goes to chats."""
    until = time.monotonic() + MAILS_FOR.total_seconds()
    for place, (delivery, outgoing) in enumerate(mails):
        if place and time.monotonic() >= until:
            _put_off([each for each, _ in mails[place:]], lease, reason=TURN)
            return
        if delivery.channel != Delivery.Channel.EMAIL or delivery.address != outgoing.address:
            outbox.divert(delivery, lease=lease, address=outgoing.address)
            delivery.channel = Delivery.Channel.EMAIL
        answered = _send(transport_for(Delivery.Channel.EMAIL), [(delivery, outgoing)], lease)
        if any(isinstance(result, TransportError) and result.away for _, result in answered):
            _put_off([each for each, _ in mails[place + 1 :]], lease, reason="the mail server is away")
            return


def _send(transport: Transport, ready: list[Ready], lease: uuid.UUID) -> list[Answered]:
    """Marks, sends, records; what was answered, for those that were still the lease's."""
    held = {delivery.pk for delivery in outbox.begin([each for each, _ in ready], lease=lease)}
    ready = [each for each in ready if each[0].pk in held]
    if not ready:
        return []
    answered = list(zip(ready, transport.send([outgoing for _, outgoing in ready]), strict=True))
    now = clock.now()
    arrived = [_sent(*each, result) for each, result in answered if isinstance(result, Accepted)]
    outbox.record_sent(arrived, lease=lease, now=now)
    for (delivery, outgoing), result in answered:
        if isinstance(result, TransportError):
            _record_error(delivery, result, lease, now, outgoing.address)
    return answered


def transport_for(channel: Delivery.Channel) -> Transport:
    """Telegram's Bot API where a bot is configured, else the console; mails by Django's settings."""
    if channel is Delivery.Channel.EMAIL:
        return EmailTransport()
    return client() if settings.TELEGRAM_BOT_TOKEN else ConsoleTransport()


def _with_slots(ready: list[Ready], lease: uuid.UUID) -> list[Ready]:
    """Those that may go soon, each with its time; the others are put off."""
    try:
        slots = ratelimit.reserve([int(outgoing.address) for _, outgoing in ready], longest_wait=LONGEST_WAIT)
    except RedisError as error:
        logger.warning("nothing goes to Telegram, Redis is away: %s", error)
        _put_off([delivery for delivery, _ in ready], lease, reason="Redis is away")
        return []
    reserved_at, now = time.monotonic(), clock.now()
    granted: list[Ready] = []
    later: dict[int, datetime] = {}
    for (delivery, outgoing), slot in zip(ready, slots, strict=True):
        if slot.granted:
            granted.append((delivery, replace(outgoing, not_before=reserved_at + slot.wait)))
        else:
            later[delivery.pk] = now + timedelta(seconds=slot.wait)
    outbox.park(later, lease=lease, reason=TURN)
    return granted


def _put_off(deliveries: Sequence[Delivery], lease: uuid.UUID, *, reason: str) -> None:
    at = clock.now() + PAUSE
    outbox.park({delivery.pk: at for delivery in deliveries}, lease=lease, reason=reason)


def _sent(delivery: Delivery, outgoing: Outgoing, result: Accepted) -> outbox.Sent:
    text = outgoing.message.subject if delivery.kind in SECRET else outgoing.message.text
    chat_id = None if outgoing.by_mail else int(outgoing.address)
    return outbox.Sent(delivery.pk, text, chat_id, result.message_id)


def _record_error(
    delivery: Delivery, error: TransportError, lease: uuid.UUID, now: datetime, address: str = ""
) -> None:
    if error.retry_after is not None:
        ratelimit.try_hold(int(address), error.retry_after)
        at = now + timedelta(seconds=error.retry_after)
        outbox.record_retry(delivery, lease=lease, at=at, reason=error.reason)
        return
    attempts = delivery.attempts + 1
    is_last = attempts >= MOST_ATTEMPTS and not error.away
    if error.moved_to is not None and not is_last:
        move_chat(chat_id=int(address), to=error.moved_to)
        elsewhere = str(error.moved_to) if delivery.address else ""  # else the person's chat, as it is from now on
        outbox.record_retry(delivery, lease=lease, at=now, reason=error.reason, address=elsewhere)
        return
    if error.unreachable:
        mark_chat_unreachable(chat_id=int(address), now=now)
        if may_be_mailed(delivery) and not is_last:
            outbox.record_retry(delivery, lease=lease, at=now, reason=error.reason)
            return
    if error.permanent or is_last:
        failed = Delivery.State.FAILED
        outbox.record_end([delivery], lease=lease, state=failed, reason=error.reason, uncertain=error.uncertain)
        logger.warning("delivery %s failed: %s", delivery.pk, error.reason)
        return
    at = now + backoff(attempts)
    outbox.record_retry(delivery, lease=lease, at=at, reason=error.reason, uncertain=error.uncertain)
