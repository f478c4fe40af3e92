"""Devices that sign in: what they are called, and what they are recognised by at the next sign-in."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from ua_parser import parse_os, parse_user_agent

from users.models import User
from users.rules import MAX_DEVICE_LENGTH

MAX_AGENT_LENGTH = 300  # characters of a User-Agent header that are read
TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]{43}")
# Addresses of one household or office change within these, in bits.
NETWORK_BITS = {4: 24, 6: 48}


def make_token() -> str:
    """Return a new random value for the cookie of a device."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device as its request shows it. `token` is the secret value of its cookie, new if it had none."""

    agent: str = ""
    network_address: str | None = None
    token: str = field(default_factory=make_token, repr=False)

    @property
    def label(self) -> str:
        """For example "Firefox, Windows"; empty if the User-Agent header says nothing."""
        return label(self.agent)

    def key(self, user: User) -> str:
        """Return what the device is recognised by: a hash of its token, different for each user."""
        return _hashed(user, "token", self.token)

    def place_key(self, user: User) -> str | None:
        """Return what a client without cookies is recognised by: its program and network. None without an address."""
        if self.network_address is None:
            return None
        address = ip_address(self.network_address)
        network = ip_network((address.packed, NETWORK_BITS[address.version]), strict=False)
        return _hashed(user, "place", str(network), self.agent)


def label(agent: str) -> str:
    """Return a short name for a User-Agent header: program and operating system, or the first product in it.

    Only letters, digits and a few signs are kept: the name is shown in mails and must not be a link.
    """
    agent = agent[:MAX_AGENT_LENGTH]
    found = (parse_user_agent(agent), parse_os(agent))
    names = [each.family for each in found if each is not None and each.family != "Other"]
    if not names:
        product = re.match(r"[A-Za-z][\w-]{1,30}(?=/|\Z)", agent, re.ASCII)
        names = [product[0]] if product else []
    words = [" ".join(re.sub(r"[^\w+-]", " ", name).split()) for name in names]
    return ", ".join(words)[:MAX_DEVICE_LENGTH]


def address_of(text: str | None) -> str | None:
    """Return a network address in its usual spelling (IPv4 also where it is written as IPv6), or None."""
    try:
        address = ip_address((text or "").strip().partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def _hashed(user: User, *parts: str) -> str:
    return hashlib.sha256("\0".join((str(user.pk), *parts)).encode()).hexdigest()
