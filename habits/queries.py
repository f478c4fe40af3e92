"""Querysets of habits: an owner's habits and the public list."""

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
    """Return the habits that the user owns, oldest first.

    Annotated with `frequency` (in force on `today`) and `track_id` (the user's own track).
    """
    mine = FilteredRelation("tracks", condition=Q(tracks__user=user))
    habits = Habit.objects.filter(owner=user).annotate(mine=mine, track_id=F("mine__pk"))
    return _with_frequency(habits, today).order_by("created_at", "pk")


def public_habits(*, today: date) -> QuerySet[Habit]:
    """Return published habits of active persons, newest first, annotated with `frequency` in force on `today`."""
    published = Habit.objects.filter(is_published=True, owner__is_active=True, owner__kind=User.Kind.PERSON)
    return _with_frequency(published, today).order_by("-created_at", "-pk")


def _with_frequency(habits: QuerySet[Habit], today: date) -> QuerySet[Habit]:
    """Annotate `frequency` and `frequency_rank` (daily first) and load what the serializers read."""
    in_force = (
        HabitSchedule.objects.filter(Q(starts_on=None) | Q(starts_on__lte=today), habit=OuterRef("pk"))
        .order_by(Case(When(starts_on=None, then=1), default=0), "-starts_on")
        .values("frequency")[:1]
    )
    rank = Case(
        *(When(frequency=frequency.value, then=Value(index)) for index, frequency in enumerate(Frequency)),
        output_field=IntegerField(),
    )
    return (
        habits.annotate(frequency=Subquery(in_force))
        .annotate(frequency_rank=rank)
        .select_related("owner", "linked_habit")
        .prefetch_related("schedules")
    )
