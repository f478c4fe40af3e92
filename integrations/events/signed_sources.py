"""The services that write the secret address to which Open Wearables sends.

The address names the user; the signature, by a secret that both sides know, proves who sends. The address is stored as it
is, so that its owner can read it again: alone it opens nothing. So is the secret, without which no signature can be
checked.
"""

import secrets
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from common.edits import UNSET, Unset
from common.errors import DomainError
from integrations.events import signatures
from integrations.models import SignedSource
from users import access
from users.access import AccessItem, Keep
from users.models import User

TOKEN_BYTES = 32
MAX_WEARER_LENGTH = 100


def source_of(user: User) -> SignedSource | None:
    """Return the user's address; None if there is none."""
    return SignedSource.objects.filter(user=user).first()


def find(token: str) -> SignedSource | None:
    """Return the address with this secret, with its user; None also for that of a banned user."""
    return SignedSource.objects.select_related("user").filter(token=token, user__is_active=True).first()


@transaction.atomic
def connect(*, user: User, secret: str | Unset = UNSET, wearer: str | Unset = UNSET, now: datetime) -> SignedSource:
    """Make the user's address if there is none, and set its secret or whose events it takes.

    Raises DomainError required, invalid_secret, and AuthenticationFailed as access.lock_owner does.
    """
    user = access.lock_owner(user)
    source = source_of(user)
    if source is None:
        if secret is UNSET:
            raise DomainError("required", "Give the secret by which Open Wearables signs.", "secret")
        source = SignedSource(user=user, token=secrets.token_urlsafe(TOKEN_BYTES), created_at=now)
    if secret is not UNSET:
        signatures.check_secret(secret)
        source.signing_secret = secret
    if wearer is not UNSET:
        source.wearer = wearer
    source.save()
    return source


@transaction.atomic
def disconnect(*, user: User) -> None:
    """End the user's address; without one nothing happens. Its events and rules stay."""
    SignedSource.objects.filter(user=user).delete()


@transaction.atomic(savepoint=False)
def end_access(*, user: User, keep: Collection[Keep]) -> None:
    """End the address of a user whose access ends: a stolen session may have made it."""
    SignedSource.objects.filter(user=user).delete()


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Delete the address of a user whose account is being deleted."""
    SignedSource.objects.filter(user=user).delete()


def list_access(*, user: User) -> list[AccessItem]:
    """Return the user's address, for the list of what has access to the account."""
    source = source_of(user)
    return [AccessItem("open_wearables", source.pk, "", source.created_at)] if source else []
