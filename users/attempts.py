"""The limit of attempts at an account's password: one count for the API and the admin, under the account's lookup key."""

from datetime import datetime

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.views import APIView

from common import clock
from common.throttling import StrangerThrottle, given_email, hashed, hit
from users import services, sessions
from users.keys import key_of
from users.models import User
from users.requests import device_of

SCOPE = "account"


def wait_before_trying(request: HttpRequest | Request, *, email: str, now: datetime) -> float | None:
    """Count an attempt; return None if the password may be checked, otherwise the seconds to wait.

    Past the limit a device that has signed in to this account before has a limit of its own, and the owner is mailed a
    link to sign in with: nobody can lock another out. Known and unknown addresses are treated alike.
    """
    key = key_of("email", email)
    wait = hit(SCOPE, hashed(key))
    if wait is None:
        return None
    user, device = User.objects.by_email(email), device_of(request)
    if sessions.is_known_device(user=user, device=device):
        return hit(SCOPE, hashed(key), hashed(device.token))
    services.request_sign_in_link(email=email, now=now)
    return wait


class SignInThrottle(StrangerThrottle):
    """Per network address and, within that limit, per account."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        if not super().allow_request(request, view):
            return False
        if email := given_email(request):
            self._wait = wait_before_trying(request, email=email, now=clock.now())
        return self._wait is None
