"""Applying an edit: what it does not mention keeps its value."""

from collections.abc import Mapping
from enum import Enum
from typing import Final


class Unset(Enum):
    """The type of UNSET, the value of an argument that a request does not mention: None would clear the field."""

    UNSET = "unset"

    def __bool__(self) -> bool:
        raise TypeError("compare with UNSET instead")


UNSET: Final = Unset.UNSET


def apply_edit(target: object, edit: Mapping[str, object], *, fields: type) -> None:
    """Set the attributes of `target` that `edit` gives. Raises TypeError for one that `fields` does not name.

    `fields`: the TypedDict of the service. Type checkers hold its callers to it, except where a view passes on a
    validated body: its names are checked here, so that a serializer's new field cannot write a column unnoticed.
    """
    check_fields(edit, fields=fields)
    for name, value in edit.items():
        setattr(target, name, value)


def check_fields(edit: Mapping[str, object], *, fields: type) -> None:
    """Raise TypeError if `edit` has a name that the TypedDict `fields` does not."""
    if unknown := sorted(edit.keys() - field_names(fields)):
        raise TypeError(f"{fields.__name__} has no {', '.join(unknown)}")


def field_names(fields: type) -> frozenset[str]:
    """Return the names of a TypedDict, with those that it inherits."""
    required, optional = fields.__required_keys__, fields.__optional_keys__  # type: ignore[attr-defined]
    return frozenset(required | optional)
