"""The bot's commands: what each answers, and how it is described to people."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import DomainError
from notifications import messages
from notifications.telegram import screens, zones
from notifications.telegram.buttons import complete
from notifications.transport import Message
from tracking import today
from tracking.pictures import shortened
from users.models import User
from users.services import edit_profile


@dataclass(frozen=True, slots=True)
class Command:
    """What it does, in the language of whoever reads it; and its answer to (user, what follows it, now)."""

    description: Promise
    answer: Callable[[User, str, datetime], Message]


def answer(name: str, user: User, argument: str, now: datetime) -> Message:
    """The answer to a command; to what is none, help."""
    command = COMMANDS.get(name)
    return command.answer(user, argument, now) if command else help_text(user)


def descriptions(language: str) -> dict[str, str]:
    """Each command with its description, for Telegram's menu."""
    with translation.override(language):
        return {name: str(command.description) for name, command in COMMANDS.items()}


def help_text(user: User) -> Message:
    lines = [
        _("This chat is connected to %(name)s. Reminders arrive here with the buttons Done, Skip and Later.")
        % {"name": user.username},
        "",
        *(f"/{name} – {command.description}" for name, command in COMMANDS.items()),
        "",
        _("Everything else is at %(url)s.") % {"url": settings.SITE_URL},
    ]
    return Message("\n".join(lines))


def _help(user: User, argument: str, now: datetime) -> Message:
    return help_text(user)


def _today(user: User, argument: str, now: datetime) -> Message:
    return screens.today(user, now=now)


def _done(user: User, argument: str, now: datetime) -> Message:
    """Completes the due habit that is named; with none or several of that name, buttons to choose."""
    wanted = argument.casefold()
    if not wanted:
        return screens.due(user, now=now)
    due = [entry for entry in today.entries(user, now=now) if entry.due]
    named = [entry for entry in due if entry.track.habit.name.casefold() == wanted]
    named = named or [entry for entry in due if wanted in entry.track.habit.name.casefold()]
    if len(named) != 1:
        head = _("Several are called “%(name)s”.") if named else _("Nothing that is due is called “%(name)s”.")
        return screens.due(user, now=now, head=head % {"name": shortened(argument, 60)})
    try:
        with transaction.atomic():
            return Message(complete(user, named[0].track.pk, named[0].day, now)[1])
    except DomainError as error:
        return Message(messages.error_text(error))


def _streaks(user: User, argument: str, now: datetime) -> Message:
    return screens.streaks(user, now=now)


def _week(user: User, argument: str, now: datetime) -> Message:
    return screens.week(user, now=now)


def _pause(user: User, argument: str, now: datetime) -> Message:
    return screens.pause(user, now=now)


def _digest(user: User, argument: str, now: datetime) -> Message:
    return screens.digest_settings(user)


def _language(user: User, argument: str, now: datetime) -> Message:
    """With a code or a name, sets it; else buttons to choose."""
    wanted = argument.casefold()
    named = next((code for code, name in settings.LANGUAGES if wanted in {code, name.casefold()}), None)
    if named is None:
        return screens.language(user)
    user = edit_profile(user=user, language=named, now=now)
    with translation.override(named):
        return screens.language(user)


def _timezone(user: User, argument: str, now: datetime) -> Message:
    """With a zone, a city or an offset, set it or offer those that it may mean; else likely ones to choose."""
    ahead = zones.offset_of(argument)
    if ahead is not None:
        return _timezone_by_offset(user, ahead, now)
    found = zones.find(argument, most=screens.MOST_ZONES)
    if len(found) == 1:
        return screens.zone_set(edit_profile(user=user, time_zone=found[0], now=now), now=now)
    if found:
        return screens.zone_choice(argument, found)
    unknown = _("I know no city called “%(city)s”.") % {"city": shortened(argument, 60)} if argument else ""
    return screens.time_zone(user, now=now, head=unknown)


def _timezone_by_offset(user: User, ahead: timedelta, now: datetime) -> Message:
    """Set the zone that always has an offset, unless the clocks of the present one show it; offer cities that do."""
    fixed = zones.fixed(ahead)
    if fixed is not None and now.astimezone(user.tzinfo).utcoffset() != ahead:
        user = edit_profile(user=user, time_zone=fixed, now=now)
    found = zones.with_offset(ahead, now=now, language=user.language, most=screens.MOST_ZONES)
    if fixed is not None:
        return screens.zone_set(user, now=now, others=[zone for zone in found if zone != user.time_zone])
    if found:
        return screens.zone_choice(zones.offset_name(ahead), found)
    return screens.time_zone(
        user, now=now, head=_("Nowhere is it %(offset)s now.") % {"offset": zones.offset_name(ahead)}
    )


def _stop(user: User, argument: str, now: datetime) -> Message:
    return screens.stop(user)


COMMANDS: dict[str, Command] = {
    "today": Command(gettext_lazy("what is due today, to tick off"), _today),
    "done": Command(gettext_lazy("say that something is done"), _done),
    "streaks": Command(gettext_lazy("your streaks"), _streaks),
    "week": Command(gettext_lazy("your week in figures and a picture"), _week),
    "pause": Command(gettext_lazy("pause a habit or all of them"), _pause),
    "digest": Command(gettext_lazy("a message once a week on how you did"), _digest),
    "language": Command(gettext_lazy("choose the language"), _language),
    "timezone": Command(gettext_lazy("choose your time zone"), _timezone),
    "help": Command(gettext_lazy("what I can do"), _help),
    "stop": Command(gettext_lazy("disconnect this chat"), _stop),
}
