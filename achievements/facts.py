"""What rules are asked about: the facts of tracks, read from tracking in a fixed number of queries."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Count, DateField, FilteredRelation, IntegerField, Q, QuerySet, Subquery, Value

from achievements.rules import Facts, Needs
from tracking.histories import TrackHistory, first_log_day_for_strength, load_histories, plan_of, strength_at
from tracking.models import HabitLog, HabitTrack
from tracking.streaks import Status, Streak, extend_streak

NO_DAY = Value(None, output_field=DateField())


class Counted(Subquery):
    """How many rows a queryset has; sliced to n, it reads no more than n."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def around(track: HabitTrack, day: date, needs: Needs, *, now: datetime) -> Facts:
    """The facts of a track that decide on what its log of `day` may earn: one query, or none.

    It reads days around that one, whatever the history.
    """
    today = track.user.clock.day_of(now)
    standing = track.streak_at(now)
    read = {} if needs == Needs() else _read_around(track, day, needs, today)
    return Facts(
        today=today,
        plan=plan_of(track),
        streak=standing.current,
        unit=standing.unit,
        longest={standing.unit: standing.longest},
        strength=track.strength,
        **read,
    )


def everywhere(tracks: Collection[HabitTrack], *, now: datetime) -> dict[int, Facts]:
    """The facts of tracks by their id, over all that ever was: reads all of their logs, in two queries."""
    known = load_histories(tracks)
    return {track.pk: _over_all(track, known[track.pk], track.user.clock.day_of(now)) for track in tracks}


def most_habits_in_a_day(user_id: int, *, until: date, without: HabitTrack | None = None) -> int:
    """The most different habits that a person completed on one day."""
    logs = _completed(HabitLog.objects.filter(track__user=user_id, day__lte=until))
    if without:
        logs = logs.exclude(track=without)
    counts = logs.order_by().values("day").annotate(number=Count("pk")).order_by("-number")
    return int(counts.values_list("number", flat=True).first() or 0)


def of_now(tracks: Collection[HabitTrack], needs: Needs, *, now: datetime) -> dict[int, Facts]:
    """The facts of tracks by their id, of the days around today: three queries, whatever their number."""
    todays = {track.pk: track.user.clock.day_of(now) for track in tracks}
    since = {track.pk: _first_needed(track, needs, todays[track.pk]) for track in tracks}
    known = load_histories(tracks, since=since)
    in_all: Mapping[int, int] = _days_in_all(tracks, todays) if needs.in_all else {}
    habits = sum(known[pk].days.get(today) is Status.COMPLETED for pk, today in todays.items())
    found = {}
    for track in tracks:
        course, today, standing = known[track.pk], todays[track.pk], track.streak_at(now)
        found[track.pk] = Facts(
            today=today,
            plan=course.plan,
            days=_completed_days(course, today),
            in_all=in_all.get(track.pk, 0),
            streak=standing.current,
            unit=standing.unit,
            longest={standing.unit: standing.longest},
            strength=strength_at(track, course, today),
            habits=habits,
        )
    return found


def habits_done(user_id: int, day: date) -> QuerySet[HabitLog]:
    """The completed logs of a person's habits on a day: one a habit."""
    return _completed(HabitLog.objects.filter(track__user=user_id, day=day))


def _completed(logs: QuerySet[HabitLog]) -> QuerySet[HabitLog]:
    return logs.filter(status=Status.COMPLETED.value)


def _read_around(track: HabitTrack, day: date, needs: Needs, today: date) -> dict[str, Any]:
    """`days`, `in_all` and `habits` of Facts, in one query."""
    done = _completed(HabitLog.objects.filter(track=track, day__lte=today)).order_by()
    first, last = needs.range_around(day) or (day, day)
    near = Q(logs__status=Status.COMPLETED.value, logs__day__range=(first, min(last, today)))
    asked: dict[str, Any] = {"before": NO_DAY, "after": NO_DAY, "in_all": Value(0), "habits": Value(0)}
    if needs.neighbours:
        asked["before"] = Subquery(done.filter(day__lt=first).order_by("-day").values("day")[:1])
        asked["after"] = Subquery(done.filter(day__gt=last).order_by("day").values("day")[:1])
    if needs.in_all:
        asked["in_all"] = Counted(done.values("pk")[: needs.in_all])
    if needs.habits:
        asked["habits"] = Counted(habits_done(track.user_id, day).order_by().values("pk"))
    rows = HabitTrack.objects.filter(pk=track.pk).annotate(near=FilteredRelation("logs", condition=near), **asked)
    read = list(rows.values_list("near__day", *asked))
    _, before, following, in_all, habits = read[0]
    days = {before, following, *(each for each, *_ in read)} - {None}
    return {"days": sorted(days), "in_all": in_all, "habits": habits}


def _over_all(track: HabitTrack, course: TrackHistory, today: date) -> Facts:
    """The facts of a track over all its days, from its course with all logs."""
    days = _completed_days(course, today)
    longest: dict[str, int] = {}
    standing = Streak(0, 0, course.plan.in_force(today).streak_unit)
    for period in course.plan.periods(course.plan.first, today):
        standing = extend_streak(standing, period, course.days, course.is_paused, today)
        longest[standing.unit] = max(longest.get(standing.unit, 0), standing.longest)
    return Facts(
        today=today,
        plan=course.plan,
        days=days,
        in_all=len(days),
        streak=standing.current,
        unit=standing.unit,
        longest=longest,
        strength=max((strength for _, strength in course.daily_strengths(course.plan.first, today)), default=0.0),
    )


def _completed_days(course: TrackHistory, today: date) -> list[date]:
    return sorted(day for day, said in course.days.items() if said is Status.COMPLETED and day <= today)


def _first_needed(track: HabitTrack, needs: Needs, today: date) -> date:
    """From which day on the logs of a track decide on its facts of today."""
    plan = plan_of(track)
    first, _ = needs.range_around(today) or (today, today)
    return min(first, today, first_log_day_for_strength(track, plan, today) or today)


def _days_in_all(tracks: Iterable[HabitTrack], todays: Mapping[int, date]) -> dict[int, int]:
    """How many completed days each track has."""
    latest = max(todays.values(), default=date.min)
    logs = _completed(HabitLog.objects.filter(track__in=tracks, day__lte=latest))
    return dict(logs.order_by().values_list("track").annotate(Count("pk")))
