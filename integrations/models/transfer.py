"""Tables of files in and out: what is to be done with a file, its bytes while they are needed, and what came of it."""

from typing import Any

from django.db import models
from django.db.models import Q

from common import clock
from common.limits import MAX_NAME_LENGTH
from habits.models import Habit
from users.models import User

MAX_KEY_LENGTH = 64  # SHA-256 in hexadecimal
MAX_CODE_LENGTH = 40


class Transfer(models.Model):
    """A file that comes in or goes out, and the work on it.

    The rows are the truth: the worker that holds the lease works, and a lease that has ended is taken over.
    """

    class Kind(models.TextChoices):
        IMPORT = "import"
        RESTORE = "restore"
        EXPORT = "export"

    class State(models.TextChoices):
        READING = "reading", "uploaded, not previewed yet"
        WAITING = "waiting", "previewed, not started"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    user = models.ForeignKey(User, models.PROTECT, related_name="transfers")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    state = models.CharField(max_length=7, choices=State.choices)
    name = models.CharField(max_length=MAX_NAME_LENGTH, blank=True, help_text="Of the file, as it came.")
    source = models.CharField(max_length=20, blank=True, help_text="The format that was recognised.")
    size = models.PositiveBigIntegerField(default=0, help_text="Of the file, in bytes.")
    sha256 = models.CharField(max_length=MAX_KEY_LENGTH, blank=True, help_text="Of the file.")
    choices = models.JSONField(default=dict, help_text="What the user has answered, as the preview has it.")
    new_choices = models.JSONField(null=True, blank=True, help_text="Answers with which the file is read again.")
    preview = models.JSONField(default=dict, help_text="What the file has, as the user was shown.")
    total = models.PositiveIntegerField(default=0, help_text="Habits.")
    done = models.PositiveIntegerField(default=0, help_text="Habits that are finished.")
    code = models.CharField(max_length=MAX_CODE_LENGTH, blank=True, help_text="Why it failed.")
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How many workers have begun.")
    moved_at = models.DateTimeField(null=True, blank=True, help_text="When it was queued, or last got any further.")
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True, help_text="When the file of an export was fetched.")
    expires_at = models.DateTimeField(help_text="When the row is deleted, with its bytes.")

    class Meta:
        indexes = [
            models.Index("lease_until", name="transfer_with_worker", condition=Q(state__in=["reading", "running"])),
            models.Index("expires_at", name="transfer_expires"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(lease=None, lease_until=None) | Q(lease__isnull=False, lease_until__isnull=False),
                name="transfer_lease_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["reading", "waiting", "running"]) | Q(finished_at__isnull=False),
                name="transfer_finished_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def latest_choices(self) -> dict[str, Any]:
        """Return what the user has answered last: while a file is read again, that is not what its preview has."""
        return dict(self.choices if self.new_choices is None else self.new_choices)

    @property
    def items_in_order(self) -> "models.QuerySet[TransferItem]":
        """Return what came of its habits, in the order of the file."""
        return self.items.order_by("number")


class TransferPiece(models.Model):
    """A piece of a file's bytes. Deleted once the file is not needed any more."""

    transfer = models.ForeignKey(Transfer, models.CASCADE, db_index=False, related_name="pieces")
    number = models.PositiveIntegerField()
    packed_bytes = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint("transfer", "number", name="transfer_piece_once")]

    def __str__(self) -> str:
        return f"{self.transfer_id}: {self.number}"


class TransferItem(models.Model):
    """What came of a habit of a file. Written with the habit, in one transaction, so that it is never made twice."""

    class Outcome(models.TextChoices):
        CREATED = "created"
        CHANGED = "changed", "days were added"
        UNCHANGED = "unchanged"
        REFUSED = "refused"

    transfer = models.ForeignKey(Transfer, models.CASCADE, db_index=False, related_name="items")
    number = models.PositiveIntegerField(help_text="Its place in the file.")
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    habit = models.ForeignKey(Habit, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=MAX_NAME_LENGTH)
    days_added = models.PositiveIntegerField(default=0)
    days_kept = models.PositiveIntegerField(default=0, help_text="Days that had a log before, which was kept.")
    days_refused = models.PositiveIntegerField(default=0)
    notices = models.JSONField(default=list)
    code = models.CharField(max_length=MAX_CODE_LENGTH, blank=True)
    message = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("transfer", "number", name="transfer_item_once")]

    def __str__(self) -> str:
        return f"{self.transfer_id}: {self.number}"


class ImportedHabit(models.Model):
    """Which of a user's habits came from which habit of a source, so that the same file twice changes nothing."""

    user = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="imported_habits")
    habit = models.ForeignKey(Habit, models.CASCADE, related_name="+")
    source_key = models.CharField(max_length=MAX_KEY_LENGTH, help_text="A hash of the source and its id of the habit.")

    class Meta:
        constraints = [models.UniqueConstraint("user", "source_key", name="imported_habit_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.habit_id}"
