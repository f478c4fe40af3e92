"""Reads of files in and out for operators."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from integrations.models import Transfer

STUCK_AFTER = timedelta(minutes=10)  # reading a file, or making a habit, takes seconds
State = Transfer.State


_MOVED_AT = Coalesce("moved_at", "started_at", "created_at")
_UNFINISHED = [State.READING, State.RUNNING]


def stuck(*, now: datetime) -> QuerySet[Transfer]:
    """Return the files that the worker is to read or make, and that got no further for STUCK_AFTER."""
    return Transfer.objects.filter(state__in=_UNFINISHED).alias(at=_MOVED_AT).filter(at__lte=now - STUCK_AFTER)


@dataclass(frozen=True, slots=True)
class TransferStats:
    """Figures for the metrics page."""

    unfinished: dict[str, int]  # by state
    stuck: int


def stats(*, now: datetime) -> TransferStats:
    """Return the figures for the metrics page. One query."""
    found = Transfer.objects.filter(state__in=_UNFINISHED).order_by().alias(at=_MOVED_AT).values_list("state")
    rows = found.annotate(Count("pk"), stuck=Count("pk", filter=Q(at__lte=now - STUCK_AFTER)))
    unfinished = dict.fromkeys((state.value for state in _UNFINISHED), 0)
    number_stuck = 0
    for state, number, of_them in rows:
        unfinished[state] = number
        number_stuck += of_them
    return TransferStats(unfinished, number_stuck)
