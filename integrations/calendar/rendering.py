"""The calendar as iCalendar text (RFC 5545)."""

from datetime import UTC, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from integrations.calendar.queries import PlannedCalendar, PlannedEvent
from integrations.calendar.rules import MIN_DURATION, REFRESH_EVERY
from notifications.outbox.messages import sentence

PRODUCT = "-//Habit Tracker//Reminders//EN"


def to_ical(planned: PlannedCalendar) -> bytes:
    """Return the calendar in the user's language and zone, with a VTIMEZONE of the zone's rules in its time.

    The same plan gives the same bytes.
    """
    with translation.override(planned.language):
        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", _("Habits"))
        calendar.add("x-wr-timezone", planned.zone.key)
        calendar.add("refresh-interval", REFRESH_EVERY, parameters={"VALUE": "DURATION"})
        for each in planned.events:
            calendar.add_component(_event(each, planned))
    if planned.events:
        first, last = planned.events[0].at.date(), planned.events[-1].at.date()
        calendar.add_missing_timezones(first - timedelta(days=366), last + timedelta(days=366))
    text: bytes = calendar.to_ical()
    return text


def _event(each: PlannedEvent, planned: PlannedCalendar) -> Event:
    habit, reminder = each.habit, each.reminder
    event = Event()
    # The same reminder of the same day keeps its id when its time moves, so that a calendar moves the event.
    event.add("uid", f"{reminder.pk}-{each.day:%Y%m%d}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("dtstamp", planned.feed.created_at.astimezone(UTC))
    event.add("dtstart", each.at.astimezone(planned.zone))
    event.add("duration", max(timedelta(seconds=habit.duration or 0), MIN_DURATION))
    event.add("summary", f"{reminder.track.icon} {habit.name}".strip())
    event.add("description", reminder.text or sentence(habit, at=reminder.local_time))
    if habit.place:
        event.add("location", habit.place)
    event.add("transp", "TRANSPARENT")  # a reminder does not make its owner busy
    if planned.feed.alarm_minutes is not None:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", habit.name)
        alarm.add("trigger", -timedelta(minutes=planned.feed.alarm_minutes))
        event.add_component(alarm)
    return event
