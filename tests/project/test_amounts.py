"""Amounts: one reading for the API, the bot and the web client, and none where two are possible."""

import json
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from common.amount_field import AmountField
from common.amounts import MAX_LENGTH, AmbiguousAmount, NotAnAmount, amount_text, parse_amount

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "amounts.json").read_text("utf-8"))
ALL = [*VECTORS["amounts"], *VECTORS["ambiguous"], *VECTORS["invalid"]]


@pytest.mark.parametrize(("text", "amount"), VECTORS["amounts"].items())
def test_a_written_amount_has_one_meaning(text: str, amount: str) -> None:
    assert str(parse_amount(text)) == amount


@pytest.mark.parametrize(("text", "readings"), VECTORS["ambiguous"].items())
def test_an_amount_that_could_be_two_numbers_is_refused(text: str, readings: list[str]) -> None:
    with pytest.raises(AmbiguousAmount) as refusal:
        parse_amount(text)
    assert list(refusal.value.readings) == readings
    for reading in readings:  # each can be written as it is shown
        parse_amount(reading)


@pytest.mark.parametrize("text", [*VECTORS["invalid"], "1" * (MAX_LENGTH + 1)])
def test_another_text_is_no_amount(text: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_amount(text)


@given(st.decimals("-99999999.99", "99999999.99", places=2))
def test_every_amount_is_read_back_as_the_api_writes_it(amount: Decimal) -> None:
    assert parse_amount(f"{amount:.2f}") == amount
    assert parse_amount(f"{amount:.2f}".replace(".", ",")) == amount


@given(st.text("0123456789.,' -+eE", max_size=12))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    with suppress(AmbiguousAmount, NotAnAmount):
        assert parse_amount(text).as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("given", "amount"),
    [(0.30000000000000004, "0.30"), (1.25, "1.25"), (1.005, "1.01"), (7, "7.00"), ("0,5", "0.50"), (1e3, "1000.00")],
)
def test_a_field_rounds_numbers_to_two_decimals(given: object, amount: str) -> None:
    assert str(AmountField().run_validation(given)) == amount


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (True, "invalid"),
        ([], "invalid"),
        ({}, "invalid"),
        (float("nan"), "invalid"),
        (float("inf"), "invalid"),
        ("x", "invalid"),
        (10**30, "invalid"),
        ("1,250", "ambiguous"),
        (100000000, "max_whole_digits"),
        (99999999.996, "max_whole_digits"),
    ],
)
def test_a_field_refuses_what_is_no_amount(given: object, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        AmountField().run_validation(given)
    assert refusal.value.get_codes() == [code]


@pytest.mark.parametrize("amount", ["0", "0.00", "1", "1.5", "10.00", "1E+3", "9999999.99", "-0.01"])
def test_answers_write_amounts_with_two_decimals(amount: str) -> None:
    assert amount_text(Decimal(amount)) == AmountField().to_representation(Decimal(amount))
