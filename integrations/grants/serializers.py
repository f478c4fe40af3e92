"""Serializers of grants, requests for them, and histories that services keep, with examples for the API documentation."""

from typing import Any

from common import serializers
from integrations.models import Grant, LinkRequest, PartnerPerson
from users.rules import MAX_PASSWORD_LENGTH

GRANT_EXAMPLE: dict[str, object] = {
    "id": 3,
    "partner": "Walking Club",
    "scopes": ["habits:write", "logs:write"],
    "created_at": "2026-11-21T12:00:00Z",
}
REQUEST_EXAMPLE: dict[str, object] = {
    "id": 9,
    "partner": "Walking Club",
    "scopes": ["habits:write", "logs:write"],
    "created_at": "2026-11-21T12:00:00Z",
    "expires_at": "2026-11-24T12:00:00Z",
}
HISTORY_EXAMPLE: dict[str, object] = {"id": 71, "partner": "Walking Club", "created_at": "2026-11-21T12:00:00Z"}


class GrantSerializer(serializers.ModelSerializer[Grant]):
    partner = serializers.CharField(source="partner.name")
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Grant
        fields = ["id", "partner", "scopes", "created_at"]
        read_only_fields = fields
        swagger_schema_fields = {"example": GRANT_EXAMPLE}


class LinkRequestSerializer(serializers.ModelSerializer[LinkRequest]):
    partner = serializers.CharField(source="partner.name")
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = LinkRequest
        fields = ["id", "partner", "scopes", "created_at", "expires_at"]
        read_only_fields = fields
        swagger_schema_fields = {"example": REQUEST_EXAMPLE}


class HistorySerializer(serializers.ModelSerializer[PartnerPerson]):
    """A history that a service keeps under the account's address."""

    partner = serializers.CharField(source="partner.name")

    class Meta:
        model = PartnerPerson
        fields = ["id", "partner", "created_at"]
        read_only_fields = fields
        swagger_schema_fields = {"example": HISTORY_EXAMPLE}


class PasswordSerializer(serializers.Serializer[Any]):
    """The current password, for what gives access or moves data."""

    password = serializers.CharField(
        max_length=MAX_PASSWORD_LENGTH, trim_whitespace=False, write_only=True, help_text="Your current password."
    )

    class Meta:
        ref_name = "CurrentPassword"
        swagger_schema_fields = {"example": {"password": "correct horse battery"}}


class DeclineSerializer(serializers.Serializer[Any]):
    never_again = serializers.BooleanField(
        required=False, help_text="This service can never ask for this address again."
    )

    class Meta:
        swagger_schema_fields = {"example": {"never_again": True}}


class TakenOverSerializer(serializers.Serializer[Any]):
    tracks = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        swagger_schema_fields = {"example": {"tracks": [34, 35]}}
