"""The authenticated user of a request."""

from rest_framework.request import Request

from users.models import User


def user_of(request: Request) -> User:
    """Return the authenticated user. Use it only in views that require authentication."""
    assert isinstance(request.user, User)
    return request.user
