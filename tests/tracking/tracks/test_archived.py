"""An archived track is hidden and paused, and comes back as it was."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from habits.models import Habit
from notifications.bot import screens
from notifications.bot.commands import run
from notifications.models import Delivery, Reminder
from notifications.tasks import tick
from tests import make
from tracking.models import HabitTrack, Pause
from tracking.pauses.services import end_pause, remove
from tracking.tasks import apply_pending_changes
from tracking.tracks.queries import locked_track, tracks_of
from users.models import User

pytestmark = pytest.mark.django_db

DAYS = ["2026-11-18", "2026-11-19", "2026-11-20"]


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def track(alice: User, clock: Any) -> HabitTrack:
    """A daily habit with three completed days up to today."""
    clock.move_to(make.utc("2026-11-18 12:00"), tick=False)
    track = make.track(alice, name="Run", time="18:00")
    clock.move_to(make.utc("2026-11-20 12:00"), tick=False)
    for day in DAYS:
        make.log(track, day)
    return track


def archive(api: APIClient, track: HabitTrack, archived: bool = True) -> dict[str, Any]:
    answer = api.patch(f"/api/tracks/{track.pk}/", {"archived": archived})
    assert answer.status_code == 200, answer.content
    assert answer.json()["archived"] is archived
    return dict(answer.json())


def pauses(track: HabitTrack) -> list[tuple[str, str | None, str]]:
    rows = (
        Pause.objects.filter(track=track).order_by("first_day", "reason").values_list("first_day", "last_day", "reason")
    )
    return [(str(first), str(last) if last else None, reason) for first, last, reason in rows]


# Every list that shows tracks or what belongs to them, and how many rows of the habit it has.
LISTS: dict[str, Callable[[Any], int]] = {
    "tracks/": lambda body: len(body["results"]),
    "progress/?from=2026-11-18&to=2026-11-20": lambda body: len(body["results"]),
    "summary/": lambda body: body["count"],
    "today/": len,
    "days/2026-11-19/": len,
    "goals/": lambda body: body["count"],
    "pauses/": lambda body: body["count"],
    "reminders/": lambda body: body["count"],
}


def test_it_is_in_no_list_unless_asked_for(api: APIClient, track: HabitTrack, clock: Any) -> None:
    api.post("/api/goals/", {"track": track.pk, "days": 30})
    api.post("/api/pauses/", {"track": track.pk, "first_day": "2026-12-24"})
    for path, count in LISTS.items():
        assert count(api.get(f"/api/{path}").json()) == 1, path
    archive(api, track)
    for path, count in LISTS.items():
        assert count(api.get(f"/api/{path}").json()) == 0, path
        asked = f"/api/{path}{'&' if '?' in path else '?'}archived=true"
        # Today it is paused like any other; its pauses are the user's own and that of archiving.
        assert count(api.get(asked).json()) == {"today/": 0, "pauses/": 2}.get(path, 1), path
        assert count(api.get(asked.replace("true", "false")).json()) == 0, path
    assert api.get("/api/users/me/").json()["tracks"] == []
    assert api.get("/api/summary/").json()["overall"]["current_streak"] is None


def test_other_tracks_stay(api: APIClient, alice: User, track: HabitTrack) -> None:
    other = make.track(alice, name="Read")
    archive(api, track)
    assert [each["id"] for each in api.get("/api/tracks/").json()["results"]] == [other.pk]
    assert [each["id"] for each in api.get("/api/tracks/?archived=true").json()["results"]] == [track.pk]
    assert [each["track"]["id"] for each in api.get("/api/today/").json()] == [other.pk]
    assert screens.streaks(alice, now=timezone.now()).text.count("\n") == 2
    assert "Run" not in run("today", alice, "", timezone.now()).text


def test_by_its_id_it_can_be_read_and_logged(api: APIClient, track: HabitTrack) -> None:
    archive(api, track)
    assert api.get(f"/api/tracks/{track.pk}/").json()["archived"] is True
    assert api.get(f"/api/tracks/{track.pk}/heatmap.svg").status_code == 200
    assert api.get(f"/api/tracks/{track.pk}/logs/").json()["count"] == 3
    assert api.get("/api/reminders/", {"track": track.pk}).json()["count"] == 1
    assert api.put(f"/api/tracks/{track.pk}/logs/2026-11-20/", {"note": "the last one"}).status_code == 200


def test_it_is_not_reminded(alice: User, api: APIClient, track: HabitTrack, clock: Any) -> None:
    make.connect(alice, 1001)
    tick()
    Delivery.objects.all().delete()
    archive(api, track)
    assert Reminder.objects.get(track=track).next_at is None
    clock.move_to(make.utc("2026-11-21 18:01"), tick=False)
    tick()
    assert not Delivery.objects.filter(kind="reminder").exists()
    archive(api, track, False)
    assert Reminder.objects.get(track=track).next_day == date(2026, 11, 22)


def test_its_streak_stands_and_goes_on_when_it_is_taken_back(api: APIClient, track: HabitTrack, clock: Any) -> None:
    clock.move_to(make.utc("2026-11-21 12:00"), tick=False)
    assert archive(api, track)["lapses_at"] is None
    clock.move_to(make.utc("2027-03-01 12:00"), tick=False)
    assert api.get(f"/api/tracks/{track.pk}/").json()["current_streak"] == 3
    shown = archive(api, track, False)
    assert (shown["current_streak"], shown["lapses_at"]) == (3, "2027-03-02T00:00:00Z")
    assert pauses(track) == [("2026-11-21", "2027-02-28", "archived")]
    answer = api.put(f"/api/tracks/{track.pk}/logs/2027-03-01/", {"status": "completed"})
    assert answer.json()["streak"]["current"] == 4


def test_archiving_and_taking_back_on_one_day_leaves_no_trace(api: APIClient, track: HabitTrack) -> None:
    before = make.everything()
    archive(api, track)
    archive(api, track, False)
    after = make.everything()
    for rows in (before, after):
        for row in rows["tracking.HabitTrack"] + rows["notifications.Reminder"]:
            row.pop("counted_at", None), row.pop("planned_at", None)
    assert after == before


def test_saying_it_twice_changes_nothing(api: APIClient, track: HabitTrack, clock: Any) -> None:
    for archived in (True, False):
        archive(api, track, archived)
        before = make.everything()
        clock.shift(86400)
        archive(api, track, archived)
        assert make.everything() == before


def test_the_users_own_pauses_come_out_as_they_were(api: APIClient, track: HabitTrack, clock: Any) -> None:
    for first, last in (("2026-11-22", "2026-11-30"), ("2026-12-05", None)):
        api.post("/api/pauses/", {"track": track.pk, "first_day": first, "last_day": last})
    own = pauses(track)
    archive(api, track)
    for moment, ended in (("2026-11-25 12:00", "2026-11-24"), ("2026-12-20 12:00", "2026-12-19")):
        clock.move_to(make.utc(moment), tick=False)
        archive(api, track, False)
        found = pauses(track)
        assert [each for each in found if each[2] == "manual"] == own
        assert [each[1] for each in found if each[2] == "archived"][-1] == ended
        archive(api, track)


def test_leaving_and_archiving_do_not_undo_each_other(alice: User, bob: User, clock: Any) -> None:
    habit: Habit = make.habit(alice, is_published=True)
    track, client = make.follower(bob, habit), make.client(bob)
    client.post("/api/pauses/", {"track": track.pk, "first_day": "2026-11-20"})
    clock.move_to(make.utc("2026-11-21 12:00"), tick=False)
    archive(client, track)
    clock.move_to(make.utc("2026-11-23 12:00"), tick=False)
    assert client.delete(f"/api/tracks/{track.pk}/").status_code == 204
    make.refused(client.patch(f"/api/tracks/{track.pk}/", {"archived": False}), 404)
    clock.move_to(make.utc("2026-11-26 12:00"), tick=False)
    assert (
        client.post("/api/tracks/", {"habit": habit.pk}).json()["archived"] is True
    )  # following again, still archived
    clock.move_to(make.utc("2026-11-28 12:00"), tick=False)
    archive(client, track, False)
    assert pauses(track) == [
        ("2026-11-20", None, "manual"),
        ("2026-11-21", "2026-11-27", "archived"),
        ("2026-11-23", "2026-11-25", "left"),
    ]


def test_an_owner_can_archive_and_followers_keep_theirs(api: APIClient, alice: User, bob: User, clock: Any) -> None:
    habit = make.habit(alice, is_published=True)
    bobs = make.follower(bob, habit)
    archive(api, HabitTrack.objects.get(habit=habit, user=alice))
    [shown] = make.client(bob).get("/api/tracks/").json()["results"]
    assert (shown["id"], shown["archived"], pauses(bobs)) == (bobs.pk, False, [])
    habit.refresh_from_db()
    assert habit.is_published and habit.followers == 1


def test_in_a_challenge_and_a_group_it_stays_with_its_days(api: APIClient, alice: User, bob: User, clock: Any) -> None:
    habit = make.habit(alice, is_published=True)
    days = {"first_day": "2026-11-21", "last_day": "2026-11-30"}
    challenge = api.post("/api/challenges/", {"habit": habit.pk, "name": "Ten days", "is_public": True, **days}).json()
    group = api.post("/api/groups/", {"name": "Runners", "is_open": True}).json()
    api.post(f"/api/groups/{group['id']}/habits/", {"habit": habit.pk})
    api.post(f"/api/groups/{group['id']}/habits/{habit.pk}/follow/")
    clock.move_to(make.utc("2026-11-21 12:00"), tick=False)
    track = HabitTrack.objects.get(habit=habit, user=alice)
    make.log(track, "2026-11-21")
    pages = [
        f"challenges/{challenge['id']}/standings/",
        f"challenges/{challenge['id']}/days/",
        f"groups/{group['id']}/board/",
    ]
    client = make.client(bob)
    client.post(f"/api/challenges/{challenge['id']}/join/")
    client.post(f"/api/groups/{group['id']}/join/")

    def shown() -> list[Any]:
        return [without_strength(client.get(f"/api/{page}").json()) for page in pages]

    before = shown()
    assert str(before).count("alice") >= 3
    archive(api, track)
    assert shown() == before


def without_strength(body: Any) -> Any:
    """Return the body without strengths: a paused day keeps that of the day before."""
    if isinstance(body, dict):
        return {name: without_strength(value) for name, value in body.items() if name != "strength"}
    return [without_strength(each) for each in body] if isinstance(body, list) else body


def test_a_pause_of_archiving_ends_by_taking_the_track_back(api: APIClient, track: HabitTrack, clock: Any) -> None:
    archive(api, track)
    [shown] = api.get("/api/pauses/?archived=true").json()["results"]
    assert shown["reason"] == "archived"
    path = f"/api/pauses/{shown['id']}/"
    before = make.everything()
    assert make.refused(api.patch(path, {"last_day": "2026-11-20"})) == [("not_by_hand", None)]
    assert make.refused(api.delete(path)) == [("not_over", None)]
    assert make.everything() == before
    clock.move_to(make.utc("2026-11-23 12:00"), tick=False)
    archive(api, track, False)
    [shown] = api.get("/api/pauses/").json()["results"]
    assert (shown["first_day"], shown["last_day"], shown["reason"]) == ("2026-11-20", "2026-11-22", "archived")
    assert make.refused(api.patch(path, {"last_day": "2026-11-20"})) == [("not_by_hand", None)]
    assert api.delete(path).status_code == 204  # its days are due again
    assert api.get(f"/api/tracks/{track.pk}/").json()["current_streak"] == 0


def test_pauses_of_one_reason_are_merged(api: APIClient, track: HabitTrack, clock: Any) -> None:
    for day in ("21", "22"):
        clock.move_to(make.utc(f"2026-11-{day} 12:00"), tick=False)
        archive(api, track)
        clock.shift(86400)
        archive(api, track, False)
    assert pauses(track) == [("2026-11-21", "2026-11-22", "archived")]


def test_an_archived_track_counts_for_achievements(api: APIClient, alice: User, track: HabitTrack) -> None:
    def progress() -> list[bool]:
        found = api.get("/api/achievements/?page_size=100").json()["results"]
        return [each["progress"]["current"] > 0 for each in found]

    before = progress()
    assert any(before)
    archive(api, track)
    assert progress() == before


@pytest.mark.usefixtures("known_ahead")
def test_a_track_archived_by_a_fast_clock_is_paused_from_today(api: APIClient, track: HabitTrack, clock: Any) -> None:
    clock.move_to(make.utc("2027-11-21 12:00"), tick=False)
    archive(api, track)
    clock.move_to(make.utc("2026-11-21 12:00"), tick=False)
    apply_pending_changes()
    track.refresh_from_db()
    assert track.archived_at == make.utc("2026-11-21 12:00")
    assert pauses(track) == [("2026-11-21", None, "archived")]


def test_a_reader_says_whether_it_wants_archived_tracks(alice: User, track: HabitTrack) -> None:
    track.archived_at = timezone.now()
    track.save(update_fields=["archived_at"])
    other = make.track(alice, name="Read")
    found = {
        archived: [each.pk for each in tracks_of(alice, now=timezone.now(), archived=archived)]
        for archived in (True, False, None)
    }
    assert found == {True: [track.pk], False: [other.pk], None: [track.pk, other.pk]}


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_taking_back_and_deleting_a_pause_at_once_do_not_block_each_other(
    api: APIClient, track: HabitTrack, clock: Any
) -> None:
    archive(api, track)
    clock.shift(86400)
    archive(api, track, False)
    [over] = Pause.objects.all()
    archive(api, track)
    clock.shift(86400)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held = locked_track(track.user, track.pk)
            deleting = pool.submit(_delete, track.user, over.pk)
            _wait_for_a_waiting_lock()
            end_pause(track=held, reason=Pause.Reason.ARCHIVED, now=timezone.now())
        deleting.result()


def _delete(user: User, pause_id: int) -> None:
    """Delete a pause, which may have been merged into another one meanwhile."""
    try:
        with suppress(Pause.DoesNotExist):
            remove(user=user, pause_id=pause_id, now=timezone.now())
    finally:
        connection.close()


def _wait_for_a_waiting_lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_locks WHERE NOT granted")
        while not cursor.rowcount:
            cursor.execute("SELECT FROM pg_locks WHERE NOT granted")


def test_an_archived_own_habit_is_listed_only_when_asked_for(api: APIClient, track: HabitTrack) -> None:
    def listed(query: str = "") -> list[str]:
        return [each["name"] for each in api.get(f"/api/habits/{query}").json()["results"]]

    make.track(track.user, name="Walk")
    archive(api, track)
    assert (listed(), listed("?archived=false"), listed("?archived=true")) == (["Walk"], ["Walk"], ["Run"])
    assert api.get(f"/api/habits/{track.habit_id}/").json()["name"] == "Run"
    assert make.refused(api.get("/api/habits/?archived=perhaps")) == [("invalid_choice", "archived")]
