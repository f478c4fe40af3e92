"""The site that passkeys are for, and their limits. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

CHALLENGE_LIFETIME = timedelta(minutes=5)
CHALLENGE_BYTES = 32
MAX_PASSKEYS = 20
MAX_NAME_LENGTH = 100
MAX_ID_BYTES = 1023  # of a credential's id (Web Authentication, section 4)
MAX_ID_LENGTH = 1364  # of that in base64url
MAX_HANDLE_LENGTH = 86  # 64 bytes in base64url
# Of what a browser sends in base64url: several times what devices make.
MAX_DATA_LENGTH, MAX_ATTESTATION_LENGTH, MAX_SIGNATURE_LENGTH = 4000, 20_000, 2000
DEFAULT_PORTS = {"http": 80, "https": 443}


class InvalidAnswer(Exception):
    """A browser's answer is not of the form that browsers send, or does not hold."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Where passkeys sign in. `id`: the host, which they are kept for; `origin`: what a browser says of the page."""

    id: str
    origin: str


def relying_party(site_url: str) -> RelyingParty | None:
    """Return the site as browsers name it, or None where they allow no passkeys: without https or on a bare address.

    Over http there are passkeys on localhost alone.
    """
    url = urlsplit(site_url)
    try:
        host = (url.hostname or "").encode("idna").decode().lower()
    except UnicodeError:
        return None
    is_local = host == "localhost" or host.endswith(".localhost")
    if not host or _is_address(host) or (url.scheme != "https" and not (url.scheme == "http" and is_local)):
        return None
    port = "" if url.port in {None, DEFAULT_PORTS[url.scheme]} else f":{url.port}"
    return RelyingParty(id=host, origin=f"{url.scheme}://{host}{port}")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
