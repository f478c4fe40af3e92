"""What becomes of a message after a try: the rules that turn an answer into a record.

Only a refusal ends a message; what may have arrived is uncertain; what failed otherwise is tried again until it
expires. A database that is away while answers are in hand is waited for, as long as the lease lasts.
"""

import logging
import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from common import clock
from common.backoff import backoff
from notifications import heartbeats, outbox, ratelimit
from notifications.composing import may_be_mailed
from notifications.models import Delivery
from notifications.transport import Accepted, Outgoing, TransportError
from users.services import mark_chat_unreachable, move_chat

logger = logging.getLogger(__name__)

T = TypeVar("T")
Ready = tuple[Delivery, Outgoing]
Answered = tuple[Ready, Accepted | TransportError]

PAUSE = timedelta(seconds=10)  # of what waits because Redis, Telegram or the mail server is away
MAX_PAUSE_WHILE_AWAY = timedelta(seconds=60)
# After so many tries whose outcome is not known a message counts as sent: a person would rather miss one than get
# a fourth copy of a reminder, a third of a mail.
MAX_UNCERTAIN_TRIES = {Delivery.Channel.TELEGRAM: 3, Delivery.Channel.EMAIL: 2}
# What these say is for one pair of eyes: the outbox keeps their subject only.
SECRET = {Delivery.Kind.EMAIL_CONFIRMATION, Delivery.Kind.EMAIL_CHANGE, Delivery.Kind.PASSWORD_RESET}


@dataclass(frozen=True, slots=True)
class Held:
    """A lease as its sender holds it: whose rows these are, and until when (time.monotonic) a record may count."""

    lease: uuid.UUID
    until: float

    @classmethod
    def fresh(cls, lease: uuid.UUID) -> "Held":
        """Return the lease as it begins now."""
        return cls(lease, time.monotonic() + settings.DELIVERY_LEASE.total_seconds())


def insist(write: Callable[[], T], *, until: float) -> T:
    """Return what a write returns, repeating it while the database is away, until an instant of time.monotonic.

    The write must be one whose repetition changes nothing. Raises the last OperationalError or InterfaceError.
    """
    warned = False
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() >= until:
                logger.error("the database is away: what was answered could not be recorded in time: %s", error)
                raise
            if not warned:
                logger.warning("the database is away, answers in hand wait to be recorded: %s", error)
                warned = True
            if not connection.in_atomic_block:
                connection.close()
            _wait()


def record(answered: Sequence[Answered], held: Held) -> None:
    """Record what was answered, where the lease is still its own. Logs what ends badly and what is uncertain.

    One that cannot be recorded by a fault of ours is left to its lease, and takes no other with it.
    """
    now = clock.now()
    arrived = [sent(*each, result) for each, result in answered if isinstance(result, Accepted)]
    if arrived:
        insist(lambda: outbox.record_sent(arrived, lease=held.lease, now=now), until=held.until)
        heartbeats.beat_each_minute(heartbeats.SEND, now=now)
    for ready, result in answered:
        if not isinstance(result, TransportError):
            continue
        try:
            insist(partial(_record_error, ready, result, held.lease, now), until=held.until)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # whatever it is, the other answers are in hand as well
            logger.exception("delivery %s: its answer cannot be recorded", ready[0].pk, extra=outbox.about(ready[0]))


def step_aside(delivery: Delivery, error: TransportError, held: Held) -> None:
    """Put off a message that cannot be composed by a fault of ours, each time for longer."""
    now = clock.now()
    at = now + _jittered(backoff(delivery.attempts + 1))
    outbox.record_retry(
        delivery,
        lease=held.lease,
        at=at,
        now=now,
        reason=error.reason,
        waits_for=Delivery.Wait.ASIDE,
        counts=True,
    )


def put_off(deliveries: Sequence[Delivery], held: Held, *, reason: str, waits_for: str) -> None:
    """Put messages off for a moment that have done nothing wrong."""
    now = clock.now()
    until = {delivery.pk: now + PAUSE for delivery in deliveries}
    outbox.postpone(until, lease=held.lease, now=now, reason=reason, waits_for=waits_for)


def sent(delivery: Delivery, outgoing: Outgoing, result: Accepted | TransportError) -> outbox.Sent:
    """Return what the outbox keeps of a message that arrived, or counts as such."""
    text = outgoing.message.subject if delivery.kind in SECRET else outgoing.message.text
    chat_id = None if outgoing.by_mail else int(outgoing.address)
    message_id = result.message_id if isinstance(result, Accepted) else None
    return outbox.Sent(delivery.pk, text, chat_id, message_id)


def _record_error(ready: Ready, error: TransportError, lease: uuid.UUID, now: datetime) -> None:
    delivery, outgoing = ready
    if error.retry_after is not None:
        ratelimit.note_refused(int(outgoing.address), error.retry_after)
        at = now + timedelta(seconds=error.retry_after)
        logger.info(
            "delivery %s waits %.0f s for its chat", delivery.pk, error.retry_after, extra=outbox.about(delivery)
        )
        outbox.record_retry(delivery, lease=lease, at=at, now=now, reason=error.reason, waits_for=Delivery.Wait.CHAT)
    elif error.moved_to is not None:
        _record_move(delivery, outgoing, error.moved_to, error.reason, lease, now)
    elif error.permanent:
        _record_refusal(delivery, outgoing, error, lease, now)
    elif error.uncertain:
        _record_uncertain(ready, error, lease, now)
    elif error.away:
        _note_away(outgoing)
        at = now + _pause_while_away(1)
        outbox.record_retry(delivery, lease=lease, at=at, now=now, reason=error.reason, waits_for=Delivery.Wait.AWAY)
    else:
        waits_for = Delivery.Wait.ASIDE if error.aside else Delivery.Wait.NOTHING
        at = now + _jittered(backoff(delivery.attempts + 1))
        outbox.record_retry(
            delivery, lease=lease, at=at, now=now, reason=error.reason, waits_for=waits_for, counts=True
        )


def _record_move(
    delivery: Delivery, outgoing: Outgoing, moved_to: int, reason: str, lease: uuid.UUID, now: datetime
) -> None:
    """Follow a chat to its new id; one that moves again and again waits longer each time."""
    move_chat(chat_id=int(outgoing.address), to=moved_to)
    elsewhere = str(moved_to) if delivery.address else ""  # else the person's chat, as it is from now on
    at = now + _jittered(backoff(delivery.attempts)) if delivery.attempts else now
    outbox.record_retry(delivery, lease=lease, at=at, now=now, reason=reason, counts=True, address=elsewhere)


def _record_refusal(
    delivery: Delivery, outgoing: Outgoing, error: TransportError, lease: uuid.UUID, now: datetime
) -> None:
    if error.unreachable:
        mark_chat_unreachable(chat_id=int(outgoing.address), now=now)
        if may_be_mailed(delivery):
            outbox.record_retry(delivery, lease=lease, at=now, now=now, reason=error.reason)
            return
    outbox.record_end([delivery], lease=lease, state=Delivery.State.FAILED, reason=error.reason)
    logger.warning("delivery %s failed: %s", delivery.pk, error.reason, extra=outbox.about(delivery))


def _record_uncertain(ready: Ready, error: TransportError, lease: uuid.UUID, now: datetime) -> None:
    """It may have arrived: another try, or, where there were enough, it counts as sent."""
    delivery, outgoing = ready
    tries = delivery.uncertain_tries + 1
    channel = Delivery.Channel.EMAIL if outgoing.by_mail else Delivery.Channel.TELEGRAM
    logger.warning(
        "delivery %s is uncertain after try %d: %s", delivery.pk, tries, error.reason, extra=outbox.about(delivery)
    )
    if tries >= MAX_UNCERTAIN_TRIES[channel]:
        outbox.record_presumed(sent(delivery, outgoing, error), lease=lease, now=now, reason=error.reason)
        return
    if error.away:
        _note_away(outgoing)
    outbox.record_retry(
        delivery,
        lease=lease,
        at=now + (_pause_while_away(tries) if error.away else _jittered(backoff(tries))),
        now=now,
        reason=error.reason,
        waits_for=Delivery.Wait.AWAY if error.away else Delivery.Wait.NOTHING,
        counts=True,
        uncertain=True,
    )


def _note_away(outgoing: Outgoing) -> None:
    if not outgoing.by_mail:
        ratelimit.note_away()


def _pause_while_away(tries: int) -> timedelta:
    """Return how long to wait for the other side: doubling to a minute, with jitter; less once something passes."""
    return _jittered(min(MAX_PAUSE_WHILE_AWAY, PAUSE * 2 ** (tries - 1)))


def _jittered(wait: timedelta) -> timedelta:
    """Return half of a wait and a random part of the other half, so that what failed together does not come together."""
    return wait / 2 + wait / 2 * random.random()


def _wait() -> None:
    """Wait for the database for a moment."""
    time.sleep(0.5)
