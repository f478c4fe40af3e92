"""Celery entry points of accounts."""

from celery import shared_task
from django.core.management import call_command

from common import clock, stopping
from users import zone_data

LONGEST_RUN = 20.0  # seconds of each minute: what is sent meanwhile needs the worker as well


@shared_task
def flush_expired_tokens() -> None:
    """Removes refresh tokens that have expired (the library's own command)."""
    call_command("flushexpiredtokens")


@shared_task
def take_up_zone_data() -> None:
    """Takes people through a new release of the tz database, where there is one; the next minute goes on."""
    may_go_on = stopping.deadline(LONGEST_RUN)
    while may_go_on() and zone_data.take_up(now=clock.now()):
        pass
