"""Query filters of the list of challenges."""

import django_filters
from django.db.models import Q, QuerySet

from common import clock
from common.filters import FilterSet, PartOfNameFilter
from community.challenges.queries import in_state
from community.challenges.rules import STATES
from community.models import Challenge


class ChallengeFilter(FilterSet):
    """Filter by `which` (mine, public), `state` (upcoming, running, over, cancelled) and part of the name."""

    which = django_filters.ChoiceFilter(
        choices=[("mine", "mine"), ("public", "public")],
        method="of_which",
        help_text="Your own ones and those that you joined, or the public ones.",
    )
    state = django_filters.ChoiceFilter(
        choices=[(state, state) for state in STATES],
        method="of_state",
        help_text="Whether it has begun, is over or was cancelled.",
    )
    name = PartOfNameFilter()

    class Meta:
        model = Challenge
        fields: list[str] = []

    def of_which(self, challenges: QuerySet[Challenge], name: str, value: str) -> QuerySet[Challenge]:
        if value == "public":
            return challenges.filter(is_public=True)
        return challenges.filter(Q(is_member=True) | Q(creator=self.request.user.pk))

    def of_state(self, challenges: QuerySet[Challenge], name: str, value: str) -> QuerySet[Challenge]:
        return in_state(challenges, value, now=clock.now())
