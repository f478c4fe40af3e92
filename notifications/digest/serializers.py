"""Serializers of the weekly digest, with examples."""

from typing import Any

from common import serializers
from habits.recurrence import WEEKDAYS
from notifications.models import Digest

SETTINGS_EXAMPLE: dict[str, object] = {"is_on": True, "weekday": "mon", "hour": 8}
DIGEST_EXAMPLE: dict[str, object] = {**SETTINGS_EXAMPLE, "next_at": "2026-11-23T07:00:00Z"}


class WeekdayField(serializers.ChoiceField):
    """A weekday by name in the API and by number (Monday is 0) in the database."""

    class Meta:
        swagger_schema_fields = {"type": "string"}

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=WEEKDAYS, **options)

    def to_internal_value(self, data: Any) -> Any:
        return WEEKDAYS.index(super().to_internal_value(data))

    def to_representation(self, value: Any) -> str:
        return value if isinstance(value, str) else WEEKDAYS[value]  # the API schema passes names


class DigestSettingsSerializer(serializers.Serializer[Any]):
    """Settings of the digest. Fields that are left out keep their values; the hour is on the user's own clock."""

    is_on = serializers.BooleanField()
    weekday = WeekdayField(required=False)
    hour = serializers.IntegerField(min_value=0, max_value=23, required=False)

    class Meta:
        read_only_fields = ["next_at"]
        swagger_schema_fields = {"example": SETTINGS_EXAMPLE}


class DigestSerializer(serializers.ModelSerializer[Digest]):
    """The digest's settings and next instant; `next_at` is null while it is off."""

    weekday = WeekdayField()

    class Meta:
        model = Digest
        fields = ["is_on", "weekday", "hour", "next_at"]
        swagger_schema_fields = {"example": DIGEST_EXAMPLE}
