"""The addresses of action links: a page with one button for people, short JSON for devices.

The secret in the address proves that a request is the owner's own, which no other site can know. So the page needs no
cookie and no CSRF check. Only a POST acts, or a GET where the owner has chosen that; never a HEAD, and never a request
that says that it only loads the page in advance.
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
from integrations.action_links import rules, services
from integrations.action_links.rules import Action
from integrations.action_links.services import Acted
from integrations.models import ActionLink
from tracking.models import HabitLog
from tracking.streaks.rules import Status

RATE = "action"  # the name of the limit in THROTTLE_RATES


class Refused(Exception):
    """The address does nothing: with the status, the code and the sentence of the answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator([never_cache, policy(LINK)], name="dispatch")
class ActionPage(View):
    """An action link, in the language of its owner."""

    http_method_names = ["get", "head", "post", "options"]
    link: ActionLink

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        wait = hit(StrangerThrottle.scope, "action-link", network_address(request))
        if wait is not None:
            return too_many_requests(wait)
        link = services.find(kwargs["token"])
        with translation.override(link.user.language if link else translation.get_language()):
            try:
                self.link = _usable(link)
                response = super().dispatch(request, *args, **kwargs)
            except Refused as refused:
                response = self.refuse(refused.status, refused.code, refused.message)
            except DomainError as error:
                response = self.refuse(409, error.code, _sentence(error))
            except ActionLink.DoesNotExist:
                response = self.refuse(404, "not_found", _ended())
            response["Content-Language"] = translation.get_language()
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        if self.link.acts_on_get and request.method == "GET" and not rules.is_prefetch(request.headers):
            return self.act()
        return self.page({"button": _button(self.link)}, {"acted": False})

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        return self.act()

    def act(self) -> HttpResponse:
        wait = hit(RATE, str(self.link.pk))
        if wait is not None:
            return too_many_requests(wait)
        request_id = self.request.headers.get("Idempotency-Key") or self.request.headers.get("X-Request-Id") or ""
        acted = services.act(
            link_id=self.link.pk, request_id=request_id[: rules.MAX_REQUEST_ID_LENGTH], now=clock.now()
        )
        lines = [_("This was counted a moment ago. Nothing was added.")] if acted.is_repeated else []
        return self.acted(acted, [*lines, _state(acted)], can_undo=acted.link.undo is not None)

    def acted(self, acted: Acted, lines: list[str], *, can_undo: bool) -> HttpResponse:
        base = f"{self.request.path.rstrip('/').removesuffix('/undo')}"
        data: dict[str, Any] = {"acted": not acted.is_repeated, **_day(acted)}
        return self.page({"lines": lines, "undo": f"{base}/undo" if can_undo else ""}, data)

    def page(self, context: dict[str, Any], data: dict[str, Any]) -> HttpResponse:
        if self.wants_json():
            return JsonResponse({"habit": self.link.track.habit.name, **data})
        context |= {"title": self.link.track.habit.name, "action": self.request.path}
        return render(self.request, "integrations/action.html", context)

    def refuse(self, status: int, code: str, message: str) -> HttpResponse:
        if self.wants_json():
            return error_response(self.request, status, code, message)
        context = {"title": _("Nothing was done"), "lines": [message]}
        return render(self.request, "integrations/action.html", context, status=status)

    def wants_json(self) -> bool:
        """Return whether a device asks: one that names JSON, and does not name HTML before it."""
        accepted = self.request.headers.get("Accept", "")
        return "application/json" in accepted and "text/html" not in accepted


class UndoPage(ActionPage):
    """Takes the last action of a link back. Only a POST does."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self.page({"button": _("Undo")}, {"acted": False})

    def act(self) -> HttpResponse:
        undone = services.undo(link_id=self.link.pk, now=clock.now())
        return self.acted(undone, [_("Undone."), _state(undone)], can_undo=False)


def _usable(link: ActionLink | None) -> ActionLink:
    """Return the link. Raises Refused if there is none, or its owner no longer follows the habit."""
    if link is None:
        raise Refused(404, "not_found", _ended())
    if link.track.left_at is not None:
        raise Refused(410, "left", _("You no longer follow this habit, so this link does nothing."))
    return link


def _ended() -> str:
    return _("This link does not exist, or it was ended.")


def _sentence(error: DomainError) -> str:
    """Return what a refusal says to a person."""
    sentences = {
        "nothing_to_undo": _("There is nothing to undo."),
        "changed_since": _("This day was changed since, so it cannot be undone here."),
        "after_end": _("This habit has ended."),
        "before_start": _("This habit has not begun yet."),
    }
    return sentences.get(error.code, error.message)


def _button(link: ActionLink) -> str:
    if link.amount is not None:
        return _("Add %(amount)s") % {"amount": f"{link.amount.normalize():f}"}
    return _("Done or not done") if link.action == Action.TOGGLE else _("Done")


def _state(acted: Acted) -> str:
    """Return what the day says now, in one sentence."""
    log = acted.log
    if log is None:
        return _("Today is open again.")
    if log.status == Status.COMPLETED:
        return _("Today is done.")
    if log.amount is None:
        return _("Today is as it was.")
    return _("So far today: %(amount)s") % {"amount": f"{log.amount.normalize():f}"}


def _day(acted: Acted) -> dict[str, Any]:
    log: HabitLog | None = acted.log
    return {
        "day": str(acted.day),
        "status": log.status if log else None,
        "amount": None if log is None or log.amount is None else f"{log.amount:.2f}",
        "streak": acted.track.streak_at(clock.now()).current,
    }
