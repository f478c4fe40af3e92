"""Which addresses of Apprise are taken, and what its answers mean. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit

from common.errors import DomainError

# By scheme: the module of Apprise that serves it. Each of them makes nothing but POST requests of `requests`, so that all
# of them can go through the connector for addresses that users gave. Schemes that run programs, read files, speak other
# protocols or sign in with several requests are left out.
MODULES = {
    "bark": "bark",
    "barks": "bark",
    "discord": "discord",
    "gchat": "google_chat",
    "gotify": "gotify",
    "gotifys": "gotify",
    "hassio": "home_assistant",
    "hassios": "home_assistant",
    "ifttt": "ifttt",
    "mmost": "mattermost",
    "mmosts": "mattermost",
    "pbul": "pushbullet",
    "pover": "pushover",
    "signal": "signal_api",
    "signals": "signal_api",
    "zulip": "zulip",
}
# Parameters of an address. Others may name files (`template`), turn off checks (`verify`) or wait (`cto`).
PARAMETERS = frozenset({"avatar", "channel", "footer", "format", "image", "priority", "sound", "thread", "to", "tts"})
MAX_TEXT_BYTES = 1900  # below what each service takes: Discord's 2,000 characters are the fewest


@dataclass(frozen=True, slots=True)
class Called:
    """One request that a service of Apprise made. `status` None: there was no answer."""

    reason: str
    status: int | None = None
    refused: bool = False
    maybe_received: bool = False
    retry_after: float = 0.0


class Outcome(StrEnum):
    """What came of a message."""

    SENT = "sent"
    UNCERTAIN = "uncertain"
    LATER = "later"
    AWAY = "away"
    REFUSED = "refused"  # this message
    FORBIDDEN = "forbidden"  # every message to this address


def check_address(address: str) -> str:
    """Return the scheme of an address. Raises DomainError unknown_scheme, parameter_not_allowed, invalid_url."""
    try:
        parts = urlsplit(address)
    except ValueError:
        raise DomainError("invalid_url", "This is no address of Apprise.", "url") from None
    if parts.scheme not in MODULES:
        known = ", ".join(sorted(MODULES))
        raise DomainError("unknown_scheme", f"Give an address that begins with one of: {known}.", "url")
    if not address.isascii() or any(each.isspace() or not each.isprintable() for each in address):
        raise DomainError("invalid_url", "An address has only printable ASCII characters and no spaces.", "url")
    # Apprise splits parameters at ";" too, and reads names in any case.
    for name, _ in parse_qsl(parts.query.replace(";", "&"), keep_blank_values=True):
        if name not in PARAMETERS:
            raise DomainError("parameter_not_allowed", f"Leave out the parameter {name[:40]}.", "url")
    return parts.scheme


def outcome_of(answer: bool | None, calls: Sequence[Called]) -> Outcome:
    """Return what came of a message, by what Apprise says (True, False, None) and the requests that it made.

    False may mean that one of several requests failed: if any may have arrived, it is uncertain.
    """
    if answer is True:
        return Outcome.SENT
    if any(each.maybe_received if each.status is None else not 400 <= each.status < 500 for each in calls):
        return Outcome.UNCERTAIN
    if any(each.status == 429 for each in calls):
        return Outcome.LATER
    if any(each.status is None and not each.refused for each in calls):
        return Outcome.AWAY
    if any(each.refused or each.status in {401, 403, 404, 410} for each in calls):
        return Outcome.FORBIDDEN
    return Outcome.REFUSED
