"""Strength of habits: test vectors of the formula's authors, and one test for each rule."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from habits.patterns import Rate
from habits.recurrence import Frequency, Plan, Schedule, Version
from tracking.streaks.strength import (
    Demand,
    daily_strengths,
    first_day_needed,
    step,
    value,
    window,
)

FILE = json.loads((Path(__file__).parents[2] / "vectors" / "strength.json").read_text(encoding="utf-8"))
VECTORS = FILE["vectors"]
TODAY = date.fromisoformat(FILE["today"])
SKIP, YES = FILE["entry_values"]["SKIP"], FILE["entry_values"]["YES_MANUAL"]
DAY = timedelta(days=1)
EVERY_DAY = Rate(1, 1)


def vectors(kind: str) -> pytest.MarkDecorator:
    chosen = [vector for vector in VECTORS if vector["kind"] == kind]
    return pytest.mark.parametrize("vector", chosen, ids=[vector["id"] for vector in chosen])


def entries(given: dict[str, Any]) -> dict[date, int]:
    """Return the entries of a vector by day. The vector counts days back from its today."""
    if "entries_range" in given:
        span = given["entries_range"]
        offsets = range(span["from_offset"], span["to_offset_exclusive"])
        return {TODAY - offset * DAY: span["value"] for offset in offsets}
    if "pattern_newest_first" in given:
        pattern = given["pattern_newest_first"] * given["pattern_repeat"]
        return {TODAY - offset * DAY: said for offset, said in enumerate(pattern) if said == YES}
    return {TODAY - each["offset"] * DAY: each["value"] for each in given["entries"]}


def counted(given: dict[str, Any]) -> dict[date, float]:
    """Return the strength at the end of each day, calculated by this project from a vector's entries."""
    habit, said = given["habit"], entries(given)
    if habit["type"] == "NUMERICAL":
        assert habit["target_type"] == "AT_LEAST"
        scale, target = Decimal(habit["entry_scale"]), Decimal(habit["target_value"])
        values = {day: value(amount / scale, target) for day, amount in said.items()}
    else:
        values = {day: 1.0 for day, entry in said.items() if entry == YES}
    skipped = {day for day, entry in said.items() if entry == SKIP}
    return run(days(min(said), TODAY), Rate(*habit["frequency"]), values, skipped)


def days(first: date, last: date) -> list[date]:
    return [first + number * DAY for number in range((last - first).days + 1)]


def run(
    over: Iterable[date],
    asked: Rate,
    values: Mapping[date, float],
    carried: set[date] | None = None,
    initial: float = 0,
) -> dict[date, float]:
    return dict(
        daily_strengths(
            over,
            demand_on=lambda day: Demand(asked),
            values=values,
            is_carried=lambda day: day in (carried or set()),
            initial=initial,
        )
    )


# Every vector of the file is used. None is of an at-most habit. The rate of loop-csv-golden (2 in 3 days) is given
# directly, because no schedule has it. Its YES_AUTO days exist for display only and do not count in the formula.
def test_every_kind_of_vector_is_tested() -> None:
    kinds = {vector["kind"] for vector in VECTORS}
    assert kinds == {"score_step", "score_series", "score_today", "export_golden"}
    assert all(vector["input"].get("habit", {}).get("target_type") != "AT_MOST" for vector in VECTORS)


@vectors("score_step")
def test_the_strength_after_one_day_matches_the_vectors(vector: dict[str, Any]) -> None:
    given = vector["input"]
    stepped = step(given["previous_score"], given["checkmark_value"], float(Fraction(given["frequency"])))
    assert stepped == pytest.approx(vector["expected"]["score"], abs=vector["tolerance"])


@vectors("score_series")
def test_the_strength_of_each_day_matches_the_vectors(vector: dict[str, Any]) -> None:
    series = counted(vector["input"])
    for each in vector["expected"]["scores"]:
        score = series.get(date.fromisoformat(each["date"]), 0.0)
        assert score == pytest.approx(each["score"], abs=vector["tolerance"]), each


@vectors("score_today")
def test_the_strength_of_today_matches_the_vectors(vector: dict[str, Any]) -> None:
    today = counted(vector["input"])[TODAY]
    assert today == pytest.approx(vector["expected"]["score_today"], abs=vector["tolerance"])


@vectors("export_golden")
def test_the_strength_matches_the_export_of_the_original_program(vector: dict[str, Any]) -> None:
    series = counted(vector["input"])
    for day, _, score in vector["expected"]["computed"]:
        assert series[date.fromisoformat(day)] == pytest.approx(score, abs=vector["tolerance"]), day


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(Frequency.DAILY), Rate(1, 1)),
        (Schedule(Frequency.DAILY, weekdays=frozenset({0, 2, 4})), Rate(3, 7)),
        (Schedule(Frequency.DAILY, interval=3), Rate(1, 3)),
        (Schedule(Frequency.WEEKLY, times_per_period=2), Rate(2, 7)),
        (Schedule(Frequency.WEEKLY, weekdays=frozenset({0, 1, 2}), times_per_period=2), Rate(2, 7)),
        (Schedule(Frequency.WEEKLY, weekdays=frozenset({0, 1, 2}), times_per_period=5), Rate(3, 7)),
        (Schedule(Frequency.MONTHLY, weekdays=frozenset({0}), times_per_period=5), Rate(1, 7)),
        (Schedule(Frequency.MONTHLY, weekdays=frozenset({0, 1}), times_per_period=5), Rate(5, 30)),
        (Schedule(Frequency.WEEKLY, times_per_period=7), Rate(1, 1)),
        (Schedule(Frequency.MONTHLY, times_per_period=5), Rate(5, 30)),
        (Schedule(Frequency.MONTHLY, times_per_period=31), Rate(1, 1)),
        (Schedule(Frequency.YEARLY, times_per_period=53), Rate(53, 365)),
    ],
)
def test_the_rate_follows_from_the_schedule(schedule: Schedule, expected: Rate) -> None:
    assert schedule.rate == expected


def test_the_window_is_doubled_unless_every_day_is_required() -> None:
    assert (window(Rate(1, 1)), window(Rate(3, 7)), window(Rate(53, 365))) == ((1, 1), (6, 14), (106, 730))


@pytest.mark.parametrize(("amount", "of", "expected"), [("5", "10", 0.5), ("10", "10", 1), ("90", "10", 1)])
def test_the_value_of_a_day_is_its_share_of_the_amount_and_at_most_1(amount: str, of: str, expected: float) -> None:
    assert value(Decimal(amount), Decimal(of)) == expected


def test_the_strength_falls_by_half_in_13_days_without_completion() -> None:
    faded = run(days(TODAY, TODAY + 12 * DAY), EVERY_DAY, {}, initial=0.8)
    assert faded[TODAY + 12 * DAY] == pytest.approx(0.4)


def test_a_skipped_or_paused_day_keeps_the_strength_and_still_counts_in_later_windows() -> None:
    week = days(TODAY, TODAY + 6 * DAY)
    kept = run(week, EVERY_DAY, {}, carried=set(week[1:]), initial=0.8)
    assert kept[week[6]] == kept[week[0]]
    done = {week[0]: 1.0}
    later = run(week, Rate(1, 3), done, carried={week[0]})
    assert later[week[0]] == 0
    assert later[week[1]] == pytest.approx(0.5 * (1 - 0.5 ** ((1 / 3) ** 0.5 / 13)))


def test_days_beyond_the_required_ones_add_nothing() -> None:
    over = days(TODAY, TODAY + 40 * DAY)
    always = run(over, Rate(1, 7), dict.fromkeys(over, 1.0))
    enough = run(over, Rate(1, 7), {day: 1.0 for day in over if (day - TODAY).days % 7 in {0, 1}})
    assert always == pytest.approx(enough)


def test_resuming_from_any_day_gives_the_same_strength() -> None:
    over = days(TODAY, TODAY + 99 * DAY)
    values = {day: 1 / (1 + number % 7) for number, day in enumerate(over) if number % 3}
    for asked in (EVERY_DAY, Rate(3, 7), Rate(5, 30), Rate(53, 365)):
        whole = run(over, asked, values)
        resumed = run(over[60:], asked, values, initial=whole[over[59]])
        assert resumed[over[99]] == pytest.approx(whole[over[99]], abs=1e-12)


def test_a_new_schedule_keeps_the_strength_and_continues_at_its_own_rate() -> None:
    over, change = days(TODAY, TODAY + 59 * DAY), TODAY + 30 * DAY
    values = dict.fromkeys(over, 1.0)
    both = dict(
        daily_strengths(
            over,
            demand_on=lambda day: Demand(EVERY_DAY if day < change else Rate(1, 7)),
            values=values,
            is_carried=lambda day: False,
            initial=0,
        )
    )
    daily = run(over, EVERY_DAY, values)
    weekly = run(days(change, over[-1]), Rate(1, 7), values, initial=daily[change - DAY])
    assert both == daily | weekly


def test_the_first_day_needed_is_the_first_day_of_any_following_window() -> None:
    daily, weekly = Schedule(Frequency.DAILY), Schedule(Frequency.WEEKLY, times_per_period=1)
    change = TODAY + 5 * DAY
    plan = Plan([Version(None, daily), Version(change, weekly)], anchor=TODAY - 90 * DAY, first=TODAY - 90 * DAY)
    assert first_day_needed(plan, TODAY) == change - 13 * DAY
    assert first_day_needed(plan, TODAY - 60 * DAY) == TODAY - 60 * DAY
    assert first_day_needed(plan, change + DAY) == change + DAY - 13 * DAY


def at_most(limit: float, days: int, *amounts: float) -> float:
    """Return the share that a limit habit achieves after days with these amounts, 1 at the start."""
    values = {TODAY + number * DAY: amount for number, amount in enumerate(amounts)}
    asked = Demand(Rate(1, days), limit)
    over = [TODAY + number * DAY for number in range(len(amounts))]
    found = dict(
        daily_strengths(over, demand_on=lambda day: asked, values=values, is_carried=lambda day: False, initial=0)
    )
    before, after = ([0.0, *found.values()][index] for index in (-2, -1))
    multiplier: float = 0.5 ** ((1 / days) ** 0.5 / 13)
    return (after - before * multiplier) / (1 - multiplier)


def test_a_limit_habit_achieves_all_within_its_limit_and_nothing_at_twice_of_it() -> None:
    # The formula of the file ("checkmark_at_most"), with target and sum over the days of a period.
    assert FILE["loop_score_formula"]["checkmark_at_most"].startswith("clamp(1 - (sum/1000 - target)/target, 0, 1)")
    assert [at_most(4, 1, amount) for amount in (0, 3, 4, 5, 6, 8, 9)] == pytest.approx([1, 1, 1, 0.75, 0.5, 0, 0])
    assert at_most(4, 7, 3, 0, 0, 2) == pytest.approx(0.75)
    assert at_most(4, 7, 3, 0, 0, 0, 0, 0, 0, 2) == pytest.approx(1)


def test_a_limit_of_0_is_achieved_while_nothing_happened() -> None:
    assert [at_most(0, 1, 0), at_most(0, 1, 0.1), at_most(0, 7, 0.1, 0.2, *[0] * 7)] == pytest.approx([1, 0, 1])
