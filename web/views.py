"""The one page of the web client, and what a browser may load for it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# Nothing but our own files: no inline script or style, no other site, no frame around it. Pictures of the API need a
# person's token, so the page fetches them and shows what it holds (blob:).
CONTENT_SECURITY_POLICY = "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


@require_safe
@cache_control(no_cache=True)
def page(request: HttpRequest) -> HttpResponse:
    """The page itself; all that is a person's own comes through the API afterwards."""
    response = render(request, "web/index.html")
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response
