"""The tables of reminders and of the outbox."""

import datetime

from django.db import models
from django.db.models import Q

from tracking.models import HabitTrack
from users.models import User


class Reminder(models.Model):
    """A time of day at which a track asks; `next_at` is the next time that it will."""

    track = models.ForeignKey(HabitTrack, models.PROTECT, related_name="reminders")
    local_time = models.TimeField(null=True, blank=True, help_text="None: the habit's time.")
    text = models.CharField(max_length=200, blank=True, help_text="One's own words; empty: the habit's sentence.")
    is_on = models.BooleanField(default=True)
    next_at = models.DateTimeField(null=True, blank=True, help_text="UTC. None: nothing to come.")
    next_day = models.DateField(null=True, blank=True, help_text="The local day that next_at is for.")

    class Meta:
        indexes = [models.Index("next_at", name="reminder_due", condition=Q(next_at__isnull=False))]
        constraints = [
            models.UniqueConstraint("track", "local_time", name="reminder_one_a_time"),
            models.UniqueConstraint("track", condition=Q(local_time=None), name="reminder_one_at_the_habits_time"),
            models.CheckConstraint(
                condition=Q(next_at=None, next_day=None) | Q(next_at__isnull=False, next_day__isnull=False),
                name="reminder_planned_with_its_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.track} at {self.local_time or 'its time'}"

    @property
    def time(self) -> datetime.time | None:
        """When it asks, on the wall clock (with track and habit at hand: no query)."""
        habits_time: datetime.time | None = self.track.habit.time
        return self.local_time or habits_time


class Delivery(models.Model):
    """One message in the outbox: queued once under its key, claimed with a lease, its outcome recorded."""

    class State(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        FAILED = "failed"
        EXPIRED = "expired"
        DROPPED = "dropped"

    class Channel(models.TextChoices):
        TELEGRAM = "telegram"
        EMAIL = "email"

    class Kind(models.TextChoices):
        REMINDER = "reminder"
        HABIT_CREATED = "habit_created"
        GOAL_REACHED = "goal_reached"
        ACHIEVEMENT = "achievement"
        CHALLENGE_ENDED = "challenge_ended"
        CHALLENGE_CANCELLED = "challenge_cancelled"
        DIGEST = "digest"
        CHAT_CONFIRMATION = "chat_confirmation"
        EMAIL_CONFIRMATION = "email_confirmation"
        EMAIL_CHANGE = "email_change"
        PASSWORD_RESET = "password_reset"

    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="deliveries")
    track = models.ForeignKey(
        HabitTrack, models.PROTECT, null=True, blank=True, db_index=False, related_name="deliveries"
    )
    reminder = models.ForeignKey(Reminder, models.SET_NULL, null=True, blank=True, related_name="deliveries")
    address = models.CharField(
        max_length=254, blank=True, help_text="Where it goes; empty: the person's chat at sending."
    )
    day = models.DateField(null=True, blank=True, help_text="The local day that it is about.")
    passed_over = models.PositiveIntegerField(default=0, help_text="Earlier occurrences that it stands for.")

    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it ended so, or must be tried again.")
    due_at = models.DateTimeField()
    available_at = models.DateTimeField(help_text="Not before this; moved by each retry.")
    expires_at = models.DateTimeField(help_text="Of no use after this.")
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, help_text="By the database's clock.")
    sending_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    uncertain = models.BooleanField(
        default=False, help_text="An attempt's outcome was never learned: it may have arrived twice."
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    message_id = models.BigIntegerField(null=True, blank=True, help_text="Telegram's.")
    chat_id = models.BigIntegerField(null=True, blank=True, help_text="Where it arrived.")
    text = models.TextField(blank=True, help_text="As sent; mails with links keep their subject only.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index("available_at", "id", name="delivery_to_send", condition=Q(state="pending")),
            models.Index(fields=["user", "-id"], name="delivery_of_user"),
            models.Index(fields=["track", "-due_at"], name="delivery_of_track"),
        ]
        constraints = [
            models.UniqueConstraint("key", name="delivery_once_a_key"),
            models.CheckConstraint(
                condition=Q(lease=None, lease_until=None) | Q(lease__isnull=False, lease_until__isnull=False),
                name="delivery_lease_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="delivery_sent_has_its_time"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Digest(models.Model):
    """Whether and when a person is told of their week; the weekday and the hour are of their own clock."""

    user = models.OneToOneField(User, models.PROTECT, related_name="digest")
    is_on = models.BooleanField(default=False)
    weekday = models.PositiveSmallIntegerField(default=0, help_text="Monday is 0.")
    hour = models.PositiveSmallIntegerField(default=8)
    next_at = models.DateTimeField(null=True, blank=True, help_text="UTC. None: off.")
    next_day = models.DateField(null=True, blank=True, help_text="The local day that next_at is for.")

    class Meta:
        indexes = [models.Index("next_at", name="digest_due", condition=Q(next_at__isnull=False))]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="digest_weekday"),
            models.CheckConstraint(condition=Q(hour__lte=23), name="digest_hour"),
            models.CheckConstraint(
                condition=Q(is_on=False, next_at=None, next_day=None)
                | Q(is_on=True, next_at__isnull=False, next_day__isnull=False),
                name="digest_planned_while_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {'on' if self.is_on else 'off'}"
