"""SQLite's LIKE, which knows only the case of ASCII letters, replaced by one that folds names as all of the service does.

Django's `icontains`, `iexact`, `istartswith` and the admin's search use LIKE. LOWER and UPPER stay SQLite's own: an
index over them that was built by another process would no longer match.
"""

import re
from functools import lru_cache
from typing import Any

from common.names import fold


def register_functions(connection: Any, **signal: Any) -> None:
    """Register our functions on a new connection to SQLite. A receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        for arguments in (2, 3):
            connection.connection.create_function("like", arguments, like, deterministic=True)


def like(pattern: object, text: object, escape: str = "") -> bool | None:
    """Return whether a text matches a pattern of LIKE as a whole; None if one of them is NULL."""
    if pattern is None or text is None:
        return None
    return _expression(str(pattern), escape).fullmatch(fold(str(text))) is not None


@lru_cache(maxsize=256)
def _expression(pattern: str, escape: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern. Its text is folded after its wildcards are known: ％ is no wildcard."""
    parts, literal, characters = [], "", iter(pattern)
    for each in characters:
        if each in "%_" and each != escape:
            parts += [re.escape(fold(literal)), ".*" if each == "%" else "."]
            literal = ""
        else:
            literal += next(characters, "") if escape and each == escape else each
    return re.compile("".join([*parts, re.escape(fold(literal))]), re.DOTALL)
