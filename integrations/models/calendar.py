"""The table of calendar addresses."""

from django.db import models

from users.models import User


class CalendarFeed(models.Model):
    """The secret address at which a calendar program reads the user's plan of reminders."""

    user = models.OneToOneField(User, models.PROTECT, related_name="calendar_feed")
    token = models.CharField(max_length=64, unique=True, help_text="The secret in the address.")
    alarm_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How long before a reminder the calendar rings; empty: not at all."
    )
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"calendar of {self.user}"
