"""The scheme of the Authorization header, whose case does not matter (RFC 9110, 11.1)."""

from typing import Any

from rest_framework_simplejwt.authentication import JWTAuthentication


class AnyCaseBearer(JWTAuthentication):
    """Access tokens with "Bearer", "bearer" or any other case before them."""

    def get_header(self, request: Any) -> bytes:
        header: bytes = super().get_header(request)
        scheme, space, token = (header or b"").partition(b" ")
        return b"Bearer" + space + token if scheme.lower() == b"bearer" else header
