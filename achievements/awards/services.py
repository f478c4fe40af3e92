"""Create, edit and retire achievements of users' own habits. Staff manage the others in the admin."""

from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction

from achievements.awards import rules
from achievements.models import Achievement, UserAchievement
from common.edits import apply_edit, check_fields
from common.errors import DomainError
from habits.models import Habit
from users.models import User

MAX_PER_HABIT = 20  # each log of the habit checks all of them
MAX_PER_HABIT_WITH_RETIRED = 100  # retired ones that somebody has earned are kept and count here
RULE_FIELDS = ("kind", "target", "window_days", "unit")


class AchievementFields(TypedDict, total=False):
    """What an owner may say of an achievement of their habit: its texts and its rule."""

    name_en: str
    name_ru: str
    description_en: str
    description_ru: str
    picture: str
    kind: str
    target: int
    window_days: int | None
    unit: str


@transaction.atomic
def create(*, owner: User, habit_id: int, **fields: Unpack[AchievementFields]) -> Achievement:
    """Create an achievement for everyone who tracks a published habit of the owner.

    What another service offers to its people (a managed owner) need not be published.

    Deletes the habit's achievements that were retired before anybody earned them. Raises DomainError does_not_exist,
    pleasant, limit_habit, not_published or too_many, and those of `validate`.
    """
    check_fields(fields, fields=AchievementFields)
    habit = Habit.objects.select_for_update(no_key=True).filter(pk=habit_id, owner=owner).first()
    if habit is None:
        raise DomainError("does_not_exist", "You have no such habit.", "habit")
    if habit.is_pleasant:
        raise DomainError("pleasant", "A pleasant habit is a reward and is not tracked.", "habit")
    if habit.is_limit:
        raise DomainError(
            "limit_habit", "A limit habit earns no achievements: it can be kept by doing nothing.", "habit"
        )
    if not (habit.is_published or owner.is_managed):
        raise DomainError("not_published", "Publish the habit first: its followers earn the achievement.", "habit")
    of_habit = Achievement.objects.filter(habit=habit)
    of_habit.filter(retired_at__isnull=False, awards=None).delete()
    if of_habit.filter(retired_at=None).count() >= MAX_PER_HABIT or of_habit.count() >= MAX_PER_HABIT_WITH_RETIRED:
        raise DomainError(
            "too_many",
            f"A habit can have up to {MAX_PER_HABIT} achievements ({MAX_PER_HABIT_WITH_RETIRED} including retired "
            "ones that somebody has earned).",
            "habit",
        )
    achievement = Achievement(habit=habit, **fields)
    validate(achievement)
    achievement.save()
    return achievement


@transaction.atomic
def edit(*, owner: User, achievement_id: int, **changes: Unpack[AchievementFields]) -> Achievement:
    """Change an achievement of the owner's habit. Its rule cannot change once somebody has earned it.

    Raises Achievement.DoesNotExist, DomainError rule_was_earned, and those of `validate`.
    """
    achievement = _locked_own(owner, achievement_id)
    before = achievement.rule
    apply_edit(achievement, changes, fields=AchievementFields)
    validate(achievement)
    if achievement.rule != before:
        refuse_change_of_earned_rule(achievement, field=next(name for name in RULE_FIELDS if name in changes))
    achievement.save()
    return achievement


@transaction.atomic
def retire(*, owner: User, achievement_id: int, now: datetime) -> None:
    """Retire an achievement of the owner's habit: nobody can earn it any more, users who hold it keep it.

    Raises Achievement.DoesNotExist.
    """
    achievement = _locked_own(owner, achievement_id)
    achievement.retired_at = now
    achievement.save(update_fields=["retired_at"])


@transaction.atomic(savepoint=False)
def delete_for_habit(*, habit: Habit) -> None:
    """Delete the achievements of a habit that is being deleted, or has become a pleasant one or a limit habit."""
    Achievement.objects.filter(habit=habit).delete()


def delete_if_pleasant(*, habit: Habit) -> None:
    """Delete the achievements of a habit that was edited, if it is a pleasant one now."""
    if habit.is_pleasant:
        delete_for_habit(habit=habit)


def validate(achievement: Achievement) -> None:
    """Check that the achievement has a name and a valid rule. Raises DomainError naming the field."""
    if not (achievement.name_en or achievement.name_ru):
        raise DomainError("required", "Enter a name in English or in Russian.", "name_en")
    rules.validate(achievement.rule, has_habit=achievement.habit_id is not None)


def refuse_change_of_earned_rule(achievement: Achievement, *, field: str) -> None:
    """Raise DomainError rule_was_earned if somebody has earned the achievement."""
    if UserAchievement.objects.filter(achievement=achievement).exists():
        raise DomainError(
            "rule_was_earned",
            "Somebody has already earned this achievement, so its rule cannot change. Create a new one instead.",
            field,
        )


def _locked_own(owner: User, achievement_id: int) -> Achievement:
    mine = Achievement.objects.select_for_update(no_key=True, of=("self",))
    return mine.get(pk=achievement_id, habit__owner=owner, retired_at=None)
