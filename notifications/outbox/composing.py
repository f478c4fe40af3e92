"""Composes the message of a delivery just before it is sent, or says why it is not sent.

Whether it is still due, the recipient and the text are determined at this moment, not when it was queued.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation

from notifications.channels import registry
from notifications.channels.transport import Message, Outgoing, TransportError
from notifications.connections.rules import expiry_after_wait
from notifications.digest import services as digest
from notifications.models import Delivery
from notifications.outbox import batch_context, recipients
from notifications.outbox.announcements import EVENT_LIFETIME
from notifications.outbox.batch_context import BatchContext
from notifications.outbox.composers import COMPOSERS, about_subject
from notifications.outbox.subjects import DoNotSend, NotSent
from users.models import User
from users.timing import DAY

logger = logging.getLogger(__name__)

NOTHING_CONNECTED = "no channel is connected"
ALL_OFF = "no connected channel is on for it"


@dataclass(frozen=True, slots=True)
class Waits:
    """A message that waits for the end of quiet hours. `expires_at`: until when it is of use after them."""

    until: datetime
    expires_at: datetime


def compose(deliveries: Sequence[Delivery], *, now: datetime) -> list[Outgoing | NotSent | Waits | TransportError]:
    """Return for each delivery, in order, the message to send, why it is not sent, or until when it waits.

    The number of queries does not depend on the number of deliveries. An unexpected error in one delivery is returned
    as a TransportError, to be tried again, and does not affect the others.
    """
    try:
        context = batch_context.load(deliveries, now)
    except Exception as error:  # find out which delivery causes it: compose each one alone
        if len(deliveries) == 1:
            logger.exception("delivery %s cannot be composed", deliveries[0].pk)
            return [TransportError(f"internal error: {type(error).__name__}")]
        return [composed for delivery in deliveries for composed in compose([delivery], now=now)]
    composed: list[Outgoing | NotSent | Waits | TransportError] = []
    for delivery in deliveries:
        try:
            composed.append(_compose_one(delivery, context))
        except Exception as error:  # any error: the other deliveries must still be sent
            logger.exception("delivery %s cannot be composed", delivery.pk)
            composed.append(TransportError(f"internal error: {type(error).__name__}"))
    return composed


def _compose_one(delivery: Delivery, context: BatchContext) -> Outgoing | NotSent | Waits:
    if context.now >= delivery.expires_at:
        return NotSent(Delivery.State.EXPIRED, "too late to be useful")
    if delivery.user is not None and not delivery.user.is_active:
        return NotSent(Delivery.State.DROPPED, "the account is not active")
    if recipients.is_withheld(delivery):
        return NotSent(Delivery.State.DROPPED, "a user of another service")
    user = delivery.user or context.addressees.get(delivery.address)
    if waits := _waits_in_quiet_hours(delivery, context.now):
        return waits
    try:
        with translation.override(user.language if user else settings.LANGUAGE_CODE):
            message = COMPOSERS.get(Delivery.Kind(delivery.kind), about_subject)(delivery, user, context)
            return _with_address(delivery, message, user)
    except DoNotSend as error:
        return error.result


def _waits_in_quiet_hours(delivery: Delivery, now: datetime) -> Waits | NotSent | None:
    """Return until when a message waits for the end of its user's quiet hours; None outside of them.

    A reminder whose day is over by then is of no use any more.
    """
    user = delivery.user
    if user is None or delivery.kind in recipients.DIRECT_KINDS:
        return None
    until = recipients.quiet_until(user, now)
    if until is None:
        return None
    is_reminder = delivery.kind == Delivery.Kind.REMINDER and delivery.day is not None
    end_of_day = user.clock.start(delivery.day + DAY) if is_reminder and delivery.day else None
    if end_of_day is not None and end_of_day <= until:
        return NotSent(Delivery.State.EXPIRED, "its day ends within the quiet hours", ends_now=True)
    expires_at = expiry_after_wait(
        expires_at=delivery.expires_at, until=until, lifetime=_lifetime(delivery.kind), end_of_day=end_of_day
    )
    return Waits(until, expires_at)


def _lifetime(kind: str) -> timedelta:
    """Return for how long a message to a user is of use. Its row does not say that once it has waited or was requeued."""
    lifetimes = {Delivery.Kind.REMINDER: settings.DELIVERY_USEFUL_FOR, Delivery.Kind.DIGEST: digest.LIFETIME}
    return lifetimes.get(Delivery.Kind(kind), EVENT_LIFETIME)


def _with_address(delivery: Delivery, message: Message, addressee: User | None) -> Outgoing:
    """Address a message: to its own address if it has one, else to the first of the user's that can be reached.

    A mail that was asked for by a typed address goes to the address as the account has it: another spelling may be
    another person's mailbox.
    """
    if delivery.kind in recipients.DIRECT_KINDS:
        is_by_address = delivery.user is None and addressee is not None
        address = addressee.email if is_by_address and addressee else delivery.address
        channel, message = registry.get(delivery.channel), replace(message, kind=delivery.kind)
        return Outgoing(delivery.channel, address, channel.render_direct(message))
    user, start = delivery.user, recipients.start_of(delivery)
    if user and (chosen := recipients.first_reachable(recipients.addresses_for(user, delivery.kind, start=start))):
        channel = registry.get(chosen.channel)
        thread = f"track:{delivery.track_id}" if delivery.kind == Delivery.Kind.REMINDER else ""
        message = replace(message, kind=delivery.kind, thread=thread, expires_at=delivery.expires_at)
        return Outgoing(chosen.channel, chosen.address or "", channel.render(message, user=user))
    if user and (first := next(recipients.addresses_for(user, delivery.kind, start=start), None)):
        raise DoNotSend(registry.get(first.channel).unreachable, Delivery.State.FAILED)
    if user is None or delivery.address:
        raise DoNotSend(registry.get(delivery.channel).not_connected)
    raise DoNotSend(ALL_OFF if recipients.is_connected(user) else NOTHING_CONNECTED)
