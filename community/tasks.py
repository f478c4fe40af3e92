"""Celery entry points: what becomes of challenges as days go by. The tables are the truth, these are hints."""

from celery import shared_task

from common import clock, stopping
from common.wake import wake
from community import endings, healing, leaderboard_settling, standings

LONGEST_RUN = 45.0  # seconds


@shared_task
def look_after_challenges() -> None:
    """Fixes the results of what is over, tells members, and carries standings on; what is left has its own hint."""
    now, may_go_on = clock.now(), stopping.deadline(LONGEST_RUN)
    healing.show_from_now(now=now)
    endings.fix_ended(now=now)
    endings.tell(now=now)
    while may_go_on() and standings.carry_on(now=now):
        pass
    if not may_go_on():
        wake("community.tasks.look_after_challenges")


@shared_task
def settle_leaderboards() -> None:
    """Brings the leaderboards of everyone in line with what was logged and has lapsed; the next minute goes on."""
    leaderboard_settling.settle_all(now=clock.now())
