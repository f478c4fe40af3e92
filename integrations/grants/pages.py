"""The page behind the mail by which a partner asks to link an account."""

from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from common import clock
from common.errors import DomainError
from common.throttling import SecretThrottle, hit
from integrations.grants import services as links
from integrations.grants import tokens
from integrations.grants.words import scope_texts
from integrations.models import LinkRequest
from users.models import User
from users.pages import LinkForm, LinkPage
from users.rules import MAX_PASSWORD_LENGTH
from users.tokens import LinkToken

YES, NO, NEVER = "yes", "no", "never"


class AnswerForm(forms.Form):
    """Asks for the answer, and for the password of the account if it is a yes."""

    answer = forms.ChoiceField(
        label=_("Your answer"),
        choices=[
            ("", "—"),
            (YES, _("Yes, connect my account")),
            (NO, _("No")),
            (NEVER, _("No, and this service is never to ask me again")),
        ],
    )
    password = forms.CharField(
        label=_("Your password"),
        help_text=_("Only for a yes."),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
        required=False,
        max_length=MAX_PASSWORD_LENGTH,
    )


class LinkAccountPage(LinkPage):
    """Names the service and what it would like to do, and takes the answer.

    The token in the URL proves the mailbox, the password the account: nobody who is tricked into opening the page, or
    has the mail only, links anything.
    """

    title: Any = _("A service asks for a connection")
    button: Any = _("Answer")
    done: Any = _("Thank you, your answer is stored. You can end a connection in your profile at any time.")
    asked: LinkRequest | None = None

    def find(self, token: str) -> tuple[LinkToken | None, User | None]:
        found = tokens.read(token)
        if found is None or found[0].answered_at is not None or found[0].expires_at <= clock.now():
            return None, None
        self.asked, user = found
        return None, user

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.asked = None

    def form(self, data: QueryDict | None) -> forms.Form:
        if self.asked is None:
            return LinkForm(data)
        self.title = _("%(name)s asks for a connection") % {"name": self.asked.partner.name}
        texts = "; ".join(scope_texts(self.asked.scopes))
        self.note = _("It would like to: %(scopes)s.") % {"scopes": texts}
        return AnswerForm(data)

    def use_token(self, token: str, form: forms.Form) -> None:
        if self.asked is None or self.user is None:
            raise DomainError("invalid_link", "This link is invalid, has expired or was already used.")
        answer, request_id, now = form.cleaned_data["answer"], self.asked.pk, clock.now()
        try:
            if answer != YES:
                links.decline(user=self.user, request_id=request_id, never_again=answer == NEVER, now=now)
                return
            wait = hit(SecretThrottle.scope, f"user:{self.user.pk}")
            if wait is not None:
                raise DomainError("throttled", str(_("Too many tries. Wait a while and try again.")))
            links.accept(user=self.user, request_id=request_id, password=form.cleaned_data["password"], now=now)
        except LinkRequest.DoesNotExist:
            raise DomainError("invalid_link", "This link is invalid, has expired or was already used.") from None
        except DomainError as error:
            if error.code == "wrong_password":
                raise DomainError(error.code, str(_("This is not the password of your account."))) from error
            raise
