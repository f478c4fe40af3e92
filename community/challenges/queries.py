"""Queries for challenges: visibility, members, ranks and logs."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from community.membership.queries import without_banned
from community.models import Challenge, ChallengeMember
from habits.models import Habit
from tracking.models import HabitLog
from users.models import User
from users.timing import latest_date_anywhere


def challenges_for(user: User) -> QuerySet[Challenge]:
    """Return public challenges and those that the user created or has joined, latest start first.

    Annotates `is_member` and `member_count`.
    """
    mine = ChallengeMember.objects.filter(challenge=OuterRef("pk"), user=user)
    members = without_banned(ChallengeMember.objects.filter(challenge=OuterRef("pk"))).order_by().values("challenge")
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
    """Filter challenges by their state at `now`, as Challenge.state_at defines it."""
    if state == "cancelled":
        return challenges.filter(cancelled_at__isnull=False)
    challenges = challenges.filter(cancelled_at=None)
    if state == "over":
        return challenges.filter(ends_at__lte=now)
    begun = Q(first_day__lte=latest_date_anywhere(now))
    return challenges.filter(begun if state == "running" else ~begun, ends_at__gt=now)


def unfinished(*, now: datetime) -> Q:
    """Return the condition for challenges that are neither over nor cancelled."""
    return Q(cancelled_at=None, ends_at__gt=now)


def member_of(challenge_id: int, user: User) -> ChallengeMember:
    """Return the user's membership. Raises ChallengeMember.DoesNotExist."""
    return ChallengeMember.objects.select_related("challenge").get(challenge=challenge_id, user=user)


def ranked_members(challenge: Challenge) -> QuerySet[ChallengeMember]:
    """Return the visible members, best first: by completed days, then by strength."""
    members = without_banned(ChallengeMember.objects.filter(challenge=challenge))
    # A join with users would be made for all members before the page is cut; a prefetch reads the page's users only.
    return members.prefetch_related("user").order_by(F("completed").desc(), F("strength").desc(), "pk")


def rank_of(member: ChallengeMember) -> int:
    """Return the member's final rank, or their current one. Equal members share a rank."""
    if member.rank is not None:
        return member.rank
    return 1 + _better(member).count()


def ranks_of(page: Sequence[ChallengeMember], *, before: int) -> list[int]:
    """Return the ranks of consecutive members in the order of `ranked_members`, with at most one query.

    `before`: how many members come before them in that order, which the page knows: so nobody has to be counted but
    those of them who are equal to the first one and share their rank.
    """
    if not page or page[0].rank is not None:
        return [rank_of(member) for member in page]
    rank = 1 + before - _ties_before(page[0]).count()
    ranks: list[int] = []
    for number, member in enumerate(page):
        if _score(member) != _score(page[max(0, number - 1)]):
            rank = 1 + before + number
        ranks.append(rank)
    return ranks


def logs_by_member(members: Sequence[ChallengeMember], *, first: date, last: date) -> dict[int, list[HabitLog]]:
    """Return each member's logs of the days `first`..`last` in order, by member id, with one query."""
    found: dict[int, list[HabitLog]] = {}
    tracks = [member.track_id for member in members if member.track_id]
    logs = HabitLog.objects.filter(track__in=tracks, day__gte=first, day__lte=last).only(
        "track_id", "day", "status", "amount"
    )
    for log in logs.order_by("track", "day"):
        found.setdefault(log.track_id, []).append(log)
    return {member.pk: found.get(member.track_id or 0, []) for member in members}


def invitation_grants_habit(challenge: Challenge, habit: Habit) -> bool:
    """Return whether an invitation code of the challenge allows following its habit even if it is not published.

    It does if the creator owns the habit, or if the habit has no owner any more.
    """
    return habit.owner_id is None or habit.owner_id == challenge.creator_id


def _better(member: ChallengeMember) -> QuerySet[ChallengeMember]:
    more = Q(completed__gt=member.completed) | Q(completed=member.completed, strength__gt=member.strength)
    return without_banned(ChallengeMember.objects.filter(more, challenge=member.challenge_id))


def _ties_before(member: ChallengeMember) -> QuerySet[ChallengeMember]:
    ties = ChallengeMember.objects.filter(
        challenge=member.challenge_id, completed=member.completed, strength=member.strength
    )
    return without_banned(ties.filter(pk__lt=member.pk))


def _score(member: ChallengeMember) -> tuple[int, float]:
    return member.completed, member.strength
