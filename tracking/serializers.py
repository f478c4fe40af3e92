"""Request and response bodies of tracks, logs, pauses, today and the profile, with examples."""

from decimal import Decimal
from functools import cached_property
from typing import Any

from rest_framework import serializers

from habits.models import Habit
from habits.recurrence import in_force
from habits.serializers import SCHEDULE_EXAMPLE, TEXT_EXAMPLE, HabitTextSerializer
from tracking.insights.today import TodayEntry
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.streaks.rules import Status
from users.models import User
from users.serializers import PROFILE_EXAMPLE, ProfileSerializer

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
LOG_EXAMPLE: dict[str, object] = {
    "day": "2026-11-21",
    "status": "completed",
    "amount": "10.00",
    "note": "",
    "completed_at": "2026-11-21T06:31:00Z",
    "source": "api",
    "created_at": "2026-11-21T06:31:02Z",
    "updated_at": "2026-11-21T06:31:02Z",
}


class TrackedHabitSerializer(HabitTextSerializer):
    """The habit as seen by a user who tracks it. Another user's private linked habit is hidden."""

    owner = serializers.SerializerMethodField()
    linked_habit = serializers.SerializerMethodField()

    class Meta(HabitTextSerializer.Meta):
        fields = ["id", "sentence", "owner", *TEXT_EXAMPLE]

    def get_owner(self, habit: Habit) -> str | None:
        owner = habit.owner
        return owner.username if owner and owner.is_active else None

    def get_linked_habit(self, habit: Habit) -> int | None:
        linked = habit.linked_habit
        if linked and (linked.is_published or linked.owner_id == self.context["user"].pk):
            return linked.pk
        return None


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
        fields = list(TRACK_EXAMPLE)
        swagger_schema_fields = {"example": TRACK_EXAMPLE}

    def get_current_streak(self, track: HabitTrack) -> int:
        return track.streak_at(self.context["now"]).current

    def get_longest_streak(self, track: HabitTrack) -> int:
        return track.streak_at(self.context["now"]).longest

    def get_streak_unit(self, track: HabitTrack) -> str:
        return track.streak_at(self.context["now"]).unit

    def get_strength(self, track: HabitTrack) -> float:
        strength: float = self.context["strengths"][track.pk]
        return round(strength, 4)

    def get_is_own(self, track: HabitTrack) -> bool:
        return track.habit.owner_id == track.user_id


class FollowSerializer(serializers.Serializer[Any]):
    habit = serializers.IntegerField(min_value=1, help_text="The id of a published habit.")

    class Meta:
        swagger_schema_fields = {"example": {"habit": 12}}


class LogSerializer(serializers.ModelSerializer[HabitLog]):
    class Meta:
        model = HabitLog
        fields = list(LOG_EXAMPLE)
        swagger_schema_fields = {"example": LOG_EXAMPLE}


class DaySerializer(serializers.Serializer[Any]):
    """The body that sets a day. "completed" alone means the full amount; an amount alone decides the status."""

    status = serializers.ChoiceField(choices=[status.value for status in Status], required=False)
    amount = serializers.DecimalField(
        max_digits=10, decimal_places=2, min_value=0, required=False, allow_null=True, help_text="Must be more than 0."
    )
    note = serializers.CharField(max_length=1000, allow_blank=True, default="")
    completed_at = serializers.DateTimeField(required=False, allow_null=True)

    class Meta:
        swagger_schema_fields = {"example": {"status": "completed", "note": "before coffee"}}


class BulkDaySerializer(DaySerializer):
    day = serializers.DateField()

    class Meta:
        swagger_schema_fields = {"example": {"day": "2026-11-20", "status": "completed"}}


class BulkSerializer(serializers.Serializer[Any]):
    """Up to 366 days. All are saved, or none."""

    days = serializers.ListField(child=BulkDaySerializer(), allow_empty=False, max_length=366)

    class Meta:
        swagger_schema_fields = {
            "example": {"days": [{"day": "2026-11-19", "status": "skipped"}, {"day": "2026-11-20", "amount": "7.50"}]}
        }


class AmountSerializer(serializers.Serializer[Any]):
    amount = serializers.DecimalField(max_digits=10, decimal_places=2, min_value=Decimal("0.01"))

    class Meta:
        swagger_schema_fields = {"example": {"amount": "1.00"}}


PAUSE_EXAMPLE = {"id": 3, "track": None, "first_day": "2026-12-24", "last_day": "2027-01-02"}


class PauseSerializer(serializers.ModelSerializer[Pause]):
    """Days on which a track (null: all tracks) is not due. Without last_day the pause is open-ended."""

    track = serializers.IntegerField(source="track_id", allow_null=True, default=None, min_value=1)
    last_day = serializers.DateField(allow_null=True, default=None)

    class Meta:
        model = Pause
        fields = list(PAUSE_EXAMPLE)
        swagger_schema_fields = {"example": PAUSE_EXAMPLE}


class PauseDaysSerializer(serializers.Serializer[Any]):
    first_day = serializers.DateField(required=False)
    last_day = serializers.DateField(required=False, allow_null=True)

    class Meta:
        swagger_schema_fields = {"example": {"last_day": "2027-01-06"}}


class LoggedSerializer(LogSerializer):
    """The day's log with the updated streak."""

    class Meta(LogSerializer.Meta):
        swagger_schema_fields = {
            "example": {
                **LOG_EXAMPLE,
                "streak": {"current": 1, "longest": 1, "unit": "day", "lapses_at": "2026-11-22T23:00:00Z"},
            }
        }

    def to_representation(self, instance: HabitLog) -> dict[str, Any]:
        track = instance.track
        streak = track.streak_at(self.context["now"])
        streak_data = {
            "current": streak.current,
            "longest": streak.longest,
            "unit": streak.unit,
            "lapses_at": serializers.DateTimeField().to_representation(track.lapses_at) if track.lapses_at else None,
        }
        return {**super().to_representation(instance), "streak": streak_data}


TODAY_EXAMPLE = {
    "track": TRACK_EXAMPLE,
    "day": "2026-11-21",
    "due": True,
    "status": None,
    "amount": None,
    "daily_amount": "10.00",
    "period": {"first": "2026-11-21", "last": "2026-11-21", "unit": "day", "done": 0, "required": 1},
    "at_risk": True,
}


class TodaySerializer(serializers.Serializer[TodayEntry]):
    """A track for which today is a target day. The context contains `strengths` by track id."""

    class Meta:
        swagger_schema_fields = {"example": TODAY_EXAMPLE}

    @cached_property
    def track_serializer(self) -> TrackSerializer:
        """Return one serializer for all entries, because creating its fields is slower than using them."""
        return TrackSerializer(context=self.context)

    def to_representation(self, entry: TodayEntry) -> dict[str, Any]:
        schedule = in_force(entry.track.habit.versions, entry.day).schedule
        return {
            "track": self.track_serializer.to_representation(entry.track),
            "day": entry.day.isoformat(),
            "due": entry.due,
            "status": entry.log.status if entry.log else None,
            "amount": f"{entry.log.amount:.2f}" if entry.log and entry.log.amount else None,
            "daily_amount": f"{schedule.daily_amount:.2f}",
            "period": {
                "first": entry.period.first.isoformat(),
                "last": entry.period.last.isoformat(),
                "unit": entry.period.unit,
                "done": entry.done,
                "required": entry.period.required,
            },
            "at_risk": entry.at_risk,
        }


class MeSerializer(ProfileSerializer):
    """The user's profile with tracks and streaks."""

    tracks = serializers.SerializerMethodField()

    class Meta(ProfileSerializer.Meta):
        fields = [*PROFILE_EXAMPLE, "tracks"]
        swagger_schema_fields = {"example": PROFILE_EXAMPLE | {"tracks": [TRACK_EXAMPLE]}}

    def get_tracks(self, user: User) -> list[dict[str, Any]]:
        return list(TrackSerializer(self.context["tracks"], many=True, context=self.context).data)
