"""The numbers of webhooks."""

from datetime import timedelta

import pytest

from integrations.changes.rules import ChangeType, in_order
from integrations.webhooks import rules
from tests.integrations.webhooks.conftest import NOW

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def test_ten_attempts_take_more_than_75_hours_and_less_than_84() -> None:
    waits = [rules.next_wait(attempts, share=0.0) for attempts in range(1, 11)]
    longest = [rules.next_wait(attempts, share=1.0) for attempts in range(1, 11)]
    assert waits[-1] is longest[-1] is None
    assert 75 * HOUR < sum(filter(None, waits), timedelta(0)) < sum(filter(None, longest), timedelta(0)) < 84 * HOUR


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (2, 0), (3, 5), (4, 10), (5, 20), (10, 640), (11, 900), (10_000, 900)]
)
def test_a_breaker_opens_at_the_third_failure_and_holds_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert rules.hold(failures) == seconds * SECOND


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("0", 0 * SECOND),
        (" 120 ", 120 * SECOND),
        ("9" * 30, 24 * HOUR),
        ("Sat, 21 Nov 2026 12:02:00 GMT", 120 * SECOND),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0 * SECOND),
        ("Sun, 21 Nov 2027 12:00:00 GMT", 24 * HOUR),
        ("Sat, 31 Feb 2026 12:00:00 GMT", None),
        ("Fri, 31 Dec 99999999999 23:59:59 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 24 * HOUR),
    ],
)
def test_retry_after_is_seconds_or_a_date_up_to_a_day(header: str | None, wait: timedelta | None) -> None:
    assert rules.retry_after(header, now=NOW) == wait


@pytest.mark.parametrize(("status", "taken"), [(199, False), (200, True), (204, True), (299, True), (300, False)])
def test_only_2xx_is_taken(status: int, taken: bool) -> None:
    assert rules.is_success(status) == taken


def test_changes_of_one_moment_are_told_causes_first_and_others_as_they_came() -> None:
    class Row:
        def __init__(self, type: str, seconds: int) -> None:
            self.type = type
            self.occurred_at = NOW + seconds * SECOND

    rows = [
        Row(ChangeType.STREAK_EXTENDED, 5),
        Row(ChangeType.GOAL_REACHED, 5),
        Row(ChangeType.LOG_SET, 5),
        Row(ChangeType.STREAK_LOST, 1),  # written later by a request that began earlier
        Row(ChangeType.LOG_CLEARED, 1),
    ]
    assert [row.type for row in in_order(rows)] == [
        "log.set",
        "streak.extended",
        "goal.reached",
        "log.cleared",
        "streak.lost",
    ]
