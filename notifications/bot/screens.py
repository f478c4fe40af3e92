"""The bot's screens: text and buttons built from the current data. Nothing here writes."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import groupby

from django.conf import settings
from django.db.models import Q
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from habits.recurrence import in_force
from notifications.bot import stamps, zones
from notifications.channels.transport import Button, Message
from notifications.digest import services as digest
from notifications.digest import trend_picture
from notifications.models import Delivery
from notifications.outbox import later, limit_messages, messages
from notifications.outbox.limit_messages import UsedLimit
from tracking.explanations.queries import TrackExplanation, explained_periods, track_explanation
from tracking.explanations.rules import ExplainedPeriod
from tracking.explanations.words import describe_streak, format_span
from tracking.insights.summary import summary
from tracking.insights.today import TodayEntry, entries
from tracking.models import HabitTrack, Pause
from tracking.pictures.geometry import shortened
from tracking.streaks.rules import Status, Verdict
from tracking.streaks.words import format_streak
from tracking.tracks.queries import pauses_of, tracks_of
from users.models import User

MAX_HABIT_BUTTONS = 30
MAX_EXPLAINED_PERIODS = 366
MAX_ZONES = 8
WEEK = timedelta(days=7)
EVERYTHING = "all"  # stands for all tracks in a button's data

# The choices of the Later button: minutes from now, and hours of the day.
LATER_MINUTES = (30, 60, 180)
LATER_HOURS = (12, 15, 18, 20, 22)
DIGEST_HOURS = (7, 8, 9, 10, 12, 15, 18, 19, 20, 21)

MARKS = {Status.COMPLETED: "✅", Status.SKIPPED: "⏭", Status.MISSED: "✖", Status.PARTIAL: "◐", Status.COUNTED: "📉"}
VERDICT_MARKS = {Verdict.KEPT: "✅", Verdict.OPEN: "▫", Verdict.EXCUSED: "➖", Verdict.BROKEN: "✖"}


def today(user: User, *, now: datetime, undo: Button | None = None) -> Message:
    """Return today's habits, the completed ones too, with a button for each due one, and the Undo button of a tick."""
    found = entries(user, now=now)
    day = messages.format_day(user.clock.day_of(now))
    if not found:
        return Message(_("Nothing is due today, %(day)s.") % {"day": day})
    lines = [_("Today, %(day)s") % {"day": day}, ""]
    lines += [_today_line(entry) for entry in found]
    due = [entry for entry in found if entry.due]
    if not due and any(entry.limit is None for entry in found):
        lines += ["", _("Everything is done for today. Well done!")]
    buttons = (*_completion_buttons(due, "tick", None), *_count_buttons(found), *([undo] if undo else []))
    return Message("\n".join(lines), buttons=buttons, columns=1)


def due(user: User, *, now: datetime, head: str = "", undo: Button | None = None) -> Message:
    """Return a button for each due habit, below the text `head`."""
    found = [entry for entry in entries(user, now=now) if entry.due]
    ask = _("What have you done?") if found else _("Nothing else is due today.")
    return Message("\n\n".join(filter(None, [head, ask])), buttons=_completion_buttons(found, "did", undo), columns=1)


def undo_button(track: HabitTrack, day: date, before: str) -> Button:
    """Return the button that takes back a tick in a list. `before`: the state of the day, see notifications.bot.undo."""
    label = _("↩ Undo: %(habit)s") % {"habit": shortened(track.habit.name, 40)}
    return Button(label, f"untick:{_track_ref(track)}:{day:%Y%m%d}:{before}")


def uncount_button(track: HabitTrack, day: date, *, before: str, after: str) -> Button:
    """Return the button that takes back a count in a list. The states are those of limit_messages.day_state."""
    label = _("↩ Undo: %(habit)s") % {"habit": shortened(track.habit.name, 40)}
    return Button(label, f"minus:{_track_ref(track)}:{day:%Y%m%d}:{before}={after}")


def streaks(user: User, *, now: datetime) -> Message:
    """Return the streaks of all habits, the longest current streak first."""
    at_risk = {entry.track.pk for entry in entries(user, now=now) if entry.at_risk}
    found = [(track, track.streak_at(now)) for track in tracks_of(user, now=now)]
    if not found:
        return Message(_no_habits_text())
    lines = [_("Your streaks"), ""]
    for track, streak in sorted(found, key=lambda each: -each[1].current):
        name = shortened(track.habit.name, 60)
        if streak.current:
            current = format_streak(streak.current, streak.unit)
            line = f"🔥 {name}: {current}"
        else:
            line = f"▫ {name}: " + _("no streak now")
        if streak.longest > streak.current:
            longest = format_streak(streak.longest, streak.unit)
            line += " " + _("(longest: %(streak)s)") % {"streak": longest}
        if track.pk in at_risk:
            line += " ⚠️ " + _("ends today")
        lines.append(line)
    return Message("\n".join(lines))


def why(user: User, *, now: datetime, head: str = "") -> Message:
    """Return a button for each habit whose streak can be explained, below the text `head`; of one habit, why."""
    tracks = list(tracks_of(user, now=now)[:MAX_HABIT_BUTTONS])
    if not tracks:
        return Message(_no_habits_text())
    if len(tracks) == 1 and not head:
        return explanation(user, tracks[0], now=now)
    buttons = tuple(Button(shortened(track.habit.name, 40), f"why:{_track_ref(track)}") for track in tracks)
    return Message("\n\n".join(filter(None, [head, _("Which streak?")])), buttons=buttons, columns=1)


def explanation(user: User, track: HabitTrack, *, now: datetime) -> Message:
    """Return why the streak of a track is what it is, newest periods first."""
    found = track_explanation(user=user, track_id=track.pk, now=now)
    periods = found.explanation.periods
    lines = [shortened(track.habit.name, 60), describe_streak(found.explanation), ""]
    lines += _period_lines(found, explained_periods(found, periods[:MAX_EXPLAINED_PERIODS]))
    if (earlier := len(periods) - MAX_EXPLAINED_PERIODS) > 0:
        lines.append(
            ngettext("… and %(count)d earlier period", "… and %(count)d earlier periods", earlier) % {"count": earlier}
        )
    return Message("\n".join(lines).strip())


def week(user: User, *, now: datetime) -> Message:
    """Return the numbers of the last seven days, with the trend chart."""
    day = user.clock.day_of(now)
    found = summary(user, first=day - WEEK + timedelta(days=1), last=day, now=now)
    if not found.habits:
        return Message(_no_habits_text())
    lines = [_("The last 7 days"), *messages.summary_lines(found.stats)]
    return Message("\n".join(lines), photo=trend_picture.render(found, user, now=now))


def pause(user: User, *, now: datetime, head: str = "") -> Message:
    """Return the current and coming pauses with buttons to end them, and buttons to pause habits."""
    day = user.clock.day_of(now)
    running = pauses_of(user).filter(Q(last_day=None) | Q(last_day__gte=day)).select_related("track__habit")
    pauses = list(running.order_by("first_day", "pk")[:MAX_HABIT_BUTTONS])
    for each in pauses:
        each.user = user
    tracks = list(tracks_of(user, now=now)[:MAX_HABIT_BUTTONS])
    if not tracks:
        return Message(_no_habits_text())
    lines = [head, ""] if head else []
    lines += [f"⏸ {_describe_pause(each)}" for each in pauses]
    lines += ["", _("What do you want to pause?")] if pauses else [_("What do you want to pause?")]
    buttons = [
        Button(_("▶ End: %(habit)s") % {"habit": _pause_target(each)}, f"resume:{each.pk}:{stamps.of_pause(each)}")
        for each in pauses
    ]
    buttons.append(Button(_("⏸ All habits"), f"pause:{EVERYTHING}"))
    buttons += [Button(f"⏸ {shortened(track.habit.name, 40)}", f"pause:{_track_ref(track)}") for track in tracks]
    return Message("\n".join(lines), buttons=tuple(buttons), columns=1)


def pause_length(track: HabitTrack | None) -> Message:
    """Return the choice of how long to pause a track, or all tracks with None."""
    target = _track_ref(track)
    name = shortened(track.habit.name, 60) if track else _("All habits")
    buttons = (
        Button(_("Today"), f"pause:{target}:today"),
        Button(_("A week"), f"pause:{target}:week"),
        Button(_("Until further notice"), f"pause:{target}:open"),
        Button(_("↩ Back"), "pause:"),
    )
    return Message(_("⏸ %(habit)s: for how long?") % {"habit": name}, buttons=buttons, columns=2)


def language(user: User) -> Message:
    """Return the current language, with a button for each supported one."""
    buttons = tuple(Button(name, f"language:{code}") for code, name in settings.LANGUAGES)
    names = dict(settings.LANGUAGES)
    return Message(_("Your language is %(language)s.") % {"language": names[user.language]}, buttons=buttons)


def time_zone(user: User, *, now: datetime, head: str = "") -> Message:
    """Return the user's time zone, with buttons for common zones."""
    text = _("Your time zone is %(zone)s; it is %(time)s there.") % {
        "zone": zones.display_name(user.time_zone),
        "time": f"{now.astimezone(user.tzinfo):%H:%M}",
    }
    ask = _("Choose another, or send /timezone with a city: /timezone Lisbon")
    return Message(
        "\n\n".join(filter(None, [head, text, ask])),
        buttons=_zone_buttons(zones.COMMON_ZONES.get(user.language, zones.COMMON_ZONES["en"])),
        columns=2,
    )


def zone_choice(wanted: str, found: Iterable[str]) -> Message:
    """Return a choice between the zones that match what the user wrote."""
    return Message(
        _("Which one is “%(city)s”?") % {"city": shortened(wanted, 60)}, buttons=_zone_buttons(found), columns=1
    )


def zone_set(user: User, *, now: datetime, others: Iterable[str] = ()) -> Message:
    """Return the confirmation of a new time zone. `others`: zones with the same time now, offered as buttons."""
    text = _("Your time zone is now %(zone)s; it is %(time)s there.") % {
        "zone": zones.display_name(user.time_zone),
        "time": f"{now.astimezone(user.tzinfo):%H:%M}",
    }
    buttons = _zone_buttons(others)
    if buttons:
        text += "\n\n" + _("If your clocks change for daylight saving time, choose a city with the same time:")
    return Message(text, buttons=buttons, columns=2)


def digest_settings(user: User) -> Message:
    """Return the settings of the weekly digest, with buttons to choose the day."""
    found = digest.settings_of(user)
    if found.is_on:
        day = str(WEEKDAYS[found.weekday])
        text = _("You get the weekly digest on %(day)s, at %(time)s.") % {
            "day": day,
            "time": f"{time(found.hour):%H:%M}",
        }
    else:
        text = _("The weekly digest is off. It shows once a week how you did, with a chart.")
    buttons = [Button(str(name), f"digest:{day}") for day, name in WEEKDAYS_ABBR.items()]
    if found.is_on:
        buttons.append(Button(_("Off"), "digest:off"))
    return Message(text + "\n\n" + _("Which day should it arrive?"), buttons=tuple(buttons), columns=4)


def digest_hour(weekday: int) -> Message:
    """Return the choice of the digest's hour on a weekday (0: Monday)."""
    buttons = [Button(f"{time(hour):%H:%M}", f"digest:{weekday}:{hour}") for hour in DIGEST_HOURS]
    text = _("%(day)s: at what time?") % {"day": str(WEEKDAYS[weekday])}
    return Message(text, buttons=(*buttons, Button(_("↩ Back"), "digest:")), columns=5)


def stop(user: User) -> Message:
    """Return the question whether to disconnect the chat."""
    text = _("Disconnect this chat from %(name)s? No more reminders will arrive here.") % {"name": user.username}
    disconnect = Button(_("Disconnect"), f"stop:{user.pk}:{stamps.of_user(user)}")
    return Message(text, buttons=(disconnect, Button(_("Stay connected"), "stay:")))


def disconnected() -> Message:
    """Return the confirmation that the chat is disconnected."""
    return Message(
        _("Disconnected. Your habits are kept. To reconnect, open the link under Telegram at %(url)s.")
        % {"url": settings.SITE_URL}
    )


def welcome(chat_id: int) -> Message:
    """Return the greeting for a chat without an account."""
    return Message(
        _(
            "Hello! I am the bot of the Habit Tracker at %(url)s\n\n"
            "To get your reminders here, sign in there and open the link under Telegram. "
            "The id of this chat is %(chat)d."
        )
        % {"url": settings.SITE_URL, "chat": chat_id}
    )


def later_choices(delivery: Delivery, user: User, *, now: datetime) -> tuple[Button, ...]:
    """Return buttons for the later times of the delivery's local day at which it can come; empty if there are none."""
    day = delivery.day
    assert day is not None
    labels = {
        minutes: _("%(count)d min") % {"count": minutes}
        if minutes < 60
        else _("%(count)d h") % {"count": minutes // 60}
        for minutes in LATER_MINUTES
    }
    times: list[tuple[str, time | int]] = [
        (labels[minutes], minutes)
        for minutes in LATER_MINUTES
        if later.comes_at(delivery, now + timedelta(minutes=minutes))
    ]
    first = now + timedelta(minutes=LATER_MINUTES[0])
    for hour in LATER_HOURS:
        at = user.clock.instant(day, time(hour))
        if at is not None and first < at and later.comes_at(delivery, at):
            times.append((f"{time(hour):%H:%M}", time(hour)))
    return messages.later_buttons(delivery.pk, delivery.token, times) if times else ()


def _today_line(entry: TodayEntry) -> str:
    """Return one line of today's list: mark, time, icon, name and progress, of a limit habit how much is used."""
    habit = entry.track.habit
    mark = MARKS[entry.status] if entry.status else "▫" if entry.due else "☑"
    parts = [mark, f"{habit.time:%H:%M}" if habit.time else "", entry.track.icon, shortened(habit.name, 60)]
    if used := _used_limit(entry):
        parts[0] = MARKS[entry.status or Status.COUNTED]
        parts.append(f"({limit_messages.used_line(used).rstrip('.')})")
    elif entry.status is Status.PARTIAL and entry.amount is not None:
        parts.append(f"({entry.amount.normalize():f})")
    elif entry.required > 1:
        parts.append(_("(%(done)d of %(required)d)") % {"done": entry.done, "required": entry.required})
    if entry.at_risk:
        parts.append("⚠️")
    return " ".join(filter(None, parts))


def _used_limit(entry: TodayEntry) -> UsedLimit | None:
    if entry.limit is None:
        return None
    unit = in_force(entry.track.habit.versions, entry.day).schedule.unit
    return UsedLimit(progress=entry.limit, period=entry.period, unit=unit, today=entry.day)


def _count_buttons(found: list[TodayEntry]) -> tuple[Button, ...]:
    """Return for each limit habit of which today is not skipped the button that counts the smallest step."""
    buttons = []
    for entry in found[:MAX_HABIT_BUTTONS]:
        if entry.limit is not None and entry.status is not Status.SKIPPED:
            step = limit_messages.steps(entry.limit.limit)[0]
            state = limit_messages.day_state(entry.amount, is_logged=entry.status is not None)
            data = f"plus:{_track_ref(entry.track)}:{entry.day:%Y%m%d}:{step}:{state}"
            buttons.append(Button(f"+{step} {shortened(entry.track.habit.name, 40)}", data))
    return tuple(buttons)


def _period_lines(found: TrackExplanation, periods: Iterable[ExplainedPeriod]) -> list[str]:
    """Return the lines of periods with their reasons. Kept ones in a row that need no reason share a line."""
    lines = []
    for is_plain, group in groupby(
        periods, key=lambda each: each.judgement.verdict is Verdict.KEPT and not each.reasons
    ):
        run = list(group)
        if is_plain and len(run) > 1:
            span = format_span(run[-1].period.first, run[0].period.last, found.explanation.today)
            lines.append(f"{VERDICT_MARKS[Verdict.KEPT]} {span}: {format_streak(len(run), run[0].period.unit)}")
            continue
        for each in run:
            lines.append(f"{VERDICT_MARKS[each.judgement.verdict]} {found.describe_period(each)}")
            lines += [f"    {found.describe_reason(reason)}" for reason in each.reasons]
    return lines


def _completion_buttons(found: list[TodayEntry], action: str, undo: Button | None) -> tuple[Button, ...]:
    ticks = tuple(
        Button(f"✅ {shortened(entry.track.habit.name, 40)}", f"{action}:{_track_ref(entry.track)}:{entry.day}")
        for entry in found[:MAX_HABIT_BUTTONS]
    )
    return (*ticks, undo) if undo else ticks


def _track_ref(track: HabitTrack | None) -> str:
    """Return the reference to a track (id and stamp), or to all tracks, for a button's data."""
    return f"{track.pk}:{stamps.of_track(track)}" if track else EVERYTHING


def _pause_target(pause: Pause) -> str:
    return shortened(pause.track.habit.name, 40) if pause.track else _("All habits")


def _describe_pause(pause: Pause) -> str:
    if pause.last_day is None:
        return _("%(habit)s: until further notice") % {"habit": _pause_target(pause)}
    return _("%(habit)s: until %(day)s") % {"habit": _pause_target(pause), "day": messages.format_day(pause.last_day)}


def _zone_buttons(names: Iterable[str]) -> tuple[Button, ...]:
    return tuple(
        Button(zones.display_name(name).rpartition("/")[2].replace("_", " "), f"timezone:{name}") for name in names
    )


def _no_habits_text() -> str:
    return _("You have no habits yet. Create one at %(url)s.") % {"url": settings.SITE_URL}
