"""Serializers and examples of pauses."""

from typing import Any

from common import serializers
from tracking.models import Pause

PAUSE_EXAMPLE = {"id": 3, "track": None, "first_day": "2026-12-24", "last_day": "2027-01-02", "reason": "manual"}


class PauseSerializer(serializers.ModelSerializer[Pause]):
    """Days on which a track (null: all tracks) is not due. Without last_day the pause is open-ended.

    `reason`: "manual" for the user's own pauses; "left" or "archived" for the days on which the user had left the habit
    or archived the track; "unknown" for the days of a limit habit between an earlier log and its start.
    """

    track = serializers.IntegerField(source="track_id", allow_null=True, default=None, min_value=1)
    last_day = serializers.DateField(allow_null=True, default=None)

    class Meta:
        model = Pause
        fields = ["id", "track", "first_day", "last_day", "reason"]
        read_only_fields = ["reason"]
        swagger_schema_fields = {"example": PAUSE_EXAMPLE}


class PauseDaysSerializer(serializers.Serializer[Any]):
    first_day = serializers.DateField(required=False)
    last_day = serializers.DateField(required=False, allow_null=True)

    class Meta:
        read_only_fields = ["id", "track", "reason"]
        swagger_schema_fields = {"example": {"last_day": "2027-01-06"}}
