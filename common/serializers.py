"""The serializers and fields of the API: REST framework's, made strict. Import them from here, not from the library.

A body with an unknown field is refused, with the nearest known name. The fields of the resource that a body cannot
change (read-only fields and `Meta.read_only_fields`) are accepted and ignored, so that a client can send back what it
read. A body whose form another service defines sets `Meta.accepts_unknown = True`.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.serializers import (
    BaseSerializer,
    BooleanField,
    DecimalField,
    DictField,
    Field,
    FloatField,
    JSONField,
    SerializerMethodField,
    TimeField,
    URLField,
    ValidationError,
)

from common.days import INVALID_DAY, parse_day
from common.limits import MAX_ID
from common.unknown_names import unknown_name_errors

__all__ = [
    "BaseSerializer",
    "BooleanField",
    "CharField",
    "ChoiceField",
    "DateField",
    "DateTimeField",
    "DecimalField",
    "DictField",
    "EmailField",
    "Field",
    "FloatField",
    "IntegerField",
    "JSONField",
    "ListField",
    "ModelSerializer",
    "RegexField",
    "Serializer",
    "SerializerMethodField",
    "Strict",
    "TimeField",
    "URLField",
    "ValidationError",
    "instant_text",
]

_T = TypeVar("_T")
_M = TypeVar("_M", bound=models.Model)

# Python also reads "20260101T07" and "2026-W01-4T07:00".
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d", re.ASCII)


def instant_text(instant: datetime) -> str:
    """Return an instant as DateTimeField writes it: in UTC, with a Z."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


class NullIsEmpty:
    """Accept null for an optional text as the empty text, whose field does not distinguish the two."""

    allow_blank: bool
    allow_null: bool

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None and self.allow_blank and not self.allow_null:
            data = ""
        return super().run_validation(data)  # type: ignore[misc]


class CharField(NullIsEmpty, serializers.CharField):
    """A text. In a body, null means the empty text where that is allowed."""


class RegexField(NullIsEmpty, serializers.RegexField):
    """A text of a given pattern."""


class EmailField(NullIsEmpty, serializers.EmailField):
    """An e-mail address."""


class ChoiceField(NullIsEmpty, serializers.ChoiceField):
    """One of several texts. If it can be empty, the empty text is a choice in the schema as well."""

    def __init__(self, choices: Any, **options: Any) -> None:
        choices = list(choices.items() if isinstance(choices, Mapping) else choices)
        if options.get("allow_blank") and "" not in choices:
            choices.append("")
        super().__init__(choices, **options)


class DateField(serializers.DateField):
    """A day as YYYY-MM-DD, without the other forms of ISO 8601."""

    default_error_messages = {"invalid": INVALID_DAY}

    def to_internal_value(self, value: Any) -> date:
        try:
            return parse_day(value)
        except ValueError:
            self.fail("invalid")


class DateTimeField(serializers.DateTimeField):
    """An instant as YYYY-MM-DDThh:mm with optional seconds and offset, without the other forms of ISO 8601."""

    def to_internal_value(self, value: Any) -> datetime:
        if not (isinstance(value, str) and _INSTANT.match(value)):
            self.fail("invalid", format="YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]")
        return super().to_internal_value(value)


class IntegerField(serializers.IntegerField):
    """A whole number that the database can hold."""

    def to_internal_value(self, data: Any) -> int:
        value = super().to_internal_value(data)
        if value > MAX_ID:
            raise ValidationError(self.error_messages["max_value"].format(max_value=MAX_ID), code="max_value")
        if value < -MAX_ID:
            raise ValidationError(self.error_messages["min_value"].format(min_value=-MAX_ID), code="min_value")
        return value


class ListField(serializers.ListField):
    """A list of bounded length. The length is checked before the elements."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        assert self.read_only or self.max_length is not None, "a list that clients send needs a max_length"

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list):
            if self.max_length is not None and len(data) > self.max_length:
                self.fail("max_length", max_length=self.max_length)
            if self.min_length is not None and len(data) < self.min_length:
                self.fail("min_length", min_length=self.min_length)
        return super().to_internal_value(data)


class Strict:
    """Refuse unknown fields of a body. See the module's docstring."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = unknown_field_errors(self, data)
        try:
            value = super().to_internal_value(data)  # type: ignore[misc]
        except ValidationError as error:
            if unknown and isinstance(error.detail, dict):
                raise ValidationError({**error.detail, **unknown}) from error
            raise
        if unknown:
            raise ValidationError(unknown)
        return value


class Serializer(Strict, serializers.Serializer[_T]):
    """The base of serializers without a model."""


class ModelSerializer(Strict, serializers.ModelSerializer[_M]):
    """The base of serializers of a model's fields, which are strict as well."""

    serializer_choice_field = ChoiceField
    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.CharField: CharField,
        models.TextField: CharField,
        models.EmailField: EmailField,
        models.DateField: DateField,
        models.DateTimeField: DateTimeField,
        models.IntegerField: IntegerField,
        models.PositiveIntegerField: IntegerField,
        models.PositiveSmallIntegerField: IntegerField,
        models.SmallIntegerField: IntegerField,
    }


def accepted_fields(serializer: Any) -> set[str]:
    """Return the names that a body of this serializer may have, including those that it ignores."""
    ignored: Iterable[str] = getattr(getattr(serializer, "Meta", None), "read_only_fields", ())
    return {*serializer.fields, *ignored}


def unknown_field_errors(serializer: Any, data: Any) -> dict[str, list[ErrorDetail]]:
    """Return an error for each unknown field of the body, up to a maximum."""
    if not isinstance(data, Mapping) or getattr(getattr(serializer, "Meta", None), "accepts_unknown", False):
        return {}
    return unknown_name_errors("field", data, known=accepted_fields(serializer))
