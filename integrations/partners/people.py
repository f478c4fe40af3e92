"""The services that write a partner's managed people: making, changing and deleting them."""

import secrets
from datetime import datetime
from typing import Unpack

from django.db import IntegrityError, transaction

from common.edits import UNSET, Unset, check_fields
from common.errors import DomainError
from integrations import signals
from integrations.feed import services as feed
from integrations.models import Partner, PartnerPerson
from integrations.partners import queries, rules
from integrations.partners.queries import Person
from users import managed
from users.keys import key_of
from users.models import User
from users.rules import check_email


@transaction.atomic
def put(
    *,
    partner: Partner,
    external_id: str,
    now: datetime,
    email: str | Unset = UNSET,
    **fields: Unpack[managed.ManagedFields],
) -> tuple[Person, bool]:
    """Make a managed person, or change the one with this id; return the person and whether they are new.

    Fields that are not given keep their values. Raises DomainError: invalid, email_taken (another of the partner's
    people has the address), linked (an account of its own, which only its person changes).
    """
    check_fields(fields, fields=managed.ManagedFields)
    if email is not UNSET and email:
        check_email(email)
    existing = queries.rows_of(partner).filter(external_id=external_id).first()
    if existing is None:
        rules.check_external_id(external_id)
        try:
            with transaction.atomic():  # a savepoint: another request may make the same person at this moment
                return _create(partner, external_id, "" if email is UNSET else email, now=now, **fields), True
        except IntegrityError:
            existing = queries.rows_of(partner).filter(external_id=external_id).first()
            if existing is None:
                raise _email_taken() from None
    return _edit(existing, email, now=now, **fields), False


@transaction.atomic
def find_or_make(*, partner: Partner, email: str, now: datetime) -> tuple[Person, bool]:
    """Return the partner's person with the address, managed or linked, and whether they are new.

    A new one is called by a made-up id. Raises DomainError invalid.
    """
    try:
        return queries.person_by_email(partner, email), False
    except PartnerPerson.DoesNotExist:
        pass
    try:
        return put(partner=partner, external_id=made_up_id(), email=email, now=now)
    except DomainError as error:
        if error.code != "email_taken":
            raise
        return queries.person_by_email(partner, email), False  # another request has just made them


@transaction.atomic
def remove(*, who: Person, now: datetime) -> None:
    """Delete a managed person with everything that is theirs. Sends person_deleted."""
    managed.remove(user=who.user, now=now)


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User, now: datetime) -> None:
    """Delete the partner's row of a managed user who is being deleted. Sends person_deleted first."""
    for row in PartnerPerson.objects.filter(user=user, is_managed=True).select_related("partner", "user"):
        signals.person_deleted.send(PartnerPerson, partner=row.partner, person=row, now=now)
        row.delete()


def made_up_id() -> str:
    """Return an external id for a person without one."""
    return f"p-{secrets.token_hex(8)}"


def _create(
    partner: Partner, external_id: str, email: str, *, now: datetime, **fields: Unpack[managed.ManagedFields]
) -> Person:
    row = PartnerPerson.objects.create(
        partner=partner,
        user=managed.create(**fields),
        is_managed=True,
        external_id=external_id,
        email=email,
        created_at=now,
    )
    if partner.account.records_changes:
        feed.start_recording(row, now=now)
    return Person(row, None)


def _edit(row: PartnerPerson, email: str | Unset, *, now: datetime, **fields: Unpack[managed.ManagedFields]) -> Person:
    if not row.is_managed:
        raise DomainError("linked", "This person has an account, which only they can change.", "external_id")
    if email is not UNSET and email != row.email:
        others = queries.rows_of(row.partner).exclude(pk=row.pk)
        if email and others.filter(email_key=key_of("email", email)).exists():
            raise _email_taken()
        row.email = email
        row.save(update_fields=["email", "email_key"])
    if fields:
        row.user = managed.edit(user=row.user, now=now, **fields)
    return Person(row, None)


def _email_taken() -> DomainError:
    return DomainError("email_taken", "Another of your people has this address.", "email")
