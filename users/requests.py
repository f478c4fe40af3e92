"""Who asks."""

from rest_framework.request import Request

from users.models import User


def user_of(request: Request) -> User:
    """The signed-in person; for views that let nobody else in."""
    assert isinstance(request.user, User)
    return request.user
