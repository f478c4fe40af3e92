"""Explanations in sentences, in the active language."""

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from habits.recurrence import DAY
from tracking.explanations.rules import ExplainedPeriod, Explanation, Reason, Start, Statement
from tracking.streaks.rules import Verdict
from tracking.streaks.words import format_streak


def describe_streak(of: Explanation) -> str:
    """Return the streak, since when it has been counted, and what is before it."""
    if of.since is None:
        streak = _("There is no streak now.")
    else:
        streak = _("The streak is %(streak)s, since %(day)s.") % {
            "streak": format_streak(of.current, of.unit),
            "day": format_day(of.since, of.today),
        }
    return f"{streak} {_describe_start(of)}"


def _describe_start(of: Explanation) -> str:
    if of.start is Start.BROKEN:
        broken = of.periods[-1]
        return _("Last broken: %(span)s.") % {"span": format_span(broken.first, broken.last, of.today)}
    day = format_day(of.starts_on, of.today)
    if of.start is Start.UNIT_CHANGED:
        return _("The schedule changed on %(day)s, and with it the unit in which the streak is counted.") % {"day": day}
    begins = _("The habit begins on %(day)s.") if of.starts_on > of.today else _("The habit began on %(day)s.")
    return begins % {"day": day}


def describe_period(of: ExplainedPeriod, today: date, unit: str) -> str:
    """Return the days of a period with its verdict and what was done: "16 – 22 November: kept, 3 of 3".

    `unit`: that of the amounts of a limit habit, perhaps empty.
    """
    texts = {
        Verdict.KEPT: _("%(span)s: kept, %(progress)s"),
        Verdict.OPEN: _("%(span)s: not over yet, %(progress)s so far"),
        Verdict.EXCUSED: _("%(span)s: excused, %(progress)s"),
        Verdict.BROKEN: _("%(span)s: broken, %(progress)s"),
    }
    span = format_span(of.period.first, of.period.last, today)
    return texts[of.judgement.verdict] % {"span": span, "progress": _progress(of, unit)}


def _progress(of: ExplainedPeriod, unit: str) -> str:
    if of.period.limit is None or of.amount is None:
        return _("%(done)d of %(required)d") % {"done": of.judgement.done, "required": of.judgement.required}
    amounts = {"amount": _format_amount(of.amount), "limit": f"{_format_amount(of.period.limit)} {unit}".strip()}
    return _("%(amount)s of at most %(limit)s") % amounts


def describe_reason(of: Statement, *, today: date, day_starts_at: int) -> str:
    """Return a reason as one or two sentences."""
    return _TEXTS[of.reason](of) % {
        "day": format_day(of.day, today),
        "span": format_span(of.day, of.last, today),
        "count": of.count,
        "total": of.total,
        "required": of.required,
        "full": of.full,
        "time": f"{time(day_starts_at):%H:%M}",
        "paused": format_span(of.day + DAY, of.last, today),
    }


def format_day(day: date, today: date) -> str:
    """Return a date, with its year if that is not the present one: "21 November", "21 November 2025"."""
    return date_format(day, "j E" if day.year == today.year else "j E Y")


def format_span(first: date, last: date, today: date) -> str:
    """Return a stretch of days: "21 November", "16 – 22 November", "30 November – 6 December"."""
    if first == last:
        return format_day(first, today)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} – {format_day(last, today)}"
    return f"{format_day(first, today)} – {format_day(last, today)}"


def _format_amount(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _cut(of: Statement) -> str:
    if of.by_week_start:
        return _("Since %(day)s your week has started on another day.")
    return _("The schedule changed on %(day)s.")


def _rest_of_period(of: Statement) -> str:
    if of.is_limit:
        rest = _("This is the rest of the period, which breaks the streak only if its limit is exceeded.")
    else:
        rest = _("This is the rest of the period, which does not break the streak.")
    return f"{_cut(of)} {rest}"


def _end_moved(of: Statement) -> str:
    moved = _("The habit had ended on %(day)s, and was continued later.")
    return moved + " " + _("Paused: %(paused)s.") if of.last > of.day else moved


def _paused_days(of: Statement) -> str:
    if of.total == 1:
        return _("This day was paused.")
    paused = _("Paused: %(count)d of %(total)d days.")
    return paused + " " + _("Required: %(required)d instead of %(full)d.") if of.required < of.full else paused


_TEXTS: dict[Reason, Callable[[Statement], str]] = {
    Reason.REST_OF_PERIOD: _rest_of_period,
    Reason.BEGINS_LATE: lambda _of: _("The habit began in the middle of it, on %(day)s."),
    Reason.ENDS_EARLY: lambda _of: _("The habit ends in the middle of it, on %(day)s."),
    Reason.END_MOVED: _end_moved,
    Reason.ALL_PAUSED: lambda _of: _("All of it was paused."),
    Reason.SKIPPED: lambda _of: _("Skipped: %(day)s."),
    Reason.TOO_FEW_LEFT: lambda _of: _("Days that were neither skipped nor paused: %(count)d. It needed %(required)d."),
    Reason.PAUSED_TO_END: lambda _of: _(
        "The pause from %(day)s lasted to its end, and before the pause it could still be kept."
    ),
    Reason.ALL_SKIPPED_OR_PAUSED: lambda _of: _("All of its days were skipped or paused."),
    Reason.CUT: lambda of: _cut(of) + " " + _("That ended the period early."),
    Reason.CUT_IN_TIME: lambda of: (
        _cut(of) + " " + _("The period could still be kept then, so it does not break the streak.")
    ),
    Reason.CUT_TOO_LATE: lambda of: _cut(of) + " " + _("The period could no longer be kept then."),
    Reason.TAKEN_ALONG: lambda of: ngettext(
        "%(count)d day completed before that counts too.", "%(count)d days completed before that count too.", of.count
    ),
    Reason.NOTHING_SINCE_CUT: lambda _of: _("Nothing has been completed since %(day)s."),
    Reason.NOTHING_ASKED_AFTER_CUT: lambda _of: _(
        "It was kept before the change, so nothing is asked in the rest of it: %(span)s."
    ),
    Reason.PAUSED_DAYS: _paused_days,
    Reason.ENOUGH_LEFT: lambda of: ngettext(
        "%(count)d day was skipped, but enough days were left.",
        "%(count)d days were skipped, but enough days were left.",
        of.count,
    ),
    Reason.SKIPPED_DATE: lambda _of: _("Your time zone skips %(day)s."),
    Reason.DAY_NOT_OVER: lambda _of: _("For you it is still %(day)s: your day starts at %(time)s."),
    Reason.DONE_AFTER_MIDNIGHT: lambda _of: _(
        "What you did after midnight counts for %(day)s: your day starts at %(time)s."
    ),
}
