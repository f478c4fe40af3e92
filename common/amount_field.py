"""The field of an amount in request and response bodies."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from common.amounts import AmbiguousAmount, NotAnAmount, parse_amount, round_amount
from common.limits import AMOUNT_DECIMALS, AMOUNT_DIGITS, MAX_AMOUNT


class AmountField(serializers.DecimalField):
    """An amount: a number, or a text with a decimal comma or point. More than two decimals are rounded."""

    default_error_messages = {
        "ambiguous": "“{text}” can mean {decimal} or {thousands}. Write it one of these ways.",
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_DECIMALS, **options)

    def to_internal_value(self, data: Any) -> Decimal:
        try:
            if isinstance(data, str):
                amount = parse_amount(data)
            elif isinstance(data, int | float | Decimal) and not isinstance(data, bool):
                amount = round_amount(Decimal(str(data)))
            else:
                self.fail("invalid")
        except AmbiguousAmount as error:
            decimal, thousands = error.readings
            self.fail("ambiguous", text=data.strip(), decimal=decimal, thousands=thousands)
        except NotAnAmount:
            self.fail("invalid")
        if abs(amount) > MAX_AMOUNT:
            self.fail("max_whole_digits", max_whole_digits=AMOUNT_DIGITS - AMOUNT_DECIMALS)
        return amount
