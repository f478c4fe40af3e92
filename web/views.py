"""The page of the web client, and its service worker."""

import json
from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from common.csp import CLIENT, MINI_APP, policy
from web import builds


@require_safe
@never_cache
@policy(CLIENT)
def page(request: HttpRequest) -> HttpResponse:
    """Return the page, or a 503 that says how to build the client.

    It contains no user data: the client loads that through the API. Its nonce is for one answer, so no one keeps it.
    """
    return _page(request, "web")


@require_safe
@never_cache
@xframe_options_exempt
@policy(MINI_APP)
def mini_app(request: HttpRequest) -> HttpResponse:
    """Return the same page for Telegram, at addresses of its own: no other may be shown in a frame."""
    return _page(request, "web-mini-app")


def _page(request: HttpRequest, home: str) -> HttpResponse:
    entry = builds.entry()
    return render(request, "web/client.html", {"entry": entry, "home": home}, status=200 if entry else 503)


@require_safe
@cache_control(no_cache=True)
@policy(CLIENT)
def worker(request: HttpRequest, *, screens: Sequence[str]) -> HttpResponse:
    """Return the service worker, which learns from its first line for which addresses it answers.

    It is here, and not among the static files, because a worker answers only for addresses below its own. What it
    fetches is bound by the policy of this answer.
    """
    script = builds.worker()
    if script is None:
        raise Http404
    content = f"self.SCREENS = {json.dumps(screens)};\n{script}"
    return HttpResponse(content, content_type="text/javascript; charset=utf-8")
