"""Serializers of a partner's achievements, challenges and leaderboards, with examples for the API documentation."""

from typing import Any

from common import serializers
from common.limits import MAX_DESCRIPTION_LENGTH, MAX_ID, MAX_NAME_LENGTH


class BoardQuerySerializer(serializers.Serializer[Any]):
    unit = serializers.ChoiceField(
        choices=["day", "week", "month", "year"], required=False, help_text="Of streaks; default: day."
    )
    habit = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID, help_text="Only by this habit.")


BOARD_ROW_EXAMPLE = {"rank": 1, "external_id": "u-1042", "value": 3}
SCORE_EXAMPLE = {"rank": 1, "external_id": "u-1042", "completed": 17, "strength": 0.6101}


class BoardRowSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    external_id = serializers.CharField()
    value = serializers.IntegerField()

    class Meta:
        ref_name = "PartnerBoardRow"
        swagger_schema_fields = {"example": BOARD_ROW_EXAMPLE}


class ScoreSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    external_id = serializers.CharField()
    completed = serializers.IntegerField()
    strength = serializers.SerializerMethodField()

    class Meta:
        ref_name = "PartnerScore"
        swagger_schema_fields = {"example": SCORE_EXAMPLE}

    def get_strength(self, score: Any) -> float:
        return float(score.strength)


CHALLENGE_INPUT_EXAMPLE: dict[str, object] = {
    "habit": 12,
    "name": "Walk every day in May",
    "description": "",
    "first_day": "2027-05-01",
    "last_day": "2027-05-31",
}
CHALLENGE_EXAMPLE: dict[str, object] = {
    "id": 5,
    **CHALLENGE_INPUT_EXAMPLE,
    "code": "Qm9vdHN0cmFwLXlvdXI",
    "state": "upcoming",
    "ends_at": "2027-06-01T12:00:00Z",
    "created_at": "2026-11-21T12:00:00Z",
}


class ChallengeSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    habit = serializers.IntegerField(source="habit_id", allow_null=True)
    name = serializers.CharField()
    description = serializers.CharField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    code = serializers.CharField(help_text="With it, people with an account join by themselves.")
    state = serializers.SerializerMethodField()
    ends_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()

    class Meta:
        ref_name = "PartnerChallenge"
        swagger_schema_fields = {"example": CHALLENGE_EXAMPLE}

    def get_state(self, challenge: Any) -> str:
        return str(challenge.state_at(self.context["now"]))


class ChallengeInputSerializer(serializers.Serializer[Any]):
    habit = serializers.IntegerField(source="habit_id", min_value=1, max_value=MAX_ID)
    name = serializers.CharField(max_length=MAX_NAME_LENGTH)
    description = serializers.CharField(max_length=MAX_DESCRIPTION_LENGTH, allow_blank=True, required=False)
    first_day = serializers.DateField()
    last_day = serializers.DateField()

    class Meta:
        ref_name = "NewPartnerChallenge"
        read_only_fields = ["id", "code", "state", "ends_at", "created_at"]
        swagger_schema_fields = {"example": CHALLENGE_INPUT_EXAMPLE}


OWN_ACHIEVEMENT_EXAMPLE: dict[str, object] = {
    "id": 4,
    "habit": 12,
    "name_en": "Three days",
    "name_ru": "",
    "description_en": "",
    "description_ru": "",
    "picture": "🏆",
    "kind": "streak",
    "target": 3,
    "window_days": None,
    "unit": "",
}


class OwnAchievementSerializer(serializers.Serializer[Any]):
    """An achievement of one of the partner's habits."""

    id = serializers.IntegerField()
    habit = serializers.IntegerField(source="habit_id")
    name_en = serializers.CharField()
    name_ru = serializers.CharField()
    description_en = serializers.CharField()
    description_ru = serializers.CharField()
    picture = serializers.CharField()
    kind = serializers.CharField()
    target = serializers.IntegerField()
    window_days = serializers.IntegerField(allow_null=True)
    unit = serializers.CharField()

    class Meta:
        ref_name = "PartnerAchievement"
        swagger_schema_fields = {"example": OWN_ACHIEVEMENT_EXAMPLE}
