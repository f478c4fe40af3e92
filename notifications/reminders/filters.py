"""Query filters of reminders."""

from django.db.models import QuerySet

from common.filters import BooleanFilter, FilterSet, IdFilter
from notifications.models import Reminder


class ReminderFilter(FilterSet):
    """Filter by ?track=, ?is_on= and ?archived=. Those of archived tracks are shown to who asks for them or the track."""

    track = IdFilter(field_name="track", help_text="The id of a track.")
    is_on = BooleanFilter(help_text="Whether it is on.")
    archived = BooleanFilter(
        field_name="track__archived_at",
        lookup_expr="isnull",
        exclude=True,
        help_text="true: those of archived tracks instead of the others. With `track`, both are shown.",
    )

    class Meta:
        model = Reminder
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Reminder]) -> QuerySet[Reminder]:
        """Filter the queryset, without reminders of archived tracks unless they are asked for."""
        reminders: QuerySet[Reminder] = super().filter_queryset(queryset)
        given = self.form.cleaned_data
        if given["archived"] in (None, "") and not given["track"]:
            reminders = reminders.filter(track__archived_at=None)
        return reminders
