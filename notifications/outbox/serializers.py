"""Serializers of the chat and the outbox, with examples."""

from typing import Any

from rest_framework import serializers

from notifications.models import Delivery
from users.serializers import PROFILE_EXAMPLE

LINK_EXAMPLE = {
    "url": "https://t.me/habit_bot?start=7-cz1k2m-5f0c2a",
    "expires_in": 600,
    "telegram": PROFILE_EXAMPLE["telegram"],
}
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


class ChatLinkSerializer(serializers.Serializer[Any]):
    """How to connect a chat. `url` opens the bot with a one-time token; null if no bot is configured."""

    url = serializers.CharField(allow_null=True)
    expires_in = serializers.IntegerField(help_text="Seconds.")
    telegram = serializers.DictField()

    class Meta:
        swagger_schema_fields = {"example": LINK_EXAMPLE}


class ChatSerializer(serializers.Serializer[Any]):
    chat_id = serializers.IntegerField(min_value=1, max_value=2**52, help_text="The id of a private chat.")

    class Meta:
        swagger_schema_fields = {"example": {"chat_id": 5550001}}


class ChatRequestSerializer(serializers.Serializer[Any]):
    """`connected` is true if no bot is configured; otherwise a Confirm button was sent to the chat."""

    connected = serializers.BooleanField()

    class Meta:
        swagger_schema_fields = {"example": {"connected": False}}


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """A message and its state."""

    passed_over = serializers.IntegerField(
        source="missed_count", read_only=True, help_text="Earlier occurrences that were not sent."
    )

    class Meta:
        model = Delivery
        fields = list(DELIVERY_EXAMPLE)
        swagger_schema_fields = {"example": DELIVERY_EXAMPLE}


class UpdateSerializer(serializers.Serializer[Any]):
    update_id = serializers.IntegerField()

    class Meta:
        swagger_schema_fields = {"example": {"update_id": 10000, "message": {"text": "/start"}}}
