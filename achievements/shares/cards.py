"""Draw the preview picture that chats show for a share link: a PNG with a few words and an icon or a year of days.

Pure functions. The bundled font covers Latin, Cyrillic, Greek and many symbols; other characters are left out rather
than drawn as boxes. The page that the card belongs to shows the full text.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tracking.pictures.geometry import Mark, printable

WIDTH, HEIGHT = 1200, 630
VERSION = 1  # part of the ETag: increase it when the drawing changes
MAX_CACHED = 64  # pictures of about 30 kB

LEFT, RIGHT = 72, WIDTH - 72
ICON = 300
TEXT_WIDTH_BESIDE_ICON = RIGHT - ICON - 48 - LEFT
FOOTER_TOP = HEIGHT - 92
PITCH, CELL, GRID_TOP = 20, 17, 318
SUPERSAMPLING = 4  # shapes are drawn this many times larger, then reduced, which smooths their edges

Colour = tuple[int, int, int]
Point = tuple[float, float]
Curve = tuple[Point, Point, Point]

TOP_COLOUR, BOTTOM_COLOUR = (14, 46, 36), (31, 98, 75)
WHITE, MUTED, AMBER, EMBER = (255, 255, 255), (188, 220, 205), (255, 196, 87), (245, 130, 42)
FILL: dict[Mark, Colour] = {
    Mark.LITTLE: (45, 122, 92),
    Mark.HALF: (74, 165, 124),
    Mark.MUCH: (121, 210, 165),
    Mark.FULL: (204, 255, 226),
}
EMPTY, OUTSIDE = (36, 87, 69), (58, 112, 92)

# Outlines in a square of 100 units: a starting point, then cubic Bézier curves.
FLAME: tuple[Point, tuple[Curve, ...]] = (
    (50, 3),
    (
        ((54, 24), (83, 38), (83, 64)),
        ((83, 84), (68, 97), (50, 97)),
        ((32, 97), (17, 84), (17, 64)),
        ((17, 52), (23, 44), (29, 35)),
        ((31, 45), (35, 50), (41, 52)),
        ((37, 36), (42, 18), (50, 3)),
    ),
)
INNER_FLAME: tuple[Point, tuple[Curve, ...]] = (
    (51, 50),
    (
        ((55, 62), (67, 66), (67, 79)),
        ((67, 89), (60, 94), (50, 94)),
        ((40, 94), (33, 89), (33, 79)),
        ((33, 70), (45, 66), (51, 50)),
    ),
)
STAR: tuple[Point, ...] = (
    (50, 41),
    (54.7, 53.5),
    (68.1, 54.1),
    (57.6, 62.5),
    (61.2, 75.4),
    (50, 68),
    (38.8, 75.4),
    (42.4, 62.5),
    (31.9, 54.1),
    (45.3, 53.5),
)


class Icon(Enum):
    FLAME = "flame"
    MEDAL = "medal"


@dataclass(frozen=True, slots=True)
class Card:
    """The texts of a card from top to bottom, and its drawing: an icon, or `marks` of a year starting on a Monday."""

    label: str
    heading: str
    brand: str
    number: str = ""
    line: str = ""
    note: str = ""
    icon: Icon | None = None
    marks: tuple[Mark, ...] = ()


@lru_cache(MAX_CACHED)
def render_png(card: Card) -> bytes:
    """Return the card as a PNG of WIDTH × HEIGHT pixels. The same card always gives the same bytes."""
    image = _background().copy()
    draw = ImageDraw.Draw(image)
    width = TEXT_WIDTH_BESIDE_ICON if card.icon else RIGHT - LEFT
    y = _draw_text(draw, card.label, y=60, sizes=(34,), width=width, lines=1, fill=AMBER)
    y = _draw_text(
        draw, card.heading, y=y + 14, sizes=(76, 64, 54, 46), width=width, lines=1 if card.marks else 2, bold=True
    )
    if card.number:
        y = _draw_number(draw, card, y + 20, width)
    elif card.line:
        y = _draw_text(draw, card.line, y=y + 18, sizes=(38, 34), width=width, lines=3, fill=WHITE)
    _draw_text(draw, card.note, y=y + 18, sizes=(32,), width=width, lines=1, fill=MUTED)
    if card.icon:
        drawn = _icon(card.icon)
        image.paste(drawn, (RIGHT - ICON, (FOOTER_TOP - ICON) // 2 + 24), drawn)
    for at, mark in enumerate(card.marks):
        tile = _tile(mark)
        image.paste(tile, (LEFT + PITCH * (at // 7), GRID_TOP + PITCH * (at % 7)), tile)
    image.paste(_logo(), (LEFT, FOOTER_TOP), _logo())
    draw.text((LEFT + 62, FOOTER_TOP + 22), card.brand, font=_font(30, bold=True), fill=WHITE, anchor="lm")
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def drawable(text: str) -> str:
    """Return the text without characters that the font lacks or that are written from right to left."""
    text = unicodedata.normalize("NFC", printable(text))
    return " ".join("".join(each for each in text if _has_glyph(each)).split())


def _draw_text(
    draw: ImageDraw.ImageDraw,
    text: str,
    *,
    y: int,
    sizes: Sequence[int],
    width: int,
    lines: int,
    bold: bool = False,
    fill: Colour = WHITE,
) -> int:
    """Draw the text in the largest size that fits, truncated if none does; return the y below it."""
    text = drawable(text)
    for size in sizes:
        font = _font(size, bold=bold)
        wrapped = _wrapped(text, font, width)
        if len(wrapped) <= lines:
            break
    else:
        wrapped = [*wrapped[: lines - 1], _truncated(wrapped[lines - 1], font, width)]
    for line in wrapped:
        draw.text((LEFT, y), line, font=font, fill=fill)
        y += round(size * 1.22)
    return y


def _draw_number(draw: ImageDraw.ImageDraw, card: Card, y: int, width: int) -> int:
    """Draw the large number with the card's line beside it, on one baseline; return the y below them."""
    font = _font(150, bold=True)
    baseline = y + 130
    draw.text((LEFT - 6, baseline), card.number, font=font, fill=WHITE, anchor="ls")
    line_left = LEFT + round(font.getlength(card.number)) + 22
    line = drawable(card.line)
    for size in (50, 40, 32, 26):
        line_font = _font(size, bold=True)
        if line_left - LEFT + line_font.getlength(line) <= width:
            break
    else:
        line = _truncated(line, line_font, LEFT + width - line_left)
    draw.text((line_left, baseline), line, font=line_font, fill=AMBER, anchor="ls")
    return baseline + 14


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Return the lines of the text; a word that is longer than a line is broken too."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if font.getlength(joined) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for each in word:
            if font.getlength(lines[-1] + each) > width:
                lines.append("")
            lines[-1] += each
    return lines if lines != [""] else []


def _truncated(line: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    while line and font.getlength(line + "…") > width:
        line = line[:-1]
    return line.rstrip() + "…"


@cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the font in a size in pixels, with Pillow's basic layout, which is the same on every machine."""
    name = "DejaVuSansCondensed-Bold.ttf" if bold else "DejaVuSansCondensed.ttf"
    path = Path(__file__).parent.with_name("fonts") / name
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(4096)
def _has_glyph(each: str) -> bool:
    if each == " ":
        return True
    is_right_to_left = unicodedata.bidirectional(each) in {"R", "AL", "AN"}
    if is_right_to_left or unicodedata.category(each) in {"Cf", "Cn", "Co"}:
        return False
    # A character without a glyph is drawn as nothing or as the same box as U+FFFF, which never has one.
    return bytes(_font(20).getmask(each)) not in {b"", bytes(_font(20).getmask("\uffff"))}


@cache
def _background() -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(image)
    for y in range(HEIGHT):
        red, green, blue = (
            round(top + (bottom - top) * y / HEIGHT) for top, bottom in zip(TOP_COLOUR, BOTTOM_COLOUR, strict=True)
        )
        draw.line((0, y, WIDTH, y), fill=(red, green, blue))
    return image


def _canvas(size: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return a transparent square of the size in pixels, enlarged by SUPERSAMPLING."""
    image = Image.new("RGBA", (size * SUPERSAMPLING, size * SUPERSAMPLING), (0, 0, 0, 0))
    return image, ImageDraw.Draw(image)


@cache
def _icon(icon: Icon) -> Image.Image:
    image, draw = _canvas(ICON)
    scale = ICON * SUPERSAMPLING / 100
    draw.ellipse((0, 0, 100 * scale, 100 * scale), fill=(255, 255, 255, 20))
    if icon is Icon.FLAME:
        inner = [(17 + x * 0.66, 15 + y * 0.66) for x, y in _outline(FLAME)]
        core = [(17 + x * 0.66, 15 + y * 0.66) for x, y in _outline(INNER_FLAME)]
        draw.polygon([(x * scale, y * scale) for x, y in inner], fill=EMBER)
        draw.polygon([(x * scale, y * scale) for x, y in core], fill=AMBER)
    else:
        for side in (-1, 1):
            ribbon = ((50 + side * 3, 50), (50 + side * 24, 12), (50 + side * 11, 12), (50 - side * 6, 42))
            draw.polygon([(x * scale, y * scale) for x, y in ribbon], fill=EMBER)
        draw.ellipse([each * scale for each in (24, 34, 76, 86)], fill=AMBER)
        draw.ellipse([each * scale for each in (28.5, 38.5, 71.5, 81.5)], fill=(255, 216, 138))
        draw.polygon([(x * scale, y * scale) for x, y in STAR], fill=EMBER)
    return image.reduce(SUPERSAMPLING)


@cache
def _logo() -> Image.Image:
    """Draw the logo of the web client: a check mark in a square."""
    image, draw = _canvas(46)
    scale = 46 * SUPERSAMPLING / 32
    draw.rounded_rectangle((0, 0, 46 * SUPERSAMPLING - 1, 46 * SUPERSAMPLING - 1), radius=8 * scale, fill=WHITE)
    tick = [(x * scale, y * scale) for x, y in ((8.5, 16.5), (13.5, 21.5), (23.5, 11.0))]
    draw.line(tick, fill=BOTTOM_COLOUR, width=round(3.5 * scale), joint="curve")
    return image.reduce(SUPERSAMPLING)


@cache
def _tile(mark: Mark) -> Image.Image:
    """Draw one day: the more was done, the brighter."""
    image, draw = _canvas(CELL)
    end = CELL * SUPERSAMPLING - 1
    if mark is Mark.OUTSIDE:
        draw.ellipse((end * 0.38, end * 0.38, end * 0.62, end * 0.62), fill=OUTSIDE)
    else:
        draw.rounded_rectangle((0, 0, end, end), radius=4 * SUPERSAMPLING, fill=FILL.get(mark, EMPTY))
    return image.reduce(SUPERSAMPLING)


def _outline(path: tuple[Point, tuple[Curve, ...]]) -> list[Point]:
    """Return points along the cubic Bézier curves."""
    start, curves = path
    points = [start]
    for first, second, end in curves:
        for step in range(1, 25):
            t = step / 24
            axes = zip(start, first, second, end, strict=True)
            x, y = (
                (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d for a, b, c, d in axes
            )
            points.append((x, y))
        start = end
    return points
