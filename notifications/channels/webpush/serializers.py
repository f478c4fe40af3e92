"""Serializers of browsers' subscriptions, with examples for the API documentation."""

from typing import Any

from common import serializers
from common.outbound.addresses import MAX_URL_LENGTH
from notifications.channels.webpush.rules import MAX_KEY_LENGTH, MAX_SECRET_LENGTH
from notifications.models import PushSubscription

KEY_EXAMPLE = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"  # pragma: allowlist secret


class PushKeySerializer(serializers.Serializer[Any]):
    """The public key with which browsers subscribe."""

    key = serializers.CharField(help_text="For `applicationServerKey`, in base64url.")

    class Meta:
        swagger_schema_fields = {"example": {"key": KEY_EXAMPLE}}


class SubscriptionKeysSerializer(serializers.Serializer[Any]):
    p256dh = serializers.CharField(max_length=MAX_KEY_LENGTH)
    auth = serializers.CharField(max_length=MAX_SECRET_LENGTH)


class NewSubscriptionSerializer(serializers.Serializer[Any]):
    """What `PushSubscription.toJSON()` of a browser gives."""

    endpoint = serializers.CharField(max_length=MAX_URL_LENGTH)
    keys = SubscriptionKeysSerializer()

    class Meta:
        read_only_fields = ["id", "device", "created_at", "expirationTime"]
        swagger_schema_fields = {
            "example": {
                "endpoint": "https://push.example.org/send/dpH5lCsTSSM",
                "keys": {"p256dh": KEY_EXAMPLE, "auth": "DGv6ra1nlYgDCS1FRnbzlw"},
            }
        }


class SubscriptionSerializer(serializers.ModelSerializer[PushSubscription]):
    """A browser that shows messages, without its address and keys."""

    class Meta:
        model = PushSubscription
        fields = ["id", "device", "created_at"]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {"id": 3, "device": "Firefox, Windows", "created_at": "2026-11-21T12:00:00Z"}
        }
