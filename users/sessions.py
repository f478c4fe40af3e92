"""Refresh tokens: each is used once, and one that comes back ends the sessions of its owner.

The library's tables hold the state: an outstanding row alone is live, with a blacklist row it is used, and
without an outstanding row it is ended. The row's lock makes exactly one of parallel refreshes win.
"""

from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.db import transaction
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken, TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken, Token

from users.models import User

# Two tabs that refresh at once are no theft; the same token a while later is.
REUSE_GRACE = timedelta(seconds=10)


def sign_in(*, email: str, password: str) -> dict[str, str]:
    """A pair {refresh, access}. Raises AuthenticationFailed, in the same time, whatever was wrong."""
    user = authenticate(email=email.strip().lower(), password=password)
    if user is None:
        raise AuthenticationFailed("No active account has these credentials.", "no_active_account")
    return _pair(RefreshToken.for_user(user))


def refresh(*, token: str, now: datetime) -> dict[str, str]:
    """Uses up a refresh token for a new pair.

    Raises InvalidToken for one that is forged, expired, ended or already used; used up more than
    REUSE_GRACE ago, it also ends all refresh tokens of its user.
    """
    token_id = _token_id(token)
    with transaction.atomic():
        outstanding = (
            OutstandingToken.objects.select_for_update(of=("self",)).filter(jti=token_id, user__is_active=True).first()
        )
        used = BlacklistedToken.objects.filter(token=outstanding).first() if outstanding else None
        user = outstanding.user if outstanding else None
        if outstanding and user and not used:
            BlacklistedToken.objects.create(token=outstanding)
            return _pair(RefreshToken.for_user(user))
        if user and used and now - used.blacklisted_at > REUSE_GRACE:
            end_all(user=user)
    raise InvalidToken("This refresh token is no longer valid.")


def end(*, user: User, token: str) -> None:
    """Ends one refresh token of the user; a token that is not theirs or not alive is left alone."""
    try:
        token_id = _token_id(token)
    except InvalidToken:
        return
    OutstandingToken.objects.filter(jti=token_id, user=user).delete()


def end_all(*, user: User) -> None:
    """Ends every refresh token of the user."""
    OutstandingToken.objects.filter(user=user).delete()


class _SignedRefreshToken(Token):
    """A refresh token whose signature, times and type are right; whether it is alive, the tables say."""

    token_type = RefreshToken.token_type
    lifetime = RefreshToken.lifetime


def _token_id(token: str) -> str:
    try:
        return str(_SignedRefreshToken(token)["jti"])  # type: ignore[arg-type]  # it takes the text
    except TokenError as error:
        raise InvalidToken("This refresh token is no longer valid.") from error


def _pair(token: RefreshToken) -> dict[str, str]:
    return {"refresh": str(token), "access": str(token.access_token)}
