"""The tables of what people do: tracks, their logs, their pauses."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from habits.models import Habit
from tracking.streaks import Status, Streak
from users.models import User


class HabitTrack(models.Model):
    """A person's own course through a habit: the owner's, or a follower's.

    `streak` and `longest_streak` were computed from the logs at the last change; from `lapses_at` on, with
    nothing more done, the current streak reads 0 (`streak_at`; tracking.queries says it in SQL).
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="tracks")
    habit = models.ForeignKey(Habit, models.PROTECT, related_name="tracks")
    started_on = models.DateField(help_text="Its first local day.")
    left_at = models.DateTimeField(null=True, blank=True)
    streak = models.PositiveIntegerField(default=0)
    longest_streak = models.PositiveIntegerField(default=0)
    streak_unit = models.CharField(max_length=10, default="day")
    lapses_at = models.DateTimeField(null=True, blank=True)
    unit_changes_at = models.DateTimeField(null=True, blank=True, help_text="From then on both start anew.")
    next_units = models.JSONField(
        default=list, blank=True, help_text="[[instant, unit], ...]: of schedules that are still to come."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "habit", name="track_one_per_person_and_habit"),
            models.CheckConstraint(
                condition=Q(longest_streak__gte=F("streak")), name="track_longest_streak_is_longest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.habit}"

    def streak_at(self, now: datetime) -> Streak:
        """The streaks as they stand at an instant: a current one lapses, and another unit begins, by themselves."""
        if self.unit_changes_at is not None and self.unit_changes_at <= now:
            begun = [unit for at, unit in self.next_units if datetime.fromisoformat(at) <= now]
            return Streak(0, 0, begun[-1])
        lapsed = self.lapses_at is not None and self.lapses_at <= now
        return Streak(0 if lapsed else self.streak, self.longest_streak, self.streak_unit)


class HabitLog(models.Model):
    """What somebody did, or says of, one local day."""

    class Source(models.TextChoices):
        WEB = "web"
        API = "api"
        TELEGRAM = "telegram"
        IMPORT = "import"
        EVENT = "event"

    track = models.ForeignKey(HabitTrack, models.CASCADE, related_name="logs")
    day = models.DateField(help_text="The local day that it was made for; another zone changes nothing.")
    status = models.CharField(max_length=9, choices=[(status.value, status.value) for status in Status])
    amount = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    note = models.TextField(max_length=1000, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("track", "day", name="log_one_a_day"),
            models.CheckConstraint(
                condition=Q(status__in=["completed", "partial"], amount__isnull=False, amount__gt=0)
                | Q(status__in=["skipped", "missed"], amount=None),
                name="log_amount_goes_with_doing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.status}"


class StreakCheckpoint(models.Model):
    """The streaks after all periods that ended before `day`, which begins one: about one a month.

    From the last one on, a day's change is counted forward; what lies before it is not read again.
    """

    track = models.ForeignKey(HabitTrack, models.CASCADE, related_name="checkpoints")
    day = models.DateField()
    current = models.PositiveIntegerField()
    longest = models.PositiveIntegerField()
    unit = models.CharField(max_length=10)

    class Meta:
        constraints = [models.UniqueConstraint("track", "day", name="checkpoint_one_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.current}"


class AmountAdded(models.Model):
    """An addition that a client made under an Idempotency-Key: made again, it changes nothing."""

    track = models.ForeignKey(HabitTrack, models.CASCADE, related_name="additions")
    key = models.CharField(max_length=100)
    day = models.DateField()
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("track", "key", name="addition_once_a_key")]

    def __str__(self) -> str:
        return self.key


class Pause(models.Model):
    """Days on which a track, or with none all of a person's, asks for nothing."""

    user = models.ForeignKey(User, models.PROTECT, related_name="pauses")
    track = models.ForeignKey(HabitTrack, models.CASCADE, null=True, blank=True, related_name="pauses")
    first_day = models.DateField()
    last_day = models.DateField(null=True, blank=True, help_text="None: until it is ended.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day=None) | Q(last_day__gte=F("first_day")), name="pause_days_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day or 'open'}"
