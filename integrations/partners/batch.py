"""Many writes of a partner at once: each has its own outcome, and those for one person are made in their order."""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ValidationError

from common.errors import DomainError
from common.http import created_or_ok
from integrations.grants import services as links
from integrations.models import Partner
from integrations.partners import days, people, queries
from integrations.partners.days import DayChange
from integrations.partners.queries import Person
from users.scopes import Scope

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one write: the status of the single request, with what it returns or why it was refused."""

    status: int
    result: Person | DayChange | int | None = None
    error: Exception | None = None


# The scope of a key that each operation needs.
SCOPES: Mapping[str, Scope] = {
    "put_person": Scope.HABITS_WRITE,
    "delete_person": Scope.HABITS_WRITE,
    "follow": Scope.LOGS_WRITE,
    "leave": Scope.LOGS_WRITE,
    "set_day": Scope.LOGS_WRITE,
    "add": Scope.LOGS_WRITE,
    "clear_day": Scope.LOGS_WRITE,
}


def write_all(
    *,
    partner: Partner,
    writes: Sequence[Mapping[str, Any] | Exception],
    may: Callable[[Scope], bool],
    now: datetime,
) -> list[Outcome]:
    """Make the writes and return their outcomes in the same order.

    `writes`: valid ones as mappings, and for the others why they are not valid. `may`: whether the key has a scope. The
    writes for one person are made in their order, in one transaction, each undone by itself if it fails. Raises
    OperationalError and InterfaceError if the database fails.
    """
    outcomes: list[Outcome | None] = [None] * len(writes)
    of_person: dict[str, list[int]] = defaultdict(list)
    for index, write in enumerate(writes):
        if isinstance(write, Exception):
            outcomes[index] = refused(write)
        elif not may(SCOPES[write["operation"]]):
            outcomes[index] = Outcome(
                status.HTTP_403_FORBIDDEN, error=DomainError("insufficient_scope", "Not with this key.")
            )
        else:
            of_person[write["person"]].append(index)
    for external_id, indexes in sorted(of_person.items()):  # in one order, so that two batches cannot deadlock
        with transaction.atomic():
            for index in indexes:
                write = writes[index]
                assert not isinstance(write, Exception)
                outcomes[index] = _write(partner, external_id, write, now=now)
    return [outcome for outcome in outcomes if outcome is not None]


def refused(error: Exception) -> Outcome:
    """Return the outcome of a write that was refused."""
    if isinstance(error, ObjectDoesNotExist):
        return Outcome(status.HTTP_404_NOT_FOUND, error=NotFound())
    code = error.status_code if isinstance(error, APIException) else status.HTTP_400_BAD_REQUEST
    return Outcome(code, error=error)


def _write(partner: Partner, external_id: str, write: Mapping[str, Any], *, now: datetime) -> Outcome:
    fields = {name: value for name, value in write.items() if name not in {"operation", "person"}}
    try:
        with transaction.atomic():  # a savepoint: what one write has begun is undone, and the others stay
            return _OPERATIONS[write["operation"]](partner, external_id, fields, now)
    except (DomainError, ValidationError, ObjectDoesNotExist) as error:
        return refused(error)
    except IntegrityError as error:
        # The checks before the write passed, so the data changed in between.
        return Outcome(status.HTTP_409_CONFLICT, error=error)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # any bug: the other writes must still be made, and their outcomes told
        logger.exception("a write of a batch failed: %s", write["operation"])
        failed = DomainError("internal_error", "It failed because of a mistake in this service.")
        return Outcome(status.HTTP_500_INTERNAL_SERVER_ERROR, error=failed)


def _put_person(partner: Partner, external_id: str, fields: Mapping[str, Any], now: datetime) -> Outcome:
    who, is_new = people.put(partner=partner, external_id=external_id, now=now, **fields)
    return Outcome(created_or_ok(is_new), who)


def _delete_person(partner: Partner, external_id: str, fields: Mapping[str, Any], now: datetime) -> Outcome:
    who = queries.person(partner, external_id=external_id)
    if who.grant is None:
        people.remove(who=who, now=now)
    else:
        links.unlink(who=who, now=now)
    return Outcome(status.HTTP_204_NO_CONTENT)


def _follow(partner: Partner, external_id: str, fields: Mapping[str, Any], now: datetime) -> Outcome:
    who = queries.person(partner, external_id=external_id)
    track, is_new = days.follow(who=who, habit_id=fields["habit"], now=now)
    return Outcome(created_or_ok(is_new), track.habit_id)


def _leave(partner: Partner, external_id: str, fields: Mapping[str, Any], now: datetime) -> Outcome:
    days.leave(who=queries.person(partner, external_id=external_id), habit_id=fields["habit"], now=now)
    return Outcome(status.HTTP_204_NO_CONTENT)


def _of_day(write: Callable[..., DayChange]) -> Callable[[Partner, str, Mapping[str, Any], datetime], Outcome]:
    def run(partner: Partner, external_id: str, fields: Mapping[str, Any], now: datetime) -> Outcome:
        who = queries.person(partner, external_id=external_id)
        entry = {name: value for name, value in fields.items() if name != "habit"}
        return Outcome(status.HTTP_200_OK, write(who=who, habit_id=fields["habit"], now=now, **entry))

    return run


_OPERATIONS: Mapping[str, Callable[[Partner, str, Mapping[str, Any], datetime], Outcome]] = {
    "put_person": _put_person,
    "delete_person": _delete_person,
    "follow": _follow,
    "leave": _leave,
    "set_day": _of_day(days.set_day),
    "add": _of_day(days.add),
    "clear_day": _of_day(days.clear_day),
}
