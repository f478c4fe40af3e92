"""Read the facts of tracks (rules.TrackFacts) from tracking, in a fixed number of queries."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import Count, DateField, FilteredRelation, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from achievements.awards.rules import Needs, TrackFacts
from common.prepared import Prepared, given
from tracking.models import HabitLog, HabitTrack
from tracking.streaks.history import TrackHistory
from tracking.streaks.recount import beginning, recount
from tracking.streaks.rules import Status
from tracking.tracks.histories import RecentHistory, first_log_day_for_strength, load_histories, strength_at
from tracking.tracks.plans import plan_of

NO_DAY = Value(None, output_field=DateField())


class SubqueryCount(Subquery):
    """Count the rows of a queryset; of one sliced to n rows at most n are read."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def for_days(
    track: HabitTrack, days: Sequence[date], needs: Needs, *, recent: RecentHistory | None = None, now: datetime
) -> TrackFacts:
    """Return the facts of a track that logs of `days`, in order, can change, with at most one query.

    Reads only the days from shortly before the first to shortly after the last, however long the history is, and takes
    those that are in `recent` from there.
    """
    today = track.user.clock.day_of(now)
    streak = track.streak_at(now)
    values: dict[str, Any] = {}
    if needs != Needs():
        near = _near_days(recent, days, needs, today) if recent else None
        if near is None:
            values = _read_around(track, days, needs, today)
        else:
            values = {"days": near, **_read_numbers(track, days, needs, today)}
    return TrackFacts(
        today=today,
        plan=plan_of(track),
        streak=streak.current,
        unit=streak.unit,
        longest=dict(streak.longest_of),
        strength=track.strength,
        **values,
    )


def for_whole_history(tracks: Collection[HabitTrack], *, now: datetime) -> dict[int, TrackFacts]:
    """Return facts by track id, from all logs ever made on the tracks, with two queries."""
    known = load_histories(tracks)
    return {track.pk: _of_whole_history(known[track.pk], track.user.clock.day_of(now)) for track in tracks}


def max_habits_in_a_day(user_id: int, *, until: date, excluded: HabitTrack | None = None) -> int:
    """Return the largest number of habits that the user completed on one day up to `until`, without `excluded`."""
    logs = _completed(HabitLog.objects.filter(track__user=user_id, day__lte=until))
    if excluded:
        logs = logs.exclude(track=excluded)
    counts = logs.order_by().values("day").annotate(number=Count("pk")).order_by("-number")
    return int(counts.values_list("number", flat=True).first() or 0)


def for_today(tracks: Collection[HabitTrack], needs: Needs, *, now: datetime) -> dict[int, TrackFacts]:
    """Return facts by track id, from the days around each user's today, with three queries for any number of tracks."""
    todays = {track.pk: track.user.clock.day_of(now) for track in tracks}
    since = {track.pk: _first_needed(track, needs, todays[track.pk]) for track in tracks}
    known = load_histories(tracks, since=since)
    total_days: Mapping[int, int] = _total_days(tracks, todays) if needs.max_total_days else {}
    habits = sum(known[pk].days.get(today) is Status.COMPLETED for pk, today in todays.items())
    found = {}
    for track in tracks:
        history, today, streak = known[track.pk], todays[track.pk], track.streak_at(now)
        found[track.pk] = TrackFacts(
            today=today,
            plan=history.plan,
            days=_completed_days(history, today),
            total_days=total_days.get(track.pk, 0),
            streak=streak.current,
            unit=streak.unit,
            longest=dict(streak.longest_of),
            strength=strength_at(track, history, today),
            habits=habits,
        )
    return found


def max_habits_on(user_id: int, days: Collection[date]) -> int:
    """Return the largest number of habits that the user completed on one of `days`."""
    return int(_numbers_of_habits(user_id, days).first() or 0)


def _numbers_of_habits(user_id: int, days: Collection[date]) -> QuerySet[HabitLog, int]:
    """Return how many habits the user completed on each of `days`, the largest number first."""
    logs = _completed(HabitLog.objects.filter(track__user=user_id, day__in=days))
    by_day = logs.order_by().values("day").annotate(number=Count("pk")).order_by("-number")
    return by_day.values_list("number", flat=True)


def _habits_on() -> QuerySet[HabitLog, tuple[int]]:
    """Return how many habits a given user completed on a given day."""
    logs = HabitLog.objects.filter(track__user=given(HabitTrack, "user", "user_id"), day=given(HabitLog, "day"))
    return _completed(logs).order_by().values("day").annotate(number=Count("pk")).values_list("number")


_HABITS_ON = Prepared(_habits_on)


def _completed(logs: QuerySet[HabitLog]) -> QuerySet[HabitLog]:
    return logs.filter(status=Status.COMPLETED.value)


def _near_days(recent: RecentHistory, days: Sequence[date], needs: Needs, today: date) -> list[date] | None:
    """Return what `_read_around` reads of `days` from logs that are loaded; None if they do not go back far enough."""
    first, last = _range_around(days, needs)
    if first < recent.since:
        return None
    completed = _completed_days(recent.history, today)
    begin, end = bisect_left(completed, first), bisect_right(completed, last)
    if needs.nearest_days:
        if begin == 0 and recent.history.plan.first < recent.since:
            return None  # the last one before may be older than what is loaded
        begin, end = max(0, begin - 1), end + 1
    return completed[begin:end]


def _read_numbers(track: HabitTrack, days: Sequence[date], needs: Needs, today: date) -> dict[str, Any]:
    """Return `total_days` and `habits` of TrackFacts as far as they are needed, with at most one query."""
    if not (needs.max_total_days or needs.habits):
        return {}
    if len(days) > 1:
        numbers = _read_around(track, days, Needs(max_total_days=needs.max_total_days, habits=needs.habits), today)
        return {name: numbers[name] for name in ("total_days", "habits")}
    if not needs.max_total_days:
        rows = _HABITS_ON(user_id=track.user_id, day=days[0])
        return {"habits": rows[0][0] if rows else 0}
    [(total_days, habits)] = _numbers_up_to(needs.max_total_days)(
        id=track.pk, user_id=track.user_id, day=days[0], today=today
    )
    return {"total_days": total_days, "habits": habits if needs.habits else 0}


@lru_cache(maxsize=64)
def _numbers_up_to(max_total_days: int) -> Prepared:
    """Return a query for the completed days up to `today`, counted no further than this, and the habits on a day.

    One for each of the few numbers that achievements ask for, because a limit is part of the SQL.
    """

    def build() -> QuerySet[HabitTrack, tuple[int, int]]:
        done = _completed(HabitLog.objects.filter(track=OuterRef("pk"), day__lte=given(HabitLog, "day", "today")))
        total = SubqueryCount(done.order_by().values("pk")[:max_total_days])
        tracks = HabitTrack.objects.filter(pk=given(HabitTrack, "id"))
        return tracks.values_list(total, Coalesce(Subquery(_habits_on()), 0))

    return Prepared(build)


def _range_around(days: Sequence[date], needs: Needs) -> tuple[date, date]:
    """Return the first and the last day of which `needs` asks."""
    (first, _), (_, last) = (needs.range_around(day) or (day, day) for day in (days[0], days[-1]))
    return first, last


def _read_around(track: HabitTrack, days: Sequence[date], needs: Needs, today: date) -> dict[str, Any]:
    """Return `days`, `total_days` and `habits` of TrackFacts, with one query.

    Called at every log, so the nearby days come from a join and the rest from subqueries of the same statement.
    """
    done = _completed(HabitLog.objects.filter(track=track, day__lte=today)).order_by()
    first, last = _range_around(days, needs)
    near = Q(logs__status=Status.COMPLETED.value, logs__day__range=(first, min(last, today)))
    columns: dict[str, Any] = {"before": NO_DAY, "after": NO_DAY, "total_days": Value(0), "habits": Value(0)}
    if needs.nearest_days:
        columns["before"] = Subquery(done.filter(day__lt=first).order_by("-day").values("day")[:1])
        columns["after"] = Subquery(done.filter(day__gt=last).order_by("day").values("day")[:1])
    if needs.max_total_days:
        columns["total_days"] = SubqueryCount(done.values("pk")[: needs.max_total_days])
    if needs.habits:
        columns["habits"] = Coalesce(Subquery(_numbers_of_habits(track.user_id, days)[:1]), 0)
    tracks = HabitTrack.objects.filter(pk=track.pk).annotate(near=FilteredRelation("logs", condition=near), **columns)
    rows = list(tracks.values_list("near__day", *columns))
    _, before, following, total_days, habits = rows[0]
    found = {before, following, *(each for each, *_ in rows)} - {None}
    return {"days": sorted(found), "total_days": total_days, "habits": habits}


def _of_whole_history(history: TrackHistory, today: date) -> TrackFacts:
    """Return the facts of a track whose `history` holds all of its logs."""
    days = _completed_days(history, today)
    streak = recount(history, beginning(history.plan), today).streak
    return TrackFacts(
        today=today,
        plan=history.plan,
        days=days,
        total_days=len(days),
        streak=streak.current,
        unit=streak.unit,
        longest=dict(streak.longest_of),
        strength=max((strength for _, strength in history.daily_strengths(history.plan.first, today)), default=0.0),
    )


def _completed_days(history: TrackHistory, today: date) -> list[date]:
    return sorted(day for day, status in history.days.items() if status is Status.COMPLETED and day <= today)


def _first_needed(track: HabitTrack, needs: Needs, today: date) -> date:
    """Return the first day whose logs can affect the track's facts of today."""
    plan = plan_of(track)
    first, _ = needs.range_around(today) or (today, today)
    return min(first, today, first_log_day_for_strength(track, plan, today) or today)


def _total_days(tracks: Iterable[HabitTrack], todays: Mapping[int, date]) -> dict[int, int]:
    """Return the number of completed days by track id."""
    latest = max(todays.values(), default=date.min)
    logs = _completed(HabitLog.objects.filter(track__in=tracks, day__lte=latest))
    return dict(logs.order_by().values_list("track").annotate(Count("pk")))
