"""What a clock that ran ahead leaves in tracks, put right once it is right again.

What somebody said of a day stays, also of one that has not come yet: it counts when it comes (standing.catch_up).
"""

from datetime import date, datetime

from django.db import transaction

from common import clock, stopping
from common.row_backoff import RowBackoff
from habits.rules import FIRST_DAY
from habits.services import begin_by
from tracking import followers, goals, signals, standing
from tracking.models import HabitTrack, Pause
from tracking.queries import locked

BATCH = 200
_BACKOFF = RowBackoff("track that a clock ahead counted")


def recount_ahead(*, now: datetime) -> int:
    """Count one batch of tracks again that a clock counted which ran ahead; return how many were looked at.

    Sends track_changed for each, as for a person whose own clock changed. A track that fails by a fault of ours steps
    aside.
    """
    rows = HabitTrack.objects.filter(counted_at__gt=clock.future_cutoff(now))
    ahead = rows.exclude(pk__in=_BACKOFF.waiting(now=now)).order_by("counted_at", "pk")
    ids = list(ahead.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        if stopping.is_requested():
            return 0
        with _BACKOFF.attempt(pk, now=now), transaction.atomic():
            track = locked(rows.filter(pk=pk)).first()
            if track is None:
                continue  # another was quicker
            track.counted_at = None
            since = _begin_by(track, track.user.clock.day_of(now), now)
            standing.refresh(track=track, since=since, now=now)
            goals.begin_by_today(track=track, now=now)
            signals.track_changed.send(HabitTrack, track=track, retimed=False, now=now)
    return len(ids)


def _begin_by(track: HabitTrack, today: date, now: datetime) -> date:
    """Have the track, and a habit of its person's, begin today where it says later; return since when that counts."""
    habit, since = track.habit, today
    if habit.owner_id == track.user_id and habit.created_on > today:
        begin_by(habit=habit, day=today)
        since = FIRST_DAY
        if habit.followers:
            followers.queue(habit=habit, since=FIRST_DAY, retimed=False)
    begins = max(today, habit.start_date or today)
    if track.started_on > begins:
        track.started_on, since = begins, FIRST_DAY
    if track.left_at is not None and track.left_at > now:
        left_on = track.user.clock.day_of(track.left_at)
        Pause.objects.filter(track=track, first_day=left_on, last_day=None).update(first_day=today)
        track.left_at = now
    track.save(update_fields=["started_on", "left_at"])
    return since
