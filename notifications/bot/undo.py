"""Undo buttons: what a day said before a tap (as the tap's write returned it), in the button's data, and its undo.

The note is not in the data: Done and Skip keep it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from common.limits import AMOUNT_DECIMALS
from notifications.bot.numbers import InvalidButton, parse_number
from tracking.logs.content import DayContent
from tracking.logs.services import clear_day, set_day
from tracking.models import HabitLog, HabitTrack
from tracking.streaks.rules import Status

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PartialDay:
    """An amount that was less than the full one, and when it was done."""

    amount: Decimal
    completed_at: datetime | None


def encode(before: DayContent | None) -> str:
    """Return what a day without a final status said: empty without a log, otherwise "amount.time" in short numbers."""
    if before is None or before.amount is None:
        return ""
    micros = (before.completed_at - _EPOCH) // _MICROSECOND if before.completed_at else 0
    return f"{before.amount.scaleb(AMOUNT_DECIMALS):.0f}.{micros:x}"


def decode(state: str) -> PartialDay | None:
    """Return the state that `encode` wrote. Raises InvalidButton for any other text."""
    if not state:
        return None
    hundredths, _sep, hexadecimal = state.partition(".")
    amount = Decimal(parse_number(hundredths)).scaleb(-AMOUNT_DECIMALS)
    if not amount or not hexadecimal or set(hexadecimal) - set("0123456789abcdef") or len(hexadecimal) > 14:
        raise InvalidButton
    micros = int(hexadecimal, 16)
    return PartialDay(amount, _EPOCH + micros * _MICROSECOND if micros else None)


def restore(track: HabitTrack, day: date, before: PartialDay | None, *, now: datetime) -> bool:
    """Give the day back the state from before the tap; return False if it was changed since, and stays as it is.

    `track` is locked. Sends day_logged. Raises DomainError as set_day does.
    """
    log = HabitLog.objects.filter(track=track, day=day).first()
    is_taps = log is not None and log.source == HabitLog.Source.TELEGRAM
    if log is None or not is_taps or log.status not in {Status.COMPLETED, Status.SKIPPED}:
        return False
    if before is None:
        if log.note:  # written after the tap
            return False
        clear_day(user=track.user, track_id=track.pk, day=day, now=now)
        return True
    set_day(
        user=track.user,
        track_id=track.pk,
        day=day,
        amount=before.amount,
        completed_at=before.completed_at,
        source=HabitLog.Source.TELEGRAM,
        now=now,
    )
    return True
