"""The admin page where staff set up, renew and remove their second factor."""

from base64 import b32encode
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_otp import login
from django_otp.plugins.otp_totp.models import TOTPDevice

from common import clock
from common.csp import ADMIN, policy
from common.throttling import SecretThrottle, hit, too_many_requests
from users import second_factor
from users.models import User
from users.rules import MAX_PASSWORD_LENGTH

KEY_GROUP = 4  # letters of the key between spaces
WRONG = "The password or the code is wrong. After a wrong code, wait a little before the next."


class PasswordForm(forms.Form):
    password = forms.CharField(
        strip=False,
        max_length=MAX_PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    code = forms.CharField(max_length=40, widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}))


class ProofForm(PasswordForm, CodeForm):
    """The password and a code: a session that somebody took over has neither."""


@never_cache
@policy(ADMIN)
@csrf_protect
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Show the page, or set up, renew or remove the second factor.

    A staff member without a device may always open it; one with a device only after signing in with its code.
    """
    user: Any = request.user
    is_enrolled = bool(user.is_active and user.is_staff and second_factor.is_enrolled(user))
    if not (user.is_active and user.is_staff) or (is_enrolled and not user.is_verified()):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    if request.method == "POST":
        wait = hit(SecretThrottle.scope, f"user:{user.pk}")
        if wait is not None:
            return too_many_requests(wait)
    shown = _change(request, user) if is_enrolled else _enrol(request, user)
    context = {**admin.site.each_context(request), "title": "Two-factor sign-in", **shown}
    return render(request, "staff/second_factor.html", context, status=400 if shown["form"].errors else 200)


def _enrol(request: HttpRequest, user: User) -> dict[str, Any]:
    """Take the password, show a new key in answer to it and nowhere else, then take its first code."""
    if "code" not in request.POST:
        form = PasswordForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return {"form": form}
        if not user.check_password(form.cleaned_data["password"]):
            form.add_error(None, WRONG)
            return {"form": form}
        device = second_factor.start_enrolment(user)
        return {"form": CodeForm(), "picture": picture(device), "key": readable_key(device), "takes_code": True}
    code = CodeForm(request.POST)
    if code.is_valid():
        if enrolled := second_factor.finish_enrolment(user, code.cleaned_data["code"], now=clock.now()):
            device, codes = enrolled
            request.session.cycle_key()
            login(request, device)
            return {"form": code, "codes": codes}
        code.add_error(None, WRONG)
    return {"form": code, "takes_code": True}


def _change(request: HttpRequest, user: User) -> dict[str, Any]:
    """Renew the recovery codes and show them, or remove the device."""
    form = ProofForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        is_proven = user.check_password(form.cleaned_data["password"]) and second_factor.matching_device(
            user, form.cleaned_data["code"]
        )
        if not is_proven:
            form.add_error(None, WRONG)
        elif "remove" in request.POST:
            second_factor.remove(user, now=clock.now())
            return {"form": PasswordForm()}
        else:
            codes = second_factor.renew_recovery_codes(user, now=clock.now())
            login(request, second_factor.app_of(user))  # the device of the session may be that of the old codes
            return {"form": form, "codes": codes}
    return {"form": form, "is_enrolled": True}


def picture(device: TOTPDevice) -> SafeString:
    """Return the QR code of a device's key as SVG, drawn here: the key reaches no other host."""
    import segno  # here, because it takes 2 MB for what staff do once

    code = segno.make(device.config_url, error="m", micro=False)
    return mark_safe(code.svg_inline(scale=5, border=4, light="#fff", dark="#000"))  # noqa: S308 (no text of a user)


def readable_key(device: TOTPDevice) -> str:
    """Return the key for typing it, in groups of letters."""
    key = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(key[start : start + KEY_GROUP] for start in range(0, len(key), KEY_GROUP))
