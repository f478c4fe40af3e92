"""Addresses of ntfy, and what the answers of its servers mean (https://docs.ntfy.sh/publish/). Pure."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from common.errors import DomainError
from common.outbound.addresses import check_url

TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
TOKEN = re.compile(r"[!-~]{1,200}")
MAX_ADDRESS_LENGTH, MAX_TOKEN_LENGTH = 500, 200
MAX_MESSAGE_BYTES, MAX_TITLE_BYTES = 4000, 250  # above 4,096 bytes a server makes an attachment of it
MAX_ACTIONS = 3
SHOWN_OF_TOPIC = 4  # characters: on a public server, who knows the topic reads it


def parse_address(text: str, *, default_server: str, allows_http: bool) -> str:
    """Return the address https://server/topic that a user means: that, or a topic of the default server.

    Raises DomainError invalid_topic, and those of check_url.
    """
    address = f"{default_server.rstrip('/')}/{text}" if TOPIC.fullmatch(text) else text
    parts = check_url(address, allows_http=allows_http, field="address")
    if parts.query or parts.fragment or not TOPIC.fullmatch(parts.path.rpartition("/")[2]):
        raise DomainError(
            "invalid_topic", "Give a topic, or https://server/topic. It has letters, digits, - and _.", "address"
        )
    return address


def check_token(token: str) -> None:
    """Raise DomainError invalid_token unless it can stand in a header."""
    if token and not TOKEN.fullmatch(token):
        raise DomainError("invalid_token", "An access token has no spaces and only ASCII characters.", "token")


def split_address(address: str) -> tuple[str, str]:
    """Return the address of the server, to which messages are posted, and the topic."""
    server, _, topic = address.rpartition("/")
    return f"{server}/", topic


def shown(address: str) -> str:
    """Return an address so that nobody can read its topic."""
    _, topic = split_address(address)
    return f"{urlsplit(address).hostname}/{topic[:SHOWN_OF_TOPIC]}…"


def is_accepted(status: int, body: bytes) -> bool:
    """Return whether it is the answer of an ntfy server that has published the message."""
    found = _parsed(body)
    return status == 200 and found.get("event") == "message" and isinstance(found.get("id"), str)


def is_own_refusal(status: int, body: bytes) -> bool:
    """Return whether a 4xx is the word of an ntfy server, and not of something in front of it."""
    found = _parsed(body)
    return 400 <= status < 500 and found.get("http") == status and isinstance(found.get("code"), int)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
