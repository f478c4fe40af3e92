"""Serializers of webhooks, with examples for the API documentation."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from common import serializers
from common.outbound.addresses import MAX_URL_LENGTH
from integrations.changes.rules import EVENT_ID, EVENT_ID_LENGTH, ChangeType
from integrations.changes.serializers import CHANGE_EXAMPLE, event_id
from integrations.models import WebhookAttempt, WebhookEndpoint
from integrations.webhooks import rules

CHOOSABLE = [each.value for each in ChangeType if each is not ChangeType.WEBHOOK_TEST]
NEW_EXAMPLE: dict[str, object] = {
    "name": "Home server",
    "url": "https://home.example.org/habits",
    "events": ["log.set", "streak.lost"],
}
ENDPOINT_EXAMPLE: dict[str, object] = {
    "id": 4,
    **NEW_EXAMPLE,
    "created_at": "2026-11-21T12:00:00Z",
    "failing_since": None,
    "off_at": None,
    "off_reason": "",
}
WHSEC_EXAMPLE = "whsec_…"
ATTEMPT_EXAMPLE: dict[str, object] = {
    "id": 91,
    "event": CHANGE_EXAMPLE["id"],
    "type": "log.set",
    "at": "2026-11-21T06:31:04Z",
    "status": 200,
    "reason": "",
    "answer": "ok",
    "milliseconds": 212,
}


class EventsField(serializers.ListField):
    """Types of changes. `choices`: those that can be chosen."""

    def __init__(self, choices: Sequence[str] = CHOOSABLE, **options: Any) -> None:
        super().__init__(
            child=serializers.ChoiceField(choices=list(choices)),
            allow_empty=False,
            max_length=len(ChangeType),
            **options,
        )


class EndpointSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    """An endpoint without its secret. `failing_since`: nothing but failures since then. `off_at`: nothing is sent to it."""

    events = serializers.ListField(child=serializers.ChoiceField(choices=CHOOSABLE), read_only=True)
    off_reason = serializers.CharField(
        read_only=True, allow_blank=True, help_text="Why it is off; empty while it is on."
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["id", "name", "url", "events", "created_at", "failing_since", "off_at", "off_reason"]
        read_only_fields = fields
        swagger_schema_fields = {"example": ENDPOINT_EXAMPLE}


class EndpointWithSecretSerializer(serializers.Serializer[Any]):
    """An endpoint with its secret, which is shown this once."""

    secret = serializers.CharField(help_text="With it your program checks the signatures.")
    webhook = EndpointSerializer(source="endpoint")

    class Meta:
        swagger_schema_fields = {"example": {"secret": WHSEC_EXAMPLE, "webhook": ENDPOINT_EXAMPLE}}


class NewEndpointSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=rules.MAX_NAME_LENGTH, help_text="For example the program that is called.")
    url = serializers.CharField(max_length=MAX_URL_LENGTH, help_text="A public address that begins with https://.")
    events = EventsField(help_text="What it is told of.")

    class Meta:
        swagger_schema_fields = {"example": NEW_EXAMPLE}


class EndpointEditSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=rules.MAX_NAME_LENGTH, required=False)
    url = serializers.CharField(max_length=MAX_URL_LENGTH, required=False)
    events = EventsField(required=False)

    class Meta:
        read_only_fields = tuple(ENDPOINT_EXAMPLE.keys() - NEW_EXAMPLE.keys())
        swagger_schema_fields = {"example": {"events": ["log.set", "log.cleared"]}}


class AttemptSerializer(serializers.ModelSerializer[WebhookAttempt]):
    """One attempt. `status` is null if there was no answer; `reason` says why it failed, and is empty if it was taken."""

    event = serializers.SerializerMethodField()
    type = serializers.CharField(source="change_type", read_only=True)

    class Meta:
        model = WebhookAttempt
        fields = ["id", "event", "type", "at", "status", "reason", "answer", "milliseconds"]
        swagger_schema_fields = {"example": ATTEMPT_EXAMPLE}

    def get_event(self, attempt: Any) -> str:
        return event_id(attempt.change_uid)


class ReplaySerializer(serializers.Serializer[Any]):
    """What is sent again: everything since an instant, or one event."""

    since = serializers.DateTimeField(required=False)
    event = serializers.RegexField(
        EVENT_ID,
        max_length=EVENT_ID_LENGTH,
        required=False,
        help_text="The id of an event, as in `attempts/` and `changes/`.",
    )

    class Meta:
        swagger_schema_fields = {"example": {"since": "2026-11-20T00:00:00Z"}}

    def validate_event(self, event: str) -> UUID:
        return UUID(event.removeprefix("evt_"))


class QueuedSerializer(serializers.Serializer[Any]):
    """How many webhooks were queued."""

    queued = serializers.IntegerField()

    class Meta:
        swagger_schema_fields = {"example": {"queued": 12}}


class TestSerializer(serializers.Serializer[Any]):
    """The id of the test event; `attempts/` shows what came of it."""

    event = serializers.CharField()

    class Meta:
        swagger_schema_fields = {"example": {"event": CHANGE_EXAMPLE["id"]}}
