"""The parsers of request bodies: of limited size and depth, whose text can be stored and returned."""

import json
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser

from common.limits import MAX_BODY_BYTES, MAX_JSON_DEPTH


class BodyTooLarge(APIException):
    """The body is larger than the view allows."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = "The body is too large."


class JSONBody(JSONParser):
    """JSON without excessive nesting and without lone surrogates ("\\ud800"), which cannot be encoded as UTF-8."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            data = super().parse(bounded(stream, parser_context), media_type, parser_context)
            check_depth(data)
            json.dumps(data, ensure_ascii=False).encode()
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
        except UnicodeEncodeError as error:
            raise ParseError("JSON parse error - invalid character (lone surrogate)") from error
        return data


class FormBody(FormParser):
    """URL-encoded fields, for the views whose published clients send them."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return super().parse(bounded(stream, parser_context), media_type, parser_context)


class MultiPartBody(MultiPartParser):
    """A form with files, which go to disk while they arrive. Of limited size: a body without a length is refused."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        context = parser_context or {}
        length = context["request"].META.get("CONTENT_LENGTH") or ""
        if not length.isascii() or not length.isdigit() or int(length) > _limit(context):
            raise BodyTooLarge
        return super().parse(stream, media_type, parser_context)


def bounded(stream: IO[Any], parser_context: Mapping[str, Any] | None) -> IO[bytes]:
    """Return the body as a stream. Raises BodyTooLarge if it is larger than the view's `max_body_bytes`."""
    limit = _limit(parser_context or {})
    body = stream.read(limit + 1)
    if len(body) > limit:
        raise BodyTooLarge
    return BytesIO(body)


def _limit(context: Mapping[str, Any]) -> int:
    limit: int = getattr(context.get("view"), "max_body_bytes", MAX_BODY_BYTES)
    return limit


def check_depth(data: object) -> None:
    """Raise ParseError if the JSON value is nested more deeply than MAX_JSON_DEPTH."""
    level: list[object] = [data]
    for _ in range(MAX_JSON_DEPTH + 1):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return
    raise ParseError("JSON parse error - nested too deeply")
