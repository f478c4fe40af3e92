"""Challenges of a partner's people on its habits: by the services of community, with the partner's account as creator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from community.challenges import services as challenges
from community.models import Challenge, ChallengeMember
from integrations.models import Partner, PartnerPerson
from integrations.partners import queries, rules
from integrations.partners.queries import Person
from users.scopes import Scope


@dataclass(frozen=True, slots=True)
class Score:
    """A member's place in a challenge, by completed days, then strength: equal ones share a rank."""

    rank: int
    external_id: str
    completed: int
    strength: float


def of_partner(partner: Partner) -> QuerySet[Challenge]:
    """Return the partner's challenges, latest start first."""
    found = Challenge.objects.filter(creator=partner.account_id).select_related("habit")
    return found.order_by("-first_day", "-pk")


@transaction.atomic
def create(
    *,
    partner: Partner,
    habit_id: int,
    name: str,
    first_day: date,
    last_day: date,
    description: str = "",
    now: datetime,
) -> Challenge:
    """Create a challenge on one of the partner's habits. Its account is no member. Raises as challenges.create."""
    account = partner.account
    challenge = challenges.create(
        creator=account,
        habit_id=habit_id,
        name=name,
        description=description,
        first_day=first_day,
        last_day=last_day,
        now=now,
    )
    challenges.leave(user=account, challenge_id=challenge.pk, now=now)
    return challenge


@transaction.atomic
def join(*, who: Person, challenge_id: int, now: datetime) -> tuple[ChallengeMember, bool]:
    """Let a person take part, who also follows the habit then; return the member and whether it is new.

    Raises Challenge.DoesNotExist, PartnerPerson.DoesNotExist (not granted), and as challenges.join_by_code.
    """
    _check_granted(who)
    challenge = of_partner(who.row.partner).get(pk=challenge_id)
    return challenges.join_by_code(user=who.user, code=challenge.code, now=now)


@transaction.atomic
def leave(*, who: Person, challenge_id: int, now: datetime) -> None:
    """Let a person leave a challenge. Raises as `join`, and ChallengeMember.DoesNotExist."""
    _check_granted(who)
    challenge = of_partner(who.row.partner).get(pk=challenge_id)
    challenges.leave(user=who.user, challenge_id=challenge.pk, now=now)


def scores(*, partner: Partner, challenge_id: int) -> Sequence[Score]:
    """Return the places of those members who are the partner's people, best first. Raises Challenge.DoesNotExist.

    Others, who joined by its code, count for nobody's rank here. Accounts are listed if they granted stats:read.
    """
    challenge = of_partner(partner).get(pk=challenge_id)
    managed, linked = queries.ids_that_may(partner, Scope.STATS_READ)
    members = list(
        ChallengeMember.objects.filter(challenge=challenge, user__is_active=True)
        .filter(Q(user__in=managed) | Q(user__in=linked))
        .order_by("-completed", "-strength", "pk")
    )
    names = queries.external_ids(partner, [member.user_id for member in members])
    members = [member for member in members if member.user_id in names]
    ranks = rules.ranks([(member.completed, member.strength) for member in members])
    return [
        Score(rank, names[member.user_id], member.completed, round(member.strength, 4))
        for rank, member in zip(ranks, members, strict=True)
    ]


def _check_granted(who: Person) -> None:
    if not who.may(Scope.HABITS_WRITE):
        raise PartnerPerson.DoesNotExist
