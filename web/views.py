"""The page of the web client."""

from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from common.csp import WEB


@require_safe
@cache_control(no_cache=True)
@csp(WEB)
def page(request: HttpRequest) -> HttpResponse:
    """Return the page. It contains no user data: the client loads that through the API."""
    return render(request, "web/index.html")
