"""Limits of files in and out, and small rules about what is made of them. Pure."""

import re
from datetime import timedelta

from habits.rules import MAX_HABITS

MAX_UPLOAD_BYTES = 50_000_000
MAX_UNPACKED_BYTES = 50_000_000  # of a file of another tracker
MAX_IMPORTED_HABITS = MAX_HABITS
MAX_IMPORTED_DAYS = 200_000
MAX_ROWS = 500_000  # also those that say nothing
MAX_LISTED_SKIPS = 1_000  # of what was left out; the rest is counted

KEEP_UPLOAD = timedelta(hours=24)  # the bytes of a file whose import was not started
KEEP_REPORT = timedelta(days=30)
KEEP_EXPORT = timedelta(hours=1)

# What our own colours look like. A colour of another tracker becomes the nearest.
COLOUR_VALUES = {
    "red": 0xE53935,
    "orange": 0xFB8C00,
    "amber": 0xFFB300,
    "yellow": 0xFDD835,
    "lime": 0xC0CA33,
    "green": 0x43A047,
    "teal": 0x00897B,
    "sky": 0x039BE5,
    "blue": 0x1E5FD8,
    "violet": 0x8E24AA,
    "pink": 0xD81B60,
    "grey": 0x757575,
}

# What makes a spreadsheet run a cell as a formula: OWASP, "CSV injection". Also where a cell begins if the spreadsheet
# divides the text by another separator than the file does. A text that has an apostrophe there of its own gets one too,
# so that `unescaped` finds each text as it was.
_SIGNS = "=+@＝＋－＠-"
_STARTS, _FOLLOWS = rf"(?='* *[\t\r\n{_SIGNS}])", rf"(?=[ '\"]*[{_SIGNS}])"
_FORMULA = rf"\A{_STARTS}|(?<=[;\t\r\n]){_FOLLOWS}"
_ESCAPED = rf"\A'{_STARTS}|(?<=[;\t\r\n])'{_FOLLOWS}"


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return re.sub(_FORMULA, "'", text)


def unescaped(text: str) -> str:
    """Return the text that `harmless` has made harmless."""
    return re.sub(_ESCAPED, "", text)


def nearest_colour(written: str) -> str:
    """Return the one of our colours that looks most like "#RRGGBB"; "" for any other text.

    By the weighted distance in red, green and blue that CompuPhase describes as "redmean".
    """
    try:
        value = int(written.removeprefix("#"), 16)
    except ValueError:
        return ""
    if len(written) != 7 or not 0 <= value <= 0xFFFFFF:
        return ""
    return min(COLOUR_VALUES, key=lambda name: _distance(COLOUR_VALUES[name], value))


def _distance(one: int, other: int) -> float:
    red, green, blue = ((one >> shift & 255) - (other >> shift & 255) for shift in (16, 8, 0))
    mean = ((one >> 16 & 255) + (other >> 16 & 255)) / 2
    return (2 + mean / 256) * red * red + 4 * green * green + (2 + (255 - mean) / 256) * blue * blue
