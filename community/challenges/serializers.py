"""Serializers of challenges, with examples for the API documentation."""

from typing import Any

from drf_yasg.utils import swagger_serializer_method

from common import serializers
from common.limits import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH
from common.schema_shapes import described
from community.challenges.queries import rank_of
from community.challenges.rules import MAX_CHALLENGE_DAYS, STATES
from community.models import Challenge, ChallengeMember
from tracking.models import HabitLog
from tracking.streaks.rules import Status
from tracking.tracks.serializers import SHARED_HABIT_EXAMPLE, TrackedHabitSerializer

INPUT_EXAMPLE: dict[str, object] = {
    "name": "Meditate every day in May",
    "description": "Ten minutes are enough.",
    "first_day": "2027-05-01",
    "last_day": "2027-05-31",
    "is_public": True,
}
CHALLENGE_EXAMPLE: dict[str, object] = {
    "id": 5,
    **INPUT_EXAMPLE,
    "habit": SHARED_HABIT_EXAMPLE,
    "creator": "alice",
    "state": "upcoming",
    "ends_at": "2027-06-01T18:00:00Z",
    "results_at": None,
    "cancelled_at": None,
    "members": 12,
    "is_member": True,
    "is_creator": True,
    "code": "Qm9vdHN0cmFwLXlvdXI",
    "created_at": "2026-11-21T08:00:00Z",
}
MINE_EXAMPLE = {
    "track": 34,
    "joined_at": "2026-11-21T08:00:00Z",
    "completed": 0,
    "strength": 0.0526,
    "rank": 1,
}
STANDING_EXAMPLE = {"rank": 1, "username": "alice", "completed": 17, "strength": 0.6101, "is_me": True}
DAYS_EXAMPLE = {
    "username": "alice",
    "is_me": True,
    "completed": 2,
    "days": [
        {"day": "2027-05-01", "status": "completed", "amount": "10.00"},
        {"day": "2027-05-02", "status": "completed", "amount": "12.00"},
    ],
}


def rounded_strength(strength: float) -> float:
    return round(strength, 4)


class ChallengeHabitSerializer(TrackedHabitSerializer):
    """The habit of a challenge, null to those who may not see it."""

    class Meta(TrackedHabitSerializer.Meta):
        ref_name = "ChallengeHabit"


class ChallengeSerializer(serializers.ModelSerializer[Challenge]):
    """A challenge (from `queries.challenges_for`) as the caller may see it.

    An unpublished habit is shown only to members of the challenge and the habit's owner, the code to the creator; a
    key does not see it.
    """

    creator = serializers.SerializerMethodField()
    habit = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()
    members = serializers.IntegerField(source="member_count", read_only=True)
    is_member = serializers.BooleanField(read_only=True)
    is_creator = serializers.SerializerMethodField()
    code = serializers.SerializerMethodField()

    class Meta:
        model = Challenge
        fields = [
            "id",
            "name",
            "description",
            "first_day",
            "last_day",
            "is_public",
            "habit",
            "creator",
            "state",
            "ends_at",
            "results_at",
            "cancelled_at",
            "members",
            "is_member",
            "is_creator",
            "code",
            "created_at",
        ]
        swagger_schema_fields = {"example": CHALLENGE_EXAMPLE}

    @swagger_serializer_method(serializers.CharField(allow_null=True))
    def get_creator(self, challenge: Challenge) -> str | None:
        creator = challenge.creator
        return creator.username if creator and creator.is_active else None

    @swagger_serializer_method(ChallengeHabitSerializer(allow_null=True))
    def get_habit(self, challenge: Challenge) -> dict[str, Any] | None:
        habit, is_member = challenge.habit, getattr(challenge, "is_member", False)
        if habit is None or not (habit.is_published or is_member or habit.owner_id == self.context["user"].pk):
            return None
        return dict(TrackedHabitSerializer(habit, context=self.context).data)

    @swagger_serializer_method(serializers.ChoiceField(choices=STATES))
    def get_state(self, challenge: Challenge) -> str:
        return challenge.state_at(self.context["now"])

    @swagger_serializer_method(serializers.BooleanField())
    def get_is_creator(self, challenge: Challenge) -> bool:
        return bool(challenge.creator_id == self.context["user"].pk)

    @swagger_serializer_method(serializers.CharField(allow_null=True))
    def get_code(self, challenge: Challenge) -> str | None:
        hides_code = self.context.get("hides_code", False)
        return challenge.code if self.get_is_creator(challenge) and not hides_code else None


class MineSerializer(serializers.ModelSerializer[ChallengeMember]):
    """The caller's membership of a challenge, with score and rank."""

    rank = serializers.SerializerMethodField()
    strength = serializers.SerializerMethodField()

    class Meta:
        model = ChallengeMember
        fields = ["track", "joined_at", "completed", "strength", "rank"]
        swagger_schema_fields = {"example": MINE_EXAMPLE}

    @swagger_serializer_method(serializers.IntegerField())
    def get_rank(self, member: ChallengeMember) -> int:
        return rank_of(member)

    @swagger_serializer_method(serializers.FloatField())
    def get_strength(self, member: ChallengeMember) -> float:
        return rounded_strength(member.strength)


class OneChallengeSerializer(ChallengeSerializer):
    """A challenge with the caller's membership (null if not a member), taken from `context["member"]`."""

    mine = serializers.SerializerMethodField()

    class Meta(ChallengeSerializer.Meta):
        fields = [*ChallengeSerializer.Meta.fields, "mine"]
        swagger_schema_fields = {"example": CHALLENGE_EXAMPLE | {"mine": MINE_EXAMPLE}}

    @swagger_serializer_method(MineSerializer(allow_null=True))
    def get_mine(self, challenge: Challenge) -> dict[str, Any] | None:
        member = self.context["member"]
        return dict(MineSerializer(member).data) if member else None


class NewChallengeSerializer(serializers.Serializer[Any]):
    habit = serializers.IntegerField(min_value=1, help_text="One of the caller's habits, or a published one.")
    name = serializers.CharField(max_length=MAX_NAME_LENGTH)
    description = serializers.CharField(max_length=MAX_DESCRIPTION_LENGTH, allow_blank=True, default="")
    first_day = serializers.DateField()
    last_day = serializers.DateField(help_text=f"The challenge can last up to {MAX_CHALLENGE_DAYS} days.")
    is_public = serializers.BooleanField(
        default=False, help_text="Listed, and everyone can join; otherwise only with the invitation code."
    )

    class Meta:
        swagger_schema_fields = {"example": {"habit": 12, **INPUT_EXAMPLE}}


class EditChallengeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=MAX_NAME_LENGTH, required=False)
    description = serializers.CharField(max_length=MAX_DESCRIPTION_LENGTH, allow_blank=True, required=False)
    first_day = serializers.DateField(required=False)
    last_day = serializers.DateField(required=False)
    is_public = serializers.BooleanField(required=False)

    class Meta:
        read_only_fields = [
            "id",
            "habit",
            "creator",
            "state",
            "ends_at",
            "results_at",
            "cancelled_at",
            "members",
            "is_member",
            "is_creator",
            "code",
            "created_at",
            "mine",
        ]
        swagger_schema_fields = {"example": {"last_day": "2027-05-30"}}


class StandingSerializer(serializers.Serializer[Any]):
    class Meta:
        swagger_schema_fields = described(STANDING_EXAMPLE)

    def to_representation(self, instance: tuple[int, ChallengeMember]) -> dict[str, Any]:
        rank, member = instance
        return {
            "rank": rank,
            "username": member.user.username,
            "completed": member.completed,
            "strength": rounded_strength(member.strength),
            "is_me": member.user_id == self.context["user"].pk,
        }


class DayRangeSerializer(serializers.Serializer[Any]):
    """A range of days of the challenge; by default all of them."""

    def get_fields(self) -> dict[str, Any]:
        return {  # "from" is a Python keyword, so it cannot be a class attribute
            "from": serializers.DateField(required=False, help_text="The first day shown."),
            "to": serializers.DateField(required=False, help_text="The last day shown."),
        }


class MemberDaysSerializer(serializers.Serializer[Any]):
    class Meta:
        swagger_schema_fields = described(DAYS_EXAMPLE, status=list(Status), amount="10.00")

    def to_representation(self, instance: tuple[ChallengeMember, list[HabitLog]]) -> dict[str, Any]:
        member, logs = instance
        return {
            "username": member.user.username,
            "is_me": member.user_id == self.context["user"].pk,
            "completed": member.completed,
            "days": [
                {
                    "day": log.day.isoformat(),
                    "status": log.status,
                    "amount": f"{log.amount:.2f}" if log.amount is not None else None,
                }
                for log in logs
            ],
        }
