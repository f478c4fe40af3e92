"""Serializers of reminders, with examples."""

from typing import Any

from common import serializers
from common.limits import MAX_ID
from habits.serializers import WallClockField
from notifications.models import Reminder
from notifications.reminders.rules import MAX_TEXT_LENGTH

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
    """A reminder at a time of day; without a time of its own, at the habit's time."""

    local_time = WallClockField(
        allow_null=True, default=None, help_text="Wall-clock time in your time zone. Null: always the habit's time."
    )
    text = serializers.CharField(
        max_length=MAX_TEXT_LENGTH,
        allow_blank=True,
        default="",
        help_text="Your own text of the reminder. Empty: the habit's sentence.",
    )
    is_on = serializers.BooleanField(default=True)

    class Meta:
        read_only_fields = ["id", "habit", "track", "time", "next_at"]
        swagger_schema_fields = {"example": EDIT_EXAMPLE}


class NewReminderSerializer(ReminderEditSerializer):
    """A new reminder on one of the user's tracks."""

    track = serializers.IntegerField(source="track_id", min_value=1, max_value=MAX_ID)

    class Meta:
        read_only_fields = ["id", "habit", "time", "next_at"]
        swagger_schema_fields = {"example": NEW_EXAMPLE}


class ReminderSerializer(serializers.ModelSerializer[Reminder]):
    """A reminder.

    `time` is its own time, or else the habit's; null if neither has one, and the reminder is never sent. `next_at` is the
    next instant (UTC); null if none is planned.
    """

    habit = serializers.CharField(source="track.habit.name")
    local_time = WallClockField(allow_null=True)
    time = WallClockField(allow_null=True)

    class Meta:
        model = Reminder
        fields = ["id", "habit", "track", "local_time", "text", "is_on", "time", "next_at"]
        swagger_schema_fields = {"example": REMINDER_EXAMPLE}
