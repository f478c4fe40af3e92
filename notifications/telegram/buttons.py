"""What a tap on a button does. Each acts once, and only for the chat's own account.

A button's data is `action:argument`, at most 64 bytes. It names rows by their ids, each with something that no other
row of that id has (a delivery's token, a stamp); they are looked up as the account's own, and nothing that the data
says is taken on trust.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from common.errors import DomainError
from habits.recurrence import DAY
from notifications import digest, messages, services
from notifications.models import Delivery
from notifications.telegram import screens, stamps, zones
from notifications.transport import Button, Message
from tracking import pauses
from tracking.days import set_day
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.queries import locked_track, tracks_of
from tracking.streaks import SETTLED, Status
from users.models import User
from users.services import disconnect_chat, edit_profile
from users.timing import Clock


@dataclass(frozen=True, slots=True)
class Tap:
    """Who tapped what, under which message, and when."""

    user: User
    argument: str
    now: datetime
    chat_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A notice for the tap, and what replaces the message, or only its buttons (None: it stays)."""

    notice: str
    message: Message | None = None
    buttons: Sequence[Button] | None = None
    columns: int = 4


class NoLongerWorks(Exception):
    """The button is forged, another's, or of something that is gone."""


def act(action: str, tap: Tap) -> Answer:
    """Do what the button says. One that is not the user's, or is of something gone, does nothing."""
    try:
        with transaction.atomic():
            return _tap(action)(tap)
    except (NoLongerWorks, HabitTrack.DoesNotExist, Pause.DoesNotExist):
        return Answer(_("This button no longer works."))
    except DomainError as error:
        return Answer(messages.error_text(error))


def complete(user: User, track_id: int, day: date, now: datetime) -> tuple[str, str]:
    """Says that a day is completed, unless it is settled: (a notice, what stands). Raises as set_day does."""
    track = locked_track(user, track_id)
    log = HabitLog.objects.filter(track=track, day=day).first()
    if log and log.status in SETTLED:
        return _("That day is settled already."), _settled(track, log, now)
    log = _say(Status.COMPLETED, user, track_id, day, now)
    return _("Well done!"), _settled(track, log, now)


# Under a reminder: the argument begins with the delivery's id and token.


def _done(tap: Tap) -> Answer:
    delivery, track = _reminder(tap, tap.argument)
    notice, text = complete(tap.user, track.pk, _day(delivery), tap.now)
    return Answer(notice, Message(text))


def _skip(tap: Tap) -> Answer:
    delivery, track = _reminder(tap, tap.argument)
    if settled := _is_settled(delivery, track, tap.now):
        return settled
    log = _say(Status.SKIPPED, tap.user, track.pk, _day(delivery), tap.now)
    return Answer(_("Skipped."), Message(_settled(track, log, tap.now)))


def _later(tap: Tap) -> Answer:
    """Show the choices in place of the buttons."""
    delivery, track = _reminder(tap, tap.argument)
    if settled := _is_settled(delivery, track, tap.now):
        return settled
    choices = screens.later(delivery, tap.user, now=tap.now)
    return Answer(_("When?"), buttons=choices) if choices else Answer(_("The day is over by then."))


def _back(tap: Tap) -> Answer:
    delivery, track = _reminder(tap, tap.argument)
    buttons = messages.reminder_buttons(delivery.pk, delivery.token)
    return _is_settled(delivery, track, tap.now) or Answer("", buttons=buttons)


def _in_minutes(tap: Tap) -> Answer:
    name, _sep, minutes = tap.argument.rpartition(":")
    if _number(minutes) not in screens.LATER_MINUTES:
        raise NoLongerWorks
    return _ask_again(tap, name, lambda *_: tap.now + timedelta(minutes=int(minutes)))


def _at_time(tap: Tap) -> Answer:
    name, _sep, wall = tap.argument.rpartition(":")
    hour, minute = divmod(_number(wall), 100)
    if len(wall) != 4 or hour > 23 or minute > 59:
        raise NoLongerWorks
    return _ask_again(tap, name, lambda clock, day: clock.instant(day, time(hour, minute)))


def _ask_again(tap: Tap, name: str, instant: Callable[[Clock, date], datetime | None]) -> Answer:
    delivery, track = _reminder(tap, name)
    now = tap.now
    if settled := _is_settled(delivery, track, now):
        return settled
    wanted = instant(tap.user.clock, _day(delivery))
    at = services.queue_later(delivery=delivery, at=wanted, now=now) if wanted else None
    if at is None:
        return Answer(_("The day is over by then.") if wanted is None or wanted > now else _("That time has passed."))
    wall = at.astimezone(tap.user.tzinfo).time()
    return Answer(_("I will ask again."), Message(messages.later(messages.sentence(track.habit), wall)))


def _reminder(tap: Tap, name: str) -> tuple[Delivery, HabitTrack]:
    """The user's reminder and its track, locked: of two taps at once one comes after the other."""
    number, _sep, token = name.partition(":")
    own = Delivery.objects.filter(user=tap.user, kind=Delivery.Kind.REMINDER, track__isnull=False, day__isnull=False)
    delivery = own.filter(pk=_number(number), token=token).select_related("user", "track", "reminder").first()
    if delivery is None or delivery.track_id is None or not (token or _is_its_message(delivery, tap)):
        raise NoLongerWorks
    return delivery, locked_track(tap.user, delivery.track_id)


def _is_its_message(delivery: Delivery, tap: Tap) -> bool:
    """Whether a delivery from before there were tokens is what was tapped; a copy of it has another message id."""
    if delivery.chat_id != tap.chat_id:
        return False
    return delivery.uncertain or delivery.message_id == tap.message_id


def _day(delivery: Delivery) -> date:
    assert delivery.day is not None
    return delivery.day


def _is_settled(delivery: Delivery, track: HabitTrack, now: datetime) -> Answer | None:
    log = HabitLog.objects.filter(track=track, day=_day(delivery)).first()
    if log is None or log.status not in SETTLED:
        return None
    return Answer(_("That day is settled already."), Message(_settled(track, log, now)))


# In /today and /done: the argument is a track's id and stamp, and the day.


def _tick(tap: Tap) -> Answer:
    notice, _text = _complete_today(tap)
    return Answer(notice, screens.today(tap.user, now=tap.now))


def _did(tap: Tap) -> Answer:
    notice, text = _complete_today(tap)
    return Answer(notice, screens.due(tap.user, now=tap.now, head=text))


def _complete_today(tap: Tap) -> tuple[str, str]:
    """A list of another day does nothing: it makes room for today's."""
    target, _sep, day = tap.argument.rpartition(":")
    number, _sep, stamp = target.partition(":")
    track = _stamped(locked_track(tap.user, _number(number)), stamp)
    today = tap.user.clock.day_of(tap.now)
    if day != str(today):
        return _("That list was of another day; here is today's."), ""
    return complete(tap.user, track.pk, today, tap.now)


def _stamped(track: HabitTrack, stamp: str) -> HabitTrack:
    """The track. Raises NoLongerWorks where the button is of another one that had its id."""
    if stamp != stamps.of_track(track):
        raise NoLongerWorks
    return track


# The others: the argument is what is chosen; empty, the way back.


def _pause(tap: Tap) -> Answer:
    """A target alone asks for how long; with a length it pauses."""
    user, now = tap.user, tap.now
    if not tap.argument:
        return Answer("", screens.pause(user, now=now))
    target, _sep, length = tap.argument.partition(":")
    track = None
    if target != screens.EVERYTHING:
        stamp, _sep, length = length.partition(":")
        track = _stamped(tracks_of(user, now=now).get(pk=_number(target)), stamp)
    if not length:
        return Answer("", screens.pause_length(track))
    today = user.clock.day_of(now)
    lengths = {"today": today, "week": today + 6 * DAY, "open": None}
    if length not in lengths:
        raise NoLongerWorks
    last_day = lengths[length]
    pauses.add(user=user, track_id=track.pk if track else None, first_day=today, last_day=last_day, now=now)
    return Answer(_("Paused."), screens.pause(user, now=now))


def _resume(tap: Tap) -> Answer:
    """End a pause with yesterday; one that has no day before today is taken back."""
    number, _sep, stamp = tap.argument.partition(":")
    pause = Pause.objects.select_related("track", "user").get(pk=_number(number), user=tap.user)
    today = tap.user.clock.day_of(tap.now)
    if stamp != stamps.of_pause(pause) or (pause.last_day is not None and pause.last_day < today):
        raise NoLongerWorks
    if pause.first_day >= today:
        pauses.remove(user=tap.user, pause_id=pause.pk, now=tap.now)
    else:
        pauses.edit(user=tap.user, pause_id=pause.pk, last_day=today - DAY, now=tap.now)
    return Answer(_("It goes on."), screens.pause(tap.user, now=tap.now))


def _language(tap: Tap) -> Answer:
    if tap.argument not in dict(settings.LANGUAGES):
        raise NoLongerWorks
    user = edit_profile(user=tap.user, language=tap.argument, now=tap.now)
    with translation.override(tap.argument):
        return Answer(_("Done."), screens.language(user))


def _timezone(tap: Tap) -> Answer:
    if tap.argument not in zones.known():
        raise NoLongerWorks
    user = edit_profile(user=tap.user, time_zone=tap.argument, now=tap.now)
    return Answer(_("Done."), screens.zone_set(user, now=tap.now))


def _digest(tap: Tap) -> Answer:
    """A weekday alone asks for the hour."""
    user, argument = tap.user, tap.argument
    weekday, _sep, hour = argument.partition(":")
    if not argument:
        return Answer("", screens.digest_settings(user))
    if argument == "off":
        digest.update(user=user, is_on=False, now=tap.now)
    elif _number(weekday) > 6 or (hour and _number(hour) > 23):
        raise NoLongerWorks
    elif not hour:
        return Answer("", screens.digest_hour(int(weekday)))
    else:
        digest.update(user=user, is_on=True, weekday=int(weekday), hour=int(hour), now=tap.now)
    return Answer(_("Done."), screens.digest_settings(user))


def _stop(tap: Tap) -> Answer:
    """Disconnect the account that was asked, not another that the chat has since."""
    if tap.argument != f"{tap.user.pk}:{stamps.of_user(tap.user)}":
        raise NoLongerWorks
    disconnect_chat(user=tap.user)
    return Answer(_("Disconnected."), screens.disconnected())


def _stay(tap: Tap) -> Answer:
    return Answer("", Message(_("You stay connected.")))


TAPS: dict[str, Callable[[Tap], Answer]] = {
    "done": _done,
    "skip": _skip,
    "later": _later,
    "back": _back,
    "in": _in_minutes,
    "at": _at_time,
    "tick": _tick,
    "did": _did,
    "pause": _pause,
    "resume": _resume,
    "language": _language,
    "timezone": _timezone,
    "digest": _digest,
    "stop": _stop,
    "stay": _stay,
}


def _tap(action: str) -> Callable[[Tap], Answer]:
    if action not in TAPS:
        raise NoLongerWorks
    return TAPS[action]


def _number(text: str) -> int:
    """An id or a number of a button's data. Raises NoLongerWorks for what is none."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NoLongerWorks
    return int(text)


def _say(status: Status, user: User, track_id: int, day: date, now: datetime) -> HabitLog:
    return set_day(
        user=user,
        track_id=track_id,
        day=day,
        status=status,
        source=HabitLog.Source.TELEGRAM,
        now=now,
    )


def _settled(track: HabitTrack, log: HabitLog, now: datetime) -> str:
    """What a settled day's message says; after Done also what follows: the reward, or the pleasant habit."""
    habit = track.habit
    if log.status == Status.SKIPPED:
        return messages.skipped(messages.sentence(habit))
    if log.status == Status.MISSED:
        return messages.missed(messages.sentence(habit))
    linked = habit.linked_habit
    may_see = linked and (linked.is_published or linked.owner_id == track.user_id)
    standing = HabitTrack.objects.get(pk=track.pk).streak_at(now)
    return messages.done(
        messages.sentence(habit),
        streak=standing.current,
        streak_unit=standing.unit,
        reward=habit.reward,
        pleasant=(linked.action or linked.name) if linked and may_see else "",
    )
