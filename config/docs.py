"""The OpenAPI schema, Swagger UI and ReDoc for the API's routes, without their aliases."""

from collections.abc import Sequence
from typing import Any

from django.urls import URLPattern, URLResolver, include, path
from drf_yasg import openapi
from drf_yasg.views import get_schema_view
from rest_framework.permissions import AllowAny

from common.limits import MAX_PAGE_SIZE

API_INFO = openapi.Info(
    title="Habit Tracker",
    default_version="v1",
    description="Habits, streaks and reminders. Sign in at `token/` and send `Authorization: Bearer ACCESS`. "
    f"Lists are paginated (`page`, `page_size` up to {MAX_PAGE_SIZE}). Every error has the format "
    '`{"type", "errors": [{"code", "detail", "attr"}]}`; objects of other users answer 404. Unknown fields and parameters '
    "are a 400; read-only fields are accepted and ignored.",
)


def schema_view(routes: Sequence[URLPattern | URLResolver]) -> Any:
    """Return the schema's view class (with_ui, without_ui) for the given routes."""
    view: Any = get_schema_view(
        API_INFO,
        public=True,
        authentication_classes=[],
        permission_classes=[AllowAny],
        patterns=[path("api/", include(list(routes)))],
    )
    view.accepts_unknown = True  # its pages are opened in a browser, from links that may have parameters of their own
    return view
