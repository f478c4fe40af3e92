"""Load the histories of tracks (plan, logs and pauses) in a fixed number of queries. Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from common.prepared import Prepared, given
from habits.recurrence import DAY, Plan
from tracking.models import HabitLog, HabitTrack
from tracking.streaks import strength
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import Status
from tracking.tracks.plans import load_pauses, plan_of

_LOGS = Prepared(
    lambda: HabitLog.objects.filter(
        track=given(HabitLog, "track", "track_id"), day__gte=given(HabitLog, "day", "since")
    ).values_list("day", "status", "amount")
)


@dataclass(frozen=True, slots=True)
class RecentHistory:
    """A track's history with all logs from `since` on."""

    since: date
    history: TrackHistory


def load_histories(
    tracks: Iterable[HabitTrack], *, since: Mapping[int, date] | None = None, until: date | None = None
) -> dict[int, TrackHistory]:
    """Return the histories of tracks by track id.

    `since`: the first day of each track's logs, by track id (None: all logs); `until`: their last day.
    Two queries for any number of tracks whose user, habit and schedules are loaded.
    """
    tracks = list(tracks)
    logs = HabitLog.objects.filter(_logs_since(tracks, since))
    if until:
        logs = logs.filter(day__lte=until)
    days: dict[int, dict[date, Status]] = {track.pk: {} for track in tracks}
    amounts: dict[int, dict[date, Decimal]] = {track.pk: {} for track in tracks}
    for track_id, day, status, amount in logs.values_list("track_id", "day", "status", "amount"):
        days[track_id][day] = Status(status)
        if amount is not None:
            amounts[track_id][day] = amount
    pauses = load_pauses({track.pk: track.user_id for track in tracks})
    return {
        track.pk: TrackHistory(plan_of(track), days[track.pk], amounts[track.pk], pauses[track.pk]) for track in tracks
    }


def first_day_to_judge(plan: Plan, day: date) -> date:
    """Return the first day whose log decides whether the habit is due or at risk on a day.

    A window looks back on the last time before it, as far as a window is long.
    """
    segment = plan.segment_on(day)
    if segment.pattern.is_window:
        return plan.needed_from(day, day) - DAY * segment.pattern.unit.count
    return min(day, plan.needed_from(day, day))


def first_log_day_for_strength(track: HabitTrack, plan: Plan, today: date) -> date | None:
    """Return the first day whose log affects today's strength, or None if the stored strength is up to date."""
    if track.strength_on and track.strength_on >= today:
        return None
    return strength.first_day_needed(plan, track.strength_on + DAY if track.strength_on else plan.first)


def strength_at(track: HabitTrack, history: TrackHistory, today: date) -> float:
    """Return the track's strength at the end of today, continued from the stored one.

    `history` must contain the logs from `first_log_day_for_strength` on.
    """
    if track.strength_on and track.strength_on >= today:
        return track.strength
    since = track.strength_on + DAY if track.strength_on else history.plan.first
    return history.strength(since, today, initial=track.strength if track.strength_on else None)


def strengths_at(tracks: Iterable[HabitTrack], today: date) -> dict[int, float]:
    """Return `strength_at` of each track by track id. Two queries, or none if all stored values are up to date."""
    tracks = list(tracks)
    first_days = {track.pk: first_log_day_for_strength(track, plan_of(track), today) for track in tracks}
    since = {pk: day for pk, day in first_days.items() if day}
    loaded = load_histories([track for track in tracks if track.pk in since], since=since)
    return {
        track.pk: strength_at(track, loaded[track.pk], today) if track.pk in loaded else track.strength
        for track in tracks
    }


def load_histories_for_today(tracks: Iterable[HabitTrack], today: date) -> dict[int, TrackHistory]:
    """Return the histories of one user's tracks, as `load_histories_for_local_days` does."""
    tracks = list(tracks)
    return load_histories_for_local_days(tracks, dict.fromkeys((track.pk for track in tracks), today))


def load_histories_for_local_days(tracks: Iterable[HabitTrack], todays: Mapping[int, date]) -> dict[int, TrackHistory]:
    """Return the histories with the logs needed to tell what is due and at risk today, and each habit's strength.

    `todays`: the local day of each track's user, by track id. Two queries.
    """
    tracks, since = list(tracks), {}
    for track in tracks:
        plan, today = plan_of(track), todays[track.pk]
        first_day = first_log_day_for_strength(track, plan, today) or today
        since[track.pk] = min(first_day_to_judge(plan, today), first_day)
    return load_histories(tracks, since=since)


def load_histories_for_ranges(
    tracks: list[HabitTrack], ranges: Mapping[int, tuple[date, date]]
) -> dict[int, TrackHistory]:
    """Return the histories with the logs that decide the periods of each track's own range, by track id.

    All tracks are loaded up to the latest end of any range, so a history may contain later logs than requested.
    """
    since, ends = {}, []
    for track in tracks:
        first, last = ranges[track.pk]
        plan = plan_of(track)
        since[track.pk] = min(first, plan.needed_from(first, last))
        ends.append(max(last, plan.segment_on(last).natural_period(last)[1]))
    return load_histories(tracks, since=since, until=max(ends, default=None))


def load_history(track: HabitTrack, *, since: date | None = None) -> TrackHistory:
    """Return the history of one track, with its logs from `since` on (None: all). Two queries, or one without pauses."""
    days: dict[date, Status] = {}
    amounts: dict[date, Decimal] = {}
    for day, status, amount in _LOGS(track_id=track.pk, since=since or date.min):
        days[day] = Status(status)
        if amount is not None:
            amounts[day] = amount
    pauses = [] if track.has_pauses is False else load_pauses({track.pk: track.user_id})[track.pk]
    return TrackHistory(plan_of(track), days, amounts, pauses)


def _logs_since(tracks: list[HabitTrack], since: Mapping[int, date] | None) -> Q:
    """Return the condition for each track's logs from its first day on. Tracks with the same day share one term."""
    if since is None:
        return Q(track__in=tracks)
    groups: dict[date, list[int]] = defaultdict(list)
    for pk, day in since.items():
        groups[day].append(pk)
    condition = Q(pk__in=[])
    for day, pks in groups.items():
        condition |= Q(track__in=pks, day__gte=day)
    return condition
