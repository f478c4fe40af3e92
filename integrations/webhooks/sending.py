"""Sends webhooks: claim, mark, call, record.

Several are on their way at the same time, in threads that use no database: a slow endpoint takes its own places, and the
others are refilled. A sender that is asked to stop claims nothing more and records what is on its way.
"""

import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from django.db import InterfaceError, OperationalError

from common import clock
from common.leases import Lease, write_with_retry
from common.outbound import connector
from common.outbound.connector import CallFailed
from integrations.models import WebhookDelivery
from integrations.webhooks import outbox, payloads, rules
from integrations.webhooks.outbox import Result

logger = logging.getLogger(__name__)

PLACES = 16  # webhooks on their way at a time
GATHERED_FOR = timedelta(milliseconds=10)  # results that come within it are recorded together


class Sending(NamedTuple):
    """A webhook on its way, and the lease under which it is recorded."""

    delivery: WebhookDelivery
    lease: Lease


def send_ready(*, may_go_on: Callable[[], bool]) -> int:
    """Send what can be sent, until nothing is left or the time is up; return how many attempts were made.

    Raises OperationalError and InterfaceError while the database is unavailable.
    """
    on_the_way: dict[Future[Result], Sending] = {}
    count = 0
    failure: OperationalError | InterfaceError | None = None
    with ThreadPoolExecutor(PLACES, thread_name_prefix="webhook") as pool:
        while True:
            free = PLACES - len(on_the_way)
            if free and failure is None and may_go_on():
                try:
                    taken = _take(free, busy={each.delivery.endpoint_id for each in on_the_way.values()})
                except (OperationalError, InterfaceError) as error:
                    failure, taken = error, []  # what is on its way is recorded before it is raised
                for sending, call in taken:
                    on_the_way[pool.submit(call)] = sending
                    count += 1
            if not on_the_way:
                if failure is not None:
                    raise failure
                return count
            wait(on_the_way, return_when=FIRST_COMPLETED)
            done, _ = wait(on_the_way, timeout=GATHERED_FOR.total_seconds())
            _record({future: on_the_way.pop(future) for future in done})


def call_endpoint(url: str, body: bytes, headers: dict[str, str], *, now: datetime) -> Result:
    """Call an endpoint once, and return what came of it. Uses no database."""
    started = time.monotonic()

    def result(status: int | None, reason: str, answer: bytes = b"", retry_after: str | None = None) -> Result:
        return Result(
            status=status,
            reason=reason,
            answer=answer.decode(errors="replace").replace("\x00", "\ufffd"),
            milliseconds=int((time.monotonic() - started) * 1000),
            retry_after=rules.retry_after(retry_after, now=now),
        )

    try:
        answer = connector.post(url, body, headers, timeout=rules.TIMEOUT, max_answer=rules.MAX_ANSWER_LENGTH)
        if rules.is_success(answer.status):
            return result(answer.status, "", answer.body)
        wait_header = answer.headers.get("retry-after")
        return result(answer.status, f"answered {answer.status}", answer.body, wait_header)
    except CallFailed as error:
        return result(None, error.reason)
    except Exception as error:  # any error: the others must still be recorded
        logger.exception("a webhook cannot be sent")
        return result(None, f"internal error: {type(error).__name__}")


def _take(free: int, *, busy: set[int]) -> list[tuple[Sending, Callable[[], Result]]]:
    """Claim, mark and prepare up to `free` webhooks; return each with the call that sends it."""
    lease_id, claimed = outbox.claim(limit=free, busy=busy, now=clock.now())
    prepared: list[tuple[WebhookDelivery, Callable[[], Result]]] = []
    for delivery in claimed:
        try:
            prepared.append((delivery, _prepare(delivery)))
        except Exception:  # any bug: the other webhooks must still be sent
            logger.exception("webhook %s cannot be made", delivery.pk)
            outbox.postpone_after_fault(delivery, lease=lease_id, now=clock.now())
    marked = {each.pk for each in _mark([delivery for delivery, _ in prepared], lease_id)}
    lease = Lease.starting_now(lease_id)  # marking has given it its full length
    return [(Sending(delivery, lease), call) for delivery, call in prepared if delivery.pk in marked]


def _mark(deliveries: list[WebhookDelivery], lease_id: uuid.UUID) -> list[WebhookDelivery]:
    return outbox.mark_sending(deliveries, lease=lease_id) if deliveries else []


def _prepare(delivery: WebhookDelivery) -> Callable[[], Result]:
    now, endpoint = clock.now(), delivery.endpoint
    body = payloads.body_of(delivery.change)
    headers = payloads.headers_of(delivery.change, body, secrets=endpoint.secrets(now), now=now)
    return partial(call_endpoint, endpoint.url, body, headers, now=now)


def _record(done: "Mapping[Future[Result], Sending]") -> None:
    """Record attempts: those that failed one by one, then those that were taken together, which closes a breaker.

    What cannot be recorded is left to the end of its lease.
    """
    attempts: list[tuple[outbox.Attempt, float]] = []
    for future, (delivery, lease) in done.items():
        try:
            attempts.append((outbox.Attempt(delivery, future.result(), lease.id), lease.deadline))
        except Exception:  # any bug: the other results must still be recorded
            logger.exception("webhook %s: its result cannot be recorded", delivery.pk)
    for failed, deadline in attempts:
        if not failed.result.is_success:
            _write([failed], partial(_record_failure, failed), deadline)
    taken = [attempt for attempt, _ in attempts if attempt.result.is_success]
    if taken and not _write(taken, partial(_record_sent, taken), max(deadline for _, deadline in attempts)):
        for attempt, deadline in attempts:  # one that is at fault must not hold up the others
            if len(taken) > 1 and attempt.result.is_success:
                _write([attempt], partial(_record_sent, [attempt]), deadline)


def _write(attempts: Sequence[outbox.Attempt], write: Callable[[], object], deadline: float) -> bool:
    """Write results for as long as their lease lasts; return False if an unexpected error prevents it."""
    try:
        write_with_retry(write, deadline=deadline)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # any bug: the other results must still be recorded
        logger.exception("webhooks %s: their results cannot be recorded", [each.delivery.pk for each in attempts])
        return False
    return True


def _record_sent(taken: Sequence[outbox.Attempt]) -> None:
    outbox.record_sent(taken, now=clock.now())


def _record_failure(failed: outbox.Attempt) -> None:
    outbox.record_failure(failed, now=clock.now())
