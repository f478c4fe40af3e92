"""Celery tasks of integrations: work that was acknowledged and is still to be done."""

from celery import shared_task

from common import clock, stopping
from common.wake import wake
from integrations.events import applying
from integrations.events import services as events

MAX_RUN_SECONDS = 45.0


@shared_task
def apply_events() -> None:
    """Apply stored events to the days that they change. Continue in a new task after MAX_RUN_SECONDS."""
    may_go_on = stopping.deadline(MAX_RUN_SECONDS)
    while applying.apply_stale(now=clock.now()):
        if not may_go_on():
            wake("integrations.tasks.apply_events")
            return


@shared_task
def purge_events() -> None:
    """Delete events whose time is over. Continue in a new task after MAX_RUN_SECONDS."""
    may_go_on = stopping.deadline(MAX_RUN_SECONDS)
    while events.purge(now=clock.now()):
        if not may_go_on():
            wake("integrations.tasks.purge_events")
            return
