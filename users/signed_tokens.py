"""The signed tokens of a session: JSON Web Tokens with the claims of simplejwt, by the service's clock.

simplejwt reads this machine's clock. Two web servers, or a server and the database, need not agree with it.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.state import token_backend
from rest_framework_simplejwt.utils import get_md5_hash_password

from users.models import Session, User

ACCESS, REFRESH = "access", "refresh"
SESSION_CLAIM = "sid"  # tokens that were issued before there were sessions have none
# The signature is checked by the library; the times below, by the service's clock.
OPTIONS: Any = {"verify_exp": False, "verify_iat": False, "require": ["exp", "iat", "jti", api_settings.USER_ID_CLAIM]}


def make_id() -> str:
    """Return a new random token id."""
    return uuid4().hex


def refresh_token(session: Session, user: User) -> str:
    """Return the session's current refresh token. Signing it again gives the same text."""
    return _signed(REFRESH, session, user, token_id=session.token_id, at=session.issued_at, until=session.expires_at)


def access_token(session: Session, user: User, *, now: datetime) -> str:
    """Return a new access token of the session."""
    until = now + api_settings.ACCESS_TOKEN_LIFETIME
    return _signed(ACCESS, session, user, token_id=make_id(), at=now, until=until)


def read(token: str | bytes, *, token_type: str, now: datetime) -> dict[str, Any]:
    """Return the claims of a token. Raises TokenError if it is forged, expired or of another type.

    An access token that was issued in the future is refused too, except for the difference between the clocks of two
    servers: a clock that ran ahead gave it more time than it should have. Its client refreshes it, as an expired one. A
    refresh token is not judged so: the session's row says which one is current, and a clock that was set back signs nobody
    out.
    """
    try:
        claims = jwt.decode(token, api_settings.SIGNING_KEY, algorithms=[api_settings.ALGORITHM], options=OPTIONS)
        issued_at, expires_at = float(claims["iat"]), float(claims["exp"])
    except (jwt.InvalidTokenError, TypeError, ValueError) as error:
        raise TokenError("Token is invalid") from error
    latest = (now + timedelta(seconds=api_settings.LEEWAY)).timestamp()
    if expires_at <= now.timestamp() or (token_type == ACCESS and issued_at > latest):
        raise TokenError("Token is expired")
    if claims.get(api_settings.TOKEN_TYPE_CLAIM) != token_type:
        raise TokenError("Token has wrong type")
    return dict(claims)


def matches_password(claims: dict[str, Any], user: User) -> bool:
    """Return False if the password was changed after the token was issued, even outside of this service."""
    return bool(claims.get(api_settings.REVOKE_TOKEN_CLAIM) == get_md5_hash_password(user.password))


def _signed(token_type: str, session: Session, user: User, *, token_id: str, at: datetime, until: datetime) -> str:
    claims = {
        api_settings.TOKEN_TYPE_CLAIM: token_type,
        "exp": int(until.timestamp()),
        "iat": int(at.timestamp()),
        "jti": token_id,
        api_settings.USER_ID_CLAIM: str(user.pk),
        api_settings.REVOKE_TOKEN_CLAIM: get_md5_hash_password(user.password),
        SESSION_CLAIM: session.pk,
    }
    return str(token_backend.encode(claims))
