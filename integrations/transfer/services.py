"""The services of files in and out: uploads, answers, starting, and the ends of both. The worker reads and makes."""

from collections.abc import Collection
from datetime import datetime
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet

from common.errors import DomainError
from common.wake import wake
from habits.models import Habit
from habits.services import check_may_create
from integrations.models import ImportedHabit, Transfer, TransferItem
from integrations.transfer import previews, storage
from integrations.transfer.reading.texts import one_line, shortened
from integrations.transfer.reading.values import refusal
from integrations.transfer.rules import KEEP_REPORT, KEEP_UPLOAD, MAX_UPLOAD_BYTES
from users.models import User

TASK = "integrations.tasks.run_transfers"
BATCH = 100
Kind, State = Transfer.Kind, Transfer.State
IN = (Kind.IMPORT, Kind.RESTORE)


def imports_of(user: User) -> QuerySet[Transfer]:
    """Return the user's files that came in, newest first."""
    return Transfer.objects.filter(user=user, kind__in=IN).order_by("-pk")


def exports_of(user: User) -> QuerySet[Transfer]:
    """Return the user's exports, newest first."""
    return Transfer.objects.filter(user=user, kind=Kind.EXPORT).order_by("-pk")


@transaction.atomic
def upload(*, user: User, name: str, file: IO[bytes], now: datetime) -> Transfer:
    """Keep a file and let the worker read it, which takes seconds if it is large; nothing is made of it yet.

    An earlier file that was not started is forgotten: each user has one at a time. Raises DomainError empty_file and
    unpacks_too_large, and then keeps nothing. Other refusals are found by reading.
    """
    content = file.read(MAX_UPLOAD_BYTES + 1)
    if not content:
        raise refusal("empty_file")
    if len(content) > MAX_UPLOAD_BYTES:
        raise refusal("unpacks_too_large")
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    imports_of(user).filter(started_at=None).delete()
    transfer = Transfer.objects.create(
        user=user,
        kind=Kind.IMPORT,
        state=State.READING,
        name=shortened(one_line(name)),
        preview=previews.EMPTY,
        created_at=now,
        moved_at=now,
        expires_at=now + KEEP_UPLOAD,
    )
    storage.save(transfer, [content[at : at + storage.PIECE] for at in range(0, len(content), storage.PIECE)])
    wake(TASK)
    return transfer


@transaction.atomic
def choose(*, user: User, transfer_id: int, choices: dict[str, Any], now: datetime) -> Transfer:
    """Let the worker read a file again, with other answers. A file that is being read is read with these instead.

    Raises Transfer.DoesNotExist, DomainError import_started.
    """
    transfer = imports_of(user).select_for_update(no_key=True).get(pk=transfer_id)
    if transfer.state not in {State.READING, State.WAITING}:
        raise DomainError("import_started", "This import has been started already.")
    if not choices:
        return transfer
    transfer.new_choices = transfer.choices | (transfer.new_choices or {}) | choices
    transfer.state, transfer.code, transfer.attempts, transfer.moved_at = State.READING, "", 0, now
    transfer.lease = transfer.lease_until = None
    transfer.save(update_fields=["new_choices", "state", "code", "attempts", "moved_at", "lease", "lease_until"])
    wake(TASK)
    return transfer


@transaction.atomic
def start(*, user: User, transfer_id: int, now: datetime) -> Transfer:
    """Let the worker make what the preview shows. Starting it a second time changes nothing.

    Raises Transfer.DoesNotExist, DomainError not_ready, unanswered, nothing_to_import, and those of
    habits.services.check_may_create.
    """
    transfer = imports_of(user).select_for_update(no_key=True).get(pk=transfer_id)
    if transfer.state == State.READING:
        raise DomainError("not_ready", "This file is still being read.")
    if transfer.state != State.WAITING:
        return transfer
    if any(ask["answer"] is None for ask in transfer.preview["asks"]):
        raise DomainError("unanswered", "Answer what the preview asks first.")
    if not transfer.total:
        raise DomainError("nothing_to_import", "There is no habit in this file.")
    new = sum(not habit["is_known"] for habit in transfer.preview["habits"])
    if new:
        check_may_create(owner=user, number=new)
    transfer.state, transfer.code, transfer.started_at, transfer.moved_at = State.RUNNING, "", now, now
    transfer.expires_at = now + KEEP_REPORT
    transfer.save(update_fields=["state", "code", "started_at", "moved_at", "expires_at"])
    wake(TASK)
    return transfer


@transaction.atomic
def request_export(*, user: User, now: datetime) -> Transfer:
    """Let the worker make an export, and return it; one that waits or is being made is returned instead."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    running = exports_of(user).filter(state=State.RUNNING).first()
    if running:
        return running
    exports_of(user).delete()
    made = Transfer.objects.create(
        user=user,
        kind=Kind.EXPORT,
        state=State.RUNNING,
        created_at=now,
        started_at=now,
        moved_at=now,
        expires_at=now + KEEP_REPORT,
    )
    wake(TASK)
    return made


@transaction.atomic
def fetch_export(*, user: User, transfer_id: int, now: datetime) -> Transfer:
    """Return an export whose bytes may be sent now; they may be once, within KEEP_EXPORT.

    Raises Transfer.DoesNotExist, DomainError not_ready, gone.
    """
    export = exports_of(user).select_for_update(no_key=True).get(pk=transfer_id)
    if export.state == State.RUNNING:
        raise DomainError("not_ready", "This export is still being made.")
    if export.state == State.FAILED or export.fetched_at is not None or export.expires_at <= now:
        raise DomainError("gone", "This export can no longer be fetched. Make a new one.")
    export.fetched_at = now
    export.save(update_fields=["fetched_at"])
    return export


@transaction.atomic
def delete(*, user: User, transfer_id: int, kinds: Collection[Transfer.Kind]) -> None:
    """Forget a file and its report, or an export. What was made stays; what runs ends before the next habit.

    Raises Transfer.DoesNotExist.
    """
    Transfer.objects.filter(user=user, kind__in=kinds).select_for_update().get(pk=transfer_id).delete()


@transaction.atomic
def purge(*, now: datetime) -> int:
    """Delete one batch of files whose time is over, with their bytes and reports; return their number."""
    ended = Transfer.objects.exclude(state__in=[State.READING, State.RUNNING])
    old = ended.filter(expires_at__lte=now).order_by("expires_at", "pk")
    ids = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
    Transfer.objects.filter(pk__in=ids).delete()
    return len(ids)


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Delete all files of a user whose account is being deleted."""
    Transfer.objects.filter(user=user).delete()
    ImportedHabit.objects.filter(user=user).delete()


@transaction.atomic(savepoint=False)
def forget_habit(*, habit: Habit) -> None:
    """Forget where a habit came from that its owner deletes: the same file makes it again."""
    ImportedHabit.objects.filter(habit=habit).delete()
    TransferItem.objects.filter(habit=habit).update(habit=None)
