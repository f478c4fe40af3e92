"""Celery entry points: plan what is due, send what is queued. The tables are the truth, these are hints."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from common import clock, stopping
from common.wake import wake, wake_in
from notifications import heartbeats, outbox, pulse, queries, restored
from notifications.sending import send_batch
from notifications.telegram import registration
from notifications.ticking import queue_all_due

# A task ends well within a minute; what is left has its own hint.
LONGEST_RUN = 45.0  # seconds
MAX_PURGED = timedelta(days=2)
UNTIL_NEXT_TICK = timedelta(seconds=60)


@shared_task
def tick() -> None:
    """Queues all reminders that are due, asks senders to take up the outbox, and tells the outside that all moves."""
    if not queue_all_due().is_done:
        wake("notifications.tasks.tick")
    for _ in range(settings.SENDERS):
        wake("notifications.tasks.send")
    pulse.pulse(now=clock.now())


@shared_task
def send() -> None:
    """Sends until nothing is left, or the time is up and another takes over; comes back for what waits a moment."""
    if stopping.is_requested():
        return
    if not send_all():
        wake("notifications.tasks.send")
        return
    now = clock.now()
    _, next_at = outbox.waiting(now=now)
    if next_at and next_at - now < UNTIL_NEXT_TICK:
        wake_in((next_at - now).total_seconds(), "notifications.tasks.send")


@shared_task
def purge() -> None:
    """Removes messages that have been kept long enough, until none is left or the time is up and another takes over.

    A night's purge reaches two days further than the last one at most: what a clock a year ahead removed would be gone.
    """
    now = clock.now()
    before = heartbeats.last(heartbeats.PURGE)
    reached = min(now, before + MAX_PURGED) if before is not None and before <= now else now
    may_go_on, last = stopping.deadline(LONGEST_RUN), 0
    while may_go_on():
        step = outbox.purge(before=reached - settings.DELIVERIES_KEPT_FOR, after=last)
        if step.is_last:
            heartbeats.set_to(heartbeats.PURGE, at=reached)
            return
        last = step.last
    wake("notifications.tasks.purge")


@shared_task
def recheck_webhook() -> None:
    """Register the webhook again where another program has set its own."""
    registration.recheck_webhook()


@shared_task
def forget_old_heartbeats() -> None:
    """Removes the heartbeats of processes that ended long ago."""
    heartbeats.forget_old(now=clock.now())


def send_all() -> bool:
    """Batch by batch; False where the time was up first, or the worker was asked to end.

    A sender may come before the first tick on a restored backup, whose messages may have been sent.
    """
    now = clock.now()
    may_go_on = stopping.deadline(LONGEST_RUN)
    restored.look(now=now)
    outbox.take_back(now=now)
    while may_go_on():
        if send_batch(now=now) == 0:
            if queries.oldest_pending(now=now) is None:
                heartbeats.beat_each_minute(heartbeats.SEND, now=now)
            return True
        now = clock.now()
    return False
