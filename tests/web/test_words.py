"""words.js: schedules, limits and amounts as text."""

import json
from typing import Any

import pytest

from tests.web import node

HABIT = {
    "goal_type": "at_least",
    "frequency": "weekly",
    "interval": 1,
    "weekdays": [],
    "times_per_period": 3,
    "daily_amount": "1.00",
    "unit": "",
    "limit_per_period": None,
}


def words(code: str, **given: Any) -> Any:
    values = "".join(f"const {name} = {json.dumps(value)};" for name, value in given.items())
    return node.run(f'const words = await file("words.js"); {values} return {code};')


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({}, "3 times a week"),
        ({"limit_per_period": "3.00", "unit": "cups", "times_per_period": 1}, "At most 3 cups a week"),
        ({"limit_per_period": "0.00", "frequency": "daily"}, "At most 0 a day"),
        ({"limit_per_period": "2.50", "frequency": "monthly"}, "At most 2.5 a month"),
    ],
)
def test_a_schedule_is_what_is_asked_or_the_limit(changed: dict[str, Any], text: str) -> None:
    assert words("words.scheduleText(habit)", habit=HABIT | changed) == text


@pytest.mark.parametrize(
    ("amount", "left", "verdict", "text"),
    [
        ("2.00", "1.00", "open", "2 of 3 cups this week, 1 left"),
        ("4.00", "0.00", "broken", "Over the limit: 4 of 3 cups this week"),
    ],
)
def test_a_limit_says_what_is_used_and_left(amount: str, left: str, verdict: str, text: str) -> None:
    limit = {"amount": amount, "limit": "3.00", "left": left, "verdict": verdict}
    assert words('words.limitText(limit, "cups", "week")', limit=limit) == text


@pytest.mark.parametrize(
    ("before", "amount", "after"),
    [
        (None, "1.00", ("3", "0", "open")),
        ("1.00", "2.00", ("3", "0", "open")),
        ("1.00", "3.00", ("4", "0", "broken")),
        ("2.00", None, ("0", "3", "open")),
    ],
)
def test_a_count_is_foreseen_before_the_server_answers(
    before: str | None, amount: str | None, after: tuple[str, str, str]
) -> None:
    limit = {"amount": "2.00", "limit": "3.00", "left": "1.00", "verdict": "open"}
    found = words("words.limitAfter(limit, before, amount)", limit=limit, before=before, amount=amount)
    assert (found["amount"], found["left"], found["verdict"]) == after


def test_of_an_earlier_day_nothing_is_known_of_the_period() -> None:
    assert words("words.limitAfter(null, null, '1.00')") is None
