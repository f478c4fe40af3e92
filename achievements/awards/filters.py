"""Query filters of the list of achievements."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from achievements.awards.rules import KINDS
from achievements.models import Achievement
from common.filters import FilterSet, IdFilter


class AchievementFilter(FilterSet):
    """Filter by `habit` (id), `kind` and `held` (true or false)."""

    habit = IdFilter(field_name="habit_id")
    kind = django_filters.ChoiceFilter(choices=[(kind, entry.label) for kind, entry in KINDS.items()])
    held = django_filters.BooleanFilter(method="is_held")

    class Meta:
        model = Achievement
        fields: list[str] = []

    def is_held(self, achievements: Any, name: str, value: bool) -> QuerySet[Achievement]:
        """Filter rows from queries.visible_to, which annotates `award_id`."""
        held: QuerySet[Achievement] = achievements.filter(award_id__isnull=not value)
        return held
