"""Reading a request's body or query through a serializer, the first step of a view."""

from functools import cache
from typing import Any, cast

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer


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
