"""The table of action links."""

from django.db import models
from django.db.models import Q

from common.limits import AMOUNT_DECIMALS, AMOUNT_DIGITS
from integrations.action_links import rules
from tracking.models import HabitTrack
from users.models import User


class ActionLink(models.Model):
    """A secret address that does one thing to a track.

    The token is stored as it is: its owner must be able to read the address again, to write it to another tag, and all
    that it opens is one action, which can be undone.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="action_links")
    track = models.ForeignKey(HabitTrack, models.PROTECT, related_name="action_links")
    token = models.CharField(max_length=64, unique=True, help_text="The secret in the address.")
    name = models.CharField(max_length=rules.MAX_NAME_LENGTH, blank=True, help_text="What the user calls it.")
    action = models.CharField(max_length=6, choices=[(each.value, each.value) for each in rules.Action])
    amount = models.DecimalField(
        max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_DECIMALS, null=True, blank=True, help_text="What it adds."
    )
    acts_on_get = models.BooleanField(default=False, help_text="Opening the address acts, without a button.")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="When it acted last.")
    undo = models.JSONField(null=True, blank=True, help_text="What its last action can be undone by. Empty: nothing.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(action="add", amount__gt=0) | Q(action__in=["done", "toggle"], amount=None),
                name="action_link_amount_goes_with_adding",
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.track_id}"
