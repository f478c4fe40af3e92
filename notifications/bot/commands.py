"""The bot's commands: their handlers and their descriptions for Telegram's menu."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import DomainError
from notifications.bot import screens, zones
from notifications.bot.buttons import complete_day
from notifications.channels.transport import Message
from notifications.outbox import messages
from tracking.insights import today
from tracking.pictures.geometry import shortened
from tracking.tracks.queries import tracks_of
from users.models import User
from users.services import edit_profile

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its translatable description, and its handler, called with (user, argument, now)."""

    description: Promise
    handler: Callable[[User, str, datetime], Message]


def run(name: str, user: User, argument: str, now: datetime) -> Message:
    """Run a command and return the reply. An unknown command gets the help text."""
    command = COMMANDS.get(name)
    return command.handler(user, argument, now) if command else help_text(user)


def descriptions(language: str) -> dict[str, str]:
    """Return the description of each command in a language, by command name."""
    with translation.override(language):
        return {name: str(command.description) for name, command in COMMANDS.items()}


def help_text(user: User) -> Message:
    """Return the help: the connected account and all commands."""
    lines = [
        _("This chat is connected to %(name)s. Reminders arrive here with the buttons Done, Skip and Later.")
        % {"name": user.username},
        "",
        *(f"/{name} – {command.description}" for name, command in COMMANDS.items()),
        "",
        _("For everything else, open %(url)s.") % {"url": settings.SITE_URL},
    ]
    return Message("\n".join(lines))


def _help(user: User, argument: str, now: datetime) -> Message:
    return help_text(user)


def _today(user: User, argument: str, now: datetime) -> Message:
    return screens.today(user, now=now)


def _done(user: User, argument: str, now: datetime) -> Message:
    """Complete the due habit with the given name. If none or several match, show buttons to choose from."""
    wanted = argument.casefold()
    if not wanted:
        return screens.due(user, now=now)
    due = [entry for entry in today.entries(user, now=now) if entry.due]
    named = _named(due, wanted, lambda entry: entry.track.habit.name)
    if len(named) != 1:
        head = _("Several habits match “%(name)s”.") if named else _("Nothing due today matches “%(name)s”.")
        return screens.due(user, now=now, head=head % {"name": shortened(argument, 60)})
    try:
        with transaction.atomic():
            track, day = named[0].track, named[0].day
            logged = complete_day(user, track.pk, day, now)
    except DomainError as error:
        return Message(messages.error_text(error))
    undo = () if logged.before is None else (screens.undo_button(track, day, logged.before),)
    return Message(logged.text, buttons=undo)


def _named(entries: Iterable[T], wanted: str, name_of: Callable[[T], str]) -> list[T]:
    """Return the entries with the wanted name, or else those whose name contains it."""
    entries = list(entries)
    exact = [each for each in entries if name_of(each).casefold() == wanted]
    return exact or [each for each in entries if wanted in name_of(each).casefold()]


def _streaks(user: User, argument: str, now: datetime) -> Message:
    return screens.streaks(user, now=now)


def _why(user: User, argument: str, now: datetime) -> Message:
    """Explain the streak of the habit with the given name. If none or several match, show buttons to choose from."""
    wanted = argument.casefold()
    if not wanted:
        return screens.why(user, now=now)
    named = _named(tracks_of(user, now=now), wanted, lambda track: track.habit.name)
    if len(named) == 1:
        return screens.explanation(user, named[0], now=now)
    head = _("Several habits match “%(name)s”.") if named else _("No habit matches “%(name)s”.")
    return screens.why(user, now=now, head=head % {"name": shortened(argument, 60)})


def _week(user: User, argument: str, now: datetime) -> Message:
    return screens.week(user, now=now)


def _pause(user: User, argument: str, now: datetime) -> Message:
    return screens.pause(user, now=now)


def _digest(user: User, argument: str, now: datetime) -> Message:
    return screens.digest_settings(user)


def _language(user: User, argument: str, now: datetime) -> Message:
    """Set the language by its code or name. Without a valid one, show buttons to choose from."""
    wanted = argument.casefold()
    named = next((code for code, name in settings.LANGUAGES if wanted in {code, name.casefold()}), None)
    if named is None:
        return screens.language(user)
    user = edit_profile(user=user, language=named, now=now)
    with translation.override(named):
        return screens.language(user)


def _timezone(user: User, argument: str, now: datetime) -> Message:
    """Set the time zone by a zone name, city or UTC offset, or offer the candidates. Without a match, offer common zones."""
    offset = zones.parse_offset(argument)
    if offset is not None:
        return _timezone_by_offset(user, offset, now)
    found = zones.find(argument, limit=screens.MAX_ZONES)
    if len(found) == 1:
        return screens.zone_set(edit_profile(user=user, time_zone=found[0], now=now), now=now)
    if found:
        return screens.zone_choice(argument, found)
    unknown = _("I do not know a city called “%(city)s”.") % {"city": shortened(argument, 60)} if argument else ""
    return screens.time_zone(user, now=now, head=unknown)


def _timezone_by_offset(user: User, offset: timedelta, now: datetime) -> Message:
    """Set the fixed-offset zone unless the current zone has that offset now; offer cities that have it."""
    fixed = zones.fixed_zone(offset)
    if fixed is not None and now.astimezone(user.tzinfo).utcoffset() != offset:
        user = edit_profile(user=user, time_zone=fixed, now=now)
    found = zones.zones_at_offset(offset, now=now, language=user.language, limit=screens.MAX_ZONES)
    if fixed is not None:
        return screens.zone_set(user, now=now, others=[zone for zone in found if zone != user.time_zone])
    if found:
        return screens.zone_choice(zones.format_offset(offset), found)
    return screens.time_zone(
        user, now=now, head=_("No place is at %(offset)s right now.") % {"offset": zones.format_offset(offset)}
    )


def _stop(user: User, argument: str, now: datetime) -> Message:
    return screens.stop(user)


COMMANDS: dict[str, Command] = {
    "today": Command(gettext_lazy("today's habits, to tick off"), _today),
    "done": Command(gettext_lazy("mark a habit as done"), _done),
    "streaks": Command(gettext_lazy("your streaks"), _streaks),
    "why": Command(gettext_lazy("why a streak is what it is"), _why),
    "week": Command(gettext_lazy("your week in numbers, with a chart"), _week),
    "pause": Command(gettext_lazy("pause a habit or all of them"), _pause),
    "digest": Command(gettext_lazy("a weekly message about your progress"), _digest),
    "language": Command(gettext_lazy("choose the language"), _language),
    "timezone": Command(gettext_lazy("choose your time zone"), _timezone),
    "help": Command(gettext_lazy("what I can do"), _help),
    "stop": Command(gettext_lazy("disconnect this chat"), _stop),
}
