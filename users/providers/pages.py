"""The way to a provider and back: two addresses that a browser visits, which only redirect.

What an attempt remembers is in a signed cookie of this browser, so that nobody can be made to end a sign-in that somebody
else began. The ticket for the session is in a cookie as well, and never in an address.
"""

import logging
from dataclasses import asdict
from typing import Literal
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common import clock
from common.errors import DomainError
from common.throttling import StrangerThrottle, hit, network_address, too_many_requests
from users import tokens
from users.models import User
from users.providers import services
from users.providers.claims import Attempt, ProviderUnavailable, SignInRefused
from users.providers.configuration import Provider
from users.requests import device_of

logger = logging.getLogger(__name__)

ATTEMPT_COOKIE, TICKET_COOKIE = "habits_sign_in", "habits_ticket"
ATTEMPT_SECONDS = 600
SALT = "users.providers.attempt.2"  # another one for each form of what is remembered
UNAVAILABLE, REFUSED, EXPIRED = "provider_unavailable", "sign_in_refused", "sign_in_expired"


def provider_of(name: str) -> Provider:
    """Return a provider of the operator's list. Raises KeyError."""
    return {each.name: each for each in settings.OIDC_PROVIDERS}[name]


@require_safe
@never_cache
def start(request: HttpRequest, name: str) -> HttpResponse:
    """Send the browser to a provider. `?link=`: to connect it with the account of a person who is signed in here."""
    from users.providers import protocol  # here, because its library takes 4 MB and few instances have a provider

    provider = _provider_or_404(name)
    wait = hit(StrangerThrottle.scope, "provider", network_address(request))
    if wait is not None:
        return too_many_requests(wait)
    link = request.GET.get("link", "")
    if "link" in request.GET and tokens.identity_link(device_of(request).token).read(link, _active()) is None:
        return _to_client("me/security", problem=EXPIRED)
    try:
        url, attempt = protocol.begin(provider, redirect_uri=_redirect_uri(provider))
    except ProviderUnavailable as error:
        logger.warning("%s cannot sign in: %s", provider.name, error)
        return _to_client("sign-in", problem=UNAVAILABLE)
    response = HttpResponseRedirect(url)
    remembered = asdict(attempt) | {"provider": provider.name, "link": link}
    _set_cookie(response, ATTEMPT_COOKIE, signing.dumps(remembered, salt=SALT), ATTEMPT_SECONDS, samesite="Lax")
    return response


@require_safe
@never_cache
def callback(request: HttpRequest, name: str) -> HttpResponse:
    """Take the browser back from a provider, and send it on to the client, which exchanges the ticket for a session."""
    provider = _provider_or_404(name)
    wait = hit(StrangerThrottle.scope, "provider", network_address(request))
    if wait is not None:
        return too_many_requests(wait)
    response = _finish(request, provider)
    response.delete_cookie(ATTEMPT_COOKIE, path=settings.SESSION_COOKIE_PATH)
    return response


def _finish(request: HttpRequest, provider: Provider) -> HttpResponse:
    from users.providers import protocol  # here, as above

    now = clock.now()
    try:
        remembered = signing.loads(request.COOKIES.get(ATTEMPT_COOKIE, ""), salt=SALT, max_age=ATTEMPT_SECONDS)
    except signing.BadSignature:
        return _to_client("sign-in", problem=EXPIRED)
    attempt = Attempt(remembered["state"], remembered["nonce"], remembered["verifier"])
    is_ours = remembered["provider"] == provider.name and constant_time_compare(
        request.GET.get("state", ""), attempt.state
    )
    where = "me/security" if remembered["link"] else "sign-in"
    if not is_ours or "code" not in request.GET:
        return _to_client(where, problem=REFUSED)
    try:
        redirect_uri = _redirect_uri(provider)
        claims = protocol.finish(provider, attempt, code=request.GET["code"], redirect_uri=redirect_uri, now=now)
        if remembered["link"]:
            services.link(token=remembered["link"], device=device_of(request), claims=claims, now=now)
            return _to_client(where, linked=provider.name)
        identity = services.admit(provider=provider, claims=claims, now=now)
    except ProviderUnavailable as error:
        logger.warning("%s cannot sign in: %s", provider.name, error)
        return _to_client(where, problem=UNAVAILABLE)
    except SignInRefused as error:
        logger.warning("a sign-in by %s was refused: %s", provider.name, error)
        return _to_client(where, problem=REFUSED)
    except DomainError as error:
        return _to_client(where, problem=error.code)
    if refusal := services.refusal_of(identity):
        return _to_client(where, problem=refusal)
    response = _to_client(where, by=provider.name)
    seconds = int(services.TICKET_LIFETIME.total_seconds())
    _set_cookie(response, TICKET_COOKIE, services.make_ticket(identity=identity, now=now), seconds, samesite="Strict")
    return response


def _active() -> QuerySet[User]:
    return User.objects.filter(is_active=True)


def _provider_or_404(name: str) -> Provider:
    try:
        return provider_of(name)
    except KeyError as error:
        raise Http404 from error


def _redirect_uri(provider: Provider) -> str:
    return f"{settings.SITE_URL}/auth/{provider.name}/callback/"


def _to_client(screen: str, **query: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{settings.SITE_URL}/{screen}?{urlencode(query)}")


def _set_cookie(
    response: HttpResponse, name: str, value: str, seconds: int, *, samesite: Literal["Lax", "Strict"]
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite=samesite,
    )
