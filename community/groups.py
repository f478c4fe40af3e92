"""Groups: made, joined, led, left, dissolved; the habits that they keep. The only writer of them.

Locks are taken in this order: person, group, member, habit, track. So whoever was removed has no way in between.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, Value, When

from achievements import sharing
from common.errors import DomainError
from community import rules
from community.models import Group, GroupHabit, GroupMember, GroupRemoval, GroupShare, GroupTrack
from community.queries import unbarred
from community.rights import let_go
from habits.models import Habit
from tracking import services as tracking
from tracking.models import HabitTrack
from tracking.queries import locked_track
from users.models import User

Role = GroupMember.Role


@transaction.atomic
def create(*, owner: User, name: str, now: datetime, description: str = "", is_open: bool = False) -> Group:
    """Makes a group with its owner. Raises DomainError too_many."""
    owner = _locked_person(owner)
    if GroupMember.objects.filter(user=owner, role=Role.OWNER).count() >= rules.MOST_MADE:
        raise DomainError("too_many", f"Up to {rules.MOST_MADE} groups of one's own.")
    group = Group.objects.create(name=name, description=description, is_open=is_open, code=rules.new_code())
    GroupMember.objects.create(group=group, user=owner, role=Role.OWNER, joined_at=now)
    return group


@transaction.atomic
def edit(*, user: User, group_id: int, **changes: Any) -> Group:
    """Changes name, description, is_open of a group that the user leads.

    Raises GroupMember.DoesNotExist, DomainError not_allowed.
    """
    group, _ = _led(user, group_id)
    for name, value in changes.items():
        setattr(group, name, value)
    group.save()
    return group


@transaction.atomic
def renew_code(*, user: User, group_id: int) -> Group:
    """Gives the group another code; the old one lets nobody in any more. Raises what `edit` raises."""
    group, _ = _led(user, group_id)
    group.code = rules.new_code()
    group.save(update_fields=["code"])
    return group


@transaction.atomic
def dissolve(*, user: User, group_id: int) -> None:
    """Ends the group; what its members track stays theirs. Raises GroupMember.DoesNotExist, DomainError not_allowed."""
    group, member = _locked(user, group_id)
    _owners_only(member)
    remove_group(group=group)


@transaction.atomic
def remove_group(*, group: Group) -> None:
    """The removal itself, for its owner and for staff."""
    group.delete()


def join(*, user: User, group_id: int, now: datetime) -> tuple[GroupMember, bool]:
    """Joins an open group: (the member, whether that is news).

    A closed one answers as if there were none. Raises Group.DoesNotExist, DomainError removed, full, too_many.
    """
    group = Group.objects.get(pk=group_id)
    if not (group.is_open or group.members.filter(user=user).exists()):
        raise Group.DoesNotExist
    return _join(user, group, now=now)


def join_by_code(*, user: User, code: str, now: datetime) -> tuple[GroupMember, bool]:
    """Joins whichever group the code is for, also after a removal. Raises DomainError unknown_code, full, too_many."""
    return _join(user, by_code(code), code=code, now=now)


def by_code(code: str) -> Group:
    """The group that the code is for. Raises DomainError unknown_code."""
    group = Group.objects.filter(code=code).first()
    if group is None:
        raise _unknown_code()
    return group


@transaction.atomic
def leave(*, user: User, group_id: int, now: datetime) -> None:
    """Leaves a group. Raises GroupMember.DoesNotExist, DomainError owner (who hands over, or dissolves, first)."""
    user = _locked_person(user)
    group, member = _locked(user, group_id)
    if member.role == Role.OWNER:
        raise DomainError("owner", "The group is yours: hand it over first, or dissolve it.")
    _part(group, member, now=now)


@transaction.atomic
def remove(*, user: User, group_id: int, username: str, now: datetime) -> None:
    """Removes a member, who sees nothing of the group from then on: the owner anybody, an admin plain members.

    The group's code is renewed: they come back by a new invitation alone.
    Raises GroupMember.DoesNotExist, User.DoesNotExist, DomainError not_allowed.
    """
    GroupMember.objects.get(group=group_id, user=user)  # who is no member learns nothing of who is
    person = _locked_person(User.objects.get(username__iexact=username, group_memberships__group=group_id))
    group, own = _led(user, group_id)
    member = _member(group, person)
    if member.role == Role.OWNER or (member.leads and own.role != Role.OWNER):
        raise DomainError("not_allowed", "Only the owner removes admins; and nobody the owner.", "username")
    _part(group, member, now=now)
    GroupRemoval.objects.get_or_create(group=group, user=person)
    group.code = rules.new_code()
    group.save(update_fields=["code"])


@transaction.atomic
def set_role(*, user: User, group_id: int, username: str, role: str) -> GroupMember:
    """Makes a member of the user's group an admin, or a plain member again.

    Raises GroupMember.DoesNotExist, DomainError not_allowed.
    """
    group, own = _locked(user, group_id)
    member = _named(group, username)
    _owners_only(own)
    if member.pk == own.pk:
        raise DomainError("not_allowed", "The group is yours: hand it over instead.", "role")
    member.role = role
    member.save(update_fields=["role"])
    return member


@transaction.atomic
def hand_over(*, user: User, group_id: int, username: str) -> GroupMember:
    """Makes another member the owner; who it was becomes an admin.

    Raises GroupMember.DoesNotExist, DomainError not_allowed, does_not_exist.
    """
    group, own = _locked(user, group_id)
    _owners_only(own)
    try:
        member = _named(group, username)
    except GroupMember.DoesNotExist as error:
        raise DomainError("does_not_exist", "There is no such member.", "username") from error
    if member.pk != own.pk:
        own.role = Role.ADMIN
        own.save(update_fields=["role"])
        member.role = Role.OWNER
        member.save(update_fields=["role"])
    return member


@transaction.atomic
def add_habit(*, user: User, group_id: int, habit_id: int, now: datetime) -> tuple[GroupHabit, bool]:
    """Adds a useful habit, the user's own or a published one, to a group that they lead: (it, whether that is news).

    Raises GroupMember.DoesNotExist, DomainError not_allowed, does_not_exist, pleasant, too_many.
    """
    group, _ = _led(user, group_id)
    habit = Habit.objects.select_for_update(no_key=True).filter(pk=habit_id).first()
    if habit is None or not (habit.is_published or habit.owner_id == user.pk):
        raise DomainError("does_not_exist", "There is no such habit of yours, or public one.", "habit")
    if habit.is_pleasant:
        raise DomainError("pleasant", "A pleasant habit is a reward: it is not tracked.", "habit")
    there = group.habits.filter(habit=habit).first()
    if there is None and group.habits.count() >= rules.MAX_HABITS:
        raise DomainError("too_many", f"Up to {rules.MAX_HABITS} habits.", "habit")
    return (there, False) if there else (GroupHabit.objects.create(group=group, habit=habit, added_at=now), True)


@transaction.atomic
def remove_habit(*, user: User, group_id: int, habit_id: int) -> None:
    """Takes a habit from the group; who tracks it goes on alone.

    Raises GroupMember.DoesNotExist, GroupHabit.DoesNotExist, DomainError not_allowed.
    """
    group, own = _locked(user, group_id)
    group_habit = GroupHabit.objects.get(group=group, habit=habit_id)
    if not own.leads and group_habit.habit.owner_id != user.pk:
        raise DomainError("not_allowed", "Only the owner and admins do this, and whose habit it is.")
    group_habit.delete()


@transaction.atomic
def follow_habit(*, user: User, group_id: int, habit_id: int, now: datetime) -> tuple[GroupTrack, bool]:
    """Follows a group habit, which from then on the group sees: (it, whether that is news).

    Raises GroupMember.DoesNotExist, GroupHabit.DoesNotExist, and what tracking.follow raises.
    """
    user = _locked_person(user)
    member = GroupMember.objects.select_for_update(no_key=True).get(group=group_id, user=user)
    kept = GroupHabit.objects.filter(group=group_id, habit=habit_id)
    lent = _lends(kept.select_related("habit").get())
    track, is_new = tracking.follow(user=user, habit_id=habit_id, lent=lent, now=now)
    group_habit = kept.select_for_update(no_key=True).get()  # still; a habit's lock comes before
    return GroupTrack.objects.get_or_create(
        group_habit=group_habit,
        member=member,
        defaults={"track": track, "started_track": is_new, "shown_since": now},
    )


@transaction.atomic
def unfollow_habit(*, user: User, group_id: int, habit_id: int, now: datetime) -> None:
    """Shows the group no more of the habit, and leaves one that only the group gave the right to follow.

    Raises GroupTrack.DoesNotExist.
    """
    found = GroupTrack.objects.get(member__user=user, group_habit__group=group_id, group_habit__habit=habit_id)
    track = locked_track(user, found.track_id)
    GroupTrack.objects.filter(pk=found.pk).delete()
    if found.started_track:
        let_go(track=track, now=now)


@transaction.atomic
def post_share(*, user: User, group_id: int, share_id: int, now: datetime) -> tuple[GroupShare, bool]:
    """Posts one of the user's live share links into the group's feed: (it, whether that is news).

    Forgets what they posted of links that were taken back. Raises GroupMember.DoesNotExist, DomainError does_not_exist.
    """
    user = _locked_person(user)
    member = GroupMember.objects.select_for_update(no_key=True).get(group=group_id, user=user)
    links = list(sharing.links_of(user, now=now))
    live = {entry.link.pk: entry.link.token for entry in sharing.link_details(links, now=now) if entry.is_live}
    if share_id not in live:
        raise DomainError("does_not_exist", "You have no such link, or it shows nothing just now.", "share")
    member.shares.exclude(token__in=[link.token for link in links]).delete()
    return GroupShare.objects.get_or_create(member=member, token=live[share_id], defaults={"posted_at": now})


@transaction.atomic
def drop_track(*, track: HabitTrack) -> None:
    """Shows groups no more of a track that was left, or goes. The caller holds the track's lock."""
    GroupTrack.objects.filter(track=track).delete()


@transaction.atomic
def forget_habit(*, habit: Habit) -> None:
    """Takes a habit that goes, or is no longer tracked, from all groups."""
    GroupHabit.objects.filter(habit=habit).delete()


@transaction.atomic
def forget_unpublished(*, habit: Habit) -> None:
    """Takes a habit that is published no more from the groups that its owner is not in; who tracks it goes on alone."""
    GroupHabit.objects.filter(habit=habit).exclude(group__members__user=habit.owner).delete()


@transaction.atomic
def forget_person(*, user: User) -> None:
    """Takes a person who leaves out of all groups; what they owned goes to who has been there longest.

    That is an admin, where there is one, else a member, of those whom staff have not barred; a group with nobody left
    is dissolved.
    """
    GroupRemoval.objects.filter(user=user).delete()
    groups = Group.objects.filter(pk__in=user.group_memberships.values("group"))
    for group in groups.select_for_update(no_key=True).order_by("pk"):
        member = _member(group, user)
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
    user = _locked_person(user)
    group = Group.objects.select_for_update(no_key=True).get(pk=group.pk)
    if there := group.members.filter(user=user).first():
        return there, False
    if code is not None and group.code != code:
        raise _unknown_code()  # renewed meanwhile
    removal = GroupRemoval.objects.filter(group=group, user=user)
    if code is None and removal.exists():
        raise DomainError("removed", "You were removed from this group: ask for an invitation.")
    if group.members.count() >= rules.MOST_MEMBERS:
        raise DomainError("full", f"A group has room for {rules.MOST_MEMBERS} members.")
    if GroupMember.objects.filter(user=user).count() >= rules.MOST_JOINED:
        raise DomainError("too_many", f"Up to {rules.MOST_JOINED} groups at a time.")
    removal.delete()
    return GroupMember.objects.create(group=group, user=user, joined_at=now), True


def _part(group: Group, member: GroupMember, *, now: datetime) -> None:
    """Takes a member out, with their unpublished habits; and them out of those that only the group let them follow."""
    shown = dict(member.tracks.values_list("track", "started_track"))
    tracks = [locked_track(member.user, pk) for pk in sorted(shown)]
    group.habits.filter(habit__owner=member.user, habit__is_published=False).delete()
    member.delete()
    for track in tracks:
        if shown[track.pk]:
            let_go(track=track, now=now)


def _lends(group_habit: GroupHabit) -> bool:
    """Whether membership gives the right to follow the habit, published or not: its owner is a member, or gone."""
    owner = group_habit.habit.owner_id
    return owner is None or GroupMember.objects.filter(group=group_habit.group_id, user=owner).exists()


def _locked_person(user: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _locked(user: User, group_id: int) -> tuple[Group, GroupMember]:
    """The group, locked, and the user's membership of it. Raises GroupMember.DoesNotExist."""
    group = Group.objects.select_for_update(no_key=True).filter(pk=group_id).first()
    if group is None:
        raise GroupMember.DoesNotExist
    return group, _member(group, user)


def _led(user: User, group_id: int) -> tuple[Group, GroupMember]:
    """The same where the user is its owner or an admin. Raises DomainError not_allowed besides."""
    group, member = _locked(user, group_id)
    if not member.leads:
        raise DomainError("not_allowed", "Only the owner and admins do this.")
    return group, member


def _owners_only(member: GroupMember) -> None:
    if member.role != Role.OWNER:
        raise DomainError("not_allowed", "Only the owner does this.")


def _member(group: Group, user: User) -> GroupMember:
    return GroupMember.objects.select_for_update(no_key=True).get(group=group, user=user)


def _named(group: Group, username: str) -> GroupMember:
    rows = GroupMember.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    return unbarred(rows).get(group=group, user__username__iexact=username)


def _unknown_code() -> DomainError:
    return DomainError("unknown_code", "There is no group with this code, or not any more.", "code")
