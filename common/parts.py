"""The parts of a document whose form nobody has checked: a body, a file. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

Part = Mapping[str, Any]


def parts_of(found: object, name: str) -> Iterator[Part]:
    """Yield the objects of a list that stands under a name; nothing if there is no such list."""
    listed = found.get(name) if isinstance(found, Mapping) else None
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping):
            yield each
