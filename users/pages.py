"""The plain pages behind mailed links: a button, no script; only the POST changes anything."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from common import clock
from common.errors import DomainError
from users import services, tokens
from users.models import User
from users.tokens import LinkToken


class LinkForm(forms.Form):
    """Nothing to fill in: the address of the page holds the token."""


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=_("New password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        max_length=128,
    )


@method_decorator(never_cache, name="dispatch")
class LinkPage(View):
    """GET shows the form; POST calls `spend` and says how it went; in the language of the link's account."""

    links: tuple[LinkToken, ...] = ()
    form: type[forms.Form] = LinkForm
    title: Any = ""
    button: Any = ""
    done: Any = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        found = (link.read(kwargs["token"], User.objects.all()) for link in self.links)
        user = next(filter(None, found), None)
        with translation.override(user.language if user else translation.get_language()):
            response = super().dispatch(request, *args, **kwargs)
            response["Content-Language"] = translation.get_language()
            return response

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self.page(request, self.form())

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(request, form, status=400)
        try:
            self.spend(token=token, **form.cleaned_data)
        except DomainError as error:
            invalid = _("This link is not valid, has expired or was used already.")
            form.add_error(None, invalid if error.code == "invalid_link" else error.message)
            return self.page(request, form, status=400)
        return self.page(request, None)

    def spend(self, *, token: str, **fields: str) -> None:
        raise NotImplementedError

    def page(self, request: HttpRequest, form: forms.Form | None, status: int = 200) -> HttpResponse:
        context = {"form": form, "title": self.title, "button": self.button, "done": self.done}
        return render(request, "users/link.html", context, status=status)


class ConfirmPage(LinkPage):
    links = (tokens.confirmation, tokens.email_change)
    title = _("Confirm your e-mail address")
    button = _("Confirm")
    done = _("Thank you, your address is confirmed. You can sign in now.")

    def spend(self, *, token: str, **fields: str) -> None:
        services.confirm(token=token, now=clock.now())


class ResetPage(LinkPage):
    links = (tokens.password_reset,)
    form = PasswordForm
    title = _("Choose a new password")
    button = _("Change password")
    done = _("Your password is changed. You can sign in now.")

    def spend(self, *, token: str, **fields: str) -> None:
        services.reset_password(token=token, password=fields["password"])


@method_decorator(csrf_exempt, name="dispatch")
class MailsOffPage(LinkPage):
    """Mail programs post here by themselves (RFC 8058), without a cookie; the token alone says whose mails."""

    links = (tokens.mails_off,)
    title = _("No more reminders by mail")
    button = _("Turn them off")
    done = _("You get no more reminders and digests by mail.")

    def spend(self, *, token: str, **fields: str) -> None:
        services.stop_reminder_mails(token=token)
