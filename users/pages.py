"""The pages behind mailed links: a form with one button, without scripts. Only a POST changes anything.

The token in the URL proves that a request is the user's own, which no other site can know. So the pages need no cookie
and no CSRF check: they work in mail programs and browsers that keep no cookies.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from common import clock
from common.csp import LINK, policy
from common.errors import DomainError
from common.throttling import StrangerThrottle, hit, network_address, too_many_requests
from users import access, services, tokens
from users.access import Access, Keep
from users.models import TELEGRAM, Address, User
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


class ConfirmForm(PasswordForm):
    """Asks for the password of a new account."""

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data)
        password = self.fields["password"]
        password.label = _("Password")
        password.help_text = _("Your account gets this password: the one that you chose, or another one.")


class ResetForm(PasswordForm):
    """Asks for the new password and for what to keep of what a session may have made."""

    def __init__(self, data: QueryDict | None, *, found: Access, user: User) -> None:
        super().__init__(data)
        if found.chats:
            are_chats = all(each.channel == TELEGRAM for each in found.chats)
            words = _("Keep the chat: %(chats)s") if are_chats else _("Keep where my messages go: %(chats)s")
            label = words % {"chats": _chat_names(found.chats, user)}
            self.fields[Keep.CHATS] = forms.BooleanField(required=False, label=label)
        if found.share_links:
            label = ngettext(
                "Keep the %(count)d page that I shared", "Keep the %(count)d pages that I shared", found.share_links
            ) % {"count": found.share_links}
            self.fields[Keep.SHARES] = forms.BooleanField(required=False, label=label)

    @property
    def kept(self) -> list[Keep]:
        return [each for each in Keep if self.cleaned_data.get(each)]


def _chat_names(chats: Sequence[Address], user: User) -> str:
    """Return the names of chats, each with its other channel and with the day of connecting on the user's clock."""
    names = []
    for chat in chats:
        name = chat.name or str(chat.address)
        if chat.channel != TELEGRAM:
            name = f"{chat.channel} {name}"
        if chat.connected_at:
            day = date_format(localtime(chat.connected_at, user.tzinfo), "DATE_FORMAT")
            name = _("%(name)s, connected on %(day)s") % {"name": name, "day": day}
        names.append(name)
    return "; ".join(names)


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator([never_cache, policy(LINK)], name="dispatch")
class LinkPage(View):
    """A page for a link token, in the language of the account: GET shows the form, POST calls `use_token`."""

    links: tuple[LinkToken, ...] = ()
    title: Any = ""
    button: Any = ""
    note: Any = ""
    done: Any = ""
    # Which of `links` the token of the request is, and whose; None: it is invalid.
    link: LinkToken | None
    user: User | None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        wait = hit(StrangerThrottle.scope, type(self).__name__, network_address(request))
        if wait is not None:
            return too_many_requests(wait)
        self.link, self.user = self.find(kwargs["token"])
        with translation.override(self.user.language if self.user else translation.get_language()):
            response = super().dispatch(request, *args, **kwargs)
            response["Content-Language"] = translation.get_language()
            return response

    def find(self, token: str) -> tuple[LinkToken | None, User | None]:
        """Return which of `links` the token is, and whose; None for both if it is invalid."""
        found = ((link, link.read(token, User.objects.all())) for link in self.links)
        return next(((link, user) for link, user in found if user), (None, None))

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self.page(request, self.form(None))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(request, form, status=400)
        try:
            self.use_token(token, form)
        except DomainError as error:
            invalid = _("This link is invalid, has expired or was already used.")
            form.add_error(None, invalid if error.code == "invalid_link" else error.message)
            return self.page(request, form, status=400)
        return self.page(request, None)

    def form(self, data: QueryDict | None) -> forms.Form:
        """Return the form for `self.link` and `self.user`, which are None for an invalid token."""
        return LinkForm(data)

    def use_token(self, token: str, form: forms.Form) -> None:
        """Apply the link with the valid form. Raises DomainError."""
        raise NotImplementedError

    def page(self, request: HttpRequest, form: forms.Form | None, status: int = 200) -> HttpResponse:
        context = {"form": form} | {name: getattr(self, name) for name in ("title", "button", "note", "done")}
        return render(request, "users/link.html", context, status=status)


class ConfirmPage(LinkPage):
    """Confirms a new account's address and sets its password, or confirms a changed address."""

    links = (tokens.confirmation, tokens.email_change)
    title = _("Confirm your e-mail address")
    button = _("Confirm")
    done = _("Thank you, your address is confirmed. You can sign in now.")

    def form(self, data: QueryDict | None) -> forms.Form:
        return ConfirmForm(data) if self.link is tokens.confirmation else LinkForm(data)

    def use_token(self, token: str, form: forms.Form) -> None:
        services.confirm(token=token, password=form.cleaned_data.get("password"), now=clock.now())


class ResetPage(LinkPage):
    """Sets a new password, and ends what a session may have made unless it is kept."""

    links = (tokens.password_reset,)
    title = _("Choose a new password")
    button = _("Change password")
    note = _("This signs out all devices, and ends a change of address and everything else that you do not keep.")
    done = _("Your password has been changed. You can sign in now.")

    def form(self, data: QueryDict | None) -> forms.Form:
        if self.user is None:
            return PasswordForm(data)
        return ResetForm(data, found=access.access_of(self.user, now=clock.now()), user=self.user)

    def use_token(self, token: str, form: forms.Form) -> None:
        keep = form.kept if isinstance(form, ResetForm) else []
        services.reset_password(token=token, password=form.cleaned_data["password"], keep=keep, now=clock.now())


class UnsubscribePage(LinkPage):
    """Stops reminder e-mails. Mail programs post here on their own (RFC 8058)."""

    links = (tokens.unsubscribe,)
    title = _("Stop reminder e-mails")
    button = _("Unsubscribe")
    done = _("You will get no more reminders or digests by e-mail.")

    def use_token(self, token: str, form: forms.Form) -> None:
        services.unsubscribe(token=token)
