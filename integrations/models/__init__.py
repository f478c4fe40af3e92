"""Tables of integrations, a module for each feature."""

from integrations.models.calendar import CalendarFeed
from integrations.models.changes import Change, ChangeStream, StreakWatch
from integrations.models.idempotency import IdempotentRequest
from integrations.models.keys import ApiKey
from integrations.models.partners import Grant, LinkRefusal, LinkRequest, Partner, PartnerPerson
from integrations.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "ApiKey",
    "CalendarFeed",
    "Change",
    "ChangeStream",
    "Grant",
    "IdempotentRequest",
    "LinkRefusal",
    "LinkRequest",
    "Partner",
    "PartnerPerson",
    "StreakWatch",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
