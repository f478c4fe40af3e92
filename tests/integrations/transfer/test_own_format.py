"""What a record of an export may be: anything else refuses the whole file with a code that has a sentence."""

import copy
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError
from integrations.transfer import own_format
from integrations.transfer.own_format import OwnExport
from integrations.transfer.reading.archives import open_archive
from integrations.transfer.reading.values import REFUSALS

Record = dict[str, Any]

VERSION: Record = {
    "starts_on": None,
    "frequency": "daily",
    "interval": 1,
    "weekdays": [],
    "times_per_period": 1,
    "daily_amount": "1.00",
    "unit": "",
    "limit_per_period": None,
    "derives_times": True,
}
PAUSE: Record = {"first_day": "2026-05-01", "last_day": "2026-05-07", "reason": "manual"}
GOAL: Record = {
    "amount": "100.00",
    "days": 30,
    "first_day": "2026-05-01",
    "deadline": "2026-06-01",
    "reached_on": None,
    "reached_at": None,
}
TRACK: Record = {
    "started_on": "2026-04-01",
    "windows_from": None,
    "archived_at": None,
    "colour": "green",
    "icon": "",
    "position": 1,
    "tags": ["Health"],
    "pauses": [PAUSE],
    "goals": [GOAL],
    "reminders": [{"local_time": "07:30:00", "text": "", "is_on": True}],
}
HABIT: Record = {
    "id": 1,
    "created_at": "2026-04-01T12:00:00Z",
    "is_own": True,
    "name": "Run",
    "description": "",
    "action": "",
    "place": "",
    "time": None,
    "is_pleasant": False,
    "reward": "",
    "linked_habit": None,
    "duration": None,
    "goal_type": "at_least",
    "start_date": None,
    "end_date": None,
    "extensions": [["2026-04-10", "2026-04-20"]],
    "created_on": "2026-04-01",
    "is_published": False,
    "versions": [VERSION],
    "track": TRACK,
}
LOG: Record = {
    "day": "2026-04-02",
    "status": "completed",
    "amount": "1.00",
    "note": "",
    "completed_at": "2026-04-02T18:00:00Z",
    "source": "web",
}


def lines(records: Sequence[object]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


def opened(files: dict[str, bytes], manifest: Callable[[Record], object] = lambda manifest: None) -> OwnExport:
    """Return an export of these files. `manifest` changes what is said of them."""
    said: Record = {
        name: {"rows": content.count(b"\n"), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    }
    signed: Record = {"format": "habit-tracker-export", "version": 1, "origin": "there", "files": said}
    manifest(signed)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("manifest.json", json.dumps(signed))
        for name, content in files.items():
            archive.writestr(name, content)
    return own_format.open_export(open_archive(made.getvalue()))


def with_(record: Record, path: str, value: object) -> Record:
    """Return a record with another value at a path such as "track.goals.0.days"."""
    changed = copy.deepcopy(record)
    *way, last = [int(each) if each.isdecimal() else each for each in path.split(".")]
    part: Any = changed
    for each in way:
        part = part[each]
    part[last] = value
    return changed


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as error:
        act()
    assert error.value.message == REFUSALS[error.value.code]
    return error.value.code


def test_an_export_is_read_as_it_was_written() -> None:
    found = opened({"habits.jsonl": lines([HABIT]), "logs/1.jsonl": lines([LOG]), "pauses.jsonl": lines([PAUSE])})
    (habit,) = found.habits
    assert (habit.name, habit.extensions) == ("Run", ((date(2026, 4, 10), date(2026, 4, 20)),))
    assert habit.track is not None
    assert habit.track.goals[0].amount == 100
    assert [(log.day, log.amount) for log in found.logs_of(habit)] == [(date(2026, 4, 2), Decimal("1.00"))]
    assert [(pause.first_day, pause.last_day) for pause in found.pauses] == [(date(2026, 5, 1), date(2026, 5, 7))]


def test_files_without_logs_or_pauses_are_an_export_too() -> None:
    found = opened({"habits.jsonl": lines([HABIT])})
    assert found.logs_of(found.habits[0]) == []
    assert found.pauses == ()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("id", 0, id="an id that no row has"),
        pytest.param("id", True, id="a truth value is no number"),
        pytest.param("is_own", 1, id="a number is no truth value"),
        pytest.param("created_at", "2026-04-01T12:00:00", id="an instant without a zone"),
        pytest.param("created_at", "1969-12-31T12:00:00Z", id="an instant before there were any"),
        pytest.param("created_at", 1775044800, id="an instant as a number"),
        pytest.param("created_on", "2026-04-31", id="a day that there is not"),
        pytest.param("created_on", "2026-04-01" + " " * 40, id="a day with a long tail"),
        pytest.param("time", "07:30:00+02:00", id="a local time with an offset"),
        pytest.param("extensions", ["2026-04-10"], id="an extension with one day"),
        pytest.param("extensions", [["2026-04-10", "2026-04-11", "2026-04-12"]], id="an extension with three days"),
        pytest.param("extensions", [["2026-04-10", 5]], id="an extension to no day"),
        pytest.param("goal_type", ["at_least"], id="a list instead of one of the words"),
        pytest.param("versions", [], id="no schedule at all"),
        pytest.param("versions", VERSION, id="a schedule that is not in a list"),
        pytest.param("versions.0.starts_on", "2026-04-01", id="a first schedule that starts later than the habit"),
        pytest.param("versions", [VERSION, VERSION], id="two first schedules"),
        pytest.param(
            "versions",
            [VERSION, {**VERSION, "starts_on": "2026-05-02"}, {**VERSION, "starts_on": "2026-05-01"}],
            id="schedules out of order",
        ),
        pytest.param("versions.0.daily_amount", "-1.00", id="an amount below nothing"),
        pytest.param("versions.0.daily_amount", "one", id="an amount in words"),
        pytest.param("versions.0.daily_amount", "NaN", id="an amount that is no number"),
        pytest.param("versions.0.weekdays", ["someday"], id="a weekday that there is not"),
        pytest.param("versions.0.weekdays", [["mon"]], id="a list instead of a weekday"),
        pytest.param("versions.0.weekdays", [{}], id="an object instead of a weekday"),
        pytest.param("track", [], id="a list instead of a track"),
        pytest.param("track.tags", ["a"] * 11, id="more tags than a track has"),
        pytest.param("track.pauses.0.last_day", "2026-04-30", id="a pause that ends before it starts"),
        pytest.param("track.pauses.0.reason", {"because": 1}, id="an object instead of a reason"),
        pytest.param("track.goals.0.amount", "0.00", id="a goal of nothing"),
        pytest.param("track.goals.0.reached_on", "2026-05-09", id="a goal reached on a day but at no time"),
        pytest.param("track.goals.0.deadline", "2026-04-30", id="a goal that is over before it starts"),
        pytest.param("track.reminders.0.is_on", "yes", id="a word instead of a truth value"),
    ],
)
def test_a_habit_with_such_a_value_refuses_the_export(path: str, value: object) -> None:
    files = {"habits.jsonl": lines([with_(HABIT, path, value)])}
    assert refused(lambda: opened(files)) == "unexpected_content"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("amount", None, id="done, but without an amount"),
        pytest.param("amount", "0.00", id="done, but nothing of it"),
        pytest.param("status", "skipped", id="skipped, but with an amount"),
        pytest.param("source", "carrier pigeon", id="a way that there is not"),
        pytest.param("source", ["web"], id="a list instead of the way"),
    ],
)
def test_a_log_with_such_a_value_refuses_the_export(path: str, value: object) -> None:
    found = opened({"habits.jsonl": lines([HABIT]), "logs/1.jsonl": lines([with_(LOG, path, value)])})
    assert refused(lambda: found.logs_of(found.habits[0])) == "unexpected_content"


@pytest.mark.parametrize("record", [[], 7, "Run", None])
def test_a_line_that_is_no_object_refuses_the_export(record: object) -> None:
    assert refused(lambda: opened({"habits.jsonl": lines([record])})) == "unexpected_content"


def test_two_habits_with_one_id_refuse_the_export() -> None:
    assert refused(lambda: opened({"habits.jsonl": lines([HABIT, HABIT])})) == "unexpected_content"


def test_a_row_is_what_the_manifest_counts_as_one() -> None:
    hidden = lines([HABIT, with_(HABIT, "id", 2)]).replace(b"\n", b"\r", 1)
    assert hidden.count(b"\n") == 1
    assert refused(lambda: opened({"habits.jsonl": hidden})) == "broken_json"


def _lists(files: object) -> Callable[[Record], object]:
    return lambda manifest: manifest.update(files=files)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_lists(None), id="it lists no files"),
        pytest.param(_lists(["habits.jsonl"]), id="it lists only names"),
        pytest.param(_lists({}), id="it leaves a file out"),
        pytest.param(_lists({"habits.jsonl": 1}), id="it says nothing of a file"),
        pytest.param(lambda manifest: manifest["files"]["habits.jsonl"].update(sha256="0" * 64), id="another hash"),
        pytest.param(lambda manifest: manifest["files"]["habits.jsonl"].update(rows=2), id="another number of rows"),
    ],
)
def test_an_export_whose_manifest_says_otherwise_is_damaged(change: Callable[[Record], object]) -> None:
    assert refused(lambda: opened({"habits.jsonl": lines([HABIT])}, change)) == "damaged_archive"


@pytest.mark.parametrize("version", [2, "1", None])
def test_a_version_that_is_not_known_is_taken_for_a_newer_one(version: object) -> None:
    def change(manifest: Record) -> None:
        manifest["version"] = version

    assert refused(lambda: opened({"habits.jsonl": lines([HABIT])}, change)) == "newer_version"
