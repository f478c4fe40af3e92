"""What people say of their days: the only writer of logs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from common.errors import DomainError
from habits.rules import FIRST_DAY
from tracking import signals, standing
from tracking.courses import plan_of
from tracking.models import AmountAdded, HabitLog, HabitTrack
from tracking.queries import locked_track
from tracking.streaks import Status, status_of
from users.models import User

LARGEST_AMOUNT = Decimal("99999999.99")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody says of one local day: a status, an amount, or both."""

    day: date
    status: str | None = None
    amount: Decimal | None = None
    note: str = ""
    completed_at: datetime | None = None


def set_day(
    *,
    user: User,
    track_id: int,
    day: date,
    source: str,
    now: datetime,
    status: str | None = None,
    amount: Decimal | None = None,
    note: str = "",
    completed_at: datetime | None = None,
) -> HabitLog:
    """Says what happened on one local day; raises what set_days raises."""
    said = Said(day=day, status=status, amount=amount, note=note, completed_at=completed_at)
    return set_days(user=user, track_id=track_id, days=[said], source=source, now=now)[0]


@transaction.atomic
def set_days(*, user: User, track_id: int, days: Sequence[Said], source: str, now: datetime) -> list[HabitLog]:
    """Says what happened on local days, all or nothing; saying it twice changes nothing. Sends day_logged.

    The logs' track is as it stands then. A day before the track began moves its beginning back. Raises HabitTrack.DoesNotExist, or DomainError
    naming the field: future_day, day_out_of_range, left, before_start, after_end, in_future, and what does
    not go together (`_judged`).
    """
    track = locked_track(user, track_id)
    plan, today = plan_of(track), track.user.clock.day_of(now)
    changed: dict[date, HabitLog] = {}
    there = {log.day: log for log in track.logs.filter(day__in={said.day for said in days})}
    logs: dict[date, HabitLog] = {}
    for said in days:
        _check_day(track, said.day, today=today)
        log = logs.get(said.day) or there.get(said.day) or HabitLog(track=track, day=said.day)
        before = _what_is_said(log)
        _say(log, said, daily_amount=plan.in_force(said.day).daily_amount, today=today, now=now)
        logs[said.day] = log
        if _what_is_said(log) != before:
            log.source, log.updated_at = source, now
            changed[said.day] = log
    if not changed:
        return [logs[said.day] for said in days]
    HabitLog.objects.bulk_create([log for log in changed.values() if log.pk is None])
    HabitLog.objects.bulk_update(
        [log for day, log in changed.items() if day in there],
        ["status", "amount", "note", "completed_at", "source", "updated_at"],
    )
    first = min(changed)
    if first < track.started_on:
        track.started_on = first
        track.save(update_fields=["started_on"])
    standing.refresh(track=track, since=first, now=now)
    for day in changed:
        signals.day_logged.send(HabitTrack, track=track, day=day, now=now)
    return [logs[said.day] for said in days]


@transaction.atomic
def add_amount(
    *, user: User, track_id: int, day: date, amount: Decimal, source: str, now: datetime, key: str = ""
) -> HabitLog:
    """Adds to what was done on a local day; of additions at once none is lost. Sends day_logged.

    `key`: the client's Idempotency-Key; made again under it, the addition changes nothing. A day that was
    skipped or missed counts from 0. Raises what set_days raises, and DomainError key_reused for another
    addition under the same key.
    """
    track = locked_track(user, track_id)
    log = track.logs.filter(day=day).first()
    if key:
        made, is_new = AmountAdded.objects.get_or_create(track=track, key=key, defaults={"day": day, "amount": amount})
        if (made.day, made.amount) != (day, amount):
            raise DomainError("key_reused", "This Idempotency-Key was used for another addition.", "Idempotency-Key")
        if not is_new and log is not None:
            return log
    said = Said(
        day=day,
        amount=amount + ((log.amount if log else None) or 0),
        note=log.note if log else "",
    )
    return set_days(user=user, track_id=track_id, days=[said], source=source, now=now)[0]


@transaction.atomic
def clear_day(*, user: User, track_id: int, day: date, now: datetime) -> None:
    """Forgets what was said of a day. Sends day_logged. Raises HabitTrack.DoesNotExist."""
    track = locked_track(user, track_id)
    if HabitLog.objects.filter(track=track, day=day).delete()[0]:
        standing.refresh(track=track, since=day, now=now)
        signals.day_logged.send(HabitTrack, track=track, day=day, now=now)


def _check_day(track: HabitTrack, day: date, *, today: date) -> None:
    habit = track.habit
    if day > today:
        raise DomainError("future_day", "This day has not come yet.", "day")
    if day < FIRST_DAY:
        raise DomainError("day_out_of_range", f"Not before {FIRST_DAY}.", "day")
    if track.left_at is not None:
        raise DomainError("left", "You no longer follow this habit; follow it again first.")
    if habit.start_date and day < habit.start_date:
        raise DomainError("before_start", f"The habit starts on {habit.start_date}.", "day")
    if habit.end_date and day > habit.end_date:
        raise DomainError("after_end", f"The habit ended on {habit.end_date}.", "day")


def _say(log: HabitLog, said: Said, *, daily_amount: Decimal, today: date, now: datetime) -> None:
    """Puts what is said into the log. What is done today has its moment, the first that was said."""
    judged, log.amount = _judged(said.status, said.amount, daily_amount=daily_amount)
    log.status, log.note = judged.value, said.note
    if said.completed_at and said.completed_at > now:
        raise DomainError("in_future", "This moment has not come yet.", "completed_at")
    if said.completed_at and said.completed_at.date() < FIRST_DAY:
        raise DomainError("day_out_of_range", f"Not before {FIRST_DAY}.", "completed_at")
    if judged not in {Status.COMPLETED, Status.PARTIAL}:
        log.completed_at = None
    elif said.completed_at:
        log.completed_at = said.completed_at
    elif said.day == today and log.completed_at is None:
        log.completed_at = now


def _what_is_said(log: HabitLog) -> tuple[object, ...]:
    return log.status, log.amount, log.note, log.completed_at


def _judged(status: str | None, amount: Decimal | None, *, daily_amount: Decimal) -> tuple[Status, Decimal | None]:
    """Status and amount as they are stored: "completed" alone means the full amount, an amount alone decides.

    Raises DomainError where they contradict each other or say nothing.
    """
    if status is None and amount is None:
        raise DomainError("required", "Give a status, or an amount.", "status")
    if status in {Status.SKIPPED, Status.MISSED}:
        if amount is not None:
            raise DomainError("amount_not_done", f"A {status} day has no amount.", "amount")
        return Status(status), None
    if amount is None:
        if status == Status.PARTIAL:
            raise DomainError("required", "How much was done?", "amount")
        return Status.COMPLETED, daily_amount
    if amount <= 0:
        raise DomainError("amount_not_positive", "Nothing done is no amount; say missed, or clear the day.", "amount")
    if amount > LARGEST_AMOUNT:
        raise DomainError("amount_out_of_range", f"Up to {LARGEST_AMOUNT}.", "amount")
    judged = status_of(amount, daily_amount)
    if status is not None and status != judged:
        raise DomainError("amount_contradicts", f"{amount} of {daily_amount} is {judged}.", "amount")
    return judged, amount
