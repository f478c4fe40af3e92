"""What happens to a message after an attempt: the rules that turn a result into a record.

Only a permanent error ends a message. A result that leaves open whether the message arrived makes it uncertain. After
any other error the message is tried again until it expires. If the database is unavailable while results are waiting
to be recorded, the writes are repeated for as long as the lease lasts.
"""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import InterfaceError, OperationalError

from common import clock
from common.backoff import backoff
from common.leases import Lease, jittered, write_with_retry
from notifications.channels import registry
from notifications.channels.transport import Accepted, Outgoing, TransportError
from notifications.models import Delivery
from notifications.monitoring import heartbeats
from notifications.outbox import leases, recipients
from users import addresses

logger = logging.getLogger(__name__)

Composed = tuple[Delivery, Outgoing]
SendResult = tuple[Composed, Accepted | TransportError]

OUTAGE_PAUSE = timedelta(seconds=10)  # while Redis or a channel's server is unavailable
MAX_OUTAGE_PAUSE = timedelta(seconds=60)
# Messages with secret links or codes: the outbox stores only their subject.
SECRET_KINDS = {
    Delivery.Kind.EMAIL_CONFIRMATION,
    Delivery.Kind.EMAIL_CHANGE,
    Delivery.Kind.PASSWORD_RESET,
    Delivery.Kind.SIGN_IN_LINK,
    Delivery.Kind.CHANNEL_CODE,
}


def record(results: Sequence[SendResult], lease: Lease) -> None:
    """Record the results of sending, as far as the lease still holds. Log failures and uncertain results.

    A result that cannot be recorded because of an unexpected error is left to the end of its lease; the others are
    recorded.
    """
    now = clock.now()
    accepted = [sent_record(*composed, result) for composed, result in results if isinstance(result, Accepted)]
    if accepted:
        _record_sent(accepted, lease, now)
        heartbeats.record_every_minute(heartbeats.SEND, now=now)
    for composed, result in results:
        if not isinstance(result, TransportError):
            continue
        try:
            write_with_retry(partial(_record_error, composed, result, lease.id, now), deadline=lease.deadline)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # any error: the other results must still be recorded
            delivery = composed[0]
            logger.exception(
                "delivery %s: its result cannot be recorded", delivery.pk, extra=leases.log_context(delivery)
            )


def _record_sent(accepted: list[leases.Sent], lease: Lease, now: datetime) -> None:
    """Record accepted messages in one statement; one by one if that fails, so that one cannot hold up the others."""
    try:
        write_with_retry(lambda: leases.record_sent(accepted, lease=lease.id, now=now), deadline=lease.deadline)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if len(accepted) == 1:
            logger.exception("delivery %s: its result cannot be recorded", accepted[0].delivery_id)
            return
        for each in accepted:
            _record_sent([each], lease, now)


def postpone_after_fault(delivery: Delivery, error: TransportError, lease: Lease) -> None:
    """Postpone a message that could not be composed because of an unexpected error, each time for longer."""
    now = clock.now()
    at = now + jittered(backoff(delivery.attempts + 1))
    leases.record_retry(
        delivery,
        lease=lease.id,
        at=at,
        now=now,
        reason=error.reason,
        waits_for=Delivery.Wait.FAULT,
        is_failure=True,
    )


def postpone_briefly(deliveries: Sequence[Delivery], lease: Lease, *, reason: str, waits_for: str) -> None:
    """Postpone messages for ten seconds without counting a failed attempt."""
    now = clock.now()
    until = {delivery.pk: now + OUTAGE_PAUSE for delivery in deliveries}
    leases.postpone(until, lease=lease.id, now=now, reason=reason, waits_for=waits_for)


def sent_record(delivery: Delivery, outgoing: Outgoing, result: Accepted | TransportError) -> leases.Sent:
    """Return what the outbox stores of a message that was accepted, or is presumed to be."""
    text = outgoing.message.subject if delivery.kind in SECRET_KINDS else outgoing.message.text
    message_id = result.message_id if isinstance(result, Accepted) else None
    return leases.Sent(delivery.pk, text, outgoing.address, message_id)


def _record_error(composed: Composed, error: TransportError, lease_id: uuid.UUID, now: datetime) -> None:
    delivery, outgoing = composed
    channel = registry.get(outgoing.channel)
    if error.retry_after is not None:
        channel.note_rate_limited(outgoing.address, error.retry_after)
        at = now + timedelta(seconds=error.retry_after)
        logger.info(
            "delivery %s waits %.0f s for its address",
            delivery.pk,
            error.retry_after,
            extra=leases.log_context(delivery),
        )
        leases.record_retry(
            delivery, lease=lease_id, at=at, now=now, reason=error.reason, waits_for=Delivery.Wait.ADDRESS
        )
    elif error.moved_to is not None:
        _record_moved(delivery, outgoing, error.moved_to, error.reason, lease_id, now)
    elif error.permanent:
        _record_permanent_error(delivery, outgoing, error, lease_id, now)
    elif error.uncertain:
        _record_uncertain(composed, error, lease_id, now)
    elif error.elsewhere and (other := recipients.alternative(delivery, outgoing)):
        leases.redirect([leases.Redirect(delivery.pk, other.channel, other.address or "")], lease=lease_id)
        leases.record_retry(delivery, lease=lease_id, at=now, now=now, reason=error.reason, is_failure=True)
    elif error.unavailable and channel.has_own_servers:
        wait = jittered(backoff(delivery.attempts + 1))
        channel.note_rate_limited(outgoing.address, wait.total_seconds())
        leases.record_retry(
            delivery,
            lease=lease_id,
            at=now + wait,
            now=now,
            reason=error.reason,
            waits_for=Delivery.Wait.ADDRESS,
            is_failure=True,
        )
    elif error.unavailable:
        channel.note_unavailable()
        at = now + _outage_pause(1)
        leases.record_retry(
            delivery, lease=lease_id, at=at, now=now, reason=error.reason, waits_for=Delivery.Wait.OUTAGE
        )
    else:
        waits_for = Delivery.Wait.FAULT if error.internal else Delivery.Wait.NOTHING
        at = now + jittered(backoff(delivery.attempts + 1))
        leases.record_retry(
            delivery, lease=lease_id, at=at, now=now, reason=error.reason, waits_for=waits_for, is_failure=True
        )


def _record_moved(
    delivery: Delivery, outgoing: Outgoing, moved_to: str, reason: str, lease_id: uuid.UUID, now: datetime
) -> None:
    """Store the new address and try again: at once the first time, then with increasing delays."""
    addresses.move(channel=outgoing.channel, address=outgoing.address, to=moved_to)
    # A delivery without an address of its own goes to the user's, which has just been changed.
    new_address = moved_to if delivery.address else ""
    at = now + jittered(backoff(delivery.attempts)) if delivery.attempts else now
    leases.record_retry(
        delivery, lease=lease_id, at=at, now=now, reason=reason, is_failure=True, new_address=new_address
    )


def _record_permanent_error(
    delivery: Delivery, outgoing: Outgoing, error: TransportError, lease_id: uuid.UUID, now: datetime
) -> None:
    if error.unreachable:
        is_marked = addresses.mark_unreachable(channel=outgoing.channel, address=outgoing.address, now=now)
        if other := recipients.alternative(delivery, outgoing):
            at = now
            if not is_marked:
                # It was connected meanwhile, or by a clock that ran ahead, and would be the first choice again.
                leases.redirect([leases.Redirect(delivery.pk, other.channel, other.address or "")], lease=lease_id)
                at += jittered(backoff(delivery.attempts + 1))
            leases.record_retry(delivery, lease=lease_id, at=at, now=now, reason=error.reason, is_failure=not is_marked)
            return
    leases.record_final([delivery], lease=lease_id, state=Delivery.State.FAILED, reason=error.reason)
    logger.warning("delivery %s failed: %s", delivery.pk, error.reason, extra=leases.log_context(delivery))


def _record_uncertain(composed: Composed, error: TransportError, lease_id: uuid.UUID, now: datetime) -> None:
    """Try a message again that may have arrived; after enough attempts record it as sent."""
    delivery, outgoing = composed
    tries = delivery.uncertain_tries + 1
    channel = registry.get(outgoing.channel)
    logger.warning(
        "delivery %s is uncertain after try %d: %s",
        delivery.pk,
        tries,
        error.reason,
        extra=leases.log_context(delivery),
    )
    if tries >= channel.max_uncertain_tries:
        leases.record_presumed_sent(
            sent_record(delivery, outgoing, error), lease=lease_id, now=now, reason=error.reason
        )
        return
    if error.unavailable:
        channel.note_unavailable()
    leases.record_retry(
        delivery,
        lease=lease_id,
        at=now + (_outage_pause(tries) if error.unavailable else jittered(backoff(tries))),
        now=now,
        reason=error.reason,
        waits_for=Delivery.Wait.OUTAGE if error.unavailable else Delivery.Wait.NOTHING,
        is_failure=True,
        uncertain=True,
    )


def _outage_pause(tries: int) -> timedelta:
    """Return how long to wait for an unavailable server: with jitter, doubling up to a minute.

    Messages on a channel that reports it (`note_available`) are resumed as soon as one is accepted.
    """
    return jittered(min(MAX_OUTAGE_PAUSE, OUTAGE_PAUSE * 2 ** (tries - 1)))
