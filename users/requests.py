"""What a request says about its user, session and device."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from users import devices
from users.devices import Device
from users.models import User
from users.rules import KNOWN_DEVICE_LIFETIME
from users.scopes import KeyAccess, Scope
from users.signed_tokens import SESSION_CLAIM

DEVICE_COOKIE = "habits_device"


def user_of(request: Request) -> User:
    """Return the authenticated user. Use it only in views that require authentication."""
    assert isinstance(request.user, User)
    return request.user


def session_id_of(request: Request) -> int | None:
    """Return the id of the session whose access token the request carries, if any."""
    claims = request.auth
    return claims.get(SESSION_CLAIM) if isinstance(claims, dict) else None


def is_by_key(request: Request) -> bool:
    """Return whether a program made the request with a key, instead of a signed-in person."""
    return isinstance(request.auth, KeyAccess)


def may_also(request: Request, scope: Scope) -> bool:
    """Return whether the request may read what another scope is for, too: a signed-in person may, a key with it may."""
    return scope in request.auth.scopes if isinstance(request.auth, KeyAccess) else True


def device_of(request: Request | HttpRequest) -> Device:
    """Return the device of a request: its cookie's token (a new one without a valid cookie), program and address."""
    agent = request.META.get("HTTP_USER_AGENT", "")[: devices.MAX_AGENT_LENGTH]
    address = devices.address_of(BaseThrottle().get_ident(request))  # type: ignore[arg-type]  # needs only META
    token = request.COOKIES.get(DEVICE_COOKIE, "")
    if devices.TOKEN_PATTERN.fullmatch(token):
        return Device(agent=agent, network_address=address, token=token)
    return Device(agent=agent, network_address=address)


def set_device_cookie(response: HttpResponseBase, device: Device) -> None:
    """Let the device be recognised at its next sign-in. Its token opens nothing by itself."""
    response.set_cookie(
        DEVICE_COOKIE,
        device.token,
        max_age=KNOWN_DEVICE_LIFETIME,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
