"""Sends the messages of the outbox: claim, compose, reserve a slot, send, record.

No transaction is open while a message is being sent. Each message is marked before it is sent and its result recorded
afterwards (notifications.outbox.outcomes), so a sender that crashes in between leaves a row that shows it. A sender that is
asked to stop claims nothing more, finishes what it is sending, and releases the rest.
"""

import logging
import math
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from common import clock, stopping
from common.leases import Lease, write_with_retry
from notifications.channels import registry
from notifications.channels.base import Channel
from notifications.channels.transport import Accepted, ChannelUnavailable, Result, TransportError
from notifications.models import Delivery
from notifications.monitoring import heartbeats
from notifications.outbox import leases, restore_detection
from notifications.outbox import services as outbox
from notifications.outbox.composing import Waits, compose
from notifications.outbox.outcomes import (
    Composed,
    SendResult,
    postpone_after_fault,
    postpone_briefly,
    record,
)
from notifications.outbox.subjects import NotSent

logger = logging.getLogger(__name__)

MIN_BATCH, MAX_BATCH = 16, 128  # messages leased and composed together
WAITS_FOR_TURN = "waits for its turn"
MIN_LOGGED_WAIT = 5.0  # seconds
# After this many seconds, whether a message should still be sent must be checked again: it may be done, or a later one of
# its track due. A chunk takes so long if the database or Telegram stalls.
MAX_COMPOSED_AGE = 5.0


def send_batch(*, now: datetime) -> int:
    """Send one batch of messages that are due; return how many were claimed (0: there are none).

    Messages on a channel that is unavailable are postponed.
    """
    lease_id, claimed = leases.claim(limit=batch_size(), now=now)
    lease = Lease.starting_now(lease_id)
    unsent = {delivery.pk: delivery for delivery in claimed}
    try:
        composed_at = time.monotonic()
        composed = _compose(claimed, lease)
        for channel in registry.CHANNELS:
            of_channel = [each for each in composed if each[1].channel == channel.name]
            _send_on(channel, of_channel, lease, unsent, composed_at)
    except (OperationalError, InterfaceError):
        write_with_retry(lambda: leases.release(list(unsent.values()), lease=lease.id), deadline=lease.deadline)
        raise
    if stopping.is_requested():
        leases.release(list(unsent.values()), lease=lease.id)
    return len(claimed)


def batch_size() -> int:
    """Return how many messages to lease at once.

    What the fastest limited channel allows in half a second: all senders share its pace, and small batches keep the order
    by age.
    """
    pace = max((channel.pace() or 0 for channel in registry.CHANNELS), default=0)
    return min(MAX_BATCH, max(MIN_BATCH, pace // 2))


def _compose(claimed: Sequence[Delivery], lease: Lease) -> list[Composed]:
    """Return the messages to send, composed; record the others with their reasons."""
    composed: list[Composed] = []
    not_sent: dict[NotSent, list[Delivery]] = defaultdict(list)
    quiet: list[leases.QuietWait] = []
    for delivery, result in zip(claimed, compose(claimed, now=clock.now()), strict=True):
        if isinstance(result, NotSent):
            not_sent[result].append(delivery)
        elif isinstance(result, Waits):
            quiet.append(leases.QuietWait(delivery.pk, result.until, result.expires_at))
        elif isinstance(result, TransportError):
            postpone_after_fault(delivery, result, lease)
        else:
            composed.append((delivery, result))
    leases.wait_quietly(quiet, lease=lease.id, now=clock.now())
    for result, deliveries in not_sent.items():
        expires_at = clock.now() if result.ends_now else None
        leases.record_final(deliveries, lease=lease.id, state=result.state, reason=result.reason, expires_at=expires_at)
        if result.state != Delivery.State.DROPPED:
            for each in deliveries:
                logger.warning(
                    "delivery %s %s: %s", each.pk, result.state, result.reason, extra=leases.log_context(each)
                )
    return composed


def _send_on(
    channel: Channel, composed: list[Composed], lease: Lease, unsent: dict[int, Delivery], composed_at: float
) -> None:
    """Send messages on their channel, chunk by chunk, within its time for a batch; postpone what is left.

    What was composed too long ago is released instead, to be claimed and checked again.
    """
    interval = channel.address_interval()
    if interval is not None:
        composed = _one_per_address(composed, interval, lease)
    until = (
        time.monotonic() + channel.max_batch_time.total_seconds() if channel.max_batch_time is not None else math.inf
    )
    size = channel.chunk_size()
    for start in range(0, len(composed), size):
        if stopping.is_requested():
            return
        if start and time.monotonic() >= until:
            rest = [delivery for delivery, _ in composed[start:]]
            postpone_briefly(rest, lease, reason=WAITS_FOR_TURN, waits_for=Delivery.Wait.NOTHING)
            return
        # After the above: what a slow channel leaves must let others pass, and what is released is claimed first.
        if start and time.monotonic() - composed_at > MAX_COMPOSED_AGE:
            leases.release([delivery for delivery, _ in composed[start:]], lease=lease.id)
            return
        results = _send_chunk(channel, composed[start : start + size], lease, unsent)
        is_away = any(isinstance(result, TransportError) and result.unavailable for _, result in results)
        if channel.outage_reason and is_away:
            rest = [delivery for delivery, _ in composed[start + size :]]
            postpone_briefly(rest, lease, reason=channel.outage_reason, waits_for=Delivery.Wait.OUTAGE)
            return


def _one_per_address(composed: list[Composed], interval: timedelta, lease: Lease) -> list[Composed]:
    """Return the first message to each address; postpone the second by one interval, the third by two, and so on.

    Otherwise they would occupy places of the batch while they wait for their address's pace.
    """
    now, first = clock.now(), []
    counts: Counter[str] = Counter()
    later: dict[int, datetime] = {}
    for delivery, outgoing in composed:
        earlier = counts[outgoing.address]
        counts[outgoing.address] += 1
        if earlier:
            later[delivery.pk] = now + earlier * interval
        else:
            first.append((delivery, outgoing))
    leases.postpone(later, lease=lease.id, now=now, reason=WAITS_FOR_TURN)
    return first


def _send_chunk(channel: Channel, chunk: list[Composed], lease: Lease, unsent: dict[int, Delivery]) -> list[SendResult]:
    """Reserve slots, send and record; return the results of the messages that were sent."""
    try:
        granted = _reserve_slots(channel, chunk, lease)
    except ChannelUnavailable as error:
        waiting = [delivery for delivery, _ in chunk]
        postpone_briefly(waiting, lease, reason=error.reason[:200], waits_for=Delivery.Wait.OUTAGE)
        return []
    _redirect(granted, lease)
    results = _mark_and_send(channel, granted, lease, unsent)
    if any(_shows_availability(result) for _, result in results) and channel.note_available():
        outbox.resume_after_outage(channel=channel.name, now=clock.now())
    return results


def _shows_availability(result: Result) -> bool:
    """Return whether the server accepted the message or refused it for a reason of the address, so it is available."""
    return isinstance(result, Accepted) or result.permanent or result.moved_to is not None


def _redirect(composed: list[Composed], lease: Lease) -> None:
    """Record the channel and address of messages that go elsewhere than they were queued for."""
    changed = [
        (delivery, outgoing)
        for delivery, outgoing in composed
        if delivery.channel != outgoing.channel or delivery.address not in {"", outgoing.address}
    ]
    redirects = [leases.Redirect(delivery.pk, outgoing.channel, outgoing.address) for delivery, outgoing in changed]
    leases.redirect(redirects, lease=lease.id)
    for delivery, outgoing in changed:
        delivery.channel, delivery.address = outgoing.channel, outgoing.address


def _mark_and_send(
    channel: Channel, composed: list[Composed], lease: Lease, unsent: dict[int, Delivery]
) -> list[SendResult]:
    """Mark, send and record messages; return the results of those that the lease still held."""
    now = clock.now()
    with transaction.atomic():
        marked = {delivery.pk for delivery in leases.mark_sending([each for each, _ in composed], lease=lease.id)}
        heartbeats.record(heartbeats.SENDING, now=now)
    # After the commit, before the first byte is sent: a backup without these marks is older than this time.
    restore_detection.note_sending(now=now)
    composed = [each for each in composed if each[0].pk in marked]
    if not composed:
        return []
    lease = Lease.starting_now(lease.id)  # marking has extended it
    for pk in marked:
        unsent.pop(pk, None)
    results = list(zip(composed, channel.send([outgoing for _, outgoing in composed]), strict=True))
    record(results, lease)
    return results


def _reserve_slots(channel: Channel, composed: list[Composed], lease: Lease) -> list[Composed]:
    """Return the messages that can be sent soon, each with its time, and postpone the others.

    Raises ChannelUnavailable.
    """
    slots = channel.reserve([outgoing for _, outgoing in composed])
    reserved_at, now = time.monotonic(), clock.now()
    granted: list[Composed] = []
    later: dict[int, datetime] = {}
    for (delivery, outgoing), slot in zip(composed, slots, strict=True):
        if slot.granted:
            granted.append((delivery, replace(outgoing, not_before=reserved_at + slot.wait)))
        else:
            later[delivery.pk] = now + timedelta(seconds=slot.wait)
    waits_for = Delivery.Wait.ADDRESS if channel.has_own_servers else Delivery.Wait.NOTHING
    leases.postpone(later, lease=lease.id, now=now, reason=WAITS_FOR_TURN, waits_for=waits_for)
    max_wait = max((slot.wait for slot in slots if not slot.granted), default=0.0)
    if max_wait > MIN_LOGGED_WAIT:
        logger.info("%d messages wait for their turn on %s, up to %.0f s", len(later), channel.name, max_wait)
    return granted
