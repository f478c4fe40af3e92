"""Goals over HTTP: shapes and their examples."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from tracking.goal_rules import MOST_DAYS

EDIT_EXAMPLE: dict[str, object] = {"amount": "30.00", "days": 30, "deadline": "2026-12-31"}
NEW_EXAMPLE: dict[str, object] = {"track": 34, **EDIT_EXAMPLE}
GOAL_EXAMPLE: dict[str, object] = {
    "id": 5,
    **NEW_EXAMPLE,
    "first_day": "2026-11-21",
    "progress": 12,
    "days_left": 29,
    "on_track": True,
    "reached_on": None,
    "reached_at": None,
    "created_at": "2026-11-21T06:31:00Z",
}


class GoalEditSerializer(serializers.Serializer[Any]):
    """An amount on so many days; without an amount the habit's daily amount, without a deadline there is time."""

    amount = serializers.DecimalField(
        max_digits=10,
        decimal_places=2,
        min_value=Decimal("0.01"),
        allow_null=True,
        default=None,
        help_text="A day with at least this amount counts. Left out: the habit's daily amount.",
    )
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS)
    deadline = serializers.DateField(allow_null=True, default=None, help_text="The last day that counts.")

    class Meta:
        swagger_schema_fields = {"example": EDIT_EXAMPLE}


class NewGoalSerializer(GoalEditSerializer):
    """A goal on a track of the caller's."""

    track = serializers.IntegerField(source="track_id", min_value=1, max_value=2**63 - 1)

    class Meta:
        swagger_schema_fields = {"example": NEW_EXAMPLE}


class GoalSerializer(serializers.Serializer[Any]):
    """A goal as it stands.

    `progress`: days done. `days_left`: to the deadline, today and the deadline among them; `on_track`: whether as
    many target days are left as are still needed; both null without a deadline. `reached_on`: the day that made
    it full.
    """

    id = serializers.IntegerField(source="goal.pk")
    track = serializers.IntegerField(source="goal.track_id")
    amount = serializers.DecimalField(source="goal.amount", max_digits=10, decimal_places=2)
    days = serializers.IntegerField(source="goal.days")
    deadline = serializers.DateField(source="goal.deadline", allow_null=True)
    first_day = serializers.DateField(source="goal.first_day")
    progress = serializers.IntegerField()
    days_left = serializers.IntegerField(allow_null=True)
    on_track = serializers.BooleanField(allow_null=True)
    reached_on = serializers.DateField(source="goal.reached_on", allow_null=True)
    reached_at = serializers.DateTimeField(source="goal.reached_at", allow_null=True)
    created_at = serializers.DateTimeField(source="goal.created_at")

    class Meta:
        swagger_schema_fields = {"example": GOAL_EXAMPLE}
