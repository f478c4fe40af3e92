"""Serializers of the calendar address, with examples for the API documentation."""

from typing import Any

from django.conf import settings

from common import serializers
from integrations.calendar.rules import MAX_ALARM_MINUTES
from integrations.models import CalendarFeed


def address_of(token: str) -> str:
    """Return the secret address of a calendar."""
    return f"{settings.SITE_URL}/calendar/{token}.ics"


class CalendarSettingsSerializer(serializers.Serializer[Any]):
    """Settings of the calendar. A field that is left out keeps its value."""

    alarm_minutes = serializers.IntegerField(
        min_value=0,
        max_value=MAX_ALARM_MINUTES,
        required=False,
        allow_null=True,
        help_text="How long before a reminder the calendar rings; null: not at all, which is how it starts.",
    )

    class Meta:
        read_only_fields = ["is_on", "address", "created_at"]
        swagger_schema_fields = {"example": {"alarm_minutes": 10}}


class CalendarSerializer(serializers.Serializer[CalendarFeed]):
    """Whether the calendar is on, and its secret address: anybody who has it can read the plan of reminders."""

    is_on = serializers.SerializerMethodField()
    address = serializers.SerializerMethodField()
    alarm_minutes = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        swagger_schema_fields = {
            "example": {
                "is_on": True,
                "address": "https://habits.example.org/calendar/Zr8k…Q.ics",
                "alarm_minutes": 10,
                "created_at": "2026-11-21T12:00:00Z",
            }
        }

    def get_is_on(self, feed: CalendarFeed) -> bool:
        return bool(feed.token)

    def get_address(self, feed: CalendarFeed) -> str:
        return address_of(feed.token) if feed.token else ""
