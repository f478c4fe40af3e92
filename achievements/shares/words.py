"""Texts of a share link in its owner's language, and the links that send it with other apps."""

from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote, urlencode

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from achievements.models import ShareLink
from achievements.shares.cards import Card, Icon
from habits.units import UnitBase
from tracking.pictures.geometry import Heatmap, Mark, printable
from tracking.pictures.words import days_within_limit
from tracking.streaks.rules import Streak
from tracking.streaks.words import counted_units


@dataclass(frozen=True, slots=True)
class SharedContent:
    """Everything that a live link shows; it holds nothing else about the owner.

    `title` and `text` are for link previews, `year` is the heatmap of a link to a year.
    """

    kind: str
    username: str
    language: str
    title: str
    text: str
    url: str
    card_url: str
    card: Card
    year: Heatmap | None = None


def page_url(token: str) -> str:
    """Return the absolute URL of the public page."""
    return f"{settings.SITE_URL}/s/{token}/"


def card_url(token: str) -> str:
    """Return the absolute URL of the preview picture."""
    return f"{page_url(token)}card.png"


def app_links(*, title: str, url: str) -> dict[str, str]:
    """Return URLs by app name; each opens that app, which asks to whom the link should be sent."""
    return {
        "telegram": "https://t.me/share/url?" + _query(url=url, text=title),
        "whatsapp": "https://wa.me/?" + _query(text=f"{title} {url}"),
        "x": "https://twitter.com/intent/tweet?" + _query(text=title, url=url),
        "facebook": "https://www.facebook.com/sharer/sharer.php?" + _query(u=url),
    }


def title_of(link: ShareLink, *, streak: Streak | None) -> str:
    """Return one line, such as "45 days in a row: Push-ups". `streak` is given for a link to a streak."""
    with translation.override(link.user.language):
        heading = _heading(link)
        if streak:
            return f"{streak.current or streak.longest} {_unit_in_a_row(streak)}: {heading}"
        if link.kind == ShareLink.Kind.YEAR:
            return _("A year of days: %(habit)s") % {"habit": heading}
        return _("Achievement: %(name)s") % {"name": heading}


def shared_achievement(link: ShareLink, *, earned_on: date) -> SharedContent:
    """Return the content of a link to an achievement: name, description and the day on which it was earned."""
    assert link.achievement
    with translation.override(link.user.language):
        card = Card(
            label=_("%(username)s’s achievement") % {"username": link.user.username},
            heading=_heading(link),
            line=printable(link.achievement.description_in(link.user.language)),
            note=_("Earned on %(date)s") % {"date": date_format(earned_on)},
            brand=_("Habit Tracker"),
            icon=Icon.MEDAL,
        )
    return _shared(link, card, title=title_of(link, streak=None))


def shared_streak(link: ShareLink, *, streak: Streak) -> SharedContent:
    """Return the content of a link to a streak: the current one, or the longest if the current one is 0."""
    with translation.override(link.user.language):
        note = ""
        if streak.longest > streak.current:
            note = _("Longest so far: %(count)d") % {"count": streak.longest} if streak.current else _("Longest so far")
        card = Card(
            label=_("%(username)s’s streak") % {"username": link.user.username},
            heading=_heading(link),
            number=str(streak.current or streak.longest),
            line=_unit_in_a_row(streak),
            note=note,
            brand=_("Habit Tracker"),
            icon=Icon.FLAME,
        )
    return _shared(link, card, title=title_of(link, streak=streak))


def shared_year(link: ShareLink, *, year: Heatmap, today: date) -> SharedContent:
    """Return the content of a link to a year: the heatmap and the number of completed days, or of days within the limit."""
    marks = tuple(cell.mark for cell in year.cells)
    completed = marks.count(Mark.FULL)
    with translation.override(link.user.language):
        line = ngettext(
            "%(count)d day completed in the year to %(date)s",
            "%(count)d days completed in the year to %(date)s",
            completed,
        ) % {"count": completed, "date": date_format(today)}
        if year.is_limit:
            what = days_within_limit(year)
            line = _("%(what)s in the year to %(date)s") % {"what": what, "date": date_format(today)}
        card = Card(
            label=_("%(username)s’s year") % {"username": link.user.username},
            heading=_heading(link),
            line=line,
            brand=_("Habit Tracker"),
            marks=marks,
        )
    title = title_of(link, streak=None)
    drawn = replace(year, title=title, summary=card.line, description=card.line)
    return _shared(link, card, title=title, year=drawn)


def _shared(link: ShareLink, card: Card, *, title: str, year: Heatmap | None = None) -> SharedContent:
    sentences = [card.label, "" if card.number else card.line.rstrip("."), card.note]  # the title has the number
    return SharedContent(
        kind=link.kind,
        username=link.user.username,
        language=link.user.language,
        title=title,
        text=". ".join(each for each in sentences if each),
        url=page_url(link.token),
        card_url=card_url(link.token),
        card=card,
        year=year,
    )


def _heading(link: ShareLink) -> str:
    if link.achievement:
        return printable(link.achievement.name_in(link.user.language))
    assert link.track
    return printable(link.track.habit.name)


def _unit_in_a_row(streak: Streak) -> str:
    """Return the words after a streak's number, such as "days in a row"."""
    count = streak.current or streak.longest
    if streak.unit.count > 1:
        return _("× %(unit)s in a row") % {"unit": counted_units(streak.unit.count, streak.unit.base)}
    names = {
        UnitBase.DAY: ngettext("day in a row", "days in a row", count),
        UnitBase.WEEK: ngettext("week in a row", "weeks in a row", count),
        UnitBase.MONTH: ngettext("month in a row", "months in a row", count),
        UnitBase.YEAR: ngettext("year in a row", "years in a row", count),
    }
    return names[streak.unit.base]


def _query(**values: str) -> str:
    return urlencode(values, quote_via=quote, safe="")
