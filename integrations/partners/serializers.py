"""Serializers of partners and their people, with examples for the API documentation."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

from common import serializers
from common.amount_field import AmountField
from common.limits import MAX_ID, MAX_IDEMPOTENCY_KEY_LENGTH, MIN_AMOUNT
from habits.recurrence import in_force
from habits.serializers import SCHEDULE_EXAMPLE, ScheduleSerializer, schedule_data
from integrations.partners import days, rules
from integrations.partners.days import DayChange
from integrations.partners.queries import Person
from tracking.logs.content import content_of
from tracking.logs.rules import MAX_NOTE_LENGTH
from tracking.logs.serializers import STREAK_EXAMPLE, ContentSerializer, DaySerializer, StreakSerializer
from tracking.models import HabitTrack
from tracking.streaks.rules import Status, Streak
from users.models import validate_time_zone
from users.rules import MAX_EMAIL_LENGTH, MAX_ZONE_LENGTH
from users.scopes import Scope
from users.timing import MAX_DAY_START_HOUR

GRANTABLE = [scope.value for scope in rules.GRANTABLE]
PERSON_EXAMPLE: dict[str, object] = {
    "id": 71,
    "external_id": "u-1042",
    "kind": "managed",
    "email": "walker@example.org",
    "scopes": None,
    "time_zone": "Europe/Berlin",
    "language": "en",
    "day_starts_at": 0,
    "created_at": "2026-11-21T12:00:00Z",
}
FOLLOWED_EXAMPLE: dict[str, object] = {
    "habit": 12,
    "name": "Walk",
    "is_own": True,
    **SCHEDULE_EXAMPLE,
    "streak": STREAK_EXAMPLE | {"current": 3, "longest": 3},
    "started_on": "2026-11-19",
}
AWARD_EXAMPLE = {"achievement": 4, "name": "Three days", "habit": 12}
CHANGE_EXAMPLE: dict[str, object] = {
    "habit": 12,
    "day": "2026-11-21",
    "log": {"status": "completed", "amount": "1.00", "note": "", "completed_at": "2026-11-21T18:30:00Z"},
    "before": None,
    "streak_before": STREAK_EXAMPLE | {"current": 2, "longest": 2},
    "streak": STREAK_EXAMPLE | {"current": 3, "longest": 3},
    "earned": [AWARD_EXAMPLE],
    "withdrawn": [],
    "goals_reached": [],
}


class ScopesField(serializers.ListField):
    """What an account can grant."""

    def __init__(self, **options: Any) -> None:
        options = {"max_length": len(GRANTABLE), "allow_empty": False} | options
        super().__init__(child=serializers.ChoiceField(choices=GRANTABLE), **options)


class PersonSerializer(serializers.Serializer[Person]):
    """A person as the partner may see them. Of an account, what its grant does not name is null."""

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    kind = serializers.ChoiceField(choices=["managed", "linked"])
    email = serializers.CharField(help_text="As you gave it.")
    scopes = serializers.ListField(child=serializers.CharField(), allow_null=True, max_length=len(GRANTABLE))
    time_zone = serializers.CharField(allow_null=True)
    language = serializers.CharField(allow_null=True)
    day_starts_at = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()

    class Meta:
        swagger_schema_fields = {"example": PERSON_EXAMPLE}

    def to_representation(self, who: Person) -> dict[str, Any]:
        row, user, sees_profile = who.row, who.user, who.may(Scope.PROFILE_READ)
        return {
            "id": row.pk,
            "external_id": row.external_id,
            "kind": "managed" if row.is_managed else "linked",
            "email": row.email,
            "scopes": who.grant.scopes if who.grant else None,
            "time_zone": user.time_zone if sees_profile else None,
            "language": user.language if sees_profile else None,
            "day_starts_at": user.day_starts_at if sees_profile else None,
            "created_at": _moment(row.created_at),
        }


class OptionalStreakSerializer(StreakSerializer):
    """A streak that may be null: of its own name in the schema, where a named part is nullable everywhere or nowhere."""


class FollowedSerializer(ScheduleSerializer):
    """A habit that a person follows, with its streak: null for an account that has not granted stats:read."""

    habit = serializers.IntegerField()
    name = serializers.CharField()
    is_own = serializers.BooleanField(help_text="Whether the habit is yours.")
    streak = OptionalStreakSerializer(allow_null=True)
    started_on = serializers.DateField()

    class Meta:
        swagger_schema_fields = {"example": FOLLOWED_EXAMPLE}

    def to_representation(self, track: Any) -> dict[str, Any]:
        """Return the track of the context's `who`, at the context's `now`."""
        who, now, habit = self.context["who"], self.context["now"], track.habit
        schedule = in_force(habit.versions, who.user.clock.day_of(now)).schedule
        shown = track.streak_at(now) if days.sees_streak(who, track) else None
        return {
            "habit": habit.pk,
            "name": habit.name,
            "is_own": habit.owner_id == who.row.partner.account_id,
            **schedule_data(schedule),
            "streak": streak_data(shown, track),
            "started_on": track.begins_on.isoformat(),
        }


class PersonWithHabitsSerializer(PersonSerializer):
    """A person with the habits that the partner may see."""

    habits = FollowedSerializer(many=True)

    class Meta:
        swagger_schema_fields = {"example": PERSON_EXAMPLE | {"habits": [FOLLOWED_EXAMPLE]}}

    def to_representation(self, who: Person) -> dict[str, Any]:
        """Return the person, with the context's `tracks`."""
        one = FollowedSerializer(context={**self.context, "who": who})
        habits = [one.to_representation(track) for track in self.context["tracks"]]
        return {**super().to_representation(who), "habits": habits}


class PersonInputSerializer(serializers.Serializer[Any]):
    """What a partner says of a managed person. Fields that are left out keep their values."""

    email = serializers.EmailField(
        max_length=MAX_EMAIL_LENGTH, allow_blank=True, required=False, help_text="We never write to it. Empty: none."
    )
    time_zone = serializers.CharField(
        max_length=MAX_ZONE_LENGTH,
        validators=[validate_time_zone],
        required=False,
        help_text="An IANA name; UTC if never given.",
    )
    language = serializers.ChoiceField(choices=["en", "ru"], required=False)
    day_starts_at = serializers.IntegerField(
        min_value=0,
        max_value=MAX_DAY_START_HOUR,
        required=False,
        help_text="The hour at which the person's day starts.",
    )

    class Meta:
        read_only_fields = ["id", "external_id", "kind", "scopes", "created_at", "habits"]
        swagger_schema_fields = {"example": {"email": "walker@example.org", "time_zone": "Europe/Berlin"}}


class PeopleQuerySerializer(serializers.Serializer[Any]):
    email = serializers.CharField(
        max_length=MAX_EMAIL_LENGTH, required=False, help_text="Only the one with this address, whatever its case."
    )


class DayChangeSerializer(serializers.Serializer[DayChange]):
    """What a write to a day has changed."""

    habit = serializers.IntegerField()
    day = serializers.DateField()
    log = ContentSerializer(allow_null=True)
    before = ContentSerializer(allow_null=True)
    streak_before = OptionalStreakSerializer(allow_null=True)
    streak = OptionalStreakSerializer(allow_null=True)
    earned = serializers.ListField(child=serializers.JSONField(), read_only=True)
    withdrawn = serializers.ListField(child=serializers.JSONField(), read_only=True)
    goals_reached = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        swagger_schema_fields = {"example": CHANGE_EXAMPLE}

    def to_representation(self, change: DayChange) -> dict[str, Any]:
        language = change.track.user.language

        def awards(rows: Any) -> list[dict[str, Any]]:
            return [
                {
                    "achievement": each.achievement_id,
                    "name": each.achievement.name_in(language),
                    "habit": each.achievement.habit_id,
                }
                for each in rows
            ]

        return {
            "habit": change.track.habit_id,
            "day": change.day.isoformat(),
            "log": None if change.log is None else dict(ContentSerializer(content_of(change.log)).data),
            "before": None if change.before is None else dict(ContentSerializer(change.before).data),
            "streak_before": streak_data(change.streak_before),
            "streak": streak_data(change.streak, change.track),
            "earned": awards(change.earned),
            "withdrawn": awards(change.withdrawn),
            "goals_reached": [goal.pk for goal in change.goals_reached],
        }


class PartnerDaySerializer(DaySerializer):
    """The body that sets a day of a person."""

    class Meta:
        read_only_fields = [
            "habit",
            "day",
            "log",
            "before",
            "streak_before",
            "streak",
            "source",
            "created_at",
            "updated_at",
        ]
        swagger_schema_fields = {"example": {"status": "completed"}}


class LinkInputSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=MAX_EMAIL_LENGTH)
    scopes = ScopesField()
    external_id = serializers.CharField(
        max_length=rules.MAX_EXTERNAL_ID_LENGTH, required=False, help_text="What you call the person. Default: made up."
    )

    class Meta:
        swagger_schema_fields = {
            "example": {
                "email": "walker@example.org",
                "scopes": ["habits:write", "logs:write"],
                "external_id": "u-1042",
            }
        }


class AskedSerializer(serializers.Serializer[Any]):
    """The same answer whether or not there is such an account."""

    detail = serializers.CharField()

    class Meta:
        swagger_schema_fields = {"example": {"detail": "If there is such an account, its owner is asked."}}


OPERATIONS = ("put_person", "delete_person", "follow", "leave", "set_day", "add", "clear_day")


class WriteSerializer(serializers.Serializer[Any]):
    """One write of a batch. `person`: the external id; the other fields are those of the operation."""

    operation = serializers.ChoiceField(choices=OPERATIONS)
    person = serializers.CharField(max_length=rules.MAX_EXTERNAL_ID_LENGTH)
    habit = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    day = serializers.DateField(required=False)
    status = serializers.ChoiceField(choices=[status.value for status in Status], required=False)
    amount = AmountField(min_value=0, required=False, allow_null=True)
    note = serializers.CharField(max_length=MAX_NOTE_LENGTH, allow_blank=True, allow_null=True, required=False)
    completed_at = serializers.DateTimeField(required=False, allow_null=True)
    key = serializers.CharField(
        max_length=MAX_IDEMPOTENCY_KEY_LENGTH,
        required=False,
        help_text="Of add: a repeated write with the same key changes nothing.",
    )
    email = serializers.EmailField(max_length=MAX_EMAIL_LENGTH, allow_blank=True, required=False)
    time_zone = serializers.CharField(max_length=MAX_ZONE_LENGTH, validators=[validate_time_zone], required=False)
    language = serializers.ChoiceField(choices=["en", "ru"], required=False)
    day_starts_at = serializers.IntegerField(min_value=0, max_value=MAX_DAY_START_HOUR, required=False)

    class Meta:
        ref_name = "PartnerWrite"
        swagger_schema_fields = {
            "example": {
                "operation": "set_day",
                "person": "u-1042",
                "habit": 12,
                "day": "2026-11-21",
                "status": "completed",
            }
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what the operation does not have, and name what it lacks."""
        needed, possible = FIELDS_OF[attrs["operation"]]
        given = attrs.keys() - {"operation", "person"}
        if attrs["operation"] == "add" and attrs.get("amount") is None:
            given -= {"amount"}  # null only clears
        errors = {
            name: [ErrorDetail("This field is required.", code="required")] for name in sorted(needed - given)
        } | {
            name: [ErrorDetail(f"{attrs['operation']} has no such field.", code="unknown_field")]
            for name in sorted(given - needed - possible)
        }
        if attrs["operation"] == "add" and "amount" in given and attrs["amount"] < MIN_AMOUNT:
            errors["amount"] = [ErrorDetail(f"At least {MIN_AMOUNT}.", code="min_value")]
        if errors:
            raise serializers.ValidationError(errors)
        return attrs


# The fields of each operation that are required, and those that are possible.
FIELDS_OF: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "put_person": (frozenset(), frozenset({"email", "time_zone", "language", "day_starts_at"})),
    "delete_person": (frozenset(), frozenset()),
    "follow": (frozenset({"habit"}), frozenset()),
    "leave": (frozenset({"habit"}), frozenset()),
    "set_day": (frozenset({"habit", "day"}), frozenset({"status", "amount", "note", "completed_at"})),
    "add": (frozenset({"habit", "day", "amount"}), frozenset({"key"})),
    "clear_day": (frozenset({"habit", "day"}), frozenset()),
}


class LenientWriteSerializer(WriteSerializer):
    """A write of a batch. One that is not valid is passed on with its errors, and holds up no other."""

    class Meta(WriteSerializer.Meta):
        ref_name = "PartnerBatchWrite"

    def run_validation(self, data: Any = empty) -> Any:
        try:
            return super().run_validation(data)
        except serializers.ValidationError as error:
            return InvalidWrite(error)


class InvalidWrite(NamedTuple):
    """A write of a batch that is not valid."""

    error: serializers.ValidationError


class BatchSerializer(serializers.Serializer[Any]):
    """Up to 1,000 writes. Each is validated and made on its own."""

    writes = serializers.ListField(child=LenientWriteSerializer(), allow_empty=False, max_length=rules.MAX_BATCH)

    class Meta:
        ref_name = "PartnerBatch"
        swagger_schema_fields = {
            "example": {
                "writes": [
                    {"operation": "put_person", "person": "u-1042", "time_zone": "Europe/Berlin"},
                    {"operation": "follow", "person": "u-1042", "habit": 12},
                    WriteSerializer.Meta.swagger_schema_fields["example"],
                ]
            }
        }


OUTCOME_EXAMPLE: dict[str, object] = {"status": 200, "result": CHANGE_EXAMPLE, "errors": None}


class OutcomeSerializer(serializers.Serializer[Any]):
    """What came of one write: the status and body that the single request would have had, or its errors."""

    status = serializers.IntegerField()
    result = serializers.JSONField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        # A serializer has an attribute of this name.
        return {**super().get_fields(), "errors": serializers.JSONField(allow_null=True)}

    class Meta:
        ref_name = "PartnerOutcome"
        swagger_schema_fields = {"example": OUTCOME_EXAMPLE}


class OutcomesSerializer(serializers.Serializer[Any]):
    """The outcomes, in the order of the writes."""

    outcomes = OutcomeSerializer(many=True)

    class Meta:
        ref_name = "PartnerOutcomes"
        swagger_schema_fields = {"example": {"outcomes": [OUTCOME_EXAMPLE]}}


def streak_data(streak: Streak | None, track: HabitTrack | None = None) -> dict[str, Any] | None:
    """Return a streak in the form of StreakSerializer; `track`: the one whose streak it is now, for `lapses_at`."""
    if streak is None:
        return None
    lapses_at = track.lapses_at if track is not None else None
    return {
        "current": streak.current,
        "longest": streak.longest,
        "unit": str(streak.unit),
        "lapses_at": _moment(lapses_at) if lapses_at else None,
    }


def _moment(moment: datetime) -> str:
    return str(serializers.DateTimeField().to_representation(moment))
