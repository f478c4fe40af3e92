"""The OpenAPI schema, Swagger UI and ReDoc for the API's routes, without their aliases."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_yasg import openapi
from drf_yasg.views import get_schema_view
from rest_framework.permissions import AllowAny

from common.limits import MAX_PAGE_SIZE

API_INFO = openapi.Info(
    title="Habit Tracker",
    default_version=settings.VERSION,
    description="Habits, streaks and reminders. Sign in at `token/` and send `Authorization: Bearer ACCESS`. "
    f"Lists are paginated (`page`, `page_size` up to {MAX_PAGE_SIZE}). Every error has the format "
    '`{"type", "errors": [{"code", "detail", "attr"}]}`; objects of other users answer 404. Unknown fields and parameters '
    "are a 400; read-only fields are accepted and ignored.",
)


REDOC_SCRIPT = "drf-yasg/redoc/redoc.min.js"
REDOC_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"


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


@require_safe
@cache_control(public=True, max_age=3600)
def redoc_script(request: HttpRequest) -> HttpResponseBase:
    """Return the bundled ReDoc with its logo taken from here: the original loads it from a host of its makers."""
    script = redoc_without_other_hosts()
    etag = f'"{hashlib.sha256(script).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag) or HttpResponse(script, content_type="text/javascript")
    response.headers["ETag"] = etag
    return response


@cache
def redoc_without_other_hosts() -> bytes:
    """Return ReDoc's script with a logo of this site."""
    found = finders.find(REDOC_SCRIPT)
    assert isinstance(found, str)
    logo = static("drf-yasg/redoc/redoc-logo.png")
    return Path(found).read_bytes().replace(REDOC_LOGO.encode(), logo.encode())
