"""Signed-in devices, and those that were signed in before."""

from django.db import models

from users import rules
from users.models.account import User


class Session(models.Model):
    """A signed-in device: a chain of refresh tokens, each exchanged for the next. Tokens are stored by id only.

    Written by `users.sessions`. Its access tokens carry its id, and are refused once it has ended.
    """

    class EndReason(models.TextChoices):
        SIGNED_OUT = "signed_out"
        ENDED = "ended", "ended from the list of sessions"
        REUSED = "reused", "a used refresh token was used again"
        REVOKED = "revoked", "the password was changed, or the account banned"

    user = models.ForeignKey(User, models.CASCADE, related_name="sessions")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(help_text="When its tokens were last refreshed.")
    device = models.CharField(
        max_length=rules.MAX_DEVICE_LENGTH, blank=True, help_text='For example "Firefox, Windows"; empty: unknown.'
    )
    device_key = models.CharField(max_length=64, blank=True, help_text="Its key in KnownDevice, by its cookie.")
    place_key = models.CharField(
        max_length=64, blank=True, help_text="Its key in KnownDevice, by its program and network."
    )
    network_address = models.GenericIPAddressField(null=True, blank=True, help_text="Of the last refresh.")

    token_id = models.CharField(max_length=32, help_text="The id of the current refresh token.")
    issued_at = models.DateTimeField(help_text="When the current refresh token was issued, in whole seconds.")
    expires_at = models.DateTimeField(help_text="When the current refresh token expires, in whole seconds.")
    previous_token_id = models.CharField(
        max_length=32, blank=True, help_text="The refresh token that was exchanged for the current one."
    )
    exchanged_at = models.DateTimeField(null=True, blank=True, help_text="When it was exchanged.")
    carried_token_id = models.CharField(
        max_length=32, null=True, blank=True, help_text="The refresh token from before there were sessions, if any."
    )

    start_key = models.CharField(
        max_length=64, null=True, blank=True, help_text="Hash of what may start one session only, if it was that."
    )

    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=10, blank=True, choices=EndReason.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint("carried_token_id", name="session_carried_token_unique"),
            models.UniqueConstraint("start_key", name="session_start_key_unique"),
            models.CheckConstraint(
                condition=models.Q(previous_token_id="", exchanged_at=None)
                | (~models.Q(previous_token_id="") & models.Q(exchanged_at__isnull=False)),
                name="session_previous_token_with_its_time",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, end_reason="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(end_reason="")),
                name="session_ended_with_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.device or "unknown device"


class KnownDevice(models.Model):
    """Recognises a device from which the user signed in before, also after that session has ended."""

    user = models.ForeignKey(User, models.CASCADE, db_index=False, related_name="known_devices")
    key = models.CharField(max_length=64, help_text="A hash of the token in its cookie, or of program and network.")
    signed_in_at = models.DateTimeField(help_text="The last sign-in.")

    class Meta:
        constraints = [models.UniqueConstraint("user", "key", name="known_device_once")]

    def __str__(self) -> str:
        return self.key
