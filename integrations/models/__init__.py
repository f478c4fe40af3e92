"""Tables of integrations, a module for each feature."""

from integrations.models.action_links import ActionLink
from integrations.models.calendar import CalendarFeed
from integrations.models.events import EventDay, EventRule, EventType, RawEvent, SignedSource
from integrations.models.keys import ApiKey

__all__ = [
    "ActionLink",
    "ApiKey",
    "CalendarFeed",
    "EventDay",
    "EventRule",
    "EventType",
    "RawEvent",
    "SignedSource",
]
