"""Authentication of API requests by an access token."""

from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings

from common import clock
from common.prepared import Columns, Prepared, given
from users import signed_tokens
from users.models import Session, User

_USER = Columns(User)


def _user_and_session() -> QuerySet[User, tuple[Any, ...]]:
    live = Q(sessions__pk=given(Session, "id", "session_id"), sessions__ended_at=None)
    users = User.objects.annotate(live=FilteredRelation("sessions", condition=live))
    return users.filter(pk=given(User, "id")).values_list(*_USER.paths, "live__pk")


_USER_AND_SESSION = Prepared(_user_and_session)


class BearerAuthentication(JWTAuthentication):
    """Authenticates by an access token whose session has not ended; `request.auth` holds the token's claims.

    Reads the user and the session in one query. Tokens without a session id were issued before there were sessions and
    count until they expire.
    """

    def get_header(self, request: Any) -> bytes:
        """Return the header; the case of its scheme does not matter (RFC 9110, 11.1)."""
        header: bytes = super().get_header(request)
        scheme, space, token = (header or b"").partition(b" ")
        return b"Bearer" + space + token if scheme.lower() == b"bearer" else header

    def get_validated_token(self, raw_token: bytes) -> Any:
        try:
            return signed_tokens.read(raw_token, token_type=signed_tokens.ACCESS, now=clock.now())
        except TokenError as error:
            raise InvalidToken("Given token not valid for any token type") from error

    def get_user(self, validated_token: Any) -> Any:
        session_id = validated_token.get(signed_tokens.SESSION_CLAIM)
        rows = _USER_AND_SESSION(id=validated_token[api_settings.USER_ID_CLAIM], session_id=session_id)
        if not rows:
            raise AuthenticationFailed("User not found", code="user_not_found")
        [row] = rows
        user, live_session_id = _USER.instance(row), row[-1]
        if not user.is_active:
            raise AuthenticationFailed("User is inactive", code="user_inactive")
        if not signed_tokens.matches_password(validated_token, user):
            raise AuthenticationFailed("The user's password has been changed.", code="password_changed")
        if session_id is not None and live_session_id is None:
            raise AuthenticationFailed("This session has ended.", code="session_ended")
        return user
