"""Which person a provider's word signs in: the one of an identity, of an account with the address, or a newcomer."""

import hashlib
import logging
import re
import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from common.errors import DomainError
from users import access, rules, sessions, signals, tokens
from users.access import AccessItem, Keep
from users.devices import Device
from users.models import Identity, User
from users.providers.claims import Claims
from users.providers.configuration import Newcomers, Provider
from users.services import check_current_password, remove_account
from users.ways_in import check_another_is_left

logger = logging.getLogger(__name__)

TICKET_LIFETIME = timedelta(minutes=1)
# Why a sign-in leads nowhere, for the client to say: it is part of an address, so it names no account.
NO_ADDRESS, NOT_VERIFIED = "no_address", "not_verified"
NOT_ALLOWED, ADDRESS_IN_USE, WAITS, INACTIVE = "not_allowed", "address_in_use", "waits_for_approval", "inactive"


@transaction.atomic
def admit(*, provider: Provider, claims: Claims, now: datetime) -> Identity:
    """Return the identity of a person that a provider vouches for; make it, and their account, if that is allowed.

    Subject and issuer name the person, never the address: an address can pass to another person. Sends identity_connected
    if the account was there before. The account may be inactive: `refusal_of` says why. Raises DomainError: no_address,
    not_verified, not_allowed, address_in_use, and those of rules.check_email.
    """
    identity = _identity_of(claims) or _first_sign_in(provider, claims, now=now)
    identity.last_used_at = now
    identity.email = claims.email[: rules.MAX_EMAIL_LENGTH] or identity.email
    identity.save(update_fields=["last_used_at", "email"])
    return identity


def refusal_of(identity: Identity) -> str | None:
    """Return why the account of an identity cannot be signed in to: waits_for_approval, inactive; None if it can."""
    user = identity.user
    if user.is_active:
        return None
    return INACTIVE if user.banned_at or user.last_login or user.has_usable_password() else WAITS


@transaction.atomic
def link(*, token: str, device: Device, claims: Claims, now: datetime) -> Identity:
    """Let a provider's person sign in from now on as the user of a token of tokens.identity_link.

    Sends identity_connected if it is new. Raises DomainError: identity_taken, sign_in_expired (what the token stands for,
    the password above all, has changed while the provider asked).
    """
    users = User.objects.select_for_update(no_key=True).filter(is_active=True)
    user = tokens.identity_link(device.token).read(token, users)
    if user is None:
        raise DomainError("sign_in_expired", "This sign-in has expired. Start it again.")
    identity = _identity_of(claims)
    if identity is not None and identity.user_id != user.pk:
        raise DomainError("identity_taken", "Another account is connected with this sign-in.")
    return identity or _connect(user, claims, now=now)


@transaction.atomic
def remove(*, user: User, identity_id: int, password: str, now: datetime) -> None:
    """Remove a way to sign in after a password check, and send identity_removed. Sessions that it has started stay.

    Raises Identity.DoesNotExist, DomainError wrong_password, last_way_in, and AuthenticationFailed as access.lock_owner does.
    """
    user = access.lock_owner(user)
    identity = user.identities.get(pk=identity_id)
    check_current_password(user, password)
    check_another_is_left(user)
    identity.delete()
    signals.identity_removed.send(Identity, user=user, now=now)


@transaction.atomic
def make_ticket(*, identity: Identity, now: datetime) -> str:
    """Return a ticket for one session, which the browser that came back from the provider exchanges."""
    ticket = secrets.token_urlsafe(32)
    identity.ticket_hash, identity.ticket_expires_at = _hash_of(ticket), now + TICKET_LIFETIME
    identity.save(update_fields=["ticket_hash", "ticket_expires_at"])
    return ticket


@transaction.atomic
def use_ticket(*, ticket: str, device: Device, now: datetime) -> dict[str, str]:
    """Start a session for a ticket, and return its tokens {refresh, access} with a proof of the fresh sign-in.

    Raises DomainError: invalid_ticket.
    """
    found = Identity.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    identity = found.filter(ticket_hash=_hash_of(ticket), ticket_expires_at__gt=now).first() if ticket else None
    if identity is None:
        raise DomainError("invalid_ticket", "This sign-in has expired. Start it again.")
    identity.ticket_hash, identity.ticket_expires_at = "", None
    identity.save(update_fields=["ticket_hash", "ticket_expires_at"])
    return start_session(user=identity.user, device=device, now=now)


def start_session(*, user: User, device: Device, now: datetime) -> dict[str, str]:
    """Start a session of a person that another service has just signed in: {refresh, access, proof}.

    The proof stands for the password of an account without one, for five minutes.
    """
    user.last_login = now
    user.save(update_fields=["last_login"])
    pair = sessions.start(user=user, device=device, now=now)
    return pair | {"proof": tokens.fresh_sign_in.make(user)}


@transaction.atomic
def approve(*, user: User, by: User, now: datetime) -> User:
    """Let a newcomer in who waits for approval. Does nothing to other accounts."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not user.is_active and user.confirmed_at and user.banned_at is None and user.identities.exists():
        user.is_active = True
        user.save(update_fields=["is_active"])
        logger.info("account %s was let in by account %s", user.pk, by.pk, extra={"user": user.pk})
    return user


@transaction.atomic(savepoint=False)
def end_access(*, user: User, keep: frozenset[Keep], now: datetime) -> None:
    """Remove the ways to sign in that a session may have added: their owner would be back at once."""
    user.identities.all().delete()


def list_access(*, user: User, now: datetime) -> list[AccessItem]:
    """Return the user's other ways to sign in, for the list of what has access to the account."""
    found = user.identities.order_by("pk")
    return [AccessItem(kind="sign_in", id=each.pk, name=each.issuer, created_at=each.created_at) for each in found]


def _hash_of(ticket: str) -> str:
    return hashlib.sha256(ticket.encode(errors="surrogatepass")).hexdigest()


def _identity_of(claims: Claims) -> Identity | None:
    found = Identity.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    return found.filter(issuer=claims.issuer, subject=claims.subject).first()


def _first_sign_in(provider: Provider, claims: Claims, *, now: datetime) -> Identity:
    if not claims.email:
        raise DomainError(NO_ADDRESS, "The provider names no e-mail address.")
    if not claims.is_verified:
        raise DomainError(NOT_VERIFIED, "The provider has not verified the e-mail address.")
    user = User.objects.by_email(claims.email)
    if user is not None and (user.confirmed_at or user.banned_at or user.is_active):
        if not provider.links_verified:
            raise DomainError(
                ADDRESS_IN_USE, "An account has this address. Sign in with its password, then connect it."
            )
        return _connect(user, claims, now=now)
    if provider.newcomers is Newcomers.REFUSED or (
        provider.newcomers is Newcomers.LISTED and not provider.lists(claims.email)
    ):
        raise DomainError(NOT_ALLOWED, "This provider lets no newcomers in.")
    if user is not None:  # of nobody: who made it has not shown that the address is theirs
        remove_account(user=user, now=now)
    return _create(_newcomer(provider, claims, now=now), claims, now=now)


def _newcomer(provider: Provider, claims: Claims, *, now: datetime) -> User:
    rules.check_email(claims.email)
    user = User(email=claims.email, username=User.objects.free_username(_wanted_name(claims)))
    user.set_unusable_password()
    user.is_active, user.confirmed_at = provider.newcomers is not Newcomers.APPROVED, now
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:  # the same person in two tabs: the other one was first
        raise DomainError(ADDRESS_IN_USE, "An account has this address.") from error
    return user


def _wanted_name(claims: Claims) -> str:
    """Return an address whose first part is the name to derive the username from."""
    name = re.sub(r"[^\w.-]", "", claims.name)
    return f"{name}@" if name else claims.email


def _connect(user: User, claims: Claims, *, now: datetime) -> Identity:
    """Add a way to sign in to an account that exists, and send identity_connected."""
    identity = _create(user, claims, now=now)
    signals.identity_connected.send(Identity, user=user, identity=identity, now=now)
    return identity


def _create(user: User, claims: Claims, *, now: datetime) -> Identity:
    email = claims.email[: rules.MAX_EMAIL_LENGTH]
    logger.info("account %s signs in by %s from now on", user.pk, claims.issuer, extra={"user": user.pk})
    return Identity.objects.create(
        user=user, issuer=claims.issuer, subject=claims.subject, email=email, created_at=now, last_used_at=now
    )
