"""The table of requests with an Idempotency-Key."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from common.limits import MAX_IDEMPOTENCY_KEY_LENGTH
from users.models import User


class IdempotentRequest(models.Model):
    """A request that was made with an Idempotency-Key, and its answer. Only successful ones are kept."""

    owner = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="idempotent_requests")
    key = models.CharField(max_length=MAX_IDEMPOTENCY_KEY_LENGTH)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body, in hexadecimal.")
    status = models.PositiveSmallIntegerField(help_text="Of the answer; 0 while it is being made.")
    body = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder, help_text="Of the answer.")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("created_at", name="idempotent_request_created")]
        constraints = [models.UniqueConstraint("owner", "key", name="idempotent_request_once")]

    def __str__(self) -> str:
        return self.key
