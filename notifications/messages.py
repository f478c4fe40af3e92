"""The words of every message: kind and facts in, text out, in the language that is active."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.errors import DomainError
from habits.models import Habit
from notifications.transport import Button, Message
from tracking.pictures import shortened
from tracking.summary import Summary, SummaryStats

MOST_TEXT, MOST_CAPTION = 4096, 1024  # characters, as Telegram counts them


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderFacts:
    """What a reminder says: `sentence` may be one's own words; amounts are of the day."""

    delivery_id: int
    token: str
    sentence: str
    daily_amount: Decimal
    unit: str
    done_amount: Decimal | None
    streak: int
    streak_unit: str
    at_risk: bool
    passed_over: int


def reminder(facts: ReminderFacts) -> Message:
    """The reminder, with buttons Done, Skip and Later."""
    lines = [f"⏰ {facts.sentence}"]
    if facts.daily_amount != 1 or facts.unit:
        amount = f"{facts.daily_amount.normalize():f} {facts.unit}".strip()
        if facts.done_amount:
            lines.append(
                _("%(done)s of %(amount)s so far.") % {"done": f"{facts.done_amount.normalize():f}", "amount": amount}
            )
        else:
            lines.append(amount)
    if facts.streak:
        lines.append(streak_line(facts.streak, facts.streak_unit))
    if facts.at_risk:
        lines.append(_("It ends today unless you do it."))
    if facts.passed_over:
        lines.append(
            ngettext(
                "%(count)d earlier reminder could not be sent.",
                "%(count)d earlier reminders could not be sent.",
                facts.passed_over,
            )
            % {"count": facts.passed_over}
        )
    return Message("\n".join(lines), subject=facts.sentence, buttons=reminder_buttons(facts.delivery_id, facts.token))


def by_mail(message: Message, *, link: str, turn_off: str) -> Message:
    """What goes to a chat as a mail: a link in place of its buttons, and one that turns such mails off."""
    parts = [message.text]
    if message.buttons:
        parts.append(_("Tick it off here:\n%(link)s") % {"link": link})
    parts.append(_("To get no more mails like this one:\n%(link)s") % {"link": turn_off})
    return replace(message, text="\n\n".join(parts), buttons=(), turn_off=turn_off)


def reminder_buttons(delivery_id: int, token: str) -> tuple[Button, ...]:
    """Return the buttons of a reminder; the delivery's token tells them from another delivery's with the same id."""
    name = _name(delivery_id, token)
    return (
        Button(_("Done"), f"done:{name}"),
        Button(_("Skip"), f"skip:{name}"),
        Button(_("Later"), f"later:{name}"),
    )


def later_buttons(delivery_id: int, token: str, times: Sequence[tuple[str, time | int]]) -> tuple[Button, ...]:
    """Return the choices after Later: (label, minutes from now or a wall-clock time), and the way back."""
    name = _name(delivery_id, token)
    choices = [
        Button(label, f"at:{name}:{at:%H%M}" if isinstance(at, time) else f"in:{name}:{at}") for label, at in times
    ]
    return (*choices, Button(_("↩ Back"), f"back:{name}"))


def _name(delivery_id: int, token: str) -> str:
    """A delivery in a button's data; one from before there were tokens has none."""
    return f"{delivery_id}:{token}" if token else str(delivery_id)


def sentence(habit: Habit, *, at: time | None = None) -> str:
    """Habit.sentence in the language that is active; `at` a time of one's own."""
    given = {"action": habit.action or habit.name, "place": habit.place}
    if at := at or habit.time:
        given["time"] = f"{at:%H:%M}"
        text = _("I will %(action)s at %(time)s in %(place)s") if habit.place else _("I will %(action)s at %(time)s")
    else:
        text = _("I will %(action)s in %(place)s") if habit.place else _("I will %(action)s")
    return text % given


def streak_line(count: int, unit: str) -> str:
    """A streak in its unit: "Streak: 3 days"."""
    return _("🔥 Streak: %(streak)s") % {"streak": periods(count, unit)}


def periods(count: int, unit: str) -> str:
    """So many of a streak's unit: "3 days", "2 weeks", "4 × 3 days"."""
    names = {
        "day": ngettext("%(count)d day", "%(count)d days", count),
        "week": ngettext("%(count)d week", "%(count)d weeks", count),
        "month": ngettext("%(count)d month", "%(count)d months", count),
        "year": ngettext("%(count)d year", "%(count)d years", count),
    }
    if unit in names:
        return names[unit] % {"count": count}
    window = int(unit.split()[0])
    return f"{count} × " + ngettext("%(count)d day", "%(count)d days", window) % {"count": window}


def day_name(day: date) -> str:
    """A day of the year: "21 November"."""
    return date_format(day, "j E")


def refusal(error: DomainError) -> str:
    """What a service refuses, for the person in the chat; what has no words of its own stays in the API's."""
    words = {
        "future_day": _("This day has not come yet."),
        "left": _("You no longer follow this habit."),
        "before_start": _("The habit had not started on that day."),
        "after_end": _("The habit has ended."),
        "does_not_exist": _("You have no such habit."),
        "too_many": _("There are too many of these; take old ones back first."),
    }
    return words.get(error.code, error.message)


def length(text: str) -> int:
    """The characters of a text as Telegram counts them: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def within(text: str, most: int) -> str:
    """The text in at most so many characters: cut at a line, and how many more there were."""
    if length(text) <= most:
        return text
    lines = text.split("\n")
    room = most - 40  # for the last line
    kept: list[str] = []
    for line in lines:
        room -= length(line) + 1
        if room < 0:
            break
        kept.append(line)
    if not kept:
        start = lines[0].encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore")
        return start + "…"
    left = len(lines) - len(kept)
    more = ngettext("… and %(count)d more line", "… and %(count)d more lines", left) % {"count": left}
    return "\n".join([*kept, more])


def done(sentence: str, *, streak: int, streak_unit: str, reward: str, pleasant: str) -> str:
    """The answer to Done: what stands, and what follows (the reward, or the pleasant habit)."""
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
    """A new habit, and when it will be asked for."""
    lines = [_("🌱 Habit created: %(habit)s") % {"habit": sentence}]
    if at:
        lines.append(_("I will remind you at %(time)s of your day.") % {"time": f"{at:%H:%M}"})
    return Message("\n".join(lines), subject=sentence)


def goal_reached(action: str, *, amount: Decimal | None, unit: str, days: int) -> Message:
    """A goal, with its amount a day (None: done or not) and its days: "read 30 minutes on 30 days"."""
    what = action if amount is None else f"{action} {amount.normalize():f} {unit}".strip()
    text = ngettext("🏁 Goal reached: %(what)s on %(days)d day", "🏁 Goal reached: %(what)s on %(days)d days", days)
    return Message(text % {"what": what, "days": days}, subject=action)


def achievement(name: str, *, description: str, picture: str, habit: str) -> Message:
    """An achievement in the person's language, and the habit that earned it ("": several did)."""
    lines = [_("%(picture)s Achievement: %(name)s") % {"picture": picture, "name": name}, description, habit]
    return Message("\n".join(line for line in lines if line), subject=name)


def digest(summary: Summary, *, photo: bytes | None) -> Message:
    """The week's digest: success, days, what changed, and the streaks."""
    span = {"first": day_name(summary.first), "last": day_name(summary.last)}
    subject = _("📊 Your week, %(first)s to %(last)s") % span
    lines = [subject, *figures(summary.stats)]
    lines += [
        f"🔥 {shortened(each.track.habit.name, 60)}: {periods(each.streak.current, each.streak.unit)}"
        for each in sorted(summary.habits, key=lambda each: -each.streak.current)
        if each.streak.current
    ]
    return Message(within("\n".join(lines), MOST_CAPTION), subject=subject, photo=photo)


def figures(figures: SummaryStats) -> list[str]:
    """Success and completed days of a stretch, each with its change against as many days before."""
    lines = []
    if figures.success_rate is None:
        lines.append(_("Success: nothing was asked for yet"))
    else:
        rate = {"rate": round(figures.success_rate * 100)}
        lines.append(_("Success: %(rate)d%%") % rate + _points(figures.success_rate_change))
    count = figures.completed
    done = ngettext("%(count)d day completed", "%(count)d days completed", count) % {"count": count}
    return [*lines, done + _days_more(figures.completed_change)]


def _points(change: float | None) -> str:
    """(12 points more than the week before)"""
    if change is None:
        return ""
    count = abs(round(change * 100))
    if not count:
        return " " + _("(as in the week before)")
    more = ngettext(
        "(%(count)d point more than the week before)", "(%(count)d points more than the week before)", count
    )
    less = ngettext(
        "(%(count)d point less than the week before)", "(%(count)d points less than the week before)", count
    )
    return " " + (more if change > 0 else less) % {"count": count}


def _days_more(change: int) -> str:
    """(3 more than the week before)"""
    if not change:
        return ""
    more = ngettext("(%(count)d more than the week before)", "(%(count)d more than the week before)", abs(change))
    fewer = ngettext("(%(count)d fewer than the week before)", "(%(count)d fewer than the week before)", abs(change))
    return " " + (more if change > 0 else fewer) % {"count": abs(change)}


def challenge_ended(name: str, *, rank: int, members: int, completed: int) -> Message:
    """A challenge that is over: one's place among so many, and one's completed days."""
    text = ngettext(
        "🏁 %(name)s is over. Your place: %(rank)d of %(members)d, with %(days)d completed day.",
        "🏁 %(name)s is over. Your place: %(rank)d of %(members)d, with %(days)d completed days.",
        completed,
    )
    return Message(text % {"name": name, "rank": rank, "members": members, "days": completed}, subject=name)


def challenge_cancelled(name: str) -> Message:
    return Message(_("The challenge %(name)s was cancelled.") % {"name": name}, subject=name)


def chat_confirmation(username: str, token: str) -> Message:
    """Asks a chat whether it belongs to the account that named it."""
    text = _("The account %(username)s wants to send its reminders here. Is that you?")
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
            "If you did not ask for this, ignore this mail: your password stays."
        )
        % {"link": link},
        subject=_("Choose a new password"),
    )
