"""Serializers of leaderboards, with examples for the API documentation."""

from typing import Any

from common import serializers
from common.limits import MAX_ID
from community.leaderboards.rules import UNITS

TOP_EXAMPLE: list[dict[str, object]] = [
    {"rank": 1, "username": "bob", "value": 41, "is_me": False},
    {"rank": 2, "username": "alice", "value": 12, "is_me": True},
]
BOARD_EXAMPLE: dict[str, object] = {
    "board": "current",
    "unit": "day",
    "first_day": None,
    "last_day": None,
    "people": 2,
    "is_listed": True,
    "me": TOP_EXAMPLE[1],
    "top": TOP_EXAMPLE,
    "around": TOP_EXAMPLE,
}


class ScopeSerializer(serializers.Serializer[Any]):
    """Which leaderboard: that of a group, of a challenge, or the global one if neither is given."""

    group = serializers.IntegerField(
        source="group_id",
        min_value=1,
        max_value=MAX_ID,
        required=False,
        help_text="Id of a group of which you are a member.",
    )
    challenge = serializers.IntegerField(
        source="challenge_id",
        min_value=1,
        max_value=MAX_ID,
        required=False,
        help_text="Id of a challenge of which you are a member.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.keys() >= {"group_id", "challenge_id"}:
            raise serializers.ValidationError({"challenge": ["Choose a group or a challenge, not both."]})
        return attrs


class StreakScopeSerializer(ScopeSerializer):
    """Which leaderboard of streaks: its scope and unit."""

    unit = serializers.ChoiceField(
        choices=UNITS,
        required=False,
        help_text="Unit of the streaks. Default: the unit of a challenge's habit, otherwise day.",
    )


class LeaderboardRowSerializer(serializers.Serializer[Any]):
    """One row of a leaderboard. Equal users share a rank."""

    rank = serializers.IntegerField()
    username = serializers.CharField()
    value = serializers.IntegerField()
    is_me = serializers.BooleanField()

    class Meta:
        swagger_schema_fields = {"example": TOP_EXAMPLE[0]}


class LeaderboardSerializer(serializers.Serializer[Any]):
    """A leaderboard at this moment.

    `unit` is set for streaks, `first_day` and `last_day` for a week or month. `people`: number of ranked users, who
    have a value of at least 1. `is_listed`: whether other users see the caller here. `me`: the rank that the caller
    has, or would have. `around`: up to five rows above the caller, the caller, and up to five rows below.
    """

    board = serializers.CharField()
    unit = serializers.CharField(allow_null=True)
    first_day = serializers.DateField(allow_null=True)
    last_day = serializers.DateField(allow_null=True)
    people = serializers.IntegerField(source="rows.people")
    is_listed = serializers.BooleanField()
    me = LeaderboardRowSerializer(source="rows.me")
    top = LeaderboardRowSerializer(source="rows.top", many=True)
    around = LeaderboardRowSerializer(source="rows.around", many=True)

    class Meta:
        swagger_schema_fields = {"example": BOARD_EXAMPLE}
