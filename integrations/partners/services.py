"""The services that write partners, on behalf of staff: making, removing and restoring them, and deleting removed ones."""

from datetime import datetime

from django.db import transaction

from common import stopping
from common.errors import DomainError
from common.names import check_title
from common.row_backoff import RowBackoff
from integrations.grants import services as links
from integrations.models import ApiKey, Grant, LinkRefusal, LinkRequest, Partner, PartnerPerson
from integrations.partners import rules
from integrations.webhooks import services as webhooks
from users import managed
from users.keys import keys_to_try
from users.models import User
from users.rules import PSEUDONYM, check_email

BATCH = 100
_BACKOFF = RowBackoff("removal of a partner's person")


@transaction.atomic
def create(
    *, name: str, contact_email: str = "", time_zone: str = "UTC", language: str = "en", now: datetime
) -> Partner:
    """Create a partner, with the account that owns its habits.

    Raises DomainError: required, invisible_character, name_taken, and those of check_email.
    """
    name = name.strip()
    if not name:
        raise DomainError("required", "Give it the name that people see.", "name")
    check_title(name)
    if contact_email:
        check_email(contact_email)
    if User.everyone.filter(username_key__in=keys_to_try("username", PSEUDONYM + name)).exists():
        raise DomainError("name_taken", "Another service has this name.", "name")
    account = managed.create(name=name, time_zone=time_zone, language=language)
    return Partner.objects.create(name=name, account=account, contact_email=contact_email, created_at=now)


@transaction.atomic
def set_contact(*, partner: Partner, email: str) -> None:
    """Set the address at which a partner is told what stops; empty: staff are told. Raises DomainError as check_email."""
    if email:
        check_email(email)
    Partner.objects.filter(pk=partner.pk).update(contact_email=email)


@transaction.atomic
def remove(*, partner: Partner, now: datetime) -> None:
    """End a partner's keys, webhooks and grants at once. It is deleted with its people after rules.REMOVED_AFTER.

    Sends person_unlinked.
    """
    partner = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if partner.removed_at is None:
        partner.removed_at = now
        partner.save(update_fields=["removed_at"])
        webhooks.end_access(user=partner.account, now=now)
        links.end_all_of_partner(partner=partner, now=now)


@transaction.atomic
def restore(*, partner: Partner) -> None:
    """Let a removed partner go on with its keys and its managed people. Grants and webhooks stay ended."""
    Partner.objects.filter(pk=partner.pk).update(removed_at=None)


def delete_removed(*, now: datetime) -> int:
    """Delete one batch of managed people of partners that were removed long ago, then the partner; return how many rows.

    A person who cannot be deleted is tried again later, and does not block the others. Sends person_deleted.
    """
    long_ago = now - rules.REMOVED_AFTER
    people = PartnerPerson.objects.filter(is_managed=True, partner__removed_at__lte=long_ago)
    waiting = _BACKOFF.waiting(now=now)
    ids = list(people.exclude(pk__in=waiting).order_by("pk").values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        if stopping.is_requested():
            return 0
        with _BACKOFF.attempt(pk, now=now), transaction.atomic():
            row = people.filter(pk=pk).select_related("user").first()
            if row is not None:
                managed.remove(user=row.user, now=now)
    if ids:
        return len(ids)
    empty = Partner.objects.filter(removed_at__lte=long_ago, people=None).order_by("pk").first()
    if empty is None:
        return 0
    _delete(empty, now=now)
    return 1


@transaction.atomic
def _delete(partner: Partner, *, now: datetime) -> None:
    """Delete a partner that has no people left. Habits that accounts follow stay theirs, without an owner."""
    partner = Partner.objects.select_for_update().select_related("account").get(pk=partner.pk)
    for model in (ApiKey, Grant, LinkRequest, LinkRefusal):
        model._default_manager.filter(partner=partner).delete()
    account = partner.account
    partner.delete()
    managed.remove(user=account, now=now)
