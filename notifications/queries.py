"""Reads of the outbox: as its owner sees it."""

from django.db.models import QuerySet

from notifications.models import Delivery
from users.models import User


def messages_of(user: User) -> QuerySet[Delivery]:
    """The user's messages, newest first."""
    return Delivery.objects.filter(user=user).order_by("-pk")
