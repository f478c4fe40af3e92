"""General rules, on random lives; then the smallest lives in which a definition breaks one of them (see README.md).

A failing rule prints the seed and the life, with all events left out that it does not need. ORACLE_SEEDS sets how many
lives are tried, ORACLE_FIRST_SEED where they begin.
"""

import ast
import os
import sys
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from tests.oracle.dates import days
from tests.oracle.days import is_due, period_on
from tests.oracle.life import DONE, SKIPPED, Edited, EndDateSet, Life, Logged, amount, record
from tests.oracle.lives import (
    can_happen,
    described,
    random_edit,
    random_life,
    random_pause,
    without_needless_events,
)
from tests.oracle.periods import periods
from tests.oracle.schedules import StreakUnit
from tests.oracle.segments import segments
from tests.oracle.streaks import current_streak, is_at_risk, lapse_day, longest_streaks, recount_day
from tests.oracle.test_examples import (
    DAY,
    FRI,
    MON,
    SAT,
    SUN,
    THU,
    TUE,
    WED,
    WEEK,
    april,
    count,
    lived,
    outcomes,
    three_a_week,
)
from tests.oracle.verdicts import verdicts

FIRST_SEED = int(os.environ.get("ORACLE_FIRST_SEED", "0"))
LIVES = int(os.environ.get("ORACLE_SEEDS", "150"))
FEW_LIVES = max(1, LIVES // 5)

Broken = Callable[[Life], bool]


def check(seed: int, life: Life, today: date, broken: Broken) -> None:
    """Fail with the seed and the smallest life found that breaks the rule."""
    if broken(life):
        smallest = without_needless_events(life, broken)
        pytest.fail(f"seed {seed}: {described(smallest, today)}")


def random_lives(lives: int = LIVES, *, limits: bool | None = None) -> Iterable[tuple[int, Random, Life, date]]:
    """Yield seeds, each with its generator, its life and its day; one in three is a limit habit unless said."""
    for seed in range(FIRST_SEED, FIRST_SEED + lives):
        random = Random(seed)
        is_limit = random.random() < 1 / 3 if limits is None else limits
        yield seed, random, *random_life(random, is_limit=is_limit)


def some_day(random: Random, today: date) -> date:
    """Return a day of the last two weeks."""
    return today - timedelta(days=random.randint(0, 13))


def returns_to_a_unit(life: Life) -> bool:
    """Return whether the life goes back to a unit of streaks after another one: see README.md, fault 2."""
    units = [each.unit for each in segments(record(life))]
    changes = [unit for number, unit in enumerate(units) if number == 0 or unit != units[number - 1]]
    return len(changes) > len(set(changes))


def does_only_target_days(life: Life, today: date) -> bool:
    """Return whether each completed day was a target day: see README.md, fault 3."""
    kept = record(life)
    done = [day for day in kept.logs if kept.is_completed(day, today) and day >= kept.track_first(today)]
    found = [(day, period_on(life, day, today)) for day in done]
    return all(period is not None and day in period.targets for day, period in found)


def takes_a_cut_away(before: Life, after: Life, today: date) -> bool:
    """Return whether a cut is taken away, or one of the past is back as its planned return is: see README.md, fault 10."""
    cuts, cuts_after = ({segment.start for segment in segments(record(life))} for life in (before, after))
    return not cuts <= cuts_after or any(each is not None and each < today for each in cuts_after - cuts)


def test_completing_a_day_never_lowers_the_current_streak() -> None:
    for seed, random, life, today in random_lives(limits=False):
        day = some_day(random, today)
        completed = Logged(today, ((day, DONE),))

        def broken(each: Life, day: date = day, completed: Logged = completed, today: date = today) -> bool:
            if record(each).is_skipped(day, today) or returns_to_a_unit(each):
                return False
            return count(each.then(completed), today) < count(each, today)

        check(seed, life, today, broken)


def test_skipping_a_day_that_is_not_done_never_lowers_the_current_streak() -> None:
    for seed, random, life, today in random_lives(limits=False):
        day = some_day(random, today)

        def broken(each: Life, day: date = day, today: date = today) -> bool:
            if record(each).is_completed(day, today):
                return False
            return count(each.log(day, SKIPPED, made_on=today), today) < count(each, today)

        check(seed, life, today, broken)


def test_pausing_never_lowers_the_current_streak() -> None:
    for seed, random, life, today in random_lives(limits=False):
        pause = random_pause(random, today)

        def broken(each: Life, pause: object = pause, today: date = today) -> bool:
            if returns_to_a_unit(each):
                return False
            return count(each.then(pause), today) < count(each, today)  # type: ignore[arg-type]

        check(seed, life, today, broken)


def test_pausing_from_today_never_lowers_the_streak_of_a_limit_habit() -> None:
    for seed, _, life, today in random_lives(limits=True):

        def broken(each: Life, today: date = today) -> bool:
            return count(each.pause(today), today) < count(each, today)

        check(seed, life, today, broken)


def test_an_amount_never_raises_the_streak_of_a_limit_habit() -> None:
    for seed, random, life, today in random_lives(limits=True):
        day = some_day(random, today)

        def broken(each: Life, day: date = day, today: date = today) -> bool:
            if day in record(each).logs or day < each.track_started:
                return False
            return count(each.log(day, amount(2), made_on=today), today) > count(each, today)

        check(seed, life, today, broken)


def test_an_edit_of_the_schedule_alone_never_raises_the_current_streak() -> None:
    for seed, random, life, today in random_lives():
        edit = random_edit(random, life, today, amounts=False)

        def broken(each: Life, edit: Edited = edit, today: date = today) -> bool:
            if not can_happen(each, edit) or not record(each).logs or today == each.created:
                return False
            edited = each.then(edit)
            if takes_a_cut_away(each, edited, today) or not does_only_target_days(each, today):
                return False
            before, after = current_streak(each, today), current_streak(edited, today)
            return after.unit == before.unit and after.count > before.count

        check(seed, life, today, broken)


def test_an_edit_changes_no_verdict_of_a_period_that_was_over() -> None:
    for seed, random, life, today in random_lives():
        edit = random_edit(random, life, today)

        def broken(each: Life, edit: Edited = edit, today: date = today) -> bool:
            if not can_happen(each, edit) or not record(each).logs or today == each.created:
                return False
            edited = each.then(edit)
            if takes_a_cut_away(each, edited, today):
                return False
            before, after = (
                [
                    (period.unit, period.first, verdict)
                    for period, verdict in verdicts(one, today)
                    if period.last < today
                ]
                for one in (each, edited)
            )
            return after[: len(before)] != before

        check(seed, life, today, broken)


def test_an_edit_taken_back_on_the_next_day_restores_what_was() -> None:
    for seed, random, life, today in random_lives():
        edit = random_edit(random, life, today, amounts=False)
        back = today + DAY * random.randint(0, 1)

        def broken(each: Life, edit: Edited = edit, today: date = today, back: date = back) -> bool:
            if (
                not record(each).logs
                or today == each.created
                or any(isinstance(event, Edited) for event in each.events)
            ):
                return False
            old = each.schedule
            named = {"frequency": old.frequency, "interval": old.interval, "weekdays": old.weekdays}
            named |= {"times_per_period": old.times_per_period, "limit_per_period": old.limit_per_period}
            made = Edited(today, today, edit.named)
            taken_back = Edited(back, back, tuple(named.items()))
            if not can_happen(each, made, taken_back) or len(segments(record(each.then(made)))) == len(
                segments(record(each))
            ):
                return False
            return verdicts(each.then(made, taken_back), back + WEEK) != verdicts(each, back + WEEK)

        check(seed, life, today, broken)


def test_no_natural_period_is_kept_twice_in_one_unit() -> None:
    for seed, _, life, today in random_lives():

        def broken(each: Life, today: date = today) -> bool:
            kept = [period for period, verdict in verdicts(each, today) if verdict == "kept"]
            return len({(period.unit, period.natural_first) for period in kept}) < len(kept)

        check(seed, life, today, broken)


def test_periods_follow_each_other() -> None:
    for seed, _, life, today in random_lives():

        def broken(each: Life, today: date = today) -> bool:
            found = periods(each, today)
            return any(one.last >= other.first for one, other in pairwise(found)) or any(
                period.first > period.last for period in found
            )

        check(seed, life, today, broken)


def test_days_that_pass_change_no_settled_verdict() -> None:
    for seed, _, life, today in random_lives():

        def broken(each: Life, today: date = today) -> bool:
            settled = {
                (period.unit, period.first): verdict for period, verdict in verdicts(each, today) if verdict != "open"
            }
            for later in (1, 2, 4, 7, 12):
                found = {
                    (period.unit, period.first): verdict for period, verdict in verdicts(each, today + later * DAY)
                }
                if any(found.get(one) != verdict for one, verdict in settled.items()):
                    return True
            return False

        check(seed, life, today, broken)


def test_between_the_lapse_and_the_recount_time_changes_no_streak() -> None:
    for seed, _, life, today in random_lives(FEW_LIVES):

        def broken(each: Life, today: date = today) -> bool:
            now, longest = current_streak(each, today), longest_streaks(each, today)
            lapses, recount = lapse_day(each, today), recount_day(each, today)
            for day in days(today, min(recount or date.max, today + 2 * WEEK) - DAY):
                expected = 0 if lapses is not None and day >= lapses else now.count
                if count(each, day) != expected or longest_streaks(each, day) != longest:
                    return True
            return False

        check(seed, life, today, broken)


def test_a_streak_at_risk_lapses_when_nothing_is_done() -> None:
    for seed, _, life, today in random_lives():

        def broken(each: Life, today: date = today) -> bool:
            return is_at_risk(each, today) and lapse_day(each, today) is None

        check(seed, life, today, broken)


def test_doing_all_that_is_due_breaks_nothing() -> None:
    for seed, _, life, today in random_lives(FEW_LIVES, limits=False):

        def broken(each: Life, today: date = today) -> bool:
            after = today + 2 * WEEK
            diligent = each
            for day in days(today + DAY, after):
                if is_due(diligent, day, day):
                    diligent = diligent.log(day)
            return any(period.first > today and verdict == "broken" for period, verdict in verdicts(diligent, after))

        check(seed, life, today, broken)


def test_the_model_imports_nothing_of_the_product() -> None:
    allowed = {*sys.stdlib_module_names, "pytest"}
    for path in Path(__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert all(name.startswith("tests.oracle.") or name.split(".")[0] in allowed for name in names), path


# Where a definition breaks a general rule: the numbers are those of the faults in README.md.


def test_fault_1_completing_a_skipped_day_can_break_a_week() -> None:
    life = three_a_week().log(MON).log_all(*days(TUE, SAT), entry=SKIPPED)
    assert outcomes(life, MON + WEEK) == ["kept", "excused", "open"]
    assert outcomes(life.log(TUE, made_on=MON + WEEK), MON + WEEK) == ["kept", "broken", "open"]


def test_fault_2_a_late_entry_can_take_the_new_week_away() -> None:
    life = lived(MON - WEEK, frequency="weekly").log(SUN - WEEK)
    life = life.edit(TUE, frequency="daily").edit(THU, frequency="weekly", weekdays={"thu", "sat"}, times_per_period=1)
    life = life.log(THU)
    assert count(life, THU) == 1
    assert count(life.log(MON, made_on=THU), THU) == 0


def test_fault_3_an_edit_can_count_days_that_were_not_asked() -> None:
    life = lived(MON - WEEK, frequency="weekly", weekdays={"mon", "wed", "fri"})
    life = life.log_all(MON - WEEK, MON, TUE, WED)
    assert count(life, WED) == 0
    assert count(life.edit(WED, weekdays=set()), WED) == 1
    daily = lived(MON - WEEK, frequency="daily", weekdays={"mon"}).log(FRI)
    assert [count(daily, FRI), count(daily.edit(FRI, weekdays=set()), FRI)] == [0, 1]


def test_fault_4_a_lower_amount_raises_the_streak_on_its_day() -> None:
    life = lived(MON, frequency="daily", daily_amount=5).log(MON).log(TUE, amount(3))
    assert [count(life, TUE), count(life.edit(TUE, daily_amount=3), TUE)] == [1, 2]


def test_fault_5_taking_a_cut_away_loses_the_longest_streak_between() -> None:
    life = lived(april(1), frequency="monthly").log(april(1)).edit(april(2), frequency="daily")
    life = life.log_all(*days(april(2), april(20)))
    assert longest_streaks(life, april(21)) == {StreakUnit(1, "day"): 19}
    assert longest_streaks(life.edit(april(21), frequency="monthly"), april(21)) == {StreakUnit(1, "month"): 1}


def test_fault_6_a_limit_habit_without_logs_turns_no_weeks_into_days() -> None:
    life = lived(MON, frequency="weekly", limit_per_period=3)
    assert [count(life, MON + 3 * WEEK), count(life.edit(MON + 3 * WEEK, frequency="daily"), MON + 3 * WEEK)] == [3, 0]


def test_fault_7_pausing_or_skipping_lowers_the_streak_of_a_limit_habit() -> None:
    life = lived(MON, frequency="daily", limit_per_period=3)
    assert [count(each, THU) for each in (life, life.pause(MON, TUE), life.log(MON, SKIPPED))] == [3, 1, 2]


def test_fault_8_an_edit_a_week_keeps_a_streak_from_breaking() -> None:
    life = three_a_week(times_per_period=2)
    for week, weekdays in ((0, {"sat", "sun"}), (1, {"fri", "sat", "sun"}), (2, {"sat", "sun"})):
        life = life.edit((SAT if week != 1 else FRI) + week * WEEK, weekdays=weekdays)
    assert count(life, MON + 3 * WEEK) == 1
    assert count(three_a_week(times_per_period=2), MON + 3 * WEEK) == 0


def test_fault_9_an_end_date_saves_a_week_that_is_lost() -> None:
    life = three_a_week()
    ended = life.then(EndDateSet(SAT, SAT), EndDateSet(SUN, None))
    assert [count(life, MON + WEEK), count(ended, MON + WEEK)] == [0, 1]


def test_fault_10_a_planned_return_given_up_brings_a_cut_of_the_past_back() -> None:
    life = lived(MON - WEEK, frequency="weekly").log_all(MON - WEEK, MON).edit(TUE, frequency="daily")
    life = life.edit(WED, SUN, frequency="weekly")
    assert outcomes(life, FRI) == ["kept", "kept"]
    given_up = life.edit(FRI, SUN, frequency="daily")
    assert outcomes(given_up, FRI) == ["kept", "kept", "broken", "broken", "broken", "open"]


def test_random_lives_have_every_verdict_and_frequency() -> None:
    lives = list(random_lives(FEW_LIVES))
    assert {life.schedule.frequency for _, _, life, _ in lives} == {"daily", "weekly", "monthly"}
    assert {verdict for _, _, life, today in lives for _, verdict in verdicts(life, today)} == {
        "kept",
        "open",
        "excused",
        "broken",
    }
