"""The login page of the admin, with the limits of the API's login."""

from http import HTTPStatus

from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from common import clock
from common.throttling import StrangerThrottle, hit, network_address, too_many_requests
from users import sessions
from users.attempts import wait_before_trying
from users.models import User
from users.requests import device_of, set_device_cookie

LOCKED = (
    "Too many attempts. If the account exists, a mail with a link to sign in to the web client is on its way. "
    "Afterwards this device can sign in here too."
)


def admin_login(request: HttpRequest) -> HttpResponseBase:
    """Show or process Django's admin login; answer 429 beyond the limit of the network address or the account."""
    if request.method != "POST":
        return admin.site.login(request)
    email, now = request.POST.get("username", ""), clock.now()
    wait = hit(StrangerThrottle.scope, "admin", network_address(request))
    if wait is None:
        wait = wait_before_trying(request, email=email, now=now)
    if wait is not None:
        return too_many_requests(wait, LOCKED)
    device, response = device_of(request), admin.site.login(request)
    if response.status_code == HTTPStatus.FOUND and isinstance(request.user, User):
        sessions.remember_device(user=request.user, device=device, now=now)
        set_device_cookie(response, device)
    else:
        sessions.log_failed_sign_in(email=email, device=device)
    return response
