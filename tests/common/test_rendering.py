"""The JSON of answers says what REST framework's own says."""

import json
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ErrorDetail
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import Serializer
from rest_framework.utils.serializer_helpers import ReturnDict

from common.rendering import JSONAnswer
from tests import make

INDENTED = "application/json; indent=4"


class Colour(StrEnum):
    RED = "red"


class Weekday(IntEnum):
    MONDAY = 0


class Pair(NamedTuple):
    first: int
    second: str


@dataclass
class Unknown:
    value: int = 1


def generated() -> Iterator[int]:
    yield from (1, 2)


texts = st.text(st.characters(codec="utf-8"))
plain = st.none() | st.booleans() | st.integers() | texts
values = st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(texts, inner))


@given(values)
def test_its_bytes_are_those_of_rest_framework(data: Any) -> None:
    assert JSONAnswer().render(data) == JSONRenderer().render(data)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_the_same_number(number: float) -> None:
    assert json.loads(JSONAnswer().render([number])) == [number]


@pytest.mark.parametrize(
    "data",
    [
        None,
        datetime(2026, 11, 26, 7, 30, 5, 123456, tzinfo=UTC),
        date(2026, 11, 26),
        time(7, 30),
        timedelta(minutes=2),
        Decimal("10.00"),
        UUID(int=7),
        Colour.RED,
        Weekday.MONDAY,
        Pair(1, "a"),
        (1, 2),
        generated,
        gettext_lazy("Monday"),
        ErrorDetail("Wrong.", code="wrong"),
        OrderedDict(a=1),
        ReturnDict({"a": 1}, serializer=Serializer()),
        {2: "a", Colour.RED: "b", None: "c", True: "d"},
        2**80,
        "a\u2028b\u2029c",
        "\x00\x7f\N{ZERO WIDTH SPACE}</script>",
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_fields_and_errors_give_is_written_as_by_rest_framework(data: Any) -> None:
    makes = data if callable(data) else lambda: data
    assert JSONAnswer().render({"x": makes()}) == JSONRenderer().render({"x": makes()})
    assert JSONAnswer().render(makes(), INDENTED, {}) == JSONRenderer().render(makes(), INDENTED, {})


@pytest.mark.parametrize("data", [Unknown(), object(), "\ud800"])
def test_what_json_cannot_say_is_no_answer(data: Any) -> None:
    for renderer in (JSONRenderer, JSONAnswer):
        with pytest.raises((TypeError, UnicodeEncodeError)):
            renderer().render([data])


def test_answers_are_written_by_it() -> None:
    assert isinstance(make.client().get("/api/limits/").accepted_renderer, JSONAnswer)
