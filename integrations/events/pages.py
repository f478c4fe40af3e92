"""The secret address to which Open Wearables sends. What is not signed is refused."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from rest_framework.exceptions import ParseError

from common import clock
from common.exception_handler import error_response
from common.limits import MAX_LARGE_BODY_BYTES
from common.throttling import StrangerThrottle, count, hit, network_address, too_many_requests
from integrations.events import rules, services, signatures, signed_sources
from integrations.events.adapters import open_wearables
from integrations.events.parsing import read_json
from integrations.events.serializers import results_of

RATE = "key"  # its sender is a program, like that of a key


@csrf_exempt
@never_cache
@require_POST
def open_wearables_page(request: HttpRequest, token: str) -> HttpResponse:
    """Store the events of a signed request. Every other one gets a 404 or a 401, whose limit is that of strangers."""
    source = signed_sources.find(token)
    body = request.read(MAX_LARGE_BODY_BYTES + 1)
    if len(body) > MAX_LARGE_BODY_BYTES:
        return error_response(request, 413, "body_too_large", "The body is too large.")
    if source is None or not signatures.is_signed(body, request.headers, secret=source.signing_secret):
        wait = hit(StrangerThrottle.scope, "open-wearables", network_address(request))
        if wait is not None:
            return too_many_requests(wait)
        if source is None:
            return error_response(request, 404, "not_found", "Not found.")
        return error_response(request, 401, "not_signed", "The signature is missing, wrong or older than five minutes.")
    waits = [quota.wait for quota in count(RATE, f"open-wearables:{source.pk}") if quota.wait]
    if waits:
        return too_many_requests(max(waits))
    try:
        items = open_wearables.items_of(read_json(body), wearer=source.wearer)
    except ParseError:
        return error_response(request, 400, "parse_error", "The body is not JSON.")
    found = services.receive(
        user=source.user,
        source=open_wearables.SOURCE,
        items=items[-rules.MAX_ADAPTED_ITEMS :],
        now=clock.now(),
    )
    return JsonResponse(results_of(found, only_refused=True))
