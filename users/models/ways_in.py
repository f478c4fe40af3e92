"""Ways to sign in without a password, and to sign up: other services, passkeys, invitations."""

from django.db import models

from users import rules
from users.models.account import User
from users.passkeys import rules as passkeys


class Identity(models.Model):
    """A way to sign in without a password: a person of another service, by the id that they have there for good.

    A ticket lets the browser that has just come back from that service start one session.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    email = models.EmailField(max_length=rules.MAX_EMAIL_LENGTH, blank=True, help_text="What the service says it is.")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    ticket_hash = models.CharField(max_length=64, blank=True)
    ticket_expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [models.UniqueConstraint("issuer", "subject", name="identity_once")]

    def __str__(self) -> str:
        return f"{self.issuer}: {self.email or self.subject}"


class Passkey(models.Model):
    """A key on a device of the user's that signs them in. Written by `users.passkeys.services`. Texts are in base64url."""

    user = models.ForeignKey(User, models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=passkeys.MAX_NAME_LENGTH, help_text="What the user calls it.")
    credential_id = models.CharField(max_length=passkeys.MAX_ID_LENGTH)
    public_key = models.TextField()
    sign_count = models.BigIntegerField(
        help_text="How often the device has signed, by its own count; 0: it counts nothing."
    )
    user_handle = models.CharField(
        max_length=passkeys.MAX_HANDLE_LENGTH,
        help_text="What the device knows the account by: the same for all of a user.",
    )
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("credential_id", name="passkey_once")]

    def __str__(self) -> str:
        return self.name


class PasskeyChallenge(models.Model):
    """What a passkey is asked to sign, as a hash: good for one answer, one purpose and one account."""

    class Purpose(models.TextChoices):
        ADD = "add"
        SIGN_IN = "sign_in"
        CONFIRM = "confirm"

    challenge_hash = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=7, choices=Purpose.choices)
    user = models.ForeignKey(
        User,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="passkey_challenges",
        help_text="Empty: of a sign-in, which any account may end.",
    )
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.purpose


class Invitation(models.Model):
    """Lets one person sign up where `REGISTRATION` is invitation. Its code is stored as a hash only."""

    code_hash = models.CharField(max_length=64, unique=True)
    note = models.CharField(max_length=100, blank=True, help_text="For whom it is.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    user = models.OneToOneField(
        User, models.SET_NULL, null=True, blank=True, related_name="invitation", help_text="Who signed up with it."
    )

    def __str__(self) -> str:
        return self.note or f"invitation {self.pk}"
