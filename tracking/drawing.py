"""The facts of pictures, read in a fixed number of queries, and the pictures made of them in the person's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import translation

from common.errors import DomainError
from habits.recurrence import DAY
from tracking import picture_words, pictures
from tracking.courses import Course, course_of, courses, plan_of
from tracking.models import HabitLog, HabitTrack
from tracking.pictures import Heatmap, Mark, Trend, Week
from tracking.queries import tracks_of
from tracking.streaks import Status
from users.models import User

RANGES = {"last_week": 7, "last_month": 30, "last_year": 365}
SAID = {Status.MISSED: Mark.MISSED, Status.SKIPPED: Mark.SKIPPED}


@dataclass(frozen=True, slots=True)
class WantedTrend:
    """Whose trend is wanted, with their tracks (of tracking.queries.tracks_of), over one of RANGES."""

    user: User
    tracks: Sequence[HabitTrack]
    range_name: str


def heatmap(*, user: User, track_id: int, now: datetime) -> Heatmap:
    """The year up to the user's today of one of their tracks. Raises HabitTrack.DoesNotExist."""
    track = tracks_of(user, now=now).get(pk=track_id)
    today = user.clock.day_of(now)
    first = pictures.first_day_shown(today)
    plan = plan_of(track)
    begins = plan.period_of(first)
    course = course_of(track, since=begins.first if begins else first)
    marks = _done(track, course, first, today)
    targets = {day for period in plan.periods(first, today) for day in period.target_days}
    day = max(first, plan.first)
    while day <= min(today, plan.last or today):
        if day not in marks:
            marks[day] = _undone(course, day, is_target=day in targets)
        day += DAY
    with translation.override(user.language):
        return picture_words.heatmap(pictures.heatmap(track.habit.name, marks, today=today))


def trend(*, user: User, range_name: str, now: datetime) -> Trend:
    """The success of the weeks in a range up to the user's today, over all of their tracks.

    A week's success is that of the kept and broken periods whose last day lies in it. Raises DomainError
    invalid_choice for a range that is none of RANGES.
    """
    if range_name not in RANGES:
        raise DomainError("invalid_choice", f"One of {', '.join(RANGES)}.", "range")
    return trends([WantedTrend(user, list(tracks_of(user, now=now)), range_name)], now=now)[0]


def trends(wanted: Sequence[WantedTrend], *, now: datetime) -> list[Trend]:
    """Return the trends in their order; two queries."""
    firsts, todays, begins = [], [], {}
    for each in wanted:
        today = each.user.clock.day_of(now)
        first = today - timedelta(days=RANGES[each.range_name] - 1)
        firsts.append(first)
        todays.append(today)
        for track in each.tracks:
            period = plan_of(track).period_of(first)
            begins[track.pk] = period.first if period else first
    known = courses([track for each in wanted for track in each.tracks], since=begins)
    return [
        _trend(each.user, [known[track.pk] for track in each.tracks], first, today)
        for each, first, today in zip(wanted, firsts, todays, strict=True)
    ]


def _trend(user: User, courses: Sequence[Course], first: date, today: date) -> Trend:
    totals: dict[date, tuple[int, int]] = {}
    for course in courses:
        _add_weeks(totals, course, first, today)
    weeks = []
    monday = pictures.monday(first)
    while monday <= today:
        weeks.append(Week(monday, *totals.get(monday, (0, 0))))
        monday += pictures.WEEK
    with translation.override(user.language):
        return picture_words.trend(pictures.trend(weeks, first=first, today=today))


def _done(track: HabitTrack, course: Course, first: date, today: date) -> dict[date, Mark]:
    """The days on which something was done, by the share of the daily amount then in force."""
    logs = HabitLog.objects.filter(track=track, day__range=(first, today), amount__isnull=False)
    return {
        day: pictures.mark_of_share(float(amount / course.plan.in_force(day).daily_amount))
        for day, amount in logs.values_list("day", "amount")
        if amount is not None
    }


def _undone(course: Course, day: date, *, is_target: bool) -> Mark:
    said = course.days.get(day)
    if said in SAID:
        return SAID[said]
    if course.is_paused(day):
        return Mark.PAUSED
    return Mark.NOTHING if is_target else Mark.NOT_ASKED


def _add_weeks(totals: dict[date, tuple[int, int]], course: Course, first: date, today: date) -> None:
    for each in course.judged(course.plan.periods(first, today), today, last=today):
        week = pictures.monday(each.last)
        done, required = totals.get(week, (0, 0))
        totals[week] = done + each.done, required + each.required
