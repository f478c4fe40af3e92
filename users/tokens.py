"""The tokens of mailed links: signed, expiring, and valid once.

Based on Django's token generator, with a lifetime for each kind. The signature covers the state that using the link
changes, so a link works once and no token needs to be stored. (The unsubscribe link changes no such state and can be
used again.) The signature also covers the creation time of the account: after a restore, or in a new database, the link
is not valid for another account with the same id.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import models
from django.utils.http import base36_to_int, int_to_base36

from common import clock
from users.models import User

EPOCH = datetime(2001, 1, 1, tzinfo=UTC)  # the zero of the times in Django's tokens


class LinkToken(PasswordResetTokenGenerator):
    """Creates and checks tokens `<user id in base 36>-<time>-<signature>` of letters, digits and dashes.

    `state` returns the values that using the link changes. `lifetime` must not exceed settings.PASSWORD_RESET_TIMEOUT.
    """

    def __init__(self, purpose: str, lifetime: timedelta, state: Callable[[User], object]) -> None:
        super().__init__()
        self.key_salt = f"users.tokens.{purpose}"
        self.lifetime = lifetime
        self.state = state
        self.legacy = LegacyLinkToken(self)

    def make(self, user: User) -> str:
        """Return a new token for the user."""
        return f"{int_to_base36(user.pk)}-{self.make_token(user)}"

    def names_user(self, user: User, token: str) -> bool:
        """Return whether the token contains the user's id. The token need not be valid."""
        return token.partition("-")[0] == int_to_base36(user.pk)

    def read(self, token: str, users: "models.QuerySet[User]") -> User | None:
        """Return the user (from `users`) of a valid token, or None."""
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
        if not token or not (super().check_token(user, token) or self.legacy.check_token(user, token)):
            return False
        age = self._num_seconds(self._now()) - base36_to_int(token.partition("-")[0])
        return bool(age <= self.lifetime.total_seconds())


class LegacyLinkToken(PasswordResetTokenGenerator):
    """Checks links that were mailed before signatures covered the creation time of the account.

    For these, the time in the link must not be earlier than that creation time. Can be removed in January 2028, when the
    last such link has expired.
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


def _account_state(user: Any, *values: object) -> tuple[object, ...]:
    """Return the state of all links but the one to unsubscribe: `values`, the password, the last end of access.

    So a changed password, a reset and a ban end every link that was made before. Accounts whose access never ended have
    the state of earlier versions, so that links mailed before an upgrade work.
    """
    ended = user.access_ended_at
    return (*values, user.password) if ended is None else (*values, user.password, ended.astimezone(UTC).isoformat())


def _session_state(user: Any, *values: object) -> tuple[object, ...]:
    """Return the state of links by which a session connects something: the end of any session makes them invalid.

    Which session made one is not stored; who is still signed in asks for another.
    """
    ended = user.sessions.aggregate(last=models.Max("ended_at"))["last"]
    return _account_state(user, *values) if ended is None else (*_account_state(user, *values), ended.isoformat())


def _chat_state(user: Any) -> tuple[object, object]:
    """Return what connecting or disconnecting a chat changes, which makes earlier links invalid."""
    chat = user.telegram
    return int(chat.address) if chat.address else None, chat.connected_at


confirmation = LinkToken(
    "confirmation", timedelta(days=3), lambda user: _account_state(user, user.email, user.confirmed_at)
)
email_change = LinkToken(
    "email-change", timedelta(days=1), lambda user: _account_state(user, user.email, user.new_email)
)
password_reset = LinkToken("password-reset", timedelta(hours=2), lambda user: _account_state(user, user.email))
sign_in_link = LinkToken("sign-in", timedelta(hours=1), lambda user: _account_state(user, user.email, user.last_login))
# The purpose keeps its old name: it is part of the signature of links that were already mailed.
unsubscribe = LinkToken("mails-off", timedelta(days=400), lambda user: "")
# Stands for the password of an account without one, which a provider has signed in just now.
fresh_sign_in = LinkToken("fresh-sign-in", timedelta(minutes=5), _account_state)
chat_link = LinkToken("chat-link", timedelta(minutes=10), lambda user: _session_state(user, *_chat_state(user)))
# Goes to a chat that was only named, perhaps a stranger's: unlike a link it must not let the chat sign in.
chat_question = LinkToken("chat-question", timedelta(minutes=10), lambda user: _account_state(user, *_chat_state(user)))


def identity_link(device_token: str) -> LinkToken:
    """Return the kind of tokens with which a person who is signed in here connects a provider, in this browser only."""
    return LinkToken("identity-link", timedelta(minutes=10), lambda user: _session_state(user, device_token))
