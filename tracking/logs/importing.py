"""Logs of many past days at once, from a file: in few statements, and told once.

What a person said here before is never changed: a day that has a log keeps it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from common.errors import DomainError
from habits.recurrence import DAY
from habits.rules import FIRST_DAY
from tracking import signals
from tracking.logs.services import DayEntry, apply_entry, check_day, note_first_log
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.streaks import services as streak_stats
from tracking.streaks.rules import Status
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import locked_track
from users.models import User

BATCH = 1000
_WITHOUT_AMOUNT = {Status.SKIPPED, Status.MISSED}


@dataclass(frozen=True, slots=True)
class PastDay:
    """What was said of a day: skipped or missed, or an amount, by which it is judged again."""

    day: date
    status: Status
    amount: Decimal | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ImportedDays:
    """What became of the days: how many got a log, had one, and could not have one."""

    added: int
    kept: int
    refused: int


@transaction.atomic(savepoint=False)
def import_days(*, user: User, track_id: int, days: Sequence[PastDay], is_new: bool, now: datetime) -> ImportedDays:
    """Add logs to days that have none, and return how many. Repeating it changes nothing.

    `is_new`: the track was made for these days. Of a limit habit it then starts on the first of them, and is paused from
    the day after the last of them to yesterday: nothing is known of these days. Sends days_imported once, if a day
    got a log. Raises HabitTrack.DoesNotExist.
    """
    track = locked_track(user, track_id)
    today = user.clock.day_of(now)
    known = set(track.logs.values_list("day", flat=True))
    wanted = [each for each in days if each.day not in known]
    logs = list(_logs(track, wanted, today=today, now=now))
    if logs:
        for start in range(0, len(logs), BATCH):
            HabitLog.objects.bulk_create(logs[start : start + BATCH])
        first, last = logs[0].day, logs[-1].day
        if track.first_log_on is None or first < track.first_log_on:
            note_first_log(track, first)
        if is_new and track.habit.is_limit:
            _begin_limit(track, first, last, today=today)
        recent = streak_stats.refresh_streak_stats(track=track, since=FIRST_DAY if is_new else first, now=now)
        dates = [log.day for log in logs]
        signals.days_imported.send(HabitTrack, track=track, days=dates, recent=recent, now=now)
    return ImportedDays(len(logs), len(days) - len(wanted), len(wanted) - len(logs))


def _logs(track: HabitTrack, days: Sequence[PastDay], *, today: date, now: datetime) -> Iterator[HabitLog]:
    """Yield the logs of the days that can have one, in order of day."""
    plan = plan_of(track)
    for each in sorted(days, key=lambda entry: entry.day):
        log = HabitLog(track=track, day=each.day, source=HabitLog.Source.IMPORT)
        try:
            check_day(track, each.day, today=today, is_logged=False)
            apply_entry(log, _entry(each), schedule=plan.in_force(each.day), today=today, now=now)
        except DomainError:
            continue
        log.completed_at = None  # the file has the day, not the time
        yield log


def _entry(day: PastDay) -> DayEntry:
    if day.status in _WITHOUT_AMOUNT:
        return DayEntry(day=day.day, status=day.status, note=day.note)
    return DayEntry(day=day.day, amount=day.amount, note=day.note)


def _begin_limit(track: HabitTrack, first: date, last: date, *, today: date) -> None:
    """Start the track of a limit habit on the first day of the file, and pause it where the file says nothing more."""
    track.started_on = min(track.started_on, first)
    track.save(update_fields=["started_on"])
    if last + DAY < today:
        # Not by the service of pauses: the track is counted once, and nobody paused anything.
        Pause.objects.create(user=track.user, track=track, first_day=last + DAY, last_day=today - DAY)
        track.has_pauses = None
