"""Folding of what people write as a city: case, accents, punctuation, the Latin letters that no decomposition reaches."""

import re
import unicodedata

_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ə": "e", "ŋ": "n"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_BETWEEN = re.compile(r"[\s_./'’ʼ`‘\-‐‑–—,()]+")


def fold(text: str) -> str:
    """Return the text as it is compared: "São Paulo" as "sao paulo", "Нью-Йорк" as "нью иорк"."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(_BETWEEN.sub(" ", plain.translate(_LETTERS)).split())


def spellings(name: str) -> set[str]:
    """Return a name folded, and as Germans and Danes write it without its umlauts: "Zürich" as "zurich", "zuerich"."""
    composed = unicodedata.normalize("NFC", name.casefold())
    return {fold(name), fold(composed.translate(_UMLAUTS))}
