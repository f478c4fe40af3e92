"""What reminders and digests share as plans: which are due, which a fast clock made, and how failures are recorded."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from common import clock
from common.backoff import MAX_BACKOFF, backoff
from notifications.models import PlannedInstant

logger = logging.getLogger(__name__)

P = TypeVar("P", bound=PlannedInstant)

MAX_FAILURES = 32_000  # fits a small integer column
# The error columns of a plan that has just been made.
NO_FAILURES: dict[str, Any] = {"retry_at": None, "failures": 0, "last_error": ""}


def due(plans: QuerySet[P], *, now: datetime) -> QuerySet[P]:
    """Return the plans that are due, without those that wait for a retry."""
    return plans.filter(~_waits_for_retry(now), next_at__lte=now)


def planned_by_fast_clock(plans: QuerySet[P], *, now: datetime, or_also: Q | None = None) -> QuerySet[P]:
    """Return the plans that were made in the future, by a clock that ran ahead, and those matching `or_also`."""
    in_future = Q(planned_at__gt=clock.future_cutoff(now))
    return plans.filter(~_waits_for_retry(now), in_future | or_also if or_also else in_future)


def _waits_for_retry(now: datetime) -> Q:
    """Match plans that wait for a retry. A longer wait than the maximum was set by a fast clock and is ignored."""
    return Q(retry_at__isnull=False, retry_at__gt=now, retry_at__lte=now + MAX_BACKOFF)


def record_failures(plans: QuerySet[P], errors: Mapping[int, Exception], *, now: datetime) -> None:
    """Store and log the errors of plans by their ids, and postpone their next tries with increasing delays."""
    failed = list(plans.filter(pk__in=errors))
    for plan in failed:
        error = errors[plan.pk]
        plan.failures = min(plan.failures + 1, MAX_FAILURES)
        plan.retry_at = now + backoff(plan.failures)
        plan.last_error = f"{type(error).__name__}: {error}"[:200]
        logger.error("%s %s cannot be planned", plan._meta.model_name, plan.pk, exc_info=error)
    plans.model._default_manager.bulk_update(failed, ["failures", "retry_at", "last_error"])
