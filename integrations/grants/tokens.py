"""The tokens of mailed requests to link an account: signed, and read with the row that they are about.

Nothing is stored of them: the signature covers the request and the account.
"""

import re

from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from integrations.models import LinkRequest
from users.models import User

SALT = "integrations.partners.link"
FORM = re.compile(r"[0-9a-z]{1,13}-[0-9a-z]{1,13}-[0-9a-f]{64}", re.ASCII)


def make(request: LinkRequest, user: User) -> str:
    """Return the token with which the user answers the request."""
    return f"{int_to_base36(request.pk)}-{int_to_base36(user.pk)}-{_signature(request, user)}"


def read(token: str) -> tuple[LinkRequest, User] | None:
    """Return the request and the user of a token, or None if it is not valid. The request may have been answered."""
    if not FORM.fullmatch(token):
        return None
    request_id, user_id, signature = token.split("-")
    try:
        request = LinkRequest.objects.select_related("partner").filter(pk=base36_to_int(request_id)).first()
        user = User.objects.filter(pk=base36_to_int(user_id), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    if request is None or user is None or not constant_time_compare(signature, _signature(request, user)):
        return None
    return request, user


def _signature(request: LinkRequest, user: User) -> str:
    """Sign what the token is about. A new address of the account, and the end of its access, end the token."""
    state = f"{request.pk}|{request.created_at.timestamp()}|{user.pk}|{user.email}|{user.access_ended_at}"
    return salted_hmac(SALT, state, algorithm="sha256").hexdigest()
