"""Celery entry points of accounts."""

from datetime import timedelta

from celery import shared_task
from django.core.management import call_command

from common import clock
from users import zone_data

LONGEST_RUN = timedelta(seconds=20)  # of each minute: what is sent meanwhile needs the worker as well


@shared_task
def flush_expired_tokens() -> None:
    """Removes refresh tokens that have expired (the library's own command)."""
    call_command("flushexpiredtokens")


@shared_task
def take_up_zone_data() -> None:
    """Takes people through a new release of the tz database, where there is one; the next minute goes on."""
    until = clock.now() + LONGEST_RUN
    while clock.now() < until and zone_data.take_up(now=clock.now()):
        pass
