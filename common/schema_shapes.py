"""The schema of an answer that is written by hand, from its example."""

from collections.abc import Mapping, Sequence
from typing import Any

from common.days import parse_day

Shape = dict[str, Any]
Example = Mapping[str, Any]


def shape(*examples: Example, **others: Any) -> Shape:
    """Return the properties of objects like the examples. Every answer has those that all examples have.

    `others` says by a property's name, at any depth, what the examples cannot: the texts that it can be (or, of a list,
    contain), another example of a property that is null, or one of what a list contains that is empty.
    """
    names = dict.fromkeys(name for example in examples for name in example)
    values = {name: [example[name] for example in examples if name in example] for name in names}
    required = [name for name, found in values.items() if len(found) == len(examples)]
    return {
        "type": "object",
        "properties": {name: _property(found, others.get(name), others) for name, found in values.items()},
        **({"required": required} if required else {}),  # an empty list is not valid
    }


def described(example: Example, *more: Example, **others: Any) -> Shape:
    """Return `swagger_schema_fields` of a serializer whose answer is like `example`, or like `more`, such as with nulls."""
    return {"example": example, **shape(example, *more, **others)}


def _property(values: Sequence[Any], other: Any, others: Mapping[str, Any]) -> Shape:
    known = [value for value in values if value is not None]
    if isinstance(other, Sequence) and not isinstance(other, str):
        found: Shape = {"type": "string", "enum": [str(choice) for choice in other]}
        if known and isinstance(known[0], list):
            found = {"type": "array", "items": found}
    elif isinstance(other, Mapping) and known and not any(known):  # of lists that are empty
        found = {"type": "array", "items": shape(other, **others)}
    else:
        found = _typed(known or [other], others)
    return found | ({"x-nullable": True} if len(known) < len(values) else {})


def _typed(values: Sequence[Any], others: Mapping[str, Any]) -> Shape:
    match values[0]:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            return {"type": "string", **({"format": "date"} if all(map(_is_day, values)) else {})}
        case Mapping():
            return shape(*values, **others)
        case list() if items := [item for value in values for item in value]:
            return {"type": "array", "items": _typed(items, others)}
    raise TypeError(f"an example cannot say of what kind {values[0]!r} is")


def _is_day(text: str) -> bool:
    try:
        parse_day(text)
    except ValueError:
        return False
    return True
