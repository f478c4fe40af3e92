"""Filters and ordering of habit lists."""

import django_filters
from django.db.models import Q, QuerySet

from common.filters import BooleanFilter, FilterSet, PartOfNameFilter
from habits.models import Habit
from habits.recurrence import Frequency
from habits.rules import GoalType


class HabitFilter(FilterSet):
    """Support ?name= (part of the name, any case), &frequency=, &kind=useful|pleasant, &goal_type= and
    &ordering=name|frequency|created_at.
    """

    name = PartOfNameFilter()
    frequency = django_filters.ChoiceFilter(
        choices=[(f.value, f.value) for f in Frequency], help_text="The current frequency."
    )
    kind = django_filters.ChoiceFilter(
        choices=[("useful", "useful"), ("pleasant", "pleasant")],
        method="filter_kind",
        help_text="Useful or pleasant habits.",
    )
    goal_type = django_filters.ChoiceFilter(
        choices=[(each.value, each.value) for each in GoalType],
        help_text="Habits to be done (at_least), or to be kept within a limit (at_most).",
    )
    ordering = django_filters.OrderingFilter(
        fields=[("name", "name"), ("frequency_rank", "frequency"), ("created_at", "created_at")],
        help_text="One or more fields, separated by commas; a minus sign reverses the order.",
    )

    class Meta:
        model = Habit
        fields: list[str] = []

    def filter_kind(self, habits: QuerySet[Habit], name: str, value: str) -> QuerySet[Habit]:
        return habits.filter(is_pleasant=value == "pleasant")

    def filter_queryset(self, queryset: QuerySet[Habit]) -> QuerySet[Habit]:
        """Filter and order the queryset, with the primary key as the last sort key.

        Without that key, rows with equal sort values could appear on two pages or on none.
        """
        habits: QuerySet[Habit] = super().filter_queryset(queryset)
        return habits.order_by(*habits.query.order_by, "pk")


class OwnHabitFilter(HabitFilter):
    """Support ?archived= as well. Expects the annotations of habits.queries.own_habits."""

    archived = BooleanFilter(
        field_name="mine__archived_at",
        lookup_expr="isnull",
        exclude=True,
        help_text="true: habits whose track you have archived instead of the others.",
    )

    def filter_queryset(self, queryset: QuerySet[Habit]) -> QuerySet[Habit]:
        """Filter and order the queryset, without archived habits unless they are asked for."""
        habits = super().filter_queryset(queryset)
        return habits if self.form.cleaned_data.get("archived") else habits.filter(Q(mine__archived_at=None))
