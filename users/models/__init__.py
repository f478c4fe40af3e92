"""Tables of accounts, by what they are about."""

from users.models.account import (
    TELEGRAM,
    Address,
    User,
    UserManager,
    validate_time_zone,
    week_changes_of,
    week_starts_of,
)
from users.models.sessions import KnownDevice, Session
from users.models.ways_in import Identity, Invitation, Passkey, PasskeyChallenge
from users.models.zones import ZoneData

__all__ = [
    "TELEGRAM",
    "Address",
    "Identity",
    "Invitation",
    "KnownDevice",
    "Passkey",
    "PasskeyChallenge",
    "Session",
    "User",
    "UserManager",
    "ZoneData",
    "validate_time_zone",
    "week_changes_of",
    "week_starts_of",
]
