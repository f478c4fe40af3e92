"""Reads of the calendar: the address of a user, and the plan of reminders as events."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import islice, takewhile
from operator import attrgetter
from zoneinfo import ZoneInfo

from habits.models import Habit
from integrations.calendar.rules import DAYS_AHEAD, DAYS_BACK, MAX_EVENTS
from integrations.models import CalendarFeed
from notifications.models import Reminder
from notifications.reminders.plans import ReminderState, load_reminder_states
from users.models import User


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """A time at which a reminder is planned, or was. `day`: the local day that it belongs to."""

    at: datetime
    day: date
    reminder: Reminder
    habit: Habit


@dataclass(frozen=True, slots=True)
class PlannedCalendar:
    """The plan of a user's reminders, in order of time."""

    feed: CalendarFeed
    zone: ZoneInfo
    language: str
    events: list[PlannedEvent]


def feed_of(user: User) -> CalendarFeed | None:
    """Return the calendar address of the user; None if it is off."""
    return CalendarFeed.objects.filter(user=user).first()


def planned_calendar(token: str, *, now: datetime) -> PlannedCalendar | None:
    """Return the calendar with this secret, from DAYS_BACK days ago to DAYS_AHEAD days ahead; None if there is none.

    The address of a banned user shows nothing.
    """
    feed = CalendarFeed.objects.select_related("user").filter(token=token, user__is_active=True).first()
    if feed is None:
        return None
    user = feed.user
    today = user.clock.day_of(now)
    reminders = Reminder.objects.filter(track__user=user).order_by("pk")
    by_id = {each.pk: each for each in reminders.select_related("track__habit")}
    first, last = today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD)
    plans = [
        _events(state, by_id[state.reminder_id], first, last)
        for state in load_reminder_states(reminders)
        if state.reminder_id in by_id and state.calendar is not None
    ]
    events = list(islice(merge(*plans, key=attrgetter("at")), MAX_EVENTS))
    return PlannedCalendar(feed=feed, zone=ZoneInfo(user.clock.zone), language=user.language, events=events)


def _events(state: ReminderState, reminder: Reminder, first: date, last: date) -> Iterator[PlannedEvent]:
    assert state.calendar is not None
    for each in takewhile(lambda each: each.day <= last, state.calendar.from_day(first)):
        yield PlannedEvent(at=each.at, day=each.day, reminder=reminder, habit=reminder.track.habit)
