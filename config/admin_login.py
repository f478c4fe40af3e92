"""The login page of the admin, with the same limit and log line per account as the API's login."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from common.throttling import is_allowed
from users import sessions
from users.requests import device_of


def admin_login(request: HttpRequest) -> HttpResponseBase:
    """Show or process Django's admin login; answer 429 beyond the limit."""
    name = request.POST.get("username", "").strip().lower()
    if request.method == "POST" and not is_allowed("account", f"admin:{name}"):
        return HttpResponse("Too many attempts. Please wait a minute.", status=429, content_type="text/plain")
    response = admin.site.login(request)
    if request.method == "POST" and response.status_code == 200:  # the form again, with what is wrong
        sessions.log_failed_sign_in(email=name, device=device_of(request))
    return response
