"""Queries for groups: visibility, members, habits and the members' progress."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Count, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from community.membership.queries import without_banned
from community.models import Group, GroupHabit, GroupMember, GroupTrack
from tracking.models import HabitTrack
from tracking.streaks.rules import Status, Streak
from tracking.tracks.histories import first_log_day_for_strength, load_histories, strength_at
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import with_plan
from users.models import User


def groups_for(user: User) -> QuerySet[Group]:
    """Return open groups and those of which the user is a member, by name.

    Annotates the user's `role` (None if not a member), the `owner`'s username (None if banned) and `member_count`.
    """
    members = GroupMember.objects.filter(group=OuterRef("pk")).order_by()
    visible = without_banned(members)
    counted = visible.values("group").annotate(number=Count("pk")).values("number")
    found = Group.objects.annotate(
        role=Subquery(members.filter(user=user).values("role")[:1]),
        owner=Subquery(visible.filter(role=GroupMember.Role.OWNER).values("user__username")[:1]),
        member_count=Coalesce(Subquery(counted), 0),
    )
    return found.filter(Q(is_open=True) | Q(role__isnull=False)).order_by("name", "pk")


def membership(group_id: int, user: User) -> GroupMember:
    """Return the user's membership. Raises GroupMember.DoesNotExist."""
    return GroupMember.objects.select_related("group").get(group=group_id, user=user)


def members_of(group: Group) -> QuerySet[GroupMember]:
    """Return the visible members: the owner, then admins, then others, each by time of joining."""
    position = Case(
        *(When(role=role, then=Value(number)) for number, role in enumerate(GroupMember.Role.values)), default=Value(9)
    )
    members = without_banned(GroupMember.objects.filter(group=group))
    return members.select_related("user").order_by(position, "joined_at", "pk")


def habits_of(member: GroupMember) -> QuerySet[GroupHabit]:
    """Return the habits of the member's group by time of adding.

    Prefetches the member's own GroupTrack of each, if any, as the list `shown`.
    """
    own = GroupTrack.objects.filter(member=member)
    return (
        GroupHabit.objects.filter(group=member.group_id)
        .select_related("habit", "habit__owner", "habit__linked_habit")
        .prefetch_related("habit__schedules", Prefetch("tracks", queryset=own, to_attr="shown"))
        .order_by("added_at", "pk")
    )


@dataclass(frozen=True, slots=True)
class HabitProgress:
    """A member's progress on a group habit: streak, strength, and completed days since Monday of their local week."""

    habit_id: int
    streak: Streak
    completed_this_week: int
    strength: float


@dataclass(frozen=True, slots=True)
class MemberProgress:
    """A member with their progress on the habits that they follow in the group."""

    member: GroupMember
    habits: list[HabitProgress]


def progress_of(members: Sequence[GroupMember], *, now: datetime) -> list[MemberProgress]:
    """Return the progress of members of one group on its habits, with a fixed number of queries."""
    shown = GroupTrack.objects.filter(member__in=members).order_by("group_habit__added_at", "group_habit")
    rows = list(shown.values_list("member", "track"))
    tracks = {track.pk: track for track in with_plan(HabitTrack.objects.filter(pk__in=[pk for _, pk in rows]))}
    progress = _progress_by_track(tracks, now)
    return [MemberProgress(member, [progress[pk] for owner, pk in rows if owner == member.pk]) for member in members]


def _progress_by_track(tracks: dict[int, HabitTrack], now: datetime) -> dict[int, HabitProgress]:
    todays = {pk: track.user.clock.day_of(now) for pk, track in tracks.items()}
    mondays = {pk: today - timedelta(days=today.weekday()) for pk, today in todays.items()}
    since = {}
    for pk, track in tracks.items():
        needs = first_log_day_for_strength(track, plan_of(track), todays[pk])
        since[pk] = min(mondays[pk], needs or mondays[pk])
    found = load_histories(tracks.values(), since=since)
    return {
        pk: HabitProgress(
            habit_id=track.habit_id,
            streak=track.streak_at(now),
            completed_this_week=sum(
                status is Status.COMPLETED and mondays[pk] <= day <= todays[pk]
                for day, status in found[pk].days.items()
            ),
            strength=strength_at(track, found[pk], todays[pk]),
        )
        for pk, track in tracks.items()
    }
