"""The words of every message: kind and facts in, text out, in the language that is active."""

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.transport import Button, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderFacts:
    """What a reminder says: `at` is the wall-clock time; amounts are of the day."""

    delivery_id: int
    sentence: str
    at: time | None
    day: date
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
    return Message("\n".join(lines), subject=facts.sentence, buttons=reminder_buttons(facts.delivery_id))


def reminder_buttons(delivery_id: int) -> tuple[Button, ...]:
    return (
        Button(_("Done"), f"done:{delivery_id}"),
        Button(_("Skip"), f"skip:{delivery_id}"),
        Button(_("Later"), f"later:{delivery_id}"),
    )


def streak_line(count: int, unit: str) -> str:
    """A streak in its unit: "Streak: 3 days"."""
    names = {
        "day": ngettext("%(count)d day", "%(count)d days", count),
        "week": ngettext("%(count)d week", "%(count)d weeks", count),
        "month": ngettext("%(count)d month", "%(count)d months", count),
        "year": ngettext("%(count)d year", "%(count)d years", count),
    }
    each = names.get(unit) or "%(count)d × " + unit
    return _("🔥 Streak: %(streak)s") % {"streak": each % {"count": count}}


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
