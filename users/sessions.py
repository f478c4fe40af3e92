"""Refresh tokens: each is used once, and one that comes back ends the sessions of its owner.

The library's tables hold the state: an outstanding row alone is live, with a blacklist row it is used, and
without an outstanding row it is ended. The lock on its owner makes exactly one of parallel refreshes win.
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

from users.models import User

# Two tabs that refresh at once are no theft; the same token a while later is.
REUSE_GRACE = timedelta(seconds=10)
DEAD = "This refresh token is no longer valid."


def sign_in(*, email: str, password: str) -> dict[str, str]:
    """A pair {refresh, access}. Raises AuthenticationFailed, in the same time, whatever was wrong."""
    user = authenticate(email=email.strip().lower(), password=password)
    with transaction.atomic():
        if user is None or _locked(user.pk) is None:
            raise AuthenticationFailed("No active account has these credentials.", "no_active_account")
        return _pair(RefreshToken.for_user(user))


def refresh(*, token: str, now: datetime) -> dict[str, str]:
    """Uses up a refresh token for a new pair.

    Raises InvalidToken for one that is forged, expired, ended, already used, or older than the password;
    used up more than REUSE_GRACE ago, it also ends all refresh tokens of its user.
    """
    claims = _claims(token)
    with transaction.atomic():
        user = _locked(claims[api_settings.USER_ID_CLAIM])
        outstanding = OutstandingToken.objects.filter(jti=claims["jti"], user=user).first() if user else None
        used = BlacklistedToken.objects.filter(token=outstanding).first() if outstanding else None
        if user and outstanding and not used and _is_of_present_password(claims, user):
            BlacklistedToken.objects.create(token=outstanding)
            return _pair(RefreshToken.for_user(user))
        if user and used and now - used.blacklisted_at > REUSE_GRACE:
            end_all(user=user)
    raise InvalidToken(DEAD)


@transaction.atomic
def end(*, user: User, token: str) -> None:
    """Ends one refresh token of the user; a token that is not theirs or not alive is left alone."""
    try:
        token_id = _claims(token)["jti"]
    except InvalidToken:
        return
    _locked(user.pk)
    OutstandingToken.objects.filter(jti=token_id, user=user).delete()


@transaction.atomic
def end_all(*, user: User) -> None:
    """Ends every refresh token of the user."""
    _locked(user.pk)
    OutstandingToken.objects.filter(user=user).delete()


def _locked(user_id: int | str) -> User | None:
    """The active person, their row locked: the one lock, taken first, that all changes of their tokens wait for."""
    return User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first()


class _SignedRefreshToken(Token):
    """A refresh token whose signature, times and type are right; whether it is alive, the tables say."""

    token_type = RefreshToken.token_type
    lifetime = RefreshToken.lifetime


def _claims(token: str) -> dict[str, Any]:
    try:
        return dict(_SignedRefreshToken(token).payload)  # type: ignore[arg-type]  # it takes the text
    except TokenError as error:
        raise InvalidToken(DEAD) from error


def _is_of_present_password(claims: dict[str, Any], user: User) -> bool:
    """False for a token made before the password was changed, by whatever way."""
    return bool(claims.get(api_settings.REVOKE_TOKEN_CLAIM) == get_md5_hash_password(user.password))


def _pair(token: RefreshToken) -> dict[str, str]:
    return {"refresh": str(token), "access": str(token.access_token)}
