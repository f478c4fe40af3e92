"""Tracks as they were, from an export: their columns, pauses and goals, and logs with their times and sources."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from habits.models import Habit
from habits.rules import FIRST_DAY
from tracking import signals
from tracking.goals.rules import MAX_GOALS
from tracking.logs.importing import BATCH, ImportedDays
from tracking.logs.services import note_first_log
from tracking.models import Goal, HabitLog, HabitTrack, Pause
from tracking.pauses.services import MAX_PAUSES
from tracking.streaks import services as streak_stats
from tracking.streaks.rules import Status
from tracking.tracks import rules
from tracking.tracks.queries import locked_track
from users.models import User

FormerPause = tuple[date, date | None, str]  # first day, last day, reason
MAX_OTHER_PAUSES = 1_000  # that leaving and archiving made: a file with more would hold up a worker
_FREE = {Status.SKIPPED}  # of either kind of habit


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerLog:
    """A log as it was. `amount`: None for a skipped or missed day."""

    day: date
    status: Status
    amount: Decimal | None
    note: str
    completed_at: datetime | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerTrack:
    """What is restored of a track beside its logs."""

    started_on: date
    windows_from: date | None
    archived_at: datetime | None
    colour: str
    icon: str
    position: int | None
    pauses: Sequence[FormerPause]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerGoal:
    amount: Decimal
    days: int
    first_day: date
    deadline: date | None
    reached_on: date | None
    reached_at: datetime | None


@transaction.atomic(savepoint=False)
def restore_track(
    *,
    user: User,
    habit: Habit,
    former: FormerTrack,
    goals: Iterable[FormerGoal],
    logs: Sequence[FormerLog],
    now: datetime,
) -> tuple[HabitTrack, ImportedDays]:
    """Make the user's new track of a habit what it was, and return it with the number of its logs.

    Sends days_imported once, and track_changed. Raises DomainError invalid_choice, not_an_emoji.
    """
    track = locked_track(user, HabitTrack.objects.get(user=user, habit=habit).pk)
    today = user.clock.day_of(now)
    rules.check_colour(former.colour)
    track.colour, track.icon = former.colour, rules.icon_of(former.icon)
    track.started_on, track.position = min(former.started_on, today), former.position
    track.archived_at = min(former.archived_at, now) if former.archived_at else None
    track.windows_from = former.windows_from
    track.save()
    Pause.objects.bulk_create(
        Pause(user=user, track=track, first_day=first, last_day=last, reason=reason)
        for first, last, reason in kept_pauses(former.pauses)
    )
    days = _add(track, logs, since=FIRST_DAY, now=now)
    # After the logs: what was reached before is no news.
    if not habit.is_limit:
        Goal.objects.bulk_create(Goal(track=track, **_columns(goal)) for goal in list(goals)[:MAX_GOALS])
    signals.track_changed.send(HabitTrack, track=track, retimed_at=None, now=now)
    return track, days


def kept_pauses(pauses: Iterable[FormerPause]) -> list[FormerPause]:
    """Return those of the pauses that can be kept, in order of their ends: the latest, first of all those that last."""
    in_order = sorted(pauses, key=lambda pause: pause[1] or date.max)
    by_hand = [pause for pause in in_order if pause[2] == Pause.Reason.MANUAL]
    others = [pause for pause in in_order if pause[2] != Pause.Reason.MANUAL]
    return by_hand[-MAX_PAUSES:] + others[-MAX_OTHER_PAUSES:]


@transaction.atomic(savepoint=False)
def restore_days(*, user: User, track_id: int, logs: Sequence[FormerLog], now: datetime) -> ImportedDays:
    """Add logs to days of a track that have none, as they were. Sends days_imported if there is one.

    Raises HabitTrack.DoesNotExist.
    """
    return _add(locked_track(user, track_id), logs, since=None, now=now)


def _add(track: HabitTrack, logs: Sequence[FormerLog], *, since: date | None, now: datetime) -> ImportedDays:
    today = track.user.clock.day_of(now)
    known = set(track.logs.values_list("day", flat=True))
    wanted = {log.day: log for log in logs if log.day not in known}
    added = [
        HabitLog(track=track, **_log(wanted[day], now)) for day in sorted(wanted) if _fits(wanted[day], track, today)
    ]
    for start in range(0, len(added), BATCH):
        HabitLog.objects.bulk_create(added[start : start + BATCH])
    if added and (track.first_log_on is None or added[0].day < track.first_log_on):
        note_first_log(track, added[0].day)
    if added or since:
        recent = streak_stats.refresh_streak_stats(track=track, since=since or added[0].day, now=now)
    if added:
        days = [log.day for log in added]
        signals.days_imported.send(HabitTrack, track=track, days=days, recent=recent, now=now)
    kept = sum(log.day in known for log in logs)
    return ImportedDays(len(added), kept, len(logs) - kept - len(added))


def _fits(log: FormerLog, track: HabitTrack, today: date) -> bool:
    """Return whether the log can be one of this track: its day is over, its status one of this kind of habit."""
    is_counted = log.status is Status.COUNTED
    return FIRST_DAY <= log.day <= today and (log.status in _FREE or is_counted == track.habit.is_limit)


def _log(log: FormerLog, now: datetime) -> dict[str, object]:
    return {
        "day": log.day,
        "status": log.status.value,
        "amount": log.amount,
        "note": log.note,
        "completed_at": min(log.completed_at, now) if log.completed_at else None,
        "source": log.source,
    }


def _columns(goal: FormerGoal) -> dict[str, object]:
    return {
        "amount": goal.amount,
        "days": goal.days,
        "first_day": goal.first_day,
        "deadline": goal.deadline,
        "reached_on": goal.reached_on,
        "reached_at": goal.reached_at,
    }
