"""The actions behind the buttons of limit habits: count what happened, and take it back (notifications.bot.limit_days)."""

from collections.abc import Callable
from datetime import date, datetime

from django.utils.translation import gettext as _

from notifications.bot import limit_days, screens
from notifications.bot.numbers import parse_number
from notifications.bot.taps import Tap, TapResult, day_of, find_reminder, parse_day, verify_stamp
from notifications.channels.transport import Button, Message
from notifications.models import Delivery
from notifications.outbox import limit_messages, messages
from notifications.outbox.limit_messages import UsedLimit
from tracking.models import HabitTrack
from tracking.tracks.queries import locked_track, with_related


def _count(tap: Tap) -> TapResult:
    """Add an amount to the day of a limit habit."""
    name, _sep, state = tap.argument.rpartition(":")
    name, _sep, amount = name.rpartition(":")
    return _count_under_reminder(tap, name, amount=parse_number(amount), state=state)


def _count_nothing(tap: Tap) -> TapResult:
    """Log that nothing happened on a day of a limit habit, of which nothing is said yet."""
    return _count_under_reminder(tap, tap.argument, amount=0, state="")


def _count_under_reminder(tap: Tap, name: str, *, amount: int, state: str) -> TapResult:
    delivery, track = find_reminder(tap, name)
    after = limit_days.count(track, day_of(delivery), amount=amount, state=state, now=tap.now)
    text, used = describe_day(track, day_of(delivery), tap.now)
    if after is None or used is None:
        return show_as_it_is(_("This day was changed since."), delivery, track, tap.now)
    buttons = limit_messages.answer_buttons(
        delivery.pk, delivery.token, before=state, state=after, limit=used.progress.limit
    )
    return TapResult(_("Counted."), Message(text, buttons=buttons))


def _uncount(tap: Tap) -> TapResult:
    """Give the day of a limit habit back the state from before a count, and the message its buttons."""
    name, _sep, states = tap.argument.rpartition(":")
    before, after = limit_days.parse_states(states)
    delivery, track = find_reminder(tap, name)
    is_restored = limit_days.restore(track, day_of(delivery), before=before, after=after, now=tap.now)
    notice = _("Undone.") if is_restored else _("This day was changed since.")
    return show_as_it_is(notice, delivery, track, tap.now)


def show_as_it_is(notice: str, delivery: Delivery, track: HabitTrack, now: datetime) -> TapResult:
    """Return what the day of a reminder of a limit habit says now, with the buttons that go on from there."""
    text, _used = describe_day(track, day_of(delivery), now)
    is_skipped = limit_days.is_skipped(track, day_of(delivery))
    buttons = () if is_skipped else reminder_buttons(delivery, track, now)
    return TapResult(notice, Message(text, buttons=buttons))


def reminder_buttons(delivery: Delivery, track: HabitTrack, now: datetime) -> tuple[Button, ...]:
    """Return the buttons of a reminder, by what the habit is now."""
    used = limit_days.used_limit(track, day_of(delivery), now=now) if track.habit.is_limit else None
    if used is None:
        return messages.reminder_buttons(delivery.pk, delivery.token)
    state = limit_days.state_on(track, day_of(delivery))
    return limit_messages.reminder_buttons(delivery.pk, delivery.token, state, used.progress.limit)


def _count_in_today_list(tap: Tap) -> TapResult:
    """Add an amount to today for a limit habit. A tap in a list of another day shows today's list."""
    target, _sep, state = tap.argument.rpartition(":")
    target, _sep, amount = target.rpartition(":")
    target, _sep, day = target.rpartition(":")
    number, _sep, stamp = target.partition(":")
    track = verify_stamp(locked_track(tap.user, parse_number(number)), stamp)
    today = tap.user.clock.day_of(tap.now)
    if parse_day(day) != today:
        notice, undo_button = _("That list was for another day. Here is today's."), None
    elif after := limit_days.count(track, today, amount=parse_number(amount), state=state, now=tap.now):
        notice, undo_button = _("Counted."), screens.uncount_button(track, today, before=state, after=after)
    else:
        notice, undo_button = _("This day was changed since."), None
    return TapResult(notice, screens.today(tap.user, now=tap.now, undo=undo_button))


def _uncount_in_today_list(tap: Tap) -> TapResult:
    target, _sep, states = tap.argument.rpartition(":")
    before, after = limit_days.parse_states(states)
    target, _sep, day = target.rpartition(":")
    number, _sep, stamp = target.partition(":")
    track = verify_stamp(locked_track(tap.user, parse_number(number)), stamp)
    is_restored = limit_days.restore(track, parse_day(day), before=before, after=after, now=tap.now)
    notice = _("Undone.") if is_restored else _("This day was changed since.")
    return TapResult(notice, screens.today(tap.user, now=tap.now))


def describe_day(track: HabitTrack, day: date, now: datetime) -> tuple[str, UsedLimit | None]:
    """Return the text for a day of a limit habit, and how much of the limit of its period is used."""
    track = with_related(HabitTrack.objects.filter(pk=track.pk)).get()  # as the tap has left it
    used, name = limit_days.used_limit(track, day, now=now), messages.sentence(track.habit)
    if used is None:
        return f"📉 {name}", None
    if limit_days.is_skipped(track, day):
        return messages.skipped(name), used
    streak = track.streak_at(now)
    return limit_messages.counted(name, used, streak=streak.current, streak_unit=streak.unit), used


ACTIONS: dict[str, Callable[[Tap], TapResult]] = {
    "more": _count,
    "none": _count_nothing,
    "less": _uncount,
    "plus": _count_in_today_list,
    "minus": _uncount_in_today_list,
}
