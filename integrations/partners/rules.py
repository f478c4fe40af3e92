"""The numbers of partners, and checks of what they send. Pure."""

import re
from collections.abc import Sequence
from datetime import timedelta

from common.errors import DomainError
from users.rules import MAX_USERNAME_LENGTH, PSEUDONYM
from users.scopes import Scope

MAX_NAME_LENGTH = MAX_USERNAME_LENGTH - len(PSEUDONYM)  # the name is also the username of the partner's account
MAX_EXTERNAL_ID_LENGTH = 100
EXTERNAL_ID = re.compile(r"[\w.@:+-]{1,100}", re.ASCII)  # it stands in paths
MAX_BATCH = 1000
MAX_PEOPLE_TO_DELETE_HABIT = 1000  # their logs are deleted in the same request

REMOVED_AFTER = timedelta(days=30)
LINK_LIFETIME = timedelta(days=3)
MAX_LINKS_PER_ADDRESS, LINKS_COUNTED_FOR = 3, timedelta(days=7)
ENDED_KEPT_FOR = timedelta(days=90)  # grants that have ended

# What an account can grant. Never e-mail address, chats, keys or any deletion.
GRANTABLE = (
    Scope.HABITS_READ,
    Scope.HABITS_WRITE,
    Scope.LOGS_READ,
    Scope.LOGS_WRITE,
    Scope.STATS_READ,
    Scope.PROFILE_READ,
)
# What a partner's key can do.
OF_KEYS = (
    Scope.HABITS_READ,
    Scope.HABITS_WRITE,
    Scope.LOGS_READ,
    Scope.LOGS_WRITE,
    Scope.STATS_READ,
    Scope.PROFILE_READ,
    Scope.COMMUNITY_READ,
    Scope.EVENTS_WRITE,
    Scope.WEBHOOKS_MANAGE,
)


def check_external_id(external_id: str) -> None:
    """Raise DomainError invalid unless the id can stand in a path as it is."""
    if not EXTERNAL_ID.fullmatch(external_id) or external_id in {".", ".."}:
        message = f"Use 1 to {MAX_EXTERNAL_ID_LENGTH} letters, digits and . _ - : + @."
        raise DomainError("invalid", message, "external_id")


def ranks(values: Sequence[object]) -> list[int]:
    """Return the rank of each of the values, which are in order, the best first: equal ones share a rank."""
    found: list[int] = []
    for index, value in enumerate(values):
        found.append(found[-1] if index and values[index - 1] == value else index + 1)
    return found
