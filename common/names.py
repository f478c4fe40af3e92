"""One form of names and addresses for finding, comparing and limiting, and checks of what may be stored. Pure.

What a user typed is stored for showing and sending. Beside it stands its lookup key: two texts that a reader would call
the same (other case, full width, invisible characters) have the same key. Lookups, unique constraints, search and rate
limits all use the key, so that what finds an account is also what counts its attempts.
"""

import unicodedata
from collections.abc import Iterable

from common.errors import DomainError

# Characters without a visible shape that Unicode does not put into a category of its own.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Category: control, format, surrogate, private use, unassigned (their form may change later), line and paragraph ends.
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_VARIATION_SELECTORS = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
# Emoji and some scripts need these between visible characters.
_JOINERS = frozenset("\u200c\u200d")
# Tags (the flags of England, Scotland and Wales): category Cf.
_TAGS = (0xE0020, 0xE007F)

# Cyrillic letters that look like Latin ones. Stored keys depend on this table: add to it only with a migration.
_LOOK_ALIKES = str.maketrans("аеорсухіјѕԛԝһӏ", "aeopcyxijsqwhl")

# Scripts that are written together: UTS 39, "highly restrictive".
_TOGETHER = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
_ANY_SCRIPT = frozenset({"COMMON", "INHERITED", "UNKNOWN"})


def fold(text: str) -> str:
    """Return the text without differences of case, width, composition and invisible characters.

    NFKC_Casefold of the Unicode Standard, section 3.13. Never raises.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if folded.isascii():
        return "".join(each for each in folded if each.isprintable()) if not folded.isprintable() else folded
    return unicodedata.normalize("NFKC", "".join(each for each in folded if not _is_invisible(each)))


def lookup_key(name: str) -> str:
    """Return the key of a name: folded, without surrounding spaces.

    A name in which every letter is a Cyrillic one that looks Latin has the key of its Latin look-alike.
    """
    key = fold(name).strip()
    if key.isascii():
        return key
    latin = key.translate(_LOOK_ALIKES)
    return latin if latin.isascii() else key


def email_lookup_key(address: str) -> str:
    """Return the key of an e-mail address: folded, and with a domain in one form (IDNA labels decoded)."""
    local, at, domain = fold(address).strip().rpartition("@")
    labels = domain.replace("\u3002", ".").rstrip(".").split(".")
    return f"{local}{at}{'.'.join(map(_decoded_label, labels))}"


def has_invisible(text: str, *, allow_joiners: bool = False) -> bool:
    """Return whether the text has an invisible or control character.

    `allow_joiners`: characters that shape emoji and some scripts are accepted, if something visible is there too.
    """
    if text.isascii():
        return not text.isprintable()
    invisible = [each for each in text if _is_invisible(each)]
    if not invisible or not allow_joiners:
        return bool(invisible)
    shapes = [each for each in invisible if each in _JOINERS or _within(each, (*_VARIATION_SELECTORS, _TAGS))]
    return len(shapes) < len(invisible) or not is_visible(text)


def is_visible(text: str) -> bool:
    """Return whether the text has at least one character that can be seen."""
    return any(not _is_invisible(each) and not each.isspace() for each in text)


def check_title(title: str, *, field: str = "name") -> None:
    """Check the name of a habit, challenge or group: something can be seen, nothing hides or reverses the text.

    Raises DomainError: invisible_character.
    """
    if not is_visible(title) or has_invisible(title, allow_joiners=True):
        raise DomainError("invisible_character", "It contains an invisible character.", field)


def mixes_scripts(text: str) -> bool:
    """Return whether letters of scripts that are not written together stand side by side, as in "аlice" (Cyrillic а)."""
    folded = fold(text)
    if folded.isascii():
        return False
    from confusable_homoglyphs import categories  # here, because its tables take 7 MB, which most processes never need

    scripts = frozenset(categories.unique_aliases(folded)) - _ANY_SCRIPT
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


def _decoded_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return fold(label[4:].encode("ascii").decode("punycode"))
    except UnicodeError:
        return label


def _is_invisible(character: str) -> bool:
    return (
        unicodedata.category(character) in _INVISIBLE_CATEGORIES
        or character in _BLANK
        or _within(character, _VARIATION_SELECTORS)
    )


def _within(character: str, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(first <= ord(character) <= last for first, last in ranges)
