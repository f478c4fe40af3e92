"""Celery entry points: what follows from earlier changes, as days begin and for those who follow a habit."""

from celery import shared_task

from common import clock, stopping
from common.wake import wake
from tracking.followers import bring_in_line
from tracking.healing import recount_ahead
from tracking.standing import catch_up

LONGEST_RUN = 45.0  # seconds


@shared_task
def keep_up() -> None:
    """Counts what a clock ahead had counted and days that travel had moved into the future, and takes followers
    through edits of their habit."""
    may_go_on = stopping.deadline(LONGEST_RUN)
    for step in (recount_ahead, catch_up, bring_in_line):
        while step(now=clock.now()):
            if not may_go_on():
                wake("tracking.tasks.keep_up")
                return
