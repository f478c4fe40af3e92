"""Celery tasks of community. They may run late, twice or concurrently: the database says what is left to do."""

from celery import shared_task

from common import clock, stopping
from common.wake import wake
from community.challenges import endings
from community.challenges import scores as challenge_scores
from community.groups import clock_repair
from community.leaderboards import settling as leaderboard_settling

MAX_SECONDS = 45.0


@shared_task
def maintain_challenges() -> None:
    """Finalize ended challenges, notify their members and recount due scores; queue another run if time runs out."""
    now, may_go_on = clock.now(), stopping.deadline(MAX_SECONDS)
    clock_repair.unhide_future_rows(now=now)
    endings.finalize_ended(now=now)
    endings.notify_members(now=now)
    while may_go_on() and challenge_scores.recount_due(now=now):
        pass
    if not may_go_on():
        wake("community.tasks.maintain_challenges")


@shared_task
def settle_leaderboards() -> None:
    """Update the global leaderboards; what does not fit into one run is done in the next minute."""
    leaderboard_settling.settle_all(now=clock.now())
