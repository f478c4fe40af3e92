"""Rules of what a track is to its own user: colour, icon, place among the others. Pure."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import TypeVar

from common.errors import DomainError
from habits.rules import MAX_HABITS

T = TypeVar("T")

COLOURS = ("red", "orange", "amber", "yellow", "lime", "green", "teal", "sky", "blue", "violet", "pink", "grey")
MAX_ICON_LENGTH = 16  # the longest emoji of Unicode 17 has 10 code points
MAX_ORDERED = 2 * MAX_HABITS  # one's own habits, and those of others

_EMOJI_STYLE = "\ufe0f"  # asks for the coloured picture; it may be left out


def check_colour(colour: str) -> None:
    """Raise DomainError invalid_choice unless the colour is one of COLOURS, or "" for none."""
    if colour and colour not in COLOURS:
        raise DomainError("invalid_choice", f"Choose one of {', '.join(COLOURS)}.", "colour")


def icon_of(text: str) -> str:
    """Return the emoji in its full spelling, or "" for no icon. Raises DomainError not_an_emoji for anything else.

    Exactly one emoji that Unicode recommends for interchange: also a flag, a keycap, one with a skin tone, or several
    that are joined into one picture.
    """
    if not text:
        return ""
    icon = _emojis().get(text.replace(_EMOJI_STYLE, ""))
    if icon is None:
        raise DomainError("not_an_emoji", "The icon must be a single emoji.", "icon")
    return icon


def moved(current: Sequence[T], wanted: Sequence[T]) -> list[T]:
    """Return `current` with those of `wanted` in the order of `wanted`: they share the places that they have together.

    All others stay where they are. So a client that shows some of the tracks, or that does not know of a new one,
    moves nothing that it does not show. `wanted` is part of `current`, without repetition.
    """
    following, named = iter(wanted), frozenset(wanted)
    return [next(following) if each in named else each for each in current]


def first_repeated(ids: Collection[int]) -> int | None:
    """Return the first id that is given a second time, or None."""
    seen: set[int] = set()
    for each in ids:
        if each in seen:
            return each
        seen.add(each)
    return None


@cache
def _emojis() -> dict[str, str]:
    """Return the full spelling of each emoji by its spelling without the sign for emoji style."""
    import emoji  # here, because its table takes 4 MB, which most processes never need

    full = emoji.STATUS["fully_qualified"]
    return {
        spelling.replace(_EMOJI_STYLE, ""): spelling
        for spelling, data in emoji.EMOJI_DATA.items()
        if data["status"] == full
    }
