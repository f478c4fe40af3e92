"""Quiet hours, and the kinds of messages that a user can direct. Pure."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from users.timing import date_exists, wall_to_utc

DAY = timedelta(days=1)
CODE_LIFETIME = timedelta(minutes=30)
CODE_DIGITS = 8


class Topic(StrEnum):
    """What a user chooses channels for."""

    REMINDERS = "reminders"
    DIGEST = "digest"
    NEWS = "news"


def topic_of(kind: str) -> Topic:
    """Return the topic of a delivery's kind: everything is news but reminders and digests."""
    return {"reminder": Topic.REMINDERS, "digest": Topic.DIGEST}.get(kind, Topic.NEWS)


def quiet_until(now: datetime, *, start: time, end: time, zone: str) -> datetime | None:
    """Return when the quiet hours end that `now` is in; None outside of them.

    Each date that exists in the zone has quiet hours, from its `start` to the next `end` of the wall clock, by the rules of
    users.timing: a time in a gap uses the offset before it, of one that occurs twice the first occurrence counts.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    for day in (today, today - DAY, today - 2 * DAY):  # a skipped date may be in between
        first = wall_to_utc(day, start, zone)
        if first is None:
            continue
        last = _end(day if start < end else day + DAY, end, zone)
        if first <= now < last:
            return last
    return None


def _end(day: date, at: time, zone: str) -> datetime:
    while not date_exists(day, zone):
        day += DAY
    found = wall_to_utc(day, at, zone)
    assert found is not None
    return found


def expiry_after_wait(
    *, expires_at: datetime, until: datetime, lifetime: timedelta, end_of_day: datetime | None
) -> datetime:
    """Return until when a message is of use that waited until `until`: as long as one of its kind that is due then.

    `end_of_day`: of the local day that a reminder is about, after which it asks for nothing any more.
    """
    later = max(expires_at, until + lifetime)
    return later if end_of_day is None else min(later, end_of_day)
