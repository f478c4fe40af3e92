"""Rules about habits. Pure functions: each returns a value or raises a DomainError that names the field.

A rule that a single row can decide is also a database constraint (habits.models), built from the same constants.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from common.errors import DomainError
from habits.patterns import DAYS_IN_WEEK, MAX_INTERVAL, Frequency, pattern_of, takes_interval
from habits.recurrence import Schedule, Version, in_force


class GoalType(StrEnum):
    """Whether a habit is to be done, or kept within a limit."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


LIMIT_FREQUENCIES = {Frequency.DAILY, Frequency.WEEKLY, Frequency.MONTHLY}
MIN_DURATION_SECONDS, MAX_DURATION_SECONDS = 1, 120
MAX_UNIT_LENGTH = 30
# Applies to a user's own habits and, separately, to the habits of others that they follow.
# A limit is needed because the summary loads all of them.
MAX_HABITS = 500
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedHabit:
    """The fields of a linked habit that the rules need."""

    owner_id: int | None
    is_pleasant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The fields of a habit as they would be saved."""

    owner_id: int | None
    is_pleasant: bool
    goal_type: GoalType = GoalType.AT_LEAST
    reward: str
    linked: LinkedHabit | None
    duration: int | None
    start_date: date | None
    end_date: date | None


def check_reward_or_linked_habit(draft: Draft) -> None:
    """Raise DomainError if a habit has both a reward and a linked habit."""
    if draft.reward and draft.linked:
        raise DomainError("reward_and_linked_habit", "Choose a reward or a linked habit, not both.", "linked_habit")


def check_pleasant_has_no_reward(draft: Draft) -> None:
    """Raise DomainError if a pleasant habit has a reward or a linked habit."""
    if draft.is_pleasant and draft.reward:
        raise DomainError("pleasant_with_reward", "A pleasant habit cannot have a reward.", "reward")
    if draft.is_pleasant and draft.linked:
        raise DomainError("pleasant_with_linked_habit", "A pleasant habit cannot have a linked habit.", "linked_habit")


def check_pleasant_has_no_limit(draft: Draft) -> None:
    """Raise DomainError if a pleasant habit is a limit habit: it has no track in which amounts could be counted."""
    if draft.is_pleasant and draft.goal_type is GoalType.AT_MOST:
        raise DomainError("pleasant_with_limit", "A pleasant habit cannot have a limit.", "goal_type")


def check_linked_habit(draft: Draft) -> None:
    """Raise DomainError unless the linked habit is pleasant and has the same owner.

    Another user's habit gives the same error as a missing one, so that its existence is not revealed.
    """
    if draft.linked and draft.linked.owner_id != draft.owner_id:
        raise DomainError("does_not_exist", "You have no such habit.", "linked_habit")
    if draft.linked and not draft.linked.is_pleasant:
        raise DomainError("linked_not_pleasant", "Only a pleasant habit can be linked.", "linked_habit")


def check_stays_pleasant_while_linked(*, is_pleasant: bool, is_linked: bool) -> None:
    """Raise DomainError if a habit stops being pleasant while another habit links to it."""
    if is_linked and not is_pleasant:
        raise DomainError(
            "linked_stays_pleasant",
            "This habit is the reward of another habit. Unlink it first.",
            "is_pleasant",
        )


def check_duration(draft: Draft) -> None:
    """Raise DomainError unless the duration is empty or within its limits."""
    if draft.duration is not None and not MIN_DURATION_SECONDS <= draft.duration <= MAX_DURATION_SECONDS:
        raise DomainError(
            "duration_out_of_range",
            f"The duration must be {MIN_DURATION_SECONDS} to {MAX_DURATION_SECONDS} seconds.",
            "duration",
        )


def check_dates(draft: Draft) -> None:
    """Raise DomainError if end_date is before start_date, or if either is outside FIRST_DAY..LAST_DAY."""
    for field, day in (("start_date", draft.start_date), ("end_date", draft.end_date)):
        if day and not FIRST_DAY <= day <= LAST_DAY:
            raise DomainError("date_out_of_range", f"The date must be from {FIRST_DAY} to {LAST_DAY}.", field)
    if draft.start_date and draft.end_date and draft.end_date < draft.start_date:
        raise DomainError("end_before_start", "The end date cannot be before the start date.", "end_date")


def check_new_end(*, end_date: date | None, before: date | None, today: date) -> None:
    """Raise DomainError if an edit sets end_date to a past day. An unchanged end_date may be in the past."""
    if end_date and end_date != before and end_date < today:
        raise DomainError("end_in_past", "The end date cannot be before today.", "end_date")


def check_schedule(schedule: Schedule, *, goal_type: GoalType = GoalType.AT_LEAST) -> None:
    """Raise DomainError if a value is out of range, or if an interval is combined with weekdays or a frequency
    that does not take it, or if the fields are not those of the goal type.
    """
    if goal_type is GoalType.AT_MOST:
        _check_limit_schedule(schedule)
        return
    if schedule.limit_per_period is not None:
        raise DomainError("not_a_limit_habit", "Only an at_most habit has a limit.", "limit_per_period")
    if not 1 <= schedule.interval <= MAX_INTERVAL:
        raise DomainError("interval_out_of_range", f"The interval must be 1 to {MAX_INTERVAL} days.", "interval")
    if not takes_interval(schedule.frequency, schedule.interval):
        raise DomainError("interval_not_daily", "Only a daily habit can have an interval.", "interval")
    if schedule.weekdays and not schedule.pattern.takes_weekdays:
        raise DomainError("weekdays_with_interval", "Choose weekdays or an interval, not both.", "weekdays")
    if not 1 <= schedule.times_per_period <= schedule.pattern.max_times:
        most = schedule.pattern.max_times
        times = f"1 to {most} times per period" if most > 1 else "once per period"
        raise DomainError(
            "times_out_of_range", f"A {schedule.frequency} habit can be done {times}.", "times_per_period"
        )
    if schedule.daily_amount <= 0:
        raise DomainError("amount_not_positive", "The daily amount must be more than 0.", "daily_amount")


def _check_limit_schedule(schedule: Schedule) -> None:
    """Raise DomainError unless the schedule has a limit and, apart from it, only what a limit habit can have."""
    if schedule.limit_per_period is None:
        raise DomainError("required", "Give the limit of a period: 0 or more.", "limit_per_period")
    if schedule.limit_per_period < 0:
        raise DomainError("amount_negative", "The limit must be 0 or more.", "limit_per_period")
    if schedule.frequency not in LIMIT_FREQUENCIES:
        raise DomainError("limit_frequency", "A limit is for a day, a week or a month.", "frequency")
    plain = Schedule(schedule.frequency)
    for name in ("interval", "weekdays", "times_per_period", "daily_amount"):
        if getattr(schedule, name) != getattr(plain, name):
            raise DomainError("limit_has_no_targets", f"An at_most habit has no {name}.", name)


def check_min_frequency(schedule: Schedule, *, max_gap_days: int) -> None:
    """Raise DomainError unless the habit comes at least once in `max_gap_days` days (HABIT_MAX_GAP_DAYS), on average.

    A limit holds on every day.
    """
    if schedule.limit_per_period is not None:
        return
    per_week = math.ceil(DAYS_IN_WEEK / max_gap_days)
    if schedule.weekdays and len(schedule.weekdays) < per_week:
        raise DomainError("too_seldom", f"Choose at least {per_week} days a week.", "weekdays")
    minimum = schedule.pattern.min_times(max_gap_days)
    if schedule.times_per_period < minimum:
        if schedule.interval > 1 and minimum > schedule.pattern.max_times:
            raise DomainError("too_seldom", f"A habit must come at least once in {max_gap_days} days.", "interval")
        raise DomainError(
            "too_seldom",
            f"Choose at least {minimum} times, so that the habit comes once in {max_gap_days} days.",
            "times_per_period",
        )


def default_times(frequency: Frequency, weekdays: Collection[int], *, max_gap_days: int, interval: int = 1) -> int:
    """Return times_per_period when it is not given: the number of weekdays (weekly), or the allowed minimum.

    An interval that the frequency does not take counts as 1.
    """
    interval = interval if takes_interval(frequency, interval) else 1
    return pattern_of(frequency, interval, frozenset(weekdays)).default_times(max_gap_days)


def complete_schedule(
    partial: Mapping[str, Any], *, base: Schedule | None, max_gap_days: int, goal_type: GoalType = GoalType.AT_LEAST
) -> Schedule:
    """Return the schedule that the given fields describe: an edit of `base`, or a new one if `base` is None.

    In a new schedule, an interval without a frequency means daily. All seven weekdays are the same as none. A field that
    is not given stays, but for those that a new frequency does not have: it resets the interval, and drops a
    times_per_period that it does not allow. A times_per_period that was never given, or is given as None, follows the
    frequency and the weekdays.
    Raises DomainError if a new schedule has neither a frequency nor an interval, or a limit habit has no limit.
    """
    given = dict(partial)
    if base is None:
        if "frequency" not in given and "interval" not in given:
            raise DomainError("required", "Give a frequency, or an interval in days.", "frequency")
        base = Schedule(frequency=given.setdefault("frequency", Frequency.DAILY), derives_times=True)
    elif given.get("frequency", base.frequency) != base.frequency:
        given.setdefault("interval", 1)
    if len(given.get("weekdays", ())) == DAYS_IN_WEEK:
        given["weekdays"] = frozenset()
    times = given.pop("times_per_period", None if base.derives_times else base.times_per_period)
    schedule = replace(base, **given)
    if goal_type is GoalType.AT_MOST:
        return replace(schedule, times_per_period=1 if times is None else times, derives_times=True)
    is_new = schedule.frequency != base.frequency and "times_per_period" not in partial
    if times is None or (is_new and not _allows(schedule, times, max_gap_days=max_gap_days)):
        times = default_times(
            schedule.frequency, schedule.weekdays, max_gap_days=max_gap_days, interval=schedule.interval
        )
        return replace(schedule, times_per_period=times, derives_times=True)
    return replace(schedule, times_per_period=times, derives_times=schedule.frequency is Frequency.DAILY)


def _allows(schedule: Schedule, times: int, *, max_gap_days: int) -> bool:
    pattern = pattern_of(schedule.frequency, 1, schedule.weekdays)
    return pattern.min_times(max_gap_days) <= times <= pattern.max_times


def edit_versions(
    versions: Sequence[Version],
    given: Mapping[str, Any],
    *,
    starts_on: date,
    replaces: bool,
    goal_type: GoalType = GoalType.AT_LEAST,
    max_gap_days: int,
) -> list[Version]:
    """Return the versions of a schedule, oldest first, after an edit that takes effect on `starts_on`.

    The given fields change in the version in force from that day and, where they change something there, in every
    later one: to send back what was read erases no plan. What is not given stays as each version has it. `replaces`: the
    version in force is changed itself, instead of adding one. A version that equals the one before it is left out.
    Raises DomainError that names the field that a version cannot have.
    """
    edited = list(versions)
    if not replaces and all(each.starts_on != starts_on for each in edited):
        edited.append(Version(starts_on, in_force(edited, starts_on).schedule))
        edited.sort(key=lambda each: each.starts_on or date.min)
    first = edited.index(in_force(edited, starts_on))
    changes = {name: value for name, value in given.items() if not _has(edited[first].schedule, name, value)}
    kept: list[Version] = edited[:first]
    for version in edited[first:]:
        named = given if version is edited[first] else changes
        schedule = complete_schedule(named, base=version.schedule, max_gap_days=max_gap_days, goal_type=goal_type)
        check_schedule(schedule, goal_type=goal_type)
        check_min_frequency(schedule, max_gap_days=max_gap_days)
        if kept and kept[-1].schedule == schedule:
            # What is said of the times in words only is noted where it already holds.
            same = replace(kept[-1].schedule, derives_times=schedule.derives_times)
            kept[-1] = replace(kept[-1], schedule=same)
        else:
            kept.append(replace(version, schedule=schedule))
    return kept


def _has(schedule: Schedule, name: str, value: Any) -> bool:
    """Return whether a schedule has this value of a field already, as it would be sent."""
    if name == "times_per_period":
        return schedule.derives_times if value is None else bool(schedule.times_per_period == value)
    if name == "weekdays" and len(value) == DAYS_IN_WEEK:
        value = frozenset()
    return bool(getattr(schedule, name) == value)


def versions_of_goal_type(
    versions: Sequence[Version], given: Mapping[str, Any], *, today: date, goal_type: GoalType, max_gap_days: int
) -> list[Version]:
    """Return the one version of a habit that becomes one of another goal type, in force from the beginning.

    Nobody has a log of it. Of the schedule in force today, frequency and unit stay; the other fields are those of
    the other goal type only. Raises DomainError that names the field that the version cannot have.
    """
    before = in_force(versions, today).schedule
    base = Schedule(before.frequency, unit=before.unit, derives_times=True)
    schedule = complete_schedule(given, base=base, max_gap_days=max_gap_days, goal_type=goal_type)
    check_schedule(schedule, goal_type=goal_type)
    check_min_frequency(schedule, max_gap_days=max_gap_days)
    return [Version(None, schedule)]


def first_changed_day(before: Sequence[Version], after: Sequence[Version]) -> date | None:
    """Return the first day on which the schedule in force, or the periods that it cuts, may differ; None: on none.

    A version can take away a cut of an earlier one, as far back as the longest period of both.
    """
    if [(each.starts_on, each.schedule) for each in before] == [(each.starts_on, each.schedule) for each in after]:
        return None
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    days = [each[same].starts_on for each in (before, after) if same < len(each)]
    if None in days:
        return FIRST_DAY
    units = [each.schedule.streak_unit for each in (*before, *after)]
    longest = max(each.count * each.base.max_days for each in units)
    return max(FIRST_DAY, min(filter(None, days)) - timedelta(days=longest + 2))


def check_goal_type(*, goal_type: GoalType, before: GoalType, has_logs: bool) -> None:
    """Raise DomainError if the goal type of a habit with logs changes: they would mean something else."""
    if has_logs and goal_type is not before:
        raise DomainError(
            "goal_type_fixed", "This habit has logs already. Create a new habit for another kind of goal.", "goal_type"
        )


def check_goal_type_changes_at_once(*, starts_on: date | None, today: date) -> None:
    """Raise DomainError if another goal type is to begin on a later day: it holds from the beginning."""
    if starts_on and starts_on > today:
        raise DomainError(
            "goal_type_at_once", "Another kind of goal holds from the beginning. Leave this out.", "schedule_from"
        )


def check_habit_limit(*, current: int, what: str, field: str | None = None) -> None:
    """Raise DomainError if there are MAX_HABITS habits already. `what` names them in the message: "habits"."""
    if current >= MAX_HABITS:
        raise DomainError("too_many", f"You can have up to {MAX_HABITS} {what}.", field)


def check_telegram_connected(*, required: bool, connected: bool, link: str) -> None:
    """Raise DomainError if Telegram is required but not connected."""
    if required and not connected:
        raise DomainError("telegram_not_connected", f"Connect Telegram first, so that reminders can reach you: {link}")


RULES = (
    check_pleasant_has_no_reward,
    check_pleasant_has_no_limit,
    check_reward_or_linked_habit,
    check_linked_habit,
    check_duration,
    check_dates,
)


def check_habit(draft: Draft) -> None:
    """Apply all rules about a habit's own fields. Raise the first DomainError."""
    for rule in RULES:
        rule(draft)
