"""The first step of a view, reading a request's body, query or Idempotency-Key, and the status of what it has made."""

from functools import cache
from typing import Any, cast

from rest_framework import status
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from common.errors import DomainError
from common.limits import MAX_IDEMPOTENCY_KEY_LENGTH


@cache
def _field_names(serializer: Any) -> frozenset[str]:
    """Return the names of the fields of a serializer's class, which makes them again for each instance."""
    return frozenset(serializer().fields)


def valid(serializer: type[BaseSerializer[Any]], request: Request, **options: Any) -> dict[str, Any]:
    """Return the request's data, validated by `serializer`. Raise DRF's ValidationError."""
    checked = serializer(data=request.data, **options)
    checked.is_valid(raise_exception=True)
    data: dict[str, Any] = checked.validated_data
    return data


def valid_query(serializer: type[BaseSerializer[Any]], request: Request, **options: Any) -> dict[str, Any]:
    """Return the query parameters that `serializer` has, validated. Raise DRF's ValidationError.

    Unknown parameters were refused before (common.query_parameters); the others belong to filters and pages.
    """
    query, known = request.query_params.copy(), cast(Any, serializer)
    for name in set(query) - _field_names(known):
        del query[name]
    checked = serializer(data=query, **options)
    checked.is_valid(raise_exception=True)
    data: dict[str, Any] = checked.validated_data
    return data


def idempotency_key(request: Request) -> str:
    """Return the client's Idempotency-Key, or "". Raises DomainError if it is too long or not printable."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > MAX_IDEMPOTENCY_KEY_LENGTH or not key.isprintable():
        message = f"The key can have up to {MAX_IDEMPOTENCY_KEY_LENGTH} printable characters."
        raise DomainError("invalid", message, "Idempotency-Key")
    return key


def created_or_ok(is_new: bool) -> int:
    """Return 201, or 200 if the object existed already."""
    return status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
