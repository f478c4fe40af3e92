"""Serves the OpenAPI 3.1 document."""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_yasg.app_settings import swagger_settings
from drf_yasg.codecs import OpenAPICodecJson
from rest_framework.request import Request

from common import webhook_events
from config.docs import API_INFO
from config.openapi.conversion import convert
from config.openapi.webhooks import webhooks_section

Routes = Sequence[URLPattern | URLResolver]


def swagger_document(routes: Routes) -> dict[str, Any]:
    """Return the Swagger 2.0 document of routes under /api/, in English, without a host."""
    generator = swagger_settings.DEFAULT_GENERATOR_CLASS(API_INFO, patterns=[path("api/", include(list(routes)))])
    request = HttpRequest()  # views ask it who is signed in: nobody
    request.method, request.META = "GET", {"SERVER_NAME": urlsplit(settings.SITE_URL).hostname, "SERVER_PORT": "80"}
    with translation.override("en"):
        schema = generator.get_schema(Request(request), public=True)
        encoded = OpenAPICodecJson(validators=[]).encode(schema)
    document: dict[str, Any] = json.loads(encoded)
    return document


def openapi_view(routes: Routes) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return the view of the document of routes. It is made at the first request of a process, and kept.

    Requests that come meanwhile wait for it: each would take the better part of a second of the processor.
    """
    making = Lock()

    @cache
    def content(site: str) -> tuple[bytes, str]:
        webhooks = webhooks_section(webhook_events.all_events())
        document = convert(swagger_document(routes), server=f"{site}/api", webhooks=webhooks)
        encoded = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return encoded, f'"{hashlib.sha256(encoded).hexdigest()[:32]}"'

    @require_safe
    @cache_control(public=True, max_age=300)
    def openapi_document(request: HttpRequest) -> HttpResponseBase:
        with making:
            document, etag = content(settings.SITE_URL)
        response = get_conditional_response(request, etag) or HttpResponse(document, content_type="application/json")
        response.headers["ETag"] = etag
        return response

    return openapi_document
