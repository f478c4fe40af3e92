"""The page of the web client, with its content security policy."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# Only files of this site: no inline scripts or styles, no other sites, no embedding in frames. Pictures of the API need
# an access token, so the page fetches them and shows them from memory (blob:).
CONTENT_SECURITY_POLICY = "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


@require_safe
@cache_control(no_cache=True)
def page(request: HttpRequest) -> HttpResponse:
    """Return the page. It contains no user data: the client loads that through the API."""
    response = render(request, "web/index.html")
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response
