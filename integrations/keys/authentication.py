"""Authentication of API requests by a key: one statement, and no way round the scopes.

The scope is checked here and not by a permission, since a view that names permissions of its own would lose that check.
"""

import logging
import secrets
from datetime import datetime

from django.db import DatabaseError
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, Throttled
from rest_framework.request import Request

from common import clock
from common.throttling import count
from integrations.keys import queries, rules, services
from integrations.models import ApiKey
from users.models import User
from users.scopes import KeyAccess, Scope, scope_of

logger = logging.getLogger(__name__)

RATE = "key"  # the name of the limit in THROTTLE_RATES
PARTNER_RATE = "partner"  # of a partner's key, which serves many people
QUOTAS = "habits.key_quotas"  # where the request's META tells the middleware what is left of the limit
CHALLENGE = 'Bearer realm="api"'


class InsufficientScope(APIException):
    """The key is valid, but does not reach the operation (RFC 6750, 3.1)."""

    status_code = status.HTTP_403_FORBIDDEN
    default_code = "insufficient_scope"

    def __init__(self, scope: Scope | None) -> None:
        needed = f"This needs a key with the scope {scope}." if scope else "No key can do this: sign in instead."
        super().__init__(needed)
        scope_of_header = f', scope="{scope}"' if scope else ""
        self.auth_header = f'{CHALLENGE}, error="insufficient_scope"{scope_of_header}'


class KeyAuthentication(BaseAuthentication):
    """Authenticates a person's key; `request.auth` is then a KeyAccess. Requests without a key are left to others.

    Raises AuthenticationFailed, InsufficientScope, and Throttled beyond the key's limit.
    """

    kind = rules.PERSON

    def authenticate(self, request: Request) -> tuple[User, KeyAccess] | None:
        text = key_of(request)
        if text is None:
            return None
        now = clock.now()
        key = valid_key(text, kind=self.kind, now=now)
        count_request(request, key)
        granted = self.access(key, frozenset(each for each in Scope if each in key.scopes))
        self.check_scope(request, granted)
        note_use(key, now=now)
        return key.account, granted

    def check_scope(self, request: Request, granted: KeyAccess) -> None:
        """Raise InsufficientScope unless the key reaches the operation that is asked for."""
        scope = scope_of((request.parser_context or {}).get("view"), str(request.method))
        if scope not in granted.scopes:
            raise InsufficientScope(scope)

    def access(self, key: ApiKey, scopes: frozenset[Scope]) -> KeyAccess:
        """Return what the request may do with the key: its `auth`."""
        return KeyAccess(key_id=key.pk, scopes=scopes)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def key_of(request: Request) -> str | None:
    """Return the key that a request's headers give, or None. Raises AuthenticationFailed for a key beside a token."""
    given: str | None = request.META.get("HTTP_X_API_KEY")
    scheme, _, bearer = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    bearer = bearer.strip() if scheme.lower() == "bearer" else ""
    if given is None:
        return bearer if bearer.startswith((rules.PERSON, rules.PARTNER)) else None
    if bearer and bearer != given.strip():
        raise AuthenticationFailed("Send a key or a token, not both.", "two_credentials")
    return given.strip()


def valid_key(text: str, *, kind: str, now: datetime) -> ApiKey:
    """Return the key of a text, with its user or partner. Raises AuthenticationFailed unless it works at `now`."""
    if not rules.is_well_formed(text):
        raise AuthenticationFailed("This is not a key of this service.", "invalid_key")
    if not text.startswith(kind):
        raise AuthenticationFailed("A key of this kind does not work here.", "wrong_kind_of_key")
    key = queries.find(rules.prefix_of(text))
    if key is None or not secrets.compare_digest(key.secret_hash, rules.hash_of(text)):
        raise AuthenticationFailed("There is no such key.", "invalid_key")
    if not key.account.is_active:
        raise AuthenticationFailed("User is inactive", "user_inactive")
    if not key.is_live(now) or (key.partner and key.partner.removed_at):
        raise AuthenticationFailed("This key has expired or was revoked.", "key_ended")
    return key


def count_request(request: Request, key: ApiKey) -> None:
    """Count a request of the key, and note what is left for the answer's headers. Raises Throttled beyond the limit."""
    quotas = request.META[QUOTAS] = count(PARTNER_RATE if key.partner else RATE, str(key.pk))
    if waits := [quota.wait for quota in quotas if quota.wait]:
        raise Throttled(max(waits))


def note_use(key: ApiKey, *, now: datetime) -> None:
    """Store that the key was used. A database that cannot do so now fails no request."""
    try:
        services.note_use(key=key, now=now)
    except DatabaseError as error:
        logger.warning("the use of key %s cannot be noted: %s", key.pk, type(error).__name__)
