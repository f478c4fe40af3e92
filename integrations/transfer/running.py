"""The work on files, done by the worker: reading them for their preview, then making a habit at a time, each in a
transaction with the record that it is done.

A worker that dies leaves the rows as they are. When its lease has ended, the next one goes on where they end.
"""

import logging
import tempfile
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Case, Q, QuerySet, When

from common import clock, stopping
from common.errors import DomainError
from common.wake import wake
from integrations.models import Transfer, TransferItem
from integrations.transfer import exporting, imports, restoring, storage
from integrations.transfer.opening import described, open_file
from integrations.transfer.own_format import OwnExport
from integrations.transfer.rules import KEEP_EXPORT, KEEP_REPORT, KEEP_UPLOAD
from integrations.transfer.services import TASK
from users.models import User

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # a habit of the largest file takes seconds
MAX_ATTEMPTS = 10  # without a habit that was made
MAX_READINGS = 3  # a file that kills its readers must not kill many
State = Transfer.State
WITH_WORKER = [State.READING, State.RUNNING]
Make = Callable[[], TransferItem]


class LostLease(Exception):
    """Another worker has taken the work over, or it was deleted."""


def run_next(*, now: datetime, may_go_on: Callable[[], bool] = lambda: True) -> bool:
    """Work on the transfer that has waited longest, while `may_go_on`; return whether there was one.

    Files to read go first, and an import that runs makes way for them after a habit: their people wait.
    """
    transfer = _claim(now=now)
    if transfer is None:
        return False
    try:
        work = _read if transfer.state == State.READING else _WORK[transfer.kind]
        work(transfer, may_go_on)
    except LostLease:
        logger.info("transfer %s is no longer ours", transfer.pk)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the lease ends, and the work goes on
    except DomainError as error:
        _finish(transfer, code=error.code)
    except Exception:  # a bug: it must not be tried for ever, nor hold up the others
        logger.exception("transfer %s failed", transfer.pk)
        _finish(transfer, code="internal_error")
    return True


@transaction.atomic
def _claim(*, now: datetime) -> Transfer | None:
    free = Q(lease=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * LEASE)
    waiting = Transfer.objects.filter(free, state__in=WITH_WORKER)
    readings_first = Case(When(state=State.READING, then=0), default=1)
    transfer = waiting.order_by(readings_first, "pk").select_for_update(skip_locked=True).first()
    if transfer is None:
        return None
    transfer.attempts += 1
    transfer.lease, transfer.lease_until = uuid.uuid4(), now + LEASE
    transfer.save(update_fields=["attempts", "lease", "lease_until"])
    if transfer.attempts > (MAX_READINGS if transfer.state == State.READING else MAX_ATTEMPTS):
        _finish(transfer, code="gave_up")
        return None
    return transfer


def work_through(transfer: Transfer, makes: Sequence[Make], *, may_go_on: Callable[[], bool]) -> None:
    """Make the habits that have no record yet, and finish.

    Leaves the rest to another run if the worker is to end, or after a habit if it may not go on.
    """
    finished = set(TransferItem.objects.filter(transfer=transfer).values_list("number", flat=True))
    is_first = True  # each run makes at least one, however long the file took to read
    for number, make in enumerate(makes):
        if number in finished:
            continue
        if stopping.is_requested() or not (is_first or (may_go_on() and not _has_readings())):
            _held(transfer).update(lease=None, lease_until=None)
            return
        _step(transfer, number, make)
        is_first = False
    _finish(transfer)


def _has_readings() -> bool:
    return Transfer.objects.filter(state=State.READING, lease=None).exists()


@transaction.atomic
def _step(transfer: Transfer, number: int, make: Make) -> None:
    # The user first, as in the deletion of an account.
    if User.objects.select_for_update(no_key=True).filter(pk=transfer.user_id).first() is None:
        raise LostLease
    if _held(transfer).select_for_update(no_key=True).first() is None:
        raise LostLease
    try:
        with transaction.atomic():
            item = make()
    except DomainError as error:
        item = TransferItem(outcome=TransferItem.Outcome.REFUSED, code=error.code, message=error.message)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # a bug: the other habits must still be made
        logger.exception("habit %s of transfer %s cannot be made", number, transfer.pk)
        item = TransferItem(outcome=TransferItem.Outcome.REFUSED, code="internal_error")
    item.transfer, item.number = transfer, number
    item.name = item.name or _name(transfer, number)
    item.save(force_insert=True)
    done, now = TransferItem.objects.filter(transfer=transfer).count(), clock.now()
    _held(transfer).update(done=done, lease_until=now + LEASE, attempts=0, moved_at=now)


def _name(transfer: Transfer, number: int) -> str:
    habits = transfer.preview.get("habits", [])
    return str(habits[number]["name"]) if number < len(habits) else ""


def keep_lease(transfer: Transfer, *, done: int) -> None:
    """Say how far the work is, and keep it. Raises LostLease."""
    now = clock.now()
    if not _held(transfer).update(done=done, lease_until=now + LEASE, moved_at=now):
        raise LostLease


@transaction.atomic
def _finish(transfer: Transfer, *, code: str = "") -> None:
    """End the work. A file that was previewed before, and cannot be read with other answers, keeps its preview."""
    now = clock.now()
    if transfer.state == State.READING and transfer.source:
        waits = {"state": State.WAITING, "code": code, "new_choices": None, "attempts": 0}
        _held(transfer).update(**waits, lease=None, lease_until=None)
        return
    state = State.FAILED if code else State.DONE
    keep = KEEP_UPLOAD if transfer.state == State.READING else KEEP_REPORT
    ended = {"state": state, "code": code, "finished_at": now, "expires_at": now + keep}
    if _held(transfer).update(**ended, lease=None, lease_until=None):
        storage.forget(transfer)


@transaction.atomic
def try_again(*, transfer_id: int, now: datetime) -> bool:
    """Let a worker take a transfer up at once, with all attempts before it; return whether it is one that is not finished."""
    free = {"lease": None, "lease_until": None, "attempts": 0, "moved_at": now}
    found = Transfer.objects.filter(pk=transfer_id, state__in=WITH_WORKER).update(**free)
    wake(TASK)
    return bool(found)


@transaction.atomic
def give_up(*, transfer_id: int) -> bool:
    """End a transfer that is not finished as failed, with `gave_up`; return whether it was one. What was made stays."""
    transfer = Transfer.objects.filter(pk=transfer_id, state__in=WITH_WORKER).select_for_update(no_key=True).first()
    if transfer is not None:
        _finish(transfer, code="gave_up")
    return transfer is not None


def _held(transfer: Transfer) -> QuerySet[Transfer]:
    return Transfer.objects.filter(pk=transfer.pk, state=transfer.state, lease=transfer.lease)


def _read(transfer: Transfer, may_go_on: Callable[[], bool]) -> None:
    """Make the preview of a file. Nothing of it is kept before it is whole."""
    user, now = transfer.user, clock.now()
    choices = transfer.latest_choices
    fields = described(open_file(storage.load(transfer), user, choices, now=now), user)
    fields |= {"state": State.WAITING, "choices": choices, "new_choices": None, "attempts": 0}
    fields |= {"expires_at": clock.now() + KEEP_UPLOAD, "lease": None, "lease_until": None}
    if not _held(transfer).update(**fields):
        raise LostLease


def _import(transfer: Transfer, may_go_on: Callable[[], bool]) -> None:
    user, now = transfer.user, clock.now()
    file = open_file(storage.load(transfer), user, transfer.choices, now=now)
    assert not isinstance(file, OwnExport)
    makes = [
        partial(imports.import_habit, user=user, source=file.source, habit=habit, now=now) for habit in file.habits
    ]
    work_through(transfer, makes, may_go_on=may_go_on)


def _restore(transfer: Transfer, may_go_on: Callable[[], bool]) -> None:
    user, now = transfer.user, clock.now()
    found = open_file(storage.load(transfer), user, transfer.choices, now=now)
    assert isinstance(found, OwnExport)
    if notices := restoring.restore_pauses(user=user, found=found.pauses, now=now):
        _held(transfer).update(preview=transfer.preview | {"notices": notices})
    makes = [
        partial(restoring.restore, user=user, export=found, habit=habit, now=now) for habit in restoring.in_order(found)
    ]
    work_through(transfer, makes, may_go_on=may_go_on)


def _export(transfer: Transfer, may_go_on: Callable[[], bool]) -> None:
    """Make an export. Nothing of it is kept before it is whole, so a worker that takes it over makes it again."""
    now = clock.now()
    Transfer.objects.filter(pk=transfer.pk).update(total=len(exporting.habits_of(transfer.user)))
    with tempfile.TemporaryFile() as file:
        exporting.write(file, user=transfer.user, now=now, after_habit=partial(_keep_at, transfer))
        file.seek(0)
        with transaction.atomic():
            if _held(transfer).select_for_update(no_key=True).first() is None:
                raise LostLease
            storage.save(transfer, storage.pieces_of(file))
            now = clock.now()
            ended = {"state": State.DONE, "finished_at": now, "expires_at": now + KEEP_EXPORT}
            _held(transfer).update(**ended, lease=None, lease_until=None)


def _keep_at(transfer: Transfer, done: int) -> None:
    keep_lease(transfer, done=done)


_WORK: dict[str, Callable[[Transfer, Callable[[], bool]], None]] = {
    Transfer.Kind.IMPORT: _import,
    Transfer.Kind.RESTORE: _restore,
    Transfer.Kind.EXPORT: _export,
}
