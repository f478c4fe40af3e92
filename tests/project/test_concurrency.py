"""Parallel requests in real threads on PostgreSQL: one succeeds, the others get a clear error."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from habits import rules
from habits.models import Habit
from notifications.reminders import services as reminders
from notifications.reminders.plans import load_reminder_states
from tests import make
from tests.waiting import STUCK
from tracking.models import HabitLog, HabitTrack
from tracking.streaks import services as streak_stats
from users.models import User

again = pytest.mark.parametrize("round_", range(3))
pytestmark = [make.needs_postgres, pytest.mark.django_db(transaction=True)]


def register(**given: str) -> Any:
    return APIClient().post("/api/register/", {"password": make.PASSWORD} | given)


def test_of_parallel_registrations_with_one_email_one_succeeds() -> None:
    calls = [partial(register, email="alice@example.org", username=f"alice{n}") for n in range(10)]
    answers = make.at_once(calls)
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 9
    for answer in answers:
        if answer.status_code == 400:
            assert make.refused(answer) == [("email_taken", "email")]
    assert User.objects.count() == 1


def test_of_parallel_registrations_with_one_username_one_succeeds() -> None:
    calls = [partial(register, email=f"alice{n}@example.org", username="alice") for n in range(10)]
    answers = make.at_once(calls)
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 9
    for answer in answers:
        if answer.status_code == 400:
            assert make.refused(answer) == [("username_taken", "username")]
    assert User.objects.count() == 1


def test_parallel_registrations_without_a_username_all_succeed() -> None:
    calls = [partial(register, email=f"alice@example{n}.org") for n in range(10)]
    answers = make.at_once(calls)
    assert [answer.status_code for answer in answers] == [201] * 10
    assert len({answer.json()["username"] for answer in answers}) == 10


def test_parallel_writes_to_one_day_leave_one_log_and_a_correct_streak(alice: User) -> None:
    track = make.track(alice)
    today = timezone.now().date()
    path = f"/api/tracks/{track.pk}/logs/{today}/"
    bodies = [{"status": status} for status in ("completed", "missed", "skipped")] * 5
    answers = make.at_once([partial(make.client(alice).put, path, each) for each in bodies])
    assert {answer.status_code for answer in answers} == {200}
    log = HabitLog.objects.get()
    shown = make.client(alice).get(f"/api/tracks/{track.pk}/").json()
    assert shown["current_streak"] == (1 if log.status == "completed" else 0)


def test_parallel_writes_to_many_days_of_one_track_are_all_kept(alice: User) -> None:
    track = make.track(alice)
    today = timezone.now().date()
    paths = [f"/api/tracks/{track.pk}/logs/{today - timedelta(days=back)}/" for back in range(12)]
    answers = make.at_once([partial(make.client(alice).put, path, {"status": "completed"}) for path in paths])
    assert {answer.status_code for answer in answers} == {200}
    shown = make.client(alice).get(f"/api/tracks/{track.pk}/").json()
    assert (shown["current_streak"], shown["started_on"]) == (12, str(today - timedelta(days=11)))


def test_parallel_setting_and_clearing_ends_in_one_of_both_states(alice: User) -> None:
    track = make.track(alice)
    path = f"/api/tracks/{track.pk}/logs/{timezone.now().date()}/"
    calls = [
        lambda: make.client(alice).put(path, {"status": "completed"}),
        lambda: make.client(alice).delete(path),
    ] * 5
    answers = make.at_once(calls)
    assert {answer.status_code for answer in answers} == {200}
    shown = make.client(alice).get(f"/api/tracks/{track.pk}/").json()
    assert shown["current_streak"] == HabitLog.objects.count()


def test_parallel_following_makes_one_track_and_one_follower(alice: User, bob: User) -> None:
    habit = make.habit(alice, is_published=True)
    answers = make.at_once([lambda: make.client(bob).post("/api/tracks/", {"habit": habit.pk})] * 8)
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert HabitTrack.objects.filter(user=bob).count() == 1
    habit.refresh_from_db()
    assert habit.followers == 1


def test_a_link_that_is_used_in_parallel_works_once(alice: User) -> None:
    make.client(alice).patch("/api/users/me/", {"email": "new@example.org", "password": make.PASSWORD})
    token = make.mailed_token("new@example.org")
    answers = make.at_once([lambda: APIClient().post("/api/register/confirm/", {"token": token})] * 5)
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 4


@again
def test_linking_a_habit_that_is_edited_in_parallel_keeps_the_rule(round_: int, alice: User) -> None:
    coffee, habit = make.habit(alice, is_pleasant=True), make.habit(alice)
    answers = make.at_once(
        [
            lambda: make.client(alice).patch(f"/api/habits/{habit.pk}/", {"linked_habit": coffee.pk}),
            lambda: make.client(alice).patch(f"/api/habits/{coffee.pk}/", {"is_pleasant": False}),
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    habit.refresh_from_db()
    coffee.refresh_from_db()
    assert habit.linked_habit is None or coffee.is_pleasant


@again
def test_deleting_a_habit_that_is_used_in_parallel_causes_no_server_error(round_: int, alice: User, bob: User) -> None:
    habit = make.habit(alice, is_published=True)
    own = HabitTrack.objects.get(habit=habit)
    path, log = f"/api/habits/{habit.pk}/", f"/api/tracks/{own.pk}/logs/{timezone.now().date()}/"
    answers = make.at_once(
        [
            lambda: make.client(alice).patch(path, {"name": "Edited", "frequency": "weekly"}),
            lambda: make.client(alice).delete(path),
            lambda: make.client(alice).put(log, {"status": "completed"}),
            lambda: make.client(bob).post("/api/tracks/", {"habit": habit.pk}),
        ]
    )
    for number, answer in enumerate(answers):
        assert answer.status_code < 500, (number, answer.content)


@again
def test_removing_an_account_that_is_used_in_parallel_causes_no_server_error(
    round_: int, alice: User, bob: User
) -> None:
    habit = make.habit(alice, is_published=True)
    own = HabitTrack.objects.get(habit=habit)
    log = f"/api/tracks/{own.pk}/logs/{timezone.now().date()}/"
    devices = [make.client(alice) for _ in range(3)]  # signed in before the account is gone
    answers = make.at_once(
        [
            lambda: devices[0].delete("/api/users/me/", {"password": make.PASSWORD}),
            lambda: devices[1].put(log, {"status": "completed"}),
            lambda: devices[2].patch("/api/users/me/", {"time_zone": "Asia/Tokyo"}),
            lambda: APIClient().post("/api/token/", {"email": alice.email, "password": make.PASSWORD}),
            lambda: make.client(bob).post("/api/tracks/", {"habit": habit.pk}),
        ]
    )
    for number, answer in enumerate(answers):
        assert answer.status_code < 500, (number, answer.content)


def test_an_edit_and_a_tick_of_one_reminder_do_not_deadlock(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tick has locked the reminder and reads the track; the edit has locked the track and needs the reminder."""
    with time_machine.travel(make.utc("2026-11-21 06:00"), tick=False):
        habit = make.habit(alice, time="07:30")
        client = make.client(alice)
    tick_has_the_reminder, edit_has_the_track = Event(), Event()
    replan = reminders.replan

    def and_then_waits(due: Any) -> Any:
        claimed = load_reminder_states(due)
        tick_has_the_reminder.set()
        assert edit_has_the_track.wait(STUCK)
        return claimed

    def before_replanning(**options: Any) -> None:
        edit_has_the_track.set()
        replan(**options)

    def edit() -> int:
        assert tick_has_the_reminder.wait(STUCK)
        return int(client.patch(f"/api/habits/{habit.pk}/", {"frequency": "weekly", "time": "08:00"}).status_code)

    monkeypatch.setattr(reminders, "load_reminder_states", and_then_waits)
    monkeypatch.setattr(reminders, "replan", before_replanning)
    with time_machine.travel(make.utc("2026-11-21 07:31"), tick=True):
        taken, status = make.at_once([lambda: reminders.queue_due(now=timezone.now()), edit])
    assert (taken, status) == (1, 200)


def wait_for_lock_conflict() -> None:
    """Return once a session waits for a lock."""
    until = time.monotonic() + STUCK
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("no session waits for a lock")


@pytest.mark.parametrize("change", ["clock", "habit"])
def test_a_log_that_waited_for_a_change_uses_the_changed_data(
    alice: User, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it read of the user and the habit before it waited is outdated when it writes."""
    track, now = make.track(alice), timezone.now()
    changed = Event()
    refresh = streak_stats.refresh_streak_stats

    def then_wait_for_the_log(**options: Any) -> None:
        refresh(**options)
        if not changed.is_set():
            changed.set()
            wait_for_lock_conflict()

    monkeypatch.setattr(streak_stats, "refresh_streak_stats", then_wait_for_the_log)

    def edit() -> Any:
        if change == "clock":
            return make.client(alice).patch("/api/users/me/", {"time_zone": "Asia/Tokyo"})
        return make.client(alice).patch(f"/api/habits/{track.habit_id}/", {"end_date": str(now.date())})

    def tick_off() -> Any:
        assert changed.wait(STUCK)
        return make.client(alice).put(f"/api/tracks/{track.pk}/logs/{now.date()}/", {"status": "completed"})

    assert [answer.status_code for answer in make.at_once([edit, tick_off])] == [200, 200]
    assert list(streak_stats.find_differences(now=now, repair=False)) == []
    track = HabitTrack.objects.select_related("user").get()
    assert track.lapses_at == (None if change == "habit" else track.user.clock.start(now.date() + timedelta(days=2)))


def test_creating_a_habit_while_its_owner_is_deleted_is_refused_as_of_nobody_and_alarms_nobody(
    alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    api, check = make.client(alice), rules.check_habit

    def and_the_account_goes(draft: Any) -> None:
        check(draft)
        gone = api.delete("/api/users/me/", {"password": make.PASSWORD})
        assert gone.status_code == 204
        connection.close()

    def elsewhere(draft: Any) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(and_the_account_goes, draft).result()

    monkeypatch.setattr(rules, "check_habit", elsewhere)
    given = {"name": "Push-ups", "frequency": "daily"}
    assert make.refused(make.client(alice).post("/api/habits/", given), 401) == [("user_not_found", None)]
    assert not Habit.objects.exists() and not User.objects.exists()
    assert not [each for each in caplog.records if each.levelname == "ERROR"]
