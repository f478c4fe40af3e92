"""Sends what the outbox holds: claim, compose, wait for a slot, send, record.

No transaction is open while a message is on its way. Each message is marked as being sent before, and its
outcome recorded after (notifications.outcomes); a sender that dies in between leaves a row that says so. One that is
asked to end claims nothing more, finishes what is in flight, and gives the rest back.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from redis.exceptions import RedisError
from telegram.error import TelegramError

from common import clock, stopping
from notifications import heartbeats, outbox, ratelimit, restored
from notifications.composing import Refusal, compose
from notifications.models import Delivery
from notifications.outcomes import Answered, Held, Ready, insist, put_off, record, step_aside
from notifications.telegram.client import client
from notifications.transport import Accepted, ConsoleTransport, EmailTransport, Transport, TransportError

logger = logging.getLogger(__name__)

MIN_BATCH, MAX_BATCH = 16, 128  # leased and composed at once
# Begun at once (as many as have connections are on their way): uncertain where their sender dies. More only where the
# pace was raised, since each chunk costs its statements and waits for the slowest answer in it.
MIN_CHUNK, MAX_CHUNK = 16, 24
LONGEST_WAIT = timedelta(seconds=2)
MAILS_FOR = timedelta(seconds=5)  # of a batch
TURN = "waits for its turn"
WORTH_A_LINE = 5.0  # seconds that messages wait


def send_batch(*, now: datetime) -> int:
    """Sends one batch of what is due; returns how many messages it took up (0: nothing left to do).

    With Redis away nothing goes to Telegram, with the mail server away no mail: they are put off for a moment.
    """
    lease, claimed = outbox.claim(limit=batch_size(), now=now)
    held = Held.fresh(lease)
    left = {delivery.pk: delivery for delivery in claimed}  # of which nothing went out
    try:
        ready = _ready(claimed, held)
        to_chats = _one_a_chat([each for each in ready if not each[1].by_mail], held)
        size = chunk_size()
        for start in range(0, len(to_chats), size):
            if stopping.is_requested():
                break
            _send_to_chats(to_chats[start : start + size], held, left)
        _send_mails([each for each in ready if each[1].by_mail], held, left)
    except (OperationalError, InterfaceError):
        insist(lambda: outbox.release(list(left.values()), lease=lease), until=held.until)
        raise
    if stopping.is_requested():
        outbox.release(list(left.values()), lease=lease)
    return len(claimed)


def batch_size() -> int:
    """Return how many to lease at once: half a second of the pace, which all senders share, so that the oldest go first."""
    return min(MAX_BATCH, max(MIN_BATCH, settings.TELEGRAM_MESSAGES_PER_SECOND // 2))


def chunk_size() -> int:
    """Return how many to begin at once: an eighth of a second of the pace."""
    return min(MAX_CHUNK, max(MIN_CHUNK, settings.TELEGRAM_MESSAGES_PER_SECOND // 8))


def _ready(claimed: Sequence[Delivery], held: Held) -> list[Ready]:
    """What is to be sent, composed; what is not is recorded with its reason."""
    ready: list[Ready] = []
    refused: dict[Refusal, list[Delivery]] = defaultdict(list)
    for delivery, composed in zip(claimed, compose(claimed, now=clock.now()), strict=True):
        if isinstance(composed, Refusal):
            refused[composed].append(delivery)
        elif isinstance(composed, TransportError):
            step_aside(delivery, composed, held)
        else:
            ready.append((delivery, composed))
    for refusal, deliveries in refused.items():
        outbox.record_end(deliveries, lease=held.lease, state=refusal.state, reason=refusal.reason)
        if refusal.state != Delivery.State.DROPPED:
            for each in deliveries:
                logger.warning("delivery %s %s: %s", each.pk, refusal.state, refusal.reason, extra=outbox.about(each))
    return ready


def _one_a_chat(ready: list[Ready], held: Held) -> list[Ready]:
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
    outbox.postpone(later, lease=held.lease, now=now, reason=TURN)
    return first


def _send_to_chats(chunk: list[Ready], held: Held, left: dict[int, Delivery]) -> None:
    try:
        transport = transport_for(Delivery.Channel.TELEGRAM)  # before a slot is reserved: what is new has to connect
    except TelegramError as error:
        logger.error("nothing goes to Telegram: %s", error.message)
        reason = f"no client for Telegram: {error.message}"
        put_off([each for each, _ in chunk], held, reason=reason[:200], waits_for=Delivery.Wait.AWAY)
        return
    answered = _send(transport, _with_slots(chunk, held), held, left)
    if any(_is_taken(result) for _, result in answered) and ratelimit.note_passed():
        outbox.bring_forward(channel=Delivery.Channel.TELEGRAM, now=clock.now())


def _is_taken(result: Accepted | TransportError) -> bool:
    """Whether Telegram took the message, or refused it for the sake of its chat: it listens."""
    return isinstance(result, Accepted) or result.permanent or result.moved_to is not None


def _send_mails(mails: list[Ready], held: Held, left: dict[int, Delivery]) -> None:
    """One at a time, for a few seconds: a slow mail server must not hold up what goes to chats."""
    until = time.monotonic() + MAILS_FOR.total_seconds()
    for place, (delivery, outgoing) in enumerate(mails):
        if stopping.is_requested():
            return
        if place and time.monotonic() >= until:
            put_off([each for each, _ in mails[place:]], held, reason=TURN, waits_for=Delivery.Wait.NOTHING)
            return
        if delivery.channel != Delivery.Channel.EMAIL or delivery.address != outgoing.address:
            outbox.divert(delivery, lease=held.lease, address=outgoing.address)
            delivery.channel = Delivery.Channel.EMAIL
        answered = _send(transport_for(Delivery.Channel.EMAIL), [(delivery, outgoing)], held, left)
        if any(isinstance(result, TransportError) and result.away for _, result in answered):
            rest = [each for each, _ in mails[place + 1 :]]
            put_off(rest, held, reason="the mail server is away", waits_for=Delivery.Wait.AWAY)
            return


def _send(transport: Transport, ready: list[Ready], held: Held, left: dict[int, Delivery]) -> list[Answered]:
    """Marks, sends, records; what was answered, for those that were still the lease's."""
    now = clock.now()
    with transaction.atomic():
        begun = {delivery.pk for delivery in outbox.begin([each for each, _ in ready], lease=held.lease)}
        heartbeats.beat(heartbeats.BEGUN, now=now)
    # After the commit and before the first byte: a backup that lacks the marks is older than this.
    restored.note_begun(now=now)
    ready = [each for each in ready if each[0].pk in begun]
    if not ready:
        return []
    held = Held.fresh(held.lease)
    for pk in begun:
        left.pop(pk, None)
    answered = list(zip(ready, transport.send([outgoing for _, outgoing in ready]), strict=True))
    record(answered, held)
    return answered


def transport_for(channel: Delivery.Channel) -> Transport:
    """Telegram's Bot API where a bot is configured, else the console; mails by Django's settings.

    Raises telegram.error.NetworkError where the client cannot be built.
    """
    if channel is Delivery.Channel.EMAIL:
        return EmailTransport()
    return client() if settings.TELEGRAM_BOT_TOKEN else ConsoleTransport()


def _with_slots(ready: list[Ready], held: Held) -> list[Ready]:
    """Those that may go soon, each with its time; the others are put off."""
    try:
        slots = ratelimit.reserve([int(outgoing.address) for _, outgoing in ready], longest_wait=LONGEST_WAIT)
    except RedisError as error:
        logger.warning("nothing goes to Telegram, Redis is away: %s", error)
        waiting = [delivery for delivery, _ in ready]
        put_off(waiting, held, reason="Redis is away", waits_for=Delivery.Wait.AWAY)
        return []
    reserved_at, now = time.monotonic(), clock.now()
    granted: list[Ready] = []
    later: dict[int, datetime] = {}
    for (delivery, outgoing), slot in zip(ready, slots, strict=True):
        if slot.granted:
            granted.append((delivery, replace(outgoing, not_before=reserved_at + slot.wait)))
        else:
            later[delivery.pk] = now + timedelta(seconds=slot.wait)
    outbox.postpone(later, lease=held.lease, now=now, reason=TURN)
    longest = max((slot.wait for slot in slots if not slot.granted), default=0.0)
    if longest > WORTH_A_LINE:
        logger.info("%d messages wait for Telegram, up to %.0f s", len(later), longest)
    return granted
