"""The table of keys."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from integrations.keys.rules import MAX_NAME_LENGTH, PREFIX_LENGTH
from integrations.models.partners import Partner
from users.models import User


class ApiKey(models.Model):
    """A key with which a program uses the API in the name of a user, or a partner. Its text is shown once, and never stored."""

    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="api_keys")
    partner = models.ForeignKey(Partner, models.PROTECT, null=True, blank=True, related_name="api_keys")
    name = models.CharField(max_length=MAX_NAME_LENGTH, help_text="What its owner calls it.")
    prefix = models.CharField(max_length=PREFIX_LENGTH, help_text="The beginning of its text, by which it is found.")
    secret_hash = models.CharField(max_length=64, help_text="SHA-256 of its text, in hexadecimal.")
    scopes = models.JSONField(help_text="What it may do: names of users.scopes.Scope.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until it is revoked.")
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="Exact to a minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    successor = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="predecessor",
        help_text="The key that replaces it since it was rotated.",
    )

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.UniqueConstraint("prefix", name="key_prefix_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="key_has_a_name"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, partner=None) | Q(user=None, partner__isnull=False),
                name="key_of_a_person_or_a_partner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def account(self) -> User:
        """The user in whose name it is used: a partner's keys are used in the name of its own account."""
        found = self.partner.account if self.partner else self.user
        assert found is not None  # by the constraint
        return found

    def is_live(self, now: datetime) -> bool:
        """Return whether the key works at `now`, as far as its own row says."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
