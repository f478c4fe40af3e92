"""Signing in by a header that a proxy of the operator's sets (`TRUSTED_HEADER`), for example `Remote-Email`.

common.middleware removes the header from every request that does not come from one of `TRUSTED_HEADER_PROXIES`.
"""

from datetime import datetime

from django.conf import settings
from rest_framework.request import Request

from common.errors import DomainError
from users.devices import Device
from users.models import User
from users.providers import services
from users.providers.claims import Claims
from users.providers.configuration import PROXY, Newcomers, Provider

MAX_LENGTH = 254
REFUSALS = {
    services.WAITS: "Staff have to let your account in first.",
    services.INACTIVE: "This account is not active.",
}


def proxy() -> Provider:
    """Return the proxy as a provider: its word on an address is trusted."""
    return Provider(
        name=PROXY,
        title=PROXY,
        issuer=PROXY,
        client_id="",
        client_secret="",
        newcomers=Newcomers(settings.TRUSTED_HEADER_NEWCOMERS),
        links_verified=True,
    )


def sign_in(*, request: Request, device: Device, now: datetime) -> dict[str, str]:
    """Start a session of the person that the header names: {refresh, access, proof}.

    Raises DomainError: no_trusted_header, waits_for_approval, inactive, and those of services.admit.
    """
    address = _address(request)
    if not address:
        raise DomainError("no_trusted_header", "No proxy of this service has signed you in.")
    claims = Claims(issuer=PROXY, subject=address.casefold(), email=address, is_verified=True, name="")
    # Not one transaction: a newcomer who has to wait keeps the account.
    identity = services.admit(provider=proxy(), claims=claims, now=now)
    if refusal := services.refusal_of(identity):
        raise DomainError(refusal, REFUSALS[refusal])
    return services.start_session(user=identity.user, device=device, now=now)


def names_another(request: Request, user: User) -> bool:
    """Return whether the proxy has signed in somebody else in this browser, whose session then is not to go on."""
    address = _address(request)
    return bool(address) and not user.identities.filter(issuer=PROXY, subject=address.casefold()).exists()


def _address(request: Request) -> str:
    name = settings.TRUSTED_HEADER
    address = request.META.get(f"HTTP_{name.upper().replace('-', '_')}", "").strip() if name else ""
    return address if "@" in address and len(address) <= MAX_LENGTH else ""
