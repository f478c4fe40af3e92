"""The calendar itself, for anybody who has the address."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from common import clock
from common.throttling import StrangerThrottle, hit, network_address, too_many_requests
from integrations.calendar import queries

CONTENT_TYPE = "text/calendar; charset=utf-8"


@require_safe
def calendar_page(request: HttpRequest, token: str) -> HttpResponseBase:
    """Return the calendar, or 304 if the program has this one already. Every address that shows nothing gets the same 404."""
    wait = hit(StrangerThrottle.scope, "calendar", network_address(request))
    if wait is not None:
        return too_many_requests(wait)
    planned = queries.planned_calendar(token, now=clock.now())
    response: HttpResponseBase
    if planned is None:
        response = HttpResponse("Not found.", status=404, content_type="text/plain")
    else:
        from integrations.calendar.rendering import to_ical  # here, because its library takes 2 MB and few need it

        text = to_ical(planned)
        etag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
        response = get_conditional_response(request, etag) or HttpResponse(text, content_type=CONTENT_TYPE)
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
