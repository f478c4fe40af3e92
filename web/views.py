"""The page of the web client."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from common.csp import WEB, policy


@require_safe
@cache_control(no_cache=True)
@policy(WEB)
def page(request: HttpRequest) -> HttpResponse:
    """Return the page. It contains no user data: the client loads that through the API."""
    return render(request, "web/index.html")
