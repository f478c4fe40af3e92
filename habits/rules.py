"""What makes a habit a good one. Pure: each rule is one function that returns or raises a DomainError.

Rules that a row alone can decide are database constraints as well (habits.models), from the same numbers.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from common.errors import DomainError
from habits.recurrence import Frequency, Schedule

SHORTEST_SECONDS, LONGEST_SECONDS = 1, 120
LONGEST_INTERVAL = 7
MOST_TIMES = {Frequency.DAILY: 1, Frequency.WEEKLY: 7, Frequency.MONTHLY: 28, Frequency.YEARLY: 365}
# The longest such period, in days: what "at least once in n days" is counted over.
PERIOD_DAYS = {Frequency.DAILY: 1, Frequency.WEEKLY: 7, Frequency.MONTHLY: 31, Frequency.YEARLY: 366}
MOST_HABITS = 500  # of one owner, and of others' that one person follows: the summary reads them all
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedHabit:
    """What a rule asks of a linked habit."""

    owner_id: int | None
    is_pleasant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A habit as it would be saved."""

    owner_id: int | None
    is_pleasant: bool
    reward: str
    linked: LinkedHabit | None
    duration: int | None
    start_date: date | None
    end_date: date | None


def reward_or_linked_habit(draft: Draft) -> None:
    """Reward and linked habit exclude each other."""
    if draft.reward and draft.linked:
        raise DomainError("reward_and_linked_habit", "Choose a reward or a linked habit, not both.", "linked_habit")


def pleasant_is_its_own_reward(draft: Draft) -> None:
    """A pleasant habit has neither reward nor linked habit."""
    if draft.is_pleasant and draft.reward:
        raise DomainError("pleasant_with_reward", "A pleasant habit needs no reward.", "reward")
    if draft.is_pleasant and draft.linked:
        raise DomainError("pleasant_with_linked_habit", "A pleasant habit is not linked.", "linked_habit")


def linked_is_own_and_pleasant(draft: Draft) -> None:
    """Only a pleasant habit of one's own can be linked; another's answers as if there were none."""
    if draft.linked and draft.linked.owner_id != draft.owner_id:
        raise DomainError("does_not_exist", "You have no such habit.", "linked_habit")
    if draft.linked and not draft.linked.is_pleasant:
        raise DomainError("linked_not_pleasant", "Only a pleasant habit can be linked.", "linked_habit")


def stays_pleasant_while_linked(*, is_pleasant: bool, is_linked: bool) -> None:
    """A habit cannot stop being pleasant while another is linked to it."""
    if is_linked and not is_pleasant:
        raise DomainError(
            "linked_stays_pleasant",
            "Another habit is rewarded with this one; unlink it first.",
            "is_pleasant",
        )


def duration_is_short(draft: Draft) -> None:
    """A habit takes 1 to 120 seconds."""
    if draft.duration is not None and not SHORTEST_SECONDS <= draft.duration <= LONGEST_SECONDS:
        raise DomainError("duration_out_of_range", f"From {SHORTEST_SECONDS} to {LONGEST_SECONDS} seconds.", "duration")


def dates_in_order(draft: Draft) -> None:
    """end_date is not before start_date; both lie in a range that calendars agree on."""
    for field, day in (("start_date", draft.start_date), ("end_date", draft.end_date)):
        if day and not FIRST_DAY <= day <= LAST_DAY:
            raise DomainError("date_out_of_range", f"From {FIRST_DAY} to {LAST_DAY}.", field)
    if draft.start_date and draft.end_date and draft.end_date < draft.start_date:
        raise DomainError("end_before_start", "The end is before the start.", "end_date")


def new_end_not_past(*, end_date: date | None, before: date | None, today: date) -> None:
    """An edited end_date is not before today."""
    if end_date and end_date != before and end_date < today:
        raise DomainError("end_in_past", "The end cannot be set before today.", "end_date")


def schedule_makes_sense(schedule: Schedule) -> None:
    """Interval is 1..7 and for daily habits; weekdays do not go with an interval; the amount is positive."""
    if not 1 <= schedule.interval <= LONGEST_INTERVAL:
        raise DomainError("interval_out_of_range", f"From 1 to {LONGEST_INTERVAL} days.", "interval")
    if schedule.interval > 1 and schedule.frequency is not Frequency.DAILY:
        raise DomainError("interval_not_daily", "Only a daily habit has an interval.", "interval")
    if schedule.interval > 1 and schedule.weekdays:
        raise DomainError("weekdays_with_interval", "Weekdays do not go with an interval.", "weekdays")
    if not 1 <= schedule.times_per_period <= MOST_TIMES[schedule.frequency]:
        raise DomainError(
            "times_out_of_range",
            f"From 1 to {MOST_TIMES[schedule.frequency]} for a {schedule.frequency} habit.",
            "times_per_period",
        )
    if schedule.daily_amount <= 0:
        raise DomainError("amount_not_positive", "The daily amount is more than 0.", "daily_amount")


def often_enough(schedule: Schedule, *, max_gap_days: int) -> None:
    """At least once in `max_gap_days` days (HABIT_MAX_GAP_DAYS), on average."""
    if schedule.interval > max_gap_days:
        raise DomainError("too_seldom", f"At least once in {max_gap_days} days.", "interval")
    per_week = least_times(Frequency.WEEKLY, max_gap_days=max_gap_days)
    if schedule.weekdays and schedule.interval == 1 and len(schedule.weekdays) < per_week:
        raise DomainError("too_seldom", f"At least {per_week} days a week.", "weekdays")
    least = least_times(schedule.frequency, max_gap_days=max_gap_days)
    if schedule.frequency is not Frequency.DAILY and schedule.times_per_period < least:
        raise DomainError(
            "too_seldom",
            f"At least {least} times, so that it comes once in {max_gap_days} days.",
            "times_per_period",
        )


def least_times(frequency: Frequency, *, max_gap_days: int) -> int:
    """The fewest times in a period that come once in so many days: 1 a week, 5 a month, 53 a year for 7."""
    return math.ceil(PERIOD_DAYS[frequency] / max_gap_days)


def default_times(frequency: Frequency, weekdays: Collection[int], *, max_gap_days: int) -> int:
    """times_per_period where it is left out: the number of weekdays (weekly), or the least allowed."""
    if frequency is Frequency.DAILY:
        return 1
    least = min(least_times(frequency, max_gap_days=max_gap_days), MOST_TIMES[frequency])
    return max(least, len(weekdays)) if frequency is Frequency.WEEKLY else least


def filled_in(partial: Mapping[str, Any], *, base: Schedule | None, max_gap_days: int) -> Schedule:
    """The schedule that the given fields mean: an edit of `base`, or a new one.

    New: an interval alone means daily. Where the frequency or the weekdays change and times_per_period is
    left out, it is the default; another frequency leaves an interval behind.
    Raises DomainError where neither frequency nor interval is given.
    """
    given = dict(partial)
    if base is None:
        if "frequency" not in given and "interval" not in given:
            raise DomainError("required", "Give a frequency, or an interval in days.", "frequency")
        base = Schedule(frequency=given.setdefault("frequency", Frequency.DAILY), times_per_period=0)
    elif given.get("frequency", base.frequency) != base.frequency:
        given.setdefault("interval", 1)
    schedule = replace(base, **given)
    asks_otherwise = (base.frequency, base.weekdays) != (schedule.frequency, schedule.weekdays)
    if "times_per_period" not in given and (asks_otherwise or base.times_per_period == 0):
        times = default_times(schedule.frequency, schedule.weekdays, max_gap_days=max_gap_days)
        schedule = replace(schedule, times_per_period=times)
    return schedule


def room_for_another(*, there: int, what: str, field: str | None = None) -> None:
    """Nobody has, or follows, more than MOST_HABITS habits; `what`: "habits", for people."""
    if there >= MOST_HABITS:
        raise DomainError("too_many", f"Up to {MOST_HABITS} {what}.", field)


def telegram_first(*, required: bool, connected: bool, link: str) -> None:
    """With a bot configured, Telegram is connected before a habit is created."""
    if required and not connected:
        raise DomainError("telegram_not_connected", f"Connect Telegram first, so that reminders can reach you: {link}")


RULES = (
    pleasant_is_its_own_reward,
    reward_or_linked_habit,
    linked_is_own_and_pleasant,
    duration_is_short,
    dates_in_order,
)


def check(draft: Draft) -> None:
    """All rules of a habit's own fields. Raises the first DomainError."""
    for rule in RULES:
        rule(draft)
