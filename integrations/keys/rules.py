"""The form of a key and the numbers of keys. Pure.

A key is its kind, 8 characters of id, 43 of secret and 6 of checksum, all but the kind in base 62: nothing in it needs
escaping, a double click selects all of it, and programs that look for leaked secrets recognize it. The checksum tells a
mistyped key without a query.
"""

import hashlib
import re
import zlib
from datetime import timedelta
from string import ascii_letters, digits

from common.errors import DomainError

PERSON, PARTNER = "htk_", "htp_"  # the kinds: whose key it is
ID_LENGTH, SECRET_LENGTH, CHECKSUM_LENGTH = 8, 43, 6
SECRET_BYTES = 32
PREFIX_LENGTH = len(PERSON) + ID_LENGTH
ALPHABET = digits + ascii_letters
FORM = re.compile(rf"ht[kp]_[0-9A-Za-z]{{{ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH}}}", re.ASCII)

MAX_NAME_LENGTH = 100
MAX_KEYS = 50  # of one user at a time
MAX_GRACE = timedelta(days=7)
DEFAULT_GRACE = timedelta(hours=24)
ENDED_KEPT_FOR = timedelta(days=90)
USE_NOTED_EVERY = timedelta(minutes=1)


def base62(number: int, length: int) -> str:
    """Return a number in base 62, with leading zeros. Raises OverflowError if it needs more than `length` digits."""
    text = ""
    for _ in range(length):
        number, digit = divmod(number, len(ALPHABET))
        text = ALPHABET[digit] + text
    if number:
        raise OverflowError("the number is too large")
    return text


def key_text(kind: str, *, public_id: str, secret: bytes) -> str:
    """Return the text of a key: of a kind, an id of ID_LENGTH characters, and SECRET_BYTES random bytes."""
    text = kind + public_id + base62(int.from_bytes(secret), SECRET_LENGTH)
    return text + checksum(text)


def checksum(text: str) -> str:
    """Return the CRC32 of a text in base 62."""
    return base62(zlib.crc32(text.encode()), CHECKSUM_LENGTH)


def is_well_formed(text: str) -> bool:
    """Return whether a text has the form and the checksum of a key."""
    return bool(FORM.fullmatch(text)) and checksum(text[:-CHECKSUM_LENGTH]) == text[-CHECKSUM_LENGTH:]


def prefix_of(text: str) -> str:
    """Return the part of a key that is stored and shown."""
    return text[:PREFIX_LENGTH]


def hash_of(text: str) -> str:
    """Return what is stored of a key: SHA-256 is enough, since nobody can guess 32 random bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def check_grace(grace: timedelta) -> None:
    """Raise DomainError out_of_range unless a rotated key may stay valid for that long."""
    if not timedelta(0) <= grace <= MAX_GRACE:
        raise DomainError("out_of_range", f"Choose up to {MAX_GRACE // timedelta(hours=1)} hours.", "grace_hours")
