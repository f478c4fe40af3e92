"""Tables of integrations, a module for each feature."""

from integrations.models.calendar import CalendarFeed
from integrations.models.changes import Change, ChangeStream, StreakWatch
from integrations.models.keys import ApiKey
from integrations.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "ApiKey",
    "CalendarFeed",
    "Change",
    "ChangeStream",
    "StreakWatch",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
