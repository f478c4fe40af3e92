"""Serializers of the chat link and the webhook, with examples."""

from typing import Any

from common import serializers
from users.serializers import PROFILE_EXAMPLE, ChatStateSerializer

LINK_EXAMPLE = {
    "url": "https://t.me/habit_bot?start=7-cz1k2m-5f0c2a",
    "expires_in": 600,
    "telegram": PROFILE_EXAMPLE["telegram"],
}


class ChatLinkSerializer(serializers.Serializer[Any]):
    """How to connect a chat. `url` opens the bot with a one-time token; null if no bot is configured."""

    url = serializers.CharField(allow_null=True)
    expires_in = serializers.IntegerField(help_text="Seconds.")
    telegram = ChatStateSerializer()

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


class UpdateSerializer(serializers.Serializer[Any]):
    update_id = serializers.IntegerField()

    class Meta:
        swagger_schema_fields = {"example": {"update_id": 10000, "message": {"text": "/start"}}}
