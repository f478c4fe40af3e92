"""Filters of reminders and of the outbox."""

import django_filters

from notifications.models import Delivery, Reminder


class DeliveryFilter(django_filters.FilterSet):
    """Filter by ?state=, ?kind= and ?channel=."""

    state = django_filters.ChoiceFilter(choices=Delivery.State.choices)
    kind = django_filters.ChoiceFilter(choices=Delivery.Kind.choices)
    channel = django_filters.ChoiceFilter(choices=Delivery.Channel.choices)

    class Meta:
        model = Delivery
        fields: list[str] = []


class ReminderFilter(django_filters.FilterSet):
    """Filter by ?track= and ?is_on=."""

    track = django_filters.NumberFilter(field_name="track")
    is_on = django_filters.BooleanFilter()

    class Meta:
        model = Reminder
        fields: list[str] = []
