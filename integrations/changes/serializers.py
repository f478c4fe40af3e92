"""Serializers of changes, with examples for the API documentation."""

from typing import Any
from uuid import UUID

from common import serializers
from common.limits import MAX_ID
from integrations.changes.documentation import example_of
from integrations.changes.rules import DEFAULT_PAGE, MAX_PAGE, ChangeType
from integrations.models import Change

CHANGE_EXAMPLE = example_of(ChangeType.STREAK_EXTENDED)


def event_id(uid: UUID) -> str:
    """Return the id of a change, by its `uid`: it is also the webhook-id of each of its copies."""
    return f"evt_{uid.hex}"


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
        return {**super().get_fields(), "data": serializers.JSONField()}

    def get_id(self, change: Change) -> str:
        return event_id(change.uid)


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
