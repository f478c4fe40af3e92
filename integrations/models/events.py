"""The tables of events."""

from django.db import models
from django.db.models import Q

from integrations.events import rules
from tracking.models import HabitTrack
from users.models import User


class EventType(models.Model):
    """A type of event that a source has sent, with what it said last. It stays when its events are deleted."""

    user = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="event_types")
    source = models.CharField(max_length=rules.MAX_SOURCE_LENGTH, help_text="The app or device that sends it.")
    name = models.CharField(max_length=rules.MAX_TYPE_LENGTH)
    unit = models.CharField(max_length=rules.MAX_UNIT_LENGTH, blank=True)
    last_value = models.DecimalField(max_digits=rules.VALUE_DIGITS, decimal_places=rules.VALUE_DECIMALS)
    last_at = models.DateTimeField(help_text="What the last value was true for.")
    kinds = models.JSONField(default=list, help_text="The kinds of it that were seen, such as kinds of exercise.")

    class Meta:
        constraints = [models.UniqueConstraint("user", "source", "name", name="event_type_once")]

    def __str__(self) -> str:
        return f"{self.name} from {self.source}"


class RawEvent(models.Model):
    """An event as it was received, in its newest version. All that events do to days is calculated from these rows."""

    event_type = models.ForeignKey(EventType, models.CASCADE, db_index=False, related_name="events")
    identity = models.CharField(max_length=rules.KEY_LENGTH, help_text="Which event of its type: a hash.")
    day = models.DateField(help_text="The user's local day when it was received.")
    mode = models.CharField(max_length=5, choices=[(each.value, each.value) for each in rules.Mode])
    value = models.DecimalField(max_digits=rules.VALUE_DIGITS, decimal_places=rules.VALUE_DECIMALS)
    peak = models.DecimalField(
        max_digits=rules.VALUE_DIGITS,
        decimal_places=rules.VALUE_DECIMALS,
        help_text="The greatest value that any of its versions had.",
    )
    unit = models.CharField(max_length=rules.MAX_UNIT_LENGTH, blank=True)
    kind = models.CharField(max_length=rules.MAX_KIND_LENGTH, blank=True)
    start = models.DateTimeField(null=True, blank=True, help_text="Empty: a bare date was given.")
    end = models.DateTimeField(null=True, blank=True)
    moment = models.DateTimeField(help_text="What it is true for: its end, else its start, else the end of its day.")
    received_at = models.DateTimeField(help_text="When its newest version was received.")

    class Meta:
        indexes = [
            models.Index("event_type", "day", name="raw_event_of_a_day"),
            models.Index("day", name="raw_event_to_purge"),
        ]
        constraints = [models.UniqueConstraint(fields=["event_type", "identity"], name="raw_event_once")]

    def __str__(self) -> str:
        return f"{self.event_type_id} on {self.day}: {self.value}"


class EventRule(models.Model):
    """What events of a type do to a track: how the value of a day is made of them."""

    user = models.ForeignKey(User, models.PROTECT, related_name="event_rules")
    event_type = models.ForeignKey(EventType, models.CASCADE, db_index=False, related_name="rules")
    track = models.ForeignKey(HabitTrack, models.PROTECT, related_name="event_rules")
    aggregation = models.CharField(
        max_length=8, choices=[(each.value, each.value) for each in rules.Aggregation], default=rules.Aggregation.SUM
    )
    factor = models.DecimalField(
        max_digits=rules.FACTOR_DIGITS,
        decimal_places=rules.FACTOR_DECIMALS,
        default=1,
        help_text="What the value is multiplied by to give an amount of the habit.",
    )
    kind = models.CharField(max_length=rules.MAX_KIND_LENGTH, blank=True, help_text="Only this kind. Empty: all.")
    only_raise = models.BooleanField(default=False, help_text="A lower value that comes later lowers nothing.")
    since = models.DateField(help_text="The first day that it counts: earlier events may have been deleted.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("event_type", "track", "kind", name="event_rule_once"),
            models.CheckConstraint(
                condition=Q(factor__gte=rules.MIN_FACTOR, factor__lte=rules.MAX_FACTOR), name="event_rule_factor"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type_id} → {self.track_id}"

    @property
    def reading(self) -> rules.Reading:
        """Return the rule as a value."""
        return rules.Reading(rules.Aggregation(self.aggregation), self.factor, self.kind, self.only_raise)


class EventDay(models.Model):
    """What events did to a day of a track, and what its user had recorded there themselves."""

    track = models.ForeignKey(HabitTrack, models.PROTECT, db_index=False, related_name="event_days")
    day = models.DateField()
    value = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, help_text="What was applied last. Empty: nothing."
    )
    own_status = models.CharField(max_length=9, blank=True, help_text="Empty: the user had recorded nothing.")
    own_amount = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    own_source = models.CharField(max_length=8, blank=True)
    refusal = models.CharField(max_length=40, blank=True, help_text="Why the day could not be set.")
    is_stale = models.BooleanField(default=True, help_text="Events came that are not applied yet.")

    class Meta:
        indexes = [models.Index("track", name="event_day_stale", condition=Q(is_stale=True))]
        constraints = [models.UniqueConstraint(fields=["track", "day"], name="event_day_once")]

    def __str__(self) -> str:
        return f"{self.track_id} on {self.day}"


class SignedSource(models.Model):
    """The secret address to which Open Wearables sends, and the secret by which it signs."""

    user = models.OneToOneField(User, models.PROTECT, related_name="signed_source")
    token = models.CharField(max_length=64, unique=True, help_text="The secret in the address.")
    signing_secret = models.CharField(max_length=200, help_text="By which the sender signs.")
    wearer = models.CharField(max_length=100, blank=True, help_text="Only events of this user of it. Empty: all.")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"signed source of {self.user}"
