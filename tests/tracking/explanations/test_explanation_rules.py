"""Why a period has its verdict: each reason in an example that somebody would ask about, and the sum of a streak."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from habits.recurrence import Extension, Frequency, Plan, Schedule, Version
from tests.tracking.streaks.test_rules_against_oracle import FIRST_SEED, history, lives
from tracking.explanations.rules import AfterMidnight, ExplainedPeriod, Reason, Start, explain, explain_period
from tracking.explanations.words import describe_period, describe_reason, describe_streak
from tracking.streaks.history import PausedDays, TrackHistory
from tracking.streaks.recount import beginning, recount
from tracking.streaks.rules import Excuse, Status, Verdict, excuses
from users.timing import date_exists
from users.weeks import FROM_MONDAY, WeekDay, WeekStart

DAY = timedelta(days=1)
MONDAY = date(2026, 1, 12)
FRIDAY, SUNDAY = MONDAY + 4 * DAY, MONDAY + 6 * DAY
DONE, SKIPPED, COUNTED = Status.COMPLETED, Status.SKIPPED, Status.COUNTED
SEEDS = 40

DAILY = Schedule(Frequency.DAILY)
THREE_A_WEEK = Schedule(Frequency.WEEKLY, times_per_period=3)
ON_THREE_DAYS = Schedule(Frequency.WEEKLY, weekdays=frozenset({0, 2, 4}), times_per_period=3)
SEVEN_A_WEEK = Schedule(Frequency.WEEKLY, times_per_period=7)
TWENTY_A_MONTH = Schedule(Frequency.MONTHLY, times_per_period=20)
AT_MOST_THREE = Schedule(Frequency.WEEKLY, limit_per_period=Decimal(3), unit="cups")


def january(*days: int) -> list[date]:
    return [date(2026, 1, day) for day in days]


def track(
    schedule: Schedule,
    *,
    done: Sequence[date] = (),
    skipped: Sequence[date] = (),
    counted: Mapping[date, int] | None = None,
    changed: Mapping[date, Schedule] | None = None,
    pauses: Sequence[PausedDays] = (),
    first: date = date(2026, 1, 1),
    **plan: Any,
) -> TrackHistory:
    """Return the history of a track that begins on a Thursday, New Year's Day."""
    versions = [Version(None, schedule), *(Version(day, each) for day, each in (changed or {}).items())]
    amounts = {day: Decimal(amount) for day, amount in (counted or {}).items()}
    days = dict.fromkeys(done, DONE) | dict.fromkeys(skipped, SKIPPED) | dict.fromkeys(amounts, COUNTED)
    return TrackHistory(Plan(versions=versions, anchor=first, first=first, **plan), days, amounts, pauses)


@dataclass(frozen=True)
class Example:
    """A track as of `today`, and what is said of the period that contains `asked`: in English, and in Russian."""

    history: TrackHistory
    today: date
    asked: date
    said: str
    texts: tuple[str, str]
    midnight: AfterMidnight | None = None
    day_starts_at: int = 3


WEEK_LATER = MONDAY + 7 * DAY
APIA: dict[str, Any] = {"exists": lambda day: date_exists(day, "Pacific/Apia"), "first": date(2011, 12, 1)}
MONTH_OF_HOLIDAYS = track(
    TWENTY_A_MONTH,
    done=january(*range(11, 27)),
    pauses=[(date(2026, 1, 1), date(2026, 1, 10))],
    first=date(2025, 12, 1),
)

EXAMPLES = {
    "Weekdays instead of three a week: the days done before Wednesday are taken along": Example(
        track(THREE_A_WEEK, done=january(12, 13, 16), changed={MONDAY + 2 * DAY: ON_THREE_DAYS}),
        WEEK_LATER,
        FRIDAY,
        "14 – 18 January: kept, 3 of 3",
        (
            "rest_of_period: The schedule changed on 14 January. "
            "This is the rest of the period, which does not break the streak.\n"
            "taken_along: 2 days completed before that count too.",
            "14 января изменилось расписание. Это остаток периода: он не прерывает серию.\n"
            "Засчитаны и 2 дня, выполненных до этого.",
        ),
    ),
    "The week that the new weekdays cut could still be kept": Example(
        track(THREE_A_WEEK, done=january(12, 13, 16), changed={MONDAY + 2 * DAY: ON_THREE_DAYS}),
        WEEK_LATER,
        MONDAY,
        "12 – 13 January: excused, 2 of 3",
        (
            "cut_in_time: The schedule changed on 14 January. "
            "The period could still be kept then, so it does not break the streak.",
            "14 января изменилось расписание. Тогда ещё можно было успеть, поэтому серия не прерывается.",
        ),
    ),
    "Nothing was done in time for a cut to save the week": Example(
        track(SEVEN_A_WEEK, done=january(12), changed={FRIDAY: ON_THREE_DAYS}),
        WEEK_LATER,
        MONDAY,
        "12 – 15 January: broken, 1 of 7",
        (
            "cut_too_late: The schedule changed on 16 January. The period could no longer be kept then.",
            "16 января изменилось расписание. Тогда успеть было уже нельзя.",
        ),
    ),
    "All was done before the cut, and nothing on a day from it on": Example(
        track(
            Schedule(Frequency.WEEKLY, times_per_period=5),
            done=january(12, 13, 14),
            changed={date(2026, 1, 15): Schedule(Frequency.WEEKLY, weekdays=frozenset({4}), times_per_period=1)},
            pauses=[(date(2026, 1, 16), date(2026, 1, 18))],
        ),
        WEEK_LATER,
        FRIDAY,
        "15 – 18 January: excused, 3 of 3",
        (
            "all_paused: All of it was paused.\n"
            "rest_of_period: The schedule changed on 15 January. "
            "This is the rest of the period, which does not break the streak.\n"
            "taken_along: 3 days completed before that count too.\n"
            "nothing_since_cut: Nothing has been completed since 15 January.",
            "Весь период на паузе.\n"
            "15 января изменилось расписание. Это остаток периода: он не прерывает серию.\n"
            "Засчитаны и 3 дня, выполненных до этого.\n"
            "С 15 января ничего не выполнено.",
        ),
    ),
    "A week that was kept before the cut asks for nothing more": Example(
        track(THREE_A_WEEK, done=january(12, 13, 14), changed={FRIDAY: ON_THREE_DAYS}),
        WEEK_LATER,
        MONDAY,
        "12 – 15 January: kept, 3 of 3",
        (
            "cut: The schedule changed on 16 January. That ended the period early.\n"
            "nothing_asked_after_cut: It was kept before the change, so nothing is asked in the rest of it: "
            "16 – 18 January.",
            "16 января изменилось расписание. Поэтому период закончился раньше.\n"
            "Период выполнен ещё до изменения, поэтому в его остатке делать ничего не нужно: 16 – 18 января.",
        ),
    ),
    "Another start of the week cuts a week": Example(
        track(
            THREE_A_WEEK,
            done=january(12),
            week_starts=(*FROM_MONDAY, WeekStart(SUNDAY, WeekDay.SUNDAY)),
        ),
        date(2026, 1, 25),
        MONDAY,
        "12 – 17 January: broken, 1 of 3",
        (
            "cut_too_late: Since 18 January your week has started on another day. "
            "The period could no longer be kept then.",
            "С 18 января ваша неделя начинается с другого дня. Тогда успеть было уже нельзя.",
        ),
    ),
    "Ten days of holidays ask for fourteen days instead of twenty": Example(
        MONTH_OF_HOLIDAYS,
        date(2026, 2, 1),
        date(2026, 1, 31),
        "1 – 31 January: kept, 16 of 14",
        (
            "paused_days: Paused: 10 of 31 days. Required: 14 instead of 20.",
            "На паузе дней: 10 из 31. Нужно: 14 вместо 20.",
        ),
    ),
    "Nothing was done by Tuesday, and the rest was paused": Example(
        track(THREE_A_WEEK, pauses=[(MONDAY + 2 * DAY, SUNDAY)]),
        WEEK_LATER,
        MONDAY,
        "12 – 18 January: excused, 0 of 2",
        (
            "paused_to_end: The pause from 14 January lasted to its end, and before the pause it could still be kept.\n"
            "paused_days: Paused: 5 of 7 days. Required: 2 instead of 3.",
            "Пауза с 14 января длилась до конца периода, а до неё ещё можно было успеть.\n"
            "На паузе дней: 5 из 7. Нужно: 2 вместо 3.",
        ),
    ),
    "A whole week was paused": Example(
        track(THREE_A_WEEK, pauses=[(MONDAY, SUNDAY)]),
        WEEK_LATER,
        MONDAY,
        "12 – 18 January: excused, 0 of 2",
        ("all_paused: All of it was paused.", "Весь период на паузе."),
    ),
    "An end date that had passed was moved: the old end cut the week": Example(
        track(THREE_A_WEEK, done=january(13), extensions=[Extension(MONDAY + 2 * DAY, WEEK_LATER)]),
        WEEK_LATER + DAY,
        MONDAY,
        "12 – 18 January: excused, 1 of 3",
        (
            "end_moved: The habit had ended on 14 January, and was continued later. Paused: 15 – 19 January.",
            "Привычка закончилась 14 января, а позже была продолжена. Пауза: 15 – 19 января.",
        ),
    ),
    "An end date that had passed was moved: the days in between are paused in the next week": Example(
        track(THREE_A_WEEK, done=january(20, 21, 22), extensions=[Extension(MONDAY + 2 * DAY, WEEK_LATER)]),
        WEEK_LATER + 4 * DAY,
        WEEK_LATER,
        "19 – 25 January: kept, 3 of 3",
        (
            "end_moved: The habit had ended on 14 January, and was continued later. Paused: 15 – 19 January.\n"
            "paused_days: Paused: 1 of 7 days.",
            "Привычка закончилась 14 января, а позже была продолжена. Пауза: 15 – 19 января.\nНа паузе дней: 1 из 7.",
        ),
    ),
    "The habit began in the middle of a week": Example(
        track(THREE_A_WEEK),
        MONDAY,
        date(2026, 1, 1),
        "1 – 4 January: excused, 0 of 3",
        (
            "begins_late: The habit began in the middle of it, on 1 January.",
            "Привычка началась посреди периода, 1 января.",
        ),
    ),
    "The habit ended in the middle of a week": Example(
        track(THREE_A_WEEK, last=FRIDAY),
        WEEK_LATER,
        MONDAY,
        "12 – 16 January: excused, 0 of 3",
        (
            "ends_early: The habit ends in the middle of it, on 16 January.",
            "Привычка заканчивается посреди периода, 16 января.",
        ),
    ),
    "A day was skipped": Example(
        track(DAILY, skipped=[MONDAY]),
        FRIDAY,
        MONDAY,
        "12 January: excused, 0 of 1",
        ("skipped: Skipped: 12 January.", "Пропущено: 12 января."),
    ),
    "A day of a window was skipped": Example(
        track(Schedule(Frequency.DAILY, interval=3), skipped=january(14)),
        WEEK_LATER,
        MONDAY + DAY,
        "13 – 15 January: excused, 0 of 1",
        ("skipped: Skipped: 14 January.", "Пропущено: 14 января."),
    ),
    "So many days of a week were skipped that too few were left": Example(
        track(THREE_A_WEEK, done=january(12), skipped=january(13, 14, 15, 16, 17)),
        WEEK_LATER,
        MONDAY,
        "12 – 18 January: excused, 1 of 3",
        (
            "too_few_left: Days that were neither skipped nor paused: 2. It needed 3.",
            "Дней без пропусков и пауз: 2. Нужно было: 3.",
        ),
    ),
    "A skipped day that was paused asks as one that was not": Example(
        track(
            Schedule(Frequency.WEEKLY, times_per_period=5),
            skipped=january(12, 13),
            pauses=[(MONDAY, date(2026, 1, 15))],
        ),
        WEEK_LATER,
        MONDAY,
        "12 – 18 January: excused, 0 of 3",
        (
            "too_few_left: Days that were neither skipped nor paused: 3. It needed 4.\n"
            "paused_days: Paused: 4 of 7 days. Required: 3 instead of 5.",
            "Дней без пропусков и пауз: 3. Нужно было: 4.\nНа паузе дней: 4 из 7. Нужно: 3 вместо 5.",
        ),
    ),
    "Only one day of a week was skipped": Example(
        track(THREE_A_WEEK, done=january(12), skipped=january(14)),
        WEEK_LATER,
        MONDAY,
        "12 – 18 January: broken, 1 of 3",
        (
            "enough_left: 1 day was skipped, but enough days were left.",
            "Пропущен 1 день, но оставшихся дней хватало.",
        ),
    ),
    "The limit was exceeded": Example(
        track(AT_MOST_THREE, counted={MONDAY: 2, FRIDAY: 3}),
        WEEK_LATER,
        MONDAY,
        "12 – 18 January: broken, 5 of at most 3 cups",
        ("", ""),
    ),
    "Each day of a limit's week was skipped": Example(
        track(AT_MOST_THREE, skipped=january(12, 13, 14, 15), pauses=[(FRIDAY, SUNDAY)]),
        WEEK_LATER,
        MONDAY,
        "12 – 18 January: excused, 0 of at most 3 cups",
        (
            "all_skipped_or_paused: All of its days were skipped or paused.",
            "Все его дни пропущены или на паузе.",
        ),
    ),
    "A limit by the day instead of the week cuts the week": Example(
        track(
            AT_MOST_THREE,
            counted={MONDAY: 1},
            changed={FRIDAY: Schedule(Frequency.DAILY, limit_per_period=Decimal(1))},
        ),
        WEEK_LATER,
        MONDAY,
        "12 – 15 January: excused, 1 of at most 3 cups",
        (
            "cut: The schedule changed on 16 January. That ended the period early.",
            "16 января изменилось расписание. Поэтому период закончился раньше.",
        ),
    ),
    "The rest of a limit's week": Example(
        track(
            Schedule(Frequency.DAILY, limit_per_period=Decimal(1)),
            counted={FRIDAY: 5},
            changed={FRIDAY: AT_MOST_THREE},
        ),
        WEEK_LATER,
        FRIDAY,
        "16 – 18 January: broken, 5 of at most 3 cups",
        (
            "rest_of_period: The schedule changed on 16 January. "
            "This is the rest of the period, which breaks the streak only if its limit is exceeded.",
            "16 января изменилось расписание. Это остаток периода: он прерывает серию, только если лимит превышен.",
        ),
    ),
    "The zone skips a date between two days": Example(
        track(DAILY, done=[date(2011, 12, 29)], **APIA),
        date(2011, 12, 31),
        date(2011, 12, 29),
        "29 December: kept, 1 of 1",
        ("skipped_date: Your time zone skips 30 December.", "В вашем часовом поясе нет дня 30 декабря."),
    ),
    "The date that the zone skips is not the next one": Example(
        track(DAILY, done=[date(2011, 12, 28)], **APIA),
        date(2011, 12, 31),
        date(2011, 12, 28),
        "28 December: kept, 1 of 1",
        ("", ""),
    ),
    "The zone skips a Friday, which a habit of Mondays does not miss": Example(
        track(Schedule(Frequency.WEEKLY, weekdays=frozenset({0})), **APIA),
        date(2012, 1, 2),
        date(2011, 12, 26),
        "26 December 2011 – 1 January: broken, 0 of 1",
        ("", ""),
    ),
    "A change of schedule that is still to come": Example(
        track(THREE_A_WEEK, changed={FRIDAY: ON_THREE_DAYS}),
        MONDAY,
        MONDAY,
        "12 – 15 January: not over yet, 0 of 3 so far",
        ("", ""),
    ),
    "In Apia it is half past midnight on 31 December, and still the 29th": Example(
        track(DAILY, **APIA),
        date(2011, 12, 29),
        date(2011, 12, 29),
        "29 December: not over yet, 0 of 1 so far",
        (
            "skipped_date: Your time zone skips 30 December.\n"
            "day_not_over: For you it is still 29 December: your day starts at 03:00.",
            "В вашем часовом поясе нет дня 30 декабря.\nДля вас всё ещё 29 декабря: ваш день начинается в 03:00.",
        ),
        AfterMidnight(date(2011, 12, 31)),
    ),
    "A week has a date that the zone skips": Example(
        track(THREE_A_WEEK, **APIA),
        date(2012, 1, 2),
        date(2011, 12, 29),
        "26 December 2011 – 1 January: broken, 0 of 3",
        (
            "skipped_date: Your time zone skips 30 December 2011.",
            "В вашем часовом поясе нет дня 30 декабря 2011.",
        ),
    ),
    "It was done at half past midnight": Example(
        track(DAILY, done=[MONDAY]),
        MONDAY + DAY,
        MONDAY,
        "12 January: kept, 1 of 1",
        (
            "done_after_midnight: What you did after midnight counts for 12 January: your day starts at 03:00.",
            "Сделанное после полуночи засчитано за 12 января: ваш день начинается в 03:00.",
        ),
        AfterMidnight(MONDAY + DAY, frozenset({MONDAY})),
    ),
}


def explained(example: Example) -> ExplainedPeriod:
    found = explain(example.history, example.today)
    midnight = example.midnight or AfterMidnight(example.today)
    # A period before the last broken one is explained by the same function.
    period = example.history.period_of(example.asked, example.today)
    assert period is not None
    return explain_period(found, period, midnight)


def reasons(example: Example, language: str) -> list[tuple[str, str]]:
    with translation.override(language):
        return [
            (each.reason.value, describe_reason(each, today=example.today, day_starts_at=example.day_starts_at))
            for each in explained(example).reasons
        ]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_verdict_is_explained(name: str) -> None:
    example = EXAMPLES[name]
    english, russian = example.texts
    with translation.override("en"):
        unit = example.history.plan.in_force(example.asked).unit
        assert describe_period(explained(example), example.today, unit) == example.said
    assert "\n".join(f"{code}: {text}" for code, text in reasons(example, "en")) == english
    assert "\n".join(text for _, text in reasons(example, "ru")) == russian


def test_every_reason_has_an_example() -> None:
    assert {code for each in EXAMPLES.values() for code, _ in reasons(each, "en")} == {each.value for each in Reason}
    assert {each.value for each in Excuse} <= {each.value for each in Reason}


def test_every_reason_and_start_is_documented() -> None:
    page = Path("docs/explanations.md").read_text()
    codes = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(codes) == sorted([*(each.value for each in Reason), *(each.value for each in Start), "start"])


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_has_words_in_both_languages(verdict: Verdict) -> None:
    example = next(each for each in EXAMPLES.values() if explained(each).judgement.verdict is verdict)
    words = {
        Verdict.KEPT: ("kept", "выполнено"),
        Verdict.OPEN: ("not over yet", "ещё идёт"),
        Verdict.EXCUSED: ("excused", "не считается"),
        Verdict.BROKEN: ("broken", "прервано"),
    }
    for language, word in zip(("en", "ru"), words[verdict], strict=True):
        with translation.override(language):
            assert word in describe_period(explained(example), example.today, "")


def streak_texts(history: TrackHistory, today: date) -> tuple[Start, str, str]:
    found = explain(history, today)
    with translation.override("en"):
        english = describe_streak(found)
    with translation.override("ru"):
        return found.start, english, describe_streak(found)


def test_a_streak_is_counted_from_the_first_kept_period_after_the_last_broken_one() -> None:
    kept = track(DAILY, done=january(1, 2, 13, 15), skipped=january(14))
    assert streak_texts(kept, FRIDAY) == (
        Start.BROKEN,
        "The streak is 2 days, since 13 January. Last broken: 12 January.",
        "Серия: 2 дня, с 13 января. Последний раз прервана: 12 января.",
    )
    assert [each.first for each in explain(kept, FRIDAY).periods] == january(16, 15, 14, 13, 12)


def test_a_streak_that_was_never_broken_is_counted_from_the_beginning() -> None:
    assert streak_texts(track(DAILY, done=january(12, 13), first=MONDAY), MONDAY + DAY) == (
        Start.BEGINNING,
        "The streak is 2 days, since 12 January. The habit began on 12 January.",
        "Серия: 2 дня, с 12 января. Привычка началась 12 января.",
    )


def test_a_habit_that_is_still_to_begin_has_not_begun() -> None:
    assert streak_texts(track(DAILY, first=FRIDAY), MONDAY)[1:] == (
        "There is no streak now. The habit begins on 16 January.",
        "Сейчас серии нет. Привычка начнётся 16 января.",
    )


def test_a_day_that_was_done_on_a_pause_says_so() -> None:
    found = explain(track(DAILY, done=[MONDAY], pauses=[(MONDAY, MONDAY)], first=MONDAY), MONDAY)
    [reason] = explain_period(found, found.periods[0], AfterMidnight(MONDAY)).reasons
    assert describe_reason(reason, today=MONDAY, day_starts_at=0) == "This day was paused."


def test_a_streak_in_another_unit_is_counted_from_the_change() -> None:
    changed = track(DAILY, done=january(*range(1, 16)), changed={FRIDAY: THREE_A_WEEK})
    start, english, russian = streak_texts(changed, FRIDAY)
    assert start is Start.UNIT_CHANGED
    assert english == (
        "There is no streak now. "
        "The schedule changed on 16 January, and with it the unit in which the streak is counted."
    )
    assert russian == (
        "Сейчас серии нет. 16 января изменилось расписание, а с ним и единица, в которой считается серия."
    )
    assert [each.first for each in explain(changed, FRIDAY).periods] == [FRIDAY]


def states() -> Iterator[tuple[TrackHistory, date]]:
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        for life, today in lives(seed):
            yield history(life, today), today


def test_the_kept_periods_of_an_explanation_are_the_streak_on_random_lives() -> None:
    verdicts: set[Verdict] = set()
    for full, today in states():
        found = explain(full, today)
        streak = recount(full, beginning(full.plan), today).streak
        explained = [explain_period(found, each, AfterMidnight(today)) for each in found.periods]
        assert sum(each.judgement.verdict is Verdict.KEPT for each in explained) == found.current == streak.current
        assert found.unit == streak.unit
        kept = [each.period.first for each in explained if each.judgement.verdict is Verdict.KEPT]
        assert found.since == min(kept, default=None)
        broken = [each.period for each in explained if each.judgement.verdict is Verdict.BROKEN]
        assert broken == (list(found.periods[-1:]) if found.start is Start.BROKEN else [])
        for each in explained:
            assert each.judgement == full.judge(each.period, today)
            assert each.reasons or each.judgement.verdict is not Verdict.EXCUSED
            with translation.override("ru"):
                assert all("%" not in describe_reason(of, today=today, day_starts_at=0) for of in each.reasons)
            verdicts.add(each.judgement.verdict)
    assert verdicts == set(Verdict)


def test_a_period_that_is_over_is_excused_only_if_there_is_an_excuse_on_random_lives() -> None:
    """The verdict is made of the excuses."""
    for full, today in states():
        for period in full.periods(full.plan.first, today, today):
            verdict = full.verdict(period, today)
            found = set(excuses(period, full.evidence(period, today)))
            if verdict in {Verdict.EXCUSED, Verdict.BROKEN} and period.limit is None:
                assert (verdict is Verdict.EXCUSED) == bool(found)
