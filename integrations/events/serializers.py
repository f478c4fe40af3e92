"""Serializers of events, with examples for the API documentation."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from common import serializers
from common.limits import MAX_ID
from integrations.events import rules
from integrations.events.rules import Aggregation, Mode, Outcome
from integrations.events.services import ItemResult
from integrations.events.signed_sources import MAX_WEARER_LENGTH
from integrations.models import EventRule, EventType, RawEvent, SignedSource

MAX_SECRET_LENGTH = 200
EVENT_EXAMPLE: dict[str, object] = {
    "type": "steps",
    "value": 8431,
    "unit": "steps",
    "start": "2026-11-21T20:00:00+01:00",
    "mode": "total",
}
RULE_EXAMPLE: dict[str, object] = {
    "event_type": 3,
    "track": 34,
    "aggregation": "sum",
    "factor": "1.000000",
    "kind": "",
    "only_raise": False,
}
SHOWN_RULE_EXAMPLE: dict[str, object] = {
    "id": 5,
    **RULE_EXAMPLE,
    "since": "2026-10-23",
    "created_at": "2026-11-21T12:00:00Z",
}
TYPE_EXAMPLE: dict[str, object] = {
    "id": 3,
    "source": "health-connect",
    "name": "steps",
    "unit": "",
    "last_value": "512.000000",
    "last_at": "2026-11-21T18:10:00Z",
    "kinds": [],
    "rules": [5],
}
RESULT_EXAMPLE: dict[str, object] = {
    "counts": {"applied": 1, "unchanged": 0, "duplicate": 0, "no_rule": 0, "refused": 1},
    "results": [
        {"outcome": "applied", "code": "", "day": "2026-11-21"},
        {"outcome": "refused", "code": "future_day", "day": None},
    ],
}


class EventSerializer(serializers.Serializer[Any]):
    """One event. It is read item by item (integrations.events.reading), so that a wrong one keeps back no other."""

    id = serializers.CharField(
        required=False, max_length=rules.MAX_ID_LENGTH, help_text="Of a delta: it adds once. Default: start and end."
    )
    type = serializers.CharField(max_length=rules.MAX_TYPE_LENGTH)
    kind = serializers.CharField(required=False, max_length=rules.MAX_KIND_LENGTH, help_text="For example of exercise.")
    value = serializers.FloatField()
    unit = serializers.CharField(required=False, max_length=rules.MAX_UNIT_LENGTH)
    start = serializers.CharField(
        max_length=rules.MAX_MOMENT_LENGTH, help_text="A date, or an instant; without an offset in your time zone."
    )
    end = serializers.CharField(required=False, max_length=rules.MAX_MOMENT_LENGTH)
    mode = serializers.ChoiceField(choices=[each.value for each in Mode])


class EventsSerializer(serializers.Serializer[Any]):
    """Events of one source, or one event as it is."""

    events = serializers.ListField(child=EventSerializer(), max_length=rules.MAX_ITEMS)

    class Meta:
        swagger_schema_fields = {"example": {"source": "watch", "events": [EVENT_EXAMPLE]}}

    def get_fields(self) -> dict[str, Any]:
        source = serializers.CharField(
            required=False, max_length=rules.MAX_SOURCE_LENGTH, help_text="The app or device. Default: api."
        )
        return {"source": source, **super().get_fields()}


class PointSerializer(serializers.Serializer[Any]):
    qty = serializers.FloatField()
    date = serializers.CharField(max_length=rules.MAX_MOMENT_LENGTH)


class MetricSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=rules.MAX_TYPE_LENGTH)
    units = serializers.CharField(max_length=rules.MAX_UNIT_LENGTH)

    def get_fields(self) -> dict[str, Any]:
        points = serializers.ListField(child=PointSerializer(), max_length=rules.MAX_ADAPTED_ITEMS)
        return {**super().get_fields(), "data": points}


class HealthDataSerializer(serializers.Serializer[Any]):
    metrics = serializers.ListField(child=MetricSerializer(), max_length=rules.MAX_ADAPTED_ITEMS)


class HealthAutoExportSerializer(serializers.Serializer[Any]):
    """What the app sends, as far as it is read; workouts are as the app documents them."""

    class Meta:
        point = {"qty": 8431, "date": "2026-11-21 00:00:00 +0100"}
        metric = {"name": "step_count", "units": "count", "data": [point]}
        swagger_schema_fields = {"example": {"data": {"metrics": [metric], "workouts": []}}}

    def get_fields(self) -> dict[str, Any]:
        return {"data": HealthDataSerializer()}


class RecordSerializer(serializers.Serializer[Any]):
    count = serializers.FloatField()
    start_time = serializers.CharField(max_length=rules.MAX_MOMENT_LENGTH)
    end_time = serializers.CharField(max_length=rules.MAX_MOMENT_LENGTH)


class HealthConnectSerializer(serializers.Serializer[Any]):
    """What the app sends: a list of records for each type, of which steps are one."""

    timestamp = serializers.CharField(required=False, max_length=rules.MAX_MOMENT_LENGTH)
    steps = serializers.ListField(child=RecordSerializer(), required=False, max_length=rules.MAX_ADAPTED_ITEMS)

    class Meta:
        record = {"count": 512, "start_time": "2026-11-21T18:00:00Z", "end_time": "2026-11-21T18:10:00Z"}
        swagger_schema_fields = {"example": {"timestamp": "2026-11-21T18:12:00Z", "steps": [record]}}


class ResultsSerializer(serializers.Serializer[Any]):
    """What became of the events: how many of each outcome, and each in order (of other programs' forms: the refused)."""

    counts = serializers.DictField(child=serializers.IntegerField())
    results = serializers.ListField(child=serializers.DictField(), read_only=True)

    class Meta:
        swagger_schema_fields = {"example": RESULT_EXAMPLE}


def results_of(found: Sequence[ItemResult], *, only_refused: bool = False) -> dict[str, Any]:
    """Return the answer to events. `only_refused`: list only those, up to MAX_REFUSALS_SHOWN."""
    counts = Counter(each.outcome for each in found)
    shown = found
    if only_refused:
        shown = [each for each in found if each.outcome == Outcome.REFUSED][: rules.MAX_REFUSALS_SHOWN]
    return {
        "counts": {each.value: counts[each] for each in Outcome},
        "results": [{"outcome": each.outcome, "code": each.code, "day": each.day} for each in shown],
    }


class EventTypeSerializer(serializers.ModelSerializer[EventType]):
    """A type that a source has sent, with its last value. `rules`: the ids of the rules that are made from it."""

    kinds = serializers.ListField(child=serializers.CharField(), read_only=True)
    rules = serializers.SerializerMethodField()

    class Meta:
        model = EventType
        fields = ["id", "source", "name", "unit", "last_value", "last_at", "kinds", "rules"]
        read_only_fields = fields
        swagger_schema_fields = {"example": TYPE_EXAMPLE}

    def get_rules(self, event_type: EventType) -> list[int]:
        return [each.pk for each in event_type.rules.all()]


class RawEventSerializer(serializers.ModelSerializer[RawEvent]):
    """An event as it is stored, in its newest version."""

    class Meta:
        model = RawEvent
        fields = ["id", "event_type", "day", "mode", "value", "unit", "kind", "start", "end", "received_at"]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {
                "id": 71,
                "event_type": 3,
                "day": "2026-11-21",
                "mode": "delta",
                "value": "512.000000",
                "unit": "",
                "kind": "",
                "start": "2026-11-21T18:00:00Z",
                "end": "2026-11-21T18:10:00Z",
                "received_at": "2026-11-21T18:12:00Z",
            }
        }


class RawEventsQuerySerializer(serializers.Serializer[Any]):
    """Which events a list shows."""

    event_type = serializers.IntegerField(
        required=False, min_value=1, max_value=MAX_ID, help_text="Only of this type: an id of events/types/."
    )


class EventRuleSerializer(serializers.ModelSerializer[EventRule]):
    """What events of a type do to a track."""

    class Meta:
        model = EventRule
        fields = [
            "event_type",
            "track",
            "aggregation",
            "factor",
            "kind",
            "only_raise",
            "id",
            "since",
            "created_at",
        ]
        read_only_fields = fields
        swagger_schema_fields = {"example": SHOWN_RULE_EXAMPLE}


class EventRuleEditSerializer(serializers.Serializer[Any]):
    """Fields that are left out keep their values."""

    aggregation = serializers.ChoiceField(
        choices=[each.value for each in Aggregation],
        required=False,
        help_text="How a day's value is made: sum, max and last of values, count of events, duration in minutes.",
    )
    factor = serializers.DecimalField(
        rules.FACTOR_DIGITS,
        rules.FACTOR_DECIMALS,
        min_value=rules.MIN_FACTOR,
        max_value=rules.MAX_FACTOR,
        required=False,
        help_text="What the value is multiplied by to give an amount of the habit. Default: 1.",
    )
    kind = serializers.CharField(
        max_length=rules.MAX_KIND_LENGTH,
        required=False,
        allow_blank=True,
        help_text="Only events of this kind, such as a kind of exercise. Empty: all.",
    )
    only_raise = serializers.BooleanField(
        required=False, help_text="A lower value that comes later lowers nothing. Default: false."
    )

    class Meta:
        read_only_fields = ["id", "event_type", "track", "since", "created_at"]
        swagger_schema_fields = {"example": {"factor": "0.500000"}}


class NewEventRuleSerializer(EventRuleEditSerializer):
    event_type = serializers.IntegerField(min_value=1, max_value=MAX_ID, help_text="An id of events/types/.")
    track = serializers.IntegerField(min_value=1, max_value=MAX_ID)

    class Meta:
        read_only_fields = ["id", "since", "created_at"]
        swagger_schema_fields = {"example": RULE_EXAMPLE}


class RuleReplaySerializer(serializers.Serializer[Any]):
    """What became of each day: applied, unchanged, or why it was refused."""

    days = serializers.DictField(child=serializers.CharField())

    class Meta:
        swagger_schema_fields = {"example": {"days": {"2026-11-20": "unchanged", "2026-11-21": "applied"}}}


class SignedSourceSettingsSerializer(serializers.Serializer[Any]):
    """Settings of the address for Open Wearables. A field that is left out keeps its value."""

    secret = serializers.CharField(
        max_length=MAX_SECRET_LENGTH,
        required=False,
        write_only=True,
        help_text="The secret by which it signs, `whsec_…`. Needed the first time; never shown.",
    )
    wearer = serializers.CharField(
        max_length=MAX_WEARER_LENGTH,
        required=False,
        allow_blank=True,
        help_text="Take only events of this `user_id`. Empty: all.",
    )

    class Meta:
        read_only_fields = ["is_on", "address", "created_at"]
        swagger_schema_fields = {"example": {"wearer": "7f0c5c1e-1d3b-4a44-8a56-5f2f3f6c9b01"}}


class SignedSourceSerializer(serializers.Serializer[SignedSource]):
    """Whether Open Wearables can send, and the secret address to which it does. Its secret is not shown."""

    is_on = serializers.SerializerMethodField()
    address = serializers.SerializerMethodField()
    wearer = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        swagger_schema_fields = {
            "example": {
                "is_on": True,
                "address": "https://habits.example.org/events/open-wearables/Zr8k…Q/",
                "wearer": "",
                "created_at": "2026-11-21T12:00:00Z",
            }
        }

    def get_is_on(self, source: SignedSource) -> bool:
        return bool(source.token)

    def get_address(self, source: SignedSource) -> str:
        return f"{settings.SITE_URL}/events/open-wearables/{source.token}/" if source.token else ""
