"""Web Push as a channel: a message is encrypted for each of a user's browsers (RFC 8291) and given to its push service."""

import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.db.models import F

from common import clock
from common.outbound import connector
from common.outbound.connector import CallFailed
from notifications.channels.own_servers import (
    MAX_ANSWER,
    TIMEOUT,
    OwnServersChannel,
    in_parallel,
    retry_after,
    shortened,
    title_and_body,
)
from notifications.channels.transport import Accepted, Message, Outgoing, Result, TransportError
from notifications.channels.webpush import rules, services, vapid
from notifications.channels.webpush.rules import Outcome
from notifications.channels.webpush.services import WEBPUSH
from notifications.models import PushSubscription
from notifications.taps import links

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pushed:
    """What came of a message for one browser."""

    subscription_id: int
    outcome: Outcome
    reason: str
    retry_after: float = 0.0


class WebPushChannel(OwnServersChannel):
    """Sends to all browsers that a user has subscribed. It has arrived if one of their push services has taken it."""

    name = WEBPUSH
    label = "Browser"
    has_subscriptions = True
    not_connected = "no browser is subscribed"
    unreachable = "no browser takes messages any more"

    def chunk_size(self) -> int:
        """Return few: each message goes to several browsers at the same time."""
        return 4

    def send(self, outgoing: Sequence[Outgoing]) -> list[Result]:
        now = clock.now()
        try:
            key = vapid.load(now=now)
            rows = services.live_subscriptions(now=now).filter(
                user__addresses__channel=WEBPUSH, user__addresses__address__in=[each.address for each in outgoing]
            )
            by_address: dict[str, list[PushSubscription]] = defaultdict(list)
            for subscription in rows.annotate(of_address=F("user__addresses__address")).order_by("pk"):
                by_address[subscription.of_address].append(subscription)
        except (DatabaseError, InterfaceError) as error:
            return [TransportError(f"database: {type(error).__name__}", internal=True) for _ in outgoing]
        calls = [(number, row) for number, each in enumerate(outgoing) for row in by_address[each.address]]
        bodies = [json.dumps(payload(each.message, now=now), ensure_ascii=False).encode() for each in outgoing]
        pushed: dict[int, list[Pushed]] = defaultdict(list)

        def push_to(number: int, row: PushSubscription) -> None:
            pushed[number].append(push(row, outgoing[number].message, bodies[number], key, now=now))

        failures = in_parallel([_call(push_to, number, row) for number, row in calls])
        for (number, row), result in zip(calls, failures, strict=True):
            if isinstance(result, TransportError):  # a bug
                pushed[number].append(Pushed(row.pk, Outcome.UNCERTAIN, result.reason))
        _log_forbidden([each for found in pushed.values() for each in found])
        _forget_gone([each for found in pushed.values() for each in found])
        return [result_of(pushed[number]) for number in range(len(outgoing))]


def payload(message: Message, *, now: datetime) -> dict[str, Any]:
    """Return what the service worker shows: title, text, where a click leads, and buttons with their addresses."""
    title, body = title_and_body(message.text)
    actions = [
        {"action": each.tap.action, "title": each.label, "url": links.make(each.tap, now=now)}
        for each in message.buttons
        if each.tap is not None
    ]
    return {
        "title": shortened(title, 300),
        "body": shortened(body, rules.MAX_BODY_BYTES),
        "url": settings.SITE_URL,
        "kind": message.kind,
        "tag": rules.topic_of(message.thread) if message.thread else "",
        "actions": actions,
    }


def push(subscription: PushSubscription, message: Message, body: bytes, key: vapid.Key, *, now: datetime) -> Pushed:
    """Give a message to a browser's push service. Uses no database or clock."""
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(rules.ttl(message.expires_at, now=now)),
        "Urgency": "high" if message.kind == "reminder" else "normal",
        "Authorization": vapid.authorization(key, subscription.push_url, now=now),
    }
    if message.thread:
        headers["Topic"] = rules.topic_of(message.thread)
    try:
        encrypted = http_ece.encrypt(
            body,
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=rules.decoded(subscription.public_key),
            auth_secret=rules.decoded(subscription.auth_secret),
            version="aes128gcm",
        )
    except Exception as error:  # any error: the browser's key is no point of the curve
        return Pushed(subscription.pk, Outcome.GONE, f"it cannot be encrypted for the browser: {type(error).__name__}")
    try:
        answer = connector.post(subscription.push_url, encrypted, headers, timeout=TIMEOUT, max_answer=MAX_ANSWER)
    except CallFailed as error:
        outcome = Outcome.UNCERTAIN if error.maybe_received else Outcome.NOT_ALLOWED if error.refused else Outcome.AWAY
        return Pushed(subscription.pk, outcome, error.reason)
    wait = retry_after(answer.headers.get("retry-after"), now=now) if answer.status == 429 else 0.0
    return Pushed(subscription.pk, rules.outcome_of(answer.status), f"push service answered {answer.status}", wait)


def result_of(pushed: Sequence[Pushed]) -> Result:
    """Return what it means for a message that this came of it for each browser."""
    overall = rules.overall([each.outcome for each in pushed])
    reason = next((each.reason for each in pushed if each.outcome == overall), "no browser is subscribed")
    match overall:
        case Outcome.SENT:
            return Accepted()
        case Outcome.UNCERTAIN:
            return TransportError(reason, uncertain=True)
        case Outcome.LATER:
            waits = [each.retry_after for each in pushed if each.outcome == Outcome.LATER]
            return TransportError(reason, retry_after=min(waits))
        case Outcome.AWAY | Outcome.FORBIDDEN as outcome:
            return TransportError(reason, unavailable=True, elsewhere=outcome == Outcome.FORBIDDEN)
        case Outcome.REFUSED:
            return TransportError(reason, permanent=True)
    return TransportError(reason, permanent=True, unreachable=True)


def _call(push_to: Any, number: int, row: PushSubscription) -> Any:
    def call() -> Result:
        push_to(number, row)
        return Accepted()

    return call


def _log_forbidden(pushed: Sequence[Pushed]) -> None:
    reasons = {each.reason for each in pushed if each.outcome == Outcome.FORBIDDEN}
    if reasons:
        logger.error(
            "push services do not accept this installation (%s), its messages wait or take another channel: check the server's clock, that "
            "DEFAULT_FROM_EMAIL is a real address, and that the row of VapidKey is the one that browsers subscribed with",
            ", ".join(sorted(reasons)),
        )


def _forget_gone(pushed: Sequence[Pushed]) -> None:
    gone = [each.subscription_id for each in pushed if each.outcome == Outcome.GONE]
    if not gone:
        return
    try:
        services.forget(gone=gone)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("subscriptions that have ended cannot be deleted now: %s", error)
