"""The services that write keys: creating, naming, rotating and revoking them.

A key can do what its scopes say without the password, so making one asks for the password. Ending one never does.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from common.clock import END_OF_TIME
from common.edits import UNSET, Unset
from common.errors import DomainError
from common.names import check_title
from integrations.keys import mails, queries, rules
from integrations.models import ApiKey, Partner
from users import access
from users.access import AccessItem
from users.models import User
from users.scopes import Scope
from users.services import check_current_password


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made, and its text, which cannot be shown again."""

    key: ApiKey
    text: str


@transaction.atomic
def create(
    *,
    user: User,
    password: str,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None = None,
    now: datetime,
) -> NewKey:
    """Create a key of the user after a password check, and tell it by mail.

    Raises DomainError wrong_password, invisible_character, in_past, too_many_keys, and AuthenticationFailed as
    access.lock_owner does.
    """
    user = access.lock_owner(user)  # so that concurrent calls cannot exceed MAX_KEYS, too
    check_current_password(user, password)
    check_title(name)
    _check_number(user, now=now)
    return _make(owner=user, name=name, scopes=scopes, expires_at=expires_at, now=now)


@transaction.atomic
def create_for_partner(
    *, partner: Partner, name: str, scopes: Collection[Scope], expires_at: datetime | None = None, now: datetime
) -> NewKey:
    """Create a key of a partner, on behalf of staff. Raises DomainError invisible_character, in_past, too_many_keys, removed."""
    partner = _locked_partner(partner)
    check_title(name)
    _check_number(partner, now=now)
    return _make(owner=partner, name=name, scopes=scopes, expires_at=expires_at, now=now)


@transaction.atomic
def rename(*, user: User, key_id: int, name: str | Unset = UNSET) -> ApiKey:
    """Change the name of the user's key. Raises ApiKey.DoesNotExist, DomainError invisible_character."""
    key = _locked(user, key_id)
    if name is not UNSET:
        check_title(name)
        key.name = name
        key.save(update_fields=["name"])
    return key


@transaction.atomic
def rotate(
    *,
    user: User,
    key_id: int,
    password: str,
    grace: timedelta = rules.DEFAULT_GRACE,
    expires_at: datetime | Unset | None = UNSET,
    now: datetime,
) -> NewKey:
    """Create the successor of the user's key, with its name and scopes, and tell it by mail.

    The old key works for `grace` longer, unless it expires before. `expires_at`: by default the successor lasts as long
    as the old key was made for. Raises ApiKey.DoesNotExist, DomainError wrong_password, out_of_range, in_past,
    already_rotated, too_many_keys, and AuthenticationFailed as access.lock_owner does.
    """
    user = access.lock_owner(user)
    old = _locked(user, key_id)
    check_current_password(user, password)
    return _rotate(user, old, grace=grace, expires_at=expires_at, now=now)


@transaction.atomic
def rotate_for_partner(
    *, partner: Partner, key_id: int, grace: timedelta = rules.DEFAULT_GRACE, now: datetime
) -> NewKey:
    """Create the successor of a partner's key, on behalf of staff. Raises as `rotate` does, and DomainError removed."""
    partner = _locked_partner(partner)
    return _rotate(partner, _locked(partner, key_id), grace=grace, expires_at=UNSET, now=now)


@transaction.atomic
def revoke(*, owner: User | Partner, key_id: int, now: datetime) -> None:
    """End a key of a user or a partner at once. Raises ApiKey.DoesNotExist, also for one that was revoked before."""
    key = _locked(owner, key_id)
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])


@transaction.atomic(savepoint=False)
def end_access(*, user: User, now: datetime) -> None:
    """Revoke every key of a user whose access ends: a stolen session may have made any of them."""
    ApiKey.objects.filter(user=user, revoked_at=None).update(revoked_at=now)


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Delete all keys of a user whose account is being deleted."""
    ApiKey.objects.filter(user=user).delete()


def list_access(*, user: User, now: datetime) -> list[AccessItem]:
    """Return the user's keys that work, for the list of what has access to the account."""
    found = queries.live_keys_of(user, now=now)
    return [AccessItem(kind="key", id=key.pk, name=key.name, created_at=key.created_at) for key in found]


def note_use(*, key: ApiKey, now: datetime) -> None:
    """Store that the key was used, at most once in USE_NOTED_EVERY: by a statement of its own, before the request's work."""
    if key.last_used_at is None or now - key.last_used_at >= rules.USE_NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - rules.USE_NOTED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def _locked(owner: User | Partner, key_id: int) -> ApiKey:
    return queries.keys_of(owner).select_for_update(no_key=True).get(pk=key_id)


def _locked_partner(partner: Partner) -> Partner:
    locked = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if locked.removed_at is not None:
        raise DomainError("removed", "This partner has been removed.")
    return locked


def _check_number(owner: User | Partner, *, now: datetime, apart_from: ApiKey | None = None) -> None:
    others = queries.live_keys_of(owner, now=now).exclude(pk=apart_from.pk if apart_from else 0)
    if others.count() >= rules.MAX_KEYS:
        raise DomainError("too_many_keys", f"You already have {rules.MAX_KEYS} keys. Revoke one first.")


def _rotate(
    owner: User | Partner, old: ApiKey, *, grace: timedelta, expires_at: datetime | Unset | None, now: datetime
) -> NewKey:
    """Create the successor of a locked key of the locked owner."""
    rules.check_grace(grace)
    if old.successor_id is not None:
        raise DomainError("already_rotated", "This key already has a successor. Rotate that one.")
    _check_number(owner, now=now, apart_from=old)
    if expires_at is UNSET:
        # At most the last time that can be written: a key may have been made for ever.
        expires_at = now + min(old.expires_at - old.created_at, END_OF_TIME - now) if old.expires_at else None
    made = _make(owner=owner, name=old.name, scopes=old.scopes, expires_at=expires_at, now=now)
    old.successor = made.key
    if grace:
        old.expires_at = min(now + grace, old.expires_at or now + grace)
    else:
        old.revoked_at = now
    old.save(update_fields=["successor", "expires_at", "revoked_at"])
    return made


def _make(
    *, owner: User | Partner, name: str, scopes: Collection[str], expires_at: datetime | None, now: datetime
) -> NewKey:
    """Store a new key of the locked owner, and delete those that ended long ago. It is told by mail."""
    if expires_at is not None and expires_at <= now:
        raise DomainError("in_past", "Choose a time in the future.", "expires_at")
    is_partner = isinstance(owner, Partner)
    theirs = {"partner": owner} if is_partner else {"user": owner}
    long_ago = now - rules.ENDED_KEPT_FOR
    ApiKey.objects.filter(Q(revoked_at__lte=long_ago) | Q(expires_at__lte=long_ago), **theirs).delete()
    public_id = "".join(secrets.choice(rules.ALPHABET) for _ in range(rules.ID_LENGTH))
    kind = rules.PARTNER if is_partner else rules.PERSON
    text = rules.key_text(kind, public_id=public_id, secret=secrets.token_bytes(rules.SECRET_BYTES))
    key = ApiKey.objects.create(
        **theirs,
        name=name,
        prefix=rules.prefix_of(text),
        secret_hash=rules.hash_of(text),
        scopes=[scope.value for scope in Scope if scope in scopes],
        created_at=now,
        expires_at=expires_at,
    )
    mails.queue(key, now=now)
    return NewKey(key, text)
