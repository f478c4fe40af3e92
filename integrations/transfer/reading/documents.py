"""JSON documents: their depth and size are known before they are parsed. Pure."""

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from common.limits import MAX_JSON_DEPTH
from common.parts import Part
from integrations.transfer.reading.numbers import MAX_NUMBER_LENGTH, json_decimal
from integrations.transfer.reading.texts import BOM, check_text
from integrations.transfer.reading.values import refusal

MAX_VALUES = 3_000_000  # a value takes about 60 bytes of memory, whatever it takes in the file
EPOCH = date(1970, 1, 1)
# Possessive: each byte is looked at once, also where a text is not closed.
_STRUCTURE = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)|[\[\]{},]', re.DOTALL)


def document_of(content: bytes) -> Part:
    """Return the object that a JSON file is. Refuses what is not JSON, not an object, too deep or too large."""
    check_text(content)
    content = content.removeprefix(BOM)
    _check_structure(content)
    try:
        found = json.loads(content, parse_float=json_decimal, parse_int=_integer, parse_constant=_refuse)
    except ValueError as error:
        raise refusal("broken_json") from error
    if not isinstance(found, dict):
        raise refusal("unknown_format")
    return found


def part_of(found: object, name: str) -> Part:
    """Return the object that stands under a name; an empty one if there is none."""
    part = found.get(name) if isinstance(found, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def list_of(found: object, name: str) -> list[Any]:
    """Return the list that stands under a name; an empty one if there is none."""
    listed = found.get(name) if isinstance(found, Mapping) else None
    return listed if isinstance(listed, list) else []


def number(value: object) -> Decimal | None:
    """Return a number, or None for anything else: also for a truth value."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value)


def integer(value: object, default: int = 0) -> int:
    """Return a whole number that can be counted with, or the default."""
    found = number(value)
    return int(found) if found is not None and found == found.to_integral_value() and abs(found) < 10**15 else default


def day_of(written: object) -> date | None:
    """Return the day of "YYYY-MM-DD", or None."""
    if not isinstance(written, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", written, re.ASCII):
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def day_since_epoch(days: object) -> date | None:
    """Return the day that is a number of days after 1970-01-01, or None."""
    found = number(days)
    if found is None or abs(found) > 3_000_000:
        return None
    try:
        return EPOCH + timedelta(days=int(found))
    except OverflowError:
        return None


def _check_structure(content: bytes) -> None:
    depth = values = 0
    for match in _STRUCTURE.finditer(content):
        sign = content[match.start()]
        if sign in b"[{":
            depth += 1
            if depth > MAX_JSON_DEPTH:
                raise refusal("nested_too_deep")
        elif sign in b"]}":
            depth -= 1
        elif sign != 0x2C:
            continue
        values += 1
        if values > MAX_VALUES:
            raise refusal("too_many_rows")


def _integer(written: str) -> int:
    if len(written) > MAX_NUMBER_LENGTH:
        raise ValueError("too long a number")
    return int(written)


def _refuse(name: str) -> Decimal:
    raise ValueError(f"{name} is no number")
