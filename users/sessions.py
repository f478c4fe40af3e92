"""Refresh tokens: each can be used once, and reusing one later revokes all tokens of its user.

The state is in the tables of simplejwt. A token is valid with only an outstanding row, used with a blacklist row as
well, and revoked without an outstanding row. A lock on the user's row makes exactly one of several parallel refreshes
succeed.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import authenticate
from django.db import transaction
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken, Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from common.errors import DomainError
from users import tokens
from users.models import User

# Two browser tabs may refresh at the same time. Later reuse of a token means that it was stolen.
REUSE_GRACE = timedelta(seconds=10)
INVALID_TOKEN_MESSAGE = "This refresh token is no longer valid."


def sign_in(*, email: str, password: str) -> dict[str, str]:
    """Return a new pair {refresh, access}.

    Raises AuthenticationFailed, with the same message and timing whether the address or the password is wrong.
    """
    user = authenticate(email=email, password=password)
    with transaction.atomic():
        if user is None or _lock_active_user(user.pk) is None:
            raise AuthenticationFailed("No active account has these credentials.", "no_active_account")
        return _token_pair(RefreshToken.for_user(user))


@transaction.atomic
def sign_in_by_link(*, token: str, now: datetime) -> tuple[User, dict[str, str]]:
    """Use a mailed sign-in link; return the user and a new pair {refresh, access}. Raises DomainError: invalid_link."""
    user = tokens.sign_in_link.read(token, User.objects.select_for_update(no_key=True).filter(is_active=True))
    if user is None:
        raise DomainError("invalid_link", "This link is invalid, has expired or was already used.", "token")
    user.last_login = now
    user.save(update_fields=["last_login"])
    return user, _token_pair(RefreshToken.for_user(user))


def refresh(*, token: str, now: datetime) -> dict[str, str]:
    """Exchange a refresh token for a new pair {refresh, access}.

    Raises InvalidToken if the token is forged, expired, revoked, used, or older than the password. If it was used more
    than REUSE_GRACE ago, also revoke all refresh tokens of its user.
    """
    claims = _claims(token)
    with transaction.atomic():
        user = _lock_active_user(claims[api_settings.USER_ID_CLAIM])
        outstanding = OutstandingToken.objects.filter(jti=claims["jti"], user=user).first() if user else None
        used = BlacklistedToken.objects.filter(token=outstanding).first() if outstanding else None
        if user and outstanding and not used and _matches_current_password(claims, user):
            BlacklistedToken.objects.create(token=outstanding)
            return _token_pair(RefreshToken.for_user(user))
        if user and used and now - used.blacklisted_at > REUSE_GRACE:
            revoke_all(user=user)
    raise InvalidToken(INVALID_TOKEN_MESSAGE)


@transaction.atomic
def revoke(*, user: User, token: str) -> None:
    """Revoke one refresh token of the user. Does nothing for an invalid token or another user's."""
    try:
        token_id = _claims(token)["jti"]
    except InvalidToken:
        return
    _lock_active_user(user.pk)
    OutstandingToken.objects.filter(jti=token_id, user=user).delete()


@transaction.atomic(savepoint=False)
def revoke_all(*, user: User) -> None:
    """Revoke all refresh tokens of the user."""
    _lock_active_user(user.pk)
    OutstandingToken.objects.filter(user=user).delete()


def _lock_active_user(user_id: int | str) -> User | None:
    """Lock and return the user, or None if inactive. Every change of tokens takes this lock first."""
    return User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first()


class _SignedRefreshToken(Token):
    """A refresh token with a valid signature, lifetime and type. Its state is not checked."""

    token_type = RefreshToken.token_type
    lifetime = RefreshToken.lifetime


def _claims(token: str) -> dict[str, Any]:
    try:
        return dict(_SignedRefreshToken(token).payload)  # type: ignore[arg-type]  # accepts a str at run time
    except TokenError as error:
        raise InvalidToken(INVALID_TOKEN_MESSAGE) from error


def _matches_current_password(claims: dict[str, Any], user: User) -> bool:
    """Return False if the password was changed after the token was issued, even outside of this service."""
    return bool(claims.get(api_settings.REVOKE_TOKEN_CLAIM) == get_md5_hash_password(user.password))


def _token_pair(token: RefreshToken) -> dict[str, str]:
    return {"refresh": str(token), "access": str(token.access_token)}
