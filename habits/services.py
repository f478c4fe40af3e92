"""All writes to habits and their schedules."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.db import transaction
from django.db.models import F

from common.edits import check_fields
from common.errors import DomainError
from common.names import check_title
from habits import rules, signals
from habits.models import Habit, HabitSchedule, schedule_columns
from habits.recurrence import DAY, Schedule, Version
from users.models import User
from users.timing import latest_date_anywhere


class HabitFields(TypedDict, total=False):
    """What an owner may say of a habit, besides its schedule."""

    name: str
    description: str
    action: str
    place: str
    time: time | None
    is_pleasant: bool
    goal_type: str
    reward: str
    linked_habit: int | None  # the id
    duration: int | None
    start_date: date | None
    end_date: date | None
    is_published: bool


@transaction.atomic
def create_habit(
    *,
    owner: User,
    schedule: Mapping[str, Any],
    now: datetime,
    needs_telegram: bool = True,
    is_quiet: bool = False,
    **fields: Unpack[HabitFields],
) -> Habit:
    """Create a habit with its first schedule and return it. Sends habit_created.

    `is_quiet`: no message about it is wanted.

    `needs_telegram`: refuse the habit if the owner has no connected Telegram chat while a bot is configured and
    REQUIRE_TELEGRAM is on; never if another service owns it. `schedule`: fields of Schedule. Without a `name` the `action` is used. Raises DomainError that names the field (habits.rules).
    """
    check_fields(fields, fields=HabitFields)
    _refuse_to_publish_for_service(owner, fields)
    check_may_create(owner=owner, number=1, needs_telegram=needs_telegram)
    fields["name"] = _name(fields)
    goal_type = rules.GoalType(fields.get("goal_type", rules.GoalType.AT_LEAST))
    first = _checked_schedule(schedule, goal_type=goal_type)
    check_title(fields["name"])
    habit = Habit(owner=owner, created_on=owner.clock.day_of(now), **_with_linked(owner, fields))
    rules.check_habit(_draft(habit))
    habit.save()
    HabitSchedule.objects.create(habit=habit, starts_on=None, **schedule_columns(first))
    signals.habit_created.send(Habit, habit=habit, is_quiet=is_quiet, now=now)
    return habit


@transaction.atomic(savepoint=False)
def restore_habit(
    *,
    owner: User,
    versions: Sequence[Version],
    created_on: date,
    extensions: Sequence[tuple[date, date]],
    now: datetime,
    **fields: Unpack[HabitFields],
) -> Habit:
    """Create a habit as it was, with all versions of its schedule, and return it. Sends habit_created.

    `versions`: oldest first, the first one from the beginning. Raises the same errors as create_habit, but for
    too_seldom: the rule may have been another one where the habit was.
    """
    check_fields(fields, fields=HabitFields)
    _refuse_to_publish_for_service(owner, fields)
    check_may_create(owner=owner, number=1, needs_telegram=False)
    fields["name"] = _name(fields)
    check_title(fields["name"])
    for version in versions:
        rules.check_schedule(version.schedule, goal_type=rules.GoalType(fields["goal_type"]))
    habit = Habit(owner=owner, created_on=min(created_on, owner.clock.day_of(now)), **_with_linked(owner, fields))
    habit.extensions = [[old_end.isoformat(), last.isoformat()] for old_end, last in extensions]
    rules.check_habit(_draft(habit))
    habit.save()
    rows = [(version.starts_on, schedule_columns(version.schedule)) for version in versions]
    HabitSchedule.objects.bulk_create(HabitSchedule(habit=habit, starts_on=day, **columns) for day, columns in rows)
    signals.habit_created.send(Habit, habit=habit, is_quiet=True, now=now)
    return habit


def check_may_create(*, owner: User, number: int, needs_telegram: bool = True) -> None:
    """Raise DomainError telegram_not_connected or too_many if the owner may not create that many habits."""
    required = bool(
        needs_telegram and not owner.is_managed and settings.REQUIRE_TELEGRAM and settings.TELEGRAM_BOT_TOKEN
    )
    rules.check_telegram_connected(
        required=required,
        connected=not required or owner.telegram.is_connected,
        link=f"{settings.SITE_URL}/api/tg/link/",
    )
    rules.check_habit_limit(current=Habit.objects.filter(owner=owner).count() + number - 1, what="habits")


@transaction.atomic
def edit_habit(
    *,
    owner: User,
    habit_id: int,
    now: datetime,
    schedule: Mapping[str, Any] | None = None,
    schedule_from: date | None = None,
    **fields: Unpack[HabitFields],
) -> Habit:
    """Change a habit of the owner and return it. Sends habit_changed, before it goal_type_changed if that changes.

    Fields that are not given keep their values. `schedule_from`: first day of a changed schedule, today by default.
    Raises Habit.DoesNotExist, or DomainError that names the field.
    """
    habit = Habit.objects.select_for_update(no_key=True).get(pk=habit_id, owner=owner)
    today = owner.clock.day_of(now)
    start_before, end_before, time_before = habit.start_date, habit.end_date, habit.time
    goal_before = rules.GoalType(habit.goal_type)
    check_fields(fields, fields=HabitFields)
    _refuse_to_publish_for_service(owner, fields)
    if fields.get("name", habit.name) != habit.name:
        check_title(fields["name"])
    for name, value in _with_linked(owner, fields).items():
        setattr(habit, name, value)
    rules.check_habit(_draft(habit))
    rules.check_new_end(end_date=habit.end_date, before=end_before, today=today)
    rules.check_stays_pleasant_while_linked(is_pleasant=habit.is_pleasant, is_linked=habit.linked_from.exists())
    if end_before and end_before < today and habit.end_date != end_before:
        habit.extensions = [*habit.extensions, [end_before.isoformat(), (today - DAY).isoformat()]]
    habit.save()
    since = _first_day_affected_by_dates(start_before, habit.start_date, end_before, habit.end_date)
    if schedule or goal_before != habit.goal_type:
        changed_from = _edit_schedule(
            habit, schedule or {}, schedule_from, goal_before=goal_before, today=today, now=now
        )
        since = min(filter(None, (since, changed_from)), default=None)
    if goal_before != habit.goal_type:
        signals.goal_type_changed.send(Habit, habit=habit, now=now)
    retimed = habit.time != time_before
    signals.habit_changed.send(Habit, habit=habit, since=since, retimed=retimed, now=now)
    return habit


@transaction.atomic
def delete_habit(*, owner: User, habit_id: int, now: datetime) -> None:
    """Delete a habit of the owner with all dependent rows. Sends habit_deleting before the deletion.

    A habit that others follow is kept without an owner and unpublished instead, and habit_abandoned is sent.
    Raises Habit.DoesNotExist.
    """
    _delete_or_abandon(Habit.objects.select_for_update(no_key=True).get(pk=habit_id, owner=owner), now=now)


def _delete_or_abandon(habit: Habit, *, now: datetime) -> None:
    if habit.followers:
        signals.habit_abandoned.send(Habit, habit=habit, owner=habit.owner, now=now)
        habit.owner, habit.linked_habit, habit.is_published = None, None, False
        habit.save()
        return
    force_delete_habit(habit=habit, now=now)


@transaction.atomic(savepoint=False)
def delete_habits_of_user(*, user: User, now: datetime) -> None:
    """Delete all habits of a user whose account is being deleted. Habits that others follow are kept for them."""
    # One at a time, read under its lock: deleting one habit can change the next (its link to a pleasant habit).
    for habit_id in Habit.objects.filter(owner=user).order_by("pk").values_list("pk", flat=True):
        _delete_or_abandon(Habit.objects.select_for_update(no_key=True).get(pk=habit_id, owner=user), now=now)


@transaction.atomic(savepoint=False)
def change_follower_count(*, habit: Habit, delta: int, now: datetime) -> None:
    """Add `delta` (1 or -1) to the number of followers. A habit without followers and owner is deleted."""
    Habit.objects.filter(pk=habit.pk).update(followers=F("followers") + delta)
    habit.refresh_from_db(fields=["followers", "owner"])
    if habit.followers == 0 and habit.owner is None:
        force_delete_habit(habit=habit, now=now)


def move_creation_day(*, habit: Habit, day: date) -> None:
    """Move the creation day back to `day` if it is later: it was set while the server clock ran ahead."""
    habit.created_on = day
    Habit.objects.filter(pk=habit.pk, created_on__gt=day).update(created_on=day)


@transaction.atomic(savepoint=False)
def force_delete_habit(*, habit: Habit, now: datetime) -> None:
    """Delete a habit even if users follow it. Sends habit_deleting before the deletion.

    For staff, and for services that have already checked the followers.
    """
    signals.habit_deleting.send(Habit, habit=habit, now=now)
    habit.linked_from.update(linked_habit=None)
    habit.delete()


def _edit_schedule(
    habit: Habit,
    given: Mapping[str, Any],
    given_start: date | None,
    *,
    goal_before: rules.GoalType,
    today: date,
    now: datetime,
) -> date | None:
    """Change the given fields in the version in force on `given_start` (the earliest day allowed) and in later ones.

    On the day the habit was created, and while nobody has logged a habit that is to be done, a change from today on
    replaces the version in force; so does another goal type, for all versions. Sends schedule_changing. Returns the first day from which logs
    must be evaluated again, or None if nothing changed. Raises DomainError schedule_in_past, goal_type_fixed,
    goal_type_at_once, and those of rules.edit_versions.
    """
    # Followers may live in any time zone: a new schedule must not change a day that one of them has finished.
    earliest = max(today, latest_date_anywhere(now)) if habit.followers else today
    if given_start and given_start < today:
        raise DomainError("schedule_in_past", "The new schedule cannot start before today.", "schedule_from")
    starts_on = max(earliest, given_start or earliest)
    has_logs = any(answer for _, answer in signals.schedule_changing.send(Habit, habit=habit))
    goal_type = rules.GoalType(habit.goal_type)
    rules.check_goal_type(goal_type=goal_type, before=goal_before, has_logs=has_logs)
    before, gap = habit.versions, settings.HABIT_MAX_GAP_DAYS
    if goal_type is not goal_before:
        rules.check_goal_type_changes_at_once(starts_on=given_start, today=today)
        after = rules.versions_of_goal_type(before, given, today=today, goal_type=goal_type, max_gap_days=gap)
    else:
        after = rules.edit_versions(
            before,
            given,
            starts_on=starts_on,
            # Days without a log are kept ones of a limit habit: another frequency would count them again.
            replaces=starts_on == today
            and (habit.created_on == today or (not has_logs and goal_type is rules.GoalType.AT_LEAST)),
            goal_type=goal_type,
            max_gap_days=gap,
        )
    rows = [(each.starts_on, schedule_columns(each.schedule)) for each in after]
    if rows != [(each.starts_on, schedule_columns(each.schedule)) for each in before]:
        habit.schedules.all().delete()
        HabitSchedule.objects.bulk_create(HabitSchedule(habit=habit, starts_on=day, **columns) for day, columns in rows)
        habit.forget_versions()
    return rules.first_changed_day(before, after)


def _first_day_affected_by_dates(
    start_before: date | None, start: date | None, end_before: date | None, end: date | None
) -> date | None:
    """Return the first day whose evaluation a changed start or end date affects, or None if neither changed."""
    if start != start_before:
        return rules.FIRST_DAY
    return min(filter(None, (end, end_before))) if end != end_before else None


def _checked_schedule(given: Mapping[str, Any], *, goal_type: rules.GoalType) -> Schedule:
    gap = settings.HABIT_MAX_GAP_DAYS
    schedule = rules.complete_schedule(given, base=None, max_gap_days=gap, goal_type=goal_type)
    rules.check_schedule(schedule, goal_type=goal_type)
    rules.check_min_frequency(schedule, max_gap_days=gap)
    return schedule


def _name(fields: Mapping[str, Any]) -> str:
    name = str(fields.get("name") or fields.get("action") or "").strip()
    if not name:
        raise DomainError("required", "Give the habit a name or an action.", "name")
    return name


def _refuse_to_publish_for_service(owner: User, fields: HabitFields) -> None:
    if owner.is_managed and fields.get("is_published"):
        message = "A service's habits are for its people, and not in the public list."
        raise DomainError("not_for_services", message, "is_published")


def _with_linked(owner: User, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return `fields` with the id in linked_habit replaced by the owner's habit. Raises DomainError if there is none."""
    fields = dict(fields)
    if linked_id := fields.get("linked_habit"):
        linked = Habit.objects.select_for_update(no_key=True).filter(pk=linked_id, owner=owner).first()
        if linked is None:
            raise DomainError("does_not_exist", "You have no such habit.", "linked_habit")
        fields["linked_habit"] = linked
    return fields


def _draft(habit: Habit) -> rules.Draft:
    linked = habit.linked_habit
    return rules.Draft(
        owner_id=habit.owner_id,
        is_pleasant=habit.is_pleasant,
        goal_type=rules.GoalType(habit.goal_type),
        reward=habit.reward,
        linked=rules.LinkedHabit(owner_id=linked.owner_id, is_pleasant=linked.is_pleasant) if linked else None,
        duration=habit.duration,
        start_date=habit.start_date,
        end_date=habit.end_date,
    )
