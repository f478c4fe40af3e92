"""All writes to logs: what a user records for a local day.

Each write returns what the day said before. Set as it is (or cleared, if nothing was said), it undoes the write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from common.edits import UNSET, Unset
from common.errors import DomainError
from common.limits import MAX_AMOUNT
from common.prepared import PreparedUpdate, given
from habits.recurrence import Schedule
from habits.rules import FIRST_DAY
from tracking import signals
from tracking.logs.content import LogDeletion, LogWrite, content_before, content_of
from tracking.models import AmountAdded, HabitLog, HabitTrack
from tracking.streaks import services as streak_stats
from tracking.streaks.rules import Status, status_of
from tracking.tracks.locking import locked_with_log
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import locked_track
from users.models import User

_DONE = {Status.COMPLETED, Status.PARTIAL, Status.COUNTED}
_CHANGED = ("status", "amount", "note", "completed_at", "source", "updated_at")
_CHANGE = PreparedUpdate(lambda: HabitLog.objects.filter(pk=given(HabitLog, "id")), _CHANGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEntry:
    """What a user records for one local day. What is not given keeps the value that the day has; None clears it."""

    day: date
    status: str | Unset = UNSET
    amount: Decimal | Unset | None = UNSET
    note: str | Unset | None = UNSET
    completed_at: datetime | Unset | None = UNSET


def set_day(
    *,
    user: User,
    track_id: int,
    day: date,
    source: str,
    now: datetime,
    status: str | Unset = UNSET,
    amount: Decimal | Unset | None = UNSET,
    note: str | Unset | None = UNSET,
    completed_at: datetime | Unset | None = UNSET,
) -> LogWrite:
    """Record one local day and return its log with what it said before. Raises the same errors as set_days."""
    entry = DayEntry(day=day, status=status, amount=amount, note=note, completed_at=completed_at)
    return set_days(user=user, track_id=track_id, days=[entry], source=source, now=now)[0]


@transaction.atomic
def set_days(*, user: User, track_id: int, days: Sequence[DayEntry], source: str, now: datetime) -> list[LogWrite]:
    """Record local days, all or none, and return their logs in the order of `days`, with what they said before.

    Repeating a call changes nothing. A day before the start of the track moves the start back. If `days` names a day
    twice, the entries are applied in order, and "before" is before the first of them. Sends day_logged once, with the
    changed days; the returned logs refer to the updated track. Raises HabitTrack.DoesNotExist, or DomainError that
    names the entry and its field: future_day, day_out_of_range, skipped_date, left, before_start, after_end, in_future,
    and the codes of `_resolve_status`.
    """
    if not days:
        locked_track(user, track_id)
        return []
    track, log = locked_with_log(user, track_id, days[0].day)
    existing = {log.day: log} if log else {}
    if others := {entry.day for entry in days} - {days[0].day}:
        existing |= {each.day: each for each in track.logs.filter(day__in=others)}
    return _set_days(track, days, existing=existing, source=source, now=now)


@transaction.atomic
def add_amount(
    *, user: User, track_id: int, day: date, amount: Decimal, source: str, now: datetime, key: str = ""
) -> LogWrite:
    """Add an amount to a local day and return its log with what it said before. Sends day_logged.

    `key`: the client's Idempotency-Key; repeating the request with the same key changes nothing, and returns what the
    day said before the addition. A skipped or missed day counts as 0 so far. Raises the same errors as set_days, and
    DomainError key_reused if the key was used for a different addition, cleared if the day was cleared after it.
    """
    # The track's lock makes concurrent additions run one after the other, so that none is lost.
    track, log = locked_with_log(user, track_id, day)
    if key:
        before = content_of(log)
        added, is_new = AmountAdded.objects.get_or_create(
            track=track,
            key=key,
            defaults={
                "day": day,
                "amount": amount,
                "status_before": before.status if before else "",
                "amount_before": before.amount if before else None,
                "completed_before": before.completed_at if before else None,
            },
        )
        if (added.day, added.amount) != (day, amount):
            raise DomainError(
                "key_reused", "This Idempotency-Key was already used for a different request.", "Idempotency-Key"
            )
        if not is_new:
            if log is None:
                raise DomainError("cleared", "This was added before, and the day was cleared since.", "Idempotency-Key")
            return LogWrite(log, content_before(added, log))
    entry = DayEntry(day=day, amount=amount + ((log.amount if log else None) or 0))
    return _set_days(track, [entry], existing={day: log} if log else {}, source=source, now=now)[0]


@transaction.atomic
def clear_day(*, user: User, track_id: int, day: date, now: datetime) -> LogDeletion:
    """Delete the log of a day, if any, and return what it said. Sends day_logged if there was one.

    Raises HabitTrack.DoesNotExist.
    """
    track, log = locked_with_log(user, track_id, day)
    if log is not None:
        log.delete()
        since = _forget_first_log(track) if day == track.first_log_on else day
        recent = streak_stats.refresh_streak_stats(track=track, since=since, now=now)
        signals.day_logged.send(HabitTrack, track=track, days=[day], recent=recent, now=now)
    return LogDeletion(track, content_of(log))


def _set_days(
    track: HabitTrack, days: Sequence[DayEntry], *, existing: Mapping[date, HabitLog], source: str, now: datetime
) -> list[LogWrite]:
    """Set days of a locked track; `existing`: their logs."""
    plan, today = plan_of(track), track.user.clock.day_of(now)
    changed: dict[date, HabitLog] = {}
    befores = {day: content_of(log) for day, log in existing.items()}
    logs: dict[date, HabitLog] = {}
    for number, entry in enumerate(days):
        log = logs.get(entry.day) or existing.get(entry.day) or HabitLog(track=track, day=entry.day)
        before = content_of(log)
        try:
            check_day(track, entry.day, today=today, is_logged=entry.day in existing)
            apply_entry(log, entry, schedule=plan.in_force(entry.day), today=today, now=now)
        except DomainError as error:
            error.entry = number
            raise
        logs[entry.day] = log
        if content_of(log) != before:
            log.source, log.updated_at = source, now
            changed[entry.day] = log
    writes = [LogWrite(logs[entry.day], befores.get(entry.day)) for entry in days]
    if not changed:
        return writes
    if new := [log for log in changed.values() if log.pk is None]:
        HabitLog.objects.bulk_create(new)
    _store_changes([log for day, log in changed.items() if day in existing])
    first = min(changed)
    if track.first_log_on is None or first < track.first_log_on:
        note_first_log(track, first)
    recent = streak_stats.refresh_streak_stats(track=track, since=first, now=now)
    signals.day_logged.send(HabitTrack, track=track, days=sorted(changed), recent=recent, now=now)
    return writes


def _store_changes(logs: Sequence[HabitLog]) -> None:
    if len(logs) == 1:  # nearly always
        _CHANGE(id=logs[0].pk, **{column: getattr(logs[0], column) for column in _CHANGED})
    else:
        HabitLog.objects.bulk_update(logs, _CHANGED)


def note_first_log(track: HabitTrack, day: date) -> None:
    """Begin the track on its first logged day, if that is before its start."""
    habit = track.habit
    track.windows_from = track.windows_from or habit.start_date or habit.created_on
    track.first_log_on = day
    track.save(update_fields=["first_log_on", "windows_from"])


def _forget_first_log(track: HabitTrack) -> date:
    """Find the track's beginning again after its first log was deleted. Return the first day that this affects."""
    before = track.first_log_on
    track.first_log_on = track.logs.order_by("day").values_list("day", flat=True).first()
    if track.first_log_on is None:
        track.windows_from = None
    track.save(update_fields=["first_log_on", "windows_from"])
    return FIRST_DAY if track.first_log_on is None or before is None else before


def check_day(track: HabitTrack, day: date, *, today: date, is_logged: bool) -> None:
    """Raise DomainError if the day cannot be logged.

    `is_logged`: a log that was made in another zone can be changed also where the user's zone skips its date.
    """
    habit = track.habit
    if day > today:
        raise DomainError("future_day", "This day is in the future.", "day")
    if day < FIRST_DAY:
        raise DomainError("day_out_of_range", f"The day cannot be before {FIRST_DAY}.", "day")
    if not is_logged and not track.user.clock.exists(day):
        raise DomainError("skipped_date", f"Your time zone, {track.user.time_zone}, skips this date.", "day")
    if track.left_at is not None:
        raise DomainError("left", "You no longer follow this habit. Follow it again first.")
    if habit.start_date and day < habit.start_date:
        raise DomainError("before_start", f"The habit starts on {habit.start_date}.", "day")
    if habit.end_date and day > habit.end_date:
        raise DomainError("after_end", f"The habit ended on {habit.end_date}.", "day")


def apply_entry(log: HabitLog, entry: DayEntry, *, schedule: Schedule, today: date, now: datetime) -> None:
    """Copy what the entry gives into the log.

    A day logged today gets the time of its first completion, unless another one is given or it is cleared by None.
    """
    was_done = log.status in _DONE
    status, log.amount = _status_and_amount(entry, log, schedule=schedule)
    log.status = status.value
    if entry.note is not UNSET:
        log.note = entry.note or ""
    given_time = None if entry.completed_at is UNSET else entry.completed_at
    if given_time and given_time > now:
        raise DomainError("in_future", "This time is in the future.", "completed_at")
    if given_time and given_time.date() < FIRST_DAY:
        raise DomainError("day_out_of_range", f"The time cannot be before {FIRST_DAY}.", "completed_at")
    if status not in _DONE:
        log.completed_at = None
    elif entry.completed_at is not UNSET:
        log.completed_at = given_time
    elif entry.day == today and log.completed_at is None and not was_done:
        log.completed_at = now


def _status_and_amount(entry: DayEntry, log: HabitLog, *, schedule: Schedule) -> tuple[Status, Decimal | None]:
    """Return the status and amount to store. The day's own amount is kept if a given status agrees with it."""
    if entry.status is UNSET and entry.amount is UNSET and log.status:
        return Status(log.status), log.amount
    if schedule.limit_per_period is not None:
        amount = entry.amount
        if amount is UNSET:  # a day that is counted keeps its amount
            amount = log.amount if entry.status == Status.COUNTED else None
        return _resolve_counted(None if entry.status is UNSET else entry.status, amount)
    daily_amount = schedule.daily_amount
    if entry.amount is not UNSET:
        # A new amount decides the status; without an amount the status stays.
        kept_status = log.status or None if entry.amount is None else None
        return _resolve_status(
            kept_status if entry.status is UNSET else entry.status, entry.amount, daily_amount=daily_amount
        )
    status = None if entry.status is UNSET else entry.status
    fits = log.amount is not None and status == status_of(log.amount, daily_amount)
    return _resolve_status(status, log.amount if fits else None, daily_amount=daily_amount)


def _resolve_status(
    status: str | None, amount: Decimal | None, *, daily_amount: Decimal
) -> tuple[Status, Decimal | None]:
    """Return the status and amount to store.

    "completed" without an amount means the full daily amount; an amount without a status decides the status.
    Raises DomainError if both are missing or contradict each other.
    """
    if status is None and amount is None:
        raise DomainError("required", "Give a status or an amount.", "status")
    if status == Status.COUNTED:
        raise DomainError("only_limits_count", "Only a limit habit counts. Give completed, or an amount.", "status")
    if status in {Status.SKIPPED, Status.MISSED}:
        if amount is not None:
            raise DomainError("amount_not_done", f"A {status} day cannot have an amount.", "amount")
        return Status(status), None
    if amount is None:
        if status == Status.PARTIAL:
            raise DomainError("required", "Give the amount that was done.", "amount")
        return Status.COMPLETED, daily_amount
    if amount <= 0:
        raise DomainError(
            "amount_not_positive",
            "The amount must be more than 0. If nothing was done, mark the day as missed or clear it.",
            "amount",
        )
    if amount > MAX_AMOUNT:
        raise DomainError("amount_out_of_range", f"The amount can be at most {MAX_AMOUNT}.", "amount")
    resolved = status_of(amount, daily_amount)
    if status is not None and status != resolved:
        raise DomainError("amount_contradicts", f"{amount} of {daily_amount} is {resolved}, not {status}.", "amount")
    return resolved, amount


def _resolve_counted(status: str | None, amount: Decimal | None) -> tuple[Status, Decimal | None]:
    """Return the status and amount to store of a limit habit: how much of it happened, or that the day does not count.

    Raises DomainError for what only a habit to be done can have, and if both are missing.
    """
    if status in {Status.COMPLETED, Status.PARTIAL, Status.MISSED}:
        raise DomainError(
            "limits_are_counted",
            "This is a limit habit. Give the amount of what happened (0 for nothing), or skip the day.",
            "status",
        )
    if status == Status.SKIPPED:
        if amount is not None:
            raise DomainError("amount_not_done", "A skipped day cannot have an amount.", "amount")
        return Status.SKIPPED, None
    if amount is None:
        raise DomainError("required", "Give the amount of what happened: 0 for nothing.", "amount")
    if not 0 <= amount <= MAX_AMOUNT:
        raise DomainError("amount_out_of_range", f"The amount must be 0 to {MAX_AMOUNT}.", "amount")
    return Status.COUNTED, amount
