"""Who may sign up: everyone, those with an invitation, or nobody (`REGISTRATION`), and the invitations.

An invitation is good for one account. If that account is deleted while the invitation is valid, it is free again.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Unpack

from django.conf import settings
from django.db import transaction

from common.errors import DomainError
from users import services
from users.models import Invitation, User
from users.services import Preferences

OPEN, INVITATION, CLOSED = "open", "invitation", "closed"  # the values of REGISTRATION
DEFAULT_LIFETIME = timedelta(days=14)
CODE_BYTES = 18


def invite(*, note: str, now: datetime, lifetime: timedelta = DEFAULT_LIFETIME) -> tuple[Invitation, str]:
    """Make an invitation and return it with its code, which is not stored. `note`: the person it is for, to tell it in the list."""
    code = secrets.token_urlsafe(CODE_BYTES)
    expires_at = now + lifetime
    return Invitation.objects.create(code_hash=_hash_of(code), note=note, created_at=now, expires_at=expires_at), code


def link_of(code: str) -> str:
    """Return the address of the form to sign up with an invitation."""
    return f"{settings.SITE_URL}/sign-up?invitation={code}"


@transaction.atomic
def sign_up(
    *,
    email: str,
    password: str,
    now: datetime,
    invitation: str = "",
    username: str = "",
    **preferences: Unpack[Preferences],
) -> User:
    """Create an account as `services.register` does, if this installation lets this person in.

    An invitation that is not needed is not used. Raises DomainError: registration_closed, invitation_required,
    invalid_invitation (unknown, expired or used), and those of `services.register`.
    """
    if settings.REGISTRATION == CLOSED:
        raise DomainError("registration_closed", "Nobody can sign up here.")
    found = _free_invitation(invitation, now=now) if settings.REGISTRATION == INVITATION else None
    user = services.register(email=email, password=password, now=now, username=username, **preferences)
    if found:
        found.user = user
        found.save(update_fields=["user"])
    return user


def _free_invitation(code: str, *, now: datetime) -> Invitation:
    """Return the locked invitation."""
    if not code:
        raise DomainError("invitation_required", "Signing up here needs an invitation.", "invitation")
    invitations = Invitation.objects.select_for_update(no_key=True).filter(user=None, expires_at__gt=now)
    found = invitations.filter(code_hash=_hash_of(code)).first()
    if found is None:
        message = "This invitation is unknown, has expired or was already used."
        raise DomainError("invalid_invitation", message, "invitation")
    return found


def _hash_of(code: str) -> str:
    return hashlib.sha256(code.encode(errors="surrogatepass")).hexdigest()
