"""Normalization of city names for comparison: case, accents, punctuation and special Latin letters."""

import re
import unicodedata

# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ə": "e", "ŋ": "n"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_SEPARATORS = re.compile(r"[\s_./'’ʼ`‘\-‐‑–—,()]+")


def fold(text: str) -> str:
    """Return the normalized form for comparison: "sao paulo" for "São Paulo", "нью иорк" for "Нью-Йорк"."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(_SEPARATORS.sub(" ", plain.translate(_LETTERS)).split())


def spellings(name: str) -> set[str]:
    """Return the normalized spellings of a name, with umlauts dropped and expanded: "zurich", "zuerich"."""
    composed = unicodedata.normalize("NFC", name.casefold())
    return {fold(name), fold(composed.translate(_UMLAUTS))}
