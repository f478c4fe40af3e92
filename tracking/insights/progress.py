"""Days and periods of tracks over a range of days. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from habits.recurrence import DAY
from tracking.models import HabitTrack
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import JudgedPeriod, Status
from tracking.tracks.histories import load_histories_for_ranges


class DayProgress(NamedTuple):
    """One day of a track. `status` is None for a day without a log."""

    day: date
    status: Status | None
    amount: Decimal | None
    is_target: bool
    is_paused: bool


@dataclass(frozen=True, slots=True)
class TrackProgress:
    """The days of a track in a range, and the whole periods that overlap it."""

    track: HabitTrack
    frequency: str
    days: list[DayProgress]
    periods: list[JudgedPeriod]


def progress(tracks: Iterable[HabitTrack], *, first: date, last: date, today: date) -> list[TrackProgress]:
    """Return the days and periods in `first`..`last` of each of one user's tracks.

    Two queries, if the tracks come from tracking.tracks.queries.tracks_of.
    """
    tracks = list(tracks)
    histories = load_histories_for_ranges(tracks, dict.fromkeys((track.pk for track in tracks), (first, last)))
    days = [first + number * DAY for number in range((last - first).days + 1)]
    if tracks:
        days = [day for day in days if tracks[0].user.clock.exists(day)]
    found = []
    for track in tracks:
        history = histories[track.pk]
        found.append(_track_progress(track, history, days, list(history.judged_periods(first, last, today)), today))
    return found


def _track_progress(
    track: HabitTrack, history: TrackHistory, days: Sequence[date], periods: list[JudgedPeriod], today: date
) -> TrackProgress:
    targets = {day for period in periods for day in period.target_days}
    statuses, amounts = history.days, history.amounts
    paused = {day for day in days if history.is_paused(day)} if history.can_be_paused else ()
    return TrackProgress(
        track=track,
        frequency=history.plan.in_force(today).frequency.value,
        days=[DayProgress(day, statuses.get(day), amounts.get(day), day in targets, day in paused) for day in days],
        periods=periods,
    )
