"""The only writes to achievements of people's own habits; staff's are made in the admin."""

from datetime import datetime
from typing import Any

from django.db import transaction

from achievements import rules
from achievements.models import Achievement, UserAchievement
from common.errors import DomainError
from habits.models import Habit
from users.models import User

MOST_OF_A_HABIT = 20  # each log of the habit asks for all of them
MOST_EARNED = 100  # of a habit, with those retired that somebody has earned
RULE_FIELDS = ("kind", "target", "window_days", "unit")


@transaction.atomic
def create(*, owner: User, habit_id: int, **fields: Any) -> Achievement:
    """Adds an achievement for those who track a published habit of the owner's.

    Forgets those of the habit that were retired before anybody earned them. Raises DomainError does_not_exist, pleasant, not_published, too_many, or what is wrong with a field (rules.check).
    """
    habit = Habit.objects.select_for_update(no_key=True).filter(pk=habit_id, owner=owner).first()
    if habit is None:
        raise DomainError("does_not_exist", "You have no such habit.", "habit")
    if habit.is_pleasant:
        raise DomainError("pleasant", "A pleasant habit is a reward: it is not tracked.", "habit")
    if not habit.is_published:
        raise DomainError("not_published", "Publish the habit first: this is for those who follow it.", "habit")
    of_habit = Achievement.objects.filter(habit=habit)
    of_habit.filter(retired_at__isnull=False, awards=None).delete()
    if of_habit.filter(retired_at=None).count() >= MOST_OF_A_HABIT or of_habit.count() >= MOST_EARNED:
        raise DomainError("too_many", f"Up to {MOST_OF_A_HABIT} of a habit, {MOST_EARNED} with those retired.", "habit")
    achievement = Achievement(habit=habit, **fields)
    check(achievement)
    achievement.save()
    return achievement


@transaction.atomic
def edit(*, owner: User, achievement_id: int, **changes: Any) -> Achievement:
    """Changes an achievement of a habit of the owner's; the rule of one that somebody earned stays as it is.

    Raises Achievement.DoesNotExist, DomainError rule_was_earned, or what is wrong with a field (rules.check).
    """
    achievement = _own(owner, achievement_id)
    before = achievement.rule
    for name, value in changes.items():
        setattr(achievement, name, value)
    check(achievement)
    if achievement.rule != before:
        rule_can_change(achievement, field=next(name for name in RULE_FIELDS if name in changes))
    achievement.save()
    return achievement


@transaction.atomic
def retire(*, owner: User, achievement_id: int, now: datetime) -> None:
    """Takes an achievement of a habit of the owner's out of the list: those who hold it keep it, no one earns it.

    Raises Achievement.DoesNotExist.
    """
    achievement = _own(owner, achievement_id)
    achievement.retired_at = now
    achievement.save(update_fields=["retired_at"])


@transaction.atomic
def remove_all_of(*, habit: Habit) -> None:
    """Removes the achievements of a habit that goes, or is no longer tracked."""
    Achievement.objects.filter(habit=habit).delete()


def check(achievement: Achievement) -> None:
    """An achievement has a name, and a rule that can be. Raises DomainError naming the field."""
    if not (achievement.name_en or achievement.name_ru):
        raise DomainError("required", "Give it a name, in English or in Russian.", "name_en")
    rules.check(achievement.rule, has_habit=achievement.habit_id is not None)


def rule_can_change(achievement: Achievement, *, field: str) -> None:
    """The rule of an achievement stays while somebody has earned it. Raises DomainError."""
    if UserAchievement.objects.filter(achievement=achievement).exists():
        raise DomainError("rule_was_earned", "Somebody has earned this: its rule stays. Make another one.", field)


def _own(owner: User, achievement_id: int) -> Achievement:
    mine = Achievement.objects.select_for_update(no_key=True, of=("self",))
    return mine.get(pk=achievement_id, habit__owner=owner, retired_at=None)
