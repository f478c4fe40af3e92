"""Celery entry points: what becomes of challenges as days go by. The tables are the truth, these are hints."""

from celery import shared_task

from common import clock
from community import endings, healing, leaderboard_settling, standings


@shared_task
def look_after_challenges() -> None:
    """Fixes the results of what is over, tells members, and carries standings on."""
    now = clock.now()
    healing.show_from_now(now=now)
    endings.fix_ended(now=now)
    endings.tell(now=now)
    while standings.carry_on(now=now):
        pass


@shared_task
def settle_leaderboards() -> None:
    """Brings the leaderboards of everyone in line with what was logged and has lapsed."""
    leaderboard_settling.settle_all(now=clock.now())
