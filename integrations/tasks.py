"""Celery tasks of integrations. A lost message does no harm: the tables hold the work."""

from datetime import timedelta
from threading import Lock

from celery import shared_task

from common import clock, stopping
from common.wake import wake, wake_in
from integrations.changes import lapses
from integrations.changes import services as changes
from integrations.events import applying
from integrations.events import services as events
from integrations.feed import services as feed
from integrations.grants import services as grants
from integrations.idempotency import services as idempotency
from integrations.partners import services as partners
from integrations.transfer import running as transfers
from integrations.transfer import services as transfer
from integrations.webhooks import outbox, queries, sending
from integrations.webhooks import services as webhooks
from integrations.webhooks.queueing import queue_for_endpoints
from notifications.monitoring import heartbeats

MAX_RUN = 45.0  # seconds; what remains is done by another message to the same task
TICK_INTERVAL = timedelta(seconds=60)
HEARTBEAT, PURGE = "webhooks", "webhooks:purge"

_files = Lock()


@shared_task
def tell_programs() -> None:
    """Record lost streaks, start recording for partners' people, number changes, send webhooks, and tell of those that fail; then wait for the next retry."""
    may_go_on = stopping.deadline(MAX_RUN)
    now = clock.now()
    outbox.reclaim_expired_leases(now=now)
    outbox.repair_after_fast_clock(now=now)
    lapses.tell_lapsed(now=now, may_go_on=may_go_on)
    feed.start_missing(now=now, may_go_on=may_go_on)
    changes.number_all(now=now, queue=queue_for_endpoints, may_go_on=may_go_on)
    webhooks.tell_of_failing(now=now, may_go_on=may_go_on)
    if sending.send_ready(may_go_on=may_go_on):
        heartbeats.record_every_minute(HEARTBEAT, now=clock.now())
    if stopping.is_requested():
        return
    if not may_go_on():
        wake("integrations.tasks.tell_programs")
        return
    now = clock.now()
    heartbeats.record_every_minute(HEARTBEAT, now=now)
    next_at = queries.next_at(now=now)
    if next_at and next_at - now < TICK_INTERVAL:
        wake_in((next_at - now).total_seconds(), "integrations.tasks.tell_programs")


@shared_task
def forget_old_changes() -> None:
    """Delete changes and attempts that are no longer kept, and stop recording what no program reads."""
    may_go_on, reached = stopping.deadline(MAX_RUN), heartbeats.purge_until(PURGE, now=clock.now())
    changes.stop_unread(now=reached)
    if changes.forget_old(now=reached, may_go_on=may_go_on) and webhooks.forget_old(now=reached, may_go_on=may_go_on):
        heartbeats.set_instant(PURGE, at=reached)
    elif not stopping.is_requested():
        wake("integrations.tasks.forget_old_changes")


@shared_task
def clean_up_partners() -> None:
    """Delete partners that staff removed long ago with their people, old grants and requests, and old answers.

    Continue in a new task after MAX_RUN.
    """
    may_go_on = stopping.deadline(MAX_RUN)
    for step in (partners.delete_removed, grants.purge, idempotency.purge):
        while step(now=clock.now()):
            if not may_go_on():
                wake("integrations.tasks.clean_up_partners")
                return


@shared_task
def apply_events() -> None:
    """Apply stored events to the days that they change. Continue in a new task after MAX_RUN."""
    may_go_on = stopping.deadline(MAX_RUN)
    while applying.apply_stale(now=clock.now()):
        if not may_go_on():
            wake("integrations.tasks.apply_events")
            return


@shared_task
def purge_events(after_type: int = 0) -> None:
    """Delete events whose time is over. Continue in a new task after MAX_RUN; `after_type`: where it continues."""
    may_go_on = stopping.deadline(MAX_RUN)
    while events.purge(now=clock.now()):
        if not may_go_on():
            wake("integrations.tasks.purge_events", after_type)
            return
    while (reached := events.purge_without_rule(now=clock.now(), after_type=after_type)) is not None:
        after_type = reached
        if not may_go_on():
            wake("integrations.tasks.purge_events", after_type)
            return


@shared_task
def run_transfers() -> None:
    """Work on files that come in or go out. Continue in a new task after MAX_RUN.

    One thread of a process at a time: the others send messages meanwhile. It also does what others are woken for; what
    comes in the moment in which it ends waits for beat.
    """
    if not _files.acquire(blocking=False):
        return
    try:
        may_go_on = stopping.deadline(MAX_RUN)
        while not stopping.is_requested() and transfers.run_next(now=clock.now(), may_go_on=may_go_on):
            if not may_go_on():
                wake("integrations.tasks.run_transfers")
                return
    finally:
        _files.release()


@shared_task
def purge_transfers() -> None:
    """Delete files whose time is over. Continue in a new task after MAX_RUN."""
    may_go_on = stopping.deadline(MAX_RUN)
    while transfer.purge(now=clock.now()):
        if not may_go_on():
            wake("integrations.tasks.purge_transfers")
            return
