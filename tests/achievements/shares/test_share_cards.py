"""Preview pictures of share links: what is drawn on them, and that no text breaks the layout."""

from io import BytesIO

import pytest
from PIL import Image, ImageChops

from achievements.shares import cards
from achievements.shares.cards import Card, Icon
from tracking.pictures.geometry import Mark

ICON = (cards.WIDTH - 372, 0, cards.WIDTH, cards.HEIGHT)
FOOTER = (0, cards.FOOTER_TOP, cards.WIDTH, cards.HEIGHT)


def drawn(**texts: object) -> Image.Image:
    defaults: dict[str, object] = {"label": "alice’s streak", "heading": "Push-ups", "brand": "Habit Tracker"}
    image = Image.open(BytesIO(cards.render_png(Card(**defaults | texts))))  # type: ignore[arg-type]
    image.load()
    assert (image.format, image.size, image.mode) == ("PNG", (1200, 630), "RGB")
    return image


def differ(one: Image.Image, other: Image.Image, box: tuple[int, int, int, int] | None = None) -> bool:
    return ImageChops.difference(one.crop(box), other.crop(box)).getbbox() is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "W" * 200,
        "word " * 40,
        "й" * 200,
        "\u0301" * 200,
        "漢字 שלום مرحبا",
        "🔥",
        "<script>alert(1)</script>",
        "\x00\x1b\ud800\u202e\ufffe",
        "%s {} \\n",
    ],
)
def test_any_text_gives_a_card(text: str) -> None:
    beside = drawn(heading="", number="1", line="", icon=Icon.FLAME)
    for texts in ({"number": "999999", "line": text}, {"line": text, "note": text}):
        card = drawn(label=text, heading=text, icon=Icon.FLAME, **texts)
        assert not differ(card, beside, ICON), "text overlaps the icon"
        assert not differ(card, beside, FOOTER), "text overlaps the footer"


def test_cyrillic_text_is_drawn() -> None:
    assert cards.drawable("Утренняя зарядка, ещё раз: Ёжик") == "Утренняя зарядка, ещё раз: Ёжик"
    assert differ(drawn(heading="Зарядка"), drawn(heading=""))
    assert differ(drawn(heading="Зарядка"), drawn(heading="Разминка"))


def test_decomposed_letters_are_composed() -> None:
    assert cards.drawable("и\u0306") == "й"


def test_characters_that_the_font_lacks_are_left_out() -> None:
    assert cards.drawable("Read 📚 漢字 a lot") == "Read a lot"


def test_right_to_left_text_is_left_out() -> None:
    assert cards.drawable("Read שלום مرحبا a lot") == "Read a lot"


def test_a_year_shows_each_day() -> None:
    nothing = (Mark.NOTHING,) * 365
    before = drawn(marks=nothing)
    for at in (0, 6, 7, 364):
        after = drawn(marks=(*nothing[:at], Mark.FULL, *nothing[at + 1 :]))
        left, top = cards.LEFT + cards.PITCH * (at // 7), cards.GRID_TOP + cards.PITCH * (at % 7)
        assert differ(before, after, (left, top, left + cards.CELL, top + cards.CELL))
        assert ImageChops.difference(before, after).getbbox() == (left, top, left + cards.CELL, top + cards.CELL)


def test_the_same_card_gives_the_same_picture() -> None:
    card = Card(label="alice", heading="Push-ups", brand="Habit Tracker", icon=Icon.MEDAL)
    before = cards.render_png(card)
    cards.render_png.cache_clear()
    assert cards.render_png(card) == before
