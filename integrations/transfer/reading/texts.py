"""Texts of files: their encoding, and what of them can be stored. Pure."""

import unicodedata
from functools import lru_cache

from common.errors import DomainError
from common.limits import MAX_NAME_LENGTH
from common.names import check_title
from integrations.transfer.reading.values import refusal

BOM = b"\xef\xbb\xbf"
_BOMS_OF_OTHERS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_PIECE = 1 << 20
_LINE_BREAKS = frozenset("\n\t")


def check_text(content: bytes) -> None:
    """Refuse what is empty, not UTF-8, or has NUL bytes. Decodes in pieces, so that no second copy is held."""
    if not content.strip():
        raise refusal("empty_file")
    if content.startswith(_BOMS_OF_OTHERS):
        raise refusal("not_utf8")
    if b"\0" in content:
        raise refusal("not_text")
    start = 0
    while start < len(content):
        end = min(start + _PIECE, len(content))
        while end < len(content) and content[end] & 0xC0 == 0x80 and end - start > _PIECE - 4:
            end -= 1  # a character is not cut in two
        try:
            content[start:end].decode()
        except UnicodeDecodeError as error:
            raise refusal("not_utf8") from error
        start = end


def can_be_stored(text: str) -> bool:
    """Return whether every database holds the text, as the API accepts it: without NUL and lone surrogates."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def storable(text: object) -> str:
    """Return a text of another tracker for storing: without NUL, control characters and lone surrogates."""
    if not isinstance(text, str):
        return ""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    return "".join(each for each in text if each in _LINE_BREAKS or unicodedata.category(each) != "Cc")


def one_line(text: object) -> str:
    """Return the text on one line, trimmed."""
    return " ".join(storable(text).replace("\t", " ").split("\n")).strip()


def title(text: object) -> str:
    """Return a name that a habit can have, of any length; "" if nothing of it can be seen."""
    return _title(text) if isinstance(text, str) else ""


@lru_cache(maxsize=1024)
def _title(text: str) -> str:
    line = one_line(text)
    if _is_title(line):
        return line
    visible = "".join(each for each in line if each == " " or _is_title(f"a{each}")).strip()
    return visible if _is_title(visible) else ""


def shortened(text: str, length: int = MAX_NAME_LENGTH) -> str:
    """Return the text with at most `length` characters; one that is longer ends with an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _is_title(line: str) -> bool:
    try:
        check_title(line)
    except DomainError:
        return False
    return True
