"""Values of columns in the form that JSON has, the same for both database engines."""

from base64 import b64encode
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


def columns_of(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """Return the fields that have a column of their own to write."""
    return [field for field in model._meta.local_concrete_fields if not field.generated]


def to_json(field: models.Field[Any, Any], value: Any) -> Any:
    """Return a value of a field, as a queryset gives it, in the form that JSON has."""
    if value is None or isinstance(field, models.JSONField):
        return value
    stored = field.get_prep_value(value)
    match stored:
        case bool() | int() | float() | str():
            return stored
        case datetime():
            return stored.astimezone(UTC).isoformat()
        case date() | time():
            return stored.isoformat()
        case Decimal() | UUID():
            return str(stored)
        case bytes() | memoryview():
            return b64encode(stored).decode()
    raise TypeError(f"{field} has a value of {type(stored)}, for which backups have no form.")


def to_database(field: models.Field[Any, Any], value: Any, connection: BaseDatabaseWrapper) -> Any:
    """Return what `to_json` gave in the form that a statement takes."""
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    given = value if value is None or isinstance(field, models.JSONField) else field.to_python(value)
    return field.get_db_prep_save(given, connection)
