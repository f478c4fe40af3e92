"""Serializers of changes, with examples for the API documentation."""

from typing import Any

from common import serializers
from common.limits import MAX_ID
from integrations.changes.rules import DEFAULT_PAGE, MAX_PAGE, ChangeType
from integrations.models import Change

TRACK_EXAMPLE: dict[str, object] = {
    "id": 34,
    "habit": {"id": 12, "name": "Push-ups"},
    "started_on": "2026-11-01",
    "archived": False,
    "left": False,
    "current_streak": 3,
    "longest_streak": 8,
    "streak_unit": "day",
    "lapses_at": "2026-11-22T23:00:00Z",
}
CHANGE_EXAMPLE: dict[str, object] = {
    "id": "evt_6f1e0c2c1b7d4c0f9f6f3c1f0a5f2b11",
    "type": "streak.extended",
    "timestamp": "2026-11-21T06:31:02.123456Z",
    "sequence": 118,
    "data": {"track": TRACK_EXAMPLE, "streak_before": 2},
}


def event_id(change: Change) -> str:
    """Return the id of a change, which is also the webhook-id of each of its copies."""
    return f"evt_{change.uid.hex}"


class ChangesQuerySerializer(serializers.Serializer[Any]):
    """The position after which changes are read."""

    after = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_ID, help_text="The `after` of the last answer; none: where to start."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_PAGE, default=DEFAULT_PAGE, help_text=f"Up to {MAX_PAGE} changes."
    )


class ChangeSerializer(serializers.Serializer[Change]):
    """What happened, with the state after it. `sequence` grows by one with each change of the person."""

    id = serializers.SerializerMethodField()
    type = serializers.ChoiceField(choices=[each.value for each in ChangeType])
    timestamp = serializers.DateTimeField(source="occurred_at")
    sequence = serializers.IntegerField()

    class Meta:
        swagger_schema_fields = {"example": CHANGE_EXAMPLE}

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "data": serializers.DictField(child=serializers.JSONField())}

    def get_id(self, change: Change) -> str:
        return event_id(change)


class ChangesSerializer(serializers.Serializer[Any]):
    """A page of changes.

    `after`: the position to ask from next. `read_all_from`: only with the position of a start; what is read from this
    instant on has everything that is not told by the changes after it.
    """

    results = ChangeSerializer(many=True)
    after = serializers.IntegerField()
    has_more = serializers.BooleanField()
    read_all_from = serializers.DateTimeField(allow_null=True)

    class Meta:
        swagger_schema_fields = {
            "example": {"results": [CHANGE_EXAMPLE], "after": 118, "has_more": False, "read_all_from": None}
        }
