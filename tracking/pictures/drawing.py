"""Loading of the data of pictures, in a fixed number of queries, and drawing in the user's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import translation

from common.errors import DomainError
from habits.recurrence import DAY
from tracking.insights.rules import RANGES
from tracking.models import HabitTrack
from tracking.pictures import geometry as pictures
from tracking.pictures import words as picture_words
from tracking.pictures.geometry import (
    Heatmap,
    Mark,
    Trend,
    Week,
)
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import Status, Verdict
from tracking.tracks.histories import load_histories, load_history
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import tracks_of
from users.models import User

STATUS_MARKS = {Status.MISSED: Mark.MISSED, Status.SKIPPED: Mark.SKIPPED}


@dataclass(frozen=True, slots=True)
class TrendRequest:
    """A request for the trend of a user's tracks (from tracking.tracks.queries.tracks_of) over one of RANGES."""

    user: User
    tracks: Sequence[HabitTrack]
    range_name: str


def heatmap(*, user: User, track_id: int, now: datetime) -> Heatmap:
    """Return the heatmap of the year up to the user's today. Raises HabitTrack.DoesNotExist."""
    track = tracks_of(user, now=now, archived=None).get(pk=track_id)
    today = user.clock.day_of(now)
    first = pictures.first_day_shown(today)
    plan = plan_of(track)
    history = load_history(track, since=min(first, plan.needed_from(first, today)))
    marks = (_marks_by_limit if plan.is_limit else _marks_by_amount)(history, first, today)
    targets = {day for period in history.periods(first, today, today) for day in period.target_days}
    day = max(first, plan.first)
    while day <= min(today, plan.last or today):
        if day not in marks:
            marks[day] = _mark_without_amount(history, day, is_target=day in targets)
        day += DAY
    with translation.override(user.language):
        drawn = pictures.heatmap(track.habit.name, marks, today=today, is_limit=plan.is_limit)
        return picture_words.heatmap(drawn)


def trend(*, user: User, range_name: str, now: datetime) -> Trend:
    """Return the weekly success over all of the user's tracks, for a range up to the user's today.

    A week's success is the success rate of the kept and broken periods that end in it. Raises DomainError
    invalid_choice for an unknown range.
    """
    if range_name not in RANGES:
        raise DomainError("invalid_choice", f"Choose one of {', '.join(RANGES)}.", "range")
    return trends([TrendRequest(user, list(tracks_of(user, now=now)), range_name)], now=now)[0]


def trends(requests: Sequence[TrendRequest], *, now: datetime) -> list[Trend]:
    """Return the trends in the order of the requests. Two queries."""
    firsts, todays, begins = [], [], {}
    for each in requests:
        today = each.user.clock.day_of(now)
        first = today - timedelta(days=RANGES[each.range_name] - 1)
        firsts.append(first)
        todays.append(today)
        for track in each.tracks:
            begins[track.pk] = min(first, plan_of(track).needed_from(first, today))
    histories = load_histories([track for each in requests for track in each.tracks], since=begins)
    return [
        _trend(each.user, [histories[track.pk] for track in each.tracks], first, today)
        for each, first, today in zip(requests, firsts, todays, strict=True)
    ]


def _trend(user: User, histories: Sequence[TrackHistory], first: date, today: date) -> Trend:
    totals: dict[date, tuple[int, int]] = {}
    for history in histories:
        _add_weeks(totals, history, first, today)
    weeks = []
    monday = pictures.monday(first)
    while monday <= today:
        weeks.append(Week(monday, *totals.get(monday, (0, 0))))
        monday += pictures.WEEK
    with translation.override(user.language):
        return picture_words.trend(pictures.trend(weeks, first=first, today=today))


def _marks_by_amount(history: TrackHistory, first: date, today: date) -> dict[date, Mark]:
    """Return the marks of days with an amount, by their share of the daily amount in force on the day."""
    return {
        day: pictures.mark_of_share(float(amount / history.plan.in_force(day).daily_amount))
        for day, amount in history.amounts.items()
        if first <= day <= today
    }


def _marks_by_limit(history: TrackHistory, first: date, today: date) -> dict[date, Mark]:
    """Return the marks of a limit habit's days with an amount, and of past days without an entry: nothing happened."""
    marks = {}
    for period in history.periods(first, today, today):
        used = history.limit_progress(period, today)
        assert used is not None
        for day in period.target_days:
            amount = history.amounts.get(day)
            if amount is None and (day == today or day in history.days or history.is_paused(day)):
                continue
            if first <= day <= today:
                # Of a limit of 0, any amount exceeds it.
                share = float((amount or 0) / (used.limit or 1))
                marks[day] = pictures.mark_of_limit(share, is_exceeded=used.verdict is Verdict.BROKEN)
    return marks


def _mark_without_amount(history: TrackHistory, day: date, *, is_target: bool) -> Mark:
    status = history.days.get(day)
    if status in STATUS_MARKS:
        return STATUS_MARKS[status]
    if history.is_paused(day):
        return Mark.PAUSED
    return Mark.NOTHING if is_target else Mark.NOT_DUE


def _add_weeks(totals: dict[date, tuple[int, int]], history: TrackHistory, first: date, today: date) -> None:
    for each in history.decided_periods(first, today, today):
        week = pictures.monday(each.last)
        done, required = totals.get(week, (0, 0))
        totals[week] = done + each.done, required + each.required
