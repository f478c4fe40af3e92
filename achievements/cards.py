"""Card pictures for chats: a few words and a drawing as a PNG. Pure: what it says in, bytes out.

The font that comes along holds Latin, Cyrillic, Greek and many signs; what it cannot draw is left out, so that
no boxes stand in its place. The page that the card belongs to says everything.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tracking.pictures import Mark, printable

WIDTH, HEIGHT = 1200, 630
VERSION = 1  # of the drawing: another one is another picture of the same facts
MOST_KEPT = 64  # pictures; each is some 30 kB

LEFT, RIGHT = 72, WIDTH - 72
ICON = 300
COLUMN = RIGHT - ICON - 48 - LEFT  # of the words beside an icon
FOOT = HEIGHT - 92
PITCH, CELL, GRID_TOP = 20, 17, 318
SMOOTH = 4  # shapes are drawn so many times larger

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

# Outlines in a square of 100: a start, then curves.
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
HEART_OF_FLAME: tuple[Point, tuple[Curve, ...]] = (
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
    """What a card says, from top to bottom, and its drawing: an icon, or a year of days from a Monday on."""

    label: str
    heading: str
    brand: str
    figure: str = ""
    line: str = ""
    note: str = ""
    icon: Icon | None = None
    marks: tuple[Mark, ...] = ()


@lru_cache(MOST_KEPT)
def png(card: Card) -> bytes:
    """The card as a PNG of WIDTH × HEIGHT; the same card gives the same bytes."""
    image = _background().copy()
    draw = ImageDraw.Draw(image)
    width = COLUMN if card.icon else RIGHT - LEFT
    y = _words(draw, card.label, y=60, sizes=(34,), width=width, lines=1, fill=AMBER)
    y = _words(
        draw, card.heading, y=y + 14, sizes=(76, 64, 54, 46), width=width, lines=1 if card.marks else 2, bold=True
    )
    if card.figure:
        y = _figure(draw, card, y + 20, width)
    elif card.line:
        y = _words(draw, card.line, y=y + 18, sizes=(38, 34), width=width, lines=3, fill=WHITE)
    _words(draw, card.note, y=y + 18, sizes=(32,), width=width, lines=1, fill=MUTED)
    if card.icon:
        drawn = _icon(card.icon)
        image.paste(drawn, (RIGHT - ICON, (FOOT - ICON) // 2 + 24), drawn)
    for at, mark in enumerate(card.marks):
        tile = _tile(mark)
        image.paste(tile, (LEFT + PITCH * (at // 7), GRID_TOP + PITCH * (at % 7)), tile)
    image.paste(_logo(), (LEFT, FOOT), _logo())
    draw.text((LEFT + 62, FOOT + 22), card.brand, font=_font(30, bold=True), fill=WHITE, anchor="lm")
    held = BytesIO()
    image.save(held, "PNG", optimize=True)
    return held.getvalue()


def drawable(text: str) -> str:
    """The text without what the font has no glyph for, or what is not written from left to right."""
    text = unicodedata.normalize("NFC", printable(text))
    return " ".join("".join(each for each in text if _has_glyph(each)).split())


def _words(
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
    """Writes the text in the largest size in which it fits, else shortened; answers where it ends."""
    text = drawable(text)
    for size in sizes:
        font = _font(size, bold=bold)
        broken = _broken(text, font, width)
        if len(broken) <= lines:
            break
    else:
        broken = [*broken[: lines - 1], _cut(broken[lines - 1], font, width)]
    for line in broken:
        draw.text((LEFT, y), line, font=font, fill=fill)
        y += round(size * 1.22)
    return y


def _figure(draw: ImageDraw.ImageDraw, card: Card, y: int, width: int) -> int:
    """A large number with its words at its foot."""
    font = _font(150, bold=True)
    foot = y + 130
    draw.text((LEFT - 6, foot), card.figure, font=font, fill=WHITE, anchor="ls")
    begins = LEFT + round(font.getlength(card.figure)) + 22
    line = drawable(card.line)
    for size in (50, 40, 32, 26):
        beside = _font(size, bold=True)
        if begins - LEFT + beside.getlength(line) <= width:
            break
    else:
        line = _cut(line, beside, LEFT + width - begins)
    draw.text((begins, foot), line, font=beside, fill=AMBER, anchor="ls")
    return foot + 14


def _broken(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The text in lines; a word that is longer than a line is broken too."""
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


def _cut(line: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    while line and font.getlength(line + "…") > width:
        line = line[:-1]
    return line.rstrip() + "…"


@cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The font in a size in pixels; laid out simply, which is the same on every machine."""
    name = "DejaVuSansCondensed-Bold.ttf" if bold else "DejaVuSansCondensed.ttf"
    path = Path(__file__).with_name("fonts") / name
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(4096)
def _has_glyph(each: str) -> bool:
    if each == " ":
        return True
    leftwards = unicodedata.bidirectional(each) in {"R", "AL", "AN"}
    if leftwards or unicodedata.category(each) in {"Cf", "Cn", "Co"}:
        return False
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
    """A clear square of the size, enlarged."""
    image = Image.new("RGBA", (size * SMOOTH, size * SMOOTH), (0, 0, 0, 0))
    return image, ImageDraw.Draw(image)


@cache
def _icon(icon: Icon) -> Image.Image:
    image, draw = _canvas(ICON)
    scale = ICON * SMOOTH / 100
    draw.ellipse((0, 0, 100 * scale, 100 * scale), fill=(255, 255, 255, 20))
    if icon is Icon.FLAME:
        inner = [(17 + x * 0.66, 15 + y * 0.66) for x, y in _outline(FLAME)]
        heart = [(17 + x * 0.66, 15 + y * 0.66) for x, y in _outline(HEART_OF_FLAME)]
        draw.polygon([(x * scale, y * scale) for x, y in inner], fill=EMBER)
        draw.polygon([(x * scale, y * scale) for x, y in heart], fill=AMBER)
    else:
        for side in (-1, 1):
            ribbon = ((50 + side * 3, 50), (50 + side * 24, 12), (50 + side * 11, 12), (50 - side * 6, 42))
            draw.polygon([(x * scale, y * scale) for x, y in ribbon], fill=EMBER)
        draw.ellipse([each * scale for each in (24, 34, 76, 86)], fill=AMBER)
        draw.ellipse([each * scale for each in (28.5, 38.5, 71.5, 81.5)], fill=(255, 216, 138))
        draw.polygon([(x * scale, y * scale) for x, y in STAR], fill=EMBER)
    return image.reduce(SMOOTH)


@cache
def _logo() -> Image.Image:
    """The mark of the web client: a tick in a square."""
    image, draw = _canvas(46)
    scale = 46 * SMOOTH / 32
    draw.rounded_rectangle((0, 0, 46 * SMOOTH - 1, 46 * SMOOTH - 1), radius=8 * scale, fill=WHITE)
    tick = [(x * scale, y * scale) for x, y in ((8.5, 16.5), (13.5, 21.5), (23.5, 11.0))]
    draw.line(tick, fill=BOTTOM_COLOUR, width=round(3.5 * scale), joint="curve")
    return image.reduce(SMOOTH)


@cache
def _tile(mark: Mark) -> Image.Image:
    """A day: the more was done, the brighter."""
    image, draw = _canvas(CELL)
    end = CELL * SMOOTH - 1
    if mark is Mark.OUTSIDE:
        draw.ellipse((end * 0.38, end * 0.38, end * 0.62, end * 0.62), fill=OUTSIDE)
    else:
        draw.rounded_rectangle((0, 0, end, end), radius=4 * SMOOTH, fill=FILL.get(mark, EMPTY))
    return image.reduce(SMOOTH)


def _outline(path: tuple[Point, tuple[Curve, ...]]) -> list[Point]:
    """Points along cubic Bézier curves."""
    start, curves = path
    points = [start]
    for first, second, end in curves:
        for step in range(1, 25):
            t = step / 24
            ways = zip(start, first, second, end, strict=True)
            x, y = (
                (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d for a, b, c, d in ways
            )
            points.append((x, y))
        start = end
    return points
