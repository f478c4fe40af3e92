"""An import through the API: read, previewed, asked, started, made by the worker, reported; twice changes nothing."""

import io
import logging
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from achievements.models import UserAchievement
from common import stopping
from habits.models import Habit
from habits.services import create_habit
from integrations import tasks
from integrations.changes import services as changes
from integrations.models import Change, ImportedHabit, Transfer, TransferItem, TransferPiece
from integrations.tasks import purge_transfers, run_transfers
from integrations.transfer import imports, rules, running, words
from integrations.transfer.opening import open_file
from integrations.transfer.reading.values import REFUSALS
from integrations.transfer.running import run_next
from notifications.models import Delivery, Reminder
from tests import make
from tests.integrations.transfer import samples
from tracking.logs.importing import import_days
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.streaks.services import find_differences
from users.models import User
from users.services import delete_account

NOW = make.utc("2026-11-20 12:00")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def alice() -> User:
    return make.person("alice")


@pytest.fixture
def api(alice: User) -> APIClient:
    return make.client(alice)


def sent(api: APIClient, name: str, content: bytes | None = None) -> Any:
    file = SimpleUploadedFile(name, samples.content(name) if content is None else content)
    return api.post("/api/imports/", {"file": file}, format="multipart")


def upload(api: APIClient, name: str, content: bytes | None = None) -> Any:
    """Upload a file, have the worker read it, and return the answer that has the preview."""
    answer = sent(api, name, content)
    if answer.status_code != 202:
        return answer
    run_transfers()
    return api.get(f"/api/imports/{answer.json()['id']}/")


def answered(api: APIClient, path: str, **choices: Any) -> Any:
    """Answer what a preview asks, have the worker read the file again, and return the import."""
    answer = api.patch(path, choices, format="json")
    assert answer.status_code == 202, answer.content
    assert answer.json()["state"] == "reading"
    assert answer.json()["choices"].items() >= choices.items(), "the latest, and not those of the preview"
    run_transfers()
    return api.get(path).json()


def imported(api: APIClient, name: str, content: bytes | None = None) -> dict[str, Any]:
    """Upload a file, start and run its import, and return it with its report."""
    answer = upload(api, name, content)
    assert answer.status_code == 200, answer.content
    assert answer.json()["state"] == "waiting", answer.content
    path = f"/api/imports/{answer.json()['id']}/"
    columns = samples.expected(name).get("mapping") if content is None else None
    if columns:
        answered(api, path, columns=columns)
    started = api.post(f"{path}start/")
    assert started.status_code == 202, started.content
    run_transfers()
    found: dict[str, Any] = api.get(path).json()
    return found


def csv(*lines: str) -> bytes:
    return "\n".join(["date,habit,value,note", *lines]).encode()


def stored(user: User) -> list[dict[str, Any]]:
    """Return what is stored of the user's habits, in the form of the expectations."""
    found = []
    for track in HabitTrack.objects.filter(user=user).select_related("habit").order_by("pk"):
        schedule = track.habit.versions[0].schedule
        found.append(
            {
                "name": track.habit.name,
                "description": track.habit.description,
                "goal_type": track.habit.goal_type,
                "unit": schedule.unit,
                "archived": track.archived_at is not None,
                "tags": sorted(tag.name for tag in track.tags.all()),
                "logs": [
                    (log.day.isoformat(), log.status, None if log.amount is None else float(log.amount), log.note)
                    for log in track.logs.order_by("day")
                ],
            }
        )
    return found


@pytest.mark.parametrize("name", samples.NAMES)
def test_a_file_becomes_habits_and_logs(api: APIClient, alice: User, name: str) -> None:
    expected = samples.wanted(samples.expected(name)["habits"])
    found = imported(api, name)
    assert (found["state"], found["done"]) == ("done", len(expected))
    keys = ("name", "description", "goal_type", "unit", "archived", "logs")
    wanted = [{key: habit[key] for key in keys} | {"tags": sorted(habit["tags"])} for habit in expected]
    assert stored(alice) == wanted
    assert [item["outcome"] for item in found["report"]] == ["created"] * len(expected)
    assert [item["days_added"] for item in found["report"]] == [len(habit["logs"]) for habit in expected]
    assert not list(find_differences(now=NOW, repair=False))


@pytest.mark.parametrize("name", samples.NAMES)
def test_the_same_file_twice_changes_nothing(api: APIClient, alice: User, name: str) -> None:
    imported(api, name)
    before = stored(alice)
    found = imported(api, name)
    assert stored(alice) == before
    assert {item["outcome"] for item in found["report"]} == {"unchanged"}
    assert all(habit["is_known"] for habit in found["preview"]["habits"])


@pytest.mark.parametrize("name", [name for name in samples.NAMES if samples.expected(name).get("must_not_appear")])
def test_secrets_of_a_file_are_in_no_answer_no_row_and_no_log_line(
    api: APIClient, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = upload(api, name)
        found = imported(api, name)
    tables = {table: rows for table, rows in make.everything().items() if "piece" not in table.lower()}
    everywhere = f"{answer.content.decode()} {found} {tables} {caplog.text}"
    for secret in samples.expected(name)["must_not_appear"]:
        assert secret not in everywhere
    assert not TransferPiece.objects.exists()


def test_nothing_is_made_before_the_start(api: APIClient) -> None:
    answer = upload(api, "loop.db")
    run_transfers()
    assert answer.json()["state"] == "waiting"
    assert answer.json()["preview"]["days"] == 20
    assert not Habit.objects.exists()


def test_a_file_is_read_by_the_worker_and_not_in_the_request(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(running, "open_file", None)
        answer = sent(api, "loop.db")
    made = answer.json()
    path = f"/api/imports/{made['id']}/"
    assert (answer.status_code, made["state"], made["preview"]["habits"]) == (202, "reading", [])
    assert make.refused(api.post(f"{path}start/")) == [("not_ready", None)]
    run_transfers()
    found = api.get(path).json()
    assert (found["state"], found["preview"].keys()) == ("waiting", made["preview"].keys())
    assert found["preview"]["habits"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"Oats, apples.\nAnd: more.\n", "unknown_format"), (b"PK\x03\x04 no archive", "damaged_archive")],
)
def test_a_file_that_is_refused_says_why_and_its_bytes_are_deleted(
    api: APIClient, alice: User, content: bytes, code: str
) -> None:
    api.patch("/api/users/me/", {"language": "ru"}, format="json")
    found = upload(api, "a.txt", content).json()
    assert (found["state"], found["code"], found["total"]) == ("failed", code, 0)
    assert [*found["texts"]] == [code]
    assert found["texts"][code] not in REFUSALS.values(), "it is in the user's language"
    assert not TransferPiece.objects.exists()
    assert api.post(f"/api/imports/{found['id']}/start/").json()["state"] == "failed"
    path = f"/api/imports/{found['id']}/"
    assert make.refused(api.patch(path, {"date_order": "D/M/Y"}, format="json")) == [("import_started", None)]
    upload(api, "loop.db")
    assert Transfer.objects.count() == 1, "the next upload replaces it"


def test_an_empty_file_is_refused_at_once_and_not_kept(api: APIClient) -> None:
    assert make.refused(sent(api, "a.csv", b"")) == [("empty_file", "file")]
    assert not Transfer.objects.exists()


def test_every_refusal_has_its_sentence() -> None:
    assert REFUSALS.items() <= words.sentences().items()
    assert {"gave_up", "internal_error"} <= words.sentences().keys()


def test_answers_with_which_a_file_cannot_be_read_leave_its_preview_and_say_why(api: APIClient) -> None:
    made = upload(api, "own.csv", b"when;what;how\n2025-04-01;Run;x\n").json()
    path = f"/api/imports/{made['id']}/"
    columns = {"day": "when", "habit": "what"}
    good = answered(api, path, columns=columns)
    assert (good["state"], good["total"], good["choices"]) == ("waiting", 1, {"columns": columns})
    bad = answered(api, path, columns={"day": "when", "habit": "nothing"})
    assert (bad["state"], bad["code"], bad["choices"]) == ("waiting", "unknown_format", good["choices"])
    assert bad["preview"] == good["preview"]
    assert bad["texts"]["unknown_format"] == REFUSALS["unknown_format"]
    assert api.post(f"{path}start/").json()["code"] == ""


def test_answers_given_while_a_file_is_read_are_those_with_which_it_is_previewed(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sent(api, "habitbull-ambiguous.csv").json()
    path = f"/api/imports/{made['id']}/"

    def slow(*arguments: Any, **named: Any) -> Any:
        monkeypatch.undo()
        found = open_file(*arguments, **named)
        assert api.patch(path, {"date_order": "M/D/Y"}, format="json").status_code == 202
        return found

    monkeypatch.setattr(running, "open_file", slow)
    run_next(now=NOW)
    assert api.get(path).json()["state"] == "reading", "what was read with the former answers is dropped"
    run_next(now=NOW)
    found = api.get(path).json()
    assert (found["state"], found["preview"]["habits"][0]["first_day"]) == ("waiting", "2025-03-04")


def test_a_file_that_kills_its_readers_is_given_up_after_three(
    api: APIClient, monkeypatch: pytest.MonkeyPatch, noon: Any
) -> None:
    made = sent(api, "loop.db").json()

    def dying(*_: Any, **__: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(running, "open_file", dying)
        for _ in range(3):
            with pytest.raises(SystemExit):
                run_transfers()
            run_transfers()  # the lease still holds
            noon.shift(timedelta(minutes=3))
    run_transfers()
    found = api.get(f"/api/imports/{made['id']}/").json()
    assert (found["state"], found["code"]) == ("failed", "gave_up")
    assert not TransferPiece.objects.exists()


def test_an_import_makes_way_after_a_habit_for_files_to_read(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = upload(api, "loop.db").json()
    api.post(f"/api/imports/{made['id']}/start/")
    real, bobs = imports.import_habit, make.client(make.person("bob"))

    def interrupted(**arguments: Any) -> Any:
        monkeypatch.undo()
        sent(bobs, "loop.db")
        return real(**arguments)

    monkeypatch.setattr(imports, "import_habit", interrupted)
    run_next(now=NOW)
    assert api.get(f"/api/imports/{made['id']}/").json()["done"] == 1
    run_next(now=NOW)
    assert [each["state"] for each in bobs.get("/api/imports/").json()["results"]] == ["waiting"]
    run_next(now=NOW)
    assert api.get(f"/api/imports/{made['id']}/").json()["state"] == "done"


def test_an_order_that_is_not_told_is_asked_and_answered(api: APIClient) -> None:
    made = upload(api, "habitbull-ambiguous.csv").json()
    (ask,) = made["preview"]["asks"]
    assert (ask["question"], ask["answer"]) == ("date_order", "D/M/Y")
    path = f"/api/imports/{made['id']}/"
    changed = answered(api, path, date_order="M/D/Y")
    assert changed["preview"]["habits"][0]["first_day"] == "2025-03-04"
    api.post(f"{path}start/")
    run_transfers()
    assert HabitLog.objects.order_by("day").values_list("day", flat=True)[0] == date(2025, 3, 4)
    assert make.refused(api.patch(path, {"date_order": "D/M/Y"}, format="json")) == [("import_started", None)]


def test_what_is_asked_is_answered_before_the_start(api: APIClient) -> None:
    made = upload(api, "own.csv", b"when;what;how\n2025-04-01;Run;x\n").json()
    path = f"/api/imports/{made['id']}/"
    assert make.refused(api.post(f"{path}start/")) == [("unanswered", None)]
    columns = {"day": "when", "habit": "what", "value": "how"}
    assert answered(api, path, columns=columns)["total"] == 1
    assert api.post(f"{path}start/").status_code == 202


def test_a_newer_file_adds_days_and_changes_no_day_that_was_said_here(api: APIClient, alice: User) -> None:
    imported(api, "own.csv", csv("2025-04-01,Run,5", "2025-04-02,Run,5"))
    track = HabitTrack.objects.get(user=alice)
    make.log(track, "2025-04-03", amount=9, note="Mine")
    found = imported(api, "own.csv", csv("2025-04-01,Run,7", "2025-04-03,Run,1", "2025-04-04,Run,3"))
    (item,) = found["report"]
    assert (item["outcome"], item["days_added"], item["days_kept"]) == ("changed", 1, 2)
    assert [float(log.amount or 0) for log in track.logs.order_by("day")] == [5, 5, 9, 3]


def test_a_habit_that_was_deleted_is_made_anew_by_the_same_file(api: APIClient) -> None:
    imported(api, "own.csv", csv("2025-04-01,Run,1"))
    habit = Habit.objects.get()
    assert api.delete(f"/api/habits/{habit.pk}/").status_code == 204
    assert not ImportedHabit.objects.exists()
    found = imported(api, "own.csv", csv("2025-04-01,Run,1"))
    assert found["report"][0]["outcome"] == "created"
    assert Habit.objects.count() == 1


def test_a_limit_habit_starts_with_the_file_and_is_paused_since_its_last_day(api: APIClient, alice: User) -> None:
    imported(api, "table-habit.json")
    track = HabitTrack.objects.get(user=alice, habit__name="Beer")
    assert (track.started_on, track.begins_on) == (date(2025, 4, 4), date(2025, 4, 4))
    pause = Pause.objects.get(track=track)
    assert (pause.first_day, pause.last_day) == (date(2025, 4, 7), NOW.date() - timedelta(days=1))


def test_an_import_reminds_of_nothing_past_and_writes_no_messages(api: APIClient, alice: User) -> None:
    make.connect(alice, 1001)
    before = set(Delivery.objects.values_list("pk", flat=True))
    imported(api, "loop.db")
    kinds = set(Delivery.objects.exclude(pk__in=before).values_list("kind", flat=True))
    assert kinds <= {Delivery.Kind.ACHIEVEMENT}
    times = {reminder.next_at for reminder in Reminder.objects.filter(track__user=alice)}
    assert all(at is None or at > NOW for at in times)
    assert any(times)


def test_programs_are_told_of_one_day_of_each_track(api: APIClient, alice: User) -> None:
    changes.start_recording(user=alice, now=NOW)
    imported(api, "loop.db")
    told = Change.objects.filter(user=alice)
    tracks = HabitTrack.objects.filter(user=alice).count()
    assert told.filter(type="log.set").count() == tracks
    assert told.filter(type="habit.created").count() == tracks


def test_awards_are_judged_by_what_was_imported(api: APIClient, alice: User) -> None:
    days = [f"{date(2025, 1, 1) + timedelta(days=n)},Run,1" for n in range(40)]
    imported(api, "own.csv", csv(*days))
    held = UserAchievement.objects.filter(user=alice, revoked_at=None)
    assert {"streak", "days"} & set(held.values_list("achievement__kind", flat=True))


def test_more_habits_than_a_person_may_have_are_refused_at_the_start(
    api: APIClient, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("habits.rules.MAX_HABITS", 2)
    made = upload(api, "loop.db").json()
    assert make.refused(api.post(f"/api/imports/{made['id']}/start/")) == [("too_many", None)]
    assert not Habit.objects.exists()


def test_a_habit_that_cannot_be_made_is_reported_and_the_others_are_made(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = create_habit

    def failing(**fields: Any) -> Habit:
        if fields["name"] == "Protein":
            raise ZeroDivisionError
        return real(**fields)

    monkeypatch.setattr(imports, "create_habit", failing)
    found = imported(api, "loop.db")
    outcomes = {item["name"]: (item["outcome"], item["code"]) for item in found["report"]}
    assert outcomes.pop("Protein") == ("refused", "internal_error")
    assert set(outcomes.values()) == {("created", "")}


def test_a_worker_that_dies_is_followed_by_one_that_makes_nothing_twice(
    api: APIClient, alice: User, monkeypatch: pytest.MonkeyPatch, noon: Any
) -> None:
    made = upload(api, "loop-2.3.1.zip").json()
    path = f"/api/imports/{made['id']}/"
    api.post(f"{path}start/")
    real, calls = import_days, []

    def dying(**arguments: Any) -> Any:
        calls.append(arguments["track_id"])
        if len(calls) == 4:
            raise SystemExit  # in the middle of a habit
        return real(**arguments)

    monkeypatch.setattr(imports, "import_days", dying)
    with pytest.raises(SystemExit):
        run_transfers()
    monkeypatch.undo()
    between = api.get(path).json()
    assert (between["state"], between["done"], Habit.objects.count()) == ("running", 3, 3)
    run_transfers()  # the lease still holds
    assert Habit.objects.count() == 3
    noon.shift(timedelta(minutes=3))
    run_transfers()
    found = api.get(path).json()
    assert (found["state"], found["done"]) == ("done", 8)
    wanted = samples.wanted(samples.expected("loop-2.3.1.zip")["habits"])
    assert [(each["name"], each["logs"]) for each in stored(alice)] == [(each["name"], each["logs"]) for each in wanted]


def test_a_worker_that_is_asked_to_stop_leaves_the_rest_to_the_next(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = upload(api, "loop.db").json()
    api.post(f"/api/imports/{made['id']}/start/")
    real, calls = import_days, []

    def stopping_at_the_second(**arguments: Any) -> Any:
        calls.append(arguments["track_id"])
        if len(calls) == 2:
            stopping.request()
        return real(**arguments)

    with monkeypatch.context() as patch:
        patch.setattr(imports, "import_days", stopping_at_the_second)
        run_transfers()
    stopping.reset()
    assert TransferItem.objects.count() == 2
    run_transfers()
    assert api.get(f"/api/imports/{made['id']}/").json()["state"] == "done"


def test_a_run_that_may_not_go_on_leaves_the_rest_to_the_next(api: APIClient) -> None:
    made = upload(api, "loop.db").json()
    path = f"/api/imports/{made['id']}/"
    api.post(f"{path}start/")
    for done in (1, 2, 3):
        assert run_next(now=NOW, may_go_on=lambda: False)
        assert api.get(path).json()["done"] == done
    assert run_next(now=NOW)
    assert api.get(path).json()["state"] == "done"
    assert not run_next(now=NOW)


def test_an_import_that_makes_no_headway_is_given_up(
    api: APIClient, monkeypatch: pytest.MonkeyPatch, noon: Any
) -> None:
    made = upload(api, "loop.db").json()
    api.post(f"/api/imports/{made['id']}/start/")

    def dying(**_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(imports, "import_habit", dying)
        for _ in range(running.MAX_ATTEMPTS):
            with pytest.raises(SystemExit):
                run_transfers()
            noon.shift(timedelta(minutes=3))
    run_transfers()
    found = api.get(f"/api/imports/{made['id']}/").json()
    assert (found["state"], found["code"]) == ("failed", "gave_up")
    assert not TransferPiece.objects.exists()


def test_a_deleted_import_ends_and_what_was_made_stays(api: APIClient) -> None:
    made = upload(api, "loop.db").json()
    api.post(f"/api/imports/{made['id']}/start/")
    assert api.delete(f"/api/imports/{made['id']}/").status_code == 204
    run_transfers()
    assert not Habit.objects.exists()
    assert not TransferPiece.objects.exists()


def test_the_bytes_of_a_file_are_deleted_when_its_import_is_done_or_its_time_is_over(api: APIClient, noon: Any) -> None:
    imported(api, "loop.db")
    assert not TransferPiece.objects.exists()
    upload(api, "loop.db")
    assert TransferPiece.objects.exists()
    sent(make.client(make.person("bob")), "beaver.json")
    noon.shift(rules.KEEP_UPLOAD)
    purge_transfers()
    assert {transfer.state for transfer in Transfer.objects.all()} == {
        "done",
        "reading",
    }  # the report; what waits for us
    assert TransferPiece.objects.exists()
    Transfer.objects.filter(state="reading").delete()
    noon.shift(rules.KEEP_REPORT)
    purge_transfers()
    assert not Transfer.objects.exists()


def test_a_second_upload_replaces_one_that_was_not_started(api: APIClient) -> None:
    upload(api, "loop.db")
    upload(api, "beaver.json")
    assert [each["source"] for each in api.get("/api/imports/").json()["results"]] == ["beaver_json"]


def test_a_deleted_account_leaves_no_file(api: APIClient, alice: User) -> None:
    imported(api, "loop.db")
    upload(api, "beaver.json")
    delete_account(user=alice, password=make.PASSWORD, now=NOW)
    assert not Transfer.objects.exists()
    assert not ImportedHabit.objects.exists()


def test_a_body_that_is_too_large_is_refused_before_it_is_read(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.transfer.views.ImportsView.max_body_bytes", 1000)
    assert upload(api, "loop.db").status_code == 413


def test_a_file_is_seen_by_nobody_else(api: APIClient) -> None:
    made = upload(api, "loop.db").json()
    other = make.client(make.person("bob"))
    for method, path in (("get", ""), ("patch", ""), ("delete", ""), ("post", "start/")):
        assert getattr(other, method)(f"/api/imports/{made['id']}/{path}").status_code == 404


def test_an_archive_in_an_archive_is_no_format(api: APIClient) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("inner.zip", samples.content("loop-2.3.1.zip"))
    assert upload(api, "outer.zip", made.getvalue()).json()["code"] == "unknown_format"


def test_columns_that_were_guessed_can_be_chosen_otherwise(api: APIClient, alice: User) -> None:
    answer = upload(api, "a.csv", b"Date,Habit,Minutes\n2026-11-01,Read,20\n2026-11-02,Read,30\n").json()
    chosen = {"day": "Date", "habit": "Habit"}
    assert answer["preview"]["columns"] == {"names": ["Date", "Habit", "Minutes"], "chosen": chosen}
    path = f"/api/imports/{answer['id']}/"
    changed = answered(api, path, columns={**chosen, "value": "Minutes"})
    assert changed["preview"]["columns"]["chosen"] == {**chosen, "value": "Minutes"}
    api.post(f"{path}start/")
    run_transfers()
    assert [float(log.amount or 0) for log in HabitLog.objects.order_by("day")] == [20, 30]


FORMULAS = ["=1+1 tired", "'=1", "''-", "- oats\n- apples;\t@\n\t= jam", "it's", "'quoted'", "a;=b"]


@pytest.mark.parametrize("note", FORMULAS)
def test_the_table_of_a_track_is_read_back_as_it_was(api: APIClient, alice: User, note: str) -> None:
    track = make.track(alice, name="Run;=1", schedule={"daily_amount": 5, "unit": "-km"})
    make.log(track, "2026-11-17", "skipped", note="ill")
    make.log(track, "2026-11-18", "missed")
    make.log(track, "2026-11-19", note=note)
    make.log(track, "2026-11-20", "partial", amount=2)
    found = imported(api, "logs.csv", api.get(f"/api/tracks/{track.pk}/logs.csv").content)
    assert found["preview"]["skipped"] == []
    before, after = stored(alice)
    assert after == before
    assert found["report"][0]["notices"] == ["amount_guessed", "schedule_unknown"]


def test_a_process_works_on_files_in_one_thread_so_that_others_send_messages(api: APIClient) -> None:
    path = f"/api/imports/{sent(api, 'a.csv', b'date,habit,done').json()['id']}/"
    with tasks._files:  # as while another thread reads a file
        run_transfers()
        assert api.get(path).json()["state"] == "reading"
    run_transfers()
    assert api.get(path).json()["state"] != "reading"


def test_only_a_csv_of_ones_own_has_columns_to_choose(api: APIClient) -> None:
    assert upload(api, "habitbull.csv").json()["preview"]["columns"] is None
    assert upload(api, "beaver.json").json()["preview"]["columns"] is None


def test_every_code_of_a_preview_has_a_sentence_in_the_persons_language(api: APIClient) -> None:
    for name in samples.NAMES:
        expected = samples.expected(name)
        codes = {*expected["notices"], *(skip["why"] for skip in expected["skipped"])}
        codes |= {notice for habit in expected["habits"] for notice in habit["notices"]}
        assert set(upload(api, name).json()["texts"]) >= codes
    api.patch("/api/users/me/", {"language": "ru"}, format="json")
    texts = upload(api, "beaver.json").json()["texts"]
    assert texts["deleted_there"] == "Удалено в другом приложении."


def test_habits_that_could_not_be_made_by_hand_are_not_imported(api: APIClient, settings: Settings) -> None:
    settings.REQUIRE_TELEGRAM, settings.TELEGRAM_BOT_TOKEN = True, "1:a"
    made = upload(api, "loop.db").json()
    assert make.refused(api.post(f"/api/imports/{made['id']}/start/")) == [("telegram_not_connected", None)]
    assert Transfer.objects.get().state == "waiting"
