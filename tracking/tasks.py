"""Celery entry points: what follows from earlier changes, as days begin and for those who follow a habit."""

from datetime import timedelta

from celery import shared_task

from common import clock
from common.hints import hint
from tracking.followers import bring_in_line
from tracking.healing import recount_ahead
from tracking.standing import catch_up

LONGEST_RUN = timedelta(seconds=45)


@shared_task
def keep_up() -> None:
    """Counts what a clock ahead had counted and days that travel had moved into the future, and takes followers
    through edits of their habit."""
    until = clock.now() + LONGEST_RUN
    while clock.now() < until and recount_ahead(now=clock.now()):
        pass
    while clock.now() < until and catch_up(now=clock.now()):
        pass
    while bring_in_line(now=clock.now()):
        if clock.now() > until:
            hint("tracking.tasks.keep_up")
            return
