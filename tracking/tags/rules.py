"""Rules of tags. Pure."""

from common.errors import DomainError
from common.names import check_title, lookup_key

MAX_TAGS = 100  # of one user
MAX_PER_TRACK = 10
MAX_NAME_LENGTH = 50
MAX_KEY_LENGTH = 200  # a single character can fold to eighteen


def key_of(name: str) -> str:
    """Return the key under which a tag is unique and found: "Health", "health" and "ＨＥＡＬＴＨ" are one tag."""
    return lookup_key(name)


def check_name(name: str, *, field: str) -> None:
    """Check the name of a tag. Raises DomainError invisible_character, max_length."""
    check_title(name, field=field)
    if len(name) > MAX_NAME_LENGTH or len(key_of(name)) > MAX_KEY_LENGTH:
        raise DomainError("max_length", f"The name of a tag can have up to {MAX_NAME_LENGTH} characters.", field)
