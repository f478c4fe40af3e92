"""What the service sends to programs of users, for the API's document: an app above adds its events when it starts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One type of event. `component`: the name of the body's schema among the API's, whose field `type` is this type.

    `properties`: JSON Schemas of fields of the body, where they say more than the component does.
    """

    type: str
    summary: str
    component: str
    description: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    example: dict[str, Any] | None = None


_events: dict[str, WebhookEvent] = {}


def add(events: Iterable[WebhookEvent]) -> None:
    """Add types of events to the document; one that is there already is replaced."""
    _events.update({each.type: each for each in events})


def all_events() -> Sequence[WebhookEvent]:
    """Return the types of events, in the order in which they were added."""
    return list(_events.values())
