"""The section `webhooks` of the OpenAPI document: one operation for each type of event that the service sends. Pure."""

from collections.abc import Iterable
from typing import Any

from common.webhook_events import WebhookEvent
from config.openapi.conversion import JSON, SCHEMAS

# The headers of Standard Webhooks 1.0.
HEADERS = {
    "webhook-id": "The id of the event, the same in every copy: a receiver that has seen it can ignore the copy.",
    "webhook-timestamp": "When this copy was sent, in seconds since 1970.",
    "webhook-signature": "`v1,` and the signature of id, timestamp and body; several while a secret is being replaced.",
}
RESPONSES = {
    "2XX": {"description": "Taken. Anything else, a redirect as well, is a failure, and the event is sent again."},
    "410": {"description": "Gone: nothing more is sent to this address."},
}


def webhooks_section(events: Iterable[WebhookEvent]) -> dict[str, Any]:
    """Return the section by type of event; empty without any."""
    return {each.type: {"post": _operation(each)} for each in events}


def _operation(event: WebhookEvent) -> dict[str, Any]:
    own = {"type": {"const": event.type}, **event.properties}
    body: dict[str, Any] = {"schema": {"allOf": [{"$ref": SCHEMAS + event.component}, {"properties": own}]}}
    if event.example is not None:
        body["example"] = event.example
    return {
        "operationId": f"on_{event.type.replace('.', '_')}",
        "summary": event.summary,
        **({"description": event.description} if event.description else {}),
        "tags": ["webhooks"],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "description": text, "required": True, "schema": {"type": "string"}}
            for name, text in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {JSON: body}},
        "responses": RESPONSES,
    }
