"""The login page of the admin, with the same limit per account as the API's login."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from common.throttling import is_allowed


def admin_login(request: HttpRequest) -> HttpResponseBase:
    """Show or process Django's admin login; answer 429 beyond the limit."""
    name = request.POST.get("username", "").strip().lower()
    if request.method == "POST" and not is_allowed("account", f"admin:{name}"):
        return HttpResponse("Too many attempts. Please wait a minute.", status=429, content_type="text/plain")
    return admin.site.login(request)
