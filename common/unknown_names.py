"""Errors for fields and parameters that do not exist, with the nearest known name."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from itertools import islice

from rest_framework.exceptions import ErrorDetail

MAX_REPORTED = 10  # unknown names in one answer
MAX_SHOWN_LENGTH = 60  # of an unknown name


def unknown_name_errors(kind: str, given: Iterable[str], *, known: Collection[str]) -> dict[str, list[ErrorDetail]]:
    """Return an error with the code unknown_KIND for each name that is not known. `kind`: field or parameter."""
    unknown = (name for name in given if name not in known)
    return {_shown(name): [_error(kind, _shown(name), known)] for name in islice(unknown, MAX_REPORTED)}


def _shown(name: object) -> str:
    text = str(name)
    return text if len(text) <= MAX_SHOWN_LENGTH else f"{text[:MAX_SHOWN_LENGTH]}…"


def _error(kind: str, name: str, known: Collection[str]) -> ErrorDetail:
    nearest = get_close_matches(name.lower(), sorted(known), n=1)
    suggestion = f' Did you mean "{nearest[0]}"?' if nearest else ""
    return ErrorDetail(f'There is no {kind} "{name}".{suggestion}', code=f"unknown_{kind}")
