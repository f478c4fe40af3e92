"""Filters and orders of habit lists."""

import django_filters
from django.db.models import QuerySet

from habits.models import Habit
from habits.recurrence import Frequency


class HabitFilter(django_filters.FilterSet):
    """?name= (part of it, whatever the case) &frequency= &kind=useful|pleasant &ordering=name|frequency|created_at."""

    name = django_filters.CharFilter(lookup_expr="icontains")
    frequency = django_filters.ChoiceFilter(choices=[(f.value, f.value) for f in Frequency])
    kind = django_filters.ChoiceFilter(choices=[("useful", "useful"), ("pleasant", "pleasant")], method="of_kind")
    ordering = django_filters.OrderingFilter(
        fields=[("name", "name"), ("frequency_rank", "frequency"), ("created_at", "created_at")]
    )

    class Meta:
        model = Habit
        fields: list[str] = []

    def of_kind(self, habits: QuerySet[Habit], name: str, value: str) -> QuerySet[Habit]:
        return habits.filter(is_pleasant=value == "pleasant")

    def filter_queryset(self, queryset: QuerySet[Habit]) -> QuerySet[Habit]:
        """Ties keep one order, so that pages neither repeat nor lose a habit."""
        habits: QuerySet[Habit] = super().filter_queryset(queryset)
        return habits.order_by(*habits.query.order_by, "pk")
