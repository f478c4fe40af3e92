"""Filters of reminders and of the outbox."""

import django_filters

from common.filters import FilterSet
from notifications.channels import registry
from notifications.models import Delivery


class DeliveryFilter(FilterSet):
    """Filter by ?state=, ?kind= and ?channel=."""

    state = django_filters.ChoiceFilter(choices=Delivery.State.choices, help_text="Whether it was sent.")
    kind = django_filters.ChoiceFilter(choices=Delivery.Kind.choices, help_text="What it is about.")
    channel = django_filters.ChoiceFilter(choices=registry.choices, help_text="How it is sent.")

    class Meta:
        model = Delivery
        fields: list[str] = []
