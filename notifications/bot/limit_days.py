"""Days of limit habits behind buttons: count what happened, and take it back. Each tap takes effect once.

A button has the state of the day for which it was made. If the day says something else by now, because of a double
tap, another device or an older message, the tap changes nothing.
"""

from datetime import date, datetime
from decimal import Decimal

from common.limits import AMOUNT_DECIMALS
from notifications.bot.numbers import InvalidButton, parse_number
from notifications.outbox.limit_messages import NOT_COUNTED, UsedLimit, day_state
from tracking.logs.services import clear_day, set_day
from tracking.models import HabitLog, HabitTrack
from tracking.tracks.histories import first_day_to_judge, load_history
from tracking.tracks.plans import plan_of


def state_on(track: HabitTrack, day: date) -> str:
    """Return the state of a day of the track as it is now."""
    return _state(HabitLog.objects.filter(track=track, day=day).first())


def is_skipped(track: HabitTrack, day: date) -> bool:
    """Return whether the user said that the day does not count."""
    return state_on(track, day) == NOT_COUNTED


def count(track: HabitTrack, day: date, *, amount: int, state: str, now: datetime) -> str | None:
    """Add an amount to what a day has, perhaps 0, and return the new state; None if the state is another one.

    `track` is locked. Sends day_logged. Raises InvalidButton if it is no limit habit any more, DomainError as set_day
    does.
    """
    log = _log(track, day)
    if _state(log) != state or state == NOT_COUNTED:
        return None
    _set_amount(track, day, (log.amount if log and log.amount else Decimal(0)) + amount, now=now)
    return state_on(track, day)


def restore(track: HabitTrack, day: date, *, before: str, after: str, now: datetime) -> bool:
    """Give the day back the state from before a count; return False if its state is not `after` any more.

    `track` is locked. Sends day_logged. Raises InvalidButton, DomainError as set_day does.
    """
    log = _log(track, day)
    if log is None or _state(log) != after or log.source != HabitLog.Source.TELEGRAM:
        return False
    if before:
        _set_amount(track, day, Decimal(parse_number(before)).scaleb(-AMOUNT_DECIMALS), now=now)
    elif log.note:  # written after the tap
        return False
    else:
        clear_day(user=track.user, track_id=track.pk, day=day, now=now)
    return True


def used_limit(track: HabitTrack, day: date, *, now: datetime) -> UsedLimit | None:
    """Return how much of the limit of the day's period is used; None if the day belongs to no period."""
    plan, today = plan_of(track), track.user.clock.day_of(now)
    history = load_history(track, since=first_day_to_judge(plan, day))
    period = history.period_of(day, today)
    progress = history.limit_progress(period, today) if period else None
    if period is None or progress is None:
        return None
    return UsedLimit(progress=progress, period=period, unit=plan.in_force(day).unit, today=today)


def parse_states(text: str) -> tuple[str, str]:
    """Return the states "before=after" of an Undo button. Raises InvalidButton for any other text."""
    before, separator, after = text.partition("=")
    if not separator or not after:
        raise InvalidButton
    for each in filter(None, (before, after)):
        parse_number(each)
    return before, after


def _log(track: HabitTrack, day: date) -> HabitLog | None:
    """Return the log of a day. Raises InvalidButton if the habit is no limit habit any more."""
    if not track.habit.is_limit:
        raise InvalidButton
    return HabitLog.objects.filter(track=track, day=day).first()


def _state(log: HabitLog | None) -> str:
    return day_state(log.amount if log else None, is_logged=log is not None)


def _set_amount(track: HabitTrack, day: date, amount: Decimal, *, now: datetime) -> None:
    source = HabitLog.Source.TELEGRAM
    set_day(user=track.user, track_id=track.pk, day=day, amount=amount, source=source, now=now)
