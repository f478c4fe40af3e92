"""JSON Schemas of what tools take and return, made of their serializers."""

from typing import Any

from rest_framework import fields
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer

Schema = dict[str, Any]
AMOUNT = {"type": ["number", "string"], "description": "A number; a text may have a decimal point or comma."}


def input_schema(serializer: Serializer[Any]) -> Schema:
    """Return the schema of what a serializer reads: nothing else is allowed beside its fields."""
    found = {name: each for name, each in serializer.fields.items() if not each.read_only}
    return _object(found, required=[name for name, each in found.items() if each.required], reads=True)


def output_schema(serializer: Serializer[Any]) -> Schema:
    """Return the schema of what a serializer writes: all of its fields are there."""
    found = {name: each for name, each in serializer.fields.items() if not each.write_only}
    return _object(found, required=list(found), reads=False)


def _object(found: dict[str, Any], *, required: list[str], reads: bool) -> Schema:
    schema: Schema = {"type": "object", "properties": {name: _field(each, reads=reads) for name, each in found.items()}}
    if required:
        schema["required"] = required
    return schema | {"additionalProperties": False}


def _field(field: Any, *, reads: bool) -> Schema:
    schema = _type(field, reads=reads)
    if field.allow_null:
        schema = _or_null(schema)
    if field.help_text and not isinstance(field, BaseSerializer):
        schema["description"] = str(field.help_text)
    return schema


def _type(field: Any, *, reads: bool) -> Schema:
    """Return the schema of a field without null. Raises TypeError for a kind of field that no tool has had so far."""
    match field:
        case ListSerializer():
            return {"type": "array", "items": _field(field.child, reads=reads)}
        case Serializer():
            return input_schema(field) if reads else output_schema(field)
        case fields.ListField():
            return {"type": "array", "items": _field(field.child, reads=reads)}
        case fields.BooleanField():
            return {"type": "boolean"}
        case fields.IntegerField():
            return {"type": "integer"} | _bounds(field, minimum="min_value", maximum="max_value")
        case fields.FloatField():
            return {"type": "number"}
        case fields.DecimalField():
            return dict(AMOUNT) if reads else {"type": "string", "description": "A decimal number."}
        case fields.ChoiceField():
            return {"type": "string", "enum": [str(each) for each in field.choices]}
        case fields.DateField():
            return {"type": "string", "format": "date"}
        case fields.DateTimeField():
            return {"type": "string", "format": "date-time"}
        case fields.TimeField():
            return {"type": "string", "pattern": r"^\d\d:\d\d(:00)?$", "description": "A time of day, as HH:MM."}
        case fields.CharField():
            return {"type": "string"} | _bounds(field, maxLength="max_length")
    raise TypeError(f"no schema for {type(field).__name__}")


def _bounds(field: Any, **names: str) -> Schema:
    found = {key: getattr(field, name, None) for key, name in names.items()}
    return {key: value for key, value in found.items() if value is not None}


def _or_null(schema: Schema) -> Schema:
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    nullable = schema | {"type": [*kinds, "null"]}
    if "enum" in schema:
        nullable["enum"] = [*schema["enum"], None]
    return nullable
