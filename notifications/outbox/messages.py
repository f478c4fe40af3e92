"""The texts of all messages, in the active language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.errors import DomainError
from habits.models import Habit
from habits.units import StreakUnit
from notifications.channels.transport import Button, Message
from notifications.outbox import mini_app
from notifications.taps.links import TapAction, TapTarget
from tracking.insights.counts import SummaryStats
from tracking.insights.summary import Summary
from tracking.pictures.geometry import shortened
from tracking.streaks.words import format_streak

MAX_TEXT, MAX_CAPTION = 4096, 1024  # characters, as Telegram counts them


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderContent:
    """The content of a reminder. `sentence` may be the user's own text; the amounts are per day."""

    delivery_id: int
    token: str
    sentence: str
    daily_amount: Decimal
    unit: str
    done_amount: Decimal | None
    streak: int
    streak_unit: StreakUnit
    at_risk: bool
    missed_count: int


def reminder(content: ReminderContent) -> Message:
    """Return a reminder with the buttons Done, Skip and Later."""
    lines = [f"⏰ {content.sentence}"]
    if content.daily_amount != 1 or content.unit:
        amount = f"{content.daily_amount.normalize():f} {content.unit}".strip()
        if content.done_amount:
            done = f"{content.done_amount.normalize():f}"
            lines.append(_("%(done)s of %(amount)s so far.") % {"done": done, "amount": amount})
        else:
            lines.append(amount)
    if content.streak:
        lines.append(streak_line(content.streak, content.streak_unit))
    if content.at_risk:
        lines.append(_("Do it today to keep your streak."))
    if content.missed_count:
        lines.append(missed_reminders(content.missed_count))
    buttons = reminder_buttons(content.delivery_id, content.token)
    return Message("\n".join(lines), subject=content.sentence, buttons=buttons)


def missed_reminders(count: int) -> str:
    """Return how many earlier reminders could not be sent."""
    text = ngettext(
        "%(count)d earlier reminder could not be sent.", "%(count)d earlier reminders could not be sent.", count
    )
    return text % {"count": count}


def reminder_buttons(delivery_id: int, token: str) -> tuple[Button, ...]:
    """Return the buttons of a reminder.

    Their data contains the delivery's token, because after restoring a backup its id may be used a second time.
    """
    name = button_target(delivery_id, token)
    return (
        Button(_("Done"), f"done:{name}", TapTarget(TapAction.DONE, delivery_id, token)),
        Button(_("Skip"), f"skip:{name}"),
        later_button(delivery_id, token),
        *mini_app.open_buttons(_("Open")),
    )


def later_button(delivery_id: int, token: str) -> Button:
    """Return the button of a reminder that asks for it again later."""
    target = TapTarget(TapAction.LATER, delivery_id, token)
    return Button(_("Later"), f"later:{button_target(delivery_id, token)}", target)


def undo_button(delivery_id: int, token: str, before: str) -> Button:
    """Return the button that takes back Done or Skip. `before`: the state of the day, see notifications.bot.undo."""
    return Button(_("↩ Undo"), f"undo:{button_target(delivery_id, token)}:{before}")


def later_buttons(delivery_id: int, token: str, times: Sequence[tuple[str, time | int]]) -> tuple[Button, ...]:
    """Return the buttons after Later: one per label with its wall-clock time or minutes from now, and Back."""
    name = button_target(delivery_id, token)
    choices = [
        Button(label, f"at:{name}:{at:%H%M}" if isinstance(at, time) else f"in:{name}:{at}") for label, at in times
    ]
    return (*choices, Button(_("↩ Back"), f"back:{name}"))


def button_target(delivery_id: int, token: str) -> str:
    """Return how a button's data names a delivery. Old deliveries have no token."""
    return f"{delivery_id}:{token}" if token else str(delivery_id)


def sentence(habit: Habit, *, at: time | None = None) -> str:
    """Return the habit's sentence in the active language. `at` replaces the habit's time."""
    if habit.is_limit:
        return _("I will keep to my limit: %(habit)s") % {"habit": habit.action or habit.name}
    params = {"action": habit.action or habit.name, "place": habit.place}
    if at := at or habit.time:
        params["time"] = f"{at:%H:%M}"
        text = _("I will %(action)s at %(time)s in %(place)s") if habit.place else _("I will %(action)s at %(time)s")
    else:
        text = _("I will %(action)s in %(place)s") if habit.place else _("I will %(action)s")
    return text % params


def streak_line(count: int, unit: StreakUnit) -> str:
    """Return a line with a streak: "🔥 Streak: 3 days"."""
    return _("🔥 Streak: %(streak)s") % {"streak": format_streak(count, unit)}


def format_day(day: date) -> str:
    """Return a date without its year: "21 November"."""
    return date_format(day, "j E")


def error_text(error: DomainError) -> str:
    """Return the text of a service's error for the chat; by default the API's message."""
    texts = {
        "future_day": _("This day is in the future."),
        "skipped_date": _("Your time zone skips this date."),
        "left": _("You no longer follow this habit."),
        "before_start": _("The habit had not started on that day."),
        "after_end": _("The habit has ended."),
        "paused": _("This habit is paused on that day."),
        "passed": _("That time has passed."),
        "too_late": _("There is no time left today."),
        "already_reminded": _("You have been reminded again already."),
        "does_not_exist": _("You have no such habit."),
        "not_by_hand": _("This pause ends when you take the habit back."),
        "not_over": _("This pause ends when you take the habit back."),
        "limits_are_counted": _("This is a limit habit: count what happened instead."),
        "too_many": _("You have too many of these. Remove some old ones first."),
    }
    return texts.get(error.code, error.message)


def utf16_length(text: str) -> int:
    """Return the length of a text as Telegram counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def truncate(text: str, max_length: int) -> str:
    """Return the text with at most `max_length` UTF-16 code units, cut after a line, with the number of lines left out.

    If already the first line is too long, it is cut and ends with "…".
    """
    if utf16_length(text) <= max_length:
        return text
    lines = text.split("\n")
    room = max_length - 40  # reserves space for the last line
    kept: list[str] = []
    for line in lines:
        room -= utf16_length(line) + 1
        if room < 0:
            break
        kept.append(line)
    if not kept:
        start = lines[0].encode("utf-16-le")[: 2 * (max_length - 1)].decode("utf-16-le", "ignore")
        return start + "…"
    left_out = len(lines) - len(kept)
    more = ngettext("… and %(count)d more line", "… and %(count)d more lines", left_out) % {"count": left_out}
    return "\n".join([*kept, more])


def done(sentence: str, *, streak: int, streak_unit: StreakUnit, reward: str, pleasant: str) -> str:
    """Return the answer to Done, with the streak and the reward or the linked pleasant habit."""
    lines = [f"✅ {sentence}"]
    if streak:
        lines.append(streak_line(streak, streak_unit))
    if reward:
        lines.append(_("🎁 Your reward: %(reward)s") % {"reward": reward})
    if pleasant:
        lines.append(_("🌿 Now enjoy: %(habit)s") % {"habit": pleasant})
    return "\n".join(lines)


def skipped(sentence: str) -> str:
    return _("⏭ Skipped: %(habit)s") % {"habit": sentence}


def missed(sentence: str) -> str:
    return _("✖ Not done: %(habit)s") % {"habit": sentence}


def later(sentence: str, at: time) -> str:
    return _("🕓 Again at %(time)s: %(habit)s") % {"time": f"{at:%H:%M}", "habit": sentence}


def habit_created(sentence: str, *, at: time | None) -> Message:
    """Return the message about a new habit, with the time of its reminders."""
    lines = [_("🌱 Habit created: %(habit)s") % {"habit": sentence}]
    if at:
        lines.append(_("I will remind you at %(time)s.") % {"time": f"{at:%H:%M}"})
    return Message("\n".join(lines), subject=sentence)


def goal_reached(action: str, *, amount: Decimal | None, unit: str, days: int) -> Message:
    """Return the message about a reached goal, for example "read 30 minutes on 30 days".

    `amount` is the amount per day; None: the goal only counts days.
    """
    what = action if amount is None else f"{action} {amount.normalize():f} {unit}".strip()
    text = ngettext("🏁 Goal reached: %(what)s on %(days)d day", "🏁 Goal reached: %(what)s on %(days)d days", days)
    return Message(text % {"what": what, "days": days}, subject=action)


def achievement(name: str, *, description: str, picture: str, habit: str) -> Message:
    """Return the message about an achievement; `habit` is empty if it was not earned by a single habit."""
    lines = [_("%(picture)s Achievement: %(name)s") % {"picture": picture, "name": name}, description, habit]
    return Message("\n".join(line for line in lines if line), subject=name)


def digest(summary: Summary, *, photo: bytes | None) -> Message:
    """Return the weekly digest: success rate and completed days with their changes, and the current streaks."""
    span = {"first": format_day(summary.first), "last": format_day(summary.last)}
    subject = _("📊 Your week, %(first)s to %(last)s") % span
    lines = [subject, *summary_lines(summary.stats)]
    lines += [
        f"🔥 {shortened(each.track.habit.name, 60)}: {format_streak(each.streak.current, each.streak.unit)}"
        for each in sorted(summary.habits, key=lambda each: -each.streak.current)
        if each.streak.current
    ]
    return Message(truncate("\n".join(lines), MAX_CAPTION), subject=subject, photo=photo)


def summary_lines(stats: SummaryStats) -> list[str]:
    """Return the success rate and the completed days, each with its change from the previous seven days."""
    lines = []
    if stats.success_rate is None:
        lines.append(_("Success: nothing was due yet"))
    else:
        rate = {"rate": round(stats.success_rate * 100)}
        lines.append(_("Success: %(rate)d%%") % rate + _rate_change(stats.success_rate_change))
    count = stats.completed
    done = ngettext("%(count)d day completed", "%(count)d days completed", count) % {"count": count}
    return [*lines, done + _days_change(stats.completed_change)]


def _rate_change(change: float | None) -> str:
    """Return for example " (12 points more than the week before)"."""
    if change is None:
        return ""
    count = abs(round(change * 100))
    if not count:
        return " " + _("(same as the week before)")
    more = ngettext(
        "(%(count)d point more than the week before)", "(%(count)d points more than the week before)", count
    )
    less = ngettext(
        "(%(count)d point less than the week before)", "(%(count)d points less than the week before)", count
    )
    return " " + (more if change > 0 else less) % {"count": count}


def _days_change(change: int) -> str:
    """Return for example " (3 more than the week before)"."""
    if not change:
        return ""
    more = ngettext("(%(count)d more than the week before)", "(%(count)d more than the week before)", abs(change))
    fewer = ngettext("(%(count)d fewer than the week before)", "(%(count)d fewer than the week before)", abs(change))
    return " " + (more if change > 0 else fewer) % {"count": abs(change)}


def challenge_ended(name: str, *, rank: int, members: int, completed: int) -> Message:
    """Return the message about a finished challenge, with the member's rank and completed days."""
    text = ngettext(
        "🏁 %(name)s is over. Your place: %(rank)d of %(members)d, with %(days)d completed day.",
        "🏁 %(name)s is over. Your place: %(rank)d of %(members)d, with %(days)d completed days.",
        completed,
    )
    return Message(text % {"name": name, "rank": rank, "members": members, "days": completed}, subject=name)


def challenge_cancelled(name: str) -> Message:
    return Message(_("The challenge %(name)s was cancelled.") % {"name": name}, subject=name)


def chat_confirmation(username: str, token: str) -> Message:
    """Return the question to a chat whether it belongs to the account that named it."""
    text = _("The account %(username)s wants to send its reminders to this chat. Is this your account?")
    return Message(text % {"username": username}, buttons=(Button(_("Confirm"), f"connect:{token}"),))


def email_confirmation(link: str) -> Message:
    return Message(
        _(
            "Welcome to the Habit Tracker!\n\nConfirm your address here:\n%(link)s\n\n"
            "The link works for three days. If you did not register, ignore this mail."
        )
        % {"link": link},
        subject=_("Confirm your address"),
    )


def email_change(link: str) -> Message:
    return Message(
        _(
            "Confirm your new address here:\n%(link)s\n\nThe link works for one day. "
            "If you did not ask for this, ignore this mail."
        )
        % {"link": link},
        subject=_("Confirm your new address"),
    )


def password_reset(link: str) -> Message:
    return Message(
        _(
            "Choose a new password here:\n%(link)s\n\nThe link works for two hours. "
            "If you did not ask for this, ignore this mail: your password does not change."
        )
        % {"link": link},
        subject=_("Choose a new password"),
    )


def new_device(device: str, *, network_address: str, at: datetime, link: str) -> Message:
    """Return the mail about a sign-in from a new device. `at`: in the user's time zone."""
    lines = [
        _("Somebody signed in to your account from a device that has not been used for it before."),
        "",
        _("Device: %(device)s") % {"device": device or _("unknown")},
        _("Time: %(day)s, %(time)s") % {"day": format_day(at.date()), "time": f"{at:%H:%M}"},
    ]
    if network_address:
        lines.append(_("Network address: %(address)s") % {"address": network_address})
    lines += [
        "",
        _("If it was you, there is nothing to do. If not, change your password and sign the device out here:"),
        link,
    ]
    return Message("\n".join(lines), subject=_("New sign-in to your account"))


def email_change_notice(new_email: str, *, reset_link: str) -> Message:
    """Return the mail to the old address when a change of address is requested."""
    return Message(
        _(
            "The address of your account is about to change to %(email)s, once the link in a mail to it is used.\n\n"
            "If this was not you, choose a new password now. That ends the change and signs out all devices:\n%(link)s"
        )
        % {"email": new_email, "link": reset_link},
        subject=_("Your e-mail address is about to change"),
    )


def email_changed(new_email: str) -> Message:
    """Return the mail to the old address after the change."""
    return Message(
        _(
            "The address of your account is now %(email)s. This is the last mail to this address.\n\n"
            "If this was not you, write to those who run this server."
        )
        % {"email": new_email},
        subject=_("Your e-mail address was changed"),
    )


def chat_connected(name: str, *, at: datetime, reset_link: str) -> Message:
    """Return the mail about a newly connected chat. `name`: what is connected now, perhaps nothing; `at`: local time."""
    when = {"day": format_day(at.date()), "time": f"{at:%H:%M}"}
    lines = [_("A chat was connected to your account on %(day)s at %(time)s. Your reminders go there.") % when]
    if name:
        lines.append(_("Connected now: %(name)s") % {"name": name})
    lines.append(
        _(
            "If this was not you, choose a new password now. That disconnects the chat and signs out all devices:\n"
            "%(link)s"
        )
        % {"link": reset_link}
    )
    return Message("\n\n".join(lines), subject=_("A chat was connected to your account"))


def sign_in_link(link: str) -> Message:
    return Message(
        _(
            "Somebody has tried many passwords for your account, so for now no password is accepted from new devices. "
            "If you want to sign in, open this link:\n%(link)s\n\nThe link works once, for an hour. "
            "If that was not you, ignore this mail: nobody has signed in."
        )
        % {"link": link},
        subject=_("Your link to sign in"),
    )


def channel_code(username: str, code: str) -> Message:
    """Return the first message on a channel, with the code that confirms it."""
    text = _(
        "The account %(username)s wants to send its messages here. If this is your account, enter this code there: "
        "%(code)s\n\nIt is valid for half an hour. If it is not your account, ignore this message."
    )
    return Message(text % {"username": username, "code": code}, subject=_("Your code"))


def channel_test() -> Message:
    return Message(_("This is a test message. It has arrived."), subject=_("Test"))
