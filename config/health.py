"""Whether this process can serve, and what it says when it cannot."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.defaults import server_error as page_server_error

from common.exception_handler import error_response


@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """200 "ok" while the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours: in the error shape below /api/, a plain page elsewhere."""
    if request.path.startswith("/api/"):
        return error_response(request, 500, "error", "Server Error (500)")
    return page_server_error(request)
