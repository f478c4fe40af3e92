"""Reads of habits: whose, which, in which order."""

from datetime import date

from django.db.models import (
    Case,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from habits.models import Habit, HabitSchedule
from habits.recurrence import Frequency
from users.models import User


def own_habits(user: User, *, today: date) -> QuerySet[Habit]:
    """The habits that the user owns, oldest first, with `frequency` in force on `today` and their `track_id`."""
    mine = FilteredRelation("tracks", condition=Q(tracks__user=user))
    habits = Habit.objects.filter(owner=user).annotate(mine=mine, track_id=F("mine__pk"))
    return _with_frequency(habits, today).order_by("created_at", "pk")


def public_habits(*, today: date) -> QuerySet[Habit]:
    """The published habits of people who are not barred, newest first, with `frequency` in force on `today`."""
    published = Habit.objects.filter(is_published=True, owner__is_active=True)
    return _with_frequency(published, today).order_by("-created_at", "-pk")


def _with_frequency(habits: QuerySet[Habit], today: date) -> QuerySet[Habit]:
    """Adds `frequency`, its rank for ordering (daily first), and what serializers read."""
    in_force = (
        HabitSchedule.objects.filter(Q(starts_on=None) | Q(starts_on__lte=today), habit=OuterRef("pk"))
        .order_by(Case(When(starts_on=None, then=1), default=0), "-starts_on")
        .values("frequency")[:1]
    )
    rank = Case(
        *(When(frequency=frequency.value, then=Value(place)) for place, frequency in enumerate(Frequency)),
        output_field=IntegerField(),
    )
    return (
        habits.annotate(frequency=Subquery(in_force))
        .annotate(frequency_rank=rank)
        .select_related("owner", "linked_habit")
        .prefetch_related("schedules")
    )
