"""What a key may do: its scopes, and which of them reaches which operation.

A view names the scope of each of its operations: `key_scopes = {"list": Scope.HABITS_READ}`, by the name of the method
that answers. No key reaches an operation that is not named. `integrations.keys` makes keys and checks them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Scope(StrEnum):
    HABITS_READ = "habits:read"
    HABITS_WRITE = "habits:write"
    LOGS_READ = "logs:read"
    LOGS_WRITE = "logs:write"
    STATS_READ = "stats:read"
    PROFILE_READ = "profile:read"
    EVENTS_WRITE = "events:write"
    WEBHOOKS_MANAGE = "webhooks:manage"
    COMMUNITY_READ = "community:read"
    EXPORT_READ = "export:read"


@dataclass(frozen=True, slots=True)
class KeyAccess:
    """What a request with a key may do; it is the request's `auth`."""

    key_id: int
    scopes: frozenset[Scope]


def scope_of(view: Any, method: str) -> Scope | None:
    """Return the scope with which a key reaches the view by this HTTP method, or None if no key does."""
    method = method.lower()
    operation = getattr(view, "action", None) or ("get" if method == "head" else method)
    scopes: dict[str, Scope] = getattr(view, "key_scopes", {})
    return scopes.get(operation)
