"""Leases of an outbox: which sender may work on a row, and what a sender that crashed leaves behind.

An outbox is a table with the columns `state` ("pending" until a row is done, "failed"), `available_at`, `postponed_at`,
`reason`, `lease`, `lease_until`, `sending_at`, `expired_leases` and `uncertain`. A claim leases rows to one sender, by the
database's clock. Each record is conditional on the lease, so a sender whose lease has expired changes nothing.
"""

import logging
import random
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import DurationField, Model, Q, QuerySet, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from common.backoff import backoff

logger = logging.getLogger(__name__)

T = TypeVar("T")
Row = TypeVar("Row", bound=Model)

PENDING, FAILED = "pending", "failed"
RECLAIM_BATCH = 500
MAX_LEASE = timedelta(minutes=10)  # a lease that ends later was given by a clock that ran ahead
ISOLATE_AFTER = 2  # expired leases, after which a row is sent alone
MAX_EXPIRED_LEASES = 5
NO_LEASE: dict[str, Any] = {"lease": None, "lease_until": None, "sending_at": None}


@dataclass(frozen=True, slots=True)
class Lease:
    """A sender's lease: its id in the outbox, and until when (time.monotonic) records may be written under it."""

    id: uuid.UUID
    deadline: float

    @classmethod
    def starting_now(cls, lease_id: uuid.UUID) -> "Lease":
        """Return a lease that has its full length from now."""
        return cls(lease_id, time.monotonic() + settings.DELIVERY_LEASE.total_seconds())


@dataclass(frozen=True, slots=True)
class Outbox(Generic[Row]):
    """The leases of one table. `what`: a row in log lines; `log_context`: the ids to attach to a log record about one."""

    model: type[Row]
    what: str
    log_context: Callable[[Row], Mapping[str, Any]]

    @property
    def rows(self) -> QuerySet[Row]:
        """Return all rows."""
        return self.model._default_manager.all()

    def ready(self, *, now: datetime) -> QuerySet[Row]:
        """Return the rows that a sender may claim at `now`."""
        return self.rows.filter(lease=None, state=PENDING, available_at__lte=now)

    def claim(
        self, ready: QuerySet[Row], *, limit: int, load: Callable[[QuerySet[Row]], list[Row]] = list
    ) -> tuple[uuid.UUID, list[Row]]:
        """Lease up to `limit` of the ready rows, in their order; return the lease and the rows.

        A row whose leases expired twice is claimed alone: if it makes its sender crash, no other row is affected. `load`
        runs the query.
        """
        lease = uuid.uuid4()
        with transaction.atomic():
            # SKIP LOCKED lets several senders claim different rows without waiting for each other.
            claimed = load(ready.select_for_update(skip_locked=True, of=("self",))[:limit])
            risky = next(
                (index for index, each in enumerate(claimed) if _column(each, "expired_leases") >= ISOLATE_AFTER), None
            )
            if risky is not None:
                claimed = claimed[: max(1, risky)]
            if claimed:
                lease_columns = {"lease": lease, "lease_until": from_now(settings.DELIVERY_LEASE), "sending_at": None}
                self.rows.filter(pk__in=[each.pk for each in claimed]).update(**lease_columns)
        return lease, claimed

    @transaction.atomic
    def reclaim_expired(self, *, now: datetime) -> int:
        """Make rows available again whose lease has expired because their sender crashed or hung; return how many.

        If sending had begun, the row becomes uncertain (this is logged), and fails after MAX_EXPIRED_LEASES. From the
        second expired lease on it waits longer each time.
        """
        # A lease that ends too far in the future was given before the database's clock was set back.
        expired = Q(lease_until__lt=Now()) | Q(lease_until__gt=from_now(MAX_LEASE))
        leased = self.rows.filter(expired, state=PENDING, lease__isnull=False)
        batch: list[Any] = list(leased.order_by("pk").select_for_update(skip_locked=True, of=("self",))[:RECLAIM_BATCH])
        for each in batch:
            was_sending = each.sending_at is not None
            each.expired_leases += 1
            each.lease = each.lease_until = each.sending_at = None
            each.uncertain = each.uncertain or was_sending
            if each.expired_leases >= ISOLATE_AFTER:
                each.available_at, each.postponed_at = now + backoff(each.expired_leases - 1), now
            if was_sending and each.expired_leases >= MAX_EXPIRED_LEASES:
                each.state, each.reason = FAILED, "its senders crashed each time"
            if was_sending:
                logger.warning(
                    "%s %s is uncertain: its sender crashed while sending (%s)",
                    self.what,
                    each.pk,
                    each.state,
                    extra=dict(self.log_context(each)),
                )
        columns = ["expired_leases", *NO_LEASE, "uncertain", "available_at", "postponed_at", "state", "reason"]
        self.model._default_manager.bulk_update(batch, columns)
        return len(batch)

    def mark_sending(self, rows: Sequence[Row], *, lease: uuid.UUID) -> list[Row]:
        """Mark rows as being sent and return those that the lease still holds.

        The lease is extended to its full length, so that the last rows of a batch have as much time as the first.
        """
        held = self.held(rows, lease=lease).filter(lease_until__gt=Now())
        if held.update(sending_at=Now(), lease_until=from_now(settings.DELIVERY_LEASE)) == len(rows):
            return list(rows)
        marked = set(held.filter(sending_at__isnull=False).values_list("pk", flat=True))
        return [row for row in rows if row.pk in marked]

    def release(self, rows: Sequence[Row], *, lease: uuid.UUID) -> None:
        """End the lease of rows whose sending has not begun."""
        if rows:
            self.held(rows, lease=lease).update(**NO_LEASE)

    def held(self, rows: Sequence[Row], *, lease: uuid.UUID) -> QuerySet[Row]:
        """Return the pending ones of the rows that the lease still holds: what its sender may change."""
        return self.rows.filter(pk__in=[row.pk for row in rows], state=PENDING, lease=lease)


def write_with_retry(write: Callable[[], T], *, deadline: float) -> T:
    """Return the result of `write`, repeating it while the database is unavailable, until `deadline` (time.monotonic).

    `write` must be idempotent: it may have succeeded before the connection was lost. Raises the last OperationalError
    or InterfaceError.
    """
    warned = False
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() >= deadline:
                logger.error("the database is unavailable: results could not be recorded in time: %s", error)
                raise
            if not warned:
                logger.warning("the database is unavailable, results wait to be recorded: %s", error)
                warned = True
            # A broken connection is replaced only after it has been closed. Inside a transaction (tests) it must stay.
            if not connection.in_atomic_block:
                connection.close()
            _wait()


def jittered(wait: timedelta) -> timedelta:
    """Return a random duration between half of `wait` and all of it, so that retries do not come all at once."""
    return wait / 2 + wait / 2 * random.random()


def from_now(span: timedelta) -> CombinedExpression:
    """Return an SQL expression for the instant that is `span` after now by the database's clock."""
    return CombinedExpression(Now(), "+", Value(span, output_field=DurationField()))


def _column(row: Model, name: str) -> Any:
    return getattr(row, name)


def _wait() -> None:
    """Wait half a second for the database."""
    time.sleep(0.5)
