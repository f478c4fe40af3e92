"""Devices that have signed in before: known by a signed cookie with the accounts that signed in there.

The cookie signs nobody in. It only lets its device try a password while an account's limit is used up by others.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from users.keys import key_of
from users.models import User

COOKIE = "known_device"
LIFETIME = timedelta(days=400)  # browsers keep no cookie longer
MAX_ACCOUNTS = 5
SALT = "users.devices"

Entry = tuple[int, str, str]  # the user's id and time of registration, and the device's random name


def remember(response: HttpResponseBase, *, request: HttpRequest | Request, user: User) -> None:
    """Add the account to the device's cookie."""
    entry: Entry = (user.pk, user.date_joined.isoformat(), secrets.token_urlsafe(9))
    others = [each for each in _entries(request) if each[0] != user.pk]
    response.set_cookie(
        COOKIE,
        signing.dumps([entry, *others][:MAX_ACCOUNTS], salt=SALT),
        max_age=LIFETIME,
        secure=settings.SITE_URL.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )


def signed_in_before(user: User, request: HttpRequest | Request) -> bool:
    """Return whether the user has signed in from the request's device before."""
    return any((pk, joined) == (user.pk, user.date_joined.isoformat()) for pk, joined, _ in _entries(request))


def known_device(request: HttpRequest | Request, *, email_key: str) -> str | None:
    """Return the name of the device if the account with this key has signed in there before."""
    entries = {pk: name for pk, _, name in _entries(request)}
    for user in User.objects.filter(pk__in=entries) if entries else ():
        if key_of("email", user.email) == email_key and signed_in_before(user, request):
            return entries[user.pk]
    return None


def _entries(request: HttpRequest | Request) -> list[Entry]:
    try:
        entries = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return []
    return [(int(pk), str(joined), str(name)) for pk, joined, name in entries]
