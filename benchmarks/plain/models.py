"""Tables of the plain application."""

from datetime import date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

APP = "plain"


class PlainUser(AbstractBaseUser):
    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    time_zone = models.CharField(max_length=50, default="UTC")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = BaseUserManager()
    USERNAME_FIELD = "email"

    class Meta:
        app_label = APP

    def day_of(self, now: datetime) -> date:
        """Return the user's local date."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()


class PlainHabit(models.Model):
    user = models.ForeignKey(PlainUser, models.CASCADE, related_name="habits")
    name = models.CharField(max_length=200)
    action = models.CharField(max_length=200, blank=True)
    place = models.CharField(max_length=200, blank=True)
    time = models.TimeField(null=True, blank=True)
    weekdays = models.JSONField(default=list, blank=True)  # 0 is Monday; empty: every day
    target = models.DecimalField(max_digits=9, decimal_places=2, default=1)
    unit = models.CharField(max_length=30, blank=True)
    is_public = models.BooleanField(default=False)
    started_on = models.DateField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["PlainHabit"]] = models.Manager()

    class Meta:
        app_label = APP
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    def is_target(self, day: date) -> bool:
        """Return whether the habit is to be done on the day."""
        return not self.weekdays or day.weekday() in self.weekdays

    def next_target(self, day: date) -> date:
        """Return the next day on which the habit is to be done."""
        day += timedelta(days=1)
        while not self.is_target(day):
            day += timedelta(days=1)
        return day


class PlainLog(models.Model):
    class Status(models.TextChoices):
        COMPLETED = "completed"
        PARTIAL = "partial"
        SKIPPED = "skipped"

    habit = models.ForeignKey(PlainHabit, models.CASCADE, related_name="logs")
    day = models.DateField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.COMPLETED)
    amount = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager["PlainLog"]] = models.Manager()

    class Meta:
        app_label = APP
        constraints = [models.UniqueConstraint("habit", "day", name="plain_log_one_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.status}"
