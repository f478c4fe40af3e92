"""An export through the API, and its restore: equal but for ids, also in another account and on another engine."""

import csv
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from common.errors import DomainError
from common.limits import MAX_DESCRIPTION_LENGTH
from habits.models import HabitSchedule
from habits.recurrence import Frequency
from habits.rules import MAX_UNIT_LENGTH
from habits.services import create_habit, edit_habit
from integrations.models import ImportedHabit, Transfer, TransferPiece
from integrations.tasks import run_transfers
from integrations.transfer import exporting, own_format, restoring, rules
from integrations.transfer.reading.archives import open_archive
from notifications.models import Delivery
from notifications.reminders import rules as reminder_rules
from notifications.reminders import services as reminders
from tests import make
from tests.integrations.transfer import samples
from tests.integrations.transfer.test_reading import memory_of_at_most
from tracking.goals import rules as goal_rules
from tracking.goals import services as goals
from tracking.logs.services import DayEntry, set_days
from tracking.models import Goal, HabitLog, HabitTrack, Pause
from tracking.pauses import services as pauses
from tracking.streaks.services import find_differences, recount_due_tracks
from tracking.tracks import personal
from tracking.tracks import restoring as track_restoring
from tracking.tracks.services import leave
from users.models import User

NOW = make.utc("2026-11-20 12:00")
DAY = timedelta(days=1)
STORED = samples.SAMPLES / "own"

pytestmark = pytest.mark.django_db

Records = dict[str, Any]


@pytest.fixture(autouse=True)
def noon() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def alice() -> User:
    return make.person("alice")


@pytest.fixture
def bob() -> User:
    return make.person("bob")


def export(user: User) -> bytes:
    """Make an export through the API and fetch it."""
    api = make.client(user)
    made = api.post("/api/export/")
    assert made.status_code == 202, made.content
    run_transfers()
    path = f"/api/export/{made.json()['id']}/"
    found = api.get(path).json()
    assert found["state"] == "done"
    assert found["done"] == found["total"]
    answer = api.get(f"{path}file/")
    assert answer.status_code == 200
    content = fetched(answer)
    assert len(content) == found["size"] == int(answer.headers["Content-Length"])
    return content


def fetched(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def restore(user: User, content: bytes) -> dict[str, Any]:
    """Restore an export through the API, and return it with its report."""
    api, found = make.client(user), uploaded(user, content)
    assert found["state"] == "waiting", found
    path = f"/api/imports/{found['id']}/"
    assert api.post(f"{path}start/").status_code == 202
    run_transfers()
    found = dict(api.get(path).json())
    assert found["state"] == "done", found
    return found


def uploaded(user: User, content: bytes) -> dict[str, Any]:
    """Upload an export, have the worker read it, and return the import."""
    api, file = make.client(user), SimpleUploadedFile("export.zip", content)
    made = api.post("/api/imports/", {"file": file}, format="multipart")
    assert made.status_code == 202, made.content
    run_transfers()
    found: dict[str, Any] = api.get(f"/api/imports/{made.json()['id']}/").json()
    return found


def records(content: bytes) -> Records:
    """Return what an export has, with places instead of ids."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    habits = [json.loads(line) for line in archive.read("habits.jsonl").splitlines()]
    places = {habit["id"]: place for place, habit in enumerate(habits)}
    logs = {}
    for habit in habits:
        name = f"logs/{habit['id']}.jsonl"
        if name in archive.namelist():
            logs[places[habit["id"]]] = [json.loads(line) for line in archive.read(name).splitlines()]
        habit["linked_habit"] = places.get(habit["linked_habit"])
        habit["id"] = places[habit["id"]]
        del habit["created_at"]  # goes with the id
    return {"habits": habits, "logs": logs, "pauses": archive.read("pauses.jsonl").splitlines()}


def furnish(alice: User) -> None:
    """Give alice one of everything that an export has."""
    coffee = create_habit(
        owner=alice, name="Coffee", is_pleasant=True, schedule={"frequency": Frequency.DAILY}, now=NOW
    )
    with time_machine.travel(NOW - 60 * DAY, tick=False):
        then = NOW - 60 * DAY
        fields: Any = {"linked_habit": coffee.pk, "place": "the park", "action": "run", "description": "Two\nlines"}
        run = create_habit(
            owner=alice, name="Run 🏃", schedule={"frequency": Frequency.DAILY, "unit": "km"}, now=then, **fields
        )
        track = HabitTrack.objects.get(habit=run)
        days = [
            DayEntry(day=then.date() - n * DAY, amount=Decimal(n % 4 + 1), note="=1+1" if n % 5 else "")
            for n in range(90)
        ]
        set_days(user=alice, track_id=track.pk, days=days, source=HabitLog.Source.TELEGRAM, now=then)
        goals.create(user=alice, track_id=track.pk, days=5, amount=Decimal(1), now=then)
    entries = [DayEntry(day=NOW.date(), amount=Decimal("2.50")), DayEntry(day=NOW.date() - DAY, status="skipped")]
    set_days(user=alice, track_id=track.pk, days=entries, source=HabitLog.Source.WEB, now=NOW)
    edit_habit(owner=alice, habit_id=run.pk, schedule={"frequency": Frequency.WEEKLY, "times_per_period": 3}, now=NOW)
    pauses.add(user=alice, track_id=track.pk, first_day=date(2026, 9, 1), last_day=date(2026, 9, 5), now=NOW)
    pauses.add(user=alice, track_id=None, first_day=date(2026, 12, 24), last_day=None, now=NOW)
    personal.edit(user=alice, track_id=track.pk, colour="teal", icon="🏃", tags=["Health", "Out"], now=NOW)
    reminders.add(user=alice, track_id=track.pk, local_time=make.utc("2026-01-01 07:30").time(), text="Go", now=NOW)
    limit = {"frequency": Frequency.DAILY, "limit_per_period": Decimal(2)}
    tea = create_habit(owner=alice, name="Tea", goal_type="at_most", schedule=limit, now=NOW)
    limited = HabitTrack.objects.get(habit=tea)
    days = [DayEntry(day=NOW.date() - n * DAY, amount=Decimal(n)) for n in range(4)]
    set_days(user=alice, track_id=limited.pk, days=days, source=HabitLog.Source.API, now=NOW)
    windows = {"frequency": Frequency.DAILY, "interval": 3}
    old = create_habit(owner=alice, name="Old", schedule=windows, start_date=date(2026, 10, 1), now=NOW)
    archived = HabitTrack.objects.get(habit=old)
    set_days(
        user=alice,
        track_id=archived.pk,
        days=[DayEntry(day=date(2026, 10, 9), status="completed")],
        source="web",
        now=NOW,
    )
    edit_habit(owner=alice, habit_id=old.pk, start_date=date(2026, 9, 29), now=NOW)  # its windows stay where they were
    personal.edit(user=alice, track_id=archived.pk, archived=True, now=NOW)
    personal.order(user=alice, track_ids=[limited.pk, track.pk])


def streaks(user: User) -> list[Any]:
    tracks = HabitTrack.objects.filter(user=user).order_by("habit__name", "pk")
    return [
        (track.habit.name, track.streak, str(track.streak_unit), track.longest_streaks, round(track.strength, 9))
        for track in tracks.select_related("habit")
    ]


def test_an_export_restored_in_another_account_is_equal_but_for_ids(alice: User, bob: User) -> None:
    furnish(alice)
    first = export(alice)
    report = restore(bob, first)
    assert {item["outcome"] for item in report["report"]} == {"created"}
    assert records(export(bob)) == records(first)
    assert streaks(bob) == streaks(alice)
    assert not list(find_differences(now=NOW, repair=False))


ODD = "one\r\ntwo\x01\x0b\x1b\x7f\u0085 three"


def test_every_text_that_the_api_accepts_is_restored_as_it_is(alice: User, bob: User) -> None:
    api = make.client(alice)
    texts = {name: f"{name} {ODD}" for name in ("description", "action", "place", "reward")}
    made = api.post("/api/habits/", {"name": "Run", "frequency": "daily", "unit": "k\x01m", **texts})
    assert made.status_code == 201, made.content
    track = HabitTrack.objects.get(user=alice)
    day = f"/api/tracks/{track.pk}/logs/{NOW.date()}/"
    assert api.put(day, {"amount": "2", "note": ODD}).status_code == 200
    reminder = {"track": track.pk, "local_time": "07:30", "text": ODD}
    assert api.post("/api/reminders/", reminder).status_code == 201
    first = export(alice)
    assert {item["outcome"] for item in restore(bob, first)["report"]} == {"created"}
    assert records(export(bob)) == records(first)
    assert HabitLog.objects.get(track__user=bob).note == ODD


def test_as_many_of_all_as_the_api_allows_are_restored(alice: User, bob: User) -> None:
    track = make.track(alice, time="06:30", description="ж" * MAX_DESCRIPTION_LENGTH)
    for number in range(reminder_rules.MAX_PER_TRACK - 1):
        at = time(hour=number)
        reminders.add(user=alice, track_id=track.pk, local_time=at, text="ж" * reminder_rules.MAX_TEXT_LENGTH, now=NOW)
    Goal.objects.bulk_create(
        Goal(track=track, amount=1, days=n + 1, first_day=NOW.date()) for n in range(goal_rules.MAX_GOALS)
    )
    unit = "ж" * MAX_UNIT_LENGTH
    HabitSchedule.objects.bulk_create(
        HabitSchedule(
            habit=track.habit, frequency="daily", daily_amount=n % 9 + 1, unit=unit, starts_on=NOW.date() + n * DAY
        )
        for n in range(1, 1501)
    )  # an edit for each of four years' days
    first = export(alice)
    assert {item["outcome"] for item in restore(bob, first)["report"]} == {"created"}
    assert records(export(bob)) == records(first)


def pause_for_single_days(user: User, number: int, *, track_id: int | None = None) -> None:
    """Pause every other day until yesterday, `number` days in all."""
    for n in range(number):
        day = NOW.date() - (2 * n + 1) * DAY
        pauses.add(user=user, track_id=track_id, first_day=day, last_day=day, now=NOW)


def fill_with_pauses(user: User, number: int) -> None:
    """Give the user pauses of all habits in years before."""
    days = [date(2024, 1, 1) + 2 * n * DAY for n in range(number)]
    Pause.objects.bulk_create(Pause(user=user, first_day=day, last_day=day) for day in days)


def test_an_archived_track_with_as_many_pauses_as_are_allowed_is_restored_archived(alice: User, bob: User) -> None:
    track = make.track(alice)
    make.log(track, NOW.date() - 300 * DAY)
    pause_for_single_days(alice, pauses.MAX_PAUSES, track_id=track.pk)
    personal.edit(user=alice, track_id=track.pk, archived=True, now=NOW)
    first = export(alice)
    assert {tuple(item["notices"]) for item in restore(bob, first)["report"]} == {()}
    assert records(export(bob)) == records(first)


def test_pauses_by_hand_above_their_limit_are_left_out_the_earliest_first_and_that_is_said(
    alice: User, bob: User
) -> None:
    track = make.track(alice)
    pause_for_single_days(alice, pauses.MAX_PAUSES, track_id=track.pk)
    earliest, latest = date(2020, 1, 1), date(2026, 12, 24)
    Pause.objects.create(user=alice, track=track, first_day=earliest, last_day=earliest)  # by a merge of two tracks
    Pause.objects.create(user=alice, track=track, first_day=latest)
    found = restore(bob, export(alice))
    assert found["report"][0]["notices"] == ["pauses_left_out"]
    restored = Pause.objects.filter(user=bob)
    assert (restored.count(), restored.filter(first_day=earliest).count()) == (pauses.MAX_PAUSES, 0)
    assert restored.get(last_day=None).first_day == latest


def test_pauses_of_all_habits_for_which_the_account_has_no_room_are_left_out_and_that_is_said(
    alice: User, bob: User
) -> None:
    make.log(make.track(alice), NOW.date())
    pause_for_single_days(alice, 2)
    content = export(alice)
    fill_with_pauses(bob, pauses.MAX_PAUSES - 1)
    found = restore(bob, content)
    assert ([item["outcome"] for item in found["report"]], found["preview"]["notices"]) == (
        ["created"],
        ["pauses_left_out"],
    )
    assert found["texts"]["pauses_left_out"]
    assert Pause.objects.filter(user=bob).count() == pauses.MAX_PAUSES
    assert Pause.objects.filter(user=bob, first_day=NOW.date() - DAY).exists(), "the latest first"


def test_a_pause_of_all_habits_within_one_that_there_is_needs_no_room(alice: User, bob: User) -> None:
    make.track(alice)
    pause_for_single_days(alice, 1)
    content = export(alice)
    fill_with_pauses(bob, pauses.MAX_PAUSES - 1)
    Pause.objects.create(user=bob, first_day=NOW.date() - 7 * DAY)
    assert restore(bob, content)["preview"]["notices"] == []
    assert Pause.objects.filter(user=bob).count() == pauses.MAX_PAUSES


def test_an_export_has_no_ids_of_others_no_addresses_and_no_secrets(alice: User) -> None:
    furnish(alice)
    key = make.key(alice).text
    archive = zipfile.ZipFile(io.BytesIO(export(alice)))
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    for secret in (alice.email, alice.password, key):
        assert secret not in everything
    assert alice.username not in everything


def test_the_manifest_counts_and_hashes_every_file(alice: User) -> None:
    furnish(alice)
    archive = zipfile.ZipFile(io.BytesIO(export(alice)))
    manifest = json.loads(archive.read("manifest.json"))
    assert (manifest["format"], manifest["version"]) == ("habit-tracker-export", 1)
    assert manifest["counts"] == {"habits": 4, "logs": HabitLog.objects.count()}
    assert set(manifest["files"]) == set(archive.namelist()) - {"manifest.json"}
    for name, said in manifest["files"].items():
        content = archive.read(name)
        assert said == {"rows": content.count(b"\n"), "sha256": hashlib.sha256(content).hexdigest()}


def test_an_export_restored_twice_changes_nothing(alice: User, bob: User) -> None:
    furnish(alice)
    content = export(alice)
    restore(bob, content)
    before = records(export(bob))
    report = restore(bob, content)
    assert {item["outcome"] for item in report["report"]} == {"unchanged"}
    assert records(export(bob)) == before


def test_an_export_restored_where_it_was_made_changes_nothing_but_what_was_lost(alice: User) -> None:
    furnish(alice)
    content = export(alice)
    log = HabitLog.objects.filter(track__habit__name="Run 🏃").order_by("day")[3]
    make.client(alice).delete(f"/api/tracks/{log.track_id}/logs/{log.day}/")
    report = restore(alice, content)
    assert [(item["outcome"], item["days_added"]) for item in report["report"] if item["days_added"]] == [
        ("changed", 1)
    ]
    assert not ImportedHabit.objects.exists()
    assert records(export(alice)) == records(content)


def test_a_habit_of_another_person_becomes_ones_own_and_private(alice: User, bob: User) -> None:
    walk = make.habit(bob, name="Walk", is_published=True)
    api = make.client(alice)
    track = api.post("/api/tracks/", {"habit": walk.pk}).json()["id"]
    make.log(HabitTrack.objects.get(pk=track), "2026-11-18")
    charlie = make.person("charlie")
    report = restore(charlie, export(alice))
    (item,) = report["report"]
    assert item["notices"] == ["now_your_own"]
    made = HabitTrack.objects.get(user=charlie)
    assert (made.habit.owner, made.habit.is_published, made.logs.count()) == (charlie, False, 1)


@pytest.fixture
def walked(alice: User, bob: User) -> HabitTrack:
    """A track of bob's published habit, with a note, that alice has left."""
    walk = make.habit(bob, name="Walk", place="the secret garden", is_published=True)
    track = make.follower(alice, walk)
    make.log(track, "2026-11-18", note="my own words")
    leave(user=alice, track_id=track.pk, now=NOW)
    return track


@pytest.mark.parametrize("name", ["alice", "charlie"])
def test_a_habit_that_was_left_is_restored_as_ones_own_and_archived_and_can_be_taken_back(
    alice: User, walked: HabitTrack, name: str
) -> None:
    user = alice if name == "alice" else make.person(name)
    content = export(alice)
    (item,) = restore(user, content)["report"]
    assert (item["outcome"], item["notices"]) == ("created", ["now_your_own"])
    made = HabitTrack.objects.get(user=user, habit__owner=user)
    assert (made.archived_at, made.left_at, made.logs.get().note) == (NOW, None, "my own words")
    assert restore(user, content)["report"][0]["outcome"] == "unchanged"
    personal.edit(user=user, track_id=made.pk, archived=False, now=NOW + 2 * DAY)
    assert list(made.pauses.values_list("first_day", "last_day")) == [(NOW.date(), NOW.date() + DAY)]


def test_a_habit_that_was_left_without_a_log_is_not_exported(alice: User, bob: User) -> None:
    track = make.follower(alice, make.habit(bob, is_published=True))
    leave(user=alice, track_id=track.pk, now=NOW)
    assert records(export(alice))["habits"] == []


def test_of_a_habit_that_was_left_and_is_private_now_no_word_of_its_owner_is_exported(
    alice: User, bob: User, walked: HabitTrack
) -> None:
    (before,) = records(export(alice))["habits"]
    assert (before["name"], before["place"]) == ("Walk", "the secret garden")
    edit_habit(owner=bob, habit_id=walked.habit_id, is_published=False, name="See the doctor", now=NOW)
    weekly: Any = {"frequency": Frequency.WEEKLY, "times_per_period": 2}
    edit_habit(owner=bob, habit_id=walked.habit_id, schedule=weekly, now=NOW + 2 * DAY)
    (now,) = records(export(alice))["habits"]
    name = f"A habit that I left on {NOW.date()}"
    assert (now["name"], now["place"], now["action"]) == (name, "", "")
    assert [each["frequency"] for each in now["versions"]] == ["daily"]
    table = make.client(alice).get(f"/api/tracks/{walked.pk}/logs.csv").content.decode()
    assert name in table and "my own words" in table and "doctor" not in table


def test_a_restore_writes_no_messages(alice: User, bob: User) -> None:
    furnish(alice)
    content = export(alice)
    make.connect(bob, 1002)
    before = set(Delivery.objects.values_list("pk", flat=True))
    restore(bob, content)
    kinds = set(Delivery.objects.exclude(pk__in=before).values_list("kind", flat=True))
    assert kinds <= {Delivery.Kind.ACHIEVEMENT}


def test_an_export_is_fetched_once_by_its_owner_within_an_hour(alice: User, bob: User, noon: Any) -> None:
    make.track(alice)
    api = make.client(alice)
    made = api.post("/api/export/").json()
    path = f"/api/export/{made['id']}/"
    assert make.refused(api.get(f"{path}file/")) == [("not_ready", None)]
    assert api.post("/api/export/").json()["id"] == made["id"]
    run_transfers()
    assert make.client(bob).get(f"{path}file/").status_code == 404
    assert fetched(api.get(f"{path}file/"))
    assert make.refused(api.get(f"{path}file/")) == [("gone", None)]
    again = api.post("/api/export/").json()
    run_transfers()
    noon.shift(rules.KEEP_EXPORT)
    assert make.refused(api.get(f"/api/export/{again['id']}/file/")) == [("gone", None)]


def test_no_key_fetches_an_export(alice: User) -> None:
    make.track(alice)
    made = make.client(alice).post("/api/export/").json()
    run_transfers()
    program = make.program(make.key(alice).text)
    assert program.get(f"/api/export/{made['id']}/file/").status_code == 403
    assert program.post("/api/export/").status_code == 403


def test_a_worker_that_dies_in_an_export_is_followed_by_one_that_makes_it(
    alice: User, monkeypatch: pytest.MonkeyPatch, noon: Any
) -> None:
    furnish(alice)
    made = make.client(alice).post("/api/export/").json()
    with monkeypatch.context() as patch:
        patch.setattr(exporting, "_memberships", dying(after=0))
        with pytest.raises(SystemExit):
            run_transfers()
    assert not TransferPiece.objects.exists()
    noon.shift(timedelta(minutes=3))
    run_transfers()
    assert Transfer.objects.get(pk=made["id"]).state == "done"
    assert TransferPiece.objects.count() == 1


def test_a_worker_that_dies_in_a_restore_is_followed_by_one_that_makes_nothing_twice(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch, noon: Any
) -> None:
    furnish(alice)
    content = export(alice)
    api = make.client(bob)
    made = uploaded(bob, content)
    api.post(f"/api/imports/{made['id']}/start/")
    with monkeypatch.context() as patch:
        patch.setattr(restoring, "restore_track", dying(after=2, real=track_restoring.restore_track))
        with pytest.raises(SystemExit):
            run_transfers()
    assert api.get(f"/api/imports/{made['id']}/").json()["done"] == 3
    noon.shift(timedelta(minutes=3))
    run_transfers()
    assert records(export(bob)) == records(content)


def dying(*, after: int, real: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Return a function that ends the process at a later call."""
    calls: list[int] = []

    def call(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) > after or real is None:
            raise SystemExit
        return real(*arguments, **named)

    return call


def changed(content: bytes, name: str, change: Callable[[bytes], bytes], *, signs: bool = True) -> bytes:
    """Return an export with another file in it. `signs`: the manifest says so as well."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    files = {each: archive.read(each) for each in archive.namelist()}
    files[name] = change(files[name])
    if signs and name != "manifest.json":
        manifest = json.loads(files["manifest.json"])
        digest = hashlib.sha256(files[name]).hexdigest()
        manifest["files"][name] = {"rows": files[name].count(b"\n"), "sha256": digest}
        files["manifest.json"] = json.dumps(manifest).encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as other:
        for each, text in files.items():
            other.writestr(each, text)
    return made.getvalue()


HOSTILE: list[tuple[str, str, str, str]] = [
    ("habits.jsonl", '"name":"Run 🏃"', '"name":7', "unexpected_content"),
    ("habits.jsonl", '"name":"Run 🏃"', '"title":"Run"', "unexpected_content"),
    ("habits.jsonl", '"name":"Run 🏃"', f'"name":"{"n" * 201}"', "unexpected_content"),
    ("habits.jsonl", '"name":"Run 🏃"', '"name":"a\\u0000b"', "unexpected_content"),
    ("habits.jsonl", '"goal_type":"at_most"', '"goal_type":"never"', "unexpected_content"),
    ("habits.jsonl", '"frequency":"weekly"', '"frequency":"hourly"', "unexpected_content"),
    ("habits.jsonl", '"interval":3', '"interval":99', "unexpected_content"),
    ("habits.jsonl", '"limit_per_period":"2.00"', '"limit_per_period":"1e99"', "unexpected_content"),
    ("habits.jsonl", '{"id"', "{'id'", "broken_json"),
    ("pauses.jsonl", '"last_day":null', '"last_day":"2020-01-01"', "unexpected_content"),
    ("manifest.json", '"version": 1', '"version": 2', "newer_version"),
    ("manifest.json", '"habit-tracker-export"', '"another"', "unknown_format"),
]


@pytest.mark.parametrize(("name", "old", "new", "code"), HOSTILE)
def test_an_export_with_other_content_is_refused_whole(
    alice: User, bob: User, name: str, old: str, new: str, code: str
) -> None:
    furnish(alice)
    content = export(alice)
    hostile = changed(content, name, lambda text: text.replace(old.encode(), new.encode(), 1))
    assert hostile != content
    assert uploaded(bob, hostile)["code"] == code


def test_an_export_that_is_not_as_its_manifest_says_is_refused(alice: User, bob: User) -> None:
    furnish(alice)
    hostile = changed(export(alice), "pauses.jsonl", lambda text: text + text, signs=False)
    assert uploaded(bob, hostile)["code"] == "damaged_archive"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("logs/1.jsonl", b"\n" * 60_000_000, "unpacks_too_large"),
        ("habits.jsonl", b"{}\n" * 5001, "too_many_habits"),
        ("logs/1.jsonl", b"{}\n" * 50_001, "too_many_rows"),
        ("habits.jsonl", b'{"a":' * 5000 + b"\n", "broken_json"),
        ("habits.jsonl", b"x" * 2_000_001 + b"\n", "unexpected_content"),
        ("habits.jsonl", b'{"a":[' + b"{}," * 660_000 + b"{}]}\n", "unexpected_content"),
    ],
)
def test_an_export_that_is_a_bomb_is_refused_in_bounded_memory(name: str, text: bytes, code: str) -> None:
    files = {"habits.jsonl": b"", "logs/1.jsonl": b""} | {name: text}
    said = {
        each: {"rows": content.count(b"\n"), "sha256": hashlib.sha256(content).hexdigest()}
        for each, content in files.items()
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps({"format": "habit-tracker-export", "version": 1, "files": said}))
        for each, content in files.items():
            archive.writestr(each, content)
    with memory_of_at_most(120_000_000), pytest.raises(DomainError) as error:
        own_format.open_export(open_archive(made.getvalue(), max_bytes=own_format.MAX_RESTORED_BYTES))
    assert error.value.code == code


UNTOUCHED_LIMIT: dict[str, Any] = {
    "schedule": {"frequency": Frequency.WEEKLY, "limit_per_period": Decimal(5)},
    "later": None,
    "days": {},
    "pauses": [],
    "archived": False,
}


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw the lives of a few habits: schedule, its change, days, pauses."""
    statuses = st.sampled_from(["completed", "skipped", "missed", "2.5", "0.25"])
    schedules = st.sampled_from(
        [
            {"frequency": Frequency.DAILY},
            {"frequency": Frequency.DAILY, "interval": 4},
            {"frequency": Frequency.DAILY, "weekdays": frozenset({0, 3})},
            {"frequency": Frequency.WEEKLY, "times_per_period": 3},
            {"frequency": Frequency.MONTHLY, "times_per_period": 6, "daily_amount": Decimal(2)},
            {"frequency": Frequency.WEEKLY, "limit_per_period": Decimal(5)},
        ]
    )
    return [
        {
            "schedule": draw(schedules),
            "later": draw(st.none() | schedules),
            "days": draw(st.dictionaries(st.integers(0, 120), statuses, max_size=25)),
            "pauses": draw(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 20)), max_size=2)),
            "archived": draw(st.booleans()),
        }
        for _ in range(draw(st.integers(1, 3)))
    ]


def live(user: User, lives: list[dict[str, Any]]) -> None:
    for number, life in enumerate(lives):
        is_limit = "limit_per_period" in life["schedule"]
        fields: Any = {"goal_type": "at_most" if is_limit else "at_least"}
        start = NOW - 40 * DAY
        with time_machine.travel(start, tick=False):
            habit = create_habit(owner=user, name=f"Habit {number}", schedule=life["schedule"], now=start, **fields)
        track = HabitTrack.objects.get(habit=habit)
        set_days(user=user, track_id=track.pk, days=list(entries(life, is_limit)), source="web", now=NOW)
        if life["later"] and is_limit == ("limit_per_period" in life["later"]):
            plain: dict[str, Any] = {} if is_limit else {"interval": 1, "weekdays": frozenset()}
            edit_habit(owner=user, habit_id=habit.pk, schedule=plain | life["later"], now=NOW)
        for back, length in life["pauses"]:
            first = NOW.date() - back * DAY
            pauses.add(user=user, track_id=track.pk, first_day=first, last_day=first + length * DAY, now=NOW)
        if life["archived"]:
            personal.edit(user=user, track_id=track.pk, archived=True, now=NOW)


def entries(life: dict[str, Any], is_limit: bool) -> Iterator[DayEntry]:
    for back, said in sorted(life["days"].items()):
        day = NOW.date() - back * DAY
        if said[0].isdigit() or (is_limit and said != "skipped"):
            yield DayEntry(day=day, amount=Decimal(said if said[0].isdigit() else 1), note=f"{said} ✓")
        else:
            yield DayEntry(day=day, status=said)


@settings(max_examples=int(os.environ.get("TRANSFER_EXAMPLES", "12")))
@given(lives=histories())
@example(lives=[UNTOUCHED_LIMIT])
def test_any_history_restored_is_equal_but_for_ids(lives: list[dict[str, Any]]) -> None:
    with time_machine.travel(NOW, tick=False):
        number = User.objects.count()
        one, other = make.person(f"one-{number}"), make.person(f"other-{number}")
        live(one, lives)
        recount_due_tracks(now=NOW)  # a limit is kept by time alone, which the worker counts
        first = export(one)
        restore(other, first)
        assert records(export(other)) == records(first)
        assert streaks(other) == streaks(one)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_an_export_of_another_engine_is_restored_as_it_was(bob: User, engine: str) -> None:
    content = (STORED / f"export-of-{engine}.zip").read_bytes()
    restore(bob, content)
    assert records(export(bob)) == records(content)
    assert not list(find_differences(now=NOW, repair=False))


def test_the_logs_of_a_track_are_a_table_that_no_spreadsheet_runs(alice: User, bob: User) -> None:
    track = make.track(alice, name="@SUM(1)", schedule={"frequency": Frequency.DAILY, "unit": "km"})
    make.log(track, "2026-11-18", amount=Decimal("2.5"), note='=HYPERLINK("https://example.org")')
    make.log(track, "2026-11-19", note="-1\nand more")
    path = f"/api/tracks/{track.pk}/logs.csv"
    answer = make.client(alice).get(path)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = answer.content.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "day,habit,status,amount,unit,note,completed_at,source"
    assert lines[1].startswith("2026-11-18,'@SUM(1),completed,2.50,km,\"'=HYPERLINK(")
    assert ',"\'-1\nand more",' in lines[2]
    assert make.client(bob).get(path).status_code == 404
    assert make.program(make.key(alice).text).get(path).status_code == 200


@pytest.mark.parametrize("name", ['Run;=HYPERLINK("https://example.org/?"&A1)', "Run; '\"=1+1;x", 'Run;"@SUM(1)'])
@pytest.mark.parametrize("separator", ",;\t")
def test_by_whatever_separator_a_spreadsheet_divides_the_table_no_cell_is_a_formula(
    alice: User, bob: User, separator: str, name: str
) -> None:
    """Also where another person has named the habit."""
    walk = make.habit(bob, name=name, is_published=True)
    track = make.follower(alice, walk)
    make.log(track, "2026-11-19", note="a\t=1\n-2\r@3; +4")
    text = make.client(alice).get(f"/api/tracks/{track.pk}/logs.csv").content.decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
        for cell in row:
            for line in cell.splitlines():
                assert not line.lstrip(" ").startswith(("=", "+", "-", "@")), (separator, cell)


def test_the_parts_of_an_export_are_read_a_habit_at_a_time(alice: User) -> None:
    furnish(alice)
    found = own_format.open_export(open_archive(export(alice)))
    logs = {habit.name: len(found.logs_of(habit)) for habit in found.habits}
    assert logs == {"Coffee": 0, "Run 🏃": 92, "Tea": 4, "Old": 1}
