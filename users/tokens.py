"""One-time links: signed, expiring, and spent by the change that they make.

Django's token generator with a lifetime of its own: the signature covers the state that using the link
changes, so a link works once and nothing needs to be stored. (The one that turns mails off is not spent: what it
does may be done again.) It also covers when the account was made: after a restore, or in a fresh database, another
account that has the id is not meant.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import models
from django.utils.http import base36_to_int, int_to_base36

from common import clock
from users.models import User

EPOCH = datetime(2001, 1, 1, tzinfo=UTC)  # of the times in Django's tokens


class LinkToken(PasswordResetTokenGenerator):
    """Makes and reads tokens `<user in base 36>-<time>-<signature>`, of letters, digits and dashes only.

    `state` is what the link's use changes; `lifetime` is at most settings.PASSWORD_RESET_TIMEOUT.
    """

    def __init__(self, purpose: str, lifetime: timedelta, state: Callable[[User], object]) -> None:
        super().__init__()
        self.key_salt = f"users.tokens.{purpose}"
        self.lifetime = lifetime
        self.state = state
        self.former = FormerToken(self)

    def make(self, user: User) -> str:
        return f"{int_to_base36(user.pk)}-{self.make_token(user)}"

    def is_of(self, user: User, token: str) -> bool:
        """Whether it names the user, valid or not."""
        return token.partition("-")[0] == int_to_base36(user.pk)

    def read(self, token: str, users: "models.QuerySet[User]") -> User | None:
        """The user (from `users`) whose valid token this is, or None."""
        pk, _, rest = token.partition("-")
        try:
            user = users.filter(pk=base36_to_int(pk)).first()
        except (ValueError, OverflowError):
            return None
        return user if user and self.check_token(user, rest) else None

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{user.pk}|{user.date_joined.astimezone(UTC).isoformat()}|{timestamp}|{self.state(user)}"

    def _now(self) -> datetime:
        return clock.now().replace(tzinfo=None)

    def check_token(self, user: Any, token: str | None) -> bool:
        if not token or not (super().check_token(user, token) or self.former.check_token(user, token)):
            return False
        age = self._num_seconds(self._now()) - base36_to_int(token.partition("-")[0])
        return bool(age <= self.lifetime.total_seconds())


class FormerToken(PasswordResetTokenGenerator):
    """Reads links that were mailed before signatures covered when the account was made: by the time in the link.

    Of use until the longest lifetime has passed since then (January 2028).
    """

    def __init__(self, token: LinkToken) -> None:
        super().__init__()
        self.key_salt = token.key_salt
        self.state = token.state

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{user.pk}|{timestamp}|{self.state(user)}"

    def _now(self) -> datetime:
        return clock.now().replace(tzinfo=None)

    def check_token(self, user: Any, token: str | None) -> bool:
        if not token or not super().check_token(user, token):
            return False
        made_at = EPOCH + timedelta(seconds=base36_to_int(token.partition("-")[0]))
        return bool(made_at >= user.date_joined.replace(microsecond=0))


confirmation = LinkToken("confirmation", timedelta(days=3), lambda user: (user.email, user.confirmed_at, user.password))
email_change = LinkToken("email-change", timedelta(days=1), lambda user: (user.email, user.new_email))
password_reset = LinkToken("password-reset", timedelta(hours=2), lambda user: (user.email, user.password))
mails_off = LinkToken("mails-off", timedelta(days=400), lambda user: "")
chat_link = LinkToken("chat-link", timedelta(minutes=10), lambda user: (user.chat_id, user.chat_connected_at))
