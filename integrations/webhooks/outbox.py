"""The outbox of webhooks: which are claimed by a sender, and what becomes of them (the leases are common.leases).

A webhook is lost in no case: one that failed for good, or could not be sent because its endpoint is off, is kept and can be
sent again. A second copy has the same id.
"""

import logging
import random
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Q

from common.clock import TOLERANCE
from common.leases import NO_LEASE, Outbox
from integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.webhooks import notices, queries, rules
from notifications.models import Delivery

logger = logging.getLogger(__name__)

PER_ENDPOINT = 8  # webhooks claimed at a time for one endpoint


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an attempt. `status` None: there was no answer, for this `reason`."""

    status: int | None
    reason: str
    answer: str
    milliseconds: int
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        return self.status is not None and rules.is_success(self.status)


class Attempt(NamedTuple):
    """A webhook that was sent, what came of it, and the lease under which it was."""

    delivery: WebhookDelivery
    result: Result
    lease: uuid.UUID


def claim(*, limit: int, busy: Collection[int], now: datetime) -> tuple[uuid.UUID, list[WebhookDelivery]]:
    """Lease up to `limit` webhooks that can be sent now, endpoint by endpoint; return the lease and the webhooks.

    Endpoints take turns, so that the backlog of one delays no other. One with an open breaker gets a single webhook, and
    one in `busy` (ids) none.
    """
    ids: list[int] = []
    with transaction.atomic():
        waiting = queries.endpoints_to_serve(now=now).exclude(pk__in=busy)
        turns = waiting.order_by(F("served_at").asc(nulls_first=True), "pk")
        endpoints = list(turns.select_for_update(no_key=True, skip_locked=True, of=("self",))[:limit])
        for endpoint in endpoints:
            most = 1 if endpoint.failures >= rules.BREAKS_AFTER else PER_ENDPOINT
            own = queries.ready(now=now).filter(endpoint=endpoint, change__sequence__isnull=False)
            ids += own.order_by("available_at", "pk").values_list("pk", flat=True)[: min(most, limit - len(ids))]
            if len(ids) >= limit:
                break
        WebhookEndpoint.objects.filter(pk__in=[each.pk for each in endpoints]).update(served_at=now)
        ready = OUTBOX.ready(now=now).filter(pk__in=ids).select_related("change", "endpoint")
        return OUTBOX.claim(ready.order_by("available_at", "pk"), limit=max(1, len(ids)))


def reclaim_expired_leases(*, now: datetime) -> int:
    """Make webhooks available again whose sender crashed or hung; return how many."""
    return OUTBOX.reclaim_expired(now=now)


def repair_after_fast_clock(*, now: datetime) -> int:
    """Take back waits that are longer than any rule gives: a clock that ran ahead wrote them. Return how many."""
    latest = now + rules.MAX_WAIT
    late = WebhookDelivery.objects.filter(state=WebhookDelivery.State.PENDING, lease=None, available_at__gt=latest)
    held = WebhookEndpoint.objects.filter(hold_until__gt=latest)
    begun = WebhookEndpoint.objects.filter(failing_since__gt=now + TOLERANCE)
    return late.update(available_at=now) + held.update(hold_until=None) + begun.update(failing_since=now)


def mark_sending(deliveries: Sequence[WebhookDelivery], *, lease: uuid.UUID) -> list[WebhookDelivery]:
    """Mark webhooks as being sent, and return those that the lease still holds."""
    return OUTBOX.mark_sending(deliveries, lease=lease)


@transaction.atomic
def record_sent(sent: Sequence[Attempt], *, now: datetime) -> int:
    """Record webhooks that were taken, and their attempts, together; return for how many the lease still held.

    The number of statements does not depend on how many they are.
    """
    endpoints = _lock_endpoints({each.delivery.endpoint_id for each in sent})
    is_held = Q(pk__in=[])
    for each in sent:
        is_held |= Q(pk=each.delivery.pk, lease=each.lease)
    rows = OUTBOX.rows.filter(is_held, state=WebhookDelivery.State.PENDING, endpoint__in=endpoints)
    held = set(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    taken = [each for each in sent if each.delivery.pk in held]
    OUTBOX.rows.filter(pk__in=held).update(state=WebhookDelivery.State.SENT, sent_at=now, reason="", **NO_LEASE)
    WebhookAttempt.objects.bulk_create(_attempt_row(each.delivery, each.result, now=now) for each in taken)
    for endpoint_id in {each.delivery.endpoint_id for each in taken}:
        _note_success(endpoints[endpoint_id], now=now)
    return len(taken)


@transaction.atomic
def record_failure(failed: Attempt, *, now: datetime) -> bool:
    """Record an attempt that failed, for the webhook and for its endpoint; return whether the lease still held."""
    delivery, result, lease = failed
    endpoint = _lock_endpoints([delivery.endpoint_id]).get(delivery.endpoint_id)
    changes = _after_failure(delivery, result, now=now) | NO_LEASE
    if endpoint is None or OUTBOX.held([delivery], lease=lease).update(**changes) != 1:
        return False
    _attempt_row(delivery, result, now=now).save(force_insert=True)
    _note_failure(endpoint, result, now=now)
    return True


def postpone_after_fault(delivery: WebhookDelivery, *, lease: uuid.UUID, now: datetime) -> None:
    """Postpone a webhook that could not be made because of a bug, each time for longer; its endpoint has not failed."""
    result = Result(None, "internal error", "", 0)
    OUTBOX.held([delivery], lease=lease).update(**_after_failure(delivery, result, now=now), **NO_LEASE)


def resume(endpoint: WebhookEndpoint, *, now: datetime) -> int:
    """Make what waits for a retry to an endpoint available at once; return how many. The caller has locked it."""
    waiting = WebhookDelivery.objects.filter(
        endpoint=endpoint, state=WebhookDelivery.State.PENDING, lease=None, available_at__gt=now
    )
    return waiting.update(available_at=now, postponed_at=now)


def turn_off(endpoint: WebhookEndpoint, reason: WebhookEndpoint.Off, *, now: datetime) -> None:
    """Send nothing more to a locked endpoint, and tell its user. What waits for it is kept."""
    endpoint.off_at, endpoint.off_reason = now, reason
    endpoint.save(update_fields=["off_at", "off_reason"])
    notices.queue(Delivery.Kind.WEBHOOK_OFF, endpoint, now=now)
    logger.warning("webhook endpoint %s is turned off: %s", endpoint.pk, reason.value)


def _lock_endpoints(ids: Collection[int]) -> dict[int, WebhookEndpoint]:
    """Lock endpoints before their webhooks, as every change of both does, and return those that still exist, by id."""
    rows = WebhookEndpoint.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    return {each.pk: each for each in rows}


def _attempt_row(delivery: WebhookDelivery, result: Result, *, now: datetime) -> WebhookAttempt:
    return WebhookAttempt(
        delivery=delivery,
        endpoint_id=delivery.endpoint_id,
        at=now,
        status=result.status,
        reason=result.reason[: rules.MAX_REASON_LENGTH],
        answer=result.answer,
        milliseconds=result.milliseconds,
    )


def _after_failure(delivery: WebhookDelivery, result: Result, *, now: datetime) -> dict[str, Any]:
    """Return the columns of a webhook after a failed attempt: when it is tried again, or that it has failed for good."""
    changes: dict[str, Any] = {"reason": result.reason[: rules.MAX_REASON_LENGTH], "postponed_at": now}
    if result.status == 429 or result.status == 410:  # it says nothing of this webhook
        return changes | {"available_at": now + (result.retry_after or rules.RETRIES[0])}
    attempts = delivery.attempts + 1
    wait = rules.next_wait(attempts, share=random.random())
    if wait is None:
        return changes | {"attempts": attempts, "state": WebhookDelivery.State.FAILED}
    return changes | {"attempts": attempts, "available_at": now + max(wait, result.retry_after or wait)}


def _note_success(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    if not endpoint.failures:
        return
    was_open = endpoint.failures >= rules.BREAKS_AFTER
    endpoint.failures, endpoint.failing_since, endpoint.warned_at, endpoint.hold_until = 0, None, None, None
    endpoint.save(update_fields=["failures", "failing_since", "warned_at", "hold_until"])
    if was_open:
        resume(endpoint, now=now)


def _note_failure(endpoint: WebhookEndpoint, result: Result, *, now: datetime) -> None:
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    pause = max(rules.hold(endpoint.failures), result.retry_after or timedelta(0))
    endpoint.hold_until = now + pause if pause else None
    endpoint.save(update_fields=["failures", "failing_since", "hold_until"])
    if result.status == 410 and endpoint.off_at is None:
        turn_off(endpoint, WebhookEndpoint.Off.GONE, now=now)


def _log_context(delivery: WebhookDelivery) -> dict[str, Any]:
    return {"webhook": delivery.pk, "endpoint": delivery.endpoint_id}


OUTBOX = Outbox(WebhookDelivery, what="webhook", log_context=_log_context)
