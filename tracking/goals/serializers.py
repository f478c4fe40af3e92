"""Request and response bodies of the goals API, with examples."""

from typing import Any

from common import serializers
from common.amount_field import AmountField
from common.limits import MAX_ID, MIN_AMOUNT
from tracking.goals.rules import MAX_DAYS

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
    """An amount on a number of days. The amount defaults to the habit's daily amount; the deadline is optional."""

    amount = AmountField(
        min_value=MIN_AMOUNT,
        allow_null=True,
        default=None,
        help_text="A day counts if its amount is at least this. Default: the habit's daily amount.",
    )
    days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS)
    deadline = serializers.DateField(allow_null=True, default=None, help_text="The last day that counts.")

    class Meta:
        read_only_fields = [
            "id",
            "track",
            "first_day",
            "progress",
            "days_left",
            "on_track",
            "reached_on",
            "reached_at",
            "created_at",
        ]
        swagger_schema_fields = {"example": EDIT_EXAMPLE}


class NewGoalSerializer(GoalEditSerializer):
    """A new goal on one of the user's tracks."""

    track = serializers.IntegerField(source="track_id", min_value=1, max_value=MAX_ID)

    class Meta:
        read_only_fields = [
            "id",
            "first_day",
            "progress",
            "days_left",
            "on_track",
            "reached_on",
            "reached_at",
            "created_at",
        ]
        swagger_schema_fields = {"example": NEW_EXAMPLE}


class GoalSerializer(serializers.Serializer[Any]):
    """A goal with its current progress.

    `progress`: days done. `days_left`: days to the deadline, including today and the deadline. `on_track`: whether
    enough target days are left. Both are null without a deadline. `reached_on`: the day on which the goal was reached.
    """

    id = serializers.IntegerField(source="goal.pk")
    track = serializers.IntegerField(source="goal.track_id")
    amount = AmountField(source="goal.amount")
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
