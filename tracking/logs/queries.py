"""Querysets of logs."""

from datetime import date

from django.db.models import QuerySet

from tracking.models import HabitLog, HabitTrack


def logs_of(
    track: HabitTrack,
    *,
    first: date | None = None,
    last: date | None = None,
    search: str = "",
    ordering: str = "day",
) -> QuerySet[HabitLog]:
    """Return the logs of a track in `first`..`last` whose note contains `search` (any case), ordered by day.

    The unique index of track and day serves both; a search reads the notes of one track.
    """
    logs = HabitLog.objects.filter(track=track)
    if first:
        logs = logs.filter(day__gte=first)
    if last:
        logs = logs.filter(day__lte=last)
    if search:
        logs = logs.filter(note__icontains=search)
    return logs.order_by(ordering)
