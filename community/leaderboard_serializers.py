"""Leaderboards over HTTP: shapes and their examples."""

from typing import Any

from rest_framework import serializers

from community.leaderboard_rules import UNITS

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
    """Whose board: a group's, a challenge's, or with neither that of everyone."""

    group = serializers.IntegerField(
        source="group_id", min_value=1, max_value=2**63 - 1, required=False, help_text="A group of the caller's."
    )
    challenge = serializers.IntegerField(
        source="challenge_id",
        min_value=1,
        max_value=2**63 - 1,
        required=False,
        help_text="A challenge that the caller is in.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.keys() >= {"group_id", "challenge_id"}:
            raise serializers.ValidationError({"challenge": ["A group or a challenge, not both."]})
        return attrs


class StreakScopeSerializer(ScopeSerializer):
    """And in what streaks count."""

    unit = serializers.ChoiceField(
        choices=UNITS,
        required=False,
        help_text="In what streaks count; of a challenge that of its habit, else a day, unless said.",
    )


class PlaceSerializer(serializers.Serializer[Any]):
    """Somebody on a leaderboard: ties share a rank."""

    rank = serializers.IntegerField()
    username = serializers.CharField()
    value = serializers.IntegerField()
    is_me = serializers.BooleanField()

    class Meta:
        swagger_schema_fields = {"example": TOP_EXAMPLE[0]}


class LeaderboardSerializer(serializers.Serializer[Any]):
    """A leaderboard at this moment.

    `unit`: of streaks; `first_day` and `last_day`: of the week or month; each null on the other boards. `people`:
    who have at least 1. `is_listed`: whether others see the caller here; `me` is the rank they have, or would have.
    `around`: up to five above the caller, themselves, up to five below.
    """

    board = serializers.CharField()
    unit = serializers.CharField(allow_null=True)
    first_day = serializers.DateField(allow_null=True)
    last_day = serializers.DateField(allow_null=True)
    people = serializers.IntegerField(source="places.people")
    is_listed = serializers.BooleanField()
    me = PlaceSerializer(source="places.me")
    top = PlaceSerializer(source="places.top", many=True)
    around = PlaceSerializer(source="places.around", many=True)

    class Meta:
        swagger_schema_fields = {"example": BOARD_EXAMPLE}
