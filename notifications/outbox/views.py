"""HTTP views of the chat, Telegram's webhook and the outbox."""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from rest_framework import viewsets

from common import clock
from notifications.models import Delivery
from notifications.outbox import queries, serializers
from notifications.outbox.filters import DeliveryFilter
from users.requests import user_of

logger = logging.getLogger(__name__)


class NotificationViewSet(viewsets.ReadOnlyModelViewSet[Delivery]):
    """The messages sent to you or waiting to be sent, with their states."""

    list_title, object_title = "My messages", "One of my messages"
    serializer_class = serializers.DeliverySerializer
    filterset_class = DeliveryFilter
    lookup_value_regex = r"\d{1,18}"
    queryset = Delivery.objects.none()

    def get_queryset(self) -> QuerySet[Delivery]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.messages_of(user_of(self.request))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the ids of what was asked for, from the outbox and from the archive."""
        queryset = super().filter_queryset(queryset)  # refuses parameters that do not exist
        if getattr(self, "swagger_fake_view", False):
            return queryset

        def chosen(rows: QuerySet[Any]) -> QuerySet[Any]:
            filtered: QuerySet[Any] = DeliveryFilter(self.request.query_params, rows, request=self.request).qs
            return filtered

        return queries.message_ids_of(user_of(self.request), kept_from=_kept_from(), chosen=chosen)

    def paginate_queryset(self, queryset: Any) -> Any:
        """Load the messages of a page by their ids."""
        page = super().paginate_queryset(queryset)
        return None if page is None else queries.load_messages(page)

    def get_object(self) -> Delivery:
        found = queries.find_message(user_of(self.request), delivery_id=int(self.kwargs["pk"]), kept_from=_kept_from())
        if found is None:
            raise Http404
        return found


def _kept_from() -> datetime:
    return clock.now() - settings.DELIVERIES_KEPT_FOR
