"""Serializers of the chat link and the webhook, with examples."""

from collections.abc import Mapping
from typing import Any

from common import serializers
from users.rules import MAX_PASSWORD_LENGTH
from users.serializers import PROFILE_EXAMPLE, ChatStateSerializer

LINK_EXAMPLE = {
    "url": "https://t.me/habit_bot?start=7-cz1k2m-5f0c2a",
    "expires_in": 600,
    "telegram": PROFILE_EXAMPLE["telegram"],
}


class ChatLinkSerializer(serializers.Serializer[Any]):
    """The bot and the chat. `url` opens the bot; null if no bot is configured."""

    url = serializers.CharField(
        allow_null=True, help_text="In the answer to POST it has a one-time token that connects the chat."
    )
    expires_in = serializers.IntegerField(help_text="Seconds for which such a token is valid.")
    telegram = ChatStateSerializer()

    class Meta:
        swagger_schema_fields = {"example": LINK_EXAMPLE}


class ChatSerializer(serializers.Serializer[Any]):
    chat_id = serializers.IntegerField(
        required=False, min_value=1, max_value=2**52, help_text="The id of a private chat; left out: a link to the bot."
    )
    password = serializers.CharField(
        required=False,
        max_length=MAX_PASSWORD_LENGTH,
        trim_whitespace=False,
        help_text="Your current password: needed.",
    )

    class Meta:
        swagger_schema_fields = {"example": {"chat_id": 5550001, "password": "correct horse battery"}}


def given_chat_id(data: Any) -> int | None:
    """Return the chat that a body of ChatSerializer names, however it is spelled ("0555", "５５５"); None: none."""
    if not isinstance(data, Mapping) or data.get("chat_id") is None:
        return None
    try:
        chat_id: int = ChatSerializer().fields["chat_id"].run_validation(data["chat_id"])
    except serializers.ValidationError:
        return None
    return chat_id


class ChatRequestSerializer(serializers.Serializer[Any]):
    """`connected` is true if no bot is configured; otherwise a Confirm button was sent to the chat."""

    connected = serializers.BooleanField()

    class Meta:
        swagger_schema_fields = {"example": {"connected": False}}


class UpdateSerializer(serializers.Serializer[Any]):
    update_id = serializers.IntegerField()

    class Meta:
        swagger_schema_fields = {"example": {"update_id": 10000, "message": {"text": "/start"}}}
