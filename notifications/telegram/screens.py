"""What the bot shows: each screen is text and buttons, made from what stands. Reads only."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from notifications import digest, messages, trend_picture
from notifications.models import Delivery
from notifications.telegram import stamps, zones
from notifications.transport import Button, Message
from tracking.models import HabitTrack, Pause
from tracking.pictures import shortened
from tracking.queries import pauses_of, tracks_of
from tracking.streaks import Status
from tracking.summary import summary
from tracking.today import TodayEntry, entries
from users.models import User

MOST_BUTTONS = 30  # of habits, one below the other
MOST_ZONES = 8
WEEK = timedelta(days=7)
EVERYTHING = "all"  # in a button's data, in place of a track

# What Later offers: so many minutes, or hours of the day.
LATER_MINUTES = (30, 60, 180)
LATER_HOURS = (12, 15, 18, 20, 22)
DIGEST_HOURS = (7, 8, 9, 10, 12, 15, 18, 19, 20, 21)

MARKS = {Status.COMPLETED: "✅", Status.SKIPPED: "⏭", Status.MISSED: "✖", Status.PARTIAL: "◐"}


def today(user: User, *, now: datetime) -> Message:
    """What the day asks for, done things too; a button for each that is due."""
    found = entries(user, now=now)
    day = messages.format_day(user.clock.day_of(now))
    if not found:
        return Message(_("Nothing is due today, %(day)s.") % {"day": day})
    lines = [_("Today, %(day)s") % {"day": day}, ""]
    lines += [_line(entry) for entry in found]
    due = [entry for entry in found if entry.due]
    if not due:
        lines += ["", _("Everything is done for today. Well done!")]
    return Message("\n".join(lines), buttons=_ticks(due, "tick"), columns=1)


def due(user: User, *, now: datetime, head: str = "") -> Message:
    """A button for each habit that is due, below `head`."""
    found = [entry for entry in entries(user, now=now) if entry.due]
    ask = _("What have you done?") if found else _("Nothing more is due today.")
    return Message("\n\n".join(filter(None, [head, ask])), buttons=_ticks(found, "did"), columns=1)


def streaks(user: User, *, now: datetime) -> Message:
    """The streak of each habit, the longest current one first."""
    at_risk = {entry.track.pk for entry in entries(user, now=now) if entry.at_risk}
    found = [(track, track.streak_at(now)) for track in tracks_of(user, now=now)]
    if not found:
        return Message(_no_habits())
    lines = [_("Your streaks"), ""]
    for track, streak in sorted(found, key=lambda each: -each[1].current):
        name = shortened(track.habit.name, 60)
        if streak.current:
            standing = messages.format_streak(streak.current, streak.unit)
            line = f"🔥 {name}: {standing}"
        else:
            line = f"▫ {name}: " + _("no streak now")
        if streak.longest > streak.current:
            longest = messages.format_streak(streak.longest, streak.unit)
            line += " " + _("(longest: %(streak)s)") % {"streak": longest}
        if track.pk in at_risk:
            line += " ⚠️ " + _("ends today")
        lines.append(line)
    return Message("\n".join(lines))


def week(user: User, *, now: datetime) -> Message:
    """The last seven days in figures, and the trend as a picture."""
    day = user.clock.day_of(now)
    found = summary(user, first=day - WEEK + timedelta(days=1), last=day, now=now)
    if not found.habits:
        return Message(_no_habits())
    lines = [_("The last 7 days"), *messages.summary_lines(found.figures)]
    return Message("\n".join(lines), photo=trend_picture.render(found, user, now=now))


def pause(user: User, *, now: datetime, head: str = "") -> Message:
    """What is paused, with a button to end each; and what can be."""
    day = user.clock.day_of(now)
    running = pauses_of(user).filter(Q(last_day=None) | Q(last_day__gte=day)).select_related("track__habit")
    pauses = list(running.order_by("first_day", "pk")[:MOST_BUTTONS])
    for each in pauses:
        each.user = user
    tracks = list(tracks_of(user, now=now)[:MOST_BUTTONS])
    if not tracks:
        return Message(_no_habits())
    lines = [head, ""] if head else []
    lines += [f"⏸ {_paused(each)}" for each in pauses]
    lines += ["", _("What do you want to pause?")] if pauses else [_("What do you want to pause?")]
    buttons = [
        Button(_("▶ End: %(habit)s") % {"habit": _target(each)}, f"resume:{each.pk}:{stamps.of_pause(each)}")
        for each in pauses
    ]
    buttons.append(Button(_("⏸ All habits"), f"pause:{EVERYTHING}"))
    buttons += [Button(f"⏸ {shortened(track.habit.name, 40)}", f"pause:{_target_of(track)}") for track in tracks]
    return Message("\n".join(lines), buttons=tuple(buttons), columns=1)


def pause_length(track: HabitTrack | None) -> Message:
    """For how long to pause a track, or with None everything."""
    target = _target_of(track)
    name = shortened(track.habit.name, 60) if track else _("All habits")
    buttons = (
        Button(_("Today"), f"pause:{target}:today"),
        Button(_("A week"), f"pause:{target}:week"),
        Button(_("Until further notice"), f"pause:{target}:open"),
        Button(_("↩ Back"), "pause:"),
    )
    return Message(_("⏸ %(habit)s: for how long?") % {"habit": name}, buttons=buttons, columns=2)


def language(user: User) -> Message:
    buttons = tuple(Button(name, f"language:{code}") for code, name in settings.LANGUAGES)
    names = dict(settings.LANGUAGES)
    return Message(_("I speak %(language)s with you.") % {"language": names[user.language]}, buttons=buttons)


def time_zone(user: User, *, now: datetime, head: str = "") -> Message:
    """The person's zone, and likely ones to choose."""
    text = _("Your time zone is %(zone)s; it is %(time)s there.") % {
        "zone": zones.name(user.time_zone),
        "time": f"{now.astimezone(user.tzinfo):%H:%M}",
    }
    ask = _("Choose another, or send /timezone with a city: /timezone Lisbon")
    return Message(
        "\n\n".join(filter(None, [head, text, ask])),
        buttons=_zones(zones.LIKELY.get(user.language, zones.LIKELY["en"])),
        columns=2,
    )


def zone_choice(wanted: str, found: Iterable[str]) -> Message:
    """Several zones for what somebody wrote."""
    return Message(_("Which one is “%(city)s”?") % {"city": shortened(wanted, 60)}, buttons=_zones(found), columns=1)


def zone_set(user: User, *, now: datetime, others: Iterable[str] = ()) -> Message:
    """The person's zone as it was chosen; with `others`, zones of places whose clocks show the same now."""
    text = _("Your time zone is %(zone)s now; it is %(time)s there.") % {
        "zone": zones.name(user.time_zone),
        "time": f"{now.astimezone(user.tzinfo):%H:%M}",
    }
    buttons = _zones(others)
    if buttons:
        text += "\n\n" + _("If your clocks change with the seasons, choose a city with the same time:")
    return Message(text, buttons=buttons, columns=2)


def digest_settings(user: User) -> Message:
    """When the weekly digest comes, and days to choose."""
    found = digest.settings_of(user)
    if found.is_on:
        day = str(WEEKDAYS[found.weekday])
        text = _("Your weekly digest comes on this day: %(day)s, at %(time)s.") % {
            "day": day,
            "time": f"{time(found.hour):%H:%M}",
        }
    else:
        text = _("The weekly digest is off. It tells once a week how you did, with a picture.")
    buttons = [Button(str(name), f"digest:{day}") for day, name in WEEKDAYS_ABBR.items()]
    if found.is_on:
        buttons.append(Button(_("Off"), "digest:off"))
    return Message(text + "\n\n" + _("On which day shall it come?"), buttons=tuple(buttons), columns=4)


def digest_hour(weekday: int) -> Message:
    buttons = [Button(f"{time(hour):%H:%M}", f"digest:{weekday}:{hour}") for hour in DIGEST_HOURS]
    text = _("%(day)s: at what time?") % {"day": str(WEEKDAYS[weekday])}
    return Message(text, buttons=(*buttons, Button(_("↩ Back"), "digest:")), columns=5)


def stop(user: User) -> Message:
    """Asks before it disconnects."""
    text = _("Disconnect this chat from %(name)s? No more reminders will arrive here.") % {"name": user.username}
    disconnect = Button(_("Disconnect"), f"stop:{user.pk}:{stamps.of_user(user)}")
    return Message(text, buttons=(disconnect, Button(_("Stay connected"), "stay:")))


def disconnected() -> Message:
    return Message(
        _("Disconnected. Your habits are kept; to come back, open the link under Telegram at %(url)s.")
        % {"url": settings.SITE_URL}
    )


def welcome(chat_id: int) -> Message:
    return Message(
        _(
            "Hello! I am the bot of a Habit Tracker: %(url)s\n\n"
            "To get your reminders here, sign in there and open the link under Telegram. "
            "This chat's id is %(chat)d."
        )
        % {"url": settings.SITE_URL, "chat": chat_id}
    )


def later(delivery: Delivery, user: User, *, now: datetime) -> tuple[Button, ...]:
    """The choices after Later that the delivery's local day still has; none: the day is over by then."""
    day = delivery.day
    assert day is not None
    end = user.clock.start(day + timedelta(days=1))
    labels = {
        minutes: _("%(count)d min") % {"count": minutes}
        if minutes < 60
        else _("%(count)d h") % {"count": minutes // 60}
        for minutes in LATER_MINUTES
    }
    times: list[tuple[str, time | int]] = [
        (labels[minutes], minutes) for minutes in LATER_MINUTES if now + timedelta(minutes=minutes) < end
    ]
    first = now + timedelta(minutes=LATER_MINUTES[0])
    for hour in LATER_HOURS:
        at = user.clock.instant(day, time(hour))
        if at is not None and first < at < end:
            times.append((f"{time(hour):%H:%M}", time(hour)))
    return messages.later_buttons(delivery.pk, delivery.token, times) if times else ()


def _line(entry: TodayEntry) -> str:
    """A habit of the day: its mark, name, time, how much is done."""
    track, log = entry.track, entry.log
    habit = track.habit
    mark = MARKS[Status(log.status)] if log else "▫" if entry.due else "☑"
    words = [mark, f"{habit.time:%H:%M}" if habit.time else "", shortened(habit.name, 60)]
    if log and log.status == Status.PARTIAL and log.amount is not None:
        words.append(f"({log.amount.normalize():f})")
    elif entry.period.required > 1:
        words.append(_("(%(done)d of %(required)d)") % {"done": entry.done, "required": entry.period.required})
    if entry.at_risk:
        words.append("⚠️")
    return " ".join(filter(None, words))


def _ticks(found: list[TodayEntry], action: str) -> tuple[Button, ...]:
    return tuple(
        Button(f"✅ {shortened(entry.track.habit.name, 40)}", f"{action}:{_target_of(entry.track)}:{entry.day}")
        for entry in found[:MOST_BUTTONS]
    )


def _target_of(track: HabitTrack | None) -> str:
    """A track, or all of them, in a button's data: id and stamp."""
    return f"{track.pk}:{stamps.of_track(track)}" if track else EVERYTHING


def _target(pause: Pause) -> str:
    return shortened(pause.track.habit.name, 40) if pause.track else _("All habits")


def _paused(pause: Pause) -> str:
    if pause.last_day is None:
        return _("%(habit)s: until further notice") % {"habit": _target(pause)}
    return _("%(habit)s: until %(day)s") % {"habit": _target(pause), "day": messages.format_day(pause.last_day)}


def _zones(names: Iterable[str]) -> tuple[Button, ...]:
    return tuple(Button(zones.name(name).rpartition("/")[2].replace("_", " "), f"timezone:{name}") for name in names)


def _no_habits() -> str:
    return _("You have no habits yet. Make one at %(url)s.") % {"url": settings.SITE_URL}
