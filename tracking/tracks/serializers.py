"""Request and response bodies of tracks, with examples."""

from typing import Any

from common import serializers
from habits.models import Habit
from habits.serializers import SCHEDULE_EXAMPLE, TEXT_EXAMPLE, HabitTextSerializer
from tracking.models import HabitTrack
from tracking.tags import rules as tag_rules
from tracking.tracks.rules import COLOURS, MAX_ICON_LENGTH, MAX_ORDERED

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
    "colour": "teal",
    "icon": "💪",
    "tags": ["Health"],
    "archived": False,
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

    `strength`: from 0 to 1 at the end of today. `colour`, `icon`, `tags` and `archived` are yours alone. The context
    contains `strengths` by track id.
    """

    habit = TrackedHabitSerializer(read_only=True)
    is_own = serializers.SerializerMethodField()
    started_on = serializers.DateField(source="begins_on", read_only=True, help_text="The first day of the track.")
    tags = serializers.SerializerMethodField()
    archived = serializers.SerializerMethodField()
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
            "colour",
            "icon",
            "tags",
            "archived",
            "started_on",
            "current_streak",
            "longest_streak",
            "streak_unit",
            "lapses_at",
            "strength",
        ]
        swagger_schema_fields = {"example": TRACK_EXAMPLE}

    def get_tags(self, track: HabitTrack) -> list[str]:
        return [tag.name for tag in track.tags.all()]

    def get_archived(self, track: HabitTrack) -> bool:
        return track.archived_at is not None

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


class TrackEditSerializer(serializers.Serializer[Any]):
    """What is yours of a track. Fields that are left out keep their values; null, "" or [] clears them."""

    colour = serializers.ChoiceField(choices=COLOURS, allow_blank=True, required=False)
    icon = serializers.CharField(
        max_length=MAX_ICON_LENGTH,
        allow_blank=True,
        required=False,
        help_text="A single emoji, also a flag, one with a skin tone, or several that are joined into one picture.",
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=tag_rules.MAX_NAME_LENGTH),
        max_length=tag_rules.MAX_PER_TRACK,
        allow_null=True,
        required=False,
        help_text="All tags of the track, by name. Those that you do not have yet are added to your tags.",
    )
    archived = serializers.BooleanField(
        required=False,
        help_text="An archived track is hidden and paused. Taken back, it is as before; the days between stay a pause.",
    )

    class Meta:
        read_only_fields = [
            *("id", "habit", "is_own", "started_on"),
            *("current_streak", "longest_streak", "streak_unit", "lapses_at", "strength"),
        ]
        swagger_schema_fields = {"example": {"colour": "teal", "icon": "💪", "tags": ["Health", "Morning"]}}

    def validate_tags(self, names: list[str] | None) -> list[str]:
        return names or []


class TrackOrderSerializer(serializers.Serializer[Any]):
    """Tracks in the wanted order, by id."""

    tracks = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=MAX_ORDERED)

    class Meta:
        swagger_schema_fields = {"example": {"tracks": [36, 34, 35]}}


class ArchivedSerializer(serializers.Serializer[Any]):
    """Whether a list shows what is archived."""

    archived = serializers.ChoiceField(
        choices=["true", "false"], default="false", help_text="true: archived tracks instead of the others."
    )

    def validate_archived(self, text: str) -> bool:
        return text == "true"


class TracksQuerySerializer(ArchivedSerializer):
    """Which tracks a list shows."""

    tag = serializers.CharField(
        required=False, max_length=tag_rules.MAX_NAME_LENGTH, help_text="Tracks with the tag of this name, in any case."
    )
