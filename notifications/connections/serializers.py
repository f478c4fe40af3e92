"""Serializers of a user's channels, with examples for the API documentation."""

from typing import Any

from common import serializers
from notifications.channels import registry
from notifications.connections.queries import Channels, ChannelState
from notifications.connections.rules import CODE_DIGITS

ORDER_EXAMPLE = ["ntfy", "telegram", "webpush", "apprise", "email"]
CHOICES_EXAMPLE: dict[str, object] = {
    "order": ORDER_EXAMPLE,
    "kinds": {"reminders": ORDER_EXAMPLE, "digest": ["telegram", "email"], "news": ["telegram"]},
    "quiet_hours": {"start": "22:00:00", "end": "07:00:00"},
}
STATE_EXAMPLE: dict[str, object] = {
    "name": "ntfy",
    "title": "ntfy",
    "address": "ntfy.sh/habi…",
    "connected": True,
    "pending": False,
    "connected_at": "2026-11-21T12:00:00Z",
    "unreachable_since": None,
}


class NamesField(serializers.ListField):
    """Names of channels."""

    def __init__(self, **options: Any) -> None:
        names = registry.choices()
        super().__init__(child=serializers.ChoiceField(choices=names), max_length=len(names), **options)


class ChannelStateSerializer(serializers.Serializer[ChannelState]):
    """One channel. `address` names where messages go, without secrets."""

    name = serializers.CharField()
    title = serializers.CharField()
    address = serializers.CharField(allow_blank=True)
    connected = serializers.BooleanField(source="is_connected", help_text="Messages can go there.")
    pending = serializers.BooleanField(source="is_pending", help_text="The code of the first message is awaited.")
    connected_at = serializers.DateTimeField(allow_null=True)
    unreachable_since = serializers.DateTimeField(
        allow_null=True, help_text="Since then it refuses messages; connect it again."
    )

    class Meta:
        swagger_schema_fields = {"example": STATE_EXAMPLE}


class KindsSerializer(serializers.Serializer[Any]):
    """The channels of each kind of message. What you leave out keeps its own; an empty list: it is not sent."""

    reminders = NamesField(required=False)
    digest = NamesField(required=False)
    news = NamesField(required=False, help_text="New habits, goals, achievements, challenges.")


class QuietHoursSerializer(serializers.Serializer[Any]):
    """From when to when messages wait, on your own clock. The end may be on the next day."""

    start = serializers.TimeField()
    end = serializers.TimeField()


class ChoicesSerializer(serializers.Serializer[Any]):
    """What you leave out stays as it is."""

    order = NamesField(required=False, help_text="The first that reaches you is used. Those left out come last.")
    kinds = KindsSerializer(required=False)
    quiet_hours = QuietHoursSerializer(required=False, allow_null=True, help_text="null: none.")

    class Meta:
        read_only_fields = ["channels"]
        swagger_schema_fields = {"example": CHOICES_EXAMPLE}


class ChannelsSerializer(serializers.Serializer[Channels]):
    """Your channels in order, which kind of message may go where, and your quiet hours."""

    channels = ChannelStateSerializer(many=True)
    order = NamesField()
    kinds = KindsSerializer()
    quiet_hours = QuietHoursSerializer(allow_null=True)

    class Meta:
        swagger_schema_fields = {"example": {"channels": [STATE_EXAMPLE], **CHOICES_EXAMPLE}}


class PendingSerializer(serializers.Serializer[Any]):
    """A message with a code is on its way to this address."""

    name = serializers.CharField(help_text="The address without secrets.")

    class Meta:
        swagger_schema_fields = {"example": {"name": "ntfy.sh/habi…"}}


class ChannelCodeSerializer(serializers.Serializer[Any]):
    code = serializers.RegexField(rf"^[0-9]{{{CODE_DIGITS}}}\Z", max_length=CODE_DIGITS)

    class Meta:
        swagger_schema_fields = {"example": {"code": "20481632"}}
