"""A day of the user, today or an earlier one: which tracks are due, done or at risk. Reads only."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from common.errors import DomainError
from habits.recurrence import Period
from habits.rules import FIRST_DAY
from tracking.logs.queries import notes_of_day
from tracking.models import HabitTrack
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import LimitProgress, Status
from tracking.tracks.histories import load_histories_for_today, load_histories_of_day, strength_at
from tracking.tracks.queries import shown_tracks, tracks_of_users
from tracking.tracks.related import load_related
from users.models import User


@dataclass(frozen=True, slots=True)
class TodayEntry:
    """A track for which `day` is a target day, as of that day.

    `status`, `amount`, `note`: of the day's log; `done`: completed days of the period up to the day, `required`: those
    that it asks for, shrunk by pauses. `at_risk` is about today: of an earlier day it is False. `strength` is today's.
    `limit`: how much of a limit habit's period is used; None for a habit that is to be done.
    """

    track: HabitTrack
    day: date
    status: Status | None
    amount: Decimal | None
    note: str
    due: bool
    period: Period
    done: int
    required: int
    at_risk: bool
    strength: float
    limit: LimitProgress | None


def entries(user: User, *, now: datetime, archived: bool = False, tag: str = "") -> list[TodayEntry]:
    """Return the tracks for which today is a target day, including done ones, in the user's order.

    Tracks without a place in it come last, by time of day. A fixed number of queries.
    """
    today = user.clock.day_of(now)
    tracks = _tracks(user, archived=archived, tag=tag)
    histories = load_histories_for_today(tracks, today)
    return _in_order(_entries(user, tracks, histories, today, now=now, today=today))


def entries_of_day(user: User, day: date, *, now: datetime, archived: bool = False, tag: str = "") -> list[TodayEntry]:
    """Return what `entries` does, of any local day up to today, as of that day. A fixed number of queries.

    Raises DomainError future_day, day_out_of_range, skipped_date.
    """
    today = user.clock.day_of(now)
    if day == today:
        return entries(user, now=now, archived=archived, tag=tag)
    if day > today:
        raise DomainError("future_day", "This day is in the future.", "day")
    if day < FIRST_DAY:
        raise DomainError("day_out_of_range", f"The day cannot be before {FIRST_DAY}.", "day")
    if not user.clock.exists(day):
        raise DomainError("skipped_date", f"Your time zone, {user.time_zone}, skips this date.", "day")
    tracks = _tracks(user, archived=archived, tag=tag)
    histories = load_histories_of_day(tracks, day, today)
    return _in_order(_entries(user, tracks, histories, day, now=now, today=today))


def _tracks(user: User, *, archived: bool, tag: str) -> list[HabitTrack]:
    is_filtered = archived or tag
    return load_related(
        tracks_of_users([user], archived=archived, tag=tag) if is_filtered else shown_tracks(user), [user]
    )


def _entries(
    user: User,
    tracks: Iterable[HabitTrack],
    histories: Mapping[int, TrackHistory],
    day: date,
    *,
    now: datetime,
    today: date,
) -> Iterator[TodayEntry]:
    notes = notes_of_day(user, day)
    for track in tracks:
        history = histories[track.pk]
        period = history.period_of(day, day)
        if period is None or not period.is_target(day) or history.is_paused(day):
            continue
        yield TodayEntry(
            track=track,
            day=day,
            status=history.days.get(day),
            amount=history.amounts.get(day),
            note=notes.get(track.pk, ""),
            due=history.is_due_in(period, day),
            period=period,
            done=history.completed_days(period, day),
            required=history.required_days(period, day),
            at_risk=day == today and track.streak_at(now).current > 0 and history.is_at_risk_in(period, day),
            strength=strength_at(track, history, today),
            limit=history.limit_progress(period, day),
        )


def _in_order(found: Iterable[TodayEntry]) -> list[TodayEntry]:
    found = list(found)
    placed = [entry for entry in found if entry.track.position is not None]
    others = [entry for entry in found if entry.track.position is None]
    others.sort(key=lambda entry: (entry.track.habit.time is None, entry.track.habit.time, entry.track.pk))
    return placed + others  # the tracks came in the user's order
