"""The parser of bodies with events: what cannot be a value is refused item by item, not with the whole body."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from common.parsing import bounded, check_depth

MAX_INTEGER_DIGITS = 18


class EventsBody(JSONParser):
    """JSON of limited size and depth, in which NaN and Infinity may stand, as some programs write them."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return read_json(bounded(stream, parser_context).read())


def read_json(body: bytes) -> Any:
    """Return the value of a body. Raises ParseError."""
    try:
        data = json.loads(body.decode("utf-8-sig"), parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise ParseError("JSON parse error") from error
    check_depth(data)
    return data


def _integer(text: str) -> int | float:
    return int(text) if len(text) <= MAX_INTEGER_DIGITS else float(text)
