"""The query parameters of each operation. An unknown one is a 400 that names it and the nearest known one.

An operation takes the parameters that its documentation names: those of its filters, of its pagination, and of its
`query_serializer` and `manual_parameters`. A view whose requests another service forms sets `accepts_unknown = True`.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from drf_yasg import openapi
from rest_framework.mixins import ListModelMixin
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from common.exception_handler import error_response, invalid_input_response
from common.unknown_names import unknown_name_errors


@cache
def accepted_parameters(view: type[APIView], action: str, method: str) -> frozenset[str]:
    """Return the names of the query parameters that an operation takes. `action`: the name of the view's method."""
    documented: dict[str, Any] = getattr(getattr(view, action, None), "_swagger_auto_schema", {})
    documented = documented.get(method, documented)
    names: set[str] = set()
    if serializer := documented.get("query_serializer"):
        names |= set(serializer().fields)
    names |= {each.name for each in documented.get("manual_parameters", ()) if each.in_ == openapi.IN_QUERY}
    if method == "get" and (action == "list" or (issubclass(view, ListModelMixin) and action == "get")):
        pagination: Any = view.pagination_class  # type: ignore[attr-defined]
        names |= {pagination.page_query_param, pagination.page_size_query_param} if pagination else set()
        filters: Any = getattr(view, "filterset_class", None)
        names |= set(filters.base_filters) if filters else set()
    return frozenset(names)


class QueryParametersMiddleware:
    """Answer a request to the API that has an unknown query parameter with 400."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Return the refusal, or None if the view may answer."""
        view: Any = getattr(view_function, "cls", None)
        if view is None or not issubclass(view, APIView) or getattr(view, "accepts_unknown", False):
            return None
        try:
            given = request.GET
        except SuspiciousOperation:  # too many of them
            return error_response(request, 400, "parse_error", "The query cannot be read.")
        method = "get" if request.method == "HEAD" else str(request.method).lower()
        action = (getattr(view_function, "actions", None) or {}).get(method, method)
        known = accepted_parameters(view, action, method)
        # ?format=json chooses the form of the answer, at every operation.
        names = (name for name in given if name != api_settings.URL_FORMAT_OVERRIDE)
        errors = unknown_name_errors("parameter", names, known=known)
        return invalid_input_response(errors) if errors else None
