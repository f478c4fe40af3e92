"""The public page of a share link and its preview picture, for anyone who has the link, without signing in."""

import hashlib
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from achievements.shares import cards
from achievements.shares import services as sharing
from achievements.shares.words import SharedContent
from common import clock
from common.csp import SHARE, policy
from common.throttling import StrangerThrottle, hit, network_address, too_many_requests

CACHE_SECONDS = 60  # in browsers and proxies; a revoked link may stay visible for this long


def public_page(
    answer: Callable[[HttpRequest, SharedContent], HttpResponseBase],
) -> Callable[[HttpRequest, str], HttpResponseBase]:
    """Turn a view of shared content into a view of a token.

    The response is in the language of the link's owner. Every token that shows nothing gets the same 404 page.
    """

    @require_safe
    @policy(SHARE)
    @wraps(answer)
    def view(request: HttpRequest, token: str) -> HttpResponseBase:
        wait = hit(StrangerThrottle.scope, "share", network_address(request))
        if wait is not None:
            return too_many_requests(wait)
        response: HttpResponseBase
        if shared := sharing.live_content(token=token, now=clock.now()):
            with translation.override(shared.language):
                response = answer(request, shared)
            response.headers["Content-Language"] = shared.language
            patch_cache_control(response, public=True, max_age=CACHE_SECONDS, must_revalidate=True)
        else:
            response = render(request, "achievements/share_gone.html", status=404)
            patch_cache_control(response, no_store=True)
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return view


@public_page
def share_page(request: HttpRequest, shared: SharedContent) -> HttpResponseBase:
    """Return the HTML page, with the metadata from which chats build a link preview."""
    context = {"shared": shared, "width": cards.WIDTH, "height": cards.HEIGHT}
    return render(request, "achievements/share.html", context)


@public_page
def card_picture(request: HttpRequest, shared: SharedContent) -> HttpResponseBase:
    """Return the preview picture as a PNG, or 304 without drawing it if the client has the current one."""
    content = repr((cards.VERSION, shared.card)).encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag)
    if response is None:
        response = HttpResponse(cards.render_png(shared.card), content_type="image/png")
    response.headers["ETag"] = etag
    return response
