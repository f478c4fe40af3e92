"""Request and response bodies of tracks, with examples."""

from typing import Any

from common import serializers
from habits.models import Habit
from habits.serializers import SCHEDULE_EXAMPLE, TEXT_EXAMPLE, HabitTextSerializer
from tracking.models import HabitTrack

SHARED_HABIT_EXAMPLE = {
    "id": 12,
    "sentence": "I will do ten push-ups at 07:30 in the living room",
    "owner": "alice",
    **TEXT_EXAMPLE,
    **SCHEDULE_EXAMPLE,
}
TRACK_EXAMPLE = {
    "id": 34,
    "habit": SHARED_HABIT_EXAMPLE,
    "is_own": True,
    "started_on": "2026-11-21",
    "current_streak": 1,
    "longest_streak": 1,
    "streak_unit": "day",
    "lapses_at": "2026-11-22T23:00:00Z",
    "strength": 0.0519,
}


class TrackedHabitSerializer(HabitTextSerializer):
    """The habit as seen by a user who tracks it. Another user's private linked habit is hidden."""

    owner = serializers.SerializerMethodField()
    linked_habit = serializers.SerializerMethodField()

    class Meta(HabitTextSerializer.Meta):
        fields = [
            "id",
            "sentence",
            "owner",
            "name",
            "description",
            "action",
            "place",
            "time",
            "is_pleasant",
            "goal_type",
            "reward",
            "linked_habit",
            "duration",
            "start_date",
            "end_date",
        ]

    def get_owner(self, habit: Habit) -> str | None:
        owner = habit.owner
        return owner.username if owner and owner.is_active else None

    def get_linked_habit(self, habit: Habit) -> int | None:
        linked = habit.linked_habit_for(self.context["user"].pk)
        return linked.pk if linked else None


class TrackSerializer(serializers.ModelSerializer[HabitTrack]):
    """A track. Streaks are counted in `streak_unit`; the current streak becomes 0 at `lapses_at`.

    `strength`: from 0 to 1 at the end of today. The context contains `strengths` by track id.
    """

    habit = TrackedHabitSerializer(read_only=True)
    is_own = serializers.SerializerMethodField()
    current_streak = serializers.SerializerMethodField()
    longest_streak = serializers.SerializerMethodField()
    streak_unit = serializers.SerializerMethodField()
    strength = serializers.SerializerMethodField()

    class Meta:
        model = HabitTrack
        fields = [
            "id",
            "habit",
            "is_own",
            "started_on",
            "current_streak",
            "longest_streak",
            "streak_unit",
            "lapses_at",
            "strength",
        ]
        swagger_schema_fields = {"example": TRACK_EXAMPLE}

    def get_current_streak(self, track: HabitTrack) -> int:
        return track.streak_at(self.context["now"]).current

    def get_longest_streak(self, track: HabitTrack) -> int:
        return track.streak_at(self.context["now"]).longest

    def get_streak_unit(self, track: HabitTrack) -> str:
        return str(track.streak_at(self.context["now"]).unit)

    def get_strength(self, track: HabitTrack) -> float:
        strength: float = self.context["strengths"][track.pk]
        return round(strength, 4)

    def get_is_own(self, track: HabitTrack) -> bool:
        return track.habit.owner_id == track.user_id


class FollowSerializer(serializers.Serializer[Any]):
    habit = serializers.IntegerField(min_value=1, help_text="The id of a published habit.")

    class Meta:
        swagger_schema_fields = {"example": {"habit": 12}}
