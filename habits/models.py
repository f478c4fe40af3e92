"""Tables of habits and of the versions of their schedules."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from common.limits import AMOUNT_DECIMALS, AMOUNT_DIGITS, MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH
from habits import rules
from habits.patterns import PATTERNS, Frequency, pattern_class
from habits.recurrence import WEEKDAYS, Extension, Schedule, Version
from users.models import User


class Habit(models.Model):
    """An intention: "I will ACTION at TIME in PLACE"."""

    owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="habits",
        help_text="Empty when the owner has left and followers still track it.",
    )
    name = models.CharField(max_length=MAX_NAME_LENGTH)
    description = models.TextField(max_length=MAX_DESCRIPTION_LENGTH, blank=True)
    action = models.CharField(max_length=MAX_NAME_LENGTH, blank=True)
    place = models.CharField(max_length=MAX_NAME_LENGTH, blank=True)
    time = models.TimeField(null=True, blank=True, help_text="Local time of each user who tracks it.")
    is_pleasant = models.BooleanField(default=False)
    reward = models.CharField(max_length=MAX_NAME_LENGTH, blank=True)
    linked_habit = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="linked_from")
    duration = models.PositiveSmallIntegerField(null=True, blank=True, help_text="In seconds.")
    goal_type = models.CharField(
        max_length=8,
        choices=[(each.value, each.value) for each in rules.GoalType],
        default=rules.GoalType.AT_LEAST.value,
        help_text="at_least: to be done; at_most: to be kept within limit_per_period.",
    )
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)
    extensions = models.JSONField(
        default=list,
        blank=True,
        help_text="[[old end, last day], ...]: end dates that had passed and were moved. The days after them up to the "
        "last day are paused for all who track the habit.",
    )
    created_on = models.DateField(
        help_text="The owner's local day at creation. Windows of n days start here if there is no start_date."
    )
    is_published = models.BooleanField(default=False)
    followers = models.PositiveIntegerField(default=0, help_text="Number of users other than the owner who track it.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    _versions: tuple[Version, ...] | None = None

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reward="") | Q(linked_habit=None), name="habit_reward_or_linked_habit"),
            models.CheckConstraint(
                condition=Q(is_pleasant=False) | Q(reward="", linked_habit=None),
                name="habit_pleasant_is_its_own_reward",
            ),
            models.CheckConstraint(
                condition=Q(is_pleasant=False) | Q(goal_type=rules.GoalType.AT_LEAST.value),
                name="habit_pleasant_has_no_limit",
            ),
            models.CheckConstraint(
                condition=Q(goal_type__in=[each.value for each in rules.GoalType]), name="habit_goal_type"
            ),
            models.CheckConstraint(
                condition=Q(duration=None)
                | Q(duration__range=(rules.MIN_DURATION_SECONDS, rules.MAX_DURATION_SECONDS)),
                name="habit_duration_is_short",
            ),
            models.CheckConstraint(
                condition=Q(start_date=None) | Q(end_date=None) | Q(end_date__gte=F("start_date")),
                name="habit_dates_in_order",
            ),
            models.CheckConstraint(condition=~Q(linked_habit=F("pk")), name="habit_not_linked_to_itself"),
        ]
        indexes = [
            models.Index("owner", "created_at", name="habit_of_owner"),
            models.Index("created_at", name="habit_public", condition=Q(is_published=True)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def versions(self) -> tuple[Version, ...]:
        """Return all versions of the schedule, oldest first. Prefetch `schedules` for lists.

        Read once for each instance, until `forget_versions` or `refresh_from_db`.
        """
        if self._versions is None:
            rows = sorted(self.schedules.all(), key=lambda row: (row.starts_on is not None, row.starts_on))
            self._versions = tuple(row.version for row in rows)
        return self._versions

    def remember_versions(self, versions: tuple[Version, ...]) -> None:
        """Take the versions, oldest first, that were read together with the habit."""
        self._versions = versions

    def forget_versions(self) -> None:
        """Read the versions again when they are needed next, because they have changed."""
        self._versions = None
        getattr(self, "_prefetched_objects_cache", {}).pop("schedules", None)

    def refresh_from_db(
        self, using: str | None = None, fields: Iterable[str] | None = None, from_queryset: Any = None
    ) -> None:
        super().refresh_from_db(using, fields, from_queryset)
        if fields is None:
            self._versions = None  # Django drops the prefetched rows

    def linked_habit_for(self, viewer_id: int | None) -> "Habit | None":
        """Return the linked habit as a user (None: everyone) may see it: a private one is shown to its owner only."""
        linked = self.linked_habit
        if linked and (linked.is_published or (viewer_id is not None and linked.owner_id == viewer_id)):
            return linked
        return None

    @property
    def is_limit(self) -> bool:
        """Return whether it is a limit habit: kept by doing at most an amount, even nothing."""
        return self.goal_type == rules.GoalType.AT_MOST

    @property
    def sentence(self) -> str:
        """Return "I will ACTION at TIME in PLACE", without the parts that are empty; of a limit habit its intention."""
        if self.is_limit:
            return f"I will keep to my limit: {self.action or self.name}"
        parts = ["I will", self.action or self.name]
        if self.time:
            parts.append(f"at {self.time:%H:%M}")
        if self.place:
            parts.append(f"in {self.place}")
        return " ".join(parts)


def _interval_condition() -> Q:
    """Return the database's form of the intervals and weekdays that rules.check_schedule accepts together."""
    condition = Q(interval=1)
    for pattern in PATTERNS:
        if pattern.intervals[-1] > 1:
            no_weekdays = {} if pattern.takes_weekdays else {"weekdays": 0}
            longest = pattern.intervals[-1]
            condition |= Q(frequency=pattern.frequency.value, interval__range=(1, longest), **no_weekdays)
    return condition


class HabitSchedule(models.Model):
    """A version of a habit's schedule, in force from `starts_on` until the next version starts."""

    habit = models.ForeignKey(Habit, models.CASCADE, related_name="schedules")
    starts_on = models.DateField(null=True, blank=True, help_text="Empty: from the beginning.")
    frequency = models.CharField(max_length=7, choices=[(f.value, f.value) for f in Frequency])
    interval = models.PositiveSmallIntegerField(default=1)
    weekdays = models.PositiveSmallIntegerField(
        default=0, help_text="Bit mask, Monday is the lowest bit. 0: every day."
    )
    times_per_period = models.PositiveSmallIntegerField(default=1)
    daily_amount = models.DecimalField(
        max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_DECIMALS, default=1, validators=[MinValueValidator(0)]
    )
    unit = models.CharField(max_length=rules.MAX_UNIT_LENGTH, blank=True)
    limit_per_period = models.DecimalField(
        max_digits=AMOUNT_DIGITS,
        decimal_places=AMOUNT_DECIMALS,
        null=True,
        blank=True,
        help_text="The largest amount in a period, of a limit habit.",
    )
    derives_times = models.BooleanField(
        default=False, help_text="times_per_period was not given: it follows the frequency and the weekdays."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("habit", "starts_on", name="schedule_one_a_day"),
            models.UniqueConstraint("habit", condition=Q(starts_on=None), name="schedule_one_from_the_beginning"),
            models.CheckConstraint(condition=_interval_condition(), name="schedule_interval"),
            models.CheckConstraint(condition=Q(weekdays__lte=127), name="schedule_weekdays"),
            models.CheckConstraint(
                condition=Q(
                    *(
                        Q(frequency=frequency.value, times_per_period__range=(1, pattern_class(frequency).max_times))
                        for frequency in Frequency
                    ),
                    _connector=Q.OR,
                ),
                name="schedule_times_per_period",
            ),
            models.CheckConstraint(condition=Q(daily_amount__gt=0), name="schedule_daily_amount"),
            models.CheckConstraint(
                condition=Q(limit_per_period=None)
                | Q(
                    limit_per_period__gte=0,
                    frequency__in=sorted(each.value for each in rules.LIMIT_FREQUENCIES),
                    interval=1,
                    weekdays=0,
                    times_per_period=1,
                    daily_amount=1,
                ),
                name="schedule_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.frequency} from {self.starts_on or 'the beginning'}"

    # The columns that `version_of` takes, in its order.
    VERSION_COLUMNS = (
        "starts_on",
        "frequency",
        "interval",
        "weekdays",
        "times_per_period",
        "daily_amount",
        "unit",
        "limit_per_period",
        "derives_times",
    )

    @property
    def version(self) -> Version:
        return version_of(*(getattr(self, name) for name in self.VERSION_COLUMNS))


@lru_cache(maxsize=4096, typed=True)
def version_of(
    starts_on: date | None,
    frequency: str,
    interval: int,
    weekdays: int,
    times_per_period: int,
    daily_amount: Decimal,
    unit: str,
    limit_per_period: Decimal | None,
    derives_times: bool,
) -> Version:
    """Return a version from its columns. Cached, because most habits share a few schedules."""
    schedule = Schedule(
        frequency=Frequency(frequency),
        interval=interval,
        weekdays=weekday_set(weekdays),
        times_per_period=times_per_period,
        daily_amount=daily_amount,
        unit=unit,
        limit_per_period=limit_per_period,
        derives_times=derives_times,
    )
    return Version(starts_on, schedule)


@lru_cache(maxsize=1024)
def _extensions(days: tuple[tuple[str, str], ...]) -> tuple[Extension, ...]:
    return tuple(Extension(date.fromisoformat(old_end), date.fromisoformat(last)) for old_end, last in days)


def extensions_of(days: Iterable[Sequence[str]]) -> tuple[Extension, ...]:
    """Return the stored extensions of an end date as values, in order."""
    return _extensions(tuple((old_end, last) for old_end, last in days))


def weekday_set(bits: int) -> frozenset[int]:
    """Return the weekdays (0 is Monday) whose bits are set."""
    return frozenset(day for day in range(len(WEEKDAYS)) if bits >> day & 1)


def weekday_bits(weekdays: frozenset[int]) -> int:
    """Return the bit mask of a set of weekdays: the inverse of weekday_set."""
    return sum(1 << day for day in weekdays)


def schedule_columns(schedule: Schedule) -> dict[str, object]:
    """Return the schedule as column values of HabitSchedule."""
    return {
        "frequency": schedule.frequency.value,
        "interval": schedule.interval,
        "weekdays": weekday_bits(schedule.weekdays),
        "times_per_period": schedule.times_per_period,
        "daily_amount": schedule.daily_amount,
        "unit": schedule.unit,
        "limit_per_period": schedule.limit_per_period,
        "derives_times": schedule.derives_times,
    }
