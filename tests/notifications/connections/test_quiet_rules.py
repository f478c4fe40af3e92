"""Quiet hours by the wall clock of a zone: over midnight, through changes of the clock, over a skipped date."""

from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.connections import rules
from tests.make import utc

BERLIN = "Europe/Berlin"


def until(now: datetime, start: str, end: str, zone: str = BERLIN) -> datetime | None:
    return rules.quiet_until(now, start=time.fromisoformat(start), end=time.fromisoformat(end), zone=zone)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-20 20:59", None),  # 21:59 in Berlin
        ("2026-11-20 21:00", "2026-11-21 06:00"),
        ("2026-11-20 23:30", "2026-11-21 06:00"),
        ("2026-11-21 05:59", "2026-11-21 06:00"),
        ("2026-11-21 06:00", None),
    ],
)
def test_they_last_over_midnight_and_end_with_their_last_minute(now: str, end: str | None) -> None:
    assert until(utc(now), "22:00", "07:00") == (utc(end) if end else None)


def test_they_may_lie_within_a_day() -> None:
    assert until(utc("2026-11-20 11:30"), "12:00", "14:00") == utc("2026-11-20 13:00")
    assert until(utc("2026-11-20 13:00"), "12:00", "14:00") is None
    assert until(utc("2026-11-20 23:30"), "12:00", "14:00") is None


def test_the_night_in_which_clocks_go_forward_is_an_hour_shorter() -> None:
    # 29 March 2026: 02:00 CET is 03:00 CEST.
    assert until(utc("2026-03-28 21:30"), "22:00", "07:00") == utc("2026-03-29 05:00")


def test_the_night_in_which_clocks_go_back_is_an_hour_longer() -> None:
    assert until(utc("2026-10-24 20:30"), "22:00", "07:00") == utc("2026-10-25 06:00")


def test_an_end_in_the_gap_uses_the_offset_before_it() -> None:
    assert until(utc("2026-03-29 00:30"), "23:00", "02:30") == utc("2026-03-29 01:30")
    assert until(utc("2026-03-29 01:30"), "23:00", "02:30") is None


def test_an_end_that_comes_twice_ends_them_at_its_first_pass() -> None:
    # 25 October 2026: 02:30 CEST is 00:30 UTC, 02:30 CET is 01:30 UTC.
    assert until(utc("2026-10-25 00:10"), "23:00", "02:30") == utc("2026-10-25 00:30")
    assert until(utc("2026-10-25 00:50"), "23:00", "02:30") is None


def test_before_a_skipped_date_they_last_until_the_next_that_exists() -> None:
    # Apia had no 30 December 2011.
    now = datetime(2011, 12, 29, 23, tzinfo=ZoneInfo("Pacific/Apia"))
    end = datetime(2011, 12, 31, 7, tzinfo=ZoneInfo("Pacific/Apia"))
    assert until(now, "22:00", "07:00", "Pacific/Apia") == end
    assert until(end - timedelta(minutes=1), "22:00", "07:00", "Pacific/Apia") == end


@given(
    minutes=st.integers(0, 60 * 24 * 800),
    start=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    end=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]),
)
def test_a_wait_ends_at_the_end_and_within_two_days(minutes: int, start: time, end: time, zone: str) -> None:
    if start == end:
        return
    now = utc("2010-11-01 00:00") + timedelta(minutes=minutes)
    found = rules.quiet_until(now, start=start, end=end, zone=zone)
    if found is not None:
        assert now < found <= now + timedelta(hours=50)
        wall = found.astimezone(ZoneInfo(zone))
        assert wall.time() == end or wall.utcoffset() != (wall - timedelta(hours=3)).utcoffset()
        again = rules.quiet_until(found, start=start, end=end, zone=zone)
        assert again is None or again > found


def test_what_waited_is_of_use_as_long_as_what_is_due_then_and_a_reminder_within_its_day() -> None:
    due, until_ = utc("2026-11-20 04:00"), utc("2026-11-20 07:00")
    two_hours = partial(rules.expiry_after_wait, until=until_, lifetime=timedelta(hours=2))
    soon = due + timedelta(hours=2)
    assert two_hours(expires_at=soon, end_of_day=None) == until_ + timedelta(hours=2)
    assert two_hours(expires_at=soon, end_of_day=utc("2026-11-20 08:00")) == utc("2026-11-20 08:00")
    later = until_ + timedelta(days=9)  # of one that was queued again
    assert two_hours(expires_at=later, end_of_day=None) == later
