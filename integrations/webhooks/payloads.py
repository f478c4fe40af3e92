"""What is sent: the body of a webhook and its headers, by Standard Webhooks 1.0."""

import json
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook

from integrations.changes.serializers import ChangeSerializer, event_id
from integrations.models import Change

USER_AGENT = "habit-tracker-webhooks/1"


def body_of(change: Change) -> bytes:
    """Return the body: the same bytes in every copy, so that a receiver may compare them."""
    data = ChangeSerializer(change).data
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def headers_of(change: Change, body: bytes, *, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """Return the headers with a signature by each secret. The id stays the same; the timestamp is that of the attempt."""
    message_id = event_id(change.uid)
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(
            Webhook(secret).sign(msg_id=message_id, timestamp=now, data=body.decode()) for secret in secrets
        ),
    }
