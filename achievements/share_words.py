"""What a share link says: its facts in words, in its owner's language, and the ready links by which chats take it."""

from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote, urlencode

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from achievements.cards import Card, Icon
from achievements.models import ShareLink
from tracking.pictures import Heatmap, Mark, printable
from tracking.streaks import Streak


@dataclass(frozen=True, slots=True)
class Shared:
    """What a live link shows, and nothing else of its owner: `title` and `text` for a chat, the card, the year."""

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
    """The absolute address of the public page."""
    return f"{settings.SITE_URL}/s/{token}/"


def card_url(token: str) -> str:
    """The absolute address of the card picture."""
    return f"{page_url(token)}card.png"


def ready_links(*, title: str, url: str) -> dict[str, str]:
    """Addresses that open a share in an app, which asks whom to send it to."""
    return {
        "telegram": "https://t.me/share/url?" + _query(url=url, text=title),
        "whatsapp": "https://wa.me/?" + _query(text=f"{title} {url}"),
        "x": "https://twitter.com/intent/tweet?" + _query(text=title, url=url),
        "facebook": "https://www.facebook.com/sharer/sharer.php?" + _query(u=url),
    }


def title_of(link: ShareLink, *, streak: Streak | None) -> str:
    """One line about it: "45 days in a row: Push-ups". `streak`: of a link to one."""
    with translation.override(link.user.language):
        heading = _heading(link)
        if streak:
            return f"{streak.current or streak.longest} {_in_a_row(streak)}: {heading}"
        if link.kind == ShareLink.Kind.YEAR:
            return _("A year of days: %(habit)s") % {"habit": heading}
        return _("Achievement: %(name)s") % {"name": heading}


def shared_achievement(link: ShareLink, *, earned_on: date) -> Shared:
    """What a link to an achievement shows: its name, its description, and the day on which it was earned."""
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


def shared_streak(link: ShareLink, *, streak: Streak) -> Shared:
    """What a link to a streak shows: the current one, else the longest."""
    with translation.override(link.user.language):
        note = ""
        if streak.longest > streak.current:
            note = _("Longest so far: %(count)d") % {"count": streak.longest} if streak.current else _("Longest so far")
        card = Card(
            label=_("%(username)s’s streak") % {"username": link.user.username},
            heading=_heading(link),
            figure=str(streak.current or streak.longest),
            line=_in_a_row(streak),
            note=note,
            brand=_("Habit Tracker"),
            icon=Icon.FLAME,
        )
    return _shared(link, card, title=title_of(link, streak=streak))


def shared_year(link: ShareLink, *, year: Heatmap, today: date) -> Shared:
    """What a link to a year shows: its heatmap, and how many days are completed."""
    marks = tuple(cell.mark for cell in year.cells)
    done = marks.count(Mark.FULL)
    with translation.override(link.user.language):
        line = ngettext(
            "%(count)d day completed in the year to %(date)s", "%(count)d days completed in the year to %(date)s", done
        )
        card = Card(
            label=_("%(username)s’s year") % {"username": link.user.username},
            heading=_heading(link),
            line=line % {"count": done, "date": date_format(today)},
            brand=_("Habit Tracker"),
            marks=marks,
        )
    title = title_of(link, streak=None)
    drawn = replace(year, title=title, summary=card.line, description=card.line)
    return _shared(link, card, title=title, year=drawn)


def _shared(link: ShareLink, card: Card, *, title: str, year: Heatmap | None = None) -> Shared:
    said = [card.label, "" if card.figure else card.line.rstrip("."), card.note]  # a figure is in the title
    return Shared(
        kind=link.kind,
        username=link.user.username,
        language=link.user.language,
        title=title,
        text=". ".join(each for each in said if each),
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


def _in_a_row(streak: Streak) -> str:
    """The words after the number of a streak, in its unit: "days in a row"."""
    count = streak.current or streak.longest
    names = {
        "day": ngettext("day in a row", "days in a row", count),
        "week": ngettext("week in a row", "weeks in a row", count),
        "month": ngettext("month in a row", "months in a row", count),
        "year": ngettext("year in a row", "years in a row", count),
    }
    if streak.unit in names:
        return names[streak.unit]
    days = int(streak.unit.split()[0])
    return _("× %(unit)s in a row") % {"unit": ngettext("%(count)d day", "%(count)d days", days) % {"count": days}}


def _query(**values: str) -> str:
    return urlencode(values, quote_via=quote, safe="")
