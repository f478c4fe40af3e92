"""Serializers and examples of logs."""

from typing import Any

from common import serializers
from common.amount_field import AmountField
from common.limits import MIN_AMOUNT
from tracking.logs import rules
from tracking.models import HabitLog
from tracking.streaks.rules import Status

LOG_EXAMPLE: dict[str, object] = {
    "day": "2026-11-21",
    "status": "completed",
    "amount": "10.00",
    "note": "",
    "completed_at": "2026-11-21T06:31:00Z",
    "source": "api",
    "created_at": "2026-11-21T06:31:02Z",
    "updated_at": "2026-11-21T06:31:02Z",
}


class LogSerializer(serializers.ModelSerializer[HabitLog]):
    class Meta:
        model = HabitLog
        fields = ["day", "status", "amount", "note", "completed_at", "source", "created_at", "updated_at"]
        swagger_schema_fields = {"example": LOG_EXAMPLE}


class DaySerializer(serializers.Serializer[Any]):
    """The body that sets a day. Fields that are left out keep their values; null or "" clears them.

    "completed" alone means at least the full amount; an amount alone decides the status. A day of a limit habit is
    counted (an amount of 0 or more: what happened) or skipped.
    """

    status = serializers.ChoiceField(choices=[status.value for status in Status], required=False)
    amount = AmountField(
        min_value=0, required=False, allow_null=True, help_text="Must be more than 0; of a limit habit 0 or more."
    )
    note = serializers.CharField(
        max_length=rules.MAX_NOTE_LENGTH, allow_blank=True, allow_null=True, required=False, help_text="Empty: no note."
    )
    completed_at = serializers.DateTimeField(required=False, allow_null=True)

    class Meta:
        read_only_fields = ["day", "source", "created_at", "updated_at", "streak"]
        swagger_schema_fields = {"example": {"status": "completed", "note": "before coffee"}}


class BulkDaySerializer(DaySerializer):
    day = serializers.DateField()

    class Meta:
        read_only_fields = ["source", "created_at", "updated_at", "streak"]
        swagger_schema_fields = {"example": {"day": "2026-11-20", "status": "completed"}}


class BulkSerializer(serializers.Serializer[Any]):
    """Several days. All are saved, or none."""

    days = serializers.ListField(child=BulkDaySerializer(), allow_empty=False, max_length=rules.MAX_DAYS_AT_ONCE)

    class Meta:
        swagger_schema_fields = {
            "example": {"days": [{"day": "2026-11-19", "status": "skipped"}, {"day": "2026-11-20", "amount": "7.50"}]}
        }


class AmountSerializer(serializers.Serializer[Any]):
    amount = AmountField(min_value=MIN_AMOUNT)

    class Meta:
        swagger_schema_fields = {"example": {"amount": "1.00"}}


class LoggedSerializer(LogSerializer):
    """The day's log with the updated streak."""

    class Meta(LogSerializer.Meta):
        swagger_schema_fields = {
            "example": {
                **LOG_EXAMPLE,
                "streak": {"current": 1, "longest": 1, "unit": "day", "lapses_at": "2026-11-22T23:00:00Z"},
            }
        }

    def to_representation(self, instance: HabitLog) -> dict[str, Any]:
        track = instance.track
        streak = track.streak_at(self.context["now"])
        streak_data = {
            "current": streak.current,
            "longest": streak.longest,
            "unit": str(streak.unit),
            "lapses_at": serializers.DateTimeField().to_representation(track.lapses_at) if track.lapses_at else None,
        }
        return {**super().to_representation(instance), "streak": streak_data}
