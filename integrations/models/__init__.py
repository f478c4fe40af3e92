"""Tables of integrations, a module for each feature."""

from integrations.models.action_links import ActionLink
from integrations.models.calendar import CalendarFeed
from integrations.models.changes import Change, ChangeStream, StreakWatch
from integrations.models.events import EventDay, EventRule, EventType, RawEvent, SignedSource
from integrations.models.idempotency import IdempotentRequest
from integrations.models.keys import ApiKey
from integrations.models.partners import Grant, LinkRefusal, LinkRequest, Partner, PartnerPerson
from integrations.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "ActionLink",
    "ApiKey",
    "CalendarFeed",
    "Change",
    "ChangeStream",
    "EventDay",
    "EventRule",
    "EventType",
    "Grant",
    "IdempotentRequest",
    "LinkRefusal",
    "LinkRequest",
    "Partner",
    "PartnerPerson",
    "RawEvent",
    "SignedSource",
    "StreakWatch",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
