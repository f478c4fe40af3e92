"""Serializers and examples of logs."""

from datetime import datetime
from typing import Any

from rest_framework.exceptions import ErrorDetail

from common import serializers
from common.amount_field import AmountField
from common.limits import AMOUNT_DECIMALS, AMOUNT_DIGITS, MIN_AMOUNT
from tracking.logs import rules
from tracking.logs.content import DayContent, LogDeletion, LogWrite
from tracking.models import HabitLog, HabitTrack
from tracking.streaks.rules import Status, Streak

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


LOG_OTHERS = {"status": list(Status), "source": [source.value for source in HabitLog.Source]}  # what it cannot say


class LogsQuerySerializer(serializers.Serializer[Any]):
    """Which logs of a track a list shows."""

    to = serializers.DateField(required=False, help_text="The last day.")
    search = serializers.CharField(
        required=False, max_length=rules.MAX_NOTE_LENGTH, help_text="Part of the note, in any case."
    )
    ordering = serializers.ChoiceField(
        choices=["day", "-day"], required=False, help_text="By day; -day: the latest first."
    )

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(required=False, help_text="The first day."), **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the attributes with the days as `first` and `last`."""
        found = {"first": attrs.pop("from", None), "last": attrs.pop("to", None), **attrs}
        if found["first"] and found["last"] and found["first"] > found["last"]:
            message = ErrorDetail("The first day cannot be after the last day.", code="after_to")
            raise serializers.ValidationError({"from": [message]})
        return found


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
        read_only_fields = ["day", "source", "created_at", "updated_at", "before", "streak"]
        swagger_schema_fields = {"example": {"status": "completed", "note": "before coffee"}}


class BulkDaySerializer(DaySerializer):
    day = serializers.DateField()

    class Meta:
        read_only_fields = ["source", "created_at", "updated_at", "before", "streak"]
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


STREAK_EXAMPLE = {"current": 1, "longest": 1, "unit": "day", "lapses_at": "2026-11-22T23:00:00Z"}
BEFORE_EXAMPLE = {"status": "partial", "amount": "4.00", "note": "", "completed_at": "2026-11-21T06:10:00Z"}


class ContentSerializer(serializers.Serializer[DayContent]):
    """What a day said, as the body that sets it."""

    status = serializers.ChoiceField(choices=[status.value for status in Status])
    amount = serializers.DecimalField(AMOUNT_DIGITS, AMOUNT_DECIMALS, allow_null=True)
    note = serializers.CharField(allow_blank=True)
    completed_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        swagger_schema_fields = {"example": BEFORE_EXAMPLE, "x-nullable": True}


class StreakSerializer(serializers.Serializer[Streak]):
    """A streak; the current one becomes 0 at `lapses_at`."""

    current = serializers.IntegerField()
    longest = serializers.IntegerField()
    unit = serializers.CharField()
    lapses_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        swagger_schema_fields = {"example": STREAK_EXAMPLE}


class BulkLoggedSerializer(serializers.Serializer[LogWrite]):
    """A day's log, and what the day said before the request."""

    class Meta:
        swagger_schema_fields = {"example": {**LOG_EXAMPLE, "before": None}}

    def get_fields(self) -> dict[str, Any]:
        return {**LogSerializer().get_fields(), "before": ContentSerializer(allow_null=True)}

    def to_representation(self, instance: LogWrite) -> dict[str, Any]:
        return {**LogSerializer(instance.log).data, "before": _content(instance.before)}


class LoggedSerializer(BulkLoggedSerializer):
    """The day's log, what the day said before, and the updated streak.

    To undo the write, PUT `before` as it is, or DELETE the day if `before` is null.
    """

    class Meta:
        swagger_schema_fields = {"example": {**LOG_EXAMPLE, "before": BEFORE_EXAMPLE, "streak": STREAK_EXAMPLE}}

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "streak": StreakSerializer()}

    def to_representation(self, instance: LogWrite) -> dict[str, Any]:
        streak = _streak(instance.log.track, self.context["now"])
        return {**super().to_representation(instance), "streak": streak}


class ClearedSerializer(serializers.Serializer[LogDeletion]):
    """What the day said before it was cleared (null: nothing), and the updated streak. To undo, PUT `before`."""

    before = ContentSerializer(allow_null=True)
    streak = StreakSerializer()

    class Meta:
        swagger_schema_fields = {"example": {"before": BEFORE_EXAMPLE, "streak": STREAK_EXAMPLE | {"current": 0}}}

    def to_representation(self, instance: LogDeletion) -> dict[str, Any]:
        return {"before": _content(instance.before), "streak": _streak(instance.track, self.context["now"])}


def _content(content: DayContent | None) -> dict[str, Any] | None:
    return None if content is None else dict(ContentSerializer(content).data)


def _streak(track: HabitTrack, now: datetime) -> dict[str, Any]:
    streak = track.streak_at(now)
    return {
        "current": streak.current,
        "longest": streak.longest,
        "unit": str(streak.unit),
        "lapses_at": serializers.DateTimeField().to_representation(track.lapses_at) if track.lapses_at else None,
    }
