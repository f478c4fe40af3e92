"""The services that write requests with an Idempotency-Key."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from common.errors import DomainError
from integrations.models import IdempotentRequest
from users.models import User

KEPT_FOR = timedelta(days=1)  # an answer may have an address of a person who is deleted meanwhile
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its HTTP status, and its body as JSON can have it."""

    status: int
    body: Any


def fingerprint_of(*parts: bytes) -> str:
    """Return what tells two requests with the same key apart."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


@transaction.atomic
def once(*, owner: User, key: str, fingerprint: str, answer: Callable[[], Answer], now: datetime) -> Answer:
    """Return what `answer` returns, or, if a request with this key was answered before, the answer that it got.

    Without a key, it always calls `answer`. A request at the same time with the same key waits for the first. If
    `answer` raises, nothing is kept, so that the request can be repeated. Raises DomainError key_reused if the earlier
    request was another one.
    """
    if not key:
        return answer()
    row, is_new = IdempotentRequest.objects.get_or_create(
        owner=owner, key=key, defaults={"fingerprint": fingerprint, "status": 0, "created_at": now}
    )
    if row.fingerprint != fingerprint:
        raise DomainError(
            "key_reused", "This Idempotency-Key was already used for a different request.", "Idempotency-Key"
        )
    if not is_new:
        return Answer(row.status, row.body)
    made = answer()
    row.status, row.body = made.status, made.body
    row.save(update_fields=["status", "body"])
    return made


@transaction.atomic
def purge(*, now: datetime) -> int:
    """Delete one batch of requests that are older than KEPT_FOR; return their number."""
    old = IdempotentRequest.objects.filter(created_at__lte=now - KEPT_FOR).order_by("created_at", "pk")
    ids = list(old.values_list("pk", flat=True)[:BATCH])
    IdempotentRequest.objects.filter(pk__in=ids).delete()
    return len(ids)


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Delete the requests of a user who is being deleted."""
    IdempotentRequest.objects.filter(owner=user).delete()
