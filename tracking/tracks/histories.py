"""Load the histories of tracks (plan, logs and pauses) in a fixed number of queries. Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from common.epoch import EpochSeconds
from common.prepared import Prepared, given
from habits.recurrence import DAY, Plan
from tracking.models import HabitLog, HabitTrack
from tracking.streaks import strength
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import STATUSES, Status
from tracking.tracks.plans import load_pauses, plan_of

# Days of logs to load: from the first to the last one (None: all later ones).
Span = tuple[date, date | None]

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
    if since is None:
        logs = HabitLog.objects.filter(track__in=tracks)
        return _histories(tracks, logs.filter(day__lte=until) if until else logs)
    return _histories(tracks, _logs_of({pk: [(day, until)] for pk, day in since.items()}))


def _histories(
    tracks: Iterable[HabitTrack], logs: QuerySet[HabitLog], *, with_times: bool = False
) -> dict[int, TrackHistory]:
    """Return the histories with these logs. `with_times`: with `completed_at`."""
    days: dict[int, dict[date, Status]] = {track.pk: {} for track in tracks}
    amounts: dict[int, dict[date, Decimal]] = {track.pk: {} for track in tracks}
    completed_at: dict[int, dict[date, int]] = {track.pk: {} for track in tracks}
    times = [EpochSeconds("completed_at")] if with_times else []
    for track_id, day, status, amount, *time in logs.values_list("track_id", "day", "status", "amount", *times):
        days[track_id][day] = STATUSES[status]
        if amount is not None:
            amounts[track_id][day] = amount
        if time and time[0] is not None:
            completed_at[track_id][day] = time[0]
    pauses = load_pauses({track.pk: track.user_id for track in tracks})
    return {
        pk: TrackHistory(plan_of(track), days[pk], amounts[pk], pauses[pk], completed_at[pk])
        for pk, track in ((track.pk, track) for track in tracks)
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


def load_histories_of_day(tracks: Iterable[HabitTrack], day: date, today: date) -> dict[int, TrackHistory]:
    """Return one user's histories with the logs that decide what was due on a day, and today's strength. Two queries."""
    spans: dict[int, list[Span]] = {}
    for track in (tracks := list(tracks)):
        plan = plan_of(track)
        spans[track.pk] = [(first_day_to_judge(plan, day), day)]
        if first_day := first_log_day_for_strength(track, plan, today):
            spans[track.pk].append((first_day, None))
    return _histories(tracks, _logs_of(spans))


def load_histories_for_local_days(tracks: Iterable[HabitTrack], todays: Mapping[int, date]) -> dict[int, TrackHistory]:
    """Return the histories with the logs needed to tell what is due and at risk today, and each habit's strength.

    `todays`: the local day of each track's user, by track id. Two queries.
    """
    tracks = list(tracks)
    return load_histories(tracks, since={track.pk: _first_day_for_today(track, todays[track.pk]) for track in tracks})


def load_histories_for_ranges(
    tracks: list[HabitTrack], ranges: Mapping[int, tuple[date, date]]
) -> dict[int, TrackHistory]:
    """Return the histories with the logs that decide the periods of each track's own range, by track id. Two queries."""
    return _histories(tracks, _logs_of({track.pk: [_span_of_range(track, *ranges[track.pk])] for track in tracks}))


def load_histories_for_summaries(
    tracks: list[HabitTrack], ranges: Mapping[int, tuple[date, date]], todays: Mapping[int, date]
) -> dict[int, TrackHistory]:
    """Return the histories with what both `load_histories_for_ranges` and `load_histories_for_local_days` load.

    In the same two queries, with `completed_at`.
    """
    spans = {
        track.pk: [_span_of_range(track, *ranges[track.pk]), (_first_day_for_today(track, todays[track.pk]), None)]
        for track in tracks
    }
    return _histories(tracks, _logs_of(spans), with_times=True)


def load_history(track: HabitTrack, *, since: date | None = None) -> TrackHistory:
    """Return the history of one track, with its logs from `since` on (None: all). Two queries, or one without pauses."""
    days: dict[date, Status] = {}
    amounts: dict[date, Decimal] = {}
    for day, status, amount in _LOGS(track_id=track.pk, since=since or date.min):
        days[day] = STATUSES[status]
        if amount is not None:
            amounts[day] = amount
    pauses = [] if track.has_pauses is False else load_pauses({track.pk: track.user_id})[track.pk]
    return TrackHistory(plan_of(track), days, amounts, pauses)


def _first_day_for_today(track: HabitTrack, today: date) -> date:
    """Return the first day whose log decides what is due and at risk today, or today's strength."""
    plan = plan_of(track)
    first_day = first_log_day_for_strength(track, plan, today) or today
    return min(first_day_to_judge(plan, today), first_day)


def _span_of_range(track: HabitTrack, first: date, last: date) -> Span:
    """Return the days whose logs decide the periods that overlap `first`..`last`."""
    plan = plan_of(track)
    return min(first, plan.needed_from(first, last)), max(last, plan.segment_on(last).natural_period(last)[1])


def _logs_of(spans: Mapping[int, Sequence[Span]]) -> QuerySet[HabitLog]:
    """Return the logs of days in any of each track's spans, by track id. Tracks with the same span share one term."""
    tracks_by_span: dict[Span, list[int]] = defaultdict(list)
    for pk, of_track in spans.items():
        for span in _joined(of_track):
            tracks_by_span[span].append(pk)
    if not tracks_by_span:
        return HabitLog.objects.none()
    terms = (
        Q(track__in=pks, day__gte=first) if last is None else Q(track__in=pks, day__range=(first, last))
        for (first, last), pks in tracks_by_span.items()
    )
    return HabitLog.objects.filter(reduce(or_, terms))


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Return spans that overlap or adjoin as one, so that one range of the index is read."""
    found: list[Span] = []
    for first, last in sorted(spans, key=lambda span: span[0]):
        if found and (found[-1][1] is None or first <= found[-1][1] + DAY):
            before, until = found.pop()
            found.append((before, None if until is None or last is None else max(until, last)))
        else:
            found.append((first, last))
    return found
