"""Odd values in files of other trackers: what a person gets of them, and what is said to be left out."""

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from habits.patterns import Frequency
from integrations.transfer.reading.recognition import read_file
from integrations.transfer.reading.texts import shortened
from integrations.transfer.reading.values import ImportedFile, ImportedHabit
from integrations.transfer.rules import MAX_UNPACKED_BYTES, nearest_colour
from tests.integrations.transfer import samples
from tests.integrations.transfer.test_reading import refused
from tracking.streaks.rules import Status
from tracking.tags.rules import check_name

Item = dict[str, Any]
SPRING = date(2025, 4, 1)
IN_SPRING = 20_179  # days since 1970-01-01
HUGE = "1e999999999"  # a few characters that would take all memory if they were written out


def read(content: bytes, **options: Any) -> ImportedFile:
    return read_file(content, samples.reading(**options))


def only(found: ImportedFile) -> ImportedHabit:
    (habit,) = found.habits
    return habit


def skips(found: ImportedFile) -> list[tuple[str, str]]:
    return [(skip.what, skip.why) for skip in found.skipped]


def logs(habit: ImportedHabit) -> list[tuple[date, Status, Decimal | None, str]]:
    return [(log.day, log.status, log.amount, log.note) for log in habit.logs]


def table(*rows: Sequence[object]) -> bytes:
    made = io.StringIO()
    csv.writer(made).writerows(rows)
    return made.getvalue().encode()


def archive(**files: bytes | str) -> bytes:
    """Return an archive; "__" stands for a dot in the names, and "_S_" for a slash."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as written:
        for name, content in files.items():
            written.writestr(name.replace("__", ".").replace("_S_", "/"), content)
    return made.getvalue()


# --- files as a whole -----------------------------------------------------------------------------------------------


def marked(**changes: Any) -> bytes:
    """Return an archive whose only entry has these attributes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as written:
        info = zipfile.ZipInfo("Habits.csv")
        for name, value in changes.items():
            setattr(info, name, value)
        written.writestr(info, "Position,Name\n")
    return made.getvalue()


def encrypted() -> bytes:
    content = bytearray(marked())
    content[6] |= 1  # the flag of the entry
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and of the directory
    return bytes(content)


def doubled() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as written:
        written.writestr("Habits.csv", "Position,Name\n")
        with pytest.warns(UserWarning, match="Duplicate name"):
            written.writestr("Habits.csv", "Position,Name\n1,Other\n")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(marked(filename="/Habits.csv", orig_filename="/Habits.csv"), "unsafe_archive", id="from the root"),
        pytest.param(marked(filename="C:Habits.csv", orig_filename="C:Habits.csv"), "unsafe_archive", id="of a drive"),
        pytest.param(marked(filename="a\\b.csv", orig_filename="a\\b.csv"), "unsafe_archive", id="a backslash"),
        pytest.param(marked(filename="../Habits.csv", orig_filename="../Habits.csv"), "unsafe_archive", id="upwards"),
        pytest.param(marked(external_attr=0o120777 << 16), "unsafe_archive", id="a symbolic link"),
        pytest.param(encrypted(), "encrypted_archive", id="encrypted"),
        pytest.param(marked(compress_type=zipfile.ZIP_BZIP2), "damaged_archive", id="an unusual compression"),
        pytest.param(doubled(), "damaged_archive", id="one name twice"),
    ],
)
def test_an_archive_that_no_app_makes_is_refused(content: bytes, code: str) -> None:
    assert refused(content) == code


def test_folders_of_an_archive_are_no_files() -> None:
    content = archive(data_S_="", data_S_habits__json=json.dumps({"habits": [{"name": "Run"}]}))
    assert only(read(content)).name == "Run"


def test_a_file_larger_than_an_archive_may_unpack_to_is_refused() -> None:
    assert refused(b"x" * (MAX_UNPACKED_BYTES + 1)) == "unpacks_too_large"


def test_a_file_of_nothing_but_spaces_is_empty() -> None:
    assert refused(b" \n\t\n") == "empty_file"


@pytest.mark.parametrize("before", range(4))
def test_a_character_at_any_place_of_a_large_file_is_read_whole(before: int) -> None:
    note = "a" * ((1 << 20) - 60 + before) + "🏃" * 30
    content = json.dumps({"habits": [{"name": "Run", "about": note}]}, ensure_ascii=False).encode()
    assert only(read(content)).name == "Run"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b'HabitName,CalendarDate,Value\n"Run,2025-04-01,1\n', "broken_csv", id="a quote that never ends"),
        pytest.param(b'"HabitName,CalendarDate,Value\nRun,2025-04-01,1\n', "broken_csv", id="in the header"),
        pytest.param(b"HabitName,CalendarDate,Value" + b",x" * 198, "broken_csv", id="hundreds of columns"),
    ],
)
def test_a_table_that_cannot_be_read_to_its_end_is_refused(content: bytes, code: str) -> None:
    assert refused(content) == code


def test_of_what_is_left_out_a_thousand_are_listed_and_all_are_counted() -> None:
    rows = [("date", "habit", "value"), *(("someday", "Run", "1") for _ in range(1_500))]
    found = read(table(*rows))
    assert len(found.skipped) == 1_000
    assert found.skip_counts == {"not_a_day": 1_500}


@pytest.mark.parametrize("written", ["green", "#12", "#1234567", "#-12345", ""])
def test_what_is_no_colour_becomes_none(written: str) -> None:
    assert nearest_colour(written) == ""


# --- a CSV of one's own ----------------------------------------------------------------------------------------------


def own(*rows: Sequence[object], **options: Any) -> ImportedFile:
    return read(table(("date", "habit", "value", "note"), *rows), **options)


@pytest.mark.parametrize("written", ["yesterday", "2025-02-30", "31.2.2025", "20250230", "2025"])
def test_what_is_no_day_is_left_out(written: str) -> None:
    found = own((written, "Run", "1", ""), ("2025-04-01", "Run", "1", ""))
    assert skips(found) == [("line 2", "not_a_day")]
    assert [log.day for log in only(found).logs] == [SPRING]


def test_days_before_the_first_and_after_today_are_left_out() -> None:
    found = own(("1969-12-31", "Run", "1", ""), ("2026-11-21", "Run", "1", ""))
    assert skips(found) == [("line 2", "day_out_of_range"), ("line 3", "future_day")]


def test_the_order_of_day_and_month_is_asked_for() -> None:
    row = ("03/04/2025", "Run", "1", "")
    found = own(row)
    assert [(ask.question, ask.answer) for ask in found.asks] == [("date_order", "D/M/Y")]
    assert only(found).logs[0].day == date(2025, 4, 3)
    assert only(own(row, date_order="M/D/Y")).logs[0].day == date(2025, 3, 4)


def test_the_note_of_a_value_that_is_not_known_is_kept() -> None:
    found = own(("2025-04-01", "Run", "perhaps", "It rained"), ("2025-04-02", "Run", "perhaps", ""))
    assert logs(only(found)) == [(SPRING, Status.MISSED, None, "It rained")]
    assert skips(found) == [("line 2", "unknown_value"), ("line 3", "unknown_value")]


def test_a_note_without_a_value_stands_on_a_missed_day() -> None:
    found = own(("2025-04-01", "Run", "", "Ill"), ("2025-04-02", "Run", "", "  "))
    assert logs(only(found)) == [(SPRING, Status.MISSED, None, "Ill")]
    assert "note_on_undone_day" in only(found).notices
    assert not found.skipped


def test_a_yes_among_amounts_is_one() -> None:
    found = own(("2025-04-01", "Run", "yes", ""), ("2025-04-02", "Run", "5", ""))
    assert [log.amount for log in only(found).logs] == [1, 5]


def test_a_status_beside_the_amount_says_what_no_amount_says() -> None:
    rows = [("5", "completed"), ("2", "partial"), ("", "completed"), ("", "skipped"), ("0", "skip"), ("", "missed")]
    rows += [("7", "perhaps"), ("", "perhaps")]
    header = ("date", "habit", "status", "amount")
    found = read(table(header, *((f"2025-04-{n:02}", "Run", said, amount) for n, (amount, said) in enumerate(rows, 1))))
    assert [(log.status.value, log.amount) for log in only(found).logs] == [
        ("completed", 5),
        ("partial", 2),
        ("completed", 5),
        ("skipped", None),
        ("skipped", None),
        ("missed", None),
        ("completed", 7),
    ]


def test_where_no_day_was_complete_none_becomes_so() -> None:
    rows = [(f"2025-04-0{n}", "Run", "partial", amount) for n, amount in enumerate(("1.00", "1.50"), 1)]
    found = only(read(table(("date", "habit", "status", "amount"), *rows)))
    assert [(log.status.value, log.amount) for log in found.logs] == [("partial", 1), ("partial", Decimal("1.5"))]


def test_a_status_alone_is_the_value() -> None:
    rows = [(f"2025-04-0{n}", "Run", said) for n, said in enumerate(("completed", "partial", "missed"), 1)]
    found = read(table(("date", "habit", "status"), *rows))
    assert [log.status.value for log in only(found).logs] == ["completed", "completed", "missed"]


def test_a_status_that_is_chosen_as_the_note_is_no_value() -> None:
    columns = {"day": "date", "habit": "habit", "value": "amount", "note": "status"}
    content = table(("date", "habit", "amount", "status"), ("2025-04-01", "Run", "1", "skipped"))
    (log,) = only(read(content, mapping=columns)).logs
    assert (log.status.value, log.note) == ("completed", "skipped")


@pytest.mark.parametrize(
    ("written", "amount"),
    [("1,5", "1.5"), ("1,500", "1500"), ("1,500.25", "1500.25"), ("1.5", "1.5"), ("+7", "7")],
)
def test_either_separator_may_be_the_decimal_one(written: str, amount: str) -> None:
    assert only(own(("2025-04-01", "Run", written, ""))).logs[0].amount == Decimal(amount)


@pytest.mark.parametrize("written", ["1.2.3", "-5", "1e5", "99999999999", "5" * 41])
def test_what_is_no_amount_of_a_day_is_left_out(written: str) -> None:
    found = own(("2025-04-01", "Run", written, ""), ("2025-04-02", "Run", "5", ""))
    assert [log.amount for log in only(found).logs] == [5]
    assert [why for _, why in skips(found)] == ["unknown_value"]


def test_an_amount_too_small_to_be_stored_is_left_out_and_one_with_many_decimals_is_rounded() -> None:
    found = own(("2025-04-01", "Run", "0.001", ""), ("2025-04-02", "Run", "2.345", ""))
    assert [log.amount for log in only(found).logs] == [Decimal("2.35")]
    assert skips(found) == [("Run 2025-04-01", "amount_too_small")]
    assert "amount_rounded" in only(found).notices


# --- Beaver ----------------------------------------------------------------------------------------------------------


def beaver(*habits: Item, **more: Any) -> ImportedFile:
    return read(json.dumps({"habits": list(habits), **more}).encode())


def test_beavers_habits_without_a_name_and_records_without_a_day_are_left_out() -> None:
    records = [{"day": "2025-02-30", "done": True}, {"day": 5, "done": True}, {"day": "2025-04-01", "done": True}]
    found = beaver({"name": " ", "records": records[2:]}, {"name": "Run", "records": records})
    assert [log.day for log in only(found).logs] == [SPRING]
    assert skips(found) == [("habit 1", "no_name"), ("Run 2025-02-30", "not_a_day"), ("Run 5", "not_a_day")]


def test_a_note_that_is_no_text_is_no_note() -> None:
    found = beaver({"name": "Run", "records": [{"day": "2025-04-01", "done": True, "text": 5}]})
    assert logs(only(found)) == [(SPRING, Status.COMPLETED, Decimal(1), "")]


def test_tags_are_made_such_as_a_track_can_have() -> None:
    wide = "ﷺ" * 50  # of 18 characters each as soon as tags are compared
    names = ["", "\u200b", "t" * 51, wide, "Health", "HEALTH", *(f"tag {n}" for n in range(10))]
    found = only(beaver({"name": "Run", "tags": names, "records": []}))
    assert found.tags[0] == shortened("t" * 51, 50)
    assert found.tags[1] == shortened(wide, 11)
    assert found.tags[2:4] == ("Health", "tag 0")
    assert len(found.tags) == 10
    assert {"tag_shortened", "tags_left_out"} <= found.notices
    for name in found.tags:
        check_name(name, field="tags")


# --- HabitBull -------------------------------------------------------------------------------------------------------


def habitbull(*rows: Sequence[object]) -> ImportedFile:
    header = ("HabitName", "HabitDescription", "HabitCategory", "CalendarDate", "Value", "CommentText")
    return read(table(header, *rows))


def test_habitbulls_rows_without_a_name_a_day_or_a_known_value_are_left_out() -> None:
    found = habitbull(
        ("", "", "", "2025-04-01", "1", ""),
        ("Run", "", "", "someday", "1", ""),
        ("Run", "", "", "2025-04-01", "-1", ""),
        ("Run", "", "", "2025-04-02", "0.5", "Half of it"),
        ("Run", "", "", "2025-04-03", HUGE, ""),
        ("Run", "", "", "2025-04-04", "1", ""),
    )
    assert skips(found) == [
        ("line 2", "no_name"),
        ("line 3", "not_a_day"),
        ("line 4", "unknown_value"),
        ("line 5", "unknown_value"),
        ("line 6", "unknown_value"),
    ]
    assert logs(only(found)) == [
        (date(2025, 4, 2), Status.MISSED, None, "Half of it"),
        (date(2025, 4, 4), Status.COMPLETED, Decimal(1), ""),
    ]


def test_habitbulls_value_for_nothing_says_nothing() -> None:
    found = habitbull(("Run", "", "", "2025-04-01", "-2150000000", ""), ("Run", "", "", "2025-04-02", "0", ""))
    assert logs(only(found)) == [(date(2025, 4, 2), Status.MISSED, None, "")]
    assert not found.skipped


# --- Habitica --------------------------------------------------------------------------------------------------------


def habitica(*, dailys: Sequence[Item] = (), habits: Sequence[Item] = (), **more: Any) -> ImportedFile:
    return read(json.dumps({"tasks": {"dailys": list(dailys), "habits": list(habits)}, **more}).encode())


def at(day: int) -> int:
    return day * 86_400_000


def test_habiticas_tasks_without_a_name_are_left_out() -> None:
    found = habitica(dailys=[{"text": "", "id": "a"}], habits=[{"text": "\u200b", "id": "b", "up": True}])
    assert not found.habits
    assert skips(found) == [("task a", "no_name"), ("task b", "no_name")]


@pytest.mark.parametrize(
    ("daily", "frequency", "times", "notice"),
    [
        ({"frequency": "daily", "everyX": 0}, Frequency.DAILY, 1, "schedule_unknown"),
        ({"frequency": "daily", "everyX": -1}, Frequency.DAILY, 1, "schedule_unknown"),
        ({"frequency": "monthly", "everyX": 1, "daysOfMonth": [1, 8, 15, 22, 29]}, Frequency.MONTHLY, 5, None),
        ({"frequency": "monthly", "everyX": 1, "weeksOfMonth": [0]}, Frequency.WEEKLY, 1, "rarer_than_weekly"),
        ({"frequency": "yearly", "everyX": 1}, Frequency.WEEKLY, 1, "rarer_than_weekly"),
        ({"frequency": "at full moon"}, Frequency.DAILY, 1, "schedule_unknown"),
        ({}, Frequency.DAILY, 1, "schedule_unknown"),
    ],
)
def test_habiticas_schedules_become_the_nearest(
    daily: Item, frequency: Frequency, times: int, notice: str | None
) -> None:
    habit = only(habitica(dailys=[{"text": "Run", **daily}]))
    assert (habit.schedule.frequency, habit.schedule.times_per_period) == (frequency, times)
    assert habit.notices == ({notice} if notice else frozenset())


def test_a_checklist_is_said_to_be_left_out() -> None:
    assert "checklist_left_out" in only(habitica(dailys=[{"text": "Run", "checklist": [{"text": "Shoes"}]}])).notices


@pytest.mark.parametrize("written", [None, "yesterday", True, 10**17, -(10**17), 10**30])
def test_an_entry_of_habitica_at_no_time_is_left_out(written: object) -> None:
    entries = [
        {"date": written, "completed": True, "scoredUp": 1},
        {"date": at(IN_SPRING), "completed": True, "scoredUp": 2},
    ]
    found = habitica(
        dailys=[{"text": "Run", "history": entries}], habits=[{"text": "Tea", "up": True, "history": entries}]
    )
    assert [why for _, why in skips(found)] == ["not_a_day"] * 2
    assert [[log.day for log in habit.logs] for habit in found.habits] == [[SPRING], [SPRING]]


def test_means_of_a_period_are_no_days() -> None:
    entries = [{"date": at(IN_SPRING), "value": 1.5}]
    found = habitica(
        dailys=[{"text": "Run", "history": entries}], habits=[{"text": "Tea", "up": True, "history": entries}]
    )
    assert [habit.logs for habit in found.habits] == [(), ()]
    assert skips(found) == [("Run 2025-04-01", "mean_of_a_period"), ("Tea 2025-04-01", "mean_of_a_period")]


def test_a_click_on_minus_counts_where_there_is_no_plus_and_is_a_missed_day_where_there_is() -> None:
    entries = [
        {"date": at(IN_SPRING), "scoredUp": 0, "scoredDown": 2},
        {"date": at(IN_SPRING + 1), "scoredUp": 0, "scoredDown": 0},
    ]
    found = habitica(
        habits=[
            {"text": "Sweets", "up": False, "down": True, "history": entries},
            {"text": "Stairs", "up": True, "down": True, "history": entries},
        ]
    )
    assert logs(found.habits[0]) == [(SPRING, Status.COUNTED, Decimal(2), "")]
    assert logs(found.habits[1]) == [(SPRING, Status.MISSED, None, "")]


@pytest.mark.parametrize(
    ("written", "start"),
    [
        ("2025-04-01T10:00:00.000Z", SPRING),
        ("2025-04-01T23:30:00+02:00", SPRING),
        ("2025-04-31T10:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("in spring", None),
        (5, None),
        (None, None),
    ],
)
def test_windows_of_a_daily_begin_where_habitica_says_if_that_is_a_day(written: object, start: date | None) -> None:
    daily = {"text": "Run", "frequency": "daily", "everyX": 3, "startDate": written}
    assert only(habitica(dailys=[daily])).start_date == start


HISTORY = ("Task Name", "Task ID", "Task Type", "Date", "Value")


def test_habiticas_history_leaves_out_rows_without_a_name_a_time_or_a_score() -> None:
    found = read(
        table(
            HISTORY,
            ("", "", "daily", "2025-04-01 10:00:00", "1"),
            ("Run", "a", "daily", "2025-04-31 10:00:00", "1"),
            ("Run", "a", "daily", "2025-04-01 10:00:00", "much"),
            ("Run", "a", "daily", "2025-04-01 10:00:00", HUGE),
            ("Run", "a", "daily", "2025-04-01 10:00:00", "1"),
        )
    )
    assert skips(found) == [
        ("line 2", "no_name"),
        ("line 3", "not_a_day"),
        ("line 4", "unknown_value"),
        ("line 5", "unknown_value"),
    ]
    assert logs(only(found)) == [(SPRING, Status.COMPLETED, Decimal(1), "")]


@pytest.mark.parametrize("kind", ["daily", "habit"])
def test_a_score_that_stays_says_nothing_of_its_day(kind: str) -> None:
    rows = [("Run", "a", kind, f"2025-04-0{day} 10:00:00", "1") for day in (1, 2)]
    assert [log.day for log in only(read(table(HISTORY, *rows))).logs] == [SPRING]


# --- HabitTrove ------------------------------------------------------------------------------------------------------


def habittrove(*habits: Item, settings: object = None, **options: Any) -> ImportedFile:
    files = {"habits__json": json.dumps({"habits": list(habits)})}
    if settings is not None:
        files["settings__json"] = json.dumps(settings)
    return read(archive(**files), **options)


def test_habittroves_habits_without_a_name_and_completions_that_are_no_days_are_left_out() -> None:
    wrong = ["someday", "2025-04-31T10:00:00Z", "0001-01-01T00:00:00+14:00", 5]
    found = habittrove({"name": "", "id": "7"}, {"name": "Run", "completions": [*wrong, "2026-11-21", "2025-04-01"]})
    assert [log.day for log in only(found).logs] == [SPRING]
    assert [why for _, why in skips(found)] == ["no_name", *["not_a_day"] * 4, "future_day"]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "Europe", "a" * 500, "\ud800", None, 5])
def test_a_time_zone_that_there_is_not_leaves_the_persons_own(zone: object) -> None:
    late = {"name": "Run", "completions": ["2025-03-31T23:30:00Z"]}
    found = habittrove(late, settings={"system": {"timezone": zone}}, zone=ZoneInfo("Europe/Berlin"))
    assert [log.day for log in only(found).logs] == [SPRING]


@pytest.mark.parametrize(
    ("rule", "interval", "frequency", "times", "notices"),
    [
        ("FREQ=DAILY;INTERVAL=3", 3, Frequency.DAILY, 1, set()),
        ("RRULE:FREQ=DAILY", 1, Frequency.DAILY, 1, set()),
        ("FREQ=MONTHLY;BYMONTHDAY=1,8,15,22,29", 1, Frequency.MONTHLY, 5, set()),
        ("FREQ=MONTHLY;BYDAY=1MO,2MO,3MO,4MO,1TU", 1, Frequency.MONTHLY, 5, set()),
        ("FREQ=YEARLY", 1, Frequency.WEEKLY, 1, {"rarer_than_weekly"}),
        ("FREQ=HOURLY", 1, Frequency.DAILY, 1, {"schedule_unknown"}),
        ("FREQ=DAILY;INTERVAL=0", 1, Frequency.DAILY, 1, {"schedule_unknown"}),
        ("every now and then", 1, Frequency.DAILY, 1, {"schedule_unknown"}),
    ],
)
def test_habittroves_rules_become_the_nearest_schedule(
    rule: str, interval: int, frequency: Frequency, times: int, notices: set[str]
) -> None:
    habit = only(habittrove({"name": "Run", "frequency": rule}))
    assert (habit.schedule.interval, habit.schedule.frequency) == (interval, frequency)
    assert habit.schedule.times_per_period == times
    assert habit.notices == notices


def test_windows_of_a_habit_that_was_never_done_begin_nowhere_yet() -> None:
    assert only(habittrove({"name": "Run", "frequency": "FREQ=DAILY;INTERVAL=3"})).start_date is None


@pytest.mark.parametrize(
    ("target", "amount", "notice"),
    [
        ("3", 3, None),
        ("2.345", Decimal("2.35"), "amount_rounded"),
        ("-1", 1, "amount_unknown"),
        ("0.001", 1, "amount_unknown"),
        (HUGE, 1, "amount_unknown"),
        (f"-{HUGE}", 1, "amount_unknown"),
        ("1e99999999999999999999", 1, "amount_unknown"),
        ("1e-999999999", 1, None),
    ],
)
def test_a_daily_amount_that_cannot_be_one_leaves_one(target: str, amount: Decimal | int, notice: str | None) -> None:
    content = f'{{"habits": [{{"name": "Run", "targetCompletions": {target}, "frequency": "FREQ=DAILY"}}]}}'
    habit = only(read(archive(habits__json=content)))
    assert habit.schedule.daily_amount == amount
    assert habit.notices == ({notice} if notice else frozenset())


# --- Loop ------------------------------------------------------------------------------------------------------------

LOOP = (
    "Position", "Name", "Type", "Question", "Description", "FrequencyNumerator", "FrequencyDenominator", "Color",
    "Unit", "Target Type", "Target Value", "Archived?",
)  # fmt: skip


def loop_csv(*habits: Item, **files: bytes) -> ImportedFile:
    rows = [[habit.get(name, "") for name in LOOP] for habit in habits]
    return read(archive(Habits__csv=table(LOOP, *rows), **files))


def loop_habit(**changes: object) -> Item:
    shared = {
        "Position": "001",
        "Name": "Run",
        "Type": "YES_NO",
        "FrequencyNumerator": "1",
        "FrequencyDenominator": "1",
    }
    return shared | {name.replace("_", " "): value for name, value in changes.items()}


def marks(*rows: Sequence[object]) -> dict[str, bytes]:
    return {"001 Run_S_Checkmarks__csv": table(("Date", "Value", "Notes"), *rows)}


def test_an_archive_with_another_table_of_habits_is_none_of_loop() -> None:
    assert refused(archive(Habits__csv="Number,Title\n1,Run\n")) == "unknown_format"


def test_a_habit_of_loop_without_a_name_is_left_out_and_one_without_marks_is_taken() -> None:
    found = loop_csv(loop_habit(Position="002", Name=""), loop_habit())
    assert skips(found) == [("Habits.csv 002", "no_name")]
    assert only(found).logs == ()


def test_marks_of_loop_without_a_day_or_with_an_unknown_value_are_left_out() -> None:
    rows = [
        ("someday", "YES_MANUAL", ""),
        ("2025-04-01", "PERHAPS", "Rain"),
        ("2025-04-02", "17", ""),
        ("2025-04-03", "2", ""),
    ]
    found = loop_csv(loop_habit(), **marks(*rows))
    assert skips(found) == [
        ("Run someday", "not_a_day"),
        ("Run 2025-04-01", "unknown_value"),
        ("Run 2025-04-02", "unknown_value"),
    ]
    assert logs(only(found)) == [
        (SPRING, Status.MISSED, None, "Rain"),
        (date(2025, 4, 3), Status.COMPLETED, Decimal(1), ""),
    ]


@pytest.mark.parametrize("written", ["", "many", HUGE, "NaN"])
def test_a_target_of_loop_that_is_no_number_is_said_to_be_unknown(written: str) -> None:
    for kind in ("AT_LEAST", "AT_MOST"):
        habit = only(loop_csv(loop_habit(Type="NUMERICAL", Target_Type=kind, Target_Value=written)))
        assert "amount_unknown" in habit.notices


@pytest.mark.parametrize(
    ("days", "value", "frequency", "limit", "notices"),
    [
        ("1", "3", Frequency.DAILY, "3", set()),
        ("7", "3", Frequency.WEEKLY, "3", set()),
        ("30", "3", Frequency.MONTHLY, "3", set()),
        ("14", "4", Frequency.WEEKLY, "2", {"frequency_approximated"}),
        ("3", "1", Frequency.WEEKLY, "2.33", {"frequency_approximated", "amount_rounded"}),
        ("1", "-3", Frequency.DAILY, "0", {"amount_unknown"}),
        ("1", "1e20", Frequency.DAILY, "0", {"amount_unknown"}),
    ],
)
def test_a_limit_of_loop_becomes_one_of_the_nearest_period(
    days: str, value: str, frequency: Frequency, limit: str, notices: set[str]
) -> None:
    habit = only(
        loop_csv(loop_habit(Type="NUMERICAL", Target_Type="AT_MOST", Target_Value=value, FrequencyDenominator=days))
    )
    assert (habit.schedule.frequency, habit.schedule.limit_per_period) == (frequency, Decimal(limit))
    assert habit.notices == notices


def test_a_note_on_a_day_without_an_amount_stands_on_a_limit_habit_with_nothing_used() -> None:
    limit = loop_habit(Type="NUMERICAL", Target_Type="AT_MOST", Target_Value="3")
    found = loop_csv(
        limit, **marks(("2025-04-01", "-1", "On holiday"), ("2025-04-02", "-1", ""), ("2025-04-03", "-7", ""))
    )
    assert logs(only(found)) == [(SPRING, Status.COUNTED, Decimal(0), "On holiday")]
    assert "note_on_undone_day" in only(found).notices
    assert skips(found) == [("Run 2025-04-03", "unknown_value")]


def test_an_old_habit_of_loop_without_marks_is_taken() -> None:
    habits = table(
        ("Position", "Name", "NumRepetitions", "Interval"), ("001", "Run", "2", "7"), ("002", "Tea", "x", "y")
    )
    found = read(archive(Habits__csv=habits))
    assert found.source == "loop_csv_old"
    assert [habit.schedule.times_per_period for habit in found.habits] == [2, 1]
    assert "schedule_unknown" in found.habits[1].notices


def loop_db(path: Path, *statements: str) -> bytes:
    """Return a database of Loop with a habit "Run" that was done on 2025-04-01, after these statements."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "CREATE TABLE Habits (id INTEGER PRIMARY KEY, name, freq_num, freq_den, color, type, target_type, target_value);"
            "CREATE TABLE Repetitions (id INTEGER PRIMARY KEY, habit, timestamp, value, notes);"
            "INSERT INTO Habits (id, name, freq_num, freq_den, color) VALUES (1, 'Run', 1, 1, 3);"
            f"INSERT INTO Repetitions (habit, timestamp, value) VALUES (1, {at(IN_SPRING)}, 2);" + ";".join(statements)
        )
        database.commit()
    return path.read_bytes()


def test_a_database_with_other_tables_is_refused(tmp_path: Path) -> None:
    assert refused(loop_db(tmp_path / "1.db", "DROP TABLE Repetitions")) == "unexpected_schema"


def test_a_table_of_habits_without_ids_is_refused(tmp_path: Path) -> None:
    without = ("DROP TABLE Habits", "CREATE TABLE Habits (name)", "INSERT INTO Habits VALUES ('Run')")
    assert refused(loop_db(tmp_path / "1.db", *without)) == "unexpected_schema"


def test_what_cannot_be_told_of_a_database_is_left_out(tmp_path: Path) -> None:
    found = read(
        loop_db(
            tmp_path / "1.db",
            "INSERT INTO Habits (id, name) VALUES (2, '')",
            f"INSERT INTO Repetitions (habit, timestamp, value) VALUES (2, {at(IN_SPRING)}, 2)",
            f"INSERT INTO Repetitions (habit, timestamp, value) VALUES (1, {at(10**7)}, 2)",
            f"INSERT INTO Repetitions (habit, timestamp, value) VALUES (1, {at(2_950_000)}, 2)",
            f"INSERT INTO Repetitions (habit, timestamp, value, notes) VALUES (1, {at(IN_SPRING + 1)}, 17, 'Rain')",
            f"INSERT INTO Repetitions (habit, timestamp, value) VALUES (1, {at(IN_SPRING + 2)}, 'yes')",
        )
    )
    assert [why for _, why in skips(found)] == [
        "no_name",
        "orphan_entry",
        "not_a_day",
        "not_a_day",
        "unknown_value",
        "unknown_value",
    ]
    assert logs(only(found)) == [
        (SPRING, Status.COMPLETED, Decimal(1), ""),
        (date(2025, 4, 2), Status.MISSED, None, "Rain"),
    ]


@pytest.mark.parametrize("target", ["NULL", "'many'", f"'{HUGE}'", "9e999"])
@pytest.mark.parametrize("is_limit", [0, 1])
def test_a_target_of_a_database_that_is_no_number_is_said_to_be_unknown(
    tmp_path: Path, target: str, is_limit: int
) -> None:
    change = f"UPDATE Habits SET type = 1, target_type = {is_limit}, target_value = {target}"
    assert "amount_unknown" in only(read(loop_db(tmp_path / "1.db", change))).notices


# --- Streaks ---------------------------------------------------------------------------------------------------------


def streaks(*rows: Sequence[object]) -> ImportedFile:
    header = ("task_id", "title", "entry_type", "entry_date", "quantity", "notes", "page", "display_order")
    return read(table(header, *rows))


def test_entries_of_streaks_without_a_name_a_day_or_a_known_type_are_left_out() -> None:
    found = streaks(
        ("a", "", "completed_manually", "20250401", "", "", "1", "1"),
        ("b", "Run", "completed_manually", "20250431", "", "", "1", "2"),
        ("b", "Run", "dreamt_of", "20250401", "", "Nice", "1", "2"),
        ("b", "Run", "nonsense", "20250402", "", "", "1", "2"),
        ("b", "Run", "missed_auto", "20250403", "", "", "1", "2"),
    )
    assert skips(found) == [
        ("task a", "no_name"),
        ("Run 20250431", "not_a_day"),
        ("Run 2025-04-01", "unknown_entry_type"),
        ("Run 2025-04-02", "unknown_entry_type"),
    ]
    assert logs(only(found)) == [
        (SPRING, Status.MISSED, None, "Nice"),
        (date(2025, 4, 3), Status.MISSED, None, ""),
    ]


def test_a_task_of_streaks_that_was_never_done_in_full_tells_no_daily_amount() -> None:
    found = only(
        streaks(
            ("a", "Run", "completed_partial", "20250401", "3", "", "1", "1"),
            ("a", "Run", "completed_partial", "20250402", "0", "", "1", "1"),
        )
    )
    assert "amount_unknown" in found.notices
    assert [(log.status, log.amount) for log in found.logs] == [(Status.COMPLETED, Decimal(3)), (Status.MISSED, None)]


def test_tasks_of_streaks_without_a_place_come_last() -> None:
    rows = [(name, name, "missed_auto", "20250401", "", "", page, "1") for name, page in (("Late", ""), ("Run", "2"))]
    assert [habit.name for habit in streaks(*rows).habits] == ["Run", "Late"]


# --- Table Habit -----------------------------------------------------------------------------------------------------


def table_habit(*habits: Item, **more: Any) -> ImportedFile:
    shared = {"type": 1, "status": 1, "name": "Run", "daily_goal": 1, "freq_type": 3, "freq_custom": "[1,1]"}
    return read(json.dumps({"habits": [shared | habit for habit in habits], **more}).encode())


def test_table_habits_without_a_name_and_records_without_a_day_or_a_value_are_left_out() -> None:
    wrong = [{"record_date": day, "record_type": 1, "record_value": 1} for day in (None, "soon", 2_950_000, 10**9)]
    records = [
        *wrong,
        {"record_date": IN_SPRING, "record_type": 7, "reason": "Rain"},
        {"record_date": IN_SPRING + 1, "record_type": 1, "record_value": "much"},
        {"record_date": IN_SPRING + 2, "record_type": 1, "record_value": 1},
    ]
    found = table_habit({"name": "\u200b"}, {"records": records})
    assert [why for _, why in skips(found)] == ["no_name", *["not_a_day"] * 4, "unknown_value", "unknown_value"]
    assert logs(only(found)) == [
        (SPRING, Status.MISSED, None, "Rain"),
        (date(2025, 4, 3), Status.COMPLETED, Decimal(1), ""),
    ]


@pytest.mark.parametrize(
    ("reminder", "times", "notices"),
    [
        ('{"time": {"hour": 7, "minute": 5}}', ("07:05",), set()),
        ('{"time": {"hour": 7, "minute": 5}, "extra": [1]}', ("07:05",), {"reminder_on_some_days"}),
        ('{"time": {"hour": 24, "minute": 0}}', (), set()),
        ('{"time": {"hour": 7, "minute": "five"}}', (), set()),
        ('{"time": 7}', (), set()),
        ("[7]", (), set()),
        ("at seven", (), set()),
        (7, (), set()),
        (f'{{"time": {{"hour": 7, "minute": 5}}, "more": "{"x" * 1000}"}}', (), set()),
        ("[" * 1000, (), set()),
    ],
)
def test_a_reminder_of_table_habit_is_taken_if_it_is_a_time(
    reminder: object, times: tuple[str, ...], notices: set[str]
) -> None:
    habit = only(table_habit({"reminder": reminder}))
    assert habit.reminders == times
    assert habit.notices == notices


@pytest.mark.parametrize("colour", [HUGE, f"-{HUGE}", "-1", '"red"', "1e40"])
def test_a_colour_of_table_habit_that_is_no_number_of_a_colour_does_no_harm(colour: str) -> None:
    content = f'{{"habits": [{{"name": "Run", "freq_type": 1, "custom_color": {colour}}}]}}'
    habit = only(read(content.encode()))
    assert habit.colour in {"", "#000000"}


@pytest.mark.parametrize("field", ["freq_type", "daily_goal", "daily_goal_extra", "start_date", "color"])
@pytest.mark.parametrize("value", [HUGE, "1e9999999", "1e1000000000000000000", "1e-999999999", "-1e9999999"])
def test_a_number_beyond_all_bounds_is_one_that_a_habit_cannot_have(field: str, value: str) -> None:
    for kind in (1, 2):
        content = f'{{"habits": [{{"name": "Run", "type": {kind}, "freq_type": 3, "{field}": {value}}}]}}'
        habit = only(read(content.replace('"freq_type": 3, "freq_type"', '"freq_type"').encode()))
        assert habit.name == "Run"
        assert 0 < habit.schedule.daily_amount <= 1


def test_an_entry_at_a_time_beyond_all_bounds_is_left_out() -> None:
    content = (
        f'{{"tasks": {{"habits": [{{"text": "Run", "up": true, "history": [{{"date": {HUGE}, "scoredUp": 1}}]}}]}}}}'
    )
    found = read(content.encode())
    assert only(found).logs == ()
    assert [why for _, why in skips(found)] == ["not_a_day"]


def test_a_description_and_a_unit_that_are_too_long_are_shortened_and_said() -> None:
    habit = only(table_habit({"desc": "d" * 2001, "daily_goal_unit": "u" * 31}))
    assert habit.description == "d" * 1999 + "…"
    assert habit.schedule.unit == shortened("u" * 31, len(habit.schedule.unit))
    assert {"description_shortened", "unit_shortened"} <= habit.notices
