"""The public page of a share link, and its card picture: for anybody who has the link, without signing in."""

import hashlib
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from achievements import cards, sharing
from achievements.share_words import Shared
from common import clock
from common.throttling import StrangerThrottle, is_allowed

# Nothing but the page itself: no script, no other file, no frame around it.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECONDS_KEPT = 60  # by browsers and proxies: so long a link that was taken back may still be seen


def public(
    answer: Callable[[HttpRequest, Shared], HttpResponseBase],
) -> Callable[[HttpRequest, str], HttpResponseBase]:
    """Answers with what the token shares, in its owner's language; the same page for all that share nothing."""

    @require_safe
    @wraps(answer)
    def view(request: HttpRequest, token: str) -> HttpResponseBase:
        address = StrangerThrottle().get_ident(Request(request))
        if not is_allowed(StrangerThrottle.scope, f"share:{address}"):
            return HttpResponse("Too often; wait a minute.", status=429, content_type="text/plain")
        response: HttpResponseBase
        if shared := sharing.live_share(token=token, now=clock.now()):
            with translation.override(shared.language):
                response = answer(request, shared)
            response.headers["Content-Language"] = shared.language
            patch_cache_control(response, public=True, max_age=SECONDS_KEPT, must_revalidate=True)
        else:
            response = render(request, "achievements/share_gone.html", status=404)
            patch_cache_control(response, no_store=True)
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response

    return view


@public
def share_page(request: HttpRequest, shared: Shared) -> HttpResponseBase:
    """What is shared, with the fields that a chat shows of it."""
    context = {"shared": shared, "width": cards.WIDTH, "height": cards.HEIGHT}
    return render(request, "achievements/share.html", context)


@public
def card_picture(request: HttpRequest, shared: Shared) -> HttpResponseBase:
    """The same as a picture; not drawn for one who has it."""
    facts = repr((cards.VERSION, shared.card)).encode()
    etag = f'"{hashlib.sha256(facts).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag)
    if response is None:
        response = HttpResponse(cards.png(shared.card), content_type="image/png")
    response.headers["ETag"] = etag
    return response
