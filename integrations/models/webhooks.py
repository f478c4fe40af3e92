"""Tables of webhooks: where they go, what is sent, and what came of each attempt."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from common import clock
from common.outbound.addresses import MAX_URL_LENGTH
from integrations.models.changes import Change
from integrations.webhooks.rules import MAX_ANSWER_LENGTH, MAX_NAME_LENGTH, MAX_REASON_LENGTH
from users.models import User


class WebhookEndpoint(models.Model):
    """An address of a user's program that is called when something happens.

    A breaker: after several failures in a row nothing is sent to it until `hold_until`, then one webhook at a time.
    """

    class Off(models.TextChoices):
        """Why nothing is sent to it."""

        GONE = "gone", "it answered 410"
        FAILING = "failing", "it has failed for days"

    user = models.ForeignKey(User, models.PROTECT, related_name="webhook_endpoints")
    name = models.CharField(max_length=MAX_NAME_LENGTH, help_text="What the user calls it.")
    url = models.CharField(max_length=MAX_URL_LENGTH)
    events = models.JSONField(help_text="The types of changes that it gets.")
    signing_secret = models.CharField(max_length=64, help_text="The secret of its signatures.")
    previous_secret = models.CharField(max_length=64, blank=True, help_text="Signs as well until previous_until.")
    previous_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Deleted by its user, or their access was ended.")
    off_at = models.DateTimeField(null=True, blank=True, help_text="Since then nothing is sent to it.")
    off_reason = models.CharField(max_length=10, choices=Off.choices, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="Failures in a row.")
    failing_since = models.DateTimeField(null=True, blank=True, help_text="The first of them.")
    warned_at = models.DateTimeField(null=True, blank=True, help_text="When the user was told of them.")
    hold_until = models.DateTimeField(null=True, blank=True, help_text="Nothing is sent to it before.")
    served_at = models.DateTimeField(null=True, blank=True, help_text="When a sender last took webhooks for it.")

    class Meta:
        indexes = [
            models.Index("failing_since", name="endpoint_failing", condition=Q(failing_since__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(url="") & ~Q(name=""), name="endpoint_has_name_and_address"),
            models.CheckConstraint(
                condition=Q(off_at=None, off_reason="") | (Q(off_at__isnull=False) & ~Q(off_reason="")),
                name="endpoint_off_with_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(previous_secret="", previous_until=None)
                | (~Q(previous_secret="") & Q(previous_until__isnull=False)),
                name="endpoint_previous_secret_with_its_end",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def secrets(self, now: datetime) -> list[str]:
        """Return the secrets that sign at `now`, the current one first."""
        is_rotating = self.previous_until is not None and now < self.previous_until
        return [self.signing_secret, self.previous_secret] if is_rotating else [self.signing_secret]


class WebhookColumns(models.Model):
    """The columns that a webhook has in the outbox and in the archive."""

    class State(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        FAILED = "failed"

    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=MAX_REASON_LENGTH, blank=True, help_text="Why it is in this state or waits.")
    due_at = models.DateTimeField(help_text="When it was queued, or queued again.")
    available_at = models.DateTimeField(help_text="Earliest instant of sending; later after each retry.")
    postponed_at = models.DateTimeField(null=True, blank=True, help_text="When available_at was last changed.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Attempts that failed since it was queued.")
    expired_leases = models.PositiveSmallIntegerField(default=0, help_text="Leases that ended without a result.")
    uncertain = models.BooleanField(default=False, help_text="A sender crashed with it: it may have arrived before.")
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class WebhookDelivery(WebhookColumns):
    """A change that is to be sent to an endpoint: an outbox as in common.leases."""

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, db_index=False, related_name="deliveries")
    change = models.ForeignKey(Change, models.CASCADE, related_name="deliveries")
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, help_text="By the database's clock.")
    sending_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        indexes = [
            models.Index("endpoint", "available_at", "id", name="hook_to_send", condition=Q(state="pending")),
            models.Index("lease_until", name="hook_leased", condition=Q(lease_until__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint("endpoint", "change", name="hook_once_a_change"),
            models.CheckConstraint(
                condition=Q(lease=None, lease_until=None) | Q(lease__isnull=False, lease_until__isnull=False),
                name="hook_lease_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="hook_sent_has_its_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.change_id} to {self.endpoint_id}"


class ArchivedWebhook(WebhookColumns):
    """A webhook that was taken some days ago. On PostgreSQL the table is divided by the month of `due_at`.

    It has no foreign keys in the database (common.partitions). Its change may be deleted: then nobody finds it any more.
    """

    id = models.BigIntegerField(primary_key=True, help_text="The same as in the outbox.")
    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, db_index=False, db_constraint=False, related_name="archived_deliveries"
    )
    change = models.ForeignKey(
        Change, models.DO_NOTHING, db_index=False, db_constraint=False, related_name="archived_deliveries"
    )

    class Meta:
        indexes = [
            models.Index("endpoint", "change", name="archived_hook_of_endpoint"),
            models.Index("change", name="archived_hook_of_change"),
            models.Index("due_at", name="archived_hook_due"),
        ]

    def __str__(self) -> str:
        return f"{self.change_id} to {self.endpoint_id}"


class WebhookAttempt(models.Model):
    """One attempt to send a webhook, and the beginning of the answer. The webhook may be in the archive.

    On PostgreSQL the table is divided by the month of `at`, and has no foreign keys in the database (common.partitions).
    """

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, db_constraint=False, related_name="attempt_rows")
    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, db_index=False, db_constraint=False, related_name="attempts"
    )
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: there was no answer.")
    reason = models.CharField(max_length=MAX_REASON_LENGTH, blank=True, help_text="Why it failed; empty: it was taken.")
    answer = models.TextField(blank=True, help_text=f"Its first {MAX_ANSWER_LENGTH} bytes.")
    milliseconds = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="attempt_of_endpoint"),
            models.Index("at", name="attempt_at"),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id}: {self.status}"
