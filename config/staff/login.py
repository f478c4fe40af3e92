"""The form of the admin's login page: e-mail address, password, and a code for those who use a second factor."""

from typing import Any, cast

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm

from users import second_factor
from users.models import User


class StaffLoginForm(AdminAuthenticationForm):
    """Django's form of the admin's login, and a code."""

    code = forms.CharField(
        label="Code",
        required=False,
        max_length=40,
        strip=True,
        help_text="From your authenticator app, or a recovery code. Empty if you use none.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        user = cast(Any, cast("User | None", self.get_user()))
        if user is not None and second_factor.is_enrolled(user):
            device = second_factor.matching_device(user, cleaned.get("code", ""))
            if device is None:
                # One text for a missing, a wrong and a blocked code.
                raise forms.ValidationError(
                    "Enter the code that your authenticator app shows now, or a recovery code. After a wrong one, wait a "
                    "little: each try makes the wait longer.",
                    code="invalid_code",
                )
            user.otp_device = device  # django-otp notes it in the session when the user is logged in
        return cleaned
