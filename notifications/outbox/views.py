"""HTTP views of the chat, Telegram's webhook and the outbox."""

import logging

from django.db.models import QuerySet
from rest_framework import viewsets

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
