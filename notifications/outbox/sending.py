"""Sends the messages of the outbox: claim, compose, reserve a slot, send, record.

No transaction is open while a message is being sent. Each message is marked before it is sent and its result recorded
afterwards (notifications.outbox.outcomes), so a sender that crashes in between leaves a row that shows it. A sender that is
asked to stop claims nothing more, finishes what it is sending, and releases the rest.
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
from notifications.channels import ratelimit
from notifications.channels.telegram.client import client
from notifications.channels.transport import (
    Accepted,
    ConsoleTransport,
    EmailTransport,
    Transport,
    TransportError,
)
from notifications.models import Delivery
from notifications.monitoring import heartbeats
from notifications.outbox import restore_detection
from notifications.outbox import services as outbox
from notifications.outbox.composing import NotSent, compose
from notifications.outbox.outcomes import (
    Composed,
    Lease,
    SendResult,
    postpone_after_fault,
    postpone_briefly,
    record,
    write_with_retry,
)

logger = logging.getLogger(__name__)

MIN_BATCH, MAX_BATCH = 16, 128  # messages leased and composed together
# Messages marked as being sent together; as many as there are connections are sent at once. If the sender crashes, all
# of them become uncertain, so the number is small. It is larger only for a higher pace, because each chunk costs its
# statements and waits for its slowest response.
MIN_CHUNK, MAX_CHUNK = 16, 24
MAX_SLOT_WAIT = timedelta(seconds=2)
MAX_MAIL_TIME = timedelta(seconds=5)  # for the mails of a batch
WAITS_FOR_TURN = "waits for its turn"
MIN_LOGGED_WAIT = 5.0  # seconds


def send_batch(*, now: datetime) -> int:
    """Send one batch of messages that are due; return how many were claimed (0: there are none).

    While Redis is unavailable, messages to Telegram are postponed; while the mail server is unavailable, mails are.
    """
    lease_id, claimed = outbox.claim(limit=batch_size(), now=now)
    lease = Lease.starting_now(lease_id)
    unsent = {delivery.pk: delivery for delivery in claimed}
    try:
        composed = _compose(claimed, lease)
        to_chats = _one_per_chat([each for each in composed if not each[1].is_email], lease)
        size = chunk_size()
        for start in range(0, len(to_chats), size):
            if stopping.is_requested():
                break
            _send_to_chats(to_chats[start : start + size], lease, unsent)
        _send_mails([each for each in composed if each[1].is_email], lease, unsent)
    except (OperationalError, InterfaceError):
        write_with_retry(lambda: outbox.release(list(unsent.values()), lease=lease.id), deadline=lease.deadline)
        raise
    if stopping.is_requested():
        outbox.release(list(unsent.values()), lease=lease.id)
    return len(claimed)


def batch_size() -> int:
    """Return how many messages to lease at once.

    What Telegram's pace allows in half a second: all senders share the pace, and small batches keep the order by age.
    """
    return min(MAX_BATCH, max(MIN_BATCH, settings.TELEGRAM_MESSAGES_PER_SECOND // 2))


def chunk_size() -> int:
    """Return how many messages to mark at once: what the pace allows in an eighth of a second."""
    return min(MAX_CHUNK, max(MIN_CHUNK, settings.TELEGRAM_MESSAGES_PER_SECOND // 8))


def _compose(claimed: Sequence[Delivery], lease: Lease) -> list[Composed]:
    """Return the messages to send, composed; record the others with their reasons."""
    composed: list[Composed] = []
    not_sent: dict[NotSent, list[Delivery]] = defaultdict(list)
    for delivery, result in zip(claimed, compose(claimed, now=clock.now()), strict=True):
        if isinstance(result, NotSent):
            not_sent[result].append(delivery)
        elif isinstance(result, TransportError):
            postpone_after_fault(delivery, result, lease)
        else:
            composed.append((delivery, result))
    for result, deliveries in not_sent.items():
        outbox.record_final(deliveries, lease=lease.id, state=result.state, reason=result.reason)
        if result.state != Delivery.State.DROPPED:
            for each in deliveries:
                logger.warning(
                    "delivery %s %s: %s", each.pk, result.state, result.reason, extra=outbox.log_context(each)
                )
    return composed


def _one_per_chat(composed: list[Composed], lease: Lease) -> list[Composed]:
    """Return the first message to each chat, and postpone the second by a second, the third by two, and so on.

    Otherwise they would occupy places of the batch while they wait for their chat's pace.
    """
    now, first = clock.now(), []
    counts: Counter[str] = Counter()
    later: dict[int, datetime] = {}
    for delivery, outgoing in composed:
        earlier = counts[outgoing.address]
        counts[outgoing.address] += 1
        if earlier:
            later[delivery.pk] = now + timedelta(seconds=earlier * ratelimit.CHAT_INTERVAL)
        else:
            first.append((delivery, outgoing))
    outbox.postpone(later, lease=lease.id, now=now, reason=WAITS_FOR_TURN)
    return first


def _send_to_chats(chunk: list[Composed], lease: Lease, unsent: dict[int, Delivery]) -> None:
    try:
        # Before slots are reserved: a new client has to connect first, which would use up the time of the slots.
        transport = transport_for(Delivery.Channel.TELEGRAM)
    except TelegramError as error:
        logger.error("nothing is sent to Telegram: %s", error.message)
        reason = f"no client for Telegram: {error.message}"
        postpone_briefly([each for each, _ in chunk], lease, reason=reason[:200], waits_for=Delivery.Wait.OUTAGE)
        return
    results = _send(transport, _reserve_slots(chunk, lease), lease, unsent)
    if any(_shows_availability(result) for _, result in results) and ratelimit.note_accepted():
        outbox.resume_after_outage(channel=Delivery.Channel.TELEGRAM, now=clock.now())


def _shows_availability(result: Accepted | TransportError) -> bool:
    """Return whether Telegram accepted the message or refused it for a reason of the chat, so it is available."""
    return isinstance(result, Accepted) or result.permanent or result.moved_to is not None


def _send_mails(mails: list[Composed], lease: Lease, unsent: dict[int, Delivery]) -> None:
    """Send mails one by one, for a few seconds: a slow mail server must not delay messages to chats."""
    until = time.monotonic() + MAX_MAIL_TIME.total_seconds()
    for index, (delivery, outgoing) in enumerate(mails):
        if stopping.is_requested():
            return
        if index and time.monotonic() >= until:
            rest = [each for each, _ in mails[index:]]
            postpone_briefly(rest, lease, reason=WAITS_FOR_TURN, waits_for=Delivery.Wait.NOTHING)
            return
        if delivery.channel != Delivery.Channel.EMAIL or delivery.address != outgoing.address:
            outbox.redirect_to_email(delivery, lease=lease.id, address=outgoing.address)
            delivery.channel = Delivery.Channel.EMAIL
        results = _send(transport_for(Delivery.Channel.EMAIL), [(delivery, outgoing)], lease, unsent)
        if any(isinstance(result, TransportError) and result.unavailable for _, result in results):
            rest = [each for each, _ in mails[index + 1 :]]
            postpone_briefly(rest, lease, reason="the mail server is unavailable", waits_for=Delivery.Wait.OUTAGE)
            return


def _send(
    transport: Transport, composed: list[Composed], lease: Lease, unsent: dict[int, Delivery]
) -> list[SendResult]:
    """Mark, send and record messages; return the results of those that the lease still held."""
    now = clock.now()
    with transaction.atomic():
        marked = {delivery.pk for delivery in outbox.mark_sending([each for each, _ in composed], lease=lease.id)}
        heartbeats.record(heartbeats.SENDING, now=now)
    # After the commit, before the first byte is sent: a backup without these marks is older than this time.
    restore_detection.note_sending(now=now)
    composed = [each for each in composed if each[0].pk in marked]
    if not composed:
        return []
    lease = Lease.starting_now(lease.id)  # marking has extended it
    for pk in marked:
        unsent.pop(pk, None)
    results = list(zip(composed, transport.send([outgoing for _, outgoing in composed]), strict=True))
    record(results, lease)
    return results


def transport_for(channel: Delivery.Channel) -> Transport:
    """Return the transport of a channel: the Bot API if a bot is configured, else the console; Django's mail settings.

    Raises telegram.error.NetworkError if the client cannot be created.
    """
    if channel is Delivery.Channel.EMAIL:
        return EmailTransport()
    return client() if settings.TELEGRAM_BOT_TOKEN else ConsoleTransport()


def _reserve_slots(composed: list[Composed], lease: Lease) -> list[Composed]:
    """Return the messages that can be sent soon, each with its time, and postpone the others."""
    try:
        slots = ratelimit.reserve([int(outgoing.address) for _, outgoing in composed], max_wait=MAX_SLOT_WAIT)
    except RedisError as error:
        logger.warning("nothing is sent to Telegram, Redis is unavailable: %s", error)
        waiting = [delivery for delivery, _ in composed]
        postpone_briefly(waiting, lease, reason="Redis is unavailable", waits_for=Delivery.Wait.OUTAGE)
        return []
    reserved_at, now = time.monotonic(), clock.now()
    granted: list[Composed] = []
    later: dict[int, datetime] = {}
    for (delivery, outgoing), slot in zip(composed, slots, strict=True):
        if slot.granted:
            granted.append((delivery, replace(outgoing, not_before=reserved_at + slot.wait)))
        else:
            later[delivery.pk] = now + timedelta(seconds=slot.wait)
    outbox.postpone(later, lease=lease.id, now=now, reason=WAITS_FOR_TURN)
    max_wait = max((slot.wait for slot in slots if not slot.granted), default=0.0)
    if max_wait > MIN_LOGGED_WAIT:
        logger.info("%d messages wait for Telegram, up to %.0f s", len(later), max_wait)
    return granted
