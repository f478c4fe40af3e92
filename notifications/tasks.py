"""Celery tasks: queue what is due, send what is queued. A lost message does no harm: the tables hold the work."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from common import clock, stopping
from common.wake import wake, wake_in
from notifications.monitoring import heartbeats, liveness
from notifications.outbox import archive, leases, queries, restore_detection
from notifications.outbox import services as outbox
from notifications.outbox.sending import send_batch
from notifications.outbox.services import PurgeStep
from notifications.reminders.ticking import queue_all_due

# A task ends well within a minute, the interval of ticks; what remains is done by another message to the same task.
MAX_RUN = 45.0  # seconds
TICK_INTERVAL = timedelta(seconds=60)


@shared_task
def tick() -> None:
    """Queue all reminders and digests that are due, wake the senders, and ping HEARTBEAT_URL."""
    if not queue_all_due().is_done:
        wake("notifications.tasks.tick")
    for _ in range(settings.SENDERS):
        wake("notifications.tasks.send")
    liveness.ping(now=clock.now())


@shared_task
def send() -> None:
    """Send until nothing is ready or the time is up; wake a sender again for the rest or for the next message."""
    if stopping.is_requested():
        return
    if not send_all():
        wake("notifications.tasks.send")
        return
    now = clock.now()
    _, next_at = outbox.ready_and_next(now=now)
    if next_at and next_at - now < TICK_INTERVAL:
        wake_in((next_at - now).total_seconds(), "notifications.tasks.send")


@shared_task
def purge() -> None:
    """Move messages whose time is over into the archive, and delete those older than DELIVERIES_KEPT_DAYS.

    When the time is up, wake another purge for the rest.
    A purge goes at most two days further than the last one. So a clock that is a year ahead cannot delete everything.
    """
    reached, may_continue = heartbeats.purge_until(heartbeats.PURGE, now=clock.now()), stopping.deadline(MAX_RUN)
    kept_from = reached - settings.DELIVERIES_KEPT_FOR
    archive.maintain(now=reached, kept_from=kept_from)
    for move_or_delete, before in ((archive.archive, reached - archive.AFTER), (outbox.purge, kept_from)):
        step = PurgeStep(0, 0, is_last=False)
        while not step.is_last:
            if not may_continue():
                wake("notifications.tasks.purge")
                return
            step = move_or_delete(before=before, after_id=step.last_id)
    while archive.purge(before=kept_from):
        if not may_continue():
            wake("notifications.tasks.purge")
            return
    heartbeats.set_instant(heartbeats.PURGE, at=reached)


@shared_task
def recheck_webhook() -> None:
    """Register the webhook again if another program has replaced it."""
    if settings.TELEGRAM_BOT_TOKEN and settings.TELEGRAM_WEBHOOK_SECRET:
        # Here, because a service without a bot saves the 10 MB of Telegram's library.
        from notifications.bot import registration

        registration.recheck_webhook()


@shared_task
def delete_old_heartbeats() -> None:
    """Delete the heartbeats of processes that ended long ago."""
    heartbeats.delete_old(now=clock.now())


def send_all() -> bool:
    """Send batch by batch until nothing is ready; return False if the time was up or a stop was requested first."""
    now = clock.now()
    may_continue = stopping.deadline(MAX_RUN)
    # A sender may start before the first tick on a restored backup, whose messages may have been sent already.
    restore_detection.detect(now=now)
    leases.reclaim_expired_leases(now=now)
    while may_continue():
        if send_batch(now=now) == 0:
            if queries.oldest_pending_at(now=now) is None:
                heartbeats.record_every_minute(heartbeats.SEND, now=now)
            return True
        now = clock.now()
    return False
