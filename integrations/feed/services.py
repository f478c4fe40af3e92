"""The changes that a partner hears of: those of its people, written into the stream of its own account.

What happens to a person is recorded once, in the person's stream. When it is numbered there, the partners that may see it
get a row of their own, within what is granted at that moment, so that one cursor and one numbering serve all people of a
partner. When a grant ends, these rows are deleted with it, also those that wait to be sent.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from achievements.models import Achievement
from common.row_backoff import RowBackoff
from community.models import Challenge
from habits.models import Habit
from integrations.changes import services as changes
from integrations.changes.rules import ChangeType
from integrations.feed import rules
from integrations.feed.rules import Subject
from integrations.models import Change, Partner, PartnerPerson
from integrations.partners import queries
from users.models import User

BATCH = 200
_PEOPLE = RowBackoff("recording of a partner's person")


def share(user: User, numbered: Sequence[Change]) -> None:
    """Write the changes of a user that were just numbered for the partners that may see them, in the running transaction."""
    # The row is locked: a request that ends the grant at this moment either comes first, or deletes what is written here.
    heard = PartnerPerson.objects.select_for_update(no_key=True, of=("self",)).filter(
        user=user, records_changes=True, partner__removed_at=None
    )
    for who in queries.persons(list(heard.select_related("partner", "user").order_by("pk"))):
        found = {each.pk: rules.subject_of(ChangeType(each.type), each.data) for each in numbered}
        own = _own(who.row.partner, [subject for subject in found.values() if subject])
        Change.objects.bulk_create(
            Change(
                user_id=who.row.partner.account_id,
                about=user,
                type=each.type,
                occurred_at=each.occurred_at,
                data={"person": _named(who.row), **data},
            )
            for each in numbered
            if each.occurred_at >= who.row.created_at
            and (data := rules.told(ChangeType(each.type), each.data, is_own=found[each.pk] in own, may=who.may))
        )


def start_recording(row: PartnerPerson, *, now: datetime) -> None:
    """Record for the partner, from now on, what happens to one of its people."""
    changes.start_recording(user=row.user, now=now)
    with transaction.atomic():
        # The user is locked, as where recording stops: otherwise it could stop at this moment, unnoticed.
        if User.everyone.select_for_update(no_key=True).get(pk=row.user_id).records_changes:
            row.records_changes = True
            PartnerPerson.objects.filter(pk=row.pk).update(records_changes=True)


def start_missing(*, now: datetime, may_go_on: Callable[[], bool], partner: Partner | None = None) -> None:
    """Start recording for people of partners that ask for changes, where it has not started: of all partners, or of one.

    It starts before their partner hears of a new person, since this comes before the numbering of changes.
    """
    while may_go_on():
        missing = queries.people_to_record(partner).exclude(pk__in=_PEOPLE.waiting(now=now))
        rows = list(missing[:BATCH])
        for row in rows:
            if not may_go_on():
                return
            with _PEOPLE.attempt(row.pk, now=now):
                start_recording(row, now=now)
        if not rows:
            return


@transaction.atomic(savepoint=False)
def record_linked(*, partner: Partner, person: PartnerPerson, now: datetime) -> None:
    """Record for a partner that an account said yes to it, and what it may do."""
    if partner.account.records_changes:
        if person.user.records_changes:  # for another program: nothing has to be started
            PartnerPerson.objects.filter(pk=person.pk).update(records_changes=True)
        [who] = queries.persons([person])
        granted = who.grant.scopes if who.grant else []
        _record(partner, ChangeType.PERSON_LINKED, person, now=now, scopes=granted)


@transaction.atomic(savepoint=False)
def record_unlinked(*, partner: Partner, person: PartnerPerson, now: datetime) -> None:
    """Record for a partner that a grant has ended, and delete all that it was to be told of this person."""
    PartnerPerson.objects.select_for_update(no_key=True, of=("self",)).get(pk=person.pk)  # see share
    Change.objects.filter(user=partner.account_id, about=person.user_id).delete()
    if partner.account.records_changes and partner.removed_at is None:
        _record(partner, ChangeType.PERSON_UNLINKED, person, now=now)


@transaction.atomic(savepoint=False)
def record_deleted(*, partner: Partner, person: PartnerPerson, now: datetime) -> None:
    """Record for a partner that a person of its own was deleted. All else that it was to be told of them is deleted before."""
    if partner.account.records_changes and partner.removed_at is None:
        _record(partner, ChangeType.PERSON_DELETED, person, now=now)


def _record(
    partner: Partner, kind: ChangeType, person: PartnerPerson, *, now: datetime, scopes: Sequence[str] | None = None
) -> None:
    granted = {} if scopes is None else {"scopes": scopes}
    changes.record_all(partner.account, [(kind, {"person": {**_named(person), **granted}})], now=now)


def _named(row: PartnerPerson) -> dict[str, Any]:
    return {"external_id": row.external_id, "kind": "managed" if row.is_managed else "linked"}


def _own(partner: Partner, subjects: Collection[Subject]) -> set[Subject]:
    """Return those of the subjects that are the partner's own: its habits, achievements of these, challenges that it made."""
    owners: list[tuple[str, type[Model], str]] = [
        ("habit", Habit, "owner"),
        ("achievement", Achievement, "habit__owner"),
        ("challenge", Challenge, "creator"),
    ]
    found: set[Subject] = set()
    for kind, model, owner in owners:
        ids = {subject.id for subject in subjects if subject.kind == kind}
        if ids:
            own = model._default_manager.filter(pk__in=ids, **{owner: partner.account_id}).order_by("pk")
            found |= {Subject(kind, pk) for pk in own.values_list("pk", flat=True)}
    return found
