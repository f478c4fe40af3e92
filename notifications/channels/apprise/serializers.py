"""The serializer that connects a service of Apprise, with an example for the API documentation."""

from typing import Any

from common import serializers
from common.outbound.addresses import MAX_URL_LENGTH
from notifications.channels.apprise import rules
from users.rules import MAX_PASSWORD_LENGTH


class AppriseSerializer(serializers.Serializer[Any]):
    url = serializers.CharField(
        max_length=MAX_URL_LENGTH, help_text=f"It is never shown. Schemes: {', '.join(sorted(rules.MODULES))}."
    )
    password = serializers.CharField(
        max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False, help_text="Your current password."
    )

    class Meta:
        swagger_schema_fields = {
            "example": {"url": "gotifys://push.example.org/AbCdEf123456789", "password": "correct horse battery"}
        }
