"""The only writes to habits and their schedules."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from common.errors import DomainError
from habits import rules, signals
from habits.models import Habit, HabitSchedule, columns_of
from habits.recurrence import Schedule, in_force
from users.models import User
from users.timing import latest_date_anywhere


@transaction.atomic
def create_habit(
    *, owner: User, schedule: Mapping[str, Any], now: datetime, needs_telegram: bool = True, **fields: Any
) -> Habit:
    """Makes a habit with its first schedule. Sends habit_created.

    `needs_telegram`: refuse one whose reminders cannot arrive, where a bot is configured and REQUIRE_TELEGRAM on.
    `fields` and `schedule` are columns of Habit and fields of Schedule; `name` may be left to `action`.
    Raises DomainError, naming the field (habits.rules).
    """
    rules.telegram_first(
        required=bool(needs_telegram and settings.REQUIRE_TELEGRAM and settings.TELEGRAM_BOT_TOKEN),
        connected=owner.chat_connected,
        link=f"{settings.SITE_URL}/api/tg/link/",
    )
    rules.room_for_another(there=Habit.objects.filter(owner=owner).count(), what="habits")
    fields["name"] = _name(fields)
    first = _checked_schedule(schedule, base=None)
    habit = Habit(owner=owner, created_on=owner.clock.day_of(now), **_with_linked(owner, fields))
    rules.check(_draft(habit))
    habit.save()
    HabitSchedule.objects.create(habit=habit, starts_on=None, **columns_of(first))
    signals.habit_created.send(Habit, habit=habit, now=now)
    return habit


@transaction.atomic
def edit_habit(
    *,
    owner: User,
    habit_id: int,
    now: datetime,
    schedule: Mapping[str, Any] | None = None,
    schedule_from: date | None = None,
    whole: bool = False,
    **fields: Any,
) -> Habit:
    """Changes a habit of the owner's. Sends habit_changed.

    `whole`: the schedule given replaces the old one instead of changing some of its fields.
    Raises Habit.DoesNotExist, or DomainError naming the field.
    """
    habit = Habit.objects.select_for_update(no_key=True).get(pk=habit_id, owner=owner)
    today = owner.clock.day_of(now)
    start_before, end_before, time_before = habit.start_date, habit.end_date, habit.time
    if whole:
        fields["name"] = _name(fields)
    for name, value in _with_linked(owner, fields).items():
        setattr(habit, name, value)
    rules.check(_draft(habit))
    rules.new_end_not_past(end_date=habit.end_date, before=end_before, today=today)
    rules.stays_pleasant_while_linked(is_pleasant=habit.is_pleasant, is_linked=habit.linked_from.exists())
    habit.save()
    since = _first_day_between(start_before, habit.start_date, end_before, habit.end_date)
    if schedule or whole:
        base = None if whole else in_force(habit.versions, today).schedule
        wanted = _checked_schedule(schedule or {}, base=base)
        added = _add_version(habit, wanted, schedule_from, today=today, now=now)
        since = min(filter(None, (since, added)), default=None)
    retimed = habit.time != time_before
    signals.habit_changed.send(Habit, habit=habit, since=since, retimed=retimed, now=now)
    return habit


@transaction.atomic
def delete_habit(*, owner: User, habit_id: int, now: datetime) -> None:
    """Removes a habit of the owner's with all that hangs on it; sends habit_deleting before.

    One that others follow leaves its owner and the public list instead, and sends habit_abandoned.
    Raises Habit.DoesNotExist.
    """
    habit = Habit.objects.select_for_update(no_key=True).get(pk=habit_id, owner=owner)
    if habit.followers:
        signals.habit_abandoned.send(Habit, habit=habit, owner=owner, now=now)
        habit.owner, habit.linked_habit, habit.is_published = None, None, False
        habit.save()
        return
    remove_habit(habit=habit, now=now)


@transaction.atomic
def delete_all_of(*, owner: User, now: datetime) -> None:
    """Removes all habits of a person who leaves; what others follow stays theirs."""
    for habit_id in Habit.objects.filter(owner=owner).order_by("pk").values_list("pk", flat=True):
        delete_habit(owner=owner, habit_id=habit_id, now=now)


@transaction.atomic
def count_followers(*, habit: Habit, joined: int, now: datetime) -> None:
    """Notes that somebody besides the owner joined (1) or left for good (-1); the last to leave an ownerless
    habit takes it along."""
    Habit.objects.filter(pk=habit.pk).update(followers=F("followers") + joined)
    habit.refresh_from_db(fields=["followers", "owner"])
    if habit.followers == 0 and habit.owner is None:
        remove_habit(habit=habit, now=now)


def begin_by(*, habit: Habit, day: date) -> None:
    """Have a habit be made on `day` that a clock ahead had made later."""
    habit.created_on = day
    Habit.objects.filter(pk=habit.pk, created_on__gt=day).update(created_on=day)


@transaction.atomic
def remove_habit(*, habit: Habit, now: datetime) -> None:
    """The removal itself, whoever follows it: for services that have asked, and for staff."""
    signals.habit_deleting.send(Habit, habit=habit, now=now)
    habit.linked_from.update(linked_habit=None)
    habit.delete()


def _add_version(
    habit: Habit, schedule: Schedule, starts_on: date | None, *, today: date, now: datetime
) -> date | None:
    """Adds a version from `starts_on` or the first day that nobody has finished; replaces a pending one.

    Returns the day from which logs are judged anew, or None where nothing changed.
    """
    earliest = max(today, latest_date_anywhere(now)) if habit.followers else today
    if starts_on and starts_on < today:
        raise DomainError("schedule_in_past", "A schedule changes from today on, or later.", "schedule_from")
    starts_on = max(earliest, starts_on or earliest)
    replaced = habit.schedules.filter(starts_on__gt=today).delete()[0]
    replaced += habit.schedules.filter(starts_on=starts_on).delete()[0]
    standing = Habit.objects.get(pk=habit.pk).versions
    if in_force(standing, starts_on).schedule != schedule:
        HabitSchedule.objects.create(habit=habit, starts_on=starts_on, **columns_of(schedule))
    elif not replaced:
        return None
    return min(starts_on, today)


def _first_day_between(
    start_before: date | None, start: date | None, end_before: date | None, end: date | None
) -> date | None:
    """From which day another start or end judges days anew; None where both stay."""
    if start != start_before:
        return rules.FIRST_DAY
    return min(filter(None, (end, end_before))) if end != end_before else None


def _checked_schedule(given: Mapping[str, Any], *, base: Schedule | None) -> Schedule:
    gap = settings.HABIT_MAX_GAP_DAYS
    schedule = rules.filled_in(given, base=base, max_gap_days=gap)
    rules.schedule_makes_sense(schedule)
    rules.often_enough(schedule, max_gap_days=gap)
    return schedule


def _name(fields: Mapping[str, Any]) -> str:
    name = str(fields.get("name") or fields.get("action") or "").strip()
    if not name:
        raise DomainError("required", "Give the habit a name, or say its action.", "name")
    return name


def _with_linked(owner: User, fields: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` with the id in linked_habit as the habit. Raises DomainError where the owner has none such."""
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
        reward=habit.reward,
        linked=rules.LinkedHabit(owner_id=linked.owner_id, is_pleasant=linked.is_pleasant) if linked else None,
        duration=habit.duration,
        start_date=habit.start_date,
        end_date=habit.end_date,
    )
