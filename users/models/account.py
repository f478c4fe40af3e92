"""Accounts: user data, local time settings, and contact addresses."""

import re
import zoneinfo
from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models

from common import clock
from common.errors import DomainError
from common.names import fold
from users import rules
from users.keys import EXACT, LookupKeyField, keys_to_try
from users.timing import MAX_DAY_START_HOUR, Clock, zone_names
from users.weeks import FROM_MONDAY, WeekDay, WeekStart, WeekStarts

TELEGRAM = "telegram"  # the name of the channel


def week_starts_of(changes: Sequence[Sequence[str | None]]) -> WeekStarts:
    """Return the stored changes of the week's start as values, oldest first."""
    if not changes:
        return FROM_MONDAY
    return tuple(WeekStart(date.fromisoformat(day) if day else None, WeekDay(str(name))) for day, name in changes)


def week_changes_of(week_starts: WeekStarts) -> list[list[str | None]]:
    """Return the form in which starts of the week are stored: the inverse of `week_starts_of`."""
    return [[each.since.isoformat() if each.since else None, each.weekday.value] for each in week_starts]


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA zone of the installed tzdata package."""
    if name not in zone_names():
        raise ValidationError(f"'{name}' is not an IANA time zone.", code="unknown_time_zone")


class UserManager(BaseUserManager["User"]):
    """Finds persons only, so that no list, mail, search or clean-up meets a managed user by accident.

    Creates superusers for management commands. All other accounts are created by `users.services`.
    """

    def get_queryset(self) -> "models.QuerySet[User]":
        return super().get_queryset().filter(kind=User.Kind.PERSON)

    def get_by_natural_key(self, username: str | None) -> "User":
        user = self.by_email(username or "")
        if user is None:
            raise User.DoesNotExist
        return user

    def by_email(self, email: str) -> "User | None":
        """Return the account that a typed address means: the one spelled exactly so, else the one with its key."""
        return self._by_key("email", email)

    def by_username(self, username: str) -> "User | None":
        """Return the account that a typed username means."""
        return self._by_key("username", username)

    def _by_key(self, source: str, typed: str) -> "User | None":
        keys, column = keys_to_try(source, typed), f"{source}_key"
        found = self.filter(**{f"{column}__in": keys})
        return min(found, key=lambda user: keys.index(getattr(user, column)), default=None)

    def find_email_key(self, email: str) -> str:
        """Return the key for an address of which it is not known whether it belongs to an account.

        Runs the same statement for known and unknown addresses.
        """
        *exact, key = keys_to_try("email", email)
        found = set(self.filter(email_key__in=exact).values_list("email_key", flat=True))
        return next((each for each in exact if each in found), key)

    def free_username(self, email: str) -> str:
        """Return a free username derived from the address. Only the unique constraint makes sure that it stays free."""
        stem = re.sub(r"[^\w.-]", "", fold(email.partition("@")[0]), flags=re.ASCII)[:24]
        stem = stem if any(each.isalnum() for each in stem) else "user"
        taken = set(self.filter(username_key__startswith=stem).values_list("username_key", flat=True))
        number = 1
        while (name := stem if number == 1 else f"{stem}{number}") in taken:
            number += 1
        return name

    def create_superuser(self, email: str, password: str, **extra: Any) -> "User":
        email = email.strip()
        extra.setdefault("username", self.free_username(email))
        extra |= {"is_staff": True, "is_superuser": True, "is_active": True, "confirmed_at": clock.now()}
        user = self.model(email=email, **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A user. `is_active` is false until the address is confirmed, and while the account is banned.

    `banned_at` tells the two apart: a link confirms an address, but lifts no ban. A managed user is not an account: it
    exists for another service (integrations.partners), cannot sign in, and gets no message. It has no e-mail address: its
    `email` and `username` are a pseudonym that no person can have (rules.PSEUDONYM).
    """

    class Kind(models.TextChoices):
        PERSON = "person"
        MANAGED = "managed"

    kind = models.CharField(
        max_length=7, choices=Kind.choices, default=Kind.PERSON, db_default=Kind.PERSON.value, editable=False
    )
    email = models.EmailField(max_length=rules.MAX_EMAIL_LENGTH, unique=True)
    username = models.CharField(
        max_length=rules.MAX_USERNAME_LENGTH, validators=[RegexValidator(rules.USERNAME_PATTERN)]
    )
    email_key = LookupKeyField("email")
    username_key = LookupKeyField("username")
    time_zone = models.CharField(max_length=rules.MAX_ZONE_LENGTH, default="UTC", validators=[validate_time_zone])
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, default="en")
    day_starts_at = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(MAX_DAY_START_HOUR)])
    week_changes = models.JSONField(
        default=list,
        blank=True,
        help_text="[[first day or null, weekday], ...]: on which weekday weeks start, and since when. Empty: on Monday.",
    )

    is_active = models.BooleanField(default=False)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    banned_at = models.DateTimeField(null=True, blank=True, help_text="Since then staff have banned the account.")
    access_ended_at = models.DateTimeField(
        null=True, blank=True, help_text="The last reset of the password, or ban. Links made before are invalid."
    )
    new_email = models.EmailField(
        max_length=rules.MAX_EMAIL_LENGTH, blank=True, help_text="Replaces the e-mail address once it is confirmed."
    )

    reminders_by_email = models.BooleanField(
        default=False, help_text="Send reminders by e-mail if no chat is connected or it cannot be reached."
    )
    channel_order = models.JSONField(
        null=True, blank=True, help_text="Names of channels, the first preferred. None: in the order of the service."
    )
    channels_off = models.JSONField(
        null=True, blank=True, help_text="By kind of message: the channels that it does not go to. None: all are used."
    )
    quiet_from = models.TimeField(null=True, blank=True, help_text="Messages wait from then on; None: at no time.")
    quiet_to = models.TimeField(null=True, blank=True, help_text="Until when they wait, on the user's wall clock.")
    is_ranked = models.BooleanField(default=False, help_text="Show the username on global leaderboards.")
    records_changes = models.BooleanField(
        default=False, db_default=False, help_text="What happens is recorded, because a program asks for it."
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()
    everyone = models.Manager["User"]()  # managed users as well: only where their habits and logs are meant
    loaded_addresses: "list[Address] | None" = None  # set by what loads those of many users

    class Meta:
        indexes = [models.Index("id", name="user_inactive", condition=models.Q(is_active=False))]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["person", "managed"]), name="user_kind"),
            models.CheckConstraint(
                condition=models.Q(kind="person")
                | models.Q(
                    ~models.Q(email__contains="@"),
                    username__startswith=rules.PSEUDONYM,
                    password=rules.NO_PASSWORD,
                    is_active=True,
                    is_staff=False,
                    is_superuser=False,
                    is_ranked=False,
                    reminders_by_email=False,
                    confirmed_at=None,
                    banned_at=None,
                    new_email="",
                ),
                name="user_managed_has_no_account",
            ),
            models.UniqueConstraint("email_key", name="user_email_key_unique"),
            models.UniqueConstraint("username_key", name="user_username_key_unique"),
            models.CheckConstraint(
                condition=models.Q(day_starts_at__lte=MAX_DAY_START_HOUR), name="user_day_starts_at"
            ),
            models.CheckConstraint(
                condition=models.Q(banned_at=None) | models.Q(is_active=False), name="user_banned_is_inactive"
            ),
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_to=None)
                | models.Q(quiet_from__isnull=False, quiet_to__isnull=False)
                & ~models.Q(quiet_from=models.F("quiet_to")),
                name="user_quiet_hours",
            ),
        ]

    def __str__(self) -> str:
        return self.username

    def clean(self) -> None:
        """Check the names that a form of the admin gives. Raises ValidationError."""
        for source, check, find in (
            ("email", rules.check_email, User.objects.by_email),
            ("username", rules.check_username, User.objects.by_username),
        ):
            spelling = getattr(self, source) or ""
            if not spelling or User.objects.filter(**{"pk": self.pk, source: spelling}).exists():
                continue  # as it was: also one from before a rule
            try:
                check(spelling)
            except DomainError as error:
                raise ValidationError({source: error.message}) from error
            if (other := find(spelling)) and other.pk != self.pk:
                raise ValidationError({source: f"Another account has this {source}."})

    @property
    def is_managed(self) -> bool:
        """Whether the user exists only for another service."""
        return self.kind == self.Kind.MANAGED

    @property
    def shares_a_key(self) -> bool:
        """Whether the account is found only by its exact spelling, since another one has its address or name as well."""
        return self.email_key.startswith(EXACT) or self.username_key.startswith(EXACT)

    @property
    def clock(self) -> Clock:
        """The user's clock, which computes local days."""
        return Clock(self.time_zone, self.day_starts_at, week_starts_of(self.week_changes))

    @property
    def week_starts_on(self) -> str:
        """The weekday on which weeks start by the latest choice, which may hold only from a later day on."""
        return week_starts_of(self.week_changes)[-1].weekday.value

    @property
    def week_starts_on_since(self) -> date | None:
        """The first day of weeks by the latest choice; None: all weeks."""
        return week_starts_of(self.week_changes)[-1].since

    @property
    def tzinfo(self) -> zoneinfo.ZoneInfo:
        """The user's time zone."""
        return zoneinfo.ZoneInfo(self.time_zone)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what keeps a browser's session of the admin valid: the password, and that access was not ended."""
        password_hash: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]  # not in the stubs
        return password_hash if self.access_ended_at is None else f"{password_hash}:{self.access_ended_at.timestamp()}"

    def address(self, channel: str) -> "Address":
        """Return the user's address on a channel; without one, an unsaved Address whose `address` is None.

        Runs no query if the addresses are loaded or prefetched.
        """
        rows = self.addresses.all() if self.loaded_addresses is None else self.loaded_addresses
        for row in rows:
            if row.channel == channel:
                return row
        return Address(user=self, channel=channel)

    @property
    def telegram(self) -> "Address":
        """The user's Telegram chat, which profiles show and REQUIRE_TELEGRAM asks for."""
        return self.address(TELEGRAM)


class Address(models.Model):
    """Where a user gets messages on a channel, for example the id of a Telegram chat.

    The row stays when the user disconnects: it keeps `connected_at`, so that links used before remain invalid.
    """

    user = models.ForeignKey(User, models.CASCADE, db_index=False, related_name="addresses")
    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=254, null=True, blank=True, help_text="None: disconnected.")
    confirmed = models.BooleanField(
        default=False, help_text="False for a chat that was connected while no bot was configured."
    )
    signs_in = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Who opens the Mini App in this chat is signed in: it was connected with the password of now.",
    )
    name = models.CharField(
        max_length=rules.MAX_ADDRESS_NAME_LENGTH, blank=True, help_text="What the channel calls it, to show the user."
    )
    connected_at = models.DateTimeField(null=True, blank=True)
    unreachable_since = models.DateTimeField(
        null=True, blank=True, help_text="Since then the channel permanently refuses messages to it."
    )

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint("user", "channel", name="address_one_a_channel"),
            models.UniqueConstraint("channel", "address", name="address_of_one_user"),
            models.CheckConstraint(
                condition=models.Q(signs_in=False) | models.Q(channel=TELEGRAM, confirmed=True, address__isnull=False),
                name="address_signs_in_if_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.address}"

    @property
    def is_connected(self) -> bool:
        """Whether messages can go there: it is confirmed, or no bot is configured that could ask for it."""
        can_be_confirmed = self.channel != TELEGRAM or bool(settings.TELEGRAM_BOT_TOKEN)
        return self.address is not None and (self.confirmed or not can_be_confirmed)
