"""What is read of each format's file, and which files are refused: in bounded memory."""

import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from typing import Any

import pytest

from common.errors import DomainError
from integrations.transfer.reading.recognition import read_file
from integrations.transfer.reading.values import REFUSALS
from tests.integrations.transfer import samples

MEGABYTE = 1 << 20
REFUSED = json.loads((samples.HOSTILE / "expected.json").read_text())
REFUSED_FILES = [name for name in REFUSED if not name.endswith(".py")]


@contextmanager
def memory_of_at_most(most: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def refused(content: bytes, **options: Any) -> str:
    with pytest.raises(DomainError) as error:
        read_file(content, samples.reading(**options))
    assert error.value.message == REFUSALS[error.value.code]
    return error.value.code


def zipped(**entries: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name.replace("__", "."), text)
    return made.getvalue()


@pytest.mark.parametrize("name", samples.NAMES)
def test_a_file_becomes_what_is_expected_of_it(name: str) -> None:
    expected = samples.expected(name)
    found = read_file(samples.content(name), samples.reading_of(name))
    assert found.source == expected["source"]
    assert samples.plain(found.habits) == samples.wanted(expected["habits"])
    assert found.notices == set(expected["notices"])
    skipped = sorted((skip.what, skip.why) for skip in found.skipped)
    assert skipped == sorted((skip["what"], skip["why"]) for skip in expected["skipped"])
    assert sum(found.skip_counts.values()) == len(skipped)
    for habit, wanted in zip(found.habits, expected["habits"], strict=True):
        assert habit.colour == wanted.get("color", "")
        assert "id" not in wanted or habit.key == f"id:{wanted['id']}"


@pytest.mark.parametrize("name", samples.NAMES)
def test_a_file_is_read_the_same_way_twice(name: str) -> None:
    first = read_file(samples.content(name), samples.reading_of(name))
    assert read_file(samples.content(name), samples.reading_of(name)) == first
    assert len({habit.key for habit in first.habits}) == len(first.habits)


@pytest.mark.parametrize("name", [name for name in samples.NAMES if samples.expected(name).get("must_not_appear")])
def test_secrets_and_messages_of_a_file_are_not_in_what_is_read(name: str) -> None:
    found = repr(read_file(samples.content(name), samples.reading_of(name)))
    for secret in samples.expected(name)["must_not_appear"]:
        assert secret not in found


def test_an_order_of_days_and_months_that_no_row_tells_is_asked_for() -> None:
    expected = samples.expected("habitbull-ambiguous.csv")
    content = samples.content("habitbull-ambiguous.csv")
    (ask,) = read_file(content, samples.reading()).asks
    assert ask.question == expected["ask"]["question"]
    assert list(ask.choices) == expected["ask"]["choices"]
    assert ask.answer == expected["ask"]["habits_are_for"]
    for order, habits in expected["otherwise"].items():
        found = read_file(content, samples.reading(date_order=order))
        assert samples.plain(found.habits) == samples.wanted(habits)


@pytest.mark.parametrize("name", REFUSED_FILES)
def test_a_hostile_file_is_refused_with_its_code_in_bounded_memory(name: str) -> None:
    content = (samples.HOSTILE / name).read_bytes()
    with memory_of_at_most(8 * MEGABYTE):
        code = refused(content)
    assert code in {REFUSED[name]["code"], *REFUSED[name].get("or_code", [])}


def rows(number: int, *, habits: int = 20) -> bytes:
    first = date(1998, 1, 1)
    lines = (f"{first + timedelta(n // habits)},Habit {n % habits:02d},{n % 3},\n" for n in range(number))
    return ("date,habit,value,note\n" + "".join(lines)).encode()


def test_as_many_days_as_are_allowed_are_all_taken_in_bounded_memory() -> None:
    content = rows(200_000)
    with memory_of_at_most(200 * MEGABYTE):
        found = read_file(content, samples.reading())
    assert found.days == 200_000
    assert not found.skipped


def test_one_day_more_is_refused_whole() -> None:
    assert refused(rows(200_001)) == "too_many_rows"


def test_a_million_rows_that_say_nothing_are_refused() -> None:
    content = b"date,habit,value\n" + b"2025-01-01,Run,\n" * 1_000_000
    assert refused(content) == "too_many_rows"


def test_more_habits_than_are_allowed_are_refused() -> None:
    lines = "".join(f"2025-01-01,Habit {n},1\n" for n in range(501))
    assert refused(f"date,habit,value\n{lines}".encode()) == "too_many_habits"


def test_json_of_very_many_values_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.transfer.reading.documents.MAX_VALUES", 100_000)
    content = b'{"habits": [' + b"[]," * 100_000 + b"1]}"
    with memory_of_at_most(MEGABYTE):
        assert refused(content) == "too_many_rows"


def test_a_text_that_is_not_closed_is_refused_without_trying_again_and_again() -> None:
    assert refused(b'{"habits": ' + b'"\\"' * 1_000_000) == "broken_json"


@pytest.mark.parametrize("written", ["NaN", "Infinity", "1" * 50, "1" * 5000, "1." + "0" * 50, '{"a": 1', "[1,]"])
def test_json_that_is_none_is_refused(written: str) -> None:
    assert refused(f'{{"habits": [{written}]}}'.encode()) == "broken_json"


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"habits": []}', b'{"habits": 3}', b'{"tasks": 3}'])
def test_json_of_another_kind_is_refused(content: bytes) -> None:
    assert refused(content) == "unknown_format"


def test_an_archive_of_another_kind_is_refused() -> None:
    assert refused(zipped(readme__txt="Hello")) == "unknown_format"


def test_a_cut_archive_is_refused() -> None:
    assert refused(samples.content("loop-2.3.1.zip")[:1500]) == "damaged_archive"


@pytest.mark.parametrize("at", range(0, 28_672, 997))
def test_a_damaged_database_is_refused_or_read(at: int) -> None:
    content = bytearray(samples.content("loop.db"))
    content[at : at + 64] = b"\xff" * 64
    with suppress(DomainError):
        read_file(bytes(content), samples.reading())


def test_a_newer_database_is_refused() -> None:
    content = bytearray(samples.content("loop.db"))
    content[60:64] = (26).to_bytes(4, "big")  # user_version
    assert refused(bytes(content)) == "newer_version"


def test_a_database_in_wal_mode_is_read() -> None:
    content = bytearray(samples.content("loop.db"))
    content[18:20] = b"\x02\x02"
    expected = samples.expected("loop.db")["habits"]
    assert samples.plain(read_file(bytes(content), samples.reading()).habits) == samples.wanted(expected)


def test_columns_that_are_not_known_are_asked_for() -> None:
    content = b"when;what;how\n2025-04-01;Run;x\n"
    found = read_file(content, samples.reading())
    assert not found.habits
    assert found.asks[0].question == "columns"
    assert found.asks[0].choices == ("when", "what", "how")
    mapping = {"day": "when", "habit": "what", "value": "how"}
    assert [habit.name for habit in read_file(content, samples.reading(mapping=mapping)).habits] == ["Run"]


def test_a_mapping_to_a_column_that_there_is_not_is_refused() -> None:
    content = b"when;what\n2025-04-01;Run\n"
    assert refused(content, mapping={"day": "when", "habit": "nothing"}) == "unknown_format"


def test_dates_that_contradict_each_other_are_refused() -> None:
    content = b"date,habit,value\n28/4/2025,Run,1\n4/28/2025,Run,1\n"
    assert refused(content) == "dates_contradict"


def test_a_name_or_note_that_is_too_long_is_shortened_and_said() -> None:
    content = f"date,habit,value,note\n2025-04-01,{'n' * 201},1,{'m' * 1001}\n".encode()
    (habit,) = read_file(content, samples.reading()).habits
    assert habit.name == "n" * 199 + "…"
    assert habit.description == "n" * 201
    assert habit.logs[0].note == "m" * 999 + "…"
    assert {"name_shortened", "note_shortened"} <= habit.notices


def test_characters_that_no_database_holds_are_taken_out() -> None:
    habit = {"name": "A\u0000b\ud800", "records": [{"day": "2025-05-01", "done": True, "text": "x\u0000\u0007y"}]}
    (found,) = read_file(json.dumps({"habits": [habit]}).encode(), samples.reading()).habits
    assert found.name == "Ab?"
    assert found.logs[0].note == "xy"


def test_windows_of_n_days_begin_by_whole_windows_before_the_first_log() -> None:
    habit = {
        "type": 1, "status": 1, "name": "Cactus", "daily_goal": 1, "freq_type": 3, "freq_custom": "[1,5]",
        "start_date": 20180, "records": [{"record_date": 20171, "record_type": 1, "record_value": 1}],
    }  # fmt: skip
    (found,) = read_file(json.dumps({"habits": [habit]}).encode(), samples.reading()).habits
    assert found.start_date == date(1970, 1, 1) + timedelta(20170)


@pytest.mark.parametrize(
    ("num", "den", "frequency", "times", "notice"),
    [
        (1, 30, "weekly", 1, "rarer_than_weekly"),
        (2, 30, "weekly", 1, "rarer_than_weekly"),
        (1, 14, "weekly", 1, "rarer_than_weekly"),
        (3, 14, "weekly", 1, "frequency_approximated"),
        (2, 3, "weekly", 5, "frequency_approximated"),
        (10, 30, "monthly", 10, None),
        (29, 30, "daily", 1, "frequency_approximated"),
        (60, 365, "yearly", 60, None),
        (7, 7, "daily", 1, None),
        (0, 0, "daily", 1, "schedule_unknown"),
    ],
)
def test_num_times_in_den_days_becomes_the_nearest_schedule(
    num: int, den: int, frequency: str, times: int, notice: str | None
) -> None:
    from integrations.transfer.reading.frequencies import times_in_days

    schedule, notices = times_in_days(num, den, max_gap_days=7)
    assert (schedule.frequency, schedule.times_per_period) == (frequency, times)
    assert notices == (frozenset({notice}) if notice else frozenset())


@pytest.mark.parametrize("gap", [2, 7, 30, 366])
def test_every_schedule_that_is_proposed_is_allowed(gap: int) -> None:
    from habits.rules import check_min_frequency, check_schedule
    from integrations.transfer.reading.frequencies import on_weekdays, times_in_days

    proposals = [times_in_days(num, den, max_gap_days=gap) for num in range(40) for den in range(40)]
    proposals += [on_weekdays(frozenset(range(n)), every=every, max_gap_days=gap) for n in range(8) for every in (1, 2)]
    for schedule, _ in proposals:
        check_schedule(schedule)
        check_min_frequency(schedule, max_gap_days=gap)
