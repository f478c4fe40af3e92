"""Tables of integrations, a module for each feature."""

from integrations.models.action_links import ActionLink
from integrations.models.calendar import CalendarFeed
from integrations.models.changes import Change, ChangeStream, StreakWatch
from integrations.models.events import EventDay, EventRule, EventType, RawEvent, SignedSource
from integrations.models.idempotency import IdempotentRequest
from integrations.models.keys import ApiKey
from integrations.models.partners import Grant, LinkRefusal, LinkRequest, Partner, PartnerPerson
from integrations.models.transfer import ImportedHabit, Transfer, TransferItem, TransferPiece
from integrations.models.webhooks import ArchivedWebhook, WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "ActionLink",
    "ApiKey",
    "ArchivedWebhook",
    "CalendarFeed",
    "Change",
    "ChangeStream",
    "EventDay",
    "EventRule",
    "EventType",
    "Grant",
    "IdempotentRequest",
    "ImportedHabit",
    "LinkRefusal",
    "LinkRequest",
    "Partner",
    "PartnerPerson",
    "RawEvent",
    "SignedSource",
    "StreakWatch",
    "Transfer",
    "TransferItem",
    "TransferPiece",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
