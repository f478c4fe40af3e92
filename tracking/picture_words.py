"""What pictures say in words, in the language that is active: titles, text alternatives, legends, months."""

from collections.abc import Iterable
from dataclasses import replace

from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracking.pictures import MONTHS, PARTLY, Heatmap, Label, Mark, Trend, percent

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def heatmap(picture: Heatmap) -> Heatmap:
    """The heatmap with its words."""
    names, counts = _names(), picture.counts
    done = ngettext("%(count)d day completed", "%(count)d days completed", counts[Mark.FULL]) % {
        "count": counts[Mark.FULL]
    }
    partly = sum(counts[mark] for mark in PARTLY)
    in_part = _("%(count)d in part") % {"count": partly}
    days = [
        done,
        in_part,
        _("%(count)d missed") % {"count": counts[Mark.MISSED]},
        _("%(count)d skipped") % {"count": counts[Mark.SKIPPED]},
        _("%(count)d paused") % {"count": counts[Mark.PAUSED]},
        _("%(count)d without an entry") % {"count": counts[Mark.NOTHING]},
    ]
    return replace(
        picture,
        title=_("%(habit)s: a year of days") % {"habit": picture.name},
        description=_said_of(picture, ", ".join(days)),
        summary=_("%(what)s in the year to %(date)s")
        % {"what": f"{done}, {in_part}" if partly else done, "date": picture.last},
        months=_months(picture.months),
        weekdays=[replace(label, text=str(WEEKDAYS_ABBR[WEEKDAYS.index(label.text)])) for label in picture.weekdays],
        legend=[replace(cell, name=names[cell.mark]) for cell in picture.legend],
    )


def trend(picture: Trend) -> Trend:
    """The trend with its words."""
    summary = _("Nothing was to be done yet")
    if picture.rate is not None:
        summary = _("%(rate)s of what was asked, over all") % {"rate": percent(picture.rate)}
    description = _said_of(picture, summary)
    if picture.best and picture.weakest:
        extremes = _("Best: %(best)s in the week of %(best_week)s; weakest: %(worst)s in the week of %(worst_week)s.")
        description += " " + extremes % {
            "best": percent(picture.best.rate or 0),
            "best_week": picture.best.first,
            "worst": percent(picture.weakest.rate or 0),
            "worst_week": picture.weakest.first,
        }
    return replace(
        picture,
        title=_("Success per week"),
        description=description,
        summary=summary,
        months=_months(picture.months),
    )


def _said_of(picture: Heatmap | Trend, what: str) -> str:
    return _("From %(first)s to %(last)s: %(what)s.") % {"first": picture.first, "last": picture.last, "what": what}


def _months(labels: Iterable[Label]) -> list[Label]:
    """Labels of months ("Nov", "16 Nov") with the month's name in the language that is active."""
    found = []
    for label in labels:
        day, _space, name = label.text.rpartition(" ")
        found.append(replace(label, text=f"{day} {str(MONTHS_3[MONTHS.index(name) + 1]).capitalize()}".strip()))
    return found


def _names() -> dict[Mark, str]:
    """The marks in a legend."""
    return {
        Mark.LITTLE: _("under ⅓"),
        Mark.HALF: _("⅓ to ⅔"),
        Mark.MUCH: _("over ⅔"),
        Mark.FULL: _("completed"),
        Mark.NOTHING: _("no entry"),
        Mark.MISSED: _("missed"),
        Mark.SKIPPED: _("skipped"),
        Mark.PAUSED: _("paused"),
        Mark.NOT_ASKED: _("not asked"),
        Mark.OUTSIDE: _("not tracked"),
    }
