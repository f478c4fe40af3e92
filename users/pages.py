"""The pages behind mailed links: a form with one button, without scripts. Only a POST changes anything."""

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
from common.throttling import StrangerThrottle, hit, network_address, too_many_requests
from users import services, tokens
from users.models import User
from users.rules import MAX_PASSWORD_LENGTH
from users.tokens import LinkToken


class LinkForm(forms.Form):
    """A form without fields: the token is in the URL."""


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=_("New password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        max_length=MAX_PASSWORD_LENGTH,
    )


@method_decorator(never_cache, name="dispatch")
class LinkPage(View):
    """A page for a link token, in the language of the account: GET shows the form, POST calls `use_token`."""

    links: tuple[LinkToken, ...] = ()
    form: type[forms.Form] = LinkForm
    title: Any = ""
    button: Any = ""
    done: Any = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        wait = hit(StrangerThrottle.scope, type(self).__name__, network_address(request))
        if wait is not None:
            return too_many_requests(wait)
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
            self.use_token(token=token, **form.cleaned_data)
        except DomainError as error:
            invalid = _("This link is invalid, has expired or was already used.")
            form.add_error(None, invalid if error.code == "invalid_link" else error.message)
            return self.page(request, form, status=400)
        return self.page(request, None)

    def use_token(self, *, token: str, **fields: str) -> None:
        """Apply the link with the form's fields. Raises DomainError."""
        raise NotImplementedError

    def page(self, request: HttpRequest, form: forms.Form | None, status: int = 200) -> HttpResponse:
        context = {"form": form, "title": self.title, "button": self.button, "done": self.done}
        return render(request, "users/link.html", context, status=status)


class ConfirmPage(LinkPage):
    """Confirms a new account's address, or a changed address."""

    links = (tokens.confirmation, tokens.email_change)
    title = _("Confirm your e-mail address")
    button = _("Confirm")
    done = _("Thank you, your address is confirmed. You can sign in now.")

    def use_token(self, *, token: str, **fields: str) -> None:
        services.confirm(token=token, now=clock.now())


class ResetPage(LinkPage):
    """Sets a new password."""

    links = (tokens.password_reset,)
    form = PasswordForm
    title = _("Choose a new password")
    button = _("Change password")
    done = _("Your password has been changed. You can sign in now.")

    def use_token(self, *, token: str, **fields: str) -> None:
        services.reset_password(token=token, password=fields["password"])


@method_decorator(csrf_exempt, name="dispatch")
class UnsubscribePage(LinkPage):
    """Stops reminder e-mails. Mail programs post here on their own, without a cookie (RFC 8058), so CSRF is not checked."""

    links = (tokens.unsubscribe,)
    title = _("Stop reminder e-mails")
    button = _("Unsubscribe")
    done = _("You will get no more reminders or digests by e-mail.")

    def use_token(self, *, token: str, **fields: str) -> None:
        services.unsubscribe(token=token)
