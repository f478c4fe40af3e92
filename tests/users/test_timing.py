"""Local days and instants: a user's wall clock in DST nights and on dates that a zone skips."""

import json
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from users.timing import Clock, date_exists, latest_date_anywhere, skips_dates, wall_to_utc, zone_names

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "local_time.json").read_text(encoding="utf-8")
)["vectors"]
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True, scope="module")
def zone_data_of_the_pinned_package() -> Iterator[None]:
    """Use the zone data of the tzdata package, as the settings do; the system's may be outdated."""
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath(to=before)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(zone: str, text: str, *, fold: int = 0) -> datetime:
    """Return the instant at which the wall clock of a zone shows the given text."""
    return datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=fold)


def vectors(*kinds: str) -> pytest.MarkDecorator:
    chosen = [vector for vector in VECTORS if vector["kind"] in kinds]
    return pytest.mark.parametrize("vector", [pytest.param(each, id=each["id"]) for each in chosen])


def instants(vector: dict[str, Any]) -> list[datetime]:
    instant = Clock(vector["zone"]).instant(
        date.fromisoformat(vector["local_date"]), time.fromisoformat(vector["local_time"])
    )
    return [instant] if instant else []


def expected(vector: dict[str, Any]) -> list[datetime]:
    return [datetime.fromisoformat(each) for each in vector["expected_utc"]]


def test_all_kinds_of_vectors_are_tested() -> None:
    assert {each["kind"] for each in VECTORS} == {"gap", "overlap", "missing_date", "normal"}


@vectors("gap")
def test_a_time_inside_a_gap_uses_the_offset_before_the_gap(vector: dict[str, Any]) -> None:
    assert instants(vector) == expected(vector)


@vectors("overlap")
def test_an_overlap_fires_once_at_its_first_pass(vector: dict[str, Any]) -> None:
    assert instants(vector) == expected(vector)


@vectors("missing_date")
def test_a_date_that_the_zone_skips_has_no_occurrence(vector: dict[str, Any]) -> None:
    assert instants(vector) == expected(vector) == []


@vectors("normal")
def test_any_other_time_is_the_wall_clock_time(vector: dict[str, Any]) -> None:
    assert instants(vector) == expected(vector)


@vectors("gap", "overlap", "normal")
def test_a_local_day_lasts_from_its_start_to_the_start_of_the_next(vector: dict[str, Any]) -> None:
    clock, day = Clock(vector["zone"]), date.fromisoformat(vector["local_date"])
    begins, ends = (datetime.fromisoformat(each) for each in vector["local_day_utc"])
    assert (clock.start(day), clock.start(day + DAY)) == (begins, ends)
    assert (clock.day_of(begins), clock.day_of(ends - SECOND)) == (day, day)
    before = next(day - DAY * n for n in (1, 2) if clock.exists(day - DAY * n))
    assert (clock.day_of(begins - SECOND), clock.day_of(ends)) == (before, day + DAY)


def test_a_time_given_as_the_second_pass_means_the_first() -> None:
    assert wall_to_utc(date(2026, 10, 25), time(2, 30, fold=1), "Europe/Berlin") == utc("2026-10-25T00:30")


def test_instants_are_in_utc() -> None:
    instant = wall_to_utc(date(2026, 6, 1), time(9), "Asia/Kathmandu")
    assert instant is not None
    assert instant.tzinfo is UTC
    assert Clock("Asia/Kathmandu").start(date(2026, 6, 1)).tzinfo is UTC


def test_today_is_the_date_on_the_wall_clock() -> None:
    with time_machine.travel(utc("2026-05-10T23:30"), tick=False):
        now = datetime.now(UTC)
    assert Clock("UTC").day_of(now) == date(2026, 5, 10)
    assert Clock("Europe/Berlin").day_of(now) == date(2026, 5, 11)
    assert Clock("America/New_York").day_of(now) == date(2026, 5, 10)


def test_the_same_instant_is_another_day_east_and_west_of_the_date_line() -> None:
    noon = utc("2026-05-10T10:30")
    assert Clock("Pacific/Kiritimati").day_of(noon) == date(2026, 5, 11)
    assert Clock("Pacific/Pago_Pago").day_of(noon) == date(2026, 5, 9)


@pytest.mark.parametrize(
    ("wall", "day"),
    [
        ("2026-05-11T00:40", date(2026, 5, 10)),
        ("2026-05-11T02:59:59", date(2026, 5, 10)),
        ("2026-05-11T03:00", date(2026, 5, 11)),
        ("2026-05-11T23:59", date(2026, 5, 11)),
    ],
)
def test_before_day_starts_at_it_is_still_the_day_before(wall: str, day: date) -> None:
    assert Clock("Europe/Berlin", 3).day_of(at("Europe/Berlin", wall)) == day


def test_a_tap_at_0040_counts_for_today_if_the_day_starts_at_midnight() -> None:
    assert Clock("Europe/Berlin", 0).day_of(at("Europe/Berlin", "2026-05-11T00:40")) == date(2026, 5, 11)


@pytest.mark.parametrize(
    ("local_time", "instant"),
    [
        (time(0, 40), utc("2026-05-10T22:40")),
        (time(2, 59), utc("2026-05-11T00:59")),
        (time(3, 0), utc("2026-05-10T01:00")),
        (time(8, 0), utc("2026-05-10T06:00")),
    ],
)
def test_a_time_before_day_starts_at_falls_on_the_next_calendar_date(local_time: time, instant: datetime) -> None:
    clock = Clock("Europe/Berlin", 3)
    assert clock.instant(date(2026, 5, 10), local_time) == instant
    assert clock.day_of(instant) == date(2026, 5, 10)


def test_a_day_begins_at_day_starts_at() -> None:
    assert Clock("Europe/Berlin", 3).start(date(2026, 5, 10)) == utc("2026-05-10T01:00")


@pytest.mark.parametrize(
    ("zone", "day_starts_at", "day", "begins"),
    [
        ("Europe/Berlin", 2, date(2026, 3, 29), "2026-03-29T01:00"),  # 02:00 -> 03:00
        ("Europe/Berlin", 3, date(2026, 3, 29), "2026-03-29T01:00"),
        ("Europe/Berlin", 2, date(2026, 10, 25), "2026-10-25T00:00"),  # 03:00 -> 02:00: at the first pass
        ("Europe/Berlin", 3, date(2026, 10, 25), "2026-10-25T02:00"),
        ("America/Sao_Paulo", 0, date(2018, 11, 4), "2018-11-04T03:00"),  # 00:00 -> 01:00
        ("America/Nuuk", 0, date(2026, 3, 29), "2026-03-29T01:00"),  # 23:00 -> 00:00 of the next date
        ("Pacific/Chatham", 3, date(2026, 9, 27), "2026-09-26T14:00"),  # 02:45 -> 03:45 swallows 03:00
        ("Antarctica/Troll", 2, date(2026, 3, 29), "2026-03-29T01:00"),  # 01:00 -> 03:00 swallows 02:00
    ],
)
def test_in_a_dst_night_a_day_starts_when_the_clock_first_shows_its_hour_or_later(
    zone: str, day_starts_at: int, day: date, begins: str
) -> None:
    clock = Clock(zone, day_starts_at)
    assert clock.start(day) == utc(begins)
    assert clock.day_of(utc(begins)) == day
    assert clock.day_of(utc(begins) - SECOND) == day - DAY


def test_the_night_of_the_overlap_is_an_hour_longer() -> None:
    clock = Clock("Europe/Berlin", 3)
    assert clock.start(date(2026, 10, 25)) - clock.start(date(2026, 10, 24)) == timedelta(hours=25)
    for fold in (0, 1):
        assert clock.day_of(at("Europe/Berlin", "2026-10-25T02:30", fold=fold)) == date(2026, 10, 24)


def test_a_time_in_the_gap_of_a_day_that_starts_after_it_belongs_to_the_day_before() -> None:
    # 02:30 on the calendar date after 28 March does not exist: it fires at 03:30, once.
    assert Clock("Europe/Berlin", 4).instant(date(2026, 3, 28), time(2, 30)) == utc("2026-03-29T01:30")


@pytest.mark.parametrize(
    ("zone", "skipped"),
    [
        ("Pacific/Apia", date(2011, 12, 30)),
        ("Pacific/Fakaofo", date(2011, 12, 30)),
        ("Pacific/Kiritimati", date(1994, 12, 31)),
        ("Pacific/Kwajalein", date(1993, 8, 21)),
    ],
)
def test_a_zone_can_skip_a_date(zone: str, skipped: date) -> None:
    clock = Clock(zone)
    assert [clock.exists(skipped + DAY * n) for n in (-1, 0, 1)] == [True, False, True]
    assert wall_to_utc(skipped, time(12), zone) is None
    assert clock.start(skipped) == clock.start(skipped + DAY)
    assert clock.day_of(clock.start(skipped) - SECOND) == skipped - DAY
    assert clock.start(skipped + DAY) - clock.start(skipped - DAY) == DAY
    assert not date_exists(skipped, zone)
    assert date_exists(skipped, "UTC")


def test_few_zones_skip_a_date() -> None:
    """Those west of the date line that went over to the east of it; no clock change is that large."""
    found = {zone for zone in zone_names() if skips_dates(zone)}
    assert found == {
        *("Kwajalein", "Pacific/Apia", "Pacific/Enderbury", "Pacific/Fakaofo", "Pacific/Kanton"),
        *("Pacific/Kiritimati", "Pacific/Kwajalein"),
    }


def test_no_date_is_skipped_by_a_dst_night() -> None:
    for zone, day in (("America/Sao_Paulo", date(2018, 11, 4)), ("Antarctica/Troll", date(2026, 3, 29))):
        assert Clock(zone).exists(day)


def test_a_skipped_date_is_never_the_local_day() -> None:
    # On the morning of the 31st, before the day starts, it is still the 29th: there was no 30th.
    clock = Clock("Pacific/Apia", 3)
    assert clock.day_of(at("Pacific/Apia", "2011-12-31T00:40")) == date(2011, 12, 29)
    assert clock.day_of(at("Pacific/Apia", "2011-12-31T03:00")) == date(2011, 12, 31)


def test_an_early_time_before_a_skipped_date_falls_on_the_next_existing_date() -> None:
    clock = Clock("Pacific/Apia", 3)
    assert clock.instant(date(2011, 12, 29), time(0, 40)) == at("Pacific/Apia", "2011-12-31T00:40")
    assert clock.instant(date(2011, 12, 30), time(0, 40)) is None
    assert clock.instant(date(2011, 12, 30), time(8)) is None
    assert clock.instant(date(2011, 12, 31), time(0, 40)) == at("Pacific/Apia", "2012-01-01T00:40")


def test_a_day_has_begun_somewhere_when_it_has_in_utc_plus_14() -> None:
    assert latest_date_anywhere(utc("2026-05-10T09:59:59")) == date(2026, 5, 10)
    assert latest_date_anywhere(utc("2026-05-10T10:00")) == date(2026, 5, 11)
    assert latest_date_anywhere(at("America/New_York", "2026-05-10T06:00")) == date(2026, 5, 11)


ZONES = sorted(zoneinfo.available_timezones() - {"localtime", "posixrules", "Factory"})


@settings(max_examples=300, deadline=None, print_blob=True)
@given(st.sampled_from(ZONES), st.integers(0, 6), st.dates(date(2012, 1, 1), date(2035, 12, 31)), st.times())
def test_every_instant_is_within_its_local_day(zone: str, day_starts_at: int, day: date, wall: time) -> None:
    clock = Clock(zone, day_starts_at)
    begins = clock.start(day)
    assert clock.day_of(begins) == day
    assert clock.day_of(begins - SECOND) == day - DAY
    instant = clock.instant(day, wall)
    assert instant is not None
    read = instant.astimezone(zoneinfo.ZoneInfo(zone))
    if read.time() == wall:  # not inside a gap
        assert clock.day_of(instant) == day
