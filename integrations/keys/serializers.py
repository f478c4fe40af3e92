"""Serializers of keys, with examples for the API documentation."""

from datetime import timedelta
from typing import Any

from common import serializers
from integrations.keys import rules
from integrations.models import ApiKey
from users.rules import MAX_PASSWORD_LENGTH
from users.scopes import Scope

MAX_GRACE_HOURS = rules.MAX_GRACE // timedelta(hours=1)
DEFAULT_GRACE_HOURS = rules.DEFAULT_GRACE // timedelta(hours=1)
KEY_EXAMPLE: dict[str, object] = {
    "id": 7,
    "name": "Home Assistant",
    "prefix": "htk_4fRt9XbQ",
    "scopes": ["habits:read", "logs:write"],
    "created_at": "2026-11-21T12:00:00Z",
    "expires_at": None,
    "last_used_at": "2026-11-21T18:30:00Z",
    "successor": None,
}
TEXT_EXAMPLE = "htk_4fRt9XbQ…"


class PasswordField(serializers.CharField):
    """The current password, as typed."""

    def __init__(self, **options: Any) -> None:
        options = {"max_length": MAX_PASSWORD_LENGTH, "trim_whitespace": False} | options
        super().__init__(write_only=True, help_text="Your current password.", **options)


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key without its text."""

    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=[each.value for each in Scope]), read_only=True
    )

    class Meta:
        model = ApiKey
        fields = ["id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "successor"]
        read_only_fields = fields
        swagger_schema_fields = {"example": KEY_EXAMPLE}


class CreatedKeySerializer(serializers.Serializer[Any]):
    """A new key with its text, which is shown this once."""

    text = serializers.CharField(help_text="The key: send it as `Authorization: Bearer …` or `X-API-Key: …`.")
    key = KeySerializer()

    class Meta:
        swagger_schema_fields = {"example": {"text": TEXT_EXAMPLE, "key": KEY_EXAMPLE | {"last_used_at": None}}}


class NewKeySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(
        max_length=rules.MAX_NAME_LENGTH, help_text="For example the program that will use it."
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=[each.value for each in Scope]), allow_empty=False, max_length=len(Scope)
    )
    expires_at = serializers.DateTimeField(
        allow_null=True, required=False, help_text="When the key stops working; if omitted, it does not expire."
    )
    password = PasswordField()

    class Meta:
        swagger_schema_fields = {
            "example": {
                "name": "Home Assistant",
                "scopes": ["habits:read", "logs:write"],
                "expires_at": None,
                "password": "correct horse battery",
            }
        }


class KeyEditSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=rules.MAX_NAME_LENGTH, required=False)

    class Meta:
        read_only_fields = tuple(KEY_EXAMPLE.keys() - {"name"})
        swagger_schema_fields = {"example": {"name": "Home Assistant, kitchen"}}


class RotateSerializer(serializers.Serializer[Any]):
    grace_hours = serializers.IntegerField(
        min_value=0,
        max_value=MAX_GRACE_HOURS,
        required=False,
        help_text=f"How long the old key still works: {DEFAULT_GRACE_HOURS} if omitted, 0 ends it at once.",
    )
    expires_at = serializers.DateTimeField(
        allow_null=True,
        required=False,
        help_text="When the new key stops working; if omitted, it lasts as long as the old one was made for.",
    )
    password = PasswordField()

    class Meta:
        swagger_schema_fields = {"example": {"grace_hours": 24, "password": "correct horse battery"}}
