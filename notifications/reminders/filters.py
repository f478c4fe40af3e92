"""Query filters of reminders."""

from common.filters import BooleanFilter, FilterSet, IdFilter
from notifications.models import Reminder


class ReminderFilter(FilterSet):
    """Filter by ?track= and ?is_on=."""

    track = IdFilter(field_name="track", help_text="The id of a track.")
    is_on = BooleanFilter(help_text="Whether it is on.")

    class Meta:
        model = Reminder
        fields: list[str] = []
