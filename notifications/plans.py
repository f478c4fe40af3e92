"""What reminders and digests have in common as plans: which are due, which a clock that ran ahead made, which failed."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from common import clock
from common.backoff import MAX_BACKOFF, backoff
from notifications.models import Planned

logger = logging.getLogger(__name__)

P = TypeVar("P", bound=Planned)

# What a plan that was made again says of its failures: none.
PLANNED_WELL: dict[str, Any] = {"retry_at": None, "failures": 0, "trouble": ""}


def due(plans: QuerySet[P], *, now: datetime) -> QuerySet[P]:
    """Return the plans to take now, without those that stepped aside."""
    return plans.filter(~_waiting(now), next_at__lte=now)


def made_ahead(plans: QuerySet[P], *, now: datetime, else_if: Q | None = None) -> QuerySet[P]:
    """Return the plans that were made later than now, by a clock that ran ahead, or `else_if` says so of them."""
    ahead = Q(planned_at__gt=clock.future_cutoff(now))
    return plans.filter(~_waiting(now), ahead | else_if if else_if else ahead)


def _waiting(now: datetime) -> Q:
    """Of those that stepped aside; a wait longer than any was set by a clock that ran ahead, and is none."""
    return Q(retry_at__isnull=False, retry_at__gt=now, retry_at__lte=now + MAX_BACKOFF)


def step_aside(plans: QuerySet[P], trouble: Mapping[int, Exception], *, now: datetime) -> None:
    """Have plans that failed by a fault of ours, by their ids, wait with backoff; each says why, and is logged."""
    failed = list(plans.filter(pk__in=trouble))
    for plan in failed:
        error = trouble[plan.pk]
        plan.failures = min(plan.failures + 1, 32_000)
        plan.retry_at = now + backoff(plan.failures)
        plan.trouble = f"{type(error).__name__}: {error}"[:200]
        logger.error("%s %s cannot be planned", plan._meta.model_name, plan.pk, exc_info=error)
    plans.model._default_manager.bulk_update(failed, ["failures", "retry_at", "trouble"])
