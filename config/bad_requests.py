"""The answer to a request that Django itself refuses, before any view."""

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.views.defaults import bad_request as page_bad_request

from common.exception_handler import error_response

UNKNOWN_HOST = (
    "The service is not known by this host name. Open it at its own address. If you run it: SITE_URL is the address that "
    "users open; ALLOWED_HOSTS lists further host names, separated by commas."
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400: in the API's error format below /api/, as text elsewhere. A refused host name says what to set."""
    is_host = isinstance(exception, DisallowedHost)
    if request.path_info.startswith("/api/"):
        code, text = ("unknown_host", UNKNOWN_HOST) if is_host else ("bad_request", "Bad request.")
        return error_response(request, 400, code, text)
    if is_host:
        return HttpResponse(f"{UNKNOWN_HOST}\n", status=400, content_type="text/plain; charset=utf-8")
    return page_bad_request(request, exception)
