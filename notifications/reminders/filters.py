"""Query filters of reminders."""

import django_filters

from common.filters import FilterSet, IdFilter
from notifications.models import Reminder


class ReminderFilter(FilterSet):
    """Filter by ?track= and ?is_on=."""

    track = IdFilter(field_name="track")
    is_on = django_filters.BooleanFilter()

    class Meta:
        model = Reminder
        fields: list[str] = []
