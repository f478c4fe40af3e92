"""Telling of streaks that are lost because nothing more was done: time alone loses them, so nothing else records it."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from common.row_backoff import RowBackoff
from integrations.changes import queries
from integrations.changes.recording import record_streak
from integrations.models import StreakWatch
from tracking.models import HabitTrack
from tracking.tracks.queries import locked

BATCH = 200
_WATCHES = RowBackoff("streak watch")


def tell_lapsed(*, now: datetime, may_go_on: Callable[[], bool]) -> int:
    """Record the streaks that have lapsed by `now`, each once and in a transaction of its own; return how many were due.

    The rows say which are left, so a run that is cut off is continued by the next.
    """
    due = 0
    while may_go_on():
        waiting = queries.lapsed(now=now).exclude(pk__in=_WATCHES.waiting(now=now))
        found = list(waiting.values_list("pk", "track")[:BATCH])
        if not found:
            break
        for pk, track_id in found:
            if not may_go_on():
                return due
            due += 1
            with _WATCHES.attempt(pk, now=now):
                _tell(pk, track_id, now=now)
    return due


@transaction.atomic
def _tell(watch_id: int, track_id: int, *, now: datetime) -> None:
    track = locked(HabitTrack.objects.filter(pk=track_id)).first()
    if track is None:
        return
    if track.user.records_changes:
        # It reads the watch under the track's lock: another worker may have told it, or a log may have saved the streak.
        record_streak(track=track, now=now)
    else:
        StreakWatch.objects.filter(pk=watch_id).delete()
