"""What Telegram signs for a Mini App that a person opens (`initData`), and how that is checked. Pure.

https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
"""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

LIFETIME = timedelta(minutes=5)
LEEWAY = timedelta(seconds=30)  # by which Telegram's clock may be ahead of ours
MAX_LENGTH = 4096
MAX_FIELDS = 32
MAX_USER_ID = 2**52 - 1  # Telegram's ids have at most 52 significant bits
_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{1,12}")


class InvalidInitData(ValueError):
    """The data is not what Telegram has signed for this bot, or is too old."""


@dataclass(frozen=True, slots=True)
class InitData:
    """Who has opened the Mini App. `key` names this opening, and tells nothing of the data."""

    user_id: int
    key: str


def read(text: str, *, bot_token: str, now: datetime) -> InitData:
    """Return who has opened the Mini App of this bot in the last five minutes. Raises InvalidInitData."""
    fields = _fields(text)
    signature = fields.pop("hash", "")
    signed = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    expected = sign(signed, bot_token=bot_token)
    if not bot_token or not _HASH.fullmatch(signature) or not hmac.compare_digest(signature, expected):
        raise InvalidInitData("it is not signed for this bot")
    _check_age(fields.get("auth_date", ""), now)
    return InitData(_user_id(fields.get("user", "")), hashlib.sha256(f"init-data\n{signed}".encode()).hexdigest())


def sign(signed: str, *, bot_token: str) -> str:
    """Return Telegram's signature of a text: lines `name=value`, sorted by name, without that of the hash."""
    key = hmac.digest(b"WebAppData", bot_token.encode(), "sha256")
    return hmac.digest(key, signed.encode(), "sha256").hex()


def _fields(text: str) -> dict[str, str]:
    if len(text) > MAX_LENGTH:
        raise InvalidInitData("it is too long")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise InvalidInitData("it is no query string") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise InvalidInitData("a field is there twice")
    return fields


def _check_age(at: str, now: datetime) -> None:
    if not _TIME.fullmatch(at):
        raise InvalidInitData("it has no time")
    seconds = now.timestamp() - int(at)
    if not -LEEWAY.total_seconds() <= seconds <= LIFETIME.total_seconds():
        raise InvalidInitData(f"it was signed at {datetime.fromtimestamp(min(int(at), 10**10), UTC):%Y-%m-%d %H:%M:%S}")


def _user_id(given: str) -> int:
    try:
        user = json.loads(given)
    except ValueError as error:
        raise InvalidInitData("it names nobody") from error
    found = user.get("id") if isinstance(user, dict) and not user.get("is_bot") else None
    if not isinstance(found, int) or isinstance(found, bool) or not 0 < found <= MAX_USER_ID:
        raise InvalidInitData("it names nobody")
    return found
