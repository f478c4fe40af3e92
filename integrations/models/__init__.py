"""Tables of integrations, a module for each feature."""

from integrations.models.calendar import CalendarFeed
from integrations.models.keys import ApiKey

__all__ = ["ApiKey", "CalendarFeed"]
