"""Request and response bodies of the habits API, with examples."""

from collections.abc import Mapping
from typing import Any

from common import serializers
from common.amount_field import AmountField
from common.amounts import amount_text
from common.limits import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH
from common.schema_shapes import described
from habits import rules
from habits.catalogue import LANGUAGES, Template
from habits.models import Habit
from habits.patterns import MAX_INTERVAL
from habits.recurrence import WEEKDAYS, Frequency, Schedule, Version, in_force

SCHEDULE_FIELDS = (
    "frequency",
    "interval",
    "weekdays",
    "times_per_period",
    "daily_amount",
    "unit",
    "limit_per_period",
)
SCHEDULE_EXAMPLE = {
    "frequency": "daily",
    "interval": 1,
    "weekdays": [],
    "times_per_period": 1,
    "daily_amount": "10.00",
    "unit": "push-ups",
    "limit_per_period": None,
}
TEXT_EXAMPLE = {
    "name": "Push-ups",
    "description": "",
    "action": "do ten push-ups",
    "place": "the living room",
    "time": "07:30",
    "is_pleasant": False,
    "goal_type": "at_least",
    "reward": "a good coffee",
    "linked_habit": None,
    "duration": 60,
    "start_date": None,
    "end_date": None,
}
HABIT_EXAMPLE = {
    "id": 12,
    "owner": "alice",
    "sentence": "I will do ten push-ups at 07:30 in the living room",
    **TEXT_EXAMPLE,
    **SCHEDULE_EXAMPLE,
    "next_schedule": None,
    "is_published": False,
    "track": 34,
    "created_at": "2026-11-21T08:00:00Z",
    "updated_at": "2026-11-21T08:00:00Z",
}


class WallClockField(serializers.TimeField):
    """A time of day in hours and minutes: "07:30"."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M", "%H:%M:00"], **options)


class WeekdaysField(serializers.ListField):
    """Names of weekdays, "mon" to "sun", stored as a set of numbers from 0 (Monday)."""

    child = serializers.ChoiceField(choices=WEEKDAYS)

    def to_internal_value(self, data: Any) -> Any:
        return frozenset(WEEKDAYS.index(name) for name in super().to_internal_value(data))

    def to_representation(self, data: Any) -> list[str]:
        return [WEEKDAYS[day] for day in sorted(data)]


class ScheduleSerializer(serializers.Serializer[Schedule]):
    """Fields of a schedule. times_per_period defaults to the number of weekdays (weekly) or the allowed minimum."""

    frequency = serializers.ChoiceField(choices=[f.value for f in Frequency], required=False)
    interval = serializers.IntegerField(
        required=False, help_text=f"Every n days, 1 to {MAX_INTERVAL}. For daily habits only."
    )
    weekdays = WeekdaysField(required=False, max_length=len(WEEKDAYS), help_text="An empty list means every day.")
    times_per_period = serializers.IntegerField(required=False)
    daily_amount = AmountField(required=False)
    unit = serializers.CharField(max_length=rules.MAX_UNIT_LENGTH, allow_blank=True, required=False)
    limit_per_period = AmountField(
        required=False,
        allow_null=True,
        help_text="The largest amount in a day, week or month, of an at_most habit; 0: none at all. Otherwise null.",
    )


def schedule_data(schedule: Schedule) -> dict[str, Any]:
    """Return the schedule in the form of ScheduleSerializer.

    Written by hand because instantiating that serializer for each habit dominates the time of a list.
    """
    return {
        "frequency": schedule.frequency.value,
        "interval": schedule.interval,
        "weekdays": [WEEKDAYS[day] for day in sorted(schedule.weekdays)],
        "times_per_period": schedule.times_per_period,
        "daily_amount": amount_text(schedule.daily_amount),
        "unit": schedule.unit,
        "limit_per_period": None if schedule.limit_per_period is None else amount_text(schedule.limit_per_period),
    }


class VersionSerializer(serializers.Serializer[Version]):
    """A version of a habit's schedule with its first day (null: from the beginning)."""

    class Meta:
        swagger_schema_fields = described(
            {"starts_on": None, **SCHEDULE_EXAMPLE},
            starts_on="2026-12-01",
            frequency=list(Frequency),
            weekdays=WEEKDAYS,
            limit_per_period="3.00",
        )

    def to_representation(self, instance: Version) -> dict[str, Any]:
        starts_on = instance.starts_on.isoformat() if instance.starts_on else None
        return {"starts_on": starts_on, **schedule_data(instance.schedule)}


class HabitTextSerializer(serializers.ModelSerializer[Habit]):
    """The fields of a habit that everyone who may see it gets."""

    time = WallClockField(allow_null=True, default=None)
    sentence = serializers.CharField(read_only=True)

    class Meta:
        model = Habit
        fields = [
            "id",
            "sentence",
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

    def to_representation(self, instance: Habit) -> dict[str, Any]:
        """Return the fields with the schedule in force on the context's `today`."""
        schedule = in_force(instance.versions, self.context["today"]).schedule
        return {**super().to_representation(instance), **schedule_data(schedule)}


class HabitSerializer(HabitTextSerializer, ScheduleSerializer):
    """A habit as its owner reads and edits it."""

    owner = serializers.CharField(source="owner.username", read_only=True)
    name = serializers.CharField(max_length=MAX_NAME_LENGTH, required=False)
    description = serializers.CharField(max_length=MAX_DESCRIPTION_LENGTH, allow_blank=True, default="")
    action = serializers.CharField(max_length=MAX_NAME_LENGTH, allow_blank=True, default="")
    place = serializers.CharField(max_length=MAX_NAME_LENGTH, allow_blank=True, default="")
    is_pleasant = serializers.BooleanField(default=False)
    goal_type = serializers.ChoiceField(
        choices=[each.value for each in rules.GoalType],
        default=rules.GoalType.AT_LEAST.value,
        help_text="at_least: a habit to be done. at_most: a habit to be kept within limit_per_period, daily, weekly or "
        "monthly. Fixed once there is a log.",
    )
    reward = serializers.CharField(max_length=MAX_NAME_LENGTH, allow_blank=True, default="")
    linked_habit = serializers.IntegerField(
        source="linked_habit_id",
        allow_null=True,
        default=None,
        min_value=1,
        help_text="The id of one of your pleasant habits.",
    )
    duration = serializers.IntegerField(
        allow_null=True,
        default=None,
        help_text=f"{rules.MIN_DURATION_SECONDS} to {rules.MAX_DURATION_SECONDS} seconds.",
    )
    start_date = serializers.DateField(allow_null=True, default=None)
    end_date = serializers.DateField(allow_null=True, default=None)
    is_published = serializers.BooleanField(default=False)
    track = serializers.IntegerField(source="track_id", read_only=True, allow_null=True)

    class Meta(HabitTextSerializer.Meta):
        fields = [
            "id",
            "owner",
            "sentence",
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
            "is_published",
            "track",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["created_at", "updated_at", "next_schedule", "followers"]
        swagger_schema_fields = {"example": HABIT_EXAMPLE}

    def to_representation(self, instance: Habit) -> dict[str, Any]:
        pending = next((v for v in instance.versions if v.starts_on and v.starts_on > self.context["today"]), None)
        data = super().to_representation(instance)
        data["next_schedule"] = VersionSerializer(pending).data if pending else None
        return data


class HabitInputSerializer(HabitSerializer):
    """The body that creates a habit."""

    class Meta(HabitSerializer.Meta):
        swagger_schema_fields = {"example": {**TEXT_EXAMPLE, **SCHEDULE_EXAMPLE, "is_published": False}}


class HabitEditSerializer(HabitSerializer):
    """The body that changes a habit. A new schedule may start on a later day."""

    schedule_from = serializers.DateField(
        required=False, help_text="First day of the changed schedule: today (default) or later."
    )

    class Meta(HabitSerializer.Meta):
        fields = [*HabitSerializer.Meta.fields, "schedule_from"]
        swagger_schema_fields = {"example": {"time": "08:00", "weekdays": ["mon", "wed", "fri"]}}


PUBLIC_EXAMPLE = {
    name: value
    for name, value in HABIT_EXAMPLE.items()
    if name not in {"is_published", "track", "updated_at", "next_schedule"}
} | {"followers": 3}


class PublicHabitSerializer(HabitTextSerializer, ScheduleSerializer):
    """A published habit. Of its owner only the username is shown."""

    owner = serializers.CharField(source="owner.username", read_only=True)
    linked_habit = serializers.SerializerMethodField()

    class Meta(HabitTextSerializer.Meta):
        fields = [
            "id",
            "owner",
            "sentence",
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
            "created_at",
            "followers",
        ]
        swagger_schema_fields = {"example": PUBLIC_EXAMPLE}

    def get_linked_habit(self, habit: Habit) -> int | None:
        linked = habit.linked_habit_for(None)
        return linked.pk if linked else None


def to_service_arguments(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return validated input as keyword arguments of the services, with the schedule fields under `schedule`."""
    fields = dict(data)
    fields["schedule"] = {name: fields.pop(name) for name in SCHEDULE_FIELDS if name in fields}
    if "frequency" in fields["schedule"]:
        fields["schedule"]["frequency"] = Frequency(fields["schedule"]["frequency"])
    if "linked_habit_id" in fields:
        fields["linked_habit"] = fields.pop("linked_habit_id")
    return fields


class TemplateQuerySerializer(serializers.Serializer[Any]):
    language = serializers.ChoiceField(
        choices=LANGUAGES,
        required=False,
        help_text="The language of the texts. Default: that of the Accept-Language header.",
    )


class TemplateSerializer(serializers.Serializer[Template]):
    """A habit to start from, in one language: bodies that create the useful habit and the pleasant one."""

    key = serializers.CharField()
    cue = serializers.CharField(help_text="What the habit follows.")
    habit = serializers.JSONField(help_text="A body for POST habits/.")
    pleasant = serializers.JSONField(
        help_text="A body for POST habits/; the habit's linked_habit can be the id that it gets."
    )

    class Meta:
        swagger_schema_fields = described(
            {
                "key": "push-ups",
                "cue": "before the shower",
                "habit": {
                    "name": "Push-ups",
                    "action": "do five push-ups",
                    "place": "the bathroom",
                    "time": "07:20",
                    "duration": 60,
                    "frequency": "daily",
                    "weekdays": [],
                    "daily_amount": "5.00",
                    "unit": "push-ups",
                },
                "pleasant": {
                    "name": "A warm shower, slowly",
                    "is_pleasant": True,
                    "duration": 120,
                    "frequency": "daily",
                },
            },
            frequency=list(Frequency),
            weekdays=WEEKDAYS,
        )


def template_data(template: Template, language: str) -> dict[str, Any]:
    """Return the template in the form of TemplateSerializer, in "en" or "ru"."""
    texts = LANGUAGES.index(language)
    return {
        "key": template.key,
        "cue": template.cue[texts],
        "habit": {
            "name": template.name[texts],
            "action": template.action[texts],
            "place": template.place[texts],
            "time": f"{template.at:%H:%M}",
            "duration": template.seconds,
            "frequency": template.frequency,
            "weekdays": list(template.weekdays),
            "daily_amount": f"{template.amount:.2f}",
            "unit": template.unit[texts],
        },
        "pleasant": {
            "name": template.pleasant[texts],
            "is_pleasant": True,
            "duration": template.pleasant_seconds,
            "frequency": "daily",
        },
    }
