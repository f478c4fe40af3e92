"""Tables of the changes that programs are told of."""

import uuid

from django.db import models
from django.db.models import Q

from integrations.changes.rules import ChangeType
from tracking.models import HabitTrack
from users.models import User


class ChangeStream(models.Model):
    """The numbering of a user's changes. It exists since a program first asked for them.

    Changes are recorded while `recorded_since` is set, as `User.records_changes` says. Those up to `forgotten_to` are
    deleted.
    """

    user = models.OneToOneField(User, models.PROTECT, related_name="change_stream")
    last_sequence = models.PositiveBigIntegerField(default=0)
    forgotten_to = models.PositiveBigIntegerField(default=0)
    recorded_since = models.DateTimeField(null=True, blank=True, help_text="Empty: changes are not recorded.")
    read_at = models.DateTimeField(null=True, blank=True, help_text="When they were last read, exact to a day.")

    def __str__(self) -> str:
        return f"{self.user}: {self.last_sequence}"


class Change(models.Model):
    """Something that happened to a user, with the state after it. It is numbered once its transaction is committed."""

    user = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="changes")
    uid = models.UUIDField(default=uuid.uuid4, editable=False, help_text="The id in every copy of its webhook.")
    sequence = models.PositiveBigIntegerField(null=True, blank=True, help_text="Empty: not numbered yet.")
    type = models.CharField(max_length=30, choices=[(each.value, each.value) for each in ChangeType])
    occurred_at = models.DateTimeField()
    data = models.JSONField(help_text="The state after it.")
    about = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        help_text="In the stream of a partner's account: to which of its people it happened.",
    )

    class Meta:
        indexes = [
            models.Index("id", name="change_unnumbered", condition=Q(sequence=None)),
            models.Index("about", "user", name="change_about", condition=Q(about__isnull=False)),
            models.Index("occurred_at", name="change_occurred"),
        ]
        constraints = [
            models.UniqueConstraint("user", "sequence", name="change_one_a_number"),
            models.UniqueConstraint("uid", name="change_uid_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.sequence}"


class StreakWatch(models.Model):
    """The streak of a track of which programs were last told, and when it lapses if nothing more is done."""

    track = models.OneToOneField(HabitTrack, models.PROTECT, related_name="streak_watch")
    streak = models.PositiveIntegerField(default=0)
    unit = models.CharField(max_length=10)
    lapses_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it is told, or does not lapse.")

    class Meta:
        verbose_name_plural = "streak watches"
        indexes = [models.Index("lapses_at", name="watch_lapses", condition=Q(lapses_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.track_id}: {self.streak}"
