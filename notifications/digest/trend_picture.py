"""The trend as a PNG for chats, which cannot show SVG.

It has the same geometry as the SVG of tracking.pictures.geometry and is drawn with Pillow, with labels in the active language.
Pillow is loaded when a picture is drawn: most homes never ask for one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

import achievements
from tracking.insights.summary import Summary
from tracking.pictures import drawing
from tracking.pictures.geometry import (
    BOTTOM,
    LEFT,
    RIGHT,
    WIDTH,
    Trend,
)
from users.models import User

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

MONTH = timedelta(days=30)
SCALE = 3  # pixels per unit
HEIGHT = 222  # units, as in the SVG
FONT = Path(achievements.__file__).with_name("fonts") / "DejaVuSansCondensed.ttf"
BACKGROUND, GRID, BAR, LINE = "#ffffff", "#d8dee4", "#7bc99b", "#b45309"
TITLE, MUTED = "#1f2328", "#59636e"


def render(summary: Summary, user: User, *, now: datetime) -> bytes | None:
    """Return the trend for a summary that has habits, as a PNG; None if there is nothing to draw yet."""
    [trend] = drawing.trends([trend_request(summary, user)], now=now)
    return png(trend) if trend.bars else None


def trend_request(summary: Summary, user: User) -> drawing.TrendRequest:
    """Return the trend to draw for a summary that has habits: the last year, or the last month for a new user."""
    tracks = [each.track for each in summary.habits]
    is_long = summary.last - min(track.begins_on for track in tracks) > MONTH
    return drawing.TrendRequest(user, tracks, "last_year" if is_long else "last_month")


def png(trend: Trend) -> bytes:
    """Return the picture as a PNG of WIDTH × HEIGHT units of SCALE pixels."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), BACKGROUND)
    draw = ImageDraw.Draw(image)
    _text(draw, 12, 22, trend.title, size=15, fill=TITLE)
    for level in trend.levels:
        draw.line(_scaled((LEFT, level.y, RIGHT, level.y)), fill=GRID, width=SCALE)
        _text(draw, level.x, level.y + 3.5, level.text, anchor="rs")
    for bar in trend.bars:
        draw.rectangle(_scaled((bar.x, bar.y, bar.x + bar.width, bar.y + bar.height)), fill=BAR)
    for points in trend.lines:
        draw.line(_scaled(chain.from_iterable(points)), fill=LINE, width=2 * SCALE, joint="curve")
    for label in trend.months:
        _text(draw, label.x, label.y, label.text, anchor="ms")
    y = BOTTOM + 35.5
    draw.rectangle(_scaled((LEFT, y - 8.5, LEFT + 10, y + 1.5)), fill=BAR)
    after = _text(draw, LEFT + 14, y, _("one week"))
    draw.line(_scaled((after + 14, y - 3.5, after + 32, y - 3.5)), fill=LINE, width=2 * SCALE)
    _text(draw, after + 37, y, _("last four weeks"))
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _text(
    draw: ImageDraw.ImageDraw, x: float, y: float, text: str, *, size: int = 11, fill: str = MUTED, anchor: str = "ls"
) -> float:
    """Draw a text on the base line y; return x plus the width of the text."""
    font = _font(size)
    draw.text((x * SCALE, y * SCALE), text, font=font, fill=fill, anchor=anchor)
    return x + font.getlength(text) / SCALE


def _scaled(units: Iterable[float]) -> list[float]:
    return [each * SCALE for each in units]


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(FONT, size * SCALE, layout_engine=ImageFont.Layout.BASIC)
