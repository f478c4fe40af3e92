"""The pages of the admin that check a password, with the limits of the API."""

from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from common import clock
from common.throttling import SecretThrottle, StrangerThrottle, hit, network_address, too_many_requests
from users import devices
from users.attempts import wait_before_trying
from users.models import User

LOCKED = (
    "Too many attempts. If the account exists, a mail with a link to sign in to the web client is on its way. "
    "Afterwards this device can sign in here too."
)


def admin_login(request: HttpRequest) -> HttpResponseBase:
    """Show or process Django's admin login; answer 429 beyond the limit of the network address or the account."""
    if request.method == "POST":
        wait = hit(StrangerThrottle.scope, "admin", network_address(request))
        if wait is None:
            wait = wait_before_trying(request, email=request.POST.get("username", ""), now=clock.now())
        if wait is not None:
            return too_many_requests(wait, LOCKED)
    response = admin.site.login(request)
    if request.method == "POST" and isinstance(request.user, User):
        devices.remember(response, request=request, user=request.user)
    return response


def admin_password_change(request: HttpRequest) -> HttpResponseBase:
    """Show or process Django's form for the own password; answer 429 beyond the limit of the user."""
    if request.method == "POST" and request.user.is_authenticated:
        wait = hit(SecretThrottle.scope, f"user:{request.user.pk}")
        if wait is not None:
            return too_many_requests(wait)
    return admin.site.admin_view(admin.site.password_change)(request)
