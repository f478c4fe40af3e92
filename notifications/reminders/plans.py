"""Load many reminders with their plans in four narrow queries, since a tick may process thousands."""

from dataclasses import dataclass
from datetime import datetime, time

from django.db.models import QuerySet

from notifications.models import Reminder
from notifications.reminders.occurrences import Calendar, Occurrence
from tracking.tracks.plans import TrackPlan, load_plans


@dataclass(frozen=True, slots=True)
class ReminderState:
    """The stored state of a reminder and its calendar.

    `calendar` is None if the reminder has no time, is off, or its track was left. `error` is the exception that
    prevented building the calendar.
    """

    reminder_id: int
    track_id: int
    user_id: int
    local_time: time | None
    occurrence: Occurrence | None
    calendar: Calendar | None
    error: Exception | None = None

    def first_after(self, instant: datetime) -> Occurrence | None:
        """Return the first occurrence after an instant; None: there is none. Raises `error`, if set."""
        if self.error is not None:
            raise self.error
        return self.calendar.first_after(instant) if self.calendar else None

    @property
    def is_moved(self) -> bool:
        """Return whether nothing is planned, or for another time of its day than the reminder has now."""
        if self.occurrence is None or self.calendar is None:
            return True
        return self.calendar.clock.instant(self.occurrence.day, self.calendar.time) != self.occurrence.at

    @property
    def next(self) -> datetime | None:
        """Return the instant that is planned; None: nothing is planned."""
        return self.occurrence.at if self.occurrence else None


def load_reminder_states(reminders: QuerySet[Reminder]) -> list[ReminderState]:
    """Return the reminders with their calendars, in the order of the query. Locks the rows if the query does."""
    rows = list(reminders.values_list("pk", "track_id", "next_at", "next_day", "local_time", "is_on"))
    plans = load_plans({track_id for _, track_id, *_ in rows})
    states = []
    for pk, track_id, next_at, next_day, local_time, is_on in rows:
        shared = plans.get(track_id)
        if shared is None:
            continue  # the account is being deleted in another transaction
        occurrence = Occurrence(next_day, next_at) if next_at and next_day else None
        if isinstance(shared, Exception):
            states.append(ReminderState(pk, track_id, 0, local_time, occurrence, None, error=shared))
            continue
        calendar = _calendar(shared, local_time) if is_on else None
        states.append(ReminderState(pk, track_id, shared.user_id, local_time, occurrence, calendar))
    return states


def _calendar(shared: TrackPlan, local_time: time | None) -> Calendar | None:
    at = local_time or shared.time
    if at is None or shared.is_left:
        return None
    return Calendar(plan=shared.plan, is_paused=shared.is_paused, clock=shared.clock, time=at)
