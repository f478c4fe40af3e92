"""The services that link accounts with partners: asking, answering and ending.

An e-mail address is no consent. A partner asks by address and learns nothing: not even whether there is an account. Only
the account's owner answers, with the password.
"""

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from common.errors import DomainError
from integrations import signals
from integrations.grants import grant_mail, request_mail
from integrations.models import Grant, LinkRefusal, LinkRequest, Partner, PartnerPerson
from integrations.partners import people, queries, rules
from integrations.partners.queries import Person
from users import access
from users.access import AccessItem
from users.keys import key_of, keys_to_try
from users.models import User
from users.rules import check_email
from users.scopes import Scope
from users.services import check_current_password

BATCH = 1000


@transaction.atomic
def ask(*, partner: Partner, email: str, scopes: Collection[Scope], external_id: str = "", now: datetime) -> None:
    """Ask the person who has the address to link their account, by a mail if there is one. Nothing tells whether there is.

    Nothing is mailed while an earlier request of the partner is open, once MAX_LINKS_PER_ADDRESS were made to the address
    in a week, by all partners, and if its owner never wants to be asked by this partner. Raises DomainError about what
    the partner knows: invalid, external_id_taken, managed, already_linked.
    """
    check_email(email)
    key = key_of("email", email)
    _check_own_people(partner, key, external_id)
    _wait_for_address(key)
    now_open = LinkRequest.objects.filter(partner=partner, email_key=key, answered_at=None)
    now_open.filter(expires_at__lte=now).update(answered_at=now, answer=LinkRequest.Answer.EXPIRED)
    recent = LinkRequest.objects.filter(email_key=key, created_at__gt=now - rules.LINKS_COUNTED_FOR)
    if now_open.exists() or recent.count() >= rules.MAX_LINKS_PER_ADDRESS or queries.is_refused(partner, key):
        return
    request = LinkRequest.objects.create(
        partner=partner,
        email=email,
        external_id=external_id,
        scopes=[scope.value for scope in rules.GRANTABLE if scope in scopes],
        created_at=now,
        expires_at=now + rules.LINK_LIFETIME,
    )
    request_mail.queue(request, now=now)


@transaction.atomic
def accept(*, user: User, request_id: int, password: str, now: datetime) -> Grant:
    """Link the account with the partner that asked, after a password check, and tell it by mail. Sends person_linked.

    A later answer replaces what was granted before. Raises LinkRequest.DoesNotExist, DomainError wrong_password, managed,
    and AuthenticationFailed as access.lock_owner does.
    """
    user = access.lock_owner(user)
    request = _locked_request(user, request_id, now=now)
    check_current_password(user, password)
    partner = request.partner
    others = queries.rows_of(partner).exclude(user=user)
    if others.filter(email_key=request.email_key, is_managed=True).exists():
        raise DomainError("managed", "The service keeps a history under your address. Take it over first.")
    # The person who had the address before linked another account.
    others.filter(email_key=request.email_key).update(email="", email_key="")
    _answer(request, LinkRequest.Answer.ACCEPTED, now=now)
    _end(Grant.objects.filter(partner=partner, user=user, ended_at=None), now=now)
    grant = Grant.objects.create(partner=partner, user=user, scopes=request.scopes, created_at=now)
    is_free = request.external_id and not others.filter(external_id=request.external_id).exists()
    row = PartnerPerson.objects.create(
        partner=partner,
        user=user,
        is_managed=False,
        external_id=request.external_id if is_free else people.made_up_id(),
        email=request.email,
        created_at=now,
    )
    grant_mail.queue(grant, now=now)
    signals.person_linked.send(PartnerPerson, partner=partner, person=row, now=now)
    return grant


@transaction.atomic
def decline(*, user: User, request_id: int, never_again: bool = False, now: datetime) -> None:
    """Say no to a partner's request; with `never_again`, to all that it will make. Raises LinkRequest.DoesNotExist."""
    request = _locked_request(user, request_id, now=now)
    _answer(request, LinkRequest.Answer.DECLINED, now=now)
    if never_again:
        LinkRefusal.objects.get_or_create(
            partner=request.partner, email_key=request.email_key, defaults={"email": request.email, "created_at": now}
        )


@transaction.atomic
def end(*, user: User, grant_id: int, now: datetime) -> None:
    """End a grant of the user at once. Sends person_unlinked. Raises Grant.DoesNotExist."""
    grant = queries.grants_of(user).get(pk=grant_id)
    _end(Grant.objects.filter(pk=grant.pk), now=now)


@transaction.atomic
def unlink(*, who: Person, now: datetime) -> None:
    """End the grant of a linked person on behalf of the partner. Sends person_unlinked."""
    assert who.grant is not None
    _end(Grant.objects.filter(pk=who.grant.pk), now=now)


@transaction.atomic(savepoint=False)
def end_all_of_partner(*, partner: Partner, now: datetime) -> None:
    """End every grant to a partner that staff remove, and its open requests. Sends person_unlinked for each."""
    _end(Grant.objects.filter(partner=partner), now=now)
    open_requests = LinkRequest.objects.filter(partner=partner, answered_at=None)
    open_requests.update(answered_at=now, answer=LinkRequest.Answer.EXPIRED)


@transaction.atomic(savepoint=False)
def end_access(*, user: User, now: datetime) -> None:
    """End every grant of a user whose access ends: a stolen session may have made any of them. Sends person_unlinked."""
    _end(Grant.objects.filter(user=user), now=now)


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User, now: datetime) -> None:
    """End and delete the grants of a user whose account is being deleted, and requests to the address."""
    _end(Grant.objects.filter(user=user), now=now)
    Grant.objects.filter(user=user).delete()
    if not user.is_managed:
        LinkRequest.objects.filter(email_key__in=keys_to_try("email", user.email)).delete()


def list_access(*, user: User, now: datetime) -> list[AccessItem]:
    """Return the user's grants, for the list of what has access to the account."""
    found = queries.grants_of(user)
    return [AccessItem(kind="grant", id=each.pk, name=each.partner.name, created_at=each.created_at) for each in found]


@transaction.atomic
def purge(*, now: datetime) -> int:
    """Delete one batch of requests that no longer count and of grants that ended long ago; return their number."""
    old = LinkRequest.objects.filter(created_at__lte=now - rules.LINKS_COUNTED_FOR).filter(
        Q(answered_at__isnull=False) | Q(expires_at__lte=now)
    )
    requests = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
    LinkRequest.objects.filter(pk__in=requests).delete()
    ended = Grant.objects.filter(ended_at__lte=now - rules.ENDED_KEPT_FOR).order_by("pk")
    grants = list(ended.values_list("pk", flat=True)[:BATCH])
    Grant.objects.filter(pk__in=grants).delete()
    return len(requests) + len(grants)


def _end(grants: QuerySet[Grant], *, now: datetime) -> None:
    """End those of the grants that have not ended, delete the partners' rows of the people, and tell."""
    live = grants.filter(ended_at=None).select_for_update(no_key=True, of=("self",)).order_by("pk")
    for grant in live:
        row = PartnerPerson.objects.select_related("partner", "user").get(partner=grant.partner_id, user=grant.user_id)
        grant.ended_at = now
        grant.save(update_fields=["ended_at"])
        signals.person_unlinked.send(PartnerPerson, partner=row.partner, person=row, now=now)
        row.delete()


def _check_own_people(partner: Partner, email_key: str, external_id: str) -> None:
    """Raise DomainError about the partner's own people; it may know everything about them."""
    if external_id:
        rules.check_external_id(external_id)
        if queries.rows_of(partner).filter(external_id=external_id).exists():
            raise DomainError("external_id_taken", "You already call another person so.", "external_id")
    known = queries.rows_of(partner).filter(email_key=email_key).first()
    if known is not None and known.is_managed:
        message = "You manage a person with this address. They can take their history over into an account."
        raise DomainError("managed", message, "email")
    if known is not None:
        raise DomainError("already_linked", "This person has linked their account.", "email")


def _wait_for_address(email_key: str) -> None:
    """Wait until no other request to the address is being made, so that concurrent ones cannot exceed the limits."""
    if connection.vendor == "postgresql":
        number = int.from_bytes(sha256(f"link|{email_key}".encode()).digest()[:8], signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _locked_request(user: User, request_id: int, *, now: datetime) -> LinkRequest:
    found = queries.open_requests_to(user, now=now).select_for_update(no_key=True, of=("self",))
    return found.get(pk=request_id)


def _answer(request: LinkRequest, answer: LinkRequest.Answer, *, now: datetime) -> None:
    request.answered_at, request.answer = now, answer
    request.save(update_fields=["answered_at", "answer"])
