"""What a view does first: reads the body through its serializer."""

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer


def valid(serializer: type[BaseSerializer[Any]], request: Request, **options: Any) -> dict[str, Any]:
    """The request's body through `serializer`. Raises DRF's ValidationError."""
    checked = serializer(data=request.data, **options)
    checked.is_valid(raise_exception=True)
    data: dict[str, Any] = checked.validated_data
    return data
