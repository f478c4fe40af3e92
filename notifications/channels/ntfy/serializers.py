"""The serializer that connects an ntfy topic, with an example for the API documentation."""

from typing import Any

from common import serializers
from notifications.channels.ntfy import rules
from users.rules import MAX_PASSWORD_LENGTH


class NtfySerializer(serializers.Serializer[Any]):
    address = serializers.CharField(
        max_length=rules.MAX_ADDRESS_LENGTH, help_text="https://server/topic, or a topic of the service's own server."
    )
    token = serializers.CharField(
        max_length=rules.MAX_TOKEN_LENGTH,
        required=False,
        allow_blank=True,
        help_text="An access token of the server. It is never shown.",
    )
    password = serializers.CharField(
        max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False, help_text="Your current password."
    )

    class Meta:
        swagger_schema_fields = {
            "example": {
                "address": "https://ntfy.sh/habits-of-alice-7k2",
                "token": "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2",  # pragma: allowlist secret
                "password": "correct horse battery",
            }
        }
