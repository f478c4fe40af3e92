"""Texts of pictures in the active language: titles, descriptions, legends and month names."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracking.pictures.geometry import (
    PARTIAL_MARKS,
    Heatmap,
    Mark,
    MonthLabel,
    Trend,
    percent,
)


def heatmap(picture: Heatmap) -> Heatmap:
    """Return the heatmap with its texts in the active language."""
    counts = picture.counts
    if picture.is_limit:
        return _limit_heatmap(picture)
    done = ngettext("%(count)d day completed", "%(count)d days completed", counts[Mark.FULL]) % {
        "count": counts[Mark.FULL]
    }
    partly = sum(counts[mark] for mark in PARTIAL_MARKS)
    partly_done = _("%(count)d partly done") % {"count": partly}
    days = [
        done,
        partly_done,
        _("%(count)d missed") % {"count": counts[Mark.MISSED]},
        _("%(count)d skipped") % {"count": counts[Mark.SKIPPED]},
        _("%(count)d paused") % {"count": counts[Mark.PAUSED]},
        _("%(count)d without an entry") % {"count": counts[Mark.NOTHING]},
    ]
    return _with_texts(picture, days, f"{done}, {partly_done}" if partly else done, _names())


def _limit_heatmap(picture: Heatmap) -> Heatmap:
    counts = picture.counts
    within = days_within_limit(picture)
    days = [
        within,
        _("%(count)d over the limit") % {"count": counts[Mark.MISSED]},
        _("%(count)d skipped") % {"count": counts[Mark.SKIPPED]},
        _("%(count)d paused") % {"count": counts[Mark.PAUSED]},
        _("%(count)d without an entry") % {"count": counts[Mark.NOTHING]},
    ]
    names = {
        Mark.FULL: _("nothing"),
        Mark.MUCH: _("under ⅓"),
        Mark.LITTLE: _("over ⅔"),
        Mark.MISSED: _("over the limit"),
    }
    return _with_texts(picture, days, within, _names() | names)


def days_within_limit(picture: Heatmap) -> str:
    """Return how many days of a limit habit were within its limit: "5 days within the limit"."""
    count = sum(picture.counts[mark] for mark in (Mark.FULL, *PARTIAL_MARKS))
    return ngettext("%(count)d day within the limit", "%(count)d days within the limit", count) % {"count": count}


def _with_texts(picture: Heatmap, days: Iterable[str], what: str, names: Mapping[Mark, str]) -> Heatmap:
    """Return the heatmap with a description of its days, `what` it shows in short, and the names of its marks."""
    return replace(
        picture,
        title=_("%(habit)s: the past year") % {"habit": picture.name},
        description=_describe(picture, ", ".join(days)),
        summary=_("%(what)s in the year to %(date)s") % {"what": what, "date": picture.last},
        months=_months(picture.months),
        weekdays=[replace(label, text=str(WEEKDAYS_ABBR[label.weekday])) for label in picture.weekdays],
        legend=[replace(cell, name=names[cell.mark]) for cell in picture.legend],
    )


def trend(picture: Trend) -> Trend:
    """Return the trend with its texts in the active language."""
    summary = _("Nothing was due yet")
    if picture.rate is not None:
        summary = _("%(rate)s completed over all habits") % {"rate": percent(picture.rate)}
    description = _describe(picture, summary)
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


def _describe(picture: Heatmap | Trend, what: str) -> str:
    return _("From %(first)s to %(last)s: %(what)s.") % {"first": picture.first, "last": picture.last, "what": what}


def _months(labels: Iterable[MonthLabel]) -> list[MonthLabel]:
    """Return the labels with their texts in the active language: "Nov", "16 Nov"."""
    return [
        replace(label, text=f"{label.day or ''} {str(MONTHS_3[label.month]).capitalize()}".strip()) for label in labels
    ]


def _names() -> dict[Mark, str]:
    """Return the legend text of each mark."""
    return {
        Mark.LITTLE: _("under ⅓"),
        Mark.HALF: _("⅓ to ⅔"),
        Mark.MUCH: _("over ⅔"),
        Mark.FULL: _("completed"),
        Mark.NOTHING: _("no entry"),
        Mark.MISSED: _("missed"),
        Mark.SKIPPED: _("skipped"),
        Mark.PAUSED: _("paused"),
        Mark.NOT_DUE: _("not due"),
        Mark.OUTSIDE: _("not tracked"),
    }
