"""Celery tasks of tracking: work that earlier changes have left for the worker."""

from celery import shared_task

from common import clock, stopping
from common.wake import wake
from tracking.streaks.services import recount_due_tracks, recount_outdated_tracks
from tracking.tracks.clock_repair import repair_tracks
from tracking.tracks.followers import sync_followers

MAX_RUN_SECONDS = 45.0


@shared_task
def apply_pending_changes() -> None:
    """Repair tracks counted by a fast clock, recount tracks that time or a new release has changed, and apply
    habit edits to followers. Continue in a new task after MAX_RUN_SECONDS.
    """
    may_go_on = stopping.deadline(MAX_RUN_SECONDS)
    for step in (repair_tracks, recount_due_tracks, recount_outdated_tracks, sync_followers):
        while step(now=clock.now()):
            if not may_go_on():
                wake("tracking.tasks.apply_pending_changes")
                return
