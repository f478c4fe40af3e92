"""Serializers of achievements and awards, with examples for the API documentation."""

from typing import Any

from achievements.awards import rules
from achievements.awards.progress import AchievementProgress
from achievements.awards.rules import (
    KINDS,
    MAX_TARGET,
    MAX_WINDOW_DAYS,
    UNITS,
    RuleProgress,
)
from achievements.models import Achievement, UserAchievement
from common import serializers
from common.limits import MAX_ID

RULE_EXAMPLE: dict[str, object] = {"kind": "streak", "target": 7, "window_days": None, "unit": "day"}
HABIT_EXAMPLE: dict[str, object] = {"id": 12, "name": "Push-ups"}
WORDS_EXAMPLE: dict[str, object] = {
    "name": "7 days in a row",
    "description": "A habit completed on seven scheduled days in a row.",
    "picture": "🔥",
}
ACHIEVEMENT_EXAMPLE: dict[str, object] = {
    "id": 1,
    **WORDS_EXAMPLE,
    "habit": None,
    **RULE_EXAMPLE,
    "progress": {"current": 5, "target": 7, "share": 0.7143},
    "held": False,
    "day": None,
    "awarded_at": None,
    "is_own": False,
}
AWARD_EXAMPLE: dict[str, object] = {
    "id": 8,
    "achievement": {"id": 1, **WORDS_EXAMPLE, **RULE_EXAMPLE},
    "habit": HABIT_EXAMPLE,
    "day": "2026-11-21",
    "awarded_at": "2026-11-21T06:31:00Z",
}
EDIT_EXAMPLE: dict[str, object] = {
    "name_en": "A hundred push-up days",
    "name_ru": "Сто дней отжиманий",
    "description_en": "Push-ups on a hundred days, in a row or not.",
    "description_ru": "Отжимания в течение ста дней, подряд или нет.",
    "picture": "💪",
    "kind": "days",
    "target": 100,
    "window_days": None,
    "unit": "",
}


class NamedHabitSerializer(serializers.Serializer[Any]):
    """Id and name of a habit."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()

    class Meta:
        ref_name = "NamedHabit"
        swagger_schema_fields = {"example": HABIT_EXAMPLE}


class RuleProgressSerializer(serializers.Serializer[Any]):
    """Progress towards the target; `share` is from 0 to 1, rounded to 4 decimals."""

    current = serializers.IntegerField()
    target = serializers.IntegerField()
    share = serializers.SerializerMethodField()

    class Meta:
        ref_name = "AchievementProgress"
        swagger_schema_fields = {"example": {"current": 5, "target": 7, "share": 0.7143}}

    def get_share(self, progress: RuleProgress) -> float:
        return round(progress.share, 4)


class AwardedSerializer(serializers.Serializer[Any]):
    """An achievement's texts in the caller's language, and its rule."""

    id = serializers.IntegerField(source="pk")
    name = serializers.SerializerMethodField()
    description = serializers.SerializerMethodField()
    picture = serializers.CharField()
    kind = serializers.ChoiceField(choices=list(KINDS))
    target = serializers.IntegerField()
    window_days = serializers.IntegerField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)

    class Meta:
        swagger_schema_fields = {"example": AWARD_EXAMPLE["achievement"]}

    def get_name(self, achievement: Achievement) -> str:
        return achievement.name_in(self.context["user"].language)

    def get_description(self, achievement: Achievement) -> str:
        return achievement.description_in(self.context["user"].language)


class AchievementSerializer(AwardedSerializer):
    """An achievement with the caller's progress on it, which is that of their best habit.

    `habit`: null if any habit can earn it. `day`, `awarded_at`: when the caller earned it, null if not held.
    """

    habit = NamedHabitSerializer(allow_null=True)
    progress = RuleProgressSerializer()
    held = serializers.BooleanField()
    day = serializers.DateField(source="award_day", allow_null=True)
    awarded_at = serializers.DateTimeField(allow_null=True)
    is_own = serializers.SerializerMethodField()

    class Meta:
        swagger_schema_fields = {"example": ACHIEVEMENT_EXAMPLE}

    def to_representation(self, entry: AchievementProgress) -> dict[str, Any]:
        achievement: Any = entry.achievement
        achievement.progress, achievement.held = entry.progress, entry.is_held
        return super().to_representation(achievement)

    def get_is_own(self, achievement: Achievement) -> bool:
        habit = achievement.habit
        return habit is not None and habit.owner_id == self.context["user"].pk


class AwardSerializer(serializers.Serializer[UserAchievement]):
    """An achievement that the caller holds, with the habit that earned it (null if several did)."""

    id = serializers.IntegerField(source="pk")
    achievement = AwardedSerializer()
    habit = NamedHabitSerializer(source="track.habit", allow_null=True, default=None)
    day = serializers.DateField()
    awarded_at = serializers.DateTimeField()

    class Meta:
        swagger_schema_fields = {"example": AWARD_EXAMPLE}


class AchievementEditSerializer(serializers.Serializer[Any]):
    """Texts and rule of an achievement of the caller's habit. A name in one of the two languages is enough."""

    name_en = serializers.CharField(max_length=rules.MAX_NAME_LENGTH, allow_blank=True, default="")
    name_ru = serializers.CharField(max_length=rules.MAX_NAME_LENGTH, allow_blank=True, default="")
    description_en = serializers.CharField(max_length=rules.MAX_DESCRIPTION_LENGTH, allow_blank=True, default="")
    description_ru = serializers.CharField(max_length=rules.MAX_DESCRIPTION_LENGTH, allow_blank=True, default="")
    picture = serializers.CharField(
        max_length=rules.MAX_PICTURE_LENGTH, default="🏆", help_text="An emoji, or another short symbol."
    )
    kind = serializers.ChoiceField(choices=[kind for kind, entry in KINDS.items() if not entry.counts_habits])
    target = serializers.IntegerField(
        min_value=1, max_value=MAX_TARGET, default=1, help_text="How many periods, days or percent are needed."
    )
    window_days = serializers.IntegerField(
        min_value=1,
        max_value=MAX_WINDOW_DAYS,
        allow_null=True,
        default=None,
        help_text="Length in days, for days_in_window only.",
    )
    unit = serializers.ChoiceField(
        choices=UNITS, allow_blank=True, default="", help_text="Unit of a streak; empty: any unit."
    )

    class Meta:
        read_only_fields = ["id", "name", "description", "habit", "progress", "held", "day", "awarded_at", "is_own"]
        swagger_schema_fields = {"example": EDIT_EXAMPLE}


class NewAchievementSerializer(AchievementEditSerializer):
    """A new achievement for everyone who tracks a published habit of the caller."""

    habit = serializers.IntegerField(source="habit_id", min_value=1, max_value=MAX_ID)

    class Meta:
        read_only_fields = ["id", "name", "description", "progress", "held", "day", "awarded_at", "is_own"]
        swagger_schema_fields = {"example": {"habit": 12, **EDIT_EXAMPLE}}
