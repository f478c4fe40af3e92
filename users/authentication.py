"""Authentication of API requests by an access token."""

from typing import Any

from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings

from common import clock
from users import signed_tokens
from users.models import User

USER_CLAIM = api_settings.USER_ID_CLAIM


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
        user_id, session_id = (validated_token.get(each) for each in (USER_CLAIM, signed_tokens.SESSION_CLAIM))
        accounts = User.objects.filter(pk=user_id)
        # Nearly always there is the user with the session; only a refusal asks which of the two there is not.
        live = accounts if session_id is None else accounts.filter(sessions__pk=session_id, sessions__ended_at=None)
        user = next(iter(live), None)
        has_ended = user is None and session_id is not None
        if has_ended:
            user = next(iter(accounts), None)
        if user is None:
            raise AuthenticationFailed("User not found", code="user_not_found")
        if not user.is_active:
            raise AuthenticationFailed("User is inactive", code="user_inactive")
        if not signed_tokens.matches_password(validated_token, user):
            raise AuthenticationFailed("The user's password has been changed.", code="password_changed")
        if has_ended:
            raise AuthenticationFailed("This session has ended.", code="session_ended")
        return user
