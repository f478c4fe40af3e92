"""Staff's sign-in, which may be tried as often as everybody's: so many times for each account named."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from common.throttling import is_allowed


def admin_login(request: HttpRequest) -> HttpResponseBase:
    """The admin's own page behind the limit."""
    name = request.POST.get("username", "").strip().lower()
    if request.method == "POST" and not is_allowed("account", f"admin:{name}"):
        return HttpResponse("Too many tries; wait a minute.", status=429, content_type="text/plain")
    return admin.site.login(request)
