"""Reminders over HTTP: shapes and their examples."""

from typing import Any

from rest_framework import serializers

from habits.serializers import WallClockField
from notifications.models import Reminder

EDIT_EXAMPLE: dict[str, object] = {"local_time": "20:00", "text": "Ten push-ups, then the sofa.", "is_on": True}
NEW_EXAMPLE: dict[str, object] = {"track": 34, **EDIT_EXAMPLE}
REMINDER_EXAMPLE: dict[str, object] = {
    "id": 71,
    "habit": "Push-ups",
    **NEW_EXAMPLE,
    "time": "20:00",
    "next_at": "2026-11-21T19:00:00Z",
}


class ReminderEditSerializer(serializers.Serializer[Any]):
    """A time of day at which a track asks; without one, the habit's time."""

    local_time = WallClockField(
        allow_null=True, default=None, help_text="On the caller's own clock. Null: the habit's time, whatever it is."
    )
    text = serializers.CharField(
        max_length=200, allow_blank=True, default="", help_text="One's own words; empty: the habit's sentence."
    )
    is_on = serializers.BooleanField(default=True)

    class Meta:
        swagger_schema_fields = {"example": EDIT_EXAMPLE}


class NewReminderSerializer(ReminderEditSerializer):
    """A reminder on a track of the caller's."""

    track = serializers.IntegerField(source="track_id", min_value=1, max_value=2**63 - 1)

    class Meta:
        swagger_schema_fields = {"example": NEW_EXAMPLE}


class ReminderSerializer(serializers.ModelSerializer[Reminder]):
    """A reminder as it stands.

    `time`: its own, or the habit's; null where there is none, and it asks never. `next_at`: when it asks next
    (UTC); null: not any more, or not for long.
    """

    habit = serializers.CharField(source="track.habit.name")
    local_time = WallClockField(allow_null=True)
    time = WallClockField(allow_null=True)

    class Meta:
        model = Reminder
        fields = list(REMINDER_EXAMPLE)
        swagger_schema_fields = {"example": REMINDER_EXAMPLE}
