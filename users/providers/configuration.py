"""The services by which people can sign in, as the operator lists them in `OIDC_PROVIDERS`. Pure."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

PROXY = "proxy"  # the name of the provider that a trusted header is of
_NAME = re.compile(r"[a-z0-9-]{1,30}")


class Newcomers(StrEnum):
    """Who gets an account at the first sign-in: all whose address is verified, those of a list, all (but they wait
    until staff let them in), or nobody.
    """

    ALLOWED = "allowed"
    LISTED = "listed"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Provider:
    """A service that signs people in.

    `name`: in addresses; `title`: what people read. `links_verified`: an account with the same address is its person's,
    if the service says that it has verified the address. `listed`: addresses, or domains as "@example.org".
    """

    name: str
    title: str
    issuer: str
    client_id: str
    client_secret: str
    newcomers: Newcomers = Newcomers.REFUSED
    links_verified: bool = False
    listed: frozenset[str] = frozenset()

    def lists(self, email: str) -> bool:
        """Return whether the address or its domain is listed."""
        folded = email.casefold()
        return folded in self.listed or f"@{folded.rpartition('@')[2]}" in self.listed


def parse_providers(raw: str) -> tuple[Provider, ...]:
    """Return the providers of a JSON list of objects with the fields of Provider. Raises ValueError, saying what is wrong."""
    try:
        given = json.loads(raw)
    except ValueError as error:
        raise ValueError(f"it must be a JSON list: {error}") from error
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise ValueError("it must be a JSON list of objects")
    providers = tuple(_provider(each) for each in given)
    if len({each.name for each in providers}) < len(providers) or PROXY in {each.name for each in providers}:
        raise ValueError(f'each "name" must be another one, and none "{PROXY}"')
    return providers


def _provider(given: dict[str, Any]) -> Provider:
    required = ("name", "issuer", "client_id", "client_secret")
    known = {*required, "title", "newcomers", "links_verified", "listed"}
    if missing := [name for name in required if not isinstance(given.get(name), str) or not given[name]]:
        raise ValueError(f'a provider needs "{missing[0]}"')
    if unknown := given.keys() - known:
        raise ValueError(f'a provider has no "{min(unknown)}"; it has {", ".join(sorted(known))}')
    if not _NAME.fullmatch(given["name"]):
        raise ValueError('"name" may have small letters, digits and dashes')
    issuer = urlsplit(given["issuer"])
    if issuer.scheme != "https" and issuer.hostname not in {"localhost", "127.0.0.1"}:
        raise ValueError('"issuer" must begin with https://')
    listed = given.get("listed", [])
    if not isinstance(listed, list) or not all(isinstance(each, str) and "@" in each for each in listed):
        raise ValueError('"listed" must be a list of addresses, or domains as "@example.org"')
    if not isinstance(given.get("links_verified", False), bool):
        raise ValueError('"links_verified" must be true or false')
    try:
        newcomers = Newcomers(given.get("newcomers", Newcomers.REFUSED))
    except ValueError as error:
        raise ValueError(f'"newcomers" must be {", ".join(Newcomers)}') from error
    return Provider(
        name=given["name"],
        title=str(given.get("title", given["name"])),
        issuer=given["issuer"],
        client_id=given["client_id"],
        client_secret=given["client_secret"],
        newcomers=newcomers,
        links_verified=given.get("links_verified", False),
        listed=frozenset(each.casefold() for each in listed),
    )
