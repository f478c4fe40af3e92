"""A partner's own habits and achievements, besides what the services of habits and achievements do themselves."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from achievements.models import Achievement
from common.errors import DomainError
from common.names import fold
from habits import services as habits
from habits.models import Habit
from habits.recurrence import Frequency, in_force
from integrations.models import Partner, PartnerPerson
from integrations.partners import queries, rules
from tracking.models import HabitTrack
from tracking.tracks import services as tracks


def achievements_of(partner: Partner) -> QuerySet[Achievement]:
    """Return the achievements of the partner's habits that can be earned, oldest first."""
    return Achievement.objects.filter(habit__owner=partner.account_id, retired_at=None).order_by("pk")


@transaction.atomic
def find_or_make(
    *, partner: Partner, name: str, frequency: Frequency, description: str = "", now: datetime
) -> tuple[Habit, bool]:
    """Return the partner's habit with this name (whatever its case) and frequency, and whether it is new.

    Requests at the same time wait for each other, so that a name is made once. Raises as habits.create_habit.
    """
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    today, key = partner.account.clock.day_of(now), fold(name).strip()
    for habit in queries.own_habits(partner):
        same_frequency = in_force(habit.versions, today).schedule.frequency is frequency
        if fold(habit.name).strip() == key and same_frequency:
            return habit, False
    made = habits.create_habit(
        owner=partner.account, schedule={"frequency": frequency}, name=name, description=description, now=now
    )
    return made, True


@transaction.atomic
def delete_habit(*, partner: Partner, habit_id: int, now: datetime) -> None:
    """Delete a habit of the partner, and what the people that it manages have logged of it. Linked accounts keep it.

    Raises Habit.DoesNotExist, DomainError in_use.
    """
    habit = Habit.objects.select_for_update(no_key=True).get(pk=habit_id, owner=partner.account_id)
    managed = PartnerPerson.objects.filter(partner=partner, is_managed=True)
    theirs = HabitTrack.objects.filter(habit=habit, user__in=managed.values("user")).order_by("pk")
    if theirs.count() > rules.MAX_PEOPLE_TO_DELETE_HABIT:
        raise DomainError(
            "in_use",
            f"More than {rules.MAX_PEOPLE_TO_DELETE_HABIT} of your people have logs of it. Give it an end_date instead.",
        )
    for track in theirs:
        tracks.delete_track(track=track, now=now)
        habits.change_follower_count(habit=habit, delta=-1, now=now)
    habits.delete_habit(owner=partner.account, habit_id=habit.pk, now=now)
