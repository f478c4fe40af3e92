"""Query filters of the list of achievements."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from achievements.awards.rules import KINDS
from achievements.models import Achievement
from common.filters import BooleanFilter, FilterSet, IdFilter


class AchievementFilter(FilterSet):
    """Filter by `habit` (id), `kind` and `held` (true or false)."""

    habit = IdFilter(field_name="habit_id", help_text="The id of a habit.")
    kind = django_filters.ChoiceFilter(
        choices=[(kind, entry.label) for kind, entry in KINDS.items()], help_text="What is counted."
    )
    held = BooleanFilter(method="is_held", help_text="Whether you hold it.")

    class Meta:
        model = Achievement
        fields: list[str] = []

    def is_held(self, achievements: Any, name: str, value: bool) -> QuerySet[Achievement]:
        """Filter rows from queries.visible_to, which annotates `award_id`."""
        held: QuerySet[Achievement] = achievements.filter(award_id__isnull=not value)
        return held
