"""What Open Wearables signs, by Standard Webhooks, and the form of the secret by which it does. Pure."""

import base64
import binascii
from collections.abc import Mapping

from standardwebhooks import Webhook, WebhookVerificationError

from common.errors import DomainError
from integrations.webhooks.rules import WHSEC

MIN_SECRET_BYTES, MAX_SECRET_BYTES = 16, 128
HEADERS = ("id", "timestamp", "signature")  # after svix-, or webhook-


def is_signed(body: bytes, headers: Mapping[str, str], *, secret: str) -> bool:
    """Return whether the sender who knows the secret signed the body, in the last five minutes."""
    given = {f"webhook-{name}": headers.get(f"svix-{name}") or headers.get(f"webhook-{name}") or "" for name in HEADERS}
    try:
        Webhook(secret).verify(body, given, json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: not base64, not UTF-8, not in the form of a signature
        return False
    return True


def check_secret(secret: str) -> None:
    """Raise DomainError invalid_secret unless the secret is `whsec_` and base64 of a usual length."""
    try:
        raw = base64.b64decode(secret.removeprefix(WHSEC) + "==", validate=False)
    except (binascii.Error, ValueError):
        raw = b""
    if not secret.startswith(WHSEC) or not MIN_SECRET_BYTES <= len(raw) <= MAX_SECRET_BYTES:
        raise DomainError("invalid_secret", "The secret begins with whsec_ and is shown by Open Wearables.", "secret")
