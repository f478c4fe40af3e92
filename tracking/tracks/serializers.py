"""Request and response bodies of tracks, with examples."""

from datetime import date
from typing import Any

from common import serializers
from habits.models import Habit
from habits.recurrence import in_force
from habits.serializers import (
    SCHEDULE_EXAMPLE,
    TEXT_EXAMPLE,
    HabitTextSerializer,
    ScheduleSerializer,
    schedule_data,
)
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


class TrackedHabitSerializer(HabitTextSerializer, ScheduleSerializer):
    """The habit as seen by a user who tracks it. Another user's private linked habit is hidden."""

    owner = serializers.CharField(read_only=True, allow_null=True)
    linked_habit = serializers.IntegerField(read_only=True, allow_null=True)

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
            "frequency",
            "interval",
            "weekdays",
            "times_per_period",
            "daily_amount",
            "unit",
            "limit_per_period",
        ]

    def to_representation(self, instance: Habit) -> dict[str, Any]:
        return tracked_habit_data(instance, viewer_id=self.context["user"].pk, today=self.context["today"])


def tracked_habit_data(habit: Habit, *, viewer_id: int, today: date) -> dict[str, Any]:
    """Return a habit in the form of TrackedHabitSerializer.

    Written by hand, because its fields cost several times as much as the values: `today/` has a hundred of them.
    """
    owner, linked = habit.owner, habit.linked_habit_for(viewer_id)
    return {
        "id": habit.pk,
        "sentence": habit.sentence,
        "owner": owner.username if owner and owner.is_active else None,
        "name": habit.name,
        "description": habit.description,
        "action": habit.action,
        "place": habit.place,
        "time": f"{habit.time:%H:%M}" if habit.time else None,
        "is_pleasant": habit.is_pleasant,
        "goal_type": habit.goal_type,
        "reward": habit.reward,
        "linked_habit": linked.pk if linked else None,
        "duration": habit.duration,
        "start_date": habit.start_date.isoformat() if habit.start_date else None,
        "end_date": habit.end_date.isoformat() if habit.end_date else None,
        **schedule_data(in_force(habit.versions, today).schedule),
    }


class TrackSerializer(serializers.ModelSerializer[HabitTrack]):
    """A track. Streaks are counted in `streak_unit`; the current streak becomes 0 at `lapses_at`.

    `strength`: from 0 to 1 at the end of today. `colour`, `icon`, `tags` and `archived` are yours alone. The context
    contains `strengths` and `tags` by track id, the user, now and today.
    """

    habit = TrackedHabitSerializer(read_only=True)
    is_own = serializers.BooleanField(read_only=True)
    tags = serializers.ListField(child=serializers.CharField(), read_only=True)
    archived = serializers.BooleanField(read_only=True)
    started_on = serializers.DateField(read_only=True, help_text="The first day of the track.")
    current_streak = serializers.IntegerField(read_only=True)
    longest_streak = serializers.IntegerField(read_only=True)
    streak_unit = serializers.CharField(read_only=True)
    strength = serializers.FloatField(read_only=True)

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

    def to_representation(self, instance: HabitTrack) -> dict[str, Any]:
        """Return the track's data, written by hand as that of its habit."""
        context, habit = self.context, instance.habit
        streak = instance.streak_at(context["now"])
        return {
            "id": instance.pk,
            "habit": tracked_habit_data(habit, viewer_id=context["user"].pk, today=context["today"]),
            "is_own": habit.owner_id == instance.user_id,
            "colour": instance.colour,
            "icon": instance.icon,
            "tags": context["tags"].get(instance.pk, []),
            "archived": instance.archived_at is not None,
            "started_on": instance.begins_on.isoformat(),
            "current_streak": streak.current,
            "longest_streak": streak.longest,
            "streak_unit": str(streak.unit),
            "lapses_at": serializers.instant_text(instance.lapses_at) if instance.lapses_at else None,
            "strength": round(context["strengths"][instance.pk], 4),
        }


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
