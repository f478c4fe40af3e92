"""Celery tasks of integrations: what is deleted once its time is over."""

from celery import shared_task

from common import clock, stopping
from common.wake import wake
from integrations.grants import services as grants
from integrations.idempotency import services as idempotency
from integrations.partners import services as partners

MAX_RUN_SECONDS = 45.0


@shared_task
def clean_up_partners() -> None:
    """Delete partners that staff removed long ago with their people, old grants and requests, and old answers.

    Continue in a new task after MAX_RUN_SECONDS.
    """
    may_go_on = stopping.deadline(MAX_RUN_SECONDS)
    for step in (partners.delete_removed, grants.purge, idempotency.purge):
        while step(now=clock.now()):
            if not may_go_on():
                wake("integrations.tasks.clean_up_partners")
                return
