"""Serializers of the chat and the outbox, with examples."""

from typing import Any

from django.utils import translation

from common import serializers
from notifications.channels import registry
from notifications.models import Delivery
from notifications.outbox import reasons
from users.requests import user_of

DELIVERY_EXAMPLE = {
    "id": 901,
    "kind": "reminder",
    "channel": "telegram",
    "track": 34,
    "day": "2026-11-21",
    "state": "sent",
    "reason": "",
    "due_at": "2026-11-21T06:30:00Z",
    "sent_at": "2026-11-21T06:30:01Z",
    "attempts": 1,
    "uncertain": False,
    "passed_over": 0,
    "text": "⏰ I will do ten push-ups at 07:30 in the living room",
}


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """A message and its state."""

    passed_over = serializers.IntegerField(
        source="missed_count", read_only=True, help_text="Earlier occurrences that were not sent."
    )

    channel = serializers.ChoiceField(choices=registry.choices(), read_only=True)

    class Meta:
        model = Delivery
        fields = [
            "id",
            "kind",
            "channel",
            "track",
            "day",
            "state",
            "reason",
            "due_at",
            "sent_at",
            "attempts",
            "uncertain",
            "passed_over",
            "text",
        ]
        swagger_schema_fields = {"example": DELIVERY_EXAMPLE}

    def to_representation(self, instance: Delivery) -> dict[str, Any]:
        """Return the fields with the reason in the language of the account."""
        shown = super().to_representation(instance)
        with translation.override(user_of(self.context["request"]).language):
            return {**shown, "reason": reasons.translated(instance.reason)}
