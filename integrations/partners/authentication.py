"""Authentication of a partner's requests, by its keys only."""

from dataclasses import dataclass

from rest_framework.request import Request

from integrations.keys import rules
from integrations.keys.authentication import KeyAuthentication
from integrations.models import ApiKey, Partner
from users.scopes import KeyAccess, Scope


@dataclass(frozen=True, slots=True)
class PartnerAccess(KeyAccess):
    """What a request of a partner may do; it is the request's `auth`."""

    partner: Partner


class PartnerAuthentication(KeyAuthentication):
    """Authenticates a partner's key; the request's user is then the partner's own account. A person's key is refused."""

    kind = rules.PARTNER

    def access(self, key: ApiKey, scopes: frozenset[Scope]) -> PartnerAccess:
        assert key.partner is not None  # by its kind
        return PartnerAccess(key_id=key.pk, scopes=scopes, partner=key.partner)


def partner_of(request: Request) -> Partner:
    """Return the partner that makes the request. Use it only in views with PartnerAuthentication."""
    assert isinstance(request.auth, PartnerAccess)
    return request.auth.partner
