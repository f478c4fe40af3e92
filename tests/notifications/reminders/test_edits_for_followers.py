"""A new time of a habit reaches its followers by the worker: until then no reminder is lost, doubled or untrue."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from notifications.models import Delivery, Reminder
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.telegram import poll
from tracking.models import HabitChange, HabitTrack
from tracking.tracks.followers import sync_followers

pytestmark = pytest.mark.django_db

CHAT = make.CHATS["bob"]


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def followed(clock: Any, telegram: FakeTelegram) -> HabitTrack:
    """Bob's track of Alice's habit, which is at 08:00."""
    habit = make.habit(make.person("alice", chat=True), time="08:00", is_published=True)
    track = make.follower(make.person("bob", chat=True), habit)
    send_all()
    return track


def at(clock: Any, instant: str, *, sending: bool = True) -> None:
    clock.move_to(make.utc(f"2026-11-21 {instant}"))
    queue_all_due()
    if sending:
        send_all()


def owner_moves_to(track: HabitTrack, time: str) -> None:
    answer = make.client(track.habit.owner).patch(f"/api/habits/{track.habit_id}/", {"time": time})
    assert answer.status_code == 200, answer.content
    assert HabitChange.objects.exists()  # the worker has not applied it to followers


def worker_applies_edits() -> None:
    while sync_followers(now=timezone.now()):
        pass


def due() -> list[tuple[str, str]]:
    """Return when the follower's reminders were due, and what became of them."""
    rows = Delivery.objects.filter(kind="reminder", user__username="bob").order_by("due_at", "pk")
    return [(f"{row.due_at:%H:%M}", row.state) for row in rows]


@pytest.mark.parametrize("applied", ["08:00", "20:00", "20:01"])
@pytest.mark.parametrize("is_sent", [True, False], ids=["senders run", "senders are away until the evening"])
def test_a_reminder_that_falls_due_before_the_edit_arrives_comes_at_the_new_time(
    followed: HabitTrack, clock: Any, telegram: FakeTelegram, applied: str, is_sent: bool
) -> None:
    clock.move_to(make.utc("2026-11-21 07:59:40"))
    owner_moves_to(followed, "20:00")
    for instant in ("08:00", "20:00", "20:01"):
        at(clock, instant, sending=is_sent or instant == "20:01")
        if instant == applied:
            worker_applies_edits()
    send_all()
    assert due() == [("20:00", "sent")]
    assert [each.text for each in telegram.messages(CHAT)] == ["⏰ I will do ten push-ups at 20:00"]
    assert Reminder.objects.get(track=followed).next_at == make.utc("2026-11-22 20:00")


@pytest.mark.parametrize("is_edit_first", [True, False], ids=["the edit arrives first", "the tick comes first"])
@pytest.mark.parametrize(("moved_at", "to"), [("07:59:40", "20:00"), ("06:00:00", "07:00")], ids=["later", "earlier"])
def test_after_an_outage_a_reminder_at_the_new_time_comes_late(
    followed: HabitTrack, clock: Any, telegram: FakeTelegram, moved_at: str, to: str, is_edit_first: bool
) -> None:
    clock.move_to(make.utc(f"2026-11-21 {moved_at}"))
    owner_moves_to(followed, to)
    clock.move_to(make.utc(f"2026-11-21 {to}") + timedelta(minutes=30))  # nothing ran until now
    for step in (worker_applies_edits, queue_all_due)[:: 1 if is_edit_first else -1]:
        step()
    queue_all_due()
    send_all()
    assert due() == [(to, "sent")]
    assert Reminder.objects.get(track=followed).next_at == make.utc(f"2026-11-22 {to}")


def test_an_edit_that_arrives_late_loses_no_reminder_while_ticks_run(
    followed: HabitTrack, clock: Any, telegram: FakeTelegram
) -> None:
    clock.move_to(make.utc("2026-11-21 06:00"))
    owner_moves_to(followed, "07:00")
    for instant in ("07:00", "08:00"):
        at(clock, instant)
    worker_applies_edits()
    at(clock, "08:01")
    assert due() == [("07:00", "sent")]


def test_a_reminder_queued_before_the_edit_makes_way_for_the_one_at_the_new_time(
    followed: HabitTrack, clock: Any, telegram: FakeTelegram
) -> None:
    at(clock, "08:00", sending=False)
    owner_moves_to(followed, "20:00")
    worker_applies_edits()
    at(clock, "20:00")
    assert due() == [("08:00", "dropped"), ("20:00", "sent")]


def test_what_a_follower_has_put_off_comes_whatever_the_owner_edits(
    followed: HabitTrack, clock: Any, telegram: FakeTelegram
) -> None:
    at(clock, "08:00")
    [message] = telegram.messages(CHAT)
    for button in ("Later", "3 h"):
        telegram.tap(CHAT, message.message_id, button)
        poll(telegram)
    assert telegram.message(CHAT, message.message_id).text.startswith("🕓 Again at 11:00")
    clock.move_to(make.utc("2026-11-21 09:00"))
    owner_moves_to(followed, "07:00")
    worker_applies_edits()
    at(clock, "11:00")
    assert due() == [("08:00", "sent"), ("11:00", "sent")]
