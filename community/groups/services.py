"""Create, manage, join, leave and delete groups, and their habits: the only module that writes them.

Locks are taken in this order, so that concurrent calls cannot deadlock: user, group, member, habit, track. Removing a
member locks the user first, so a member who is being removed cannot follow another habit of the group meanwhile.
"""

from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import Case, Value, When

from achievements.shares import services as sharing
from common.edits import apply_edit
from common.errors import DomainError
from common.names import check_title
from community.groups import rules
from community.membership.codes import new_code
from community.membership.queries import without_banned
from community.membership.rules import MAX_JOINED, MAX_OWNED
from community.membership.services import leave_if_unentitled
from community.models import Group, GroupHabit, GroupMember, GroupRemoval, GroupShare, GroupTrack
from habits.models import Habit
from tracking.models import HabitTrack
from tracking.tracks import services as tracking
from tracking.tracks.queries import locked_track
from users.models import User

Role = GroupMember.Role


class GroupEdit(TypedDict, total=False):
    """What a group's owner and admins may change."""

    name: str
    description: str
    is_open: bool


@transaction.atomic
def create(*, owner: User, name: str, now: datetime, description: str = "", is_open: bool = False) -> Group:
    """Create a group with its owner as the first member. Raises DomainError too_many, invisible_character."""
    check_title(name)
    owner = _locked_user(owner)
    if GroupMember.objects.filter(user=owner, role=Role.OWNER).count() >= MAX_OWNED:
        raise DomainError("too_many", f"You can own up to {MAX_OWNED} groups.")
    group = Group.objects.create(name=name, description=description, is_open=is_open, code=new_code())
    GroupMember.objects.create(group=group, user=owner, role=Role.OWNER, joined_at=now)
    return group


@transaction.atomic
def edit(*, user: User, group_id: int, **changes: Unpack[GroupEdit]) -> Group:
    """Change a group that the user owns or administers.

    Raises GroupMember.DoesNotExist, DomainError not_allowed, invisible_character.
    """
    group, _ = _managed_group(user, group_id)
    if changes.get("name", group.name) != group.name:
        check_title(changes["name"])
    apply_edit(group, changes, fields=GroupEdit)
    group.save()
    return group


@transaction.atomic
def renew_code(*, user: User, group_id: int) -> Group:
    """Replace the invitation code of a group that the user owns or administers; the old code stops working.

    Raises GroupMember.DoesNotExist, DomainError not_allowed.
    """
    group, _ = _managed_group(user, group_id)
    group.code = new_code()
    group.save(update_fields=["code"])
    return group


@transaction.atomic
def dissolve(*, user: User, group_id: int) -> None:
    """Delete the user's group. Members keep their tracks and logs.

    Raises GroupMember.DoesNotExist, DomainError not_allowed.
    """
    group, member = _locked_group(user, group_id)
    _require_owner(member)
    delete_group(group=group)


@transaction.atomic
def delete_group(*, group: Group) -> None:
    """Delete a group, on behalf of its owner or staff."""
    group.delete()


def join(*, user: User, group_id: int, now: datetime) -> tuple[GroupMember, bool]:
    """Join an open group; return the member and whether it is new.

    Raises Group.DoesNotExist (also for a closed group), DomainError removed, full, too_many.
    """
    group = Group.objects.get(pk=group_id)
    if not (group.is_open or group.members.filter(user=user).exists()):
        raise Group.DoesNotExist
    return _join(user, group, now=now)


def join_by_code(*, user: User, code: str, now: datetime) -> tuple[GroupMember, bool]:
    """Join the group of an invitation code, even after a removal; return the member and whether it is new.

    Raises DomainError unknown_code, full, too_many.
    """
    return _join(user, by_code(code), code=code, now=now)


def by_code(code: str) -> Group:
    """Return the group of an invitation code. Raises DomainError unknown_code."""
    group = Group.objects.filter(code=code).first()
    if group is None:
        raise _unknown_code()
    return group


@transaction.atomic
def leave(*, user: User, group_id: int, now: datetime) -> None:
    """Leave a group. Raises GroupMember.DoesNotExist, and DomainError owner if the user owns it."""
    user = _locked_user(user)
    group, member = _locked_group(user, group_id)
    if member.role == Role.OWNER:
        raise DomainError("owner", "You own this group. Transfer it to another member first, or delete it.")
    _remove_member(group, member, now=now)


@transaction.atomic
def remove_member(*, user: User, group_id: int, username: str, now: datetime) -> None:
    """Remove a member. The owner may remove anybody else, an admin only plain members.

    Renews the group's code, so that the removed user can return only by a new invitation. Raises
    GroupMember.DoesNotExist, DomainError not_allowed.
    """
    GroupMember.objects.get(group=group_id, user=user)  # before anything reveals whether `username` is a member
    member = GroupMember.objects.select_related("user").get(group=group_id, user=User.objects.by_username(username))
    removed = _locked_user(member.user)
    group, own = _managed_group(user, group_id)
    member = _locked_member(group, removed)
    if member.role == Role.OWNER or (member.can_manage and own.role != Role.OWNER):
        raise DomainError(
            "not_allowed", "Only the owner can remove admins, and nobody can remove the owner.", "username"
        )
    _remove_member(group, member, now=now)
    GroupRemoval.objects.get_or_create(group=group, user=removed)
    group.code = new_code()
    group.save(update_fields=["code"])


@transaction.atomic
def set_role(*, user: User, group_id: int, username: str, role: str) -> GroupMember:
    """Make a member of the user's group an admin, or a plain member again; return the member.

    Raises GroupMember.DoesNotExist, DomainError not_allowed.
    """
    group, own = _locked_group(user, group_id)
    member = _locked_member_named(group, username)
    _require_owner(own)
    if member.pk == own.pk:
        raise DomainError("not_allowed", "You own this group. Transfer it to another member instead.", "role")
    member.role = role
    member.save(update_fields=["role"])
    return member


@transaction.atomic
def transfer_ownership(*, user: User, group_id: int, username: str) -> GroupMember:
    """Make another member the owner of the user's group, and the user an admin; return the new owner.

    Raises GroupMember.DoesNotExist, DomainError not_allowed, does_not_exist.
    """
    group, own = _locked_group(user, group_id)
    _require_owner(own)
    try:
        member = _locked_member_named(group, username)
    except GroupMember.DoesNotExist as error:
        raise DomainError("does_not_exist", "The group has no such member.", "username") from error
    if member.pk != own.pk:
        own.role = Role.ADMIN
        own.save(update_fields=["role"])
        member.role = Role.OWNER
        member.save(update_fields=["role"])
    return member


@transaction.atomic
def add_habit(*, user: User, group_id: int, habit_id: int, now: datetime) -> tuple[GroupHabit, bool]:
    """Add a useful habit, the user's own or a published one, to a group that the user owns or administers.

    Returns the group habit and whether it is new. Raises GroupMember.DoesNotExist, DomainError not_allowed, does_not_exist, pleasant, too_many.
    """
    group, _ = _managed_group(user, group_id)
    habit = Habit.objects.select_for_update(no_key=True).filter(pk=habit_id).first()
    if habit is None or not (habit.is_published or habit.owner_id == user.pk):
        raise DomainError("does_not_exist", "Choose one of your habits or a public one.", "habit")
    if habit.is_pleasant:
        raise DomainError("pleasant", "A pleasant habit is a reward and is not tracked.", "habit")
    if existing := group.habits.filter(habit=habit).first():
        return existing, False
    if group.habits.count() >= rules.MAX_HABITS:
        raise DomainError("too_many", f"A group can have up to {rules.MAX_HABITS} habits.", "habit")
    return GroupHabit.objects.create(group=group, habit=habit, added_at=now), True


@transaction.atomic
def remove_habit(*, user: User, group_id: int, habit_id: int) -> None:
    """Remove a habit from a group that the user owns or administers, or the user's own habit.

    Members keep their tracks of it. Raises GroupMember.DoesNotExist, GroupHabit.DoesNotExist, DomainError
    not_allowed.
    """
    group, own = _locked_group(user, group_id)
    group_habit = GroupHabit.objects.get(group=group, habit=habit_id)
    if not own.can_manage and group_habit.habit.owner_id != user.pk:
        raise DomainError("not_allowed", "Only the group's owner, its admins and the habit's owner can do this.")
    group_habit.delete()


@transaction.atomic
def follow_habit(*, user: User, group_id: int, habit_id: int, now: datetime) -> tuple[GroupTrack, bool]:
    """Follow a group habit; from then on the group sees the user's track. Return the group track, and whether it is new.

    Raises GroupMember.DoesNotExist, GroupHabit.DoesNotExist, and those of tracking.follow.
    """
    user = _locked_user(user)
    member = GroupMember.objects.select_for_update(no_key=True).get(group=group_id, user=user)
    rows = GroupHabit.objects.filter(group=group_id, habit=habit_id)
    has_access = _membership_grants_habit(rows.select_related("habit").get())
    track, is_new = tracking.follow(user=user, habit_id=habit_id, has_access=has_access, now=now)
    # The habit's lock, which follow() takes, comes before this one: check again that the group still has the habit.
    group_habit = rows.select_for_update(no_key=True).get()
    return GroupTrack.objects.get_or_create(
        group_habit=group_habit,
        member=member,
        defaults={"track": track, "started_track": is_new, "shown_since": now},
    )


@transaction.atomic
def unfollow_habit(*, user: User, group_id: int, habit_id: int, now: datetime) -> None:
    """Hide the user's track of the habit from the group, and leave the habit if only the group allowed following it.

    Raises GroupTrack.DoesNotExist.
    """
    found = GroupTrack.objects.get(member__user=user, group_habit__group=group_id, group_habit__habit=habit_id)
    track = locked_track(user, found.track_id)
    GroupTrack.objects.filter(pk=found.pk).delete()
    if found.started_track:
        leave_if_unentitled(track=track, now=now)


@transaction.atomic
def post_share(*, user: User, group_id: int, share_id: int, now: datetime) -> tuple[GroupShare, bool]:
    """Post one of the user's live share links to the group's feed; return the post and whether it is new.

    Deletes the user's posts of revoked links. Raises GroupMember.DoesNotExist, DomainError does_not_exist.
    """
    user = _locked_user(user)
    member = GroupMember.objects.select_for_update(no_key=True).get(group=group_id, user=user)
    links = list(sharing.links_of(user, now=now))
    live = {entry.link.pk: entry.link.token for entry in sharing.link_details(links, now=now) if entry.is_live}
    if share_id not in live:
        raise DomainError("does_not_exist", "You have no such share link, or it shows nothing at the moment.", "share")
    member.shares.exclude(token__in=[link.token for link in links]).delete()
    return GroupShare.objects.get_or_create(member=member, token=live[share_id], defaults={"posted_at": now})


@transaction.atomic(savepoint=False)
def hide_track(*, track: HabitTrack) -> None:
    """Hide a track that is being left or deleted from all groups. The caller holds the track's lock."""
    GroupTrack.objects.filter(track=track).delete()


def remove_if_unavailable(*, habit: Habit) -> None:
    """Remove a habit that was edited from the groups that may no longer have it: pleasant now, or not published."""
    if habit.is_pleasant:
        remove_habit_from_all(habit=habit)
    elif not habit.is_published:
        remove_unpublished_habit(habit=habit)


@transaction.atomic(savepoint=False)
def remove_habit_from_all(*, habit: Habit) -> None:
    """Remove a habit that is being deleted or has become a pleasant one from all groups."""
    GroupHabit.objects.filter(habit=habit).delete()


@transaction.atomic(savepoint=False)
def remove_unpublished_habit(*, habit: Habit) -> None:
    """Remove a habit that is no longer published from groups of which its owner is not a member; tracks are kept."""
    GroupHabit.objects.filter(habit=habit).exclude(group__members__user=habit.owner).delete()


@transaction.atomic(savepoint=False)
def remove_user(*, user: User) -> None:
    """Remove a user whose account is being deleted from all groups, and pass groups that they own to a successor.

    The successor is the longest-serving admin, or member if there is no admin; banned users come last. A group
    without other members is deleted.
    """
    GroupRemoval.objects.filter(user=user).delete()
    groups = Group.objects.filter(pk__in=user.group_memberships.values("group"))
    for group in groups.select_for_update(no_key=True).order_by("pk"):
        member = _locked_member(group, user)
        was_owner = member.role == Role.OWNER
        member.delete()
        if not was_owner:
            continue
        admins_first = Case(When(role=Role.ADMIN, then=Value(0)), default=Value(1))
        successor = group.members.order_by("-user__is_active", admins_first, "joined_at", "pk").first()
        if successor is None:
            group.delete()
        else:
            successor.role = Role.OWNER
            successor.save(update_fields=["role"])


@transaction.atomic
def _join(user: User, group: Group, *, now: datetime, code: str | None = None) -> tuple[GroupMember, bool]:
    user = _locked_user(user)
    group = Group.objects.select_for_update(no_key=True).get(pk=group.pk)
    if existing := group.members.filter(user=user).first():
        return existing, False
    if code is not None and group.code != code:
        raise _unknown_code()  # the code was renewed before the group was locked
    removal = GroupRemoval.objects.filter(group=group, user=user)
    if code is None and removal.exists():
        raise DomainError("removed", "You were removed from this group. Ask for a new invitation.")
    if group.members.count() >= rules.MAX_MEMBERS:
        raise DomainError("full", f"The group is full: it can have up to {rules.MAX_MEMBERS} members.")
    if GroupMember.objects.filter(user=user).count() >= MAX_JOINED:
        raise DomainError("too_many", f"You can be a member of up to {MAX_JOINED} groups.")
    removal.delete()
    return GroupMember.objects.create(group=group, user=user, joined_at=now), True


def _remove_member(group: Group, member: GroupMember, *, now: datetime) -> None:
    """Remove a member, the member's unpublished habits, and tracks that only the group allowed the member to have."""
    shown = dict(member.tracks.values_list("track", "started_track"))
    tracks = [locked_track(member.user, pk) for pk in sorted(shown)]
    group.habits.filter(habit__owner=member.user, habit__is_published=False).delete()
    member.delete()
    for track in tracks:
        if shown[track.pk]:
            leave_if_unentitled(track=track, now=now)


def _membership_grants_habit(group_habit: GroupHabit) -> bool:
    """Return whether members may follow the habit even if it is not published.

    They may if its owner is a member of the group, or if it has no owner any more.
    """
    owner = group_habit.habit.owner_id
    return owner is None or GroupMember.objects.filter(group=group_habit.group_id, user=owner).exists()


def _locked_user(user: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _locked_group(user: User, group_id: int) -> tuple[Group, GroupMember]:
    """Lock and return the group and the user's membership. Raises GroupMember.DoesNotExist."""
    group = Group.objects.select_for_update(no_key=True).filter(pk=group_id).first()
    if group is None:
        raise GroupMember.DoesNotExist
    return group, _locked_member(group, user)


def _managed_group(user: User, group_id: int) -> tuple[Group, GroupMember]:
    """Do the same as `_locked_group`, and raise DomainError not_allowed unless the user is the owner or an admin."""
    group, member = _locked_group(user, group_id)
    if not member.can_manage:
        raise DomainError("not_allowed", "Only the group's owner and admins can do this.")
    return group, member


def _require_owner(member: GroupMember) -> None:
    if member.role != Role.OWNER:
        raise DomainError("not_allowed", "Only the group's owner can do this.")


def _locked_member(group: Group, user: User) -> GroupMember:
    return GroupMember.objects.select_for_update(no_key=True).get(group=group, user=user)


def _locked_member_named(group: Group, username: str) -> GroupMember:
    rows = GroupMember.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    return without_banned(rows).get(group=group, user=User.objects.by_username(username))


def _unknown_code() -> DomainError:
    return DomainError("unknown_code", "This code is not valid, or not any more. Ask for a new invitation.", "code")
