"""Reading a request's body through a serializer, the first step of a view."""

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer


def valid(serializer: type[BaseSerializer[Any]], request: Request, **options: Any) -> dict[str, Any]:
    """Return the request's data, validated by `serializer`. Raise DRF's ValidationError."""
    checked = serializer(data=request.data, **options)
    checked.is_valid(raise_exception=True)
    data: dict[str, Any] = checked.validated_data
    return data
