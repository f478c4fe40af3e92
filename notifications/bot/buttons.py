"""The actions behind the bot's buttons. Each takes effect once, and only for the account of the chat.

The data of a button is `action:argument`, at most 64 bytes. It names rows by id, together with a value that no other
row with that id has (the token of a delivery, or a stamp). The data is not trusted: every row is looked up among the
user's own.

Buttons stay in chats for years, so the action names and the format of their arguments must not change.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from common.errors import DomainError
from habits.recurrence import DAY
from notifications.bot import limit_buttons, limit_days, screens, stamps, undo, zones
from notifications.bot.numbers import InvalidButton, parse_number
from notifications.bot.taps import Tap, TapResult, day_of, find_reminder, parse_day, verify_stamp
from notifications.channels.telegram.chats import disconnect_chat
from notifications.channels.transport import Button, Message
from notifications.digest import services as digest
from notifications.models import Delivery
from notifications.outbox import later, messages
from tracking.logs.content import LogWrite
from tracking.logs.services import set_day
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.pauses import services as pauses
from tracking.streaks.rules import SETTLED, Status
from tracking.tracks.queries import locked_track, tracks_of
from users.models import User
from users.services import edit_profile
from users.timing import Clock


@dataclass(frozen=True, slots=True)
class LoggedDay:
    """What completing a day shows. `before`: the state for an Undo button; None if the tap changed nothing."""

    notice: str
    text: str
    before: str | None = None


def handle_tap(action: str, tap: Tap) -> TapResult:
    """Run the action of a button in one transaction; return what to show. An invalid button changes nothing."""
    try:
        with transaction.atomic():  # a savepoint inside another transaction: the errors below are caught
            return _get_action(action)(tap)
    except (InvalidButton, HabitTrack.DoesNotExist, Pause.DoesNotExist):
        return TapResult(_("This button no longer works."))
    except DomainError as error:
        return TapResult(messages.error_text(error))


def complete_day(user: User, track_id: int, day: date, now: datetime) -> LoggedDay:
    """Log a day as completed unless it has a final status; return a notice and the message text.

    Raises HabitTrack.DoesNotExist, and DomainError as set_day does.
    """
    track = locked_track(user, track_id)
    log = HabitLog.objects.filter(track=track, day=day).first()
    if log and log.status in SETTLED:
        return LoggedDay(_("This day is already logged."), _describe_day(track, log, now))
    write = _log_day(Status.COMPLETED, user, track_id, day, now)
    return LoggedDay(_("Well done!"), _describe_day(track, write.log, now), undo.encode(write.before))


# Buttons under a reminder. The argument starts with the id and token of the delivery.


def _complete(tap: Tap) -> TapResult:
    delivery, track = find_reminder(tap, tap.argument)
    logged = complete_day(tap.user, track.pk, day_of(delivery), tap.now)
    return TapResult(logged.notice, Message(logged.text, buttons=_undo_buttons(delivery, logged.before)))


def _skip(tap: Tap) -> TapResult:
    delivery, track = find_reminder(tap, tap.argument)
    if track.habit.is_limit and limit_days.state_on(track, day_of(delivery)):
        # Skipping would throw away what was counted.
        return limit_buttons.show_as_it_is(_("This day is already logged."), delivery, track, tap.now)
    if result := _already_logged(delivery, track, tap.now):
        return result
    write = _log_day(Status.SKIPPED, tap.user, track.pk, day_of(delivery), tap.now)
    text = _describe_day(track, write.log, tap.now)
    return TapResult(_("Skipped."), Message(text, buttons=_undo_buttons(delivery, undo.encode(write.before))))


def _undo(tap: Tap) -> TapResult:
    """Give the day back the state from before Done or Skip, and the message its buttons."""
    name, _sep, before = tap.argument.rpartition(":")
    state = undo.decode(before)
    delivery, track = find_reminder(tap, name)
    if not undo.restore(track, day_of(delivery), state, now=tap.now):
        return TapResult(_("This day was changed since."), buttons=())
    buttons = limit_buttons.reminder_buttons(delivery, track, tap.now)
    return TapResult(_("Undone."), Message(f"⏰ {messages.sentence(track.habit)}", buttons=buttons))


def _undo_buttons(delivery: Delivery, before: str | None) -> tuple[Button, ...]:
    """Return the button that takes a tap back, under the message that shows its result."""
    return () if before is None else (messages.undo_button(delivery.pk, delivery.token, before),)


def _show_later_choices(tap: Tap) -> TapResult:
    """Replace the buttons with the choices of a later time."""
    delivery, track = find_reminder(tap, tap.argument)
    if result := _already_logged(delivery, track, tap.now):
        return result
    choices = screens.later_choices(delivery, tap.user, now=tap.now)
    return TapResult(_("When?"), buttons=choices) if choices else TapResult(_("There is no time left today."))


def _hide_later_choices(tap: Tap) -> TapResult:
    delivery, track = find_reminder(tap, tap.argument)
    buttons = limit_buttons.reminder_buttons(delivery, track, tap.now)
    return _already_logged(delivery, track, tap.now) or TapResult("", buttons=buttons)


def _remind_in_minutes(tap: Tap) -> TapResult:
    name, _sep, minutes = tap.argument.rpartition(":")
    if parse_number(minutes) not in screens.LATER_MINUTES:
        raise InvalidButton
    return _remind_again(tap, name, lambda *_: tap.now + timedelta(minutes=int(minutes)))


def _remind_at_time(tap: Tap) -> TapResult:
    name, _sep, wall = tap.argument.rpartition(":")
    hour, minute = divmod(parse_number(wall), 100)
    if len(wall) != 4 or hour > 23 or minute > 59:
        raise InvalidButton
    return _remind_again(tap, name, lambda clock, day: clock.instant(day, time(hour, minute)))


def _remind_again(tap: Tap, name: str, instant: Callable[[Clock, date], datetime | None]) -> TapResult:
    delivery, track = find_reminder(tap, name)
    now = tap.now
    if result := _already_logged(delivery, track, now):
        return result
    wanted = instant(tap.user.clock, day_of(delivery))
    if wanted is None:
        return TapResult(_("There is no time left today."))
    at = later.put_off(delivery=delivery, track=track, at=wanted, now=now)
    wall = at.astimezone(tap.user.tzinfo).time()
    return TapResult(_("I will remind you again."), Message(messages.later(messages.sentence(track.habit), wall)))


def _already_logged(delivery: Delivery, track: HabitTrack, now: datetime) -> TapResult | None:
    log = HabitLog.objects.filter(track=track, day=day_of(delivery)).first()
    if log is None or log.status not in SETTLED:
        return None
    return TapResult(_("This day is already logged."), Message(_describe_day(track, log, now)))


# Buttons of /today and /done. The argument is the id and stamp of a track, and the day.


def _complete_in_today_list(tap: Tap) -> TapResult:
    logged, undo_button = _complete_today(tap)
    return TapResult(logged.notice, screens.today(tap.user, now=tap.now, undo=undo_button))


def _complete_in_done_list(tap: Tap) -> TapResult:
    logged, undo_button = _complete_today(tap)
    return TapResult(logged.notice, screens.due(tap.user, now=tap.now, head=logged.text, undo=undo_button))


def _complete_today(tap: Tap) -> tuple[LoggedDay, Button | None]:
    """Complete today for the track. A tap in a list of another day changes nothing and shows today's list."""
    target, _sep, day = tap.argument.rpartition(":")
    number, _sep, stamp = target.partition(":")
    track = verify_stamp(locked_track(tap.user, parse_number(number)), stamp)
    today = tap.user.clock.day_of(tap.now)
    if day != str(today):
        return LoggedDay(_("That list was for another day. Here is today's."), ""), None
    logged = complete_day(tap.user, track.pk, today, tap.now)
    return logged, None if logged.before is None else screens.undo_button(track, today, logged.before)


def _untick(tap: Tap) -> TapResult:
    """Give a day that was ticked in a list its state from before, and show today's list."""
    target, _sep, before = tap.argument.rpartition(":")
    target, _sep, day = target.rpartition(":")
    number, _sep, stamp = target.partition(":")
    state = undo.decode(before)
    track = verify_stamp(locked_track(tap.user, parse_number(number)), stamp)
    is_restored = undo.restore(track, parse_day(day), state, now=tap.now)
    notice = _("Undone.") if is_restored else _("This day was changed since.")
    return TapResult(notice, screens.today(tap.user, now=tap.now))


# All other buttons. The argument is the choice; empty for the Back button.


def _pause(tap: Tap) -> TapResult:
    """Pause a track, or all of them. Without a length in the argument, show the choice of lengths."""
    user, now = tap.user, tap.now
    if not tap.argument:
        return TapResult("", screens.pause(user, now=now))
    target, _sep, length = tap.argument.partition(":")
    track = None
    if target != screens.EVERYTHING:
        stamp, _sep, length = length.partition(":")
        track = verify_stamp(tracks_of(user, now=now).get(pk=parse_number(target)), stamp)
    if not length:
        return TapResult("", screens.pause_length(track))
    today = user.clock.day_of(now)
    lengths = {"today": today, "week": today + 6 * DAY, "open": None}
    if length not in lengths:
        raise InvalidButton
    last_day = lengths[length]
    pauses.add(user=user, track_id=track.pk if track else None, first_day=today, last_day=last_day, now=now)
    return TapResult(_("Paused."), screens.pause(user, now=now))


def _why(tap: Tap) -> TapResult:
    """Explain the streak of a track."""
    number, _sep, stamp = tap.argument.partition(":")
    track = verify_stamp(tracks_of(tap.user, now=tap.now).get(pk=parse_number(number)), stamp)
    return TapResult("", screens.explanation(tap.user, track, now=tap.now))


def _resume(tap: Tap) -> TapResult:
    """End a pause yesterday, or remove it if it has no day before today."""
    number, _sep, stamp = tap.argument.partition(":")
    pause = Pause.objects.select_related("track", "user").get(pk=parse_number(number), user=tap.user)
    today = tap.user.clock.day_of(tap.now)
    if stamp != stamps.of_pause(pause) or (pause.last_day is not None and pause.last_day < today):
        raise InvalidButton
    if pause.first_day >= today:
        pauses.remove(user=tap.user, pause_id=pause.pk, now=tap.now)
    else:
        pauses.edit(user=tap.user, pause_id=pause.pk, last_day=today - DAY, now=tap.now)
    return TapResult(_("Resumed."), screens.pause(tap.user, now=tap.now))


def _language(tap: Tap) -> TapResult:
    if tap.argument not in dict(settings.LANGUAGES):
        raise InvalidButton
    user = edit_profile(user=tap.user, language=tap.argument, now=tap.now)
    with translation.override(tap.argument):
        return TapResult(_("Done."), screens.language(user))


def _timezone(tap: Tap) -> TapResult:
    if tap.argument not in zones.all_zones():
        raise InvalidButton
    user = edit_profile(user=tap.user, time_zone=tap.argument, now=tap.now)
    return TapResult(_("Done."), screens.zone_set(user, now=tap.now))


def _digest(tap: Tap) -> TapResult:
    """Change the digest. With only a weekday in the argument, show the choice of hours."""
    user, argument = tap.user, tap.argument
    weekday, _sep, hour = argument.partition(":")
    if not argument:
        return TapResult("", screens.digest_settings(user))
    if argument == "off":
        digest.update(user=user, is_on=False, now=tap.now)
    elif parse_number(weekday) > 6 or (hour and parse_number(hour) > 23):
        raise InvalidButton
    elif not hour:
        return TapResult("", screens.digest_hour(int(weekday)))
    else:
        digest.update(user=user, is_on=True, weekday=int(weekday), hour=int(hour), now=tap.now)
    return TapResult(_("Done."), screens.digest_settings(user))


def _stop(tap: Tap) -> TapResult:
    """Disconnect the account that was asked, unless the chat was connected to another account since then."""
    if tap.argument != f"{tap.user.pk}:{stamps.of_user(tap.user)}":
        raise InvalidButton
    disconnect_chat(user=tap.user)
    return TapResult(_("Disconnected."), screens.disconnected())


def _cancel_stop(tap: Tap) -> TapResult:
    return TapResult("", Message(_("You stay connected.")))


ACTIONS: dict[str, Callable[[Tap], TapResult]] = {
    "done": _complete,
    "skip": _skip,
    "undo": _undo,
    "later": _show_later_choices,
    "back": _hide_later_choices,
    "in": _remind_in_minutes,
    "at": _remind_at_time,
    "tick": _complete_in_today_list,
    "did": _complete_in_done_list,
    "untick": _untick,
    "why": _why,
    "pause": _pause,
    "resume": _resume,
    "language": _language,
    "timezone": _timezone,
    "digest": _digest,
    "stop": _stop,
    "stay": _cancel_stop,
    **limit_buttons.ACTIONS,
}


def _get_action(action: str) -> Callable[[Tap], TapResult]:
    if action not in ACTIONS:
        raise InvalidButton
    return ACTIONS[action]


def _log_day(status: Status, user: User, track_id: int, day: date, now: datetime) -> LogWrite:
    return set_day(
        user=user,
        track_id=track_id,
        day=day,
        status=status,
        source=HabitLog.Source.TELEGRAM,
        now=now,
    )


def _describe_day(track: HabitTrack, log: HabitLog, now: datetime) -> str:
    """Return the text for a logged day. A completed day shows the streak and the reward or pleasant habit."""
    habit = track.habit
    if log.status == Status.SKIPPED:
        return messages.skipped(messages.sentence(habit))
    if log.status == Status.MISSED:
        return messages.missed(messages.sentence(habit))
    if log.status == Status.COUNTED:
        return limit_buttons.describe_day(track, log.day, now)[0]
    linked = habit.linked_habit_for(track.user_id)
    streak = HabitTrack.objects.get(pk=track.pk).streak_at(now)
    return messages.done(
        messages.sentence(habit),
        streak=streak.current,
        streak_unit=streak.unit,
        reward=habit.reward,
        pleasant=(linked.action or linked.name) if linked else "",
    )
