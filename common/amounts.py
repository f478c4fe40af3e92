"""Amounts as people and programs write them. Pure. client/src/shared/numbers/amounts.ts has the same rules."""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from common.limits import AMOUNT_DECIMALS

MAX_LENGTH = 40  # characters of a written amount
MAX_DIGITS = 20  # before the point; the largest amount has fewer

_STEP = Decimal(1).scaleb(-AMOUNT_DECIMALS)
_MINUS = dict.fromkeys(map(ord, "−‐‑‒–﹣－"), "-")
_SCIENTIFIC = re.compile(r"[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{1,2}")
_SPACED = re.compile(r"[0-9]{1,3}(?:[ '][0-9]{3})+(?:[.,][0-9]+)?")
_AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_COMMAS = re.compile(r"[0-9]{1,3}(?:(?:,[0-9]{3}){2,}(?:\.[0-9]+)?|(?:,[0-9]{3})+\.[0-9]+)")
_POINTS = re.compile(r"[0-9]{1,3}(?:(?:\.[0-9]{3}){2,}(?:,[0-9]+)?|(?:\.[0-9]{3})+,[0-9]+)")
_PLAIN = re.compile(r"[0-9]+[.,]?|[0-9]*[.,][0-9]+")


class NotAnAmount(ValueError):
    """The text is not a number."""


class AmbiguousAmount(ValueError):
    """The text is one number in some countries and another one in others: "1,250" is 1.25 or 1250.

    `readings`: both, written without ambiguity.
    """

    def __init__(self, text: str) -> None:
        decimal = round_amount(Decimal(text.replace(",", ".")))
        self.readings = f"{decimal.normalize():f}", re.sub(r"[.,]", "", text)
        super().__init__(text)


def parse_amount(text: str) -> Decimal:
    """Return a written amount, rounded to two decimals.

    The decimal separator is a comma or a point. Thousands may be separated by spaces, apostrophes, commas or points.
    Raises AmbiguousAmount for a single comma or point that could be either, and NotAnAmount for any other text.
    """
    sign, written = _normalized(text)
    if _SCIENTIFIC.fullmatch(written):
        return round_amount(Decimal(sign + written))
    if _SPACED.fullmatch(written):
        written = re.sub(r"[ ']", "", written)
    if _AMBIGUOUS.fullmatch(written):
        raise AmbiguousAmount(written)
    if _COMMAS.fullmatch(written):
        written = written.replace(",", "")
    elif _POINTS.fullmatch(written):
        written = written.replace(".", "")
    if not _PLAIN.fullmatch(written):
        raise NotAnAmount(text[:MAX_LENGTH])
    return round_amount(Decimal(sign + written.replace(",", ".")))


@lru_cache(maxsize=1024)
def amount_text(amount: Decimal) -> str:
    """Return an amount with two decimals, as answers have it. Cached, because most days share a few amounts."""
    return f"{amount:.{AMOUNT_DECIMALS}f}"


def round_amount(amount: Decimal) -> Decimal:
    """Return the amount with two decimals, half up. Raises NotAnAmount if it is not finite or has too many digits."""
    if not amount.is_finite() or (amount and amount.adjusted() >= MAX_DIGITS):
        raise NotAnAmount(str(amount)[:MAX_LENGTH])
    return amount.quantize(_STEP, rounding=ROUND_HALF_UP)


def _normalized(text: str) -> tuple[str, str]:
    """Return the sign and the rest of a text, with plain spaces, apostrophes and hyphens."""
    if len(text) > MAX_LENGTH:
        raise NotAnAmount(text[:MAX_LENGTH])
    written = unicodedata.normalize("NFKC", text).translate(_MINUS).replace("’", "'").strip(" \t\r\n")
    sign = written[:1] if written[:1] in {"+", "-"} else ""
    return sign, written.removeprefix(sign).strip(" ")
