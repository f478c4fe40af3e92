"""Which addresses of the network a user may let the service call. Pure.

`is_global` of the standard library is not enough: it calls some addresses global that lead elsewhere, such as multicast
and IPv6 forms in which an IPv4 address is embedded (a gateway turns 64:ff9b::a9fe:a9fe into 169.254.169.254).
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from common.errors import DomainError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL_LENGTH = 2000
HTTPS_PORT = 443
MIN_FREE_PORT = 1024  # below, only HTTPS_PORT: a web hook is no mail and no shell server
REFUSED: tuple[Network, ...] = tuple(
    ip_network(each)
    for each in (
        "192.0.0.0/24",  # of protocols
        "192.88.99.0/24",  # relays of 6to4
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated (RFC 2765)
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64 of a local network
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "fec0::/10",  # site-local
        "fc00::/7",
        "fe80::/10",
    )
)
ISATAP = 0x5EFE  # the third quarter of the interface's id, with or without the bits that say "global" and "group"
ISATAP_FLAGS = 0x0300


def is_allowed(address: Address, *, allowed_networks: Sequence[Network] = ()) -> bool:
    """Return whether the service may connect to an address: public ones, and those of the operator's allowed networks."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    if is_in(address, allowed_networks):
        return True
    return (
        address.is_global
        and not (address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback)
        and not (address.is_private or address.is_link_local)
        and not is_in(address, REFUSED)
        and not _is_isatap(address)
    )


def is_in(address: Address, networks: Sequence[Network]) -> bool:
    """Return whether an address is in one of the networks."""
    return any(address.version == network.version and address in network for network in networks)


def parse(text: str) -> Address | None:
    """Return the address of a socket's text, or None if it is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def check_url(url: str, *, allows_http: bool, field: str = "url") -> SplitResult:
    """Return the parts of a URL that may be called. Raise DomainError invalid_url, https_required, port_not_allowed.

    `allows_http`: also http and any port, for the operator's own networks; where the name leads is checked when connecting.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
        (host or "").encode("idna")
    except (ValueError, UnicodeError):
        raise DomainError("invalid_url", "This is not a web address.", field) from None
    if len(url) > MAX_URL_LENGTH or not url.isascii() or any(each.isspace() or not each.isprintable() for each in url):
        raise DomainError("invalid_url", "A web address has only printable ASCII characters and no spaces.", field)
    if parts.scheme not in {"https", "http"} or not host or "\\" in url:
        raise DomainError("invalid_url", "Give a web address that begins with https://.", field)
    if "@" in parts.netloc:
        raise DomainError("credentials_in_url", "Leave out the user name and password: requests are signed.", field)
    if parts.scheme == "http" and not allows_http:
        raise DomainError("https_required", "Give an address that begins with https://.", field)
    if port is not None and port != HTTPS_PORT and not (port >= MIN_FREE_PORT or (allows_http and port)):
        raise DomainError("port_not_allowed", f"Use port {HTTPS_PORT}, or one from {MIN_FREE_PORT} on.", field)
    return parts


def _is_isatap(address: Address) -> bool:
    if address.version == 4:
        return False
    interface = int(address) & (2**64 - 1)
    return (interface >> 32) & ~(ISATAP_FLAGS << 16) == ISATAP
