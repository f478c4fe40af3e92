"""The schema, Swagger UI and ReDoc: of the API's own routes, without their aliases."""

from collections.abc import Sequence
from typing import Any

from django.urls import URLPattern, URLResolver, include, path
from drf_yasg import openapi
from drf_yasg.views import get_schema_view
from rest_framework.permissions import AllowAny

API_INFO = openapi.Info(
    title="Habit Tracker",
    default_version="v1",
    description="Habits, streaks and reminders. Sign in at `token/` and send `Authorization: Bearer ACCESS`. "
    "Lists are paginated (`page`, `page_size` up to 100). Every refusal has the shape "
    '`{"type", "errors": [{"code", "detail", "attr"}]}`; another person\'s object answers 404.',
)


def schema_view(routes: Sequence[URLPattern | URLResolver]) -> Any:
    """The schema's view (with_ui, without_ui) over the routes that it documents."""
    return get_schema_view(
        API_INFO,
        public=True,
        authentication_classes=[],
        permission_classes=[AllowAny],
        patterns=[path("api/", include(list(routes)))],
    )
