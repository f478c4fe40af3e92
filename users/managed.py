"""The services that write managed users: who exists for another service only (integrations.partners).

A managed user has a clock, a language and tracks as a person has, and nothing else: no password, address, chat or message.
"""

import secrets
import string
from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction

from common.edits import apply_edit, check_fields
from users import rules, services, signals
from users.models import User

PSEUDONYM_LENGTH = 20
_ALPHABET = string.ascii_lowercase + string.digits


class ManagedFields(TypedDict, total=False):
    """What another service may say of a managed user."""

    time_zone: str
    language: str
    day_starts_at: int


@transaction.atomic(savepoint=False)
def create(*, name: str = "", **fields: Unpack[ManagedFields]) -> User:
    """Create a managed user. `name`: what others see, if it is not to be a random pseudonym; the caller has checked it."""
    check_fields(fields, fields=ManagedFields)
    pseudonym = rules.PSEUDONYM + "".join(secrets.choice(_ALPHABET) for _ in range(PSEUDONYM_LENGTH))
    return User.everyone.create(
        kind=User.Kind.MANAGED,
        email=pseudonym,
        username=rules.PSEUDONYM + name if name else pseudonym,
        password=rules.NO_PASSWORD,
        is_active=True,
        **fields,
    )


@transaction.atomic(savepoint=False)
def edit(*, user: User, now: datetime, **changes: Unpack[ManagedFields]) -> User:
    """Change a managed user and return it. Sends clock_changed and language_changed."""
    user = User.everyone.select_for_update(no_key=True).get(pk=user.pk, kind=User.Kind.MANAGED)
    before, language = user.clock, user.language
    apply_edit(user, changes, fields=ManagedFields)
    user.save(update_fields=["time_zone", "language", "day_starts_at"])
    if user.clock != before:
        signals.clock_changed.send(User, user=user, before=before, now=now)
    if user.language != language:
        signals.language_changed.send(User, user=user)
    return user


@transaction.atomic(savepoint=False)
def remove(*, user: User, now: datetime) -> None:
    """Delete a managed user with everything that is theirs. Sends account_deleting first."""
    assert user.is_managed
    services.remove_account(user=user, now=now)
