"""Rules of passwords beyond those of Django, in AUTH_PASSWORD_VALIDATORS."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common.names import email_lookup_key, fold, is_visible, lookup_key

MIN_CHARACTERS = 2  # different ones


class NotBlankValidator:
    """Refuses passwords of spaces or invisible characters, and of one character repeated."""

    def validate(self, password: str, user: Any = None) -> None:
        if not is_visible(password) or len(set(fold(password).replace(" ", ""))) < MIN_CHARACTERS:
            raise ValidationError(self.get_help_text(), code="password_blank")

    def get_help_text(self) -> str:
        return _("The password needs at least two different characters that can be seen.")


class NotOwnAddressValidator:
    """Refuses the user's own address or name, in any spelling, also repeated or with spaces around it."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is None:
            return
        typed = {"".join(fold(password).split()), lookup_key(password), email_lookup_key(password)}
        own = {email_lookup_key(each) for each in (user.email, user.new_email) if each}
        own |= {key.partition("@")[0] for key in own} | {lookup_key(user.username or "")}
        if any(key and text.replace(key, "") == "" for key in own for text in typed):
            raise ValidationError(self.get_help_text(), code="password_own_address")

    def get_help_text(self) -> str:
        return _("The password must not be your own address or name.")
