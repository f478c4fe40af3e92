"""Querysets of logs."""

from datetime import date

from django.db.models import QuerySet

from common.prepared import Prepared, given
from tracking.models import HabitLog, HabitTrack
from users.models import User


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


def notes_of_day(user: User, day: date) -> dict[int, str]:
    """Return the notes of the user's logs of a day by track id, without empty ones. One query."""
    return dict(_NOTES(user_id=user.pk, day=day))


_NOTES = Prepared(
    lambda: (
        HabitLog.objects.filter(track__user=given(HabitTrack, "user", "user_id"), day=given(HabitLog, "day"))
        .exclude(note="")
        .order_by("track_id")
        .values_list("track_id", "note")
    )
)
