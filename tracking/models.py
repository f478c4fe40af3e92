"""Tables of tracks, logs, pauses, goals, and the stored streak data."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import F, Q

from common.edits import UNSET, Unset
from common.limits import AMOUNT_DECIMALS, AMOUNT_DIGITS, MAX_IDEMPOTENCY_KEY_LENGTH
from habits.models import Habit
from habits.recurrence import Plan
from habits.units import EACH_DAY, StreakUnit
from tracking.fields import StreakUnitField
from tracking.goals.rules import MAX_DAYS
from tracking.logs.rules import MAX_NOTE_LENGTH
from tracking.streaks.recount import Checkpoint
from tracking.streaks.rules import Status, Streak
from tracking.tags import rules as tag_rules
from tracking.tracks.rules import COLOURS, MAX_ICON_LENGTH
from users.models import User


def by_unit(longest: Mapping[str, int]) -> dict[StreakUnit, int]:
    """Return stored longest streaks by their units as values."""
    return {StreakUnit.parse(unit): count for unit, count in longest.items()}


def by_text(longest: Mapping[StreakUnit, int]) -> dict[str, int]:
    """Return longest streaks by unit as they are stored: the inverse of `by_unit`."""
    return {str(unit): count for unit, count in longest.items()}


class Tag(models.Model):
    """A user's own word for grouping tracks. `name_key` decides which names are the same (tracking.tags.rules.key_of)."""

    user = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="tags")
    name = models.CharField(max_length=tag_rules.MAX_NAME_LENGTH)
    name_key = models.CharField(max_length=tag_rules.MAX_KEY_LENGTH)

    class Meta:
        constraints = [models.UniqueConstraint("user", "name_key", name="tag_one_a_name")]

    def __str__(self) -> str:
        return self.name


class HabitTrack(models.Model):
    """A user's participation in a habit, as its owner or as a follower.

    `colour`, `icon`, `tags`, `position` and `archived_at` are the user's own: they say nothing of the habit. Tracks
    without a position come after all others. An archived track is hidden and paused, and nothing else.

    `streak`, `streak_unit` and `longest_streaks` are calculated from the logs at every change. From `lapses_at` on, if
    nothing more is completed, the current streak reads 0 (`streak_at`; in SQL tracking.tracks.queries.current_streak).
    `strength` is the value at the end of `strength_on`; tracking.tracks.histories continues it to a later day. A
    `counted_at` in the future means that the server clock ran ahead, and the track is recounted
    (tracking.tracks.clock_repair).
    """

    user = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="tracks")
    habit = models.ForeignKey(Habit, models.PROTECT, related_name="tracks")
    started_on = models.DateField(
        help_text="The local day on which it was started. It begins on the day of its first log if that is earlier."
    )
    first_log_on = models.DateField(null=True, blank=True, help_text="The day of the first log.")
    windows_from = models.DateField(
        null=True,
        blank=True,
        help_text="Where windows of n days start: the habit's start or creation day as it was at the first log. "
        "Empty: there is no log.",
    )
    left_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, help_text="Empty: not archived.")
    colour = models.CharField(
        max_length=6,
        choices=[(colour, colour) for colour in COLOURS],
        blank=True,
        default="",
        db_default="",
        help_text="Empty: none.",
    )
    icon = models.CharField(
        max_length=MAX_ICON_LENGTH, blank=True, default="", db_default="", help_text="An emoji. Empty: none."
    )
    position = models.PositiveIntegerField(
        null=True, blank=True, help_text="Place among the user's tracks. Empty: after those that have one."
    )
    tags = models.ManyToManyField(Tag, through="TrackTag", related_name="tracks")
    streak = models.PositiveIntegerField(default=0)
    longest_streaks = models.JSONField(default=dict, blank=True, help_text="The longest streak by its unit.")
    streak_unit = StreakUnitField(default=EACH_DAY)
    lapses_at = models.DateTimeField(null=True, blank=True)
    recount_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When time alone changes the streaks next: a future-dated log (left by westward travel) is due, a "
        "new unit begins, or a period of a limit habit is over.",
    )
    counted_at = models.DateTimeField(
        null=True, blank=True, help_text="When streaks and strength were last calculated."
    )
    is_outdated = models.BooleanField(
        default=False, help_text="Counted by an earlier release's definitions; the worker counts it again."
    )
    strength = models.FloatField(default=0, help_text="From 0 to 1.")
    strength_on = models.DateField(
        null=True, blank=True, help_text="Last day included in the strength. Empty: not calculated yet."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index("recount_at", name="track_to_recount", condition=Q(recount_at__isnull=False)),
            models.Index("counted_at", name="track_counted", condition=Q(counted_at__isnull=False)),
            models.Index("id", name="track_outdated", condition=Q(is_outdated=True)),
        ]
        constraints = [models.UniqueConstraint("user", "habit", name="track_one_per_person_and_habit")]

    # The plan and the values of which it is made: kept here by tracking.tracks.plans.plan_of.
    built_plan: tuple[tuple[Any, ...], Plan] | None = None

    # What tracking.tracks.locking has read with the lock, under which alone it changes. None, UNSET: not known, or no
    # longer, so that it has to be read. Those who change it say so.
    has_goals: bool | None = None
    has_pauses: bool | None = None
    latest_checkpoint: Checkpoint | Unset | None = UNSET

    def __str__(self) -> str:
        return f"{self.user}: {self.habit}"

    @property
    def begins_on(self) -> date:
        """Return the first day of the track: that of its start or first log, but not before the habit's start date."""
        first = min(self.started_on, self.first_log_on or self.started_on)
        return max(first, self.habit.start_date or first)

    @property
    def longest_streak(self) -> int:
        """Return the longest streak in the present unit."""
        return int(self.longest_streaks.get(str(self.streak_unit), 0))

    def streak_at(self, now: datetime) -> Streak:
        """Return the streaks at an instant, after the effect of a lapse since the last change."""
        lapsed = self.lapses_at is not None and self.lapses_at <= now
        return Streak(0 if lapsed else self.streak, self.streak_unit, by_unit(self.longest_streaks))


class TrackTag(models.Model):
    """A tag of a track. Both belong to the same user."""

    track = models.ForeignKey(HabitTrack, models.CASCADE, db_index=False, related_name="track_tags")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="track_tags")

    class Meta:
        constraints = [models.UniqueConstraint("track", "tag", name="track_tag_once")]

    def __str__(self) -> str:
        return f"{self.track_id}: {self.tag_id}"


class HabitChange(models.Model):
    """An edit of a habit that the worker has not yet applied to all followers' tracks, in order of track id.

    `since`: the first day whose evaluation the edit affects; `retimed`: the time of day has changed.
    """

    habit = models.ForeignKey(Habit, models.PROTECT, related_name="changes")
    since = models.DateField(null=True, blank=True)
    retimed = models.BooleanField(default=False)
    done_to = models.PositiveBigIntegerField(default=0, help_text="Id of the last track to which the edit was applied.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.habit} from {self.since or 'now'}"


class HabitLog(models.Model):
    """What a user recorded for one local day of a track."""

    class Source(models.TextChoices):
        WEB = "web"
        API = "api"
        TELEGRAM = "telegram"
        IMPORT = "import"
        EVENT = "event"

    track = models.ForeignKey(HabitTrack, models.CASCADE, db_index=False, related_name="logs")
    day = models.DateField(
        help_text="The user's local day when it was logged. A later change of time zone does not change it."
    )
    status = models.CharField(max_length=9, choices=[(status.value, status.value) for status in Status])
    amount = models.DecimalField(max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_DECIMALS, null=True, blank=True)
    note = models.TextField(max_length=MAX_NOTE_LENGTH, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("track", "day", name="log_one_a_day"),
            models.CheckConstraint(
                condition=Q(status__in=["completed", "partial"], amount__isnull=False, amount__gt=0)
                | Q(status="counted", amount__isnull=False, amount__gte=0)
                | Q(status__in=["skipped", "missed"], amount=None),
                name="log_amount_goes_with_doing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.status}"


class StreakCheckpoint(models.Model):
    """Streaks and strength before `day`, on which a period starts. There is about one checkpoint a month.

    A change is counted forward from the last checkpoint before it, so that older logs need not be read.
    """

    track = models.ForeignKey(HabitTrack, models.CASCADE, db_index=False, related_name="checkpoints")
    day = models.DateField()
    current = models.PositiveIntegerField()
    longest_streaks = models.JSONField(default=dict)
    unit = StreakUnitField()
    strength = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint("track", "day", name="checkpoint_one_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.current}"

    @classmethod
    def of(cls, track: HabitTrack, checkpoint: Checkpoint) -> "StreakCheckpoint":
        """Return the row of a track's checkpoint, not saved."""
        streak = checkpoint.streak
        return cls(
            track=track,
            day=checkpoint.day,
            current=streak.current,
            longest_streaks=by_text(streak.longest_of),
            unit=streak.unit,
            strength=checkpoint.strength,
        )

    @property
    def checkpoint(self) -> Checkpoint:
        """Return the row as a value."""
        return Checkpoint(self.day, Streak(self.current, self.unit, by_unit(self.longest_streaks)), self.strength)


class AmountAdded(models.Model):
    """An addition made with an Idempotency-Key, stored so that a repeated request changes nothing.

    `status_before`, `amount_before` and `completed_before` are what stood before it, for its undo. An addition changes
    no note, so none is kept here.
    """

    track = models.ForeignKey(HabitTrack, models.CASCADE, db_index=False, related_name="additions")
    key = models.CharField(max_length=MAX_IDEMPOTENCY_KEY_LENGTH)
    day = models.DateField()
    amount = models.DecimalField(max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_DECIMALS)
    status_before = models.CharField(
        max_length=9,
        null=True,
        help_text="Empty text: the day had no log. Null: added by a version that did not keep it.",
    )
    amount_before = models.DecimalField(max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_DECIMALS, null=True)
    completed_before = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("track", "key", name="addition_once_a_key")]

    def __str__(self) -> str:
        return self.key


class Pause(models.Model):
    """Days on which a track is not due. Without a track, the pause applies to all tracks of the user.

    Pauses of different reasons are independent of each other: taking a track back ends the pause that archiving made,
    and leaves those that the user made as they were.
    """

    class Reason(models.TextChoices):
        MANUAL = "manual"  # the user paused
        LEFT = "left"  # the user had stopped following the habit
        ARCHIVED = "archived"  # the user had archived the track

    user = models.ForeignKey(User, models.PROTECT, related_name="pauses")
    track = models.ForeignKey(HabitTrack, models.CASCADE, null=True, blank=True, related_name="pauses")
    first_day = models.DateField()
    last_day = models.DateField(null=True, blank=True, help_text="Empty: open-ended.")
    reason = models.CharField(
        max_length=8, choices=Reason.choices, default=Reason.MANUAL, db_default=Reason.MANUAL.value
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reason="manual") | Q(track__isnull=False), name="pause_of_a_track_unless_manual"
            ),
            models.CheckConstraint(
                condition=Q(last_day=None) | Q(last_day__gte=F("first_day")), name="pause_days_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day or 'open'}"


class Goal(models.Model):
    """An amount on a number of days of a track, with an optional deadline: "read 30 minutes a day for 30 days"."""

    track = models.ForeignKey(HabitTrack, models.CASCADE, related_name="goals")
    amount = models.DecimalField(
        max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_DECIMALS, help_text="Minimum amount of a day that counts."
    )
    days = models.PositiveSmallIntegerField()
    first_day = models.DateField(help_text="First local day that counts: the day on which the goal was created.")
    deadline = models.DateField(null=True, blank=True, help_text="Last day that counts. Empty: no deadline.")
    reached_on = models.DateField(null=True, blank=True, help_text="The day on which the goal was reached.")
    reached_at = models.DateTimeField(null=True, blank=True, help_text="When that day was logged.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="goal_amount_positive"),
            models.CheckConstraint(condition=Q(days__gte=1, days__lte=MAX_DAYS), name="goal_days_in_range"),
            models.CheckConstraint(
                condition=Q(deadline=None) | Q(deadline__gte=F("first_day")), name="goal_deadline_after_first_day"
            ),
            models.CheckConstraint(
                condition=Q(reached_on=None, reached_at=None)
                | Q(reached_on__gte=F("first_day"), reached_at__isnull=False),
                name="goal_reached_with_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount.normalize():f} on {self.days} days"
