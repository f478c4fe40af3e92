"""Requests to a path without its last slash, which published clients and people leave out."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import Resolver404, resolve

NOT_FOUND = "api-not-found"  # the name of the route that answers 404 for the API


class SlashMiddleware:
    """Redirects reading requests to the path with a slash, and answers all others there, because they have a body.

    Clients turn a redirected POST into a GET, and drop its body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.endswith("/") and not _exists(request.path_info) and _exists(f"{request.path_info}/"):
            if request.method in {"GET", "HEAD"}:
                return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))
            request.path_info += "/"
            request.path += "/"
        return self.get_response(request)


def _exists(path: str) -> bool:
    try:
        return resolve(path).url_name != NOT_FOUND
    except Resolver404:
        return False
