"""Tables of reminders, digests and the outbox."""

import datetime
import secrets
import uuid

from django.db import models
from django.db.models import Q

from common import clock
from common.outbound.addresses import MAX_URL_LENGTH
from notifications.reminders.rules import MAX_TEXT_LENGTH
from tracking.models import HabitTrack
from users.models import Session, User
from users.rules import MAX_ADDRESS_NAME_LENGTH, MAX_DEVICE_LENGTH


def make_token() -> str:
    """Return eight random characters: letters, digits, "-" and "_"."""
    return secrets.token_urlsafe(6)


class PlannedInstant(models.Model):
    """Columns shared by rows that a tick processes when `next_at` has come.

    A `planned_at` in the future means that a clock ran ahead; the row is then planned again. After an unexpected error
    while planning, the row is left alone until `retry_at`.
    """

    next_at = models.DateTimeField(null=True, blank=True, help_text="Next instant, UTC. None: nothing is planned.")
    next_day = models.DateField(null=True, blank=True, help_text="The user's local day of next_at.")
    planned_at = models.DateTimeField(null=True, blank=True, help_text="When next_at was computed.")
    retry_at = models.DateTimeField(
        null=True, blank=True, help_text="After an error: earliest instant of the next try."
    )
    failures = models.PositiveSmallIntegerField(default=0, help_text="Consecutive failures to plan it.")
    last_error = models.CharField(max_length=200, blank=True, help_text="Why it could not be planned.")

    class Meta:
        abstract = True


class Reminder(PlannedInstant):
    """A time of day at which the user is reminded of a track."""

    track = models.ForeignKey(HabitTrack, models.PROTECT, related_name="reminders")
    local_time = models.TimeField(null=True, blank=True, help_text="None: the habit's time.")
    text = models.CharField(
        max_length=MAX_TEXT_LENGTH, blank=True, help_text="The user's own text; empty: the habit's sentence."
    )
    is_on = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index("next_at", name="reminder_due", condition=Q(next_at__isnull=False)),
            models.Index("planned_at", name="reminder_planned", condition=Q(planned_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint("track", "local_time", name="reminder_one_a_time"),
            models.UniqueConstraint("track", condition=Q(local_time=None), name="reminder_one_at_the_habits_time"),
            models.CheckConstraint(
                condition=Q(next_at=None, next_day=None) | Q(next_at__isnull=False, next_day__isnull=False),
                name="reminder_planned_with_its_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.track} at {self.local_time or 'its time'}"

    @property
    def time(self) -> datetime.time | None:
        """Return the wall-clock time of the reminder: its own, else the habit's.

        Runs no query if the track and its habit are already loaded.
        """
        habits_time: datetime.time | None = self.track.habit.time
        return self.local_time or habits_time


class DeliveryColumns(models.Model):
    """The columns that a message has in the outbox and in the archive."""

    class State(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        FAILED = "failed"
        EXPIRED = "expired"
        DROPPED = "dropped"

    class Kind(models.TextChoices):
        REMINDER = "reminder"
        HABIT_CREATED = "habit_created"
        GOAL_REACHED = "goal_reached"
        ACHIEVEMENT = "achievement"
        CHALLENGE_ENDED = "challenge_ended"
        CHALLENGE_CANCELLED = "challenge_cancelled"
        DIGEST = "digest"
        CHAT_CONFIRMATION = "chat_confirmation"
        EMAIL_CONFIRMATION = "email_confirmation"
        EMAIL_CHANGE = "email_change"
        PASSWORD_RESET = "password_reset"
        NEW_DEVICE = "new_device"
        EMAIL_CHANGE_NOTICE = "email_change_notice"
        EMAIL_CHANGED = "email_changed"
        CHAT_CONNECTED = "chat_connected"
        SIGN_IN_LINK = "sign_in_link"
        KEY_CREATED = "key_created"
        WEBHOOK_FAILING = "webhook_failing"
        WEBHOOK_OFF = "webhook_off"
        LINK_REQUESTED = "link_requested"
        GRANT_CREATED = "grant_created"
        CHANNEL_CODE = "channel_code"
        CHANNEL_TEST = "channel_test"
        IDENTITY_CONNECTED = "identity_connected"
        IDENTITY_REMOVED = "identity_removed"
        PASSKEY_ADDED = "passkey_added"
        PASSKEY_REMOVED = "passkey_removed"
        PASSWORD_CHANGED = "password_changed"  # pragma: allowlist secret
        SECOND_FACTOR = "second_factor"

    class Wait(models.TextChoices):
        """Why a pending message waits until `available_at`.

        The stored values are also metric labels that dashboards use, so they keep their old spelling.
        """

        NOTHING = "", "its turn"
        ADDRESS = "chat", "the retry_after of its address"
        OUTAGE = "away", "the channel's server or Redis is unavailable"
        FAULT = "aside", "an internal error"
        QUIET = "quiet", "the end of the user's quiet hours"

    key = models.CharField(max_length=120)
    token = models.CharField(max_length=8, blank=True, default=make_token, help_text="Part of its buttons' data.")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    channel = models.CharField(max_length=20, help_text="A name in notifications.channels.registry.")
    subject_id = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="The id of the goal, award, challenge, session, key, webhook, request or grant that it is about.",
    )
    address = models.CharField(
        max_length=254, blank=True, help_text="Recipient; empty: the user's address at the time of sending."
    )
    day = models.DateField(null=True, blank=True, help_text="The user's local day that it is about.")
    missed_count = models.PositiveIntegerField(default=0, help_text="Earlier occurrences that were not sent.")

    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it is in this state or waits.")
    due_at = models.DateTimeField()
    available_at = models.DateTimeField(help_text="Earliest instant of sending; later after each retry.")
    postponed_at = models.DateTimeField(null=True, blank=True, help_text="When available_at was last changed.")
    expires_at = models.DateTimeField(help_text="Not sent after this.")
    waits_for = models.CharField(max_length=5, choices=Wait.choices, default=Wait.NOTHING, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Attempts that failed with a transient error.")
    uncertain_tries = models.PositiveSmallIntegerField(default=0, help_text="Attempts with an unknown result.")
    expired_leases = models.PositiveSmallIntegerField(default=0, help_text="Leases that ended without a result.")
    uncertain = models.BooleanField(
        default=False, help_text="The result of an attempt is unknown: it may have arrived twice."
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    tapped_at = models.DateTimeField(null=True, blank=True, help_text="When one of its links was used.")
    message_id = models.BigIntegerField(null=True, blank=True, help_text="The channel's id of the message.")
    sent_to = models.CharField(max_length=254, blank=True, help_text="The address that received it.")
    text = models.TextField(blank=True, help_text="As sent; for mails with secret links only the subject.")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.key


class Delivery(DeliveryColumns):
    """One message in the outbox: queued once per key, leased by a sender, then recorded with its result."""

    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="deliveries")
    track = models.ForeignKey(
        HabitTrack, models.PROTECT, null=True, blank=True, db_index=False, related_name="deliveries"
    )
    reminder = models.ForeignKey(Reminder, models.SET_NULL, null=True, blank=True, related_name="deliveries")
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, help_text="By the database's clock.")
    sending_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index("available_at", "id", name="delivery_to_send", condition=Q(state="pending")),
            models.Index("due_at", name="delivery_behind", condition=Q(state="pending")),
            models.Index(
                "postponed_at", name="delivery_postponed", condition=Q(state="pending", postponed_at__isnull=False)
            ),
            models.Index("lease_until", name="delivery_leased", condition=Q(lease_until__isnull=False)),
            models.Index("id", name="delivery_uncertain", condition=Q(uncertain=True)),
            models.Index("created_at", name="delivery_created"),
            # For finding messages that a clock which ran ahead expired too early (expires_at is in the future).
            models.Index("expires_at", name="delivery_expired", condition=Q(state="expired")),
            models.Index(fields=["user", "-id"], name="delivery_of_user"),
            models.Index(fields=["track", "-due_at"], name="delivery_of_track"),
        ]
        constraints = [
            models.UniqueConstraint("key", name="delivery_once_a_key"),
            models.CheckConstraint(
                condition=Q(lease=None, lease_until=None) | Q(lease__isnull=False, lease_until__isnull=False),
                name="delivery_lease_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="delivery_sent_has_its_time"
            ),
        ]


class ArchivedDelivery(DeliveryColumns):
    """A message whose time was over some days ago. On PostgreSQL the table is divided by the month of `created_at`.

    It has no foreign keys in the database (common.partitions): the services that delete users and tracks see to it.
    """

    id = models.BigIntegerField(primary_key=True, help_text="The same as in the outbox.")
    user = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        related_name="archived_deliveries",
    )
    track = models.ForeignKey(
        HabitTrack,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        related_name="archived_deliveries",
    )

    class Meta:
        verbose_name_plural = "archived deliveries"
        indexes = [
            models.Index(fields=["user", "-id"], name="archived_of_user"),
            models.Index("track", name="archived_of_track", condition=Q(track__isnull=False)),
            models.Index("address", name="archived_of_address", condition=Q(user=None)),
            models.Index("created_at", name="archived_created"),
        ]

    def as_delivery(self) -> Delivery:
        """Return it in the form that it had in the outbox, with user and track if they are loaded. It is not to be saved."""
        fields = [each.attname for each in self._meta.concrete_fields]
        delivery = Delivery(**{name: getattr(self, name) for name in fields})
        for name in {"user", "track"} & self._state.fields_cache.keys():
            setattr(delivery, name, getattr(self, name))
        return delivery


class ChannelConnection(models.Model):
    """What a channel needs to reach a user besides the address, which only names it: a server, a token.

    The row of an address that is not confirmed yet is `pending`; the address is written once it is.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="channel_connections")
    channel = models.CharField(max_length=20, help_text="A name in notifications.channels.registry.")
    address = models.CharField(max_length=254, unique=True, help_text="A random name, as in users.Address.")
    name = models.CharField(max_length=MAX_ADDRESS_NAME_LENGTH, help_text="To show the user, without secrets.")
    target_url = models.CharField(max_length=MAX_URL_LENGTH, help_text="Where messages go. May contain a secret.")
    access_token = models.CharField(max_length=200, blank=True)
    pending = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "channel", "pending", name="channel_connection_one_of_each"),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.name}"


class PushSubscription(models.Model):
    """A browser that shows a user's messages: the address at its push service, and the keys that encrypt for it."""

    user = models.ForeignKey(User, models.PROTECT, related_name="push_subscriptions")
    session = models.ForeignKey(
        Session,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="push_subscriptions",
        help_text="The session that made it, and with which it ends. Empty: made before that was noted.",
    )
    push_url = models.CharField(max_length=MAX_URL_LENGTH)
    push_url_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of push_url.")
    public_key = models.CharField(max_length=100, help_text="The browser's P-256 key, in base64url.")
    auth_secret = models.CharField(max_length=40)
    device = models.CharField(max_length=MAX_DEVICE_LENGTH, blank=True, help_text='For example "Firefox, Windows".')
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("user", "id", name="push_subscription_of_user")]

    def __str__(self) -> str:
        return self.device or "a browser"


class VapidKey(models.Model):
    """The key by which push services recognise this installation (RFC 8292), a single row, made once."""

    ONLY = 1

    private_key = models.TextField(help_text="PEM. Browsers subscribe with its public key: another key ends all.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="vapid_key_is_one_row")]

    def __str__(self) -> str:
        return "the key of this installation"


class Digest(PlannedInstant):
    """A user's weekly digest: whether it is on, and its weekday and hour on the user's own clock."""

    user = models.OneToOneField(User, models.PROTECT, related_name="digest")
    is_on = models.BooleanField(default=False)
    weekday = models.PositiveSmallIntegerField(default=0, help_text="Monday is 0.")
    hour = models.PositiveSmallIntegerField(default=8)

    class Meta:
        indexes = [
            models.Index("next_at", name="digest_due", condition=Q(next_at__isnull=False)),
            models.Index("planned_at", name="digest_planned", condition=Q(planned_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="digest_weekday"),
            models.CheckConstraint(condition=Q(hour__lte=23), name="digest_hour"),
            models.CheckConstraint(
                condition=Q(is_on=False, next_at=None, next_day=None)
                | Q(is_on=True, next_at__isnull=False, next_day__isnull=False),
                name="digest_planned_while_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {'on' if self.is_on else 'off'}"


class Heartbeat(models.Model):
    """When a process or a regular job last did its work: "tick", "send", "bot", "worker:HOST:PID"."""

    name = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField(help_text="By the database's clock.")

    class Meta:
        indexes = [models.Index("at", name="heartbeat_at")]

    def __str__(self) -> str:
        return f"{self.name}: {self.at}"


class Installation(models.Model):
    """The identity of this database, a single row. A restored backup has the same `key`."""

    ONLY = 1

    key = models.UUIDField(default=uuid.uuid4, editable=False, help_text="Name of the last tick in Redis and DATA_DIR.")
    uncertain_until = models.DateTimeField(
        null=True, blank=True, help_text="A backup was restored: messages due until then may have been sent already."
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="installation_is_one_row")]

    def __str__(self) -> str:
        return str(self.key)
