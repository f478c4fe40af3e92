"""The addresses behind buttons: a POST acts; opening one shows a page with a button. Short JSON for devices.

The secret in the address proves that a request is the user's own. So the page needs no cookie and no CSRF check.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from common import clock
from common.csp import LINK, policy
from common.errors import DomainError
from common.exception_handler import error_response
from common.throttling import StrangerThrottle, hit, network_address, too_many_requests
from notifications.models import Delivery
from notifications.outbox import messages
from notifications.taps import links, services
from notifications.taps.links import TapAction, TapLink
from notifications.taps.services import Tapped


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator([never_cache, policy(LINK)], name="dispatch")
class TapPage(View):
    """A button of a reminder, in the language of its user."""

    http_method_names = ["get", "head", "post", "options"]
    link: TapLink
    delivery: Delivery

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        wait = hit(StrangerThrottle.scope, "tap", network_address(request))
        if wait is not None:
            return too_many_requests(wait)
        link = links.read(kwargs["token"], now=clock.now())
        delivery = services.find(link) if link else None
        if link is None or delivery is None or delivery.user is None:
            response: Any = self.refuse(404, "not_found", _("This link is invalid, has expired or was already used."))
        else:
            self.link, self.delivery = link, delivery
            with translation.override(delivery.user.language):
                try:
                    response = super().dispatch(request, *args, **kwargs)
                except DomainError as error:
                    response = self.refuse(409, error.code, _sentence(error))
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        button = _("Later") if self.link.target.action == TapAction.LATER else _("Done")
        return self.page({"button": button}, {"acted": False})

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        tapped = services.use(link=self.link, now=clock.now())
        later_at = tapped.later_at.isoformat() if tapped.later_at else None
        data = {"acted": True, "day": str(tapped.day), "later_at": later_at}
        return self.page({"lines": [self.sentence(tapped)]}, data)

    def sentence(self, tapped: Tapped) -> str:
        if tapped.later_at is None or self.delivery.user is None:
            return _("Well done!")
        at = tapped.later_at.astimezone(self.delivery.user.tzinfo)
        return messages.later(messages.sentence(tapped.track.habit), at.time())

    def page(self, context: dict[str, Any], data: dict[str, Any]) -> HttpResponse:
        habit = self.delivery.track.habit.name if self.delivery.track else ""
        if self.wants_json():
            return JsonResponse({"habit": habit, **data})
        return render(self.request, "notifications/tap.html", {"title": habit, "action": self.request.path, **context})

    def refuse(self, status: int, code: str, message: str) -> HttpResponse:
        if self.wants_json():
            return error_response(self.request, status, code, message)
        context = {"title": _("Nothing was done"), "lines": [message]}
        return render(self.request, "notifications/tap.html", context, status=status)

    def wants_json(self) -> bool:
        """Return whether a device asks: one that names no HTML."""
        return "text/html" not in self.request.headers.get("Accept", "")


def _sentence(error: DomainError) -> str:
    """Return what a refusal says to a person."""
    sentences = {
        "invalid_link": _("This link is invalid, has expired or was already used."),
        "already_used": _("This link was already used."),
        "already_logged": _("This day is already logged."),
    }
    return sentences.get(error.code) or messages.error_text(error)
