"""Query filters of the list of groups."""

import django_filters
from django.db.models import QuerySet

from common.filters import FilterSet, PartOfNameFilter
from community.models import Group


class GroupFilter(FilterSet):
    """Filter by `which` (mine, open) and part of the name."""

    which = django_filters.ChoiceFilter(
        choices=[("mine", "mine"), ("open", "open")],
        method="of_which",
        help_text="Those of which you are a member, or the open ones.",
    )
    name = PartOfNameFilter()

    class Meta:
        model = Group
        fields: list[str] = []

    def of_which(self, groups: QuerySet[Group], name: str, value: str) -> QuerySet[Group]:
        if value == "open":
            return groups.filter(is_open=True)
        return groups.filter(members__user=self.request.user.pk)
