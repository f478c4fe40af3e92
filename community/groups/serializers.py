"""Serializers of groups, with examples for the API documentation."""

import base64
from datetime import datetime, timedelta
from typing import Any

from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from common import serializers
from common.limits import MAX_DESCRIPTION_LENGTH, MAX_ID, MAX_NAME_LENGTH
from common.pagination import PageNumbers
from common.schema_shapes import described, shape
from community.challenges.serializers import rounded_strength
from community.groups.feed import FeedCursor, FeedItem
from community.groups.queries import MemberProgress
from community.models import Group, GroupHabit, GroupMember
from tracking.tracks.serializers import SHARED_HABIT_EXAMPLE, TrackedHabitSerializer
from users.rules import MAX_USERNAME_LENGTH

INPUT_EXAMPLE: dict[str, object] = {
    "name": "Early birds",
    "description": "Up before the sun.",
    "is_open": False,
}
GROUP_EXAMPLE: dict[str, object] = {
    "id": 3,
    **INPUT_EXAMPLE,
    "owner": "alice",
    "members": 4,
    "role": "owner",
    "code": "Qm9vdHN0cmFwLXlvdXI",
    "created_at": "2026-11-21T08:00:00Z",
}
MEMBER_EXAMPLE = {"username": "bob", "role": "member", "joined_at": "2026-11-21T08:00:00Z"}
GROUP_HABIT_EXAMPLE = {"habit": SHARED_HABIT_EXAMPLE, "track": 34, "added_at": "2026-11-21T08:00:00Z"}
BOARD_EXAMPLE = {
    "username": "bob",
    "habits": [
        {
            "habit": 12,
            "current_streak": 12,
            "streak_unit": "day",
            "completed_this_week": 5,
            "strength": 0.4711,
        }
    ],
}
DONE_EXAMPLE = {
    "kind": "done",
    "at": "2026-11-21T06:31:02Z",
    "username": "bob",
    "habit": {"id": 12, "name": "Push-ups"},
    "day": "2026-11-21",
}
SHARED_EXAMPLE = {
    "kind": "shared",
    "at": "2026-11-21T07:00:00Z",
    "username": "bob",
    "title": "12 days in a row: Push-ups",
    "url": "http://localhost:8000/s/kY3…/",
    "card": "http://localhost:8000/s/kY3…/card.png",
}
FEED_EXAMPLE = {
    "next": "http://localhost:8000/api/groups/3/feed/?before=…",
    "results": [SHARED_EXAMPLE, DONE_EXAMPLE],
}


FEED_SHAPE = shape(FEED_EXAMPLE, FEED_EXAMPLE | {"next": None}, kind=["done", "shared"])


class GroupSerializer(serializers.ModelSerializer[Group]):
    """A group (from `group_queries.groups_for`) as the caller may see it; only its owner and admins see the code, and no key."""

    owner = serializers.CharField(read_only=True, allow_null=True)
    members = serializers.IntegerField(source="member_count", read_only=True)
    role = serializers.ChoiceField(choices=GroupMember.Role.choices, read_only=True, allow_null=True)
    code = serializers.SerializerMethodField()

    class Meta:
        model = Group
        fields = ["id", "name", "description", "is_open", "owner", "members", "role", "code", "created_at"]
        swagger_schema_fields = {"example": GROUP_EXAMPLE}

    def get_code(self, group: Group) -> str | None:
        can_manage = getattr(group, "role", None) in {GroupMember.Role.OWNER, GroupMember.Role.ADMIN}
        return group.code if can_manage and not self.context.get("hides_code", False) else None


class NewGroupSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=MAX_NAME_LENGTH)
    description = serializers.CharField(max_length=MAX_DESCRIPTION_LENGTH, allow_blank=True, default="")
    is_open = serializers.BooleanField(
        default=False, help_text="Listed, and everyone can join; otherwise only with the invitation code."
    )

    class Meta:
        swagger_schema_fields = {"example": INPUT_EXAMPLE}


class EditGroupSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=MAX_NAME_LENGTH, required=False)
    description = serializers.CharField(max_length=MAX_DESCRIPTION_LENGTH, allow_blank=True, required=False)
    is_open = serializers.BooleanField(required=False)

    class Meta:
        read_only_fields = ["id", "owner", "members", "role", "code", "created_at"]
        swagger_schema_fields = {"example": {"is_open": True}}


class GroupMemberSerializer(serializers.ModelSerializer[GroupMember]):
    username = serializers.CharField(source="user.username", read_only=True)

    class Meta:
        model = GroupMember
        fields = ["username", "role", "joined_at"]
        swagger_schema_fields = {"example": MEMBER_EXAMPLE}


class RoleSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=[GroupMember.Role.ADMIN.value, GroupMember.Role.MEMBER.value])

    class Meta:
        read_only_fields = ["username", "joined_at"]
        swagger_schema_fields = {"example": {"role": "admin"}}


class NewOwnerSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=MAX_USERNAME_LENGTH)

    class Meta:
        swagger_schema_fields = {"example": {"username": "bob"}}


class NewGroupHabitSerializer(serializers.Serializer[Any]):
    habit = serializers.IntegerField(min_value=1, help_text="One of the caller's habits, or a published one.")

    class Meta:
        swagger_schema_fields = {"example": {"habit": 12}}


class GroupHabitSerializer(serializers.Serializer[GroupHabit]):
    """A group habit. `track` is the id of the caller's track if they follow the habit in the group."""

    habit = TrackedHabitSerializer()
    track = serializers.IntegerField(allow_null=True)
    added_at = serializers.DateTimeField()

    class Meta:
        swagger_schema_fields = {"example": GROUP_HABIT_EXAMPLE}

    def to_representation(self, instance: GroupHabit) -> dict[str, Any]:
        shown: list[Any] = getattr(instance, "shown", [])
        return {
            "habit": TrackedHabitSerializer(instance.habit, context=self.context).data,
            "track": shown[0].track_id if shown else None,
            "added_at": serializers.DateTimeField().to_representation(instance.added_at),
        }


class BoardSerializer(serializers.Serializer[MemberProgress]):
    class Meta:
        swagger_schema_fields = described(BOARD_EXAMPLE)

    def to_representation(self, instance: MemberProgress) -> dict[str, Any]:
        return {
            "username": instance.member.user.username,
            "habits": [
                {
                    "habit": each.habit_id,
                    "current_streak": each.streak.current,
                    "streak_unit": str(each.streak.unit),
                    "completed_this_week": each.completed_this_week,
                    "strength": rounded_strength(each.strength),
                }
                for each in instance.habits
            ],
        }


class PostSerializer(serializers.Serializer[Any]):
    share = serializers.IntegerField(min_value=1, help_text="The id of one of the caller's share links.")

    class Meta:
        swagger_schema_fields = {"example": {"share": 9}}


class FeedItemSerializer(serializers.Serializer[FeedItem]):
    """A completed day or a shared link in a group's feed."""

    class Meta:
        swagger_schema_fields = {"example": DONE_EXAMPLE}

    def to_representation(self, instance: FeedItem) -> dict[str, Any]:
        data: dict[str, Any] = {
            "kind": instance.cursor.kind,
            "at": serializers.DateTimeField().to_representation(instance.cursor.at),
            "username": instance.username,
        }
        if instance.log:
            habit = instance.log.track.habit
            data |= {"habit": {"id": habit.pk, "name": habit.name}, "day": instance.log.day.isoformat()}
        if instance.share:
            data |= {"title": instance.share.title, "url": instance.share.url, "card": instance.share.card}
        return data


class FeedCursorField(serializers.Field):  # type: ignore[type-arg] # at run time it takes no parameters
    """A position in a feed as an opaque string, as the link in `next` contains it."""

    def to_internal_value(self, data: Any) -> FeedCursor:
        try:
            at, kind, number = base64.urlsafe_b64decode(str(data)).decode().split()
            cursor = FeedCursor(datetime.fromisoformat(at), kind, int(number))
        except (ValueError, OverflowError) as error:
            raise _invalid_cursor() from error
        if (
            cursor.at.utcoffset() != timedelta(0)
            or not 1970 <= cursor.at.year <= 2199
            or not 0 <= cursor.row_id <= MAX_ID
        ):
            raise _invalid_cursor()
        return cursor

    def to_representation(self, value: FeedCursor) -> str:
        return base64.urlsafe_b64encode(f"{value.at.isoformat()} {value.kind} {value.row_id}".encode()).decode()


class FeedQuerySerializer(serializers.Serializer[Any]):
    before = FeedCursorField(required=False, help_text="The value in the link `next`.")
    page_size = serializers.IntegerField(
        min_value=1,
        max_value=PageNumbers.max_page_size,
        default=PageNumbers.page_size,
        help_text=f"Up to {PageNumbers.max_page_size}.",
    )


def next_link(request: Request, cursor: FeedCursor) -> str:
    """Return the absolute URL of the next page of the feed."""
    link: str = replace_query_param(request.build_absolute_uri(), "before", FeedCursorField().to_representation(cursor))
    return link


def _invalid_cursor() -> serializers.ValidationError:
    return serializers.ValidationError([ErrorDetail("This is not a valid position in a feed.", code="invalid")])
