"""The pure rules of events: what an item may say, and what a day's events amount to."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError
from integrations.events import rules
from integrations.events.adapters import open_wearables
from integrations.events.reading import TypedEvent, read_event
from integrations.events.rules import Aggregation, Reading, day_value
from users.timing import Clock

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BERLIN = Clock("Europe/Berlin")


def read(*, clock: Clock = BERLIN, now: datetime = NOW, **item: Any) -> TypedEvent:
    shared = {"type": "reading", "value": 1, "mode": "delta", "start": "2026-11-21T10:00:00Z"}
    return read_event(shared | item, clock=clock, now=now)


def test_an_id_may_be_a_number_and_is_the_same_as_its_text() -> None:
    keys = [read(id=given).event.key for given in (7, "7", 8)]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize("given", [True, 7.5, 10**18, ["7"]])
def test_an_id_that_is_neither_a_text_nor_a_whole_number_is_refused(given: object) -> None:
    with pytest.raises(DomainError) as error:
        read(id=given)
    assert (error.value.code, error.value.field) == ("invalid_text", "id")


def test_a_date_that_the_zone_skips_takes_no_events() -> None:
    new_year = datetime(2012, 1, 1, tzinfo=UTC)
    with pytest.raises(DomainError) as error:
        read(clock=Clock("Pacific/Apia"), now=new_year, start="2011-12-30")
    assert error.value.code == "skipped_date"
    assert read(clock=Clock("Pacific/Apia"), now=new_year, start="2011-12-31").event.day.day == 31


@pytest.mark.parametrize(
    ("times", "minutes"),
    [
        ({"end": "2026-11-21T10:45:30Z"}, "45.50"),
        ({}, "0.00"),
        ({"start": "2026-11-21", "end": "2026-11-21"}, "0.00"),
        ({"start": "2026-11-21", "end": "2026-11-21T10:45:30Z"}, "0.00"),
    ],
)
def test_an_event_of_which_start_or_end_is_not_known_takes_no_time(times: dict[str, Any], minutes: str) -> None:
    reading = Reading(Aggregation.DURATION, Decimal(1), "", only_raise=False)
    assert day_value([read(**times).event], reading) == Decimal(minutes)


@pytest.mark.parametrize("factor", [rules.MIN_FACTOR, Decimal(1), rules.MAX_FACTOR])
def test_a_factor_may_be_anything_within_its_bounds(factor: Decimal) -> None:
    rules.check_factor(factor)


@pytest.mark.parametrize("factor", [Decimal(0), Decimal(-1), rules.MIN_FACTOR / 2, rules.MAX_FACTOR + rules.MIN_FACTOR])
def test_a_factor_beyond_its_bounds_is_refused(factor: Decimal) -> None:
    with pytest.raises(DomainError) as error:
        rules.check_factor(factor)
    assert (error.value.code, error.value.field) == ("out_of_range", "factor")


def test_a_single_value_of_open_wearables_is_an_event_of_its_type() -> None:
    data = {"id": "w1", "user_id": "wearer-1", "recorded_at": "2026-11-21T06:45:00Z", "value": 71.5, "unit": "kg"}
    (item,) = open_wearables.items_of({"type": "weight.created", "data": data})
    found = read_event(item, clock=BERLIN, now=NOW)
    assert (found.type, found.event.value, found.event.unit) == ("weight", Decimal("71.5"), "kg")
    assert found.event.start == NOW - timedelta(hours=5, minutes=15)


def test_what_open_wearables_tells_without_a_value_is_no_event() -> None:
    assert open_wearables.items_of({"type": "weight.created", "data": {"id": "w1", "value": None, "count": ""}}) == []
