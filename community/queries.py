"""Reads of challenges: which one may see, who is in them, how they stand."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypeVar

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from community.models import Challenge, ChallengeMember, GroupMember
from habits.models import Habit
from tracking.models import HabitLog
from users.models import User
from users.timing import latest_date_anywhere

Member = TypeVar("Member", ChallengeMember, GroupMember)


def unbarred(members: QuerySet[Member]) -> QuerySet[Member]:
    """Of members those whom others see and count: not the people whom staff have barred."""
    return members.exclude(user__in=User.objects.filter(is_active=False))  # few: an index knows them


def challenges_for(user: User) -> QuerySet[Challenge]:
    """The public challenges, and those that the user made or is in, the latest to begin first."""
    mine = ChallengeMember.objects.filter(challenge=OuterRef("pk"), user=user)
    members = unbarred(ChallengeMember.objects.filter(challenge=OuterRef("pk"))).order_by().values("challenge")
    found = Challenge.objects.annotate(
        is_member=Exists(mine),
        member_count=Coalesce(Subquery(members.annotate(number=Count("pk")).values("number")), 0),
    )
    public = Q(is_public=True, cancelled_at=None)
    return (
        found.filter(public | Q(is_member=True) | Q(creator=user))
        .select_related("creator", "habit__owner", "habit__linked_habit")
        .prefetch_related("habit__schedules")
        .order_by("-first_day", "-pk")
    )


def in_state(challenges: QuerySet[Challenge], state: str, *, now: datetime) -> QuerySet[Challenge]:
    """Those whose Challenge.state_at(now) it is."""
    if state == "cancelled":
        return challenges.filter(cancelled_at__isnull=False)
    challenges = challenges.filter(cancelled_at=None)
    if state == "over":
        return challenges.filter(ends_at__lte=now)
    begun = Q(first_day__lte=latest_date_anywhere(now))
    return challenges.filter(begun if state == "running" else ~begun, ends_at__gt=now)


def unfinished(*, now: datetime) -> Q:
    """Challenges that are neither over nor cancelled."""
    return Q(cancelled_at=None, ends_at__gt=now)


def member_of(challenge_id: int, user: User) -> ChallengeMember:
    """The user's membership. Raises ChallengeMember.DoesNotExist."""
    return ChallengeMember.objects.select_related("challenge").get(challenge=challenge_id, user=user)


def standings(challenge: Challenge) -> QuerySet[ChallengeMember]:
    """The members whom others see, the best first: by completed days, then by strength."""
    members = unbarred(ChallengeMember.objects.filter(challenge=challenge))
    return members.prefetch_related("user").order_by(  # of the page alone
        F("completed").desc(), F("strength").desc(), "pk"
    )


def rank_of(member: ChallengeMember) -> int:
    """The member's rank: as fixed, or as it stands. Equals share one."""
    if member.rank is not None:
        return member.rank
    return 1 + _better(member).count()


def ranks_of(page: Sequence[ChallengeMember]) -> list[int]:
    """The ranks of neighbours in the standings; two queries at most."""
    if not page or page[0].rank is not None:
        return [rank_of(member) for member in page]
    rank = rank_of(page[0])
    place = rank + _equals_before(page[0]).count()
    ranks: list[int] = []
    for number, member in enumerate(page):
        if _score(member) != _score(page[max(0, number - 1)]):
            rank = place + number
        ranks.append(rank)
    return ranks


def days_of(members: Sequence[ChallengeMember], *, first: date, last: date) -> dict[int, list[HabitLog]]:
    """What the members said of the days `first`..`last`, in order, by their ids; one query."""
    found: dict[int, list[HabitLog]] = {}
    tracks = [member.track_id for member in members if member.track_id]
    logs = HabitLog.objects.filter(track__in=tracks, day__gte=first, day__lte=last).only(
        "track_id", "day", "status", "amount"
    )
    for log in logs.order_by("track", "day"):
        found.setdefault(log.track_id, []).append(log)
    return {member.pk: found.get(member.track_id or 0, []) for member in members}


def lends(challenge: Challenge, habit: Habit) -> bool:
    """Whether an invitation to the challenge gives the right to follow its habit, published or not.

    It does where its creator shares a habit of their own, and for one that no longer has an owner.
    """
    return habit.owner_id is None or habit.owner_id == challenge.creator_id


def _better(member: ChallengeMember) -> QuerySet[ChallengeMember]:
    more = Q(completed__gt=member.completed) | Q(completed=member.completed, strength__gt=member.strength)
    return unbarred(ChallengeMember.objects.filter(more, challenge=member.challenge_id))


def _equals_before(member: ChallengeMember) -> QuerySet[ChallengeMember]:
    equals = ChallengeMember.objects.filter(
        challenge=member.challenge_id, completed=member.completed, strength=member.strength
    )
    return unbarred(equals.filter(pk__lt=member.pk))


def _score(member: ChallengeMember) -> tuple[int, float]:
    return member.completed, member.strength
