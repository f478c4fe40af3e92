"""Edits of a habit reach its owner's track at once, and the followers' tracks by the worker, in batches."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError

from common import stopping
from habits.models import Habit
from notifications.models import Reminder
from tests import make
from tracking.models import HabitChange, HabitTrack
from tracking.streaks.services import find_differences
from tracking.tasks import apply_pending_changes
from tracking.tracks import followers
from users.models import User

pytestmark = pytest.mark.django_db

NOON = make.utc("2026-11-21 12:00")


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def habit(alice: User) -> Habit:
    return make.habit(alice, is_published=True, time="07:30")


@pytest.fixture
def bobs(bob: User, habit: Habit) -> HabitTrack:
    return make.follower(bob, habit)


def planned(track: HabitTrack) -> str:
    return f"{Reminder.objects.get(track=track).next_at:%d %H:%M}"


def edited(owner: User, habit: Habit, **changes: Any) -> None:
    answer = make.client(owner).patch(f"/api/habits/{habit.pk}/", changes)
    assert answer.status_code == 200, answer.content


def test_a_new_time_moves_the_owners_reminder_at_once_and_the_followers_by_the_worker(
    alice: User, habit: Habit, bobs: HabitTrack
) -> None:
    edited(alice, habit, time="09:00")
    assert planned(HabitTrack.objects.get(user=alice)) == "22 09:00"
    assert planned(bobs) == "22 07:30"
    apply_pending_changes()
    assert planned(bobs) == "22 09:00"
    assert not HabitChange.objects.exists()


def test_a_new_end_date_updates_the_followers_streak(alice: User, habit: Habit, bobs: HabitTrack, clock: Any) -> None:
    make.log(bobs, "2026-11-21")
    edited(alice, habit, end_date="2026-11-21")
    apply_pending_changes()
    clock.move_to(NOON + timedelta(days=9))
    bobs.refresh_from_db()
    assert bobs.streak_at(NOON + timedelta(days=9)).current == 1, "a habit that ended does not lapse"
    assert list(find_differences(now=NOON + timedelta(days=9), repair=False)) == []


def test_an_edit_without_effect_on_days_and_time_queues_nothing(alice: User, habit: Habit, bobs: HabitTrack) -> None:
    edited(alice, habit, description="With straight arms.")
    assert not HabitChange.objects.exists()


def test_a_batch_continues_where_the_previous_one_ended(
    alice: User, bob: User, charlie: User, habit: Habit, bobs: HabitTrack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "BATCH", 1)
    charlies = make.follower(charlie, habit)
    edited(alice, habit, time="09:00")
    followers.sync_followers(now=NOON)  # the owner's track, which needs no update
    followers.sync_followers(now=NOON)
    assert (planned(bobs), planned(charlies)) == ("22 09:00", "22 07:30")
    followers.sync_followers(now=NOON)
    assert planned(charlies) == "22 09:00"
    assert [followers.sync_followers(now=NOON) for _ in range(2)] == [True, False]


def test_a_track_that_fails_does_not_block_the_others(
    alice: User, charlie: User, habit: Habit, bobs: HabitTrack, monkeypatch: pytest.MonkeyPatch
) -> None:
    charlies = make.follower(charlie, habit)
    apply_edit = followers.apply_edit

    def broken(track: HabitTrack, **options: Any) -> None:
        if track == bobs:
            raise ZeroDivisionError
        apply_edit(track, **options)

    edited(alice, habit, time="09:00")
    monkeypatch.setattr(followers, "apply_edit", broken)
    apply_pending_changes()
    assert (planned(bobs), planned(charlies)) == ("22 07:30", "22 09:00")


def test_a_refused_edit_queues_nothing(alice: User, habit: Habit, bobs: HabitTrack) -> None:
    refusal = make.client(alice).patch(f"/api/habits/{habit.pk}/", {"time": "09:00", "end_date": "2026-11-20"})
    assert make.refused(refusal)[0][1] == "end_date"
    assert not HabitChange.objects.exists()


def test_deleting_a_habit_deletes_its_queued_edits(alice: User, bob: User, habit: Habit, bobs: HabitTrack) -> None:
    edited(alice, habit, time="09:00")
    for person in (alice, bob):  # the habit is deleted with its last user
        assert make.client(person).delete("/api/users/me/", {"password": make.PASSWORD}).status_code == 204
    assert not Habit.objects.exists()
    apply_pending_changes()


def test_an_edit_that_fails_does_not_block_other_edits(
    alice: User, bob: User, habit: Habit, bobs: HabitTrack, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    other = make.habit(alice, name="Reading", action="read", is_published=True, time="08:00")
    reading = make.follower(bob, other)
    edited(alice, habit, time="09:00")
    edited(alice, other, time="10:00")
    take = followers._sync_batch

    def broken(change: HabitChange, **options: Any) -> None:
        if change.habit_id == habit.pk:
            raise ZeroDivisionError
        take(change, **options)

    monkeypatch.setattr(followers, "_sync_batch", broken)
    apply_pending_changes()
    assert (planned(bobs), planned(reading)) == ("22 07:30", "22 10:00")
    monkeypatch.undo()
    clock.shift(timedelta(seconds=5))
    apply_pending_changes()
    assert planned(bobs) == "22 09:00"


def test_a_track_with_database_errors_is_skipped_at_the_third_try(
    alice: User, charlie: User, habit: Habit, bobs: HabitTrack, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    charlies = make.follower(charlie, habit)
    apply_edit = followers.apply_edit
    tries = []

    def fails(track: HabitTrack, **options: Any) -> None:
        if track == bobs:
            tries.append(track)
            raise OperationalError("canceling statement due to statement timeout")
        apply_edit(track, **options)

    edited(alice, habit, time="09:00")
    monkeypatch.setattr(followers, "apply_edit", fails)
    for _ in range(2):
        with pytest.raises(OperationalError):
            apply_pending_changes()
        clock.shift(timedelta(minutes=1))
    apply_pending_changes()
    assert (planned(bobs), planned(charlies)) == ("22 07:30", "22 09:00")
    assert len(tries) == 3


def test_a_stopping_worker_processes_no_further_track_and_the_next_one_continues(
    alice: User, habit: Habit, bobs: HabitTrack
) -> None:
    edited(alice, habit, time="09:00")
    stopping.request()
    try:
        apply_pending_changes()
        assert planned(bobs) == "22 07:30"
    finally:
        stopping.reset()
    apply_pending_changes()
    assert planned(bobs) == "22 09:00"
