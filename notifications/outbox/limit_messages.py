"""Texts and buttons of limit habits: how much of the limit of a period is used and left. Nothing here reads or writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from common.limits import AMOUNT_DECIMALS
from habits.recurrence import Period
from habits.units import StreakUnit, UnitBase
from notifications.channels.transport import Button, Message
from notifications.outbox import messages, mini_app
from tracking.streaks.rules import LimitProgress, Verdict

NOT_COUNTED = "-"  # the state of a day that is skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedLimit:
    """How much of the limit of a period is used, with the habit's unit, as shown on `today`."""

    progress: LimitProgress
    period: Period
    unit: str
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReminder:
    """The content of a reminder of a limit habit. `sentence` may be the user's own text; `state`: of the day, see day_state."""

    delivery_id: int
    token: str
    sentence: str
    used: UsedLimit
    state: str
    streak: int
    streak_unit: StreakUnit
    missed_count: int


def reminder(content: LimitReminder) -> Message:
    """Return a reminder that says how much is left, with the buttons to count, Skip and Later."""
    lines = [f"⏰ {content.sentence}", left_line(content.used)]
    if content.streak:
        lines.append(messages.streak_line(content.streak, content.streak_unit))
    if content.missed_count:
        lines.append(messages.missed_reminders(content.missed_count))
    buttons = reminder_buttons(content.delivery_id, content.token, content.state, content.used.progress.limit)
    return Message("\n".join(lines), subject=content.sentence, buttons=buttons)


def counted(sentence: str, used: UsedLimit, *, streak: int, streak_unit: StreakUnit) -> str:
    """Return the answer to a count: how much of the limit is used."""
    lines = [f"📉 {sentence}", used_line(used)]
    if streak:
        lines.append(messages.streak_line(streak, streak_unit))
    return "\n".join(lines)


def left_line(used: UsedLimit) -> str:
    """Return how much is left: "2 of 3 cups left this week."; of a limit of 0 that nothing has happened."""
    progress = used.progress
    if not progress.limit:
        return _("Nothing so far %(when)s.") % {"when": _when(used)}
    texts = {"left": plain(progress.left), "limit": _limit(used), "when": _when(used)}
    return _("%(left)s of %(limit)s left %(when)s.") % texts


def used_line(used: UsedLimit) -> str:
    """Return how much is used: "1 of 3 cups this week.", or that it is over the limit."""
    texts = {"amount": plain(used.progress.amount), "limit": _limit(used), "when": _when(used)}
    if used.progress.verdict is Verdict.BROKEN:
        return _("Over the limit: %(amount)s of %(limit)s %(when)s.") % texts
    return _("%(amount)s of %(limit)s %(when)s.") % texts


def reminder_buttons(delivery_id: int, token: str, state: str, limit: Decimal) -> tuple[Button, ...]:
    """Return the buttons of a reminder. `state`: of the day, see day_state; what is said already is not offered."""
    name = messages.button_target(delivery_id, token)
    first = () if state else (Button(_("Nothing today"), f"none:{name}"), Button(_("Skip"), f"skip:{name}"))
    later, opens = messages.later_button(delivery_id, token), mini_app.open_buttons(_("Open"))
    return (*count_buttons(name, state, limit), *first, later, *opens)


def answer_buttons(delivery_id: int, token: str, *, before: str, state: str, limit: Decimal) -> tuple[Button, ...]:
    """Return the buttons after a count: the next one, and the one that takes it back."""
    name = messages.button_target(delivery_id, token)
    return (*count_buttons(name, state, limit), Button(_("↩ Undo"), f"less:{name}:{before}={state}"))


def count_buttons(name: str, state: str, limit: Decimal) -> tuple[Button, ...]:
    """Return a button for each amount that is counted at once. Their data has the day's state, so that none counts twice."""
    return tuple(Button(f"+{step}", f"more:{name}:{step}:{state}") for step in steps(limit))


def day_state(amount: Decimal | None, *, is_logged: bool) -> str:
    """Return the state of a day in a button's data: its amount in hundredths, empty without a log."""
    if not is_logged:
        return ""
    return NOT_COUNTED if amount is None else f"{amount.scaleb(AMOUNT_DECIMALS):.0f}"


def steps(limit: Decimal) -> Sequence[int]:
    """Return the amounts that are counted with one tap, for a limit of this size."""
    return (1,) if limit <= 10 else (1, 5, 10) if limit <= 100 else (10, 30, 60)


def plain(amount: Decimal) -> str:
    """Return an amount without zeros at its end."""
    return f"{amount.normalize():f}"


def _limit(used: UsedLimit) -> str:
    return f"{plain(used.progress.limit)} {used.unit}".strip()


def _when(used: UsedLimit) -> str:
    """Return "today", "this week" or "this month", or the end of a period that is over."""
    if used.period.last < used.today:
        return _("up to %(day)s") % {"day": messages.format_day(used.period.last)}
    texts = {UnitBase.DAY: _("today"), UnitBase.WEEK: _("this week"), UnitBase.MONTH: _("this month")}
    return texts[used.period.unit.base]
