"""How many earlier reminders could not be sent: of those that had asked for something, and were not sent."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from notifications.models import Delivery, Heartbeat, Reminder
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tracking.models import Pause
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-11-22 12:00Z", tick=False) as clock:  # a Sunday
        yield clock


@pytest.fixture
def alice(clock: Any, telegram: FakeTelegram) -> User:
    return make.person("alice", chat=True)


def last_text(telegram: FakeTelegram, clock: Any, instant: str) -> str:
    """Return the last message of the chat after a tick."""
    clock.move_to(make.utc(instant))
    queue_all_due()
    send_all()
    return telegram.messages(1001)[-1].text


def test_each_day_without_a_reminder_is_counted(alice: User, clock: Any, telegram: FakeTelegram) -> None:
    make.track(alice, time="20:00")
    assert "3 earlier reminders could not be sent" in last_text(telegram, clock, "2026-11-25 20:00")


def test_a_day_that_was_done_skipped_or_paused_is_not(alice: User, clock: Any, telegram: FakeTelegram) -> None:
    track = make.track(alice, time="20:00")
    make.log(track, "2026-11-22")
    clock.move_to(make.utc("2026-11-23 12:00"))
    make.log(track, "2026-11-23", status="skipped")
    Pause.objects.create(user=alice, track=track, first_day="2026-11-24", last_day="2026-11-24")
    assert "1 earlier reminder could not be sent" in last_text(telegram, clock, "2026-11-26 20:00")


def test_a_day_of_a_week_that_was_kept_is_not(alice: User, clock: Any, telegram: FakeTelegram) -> None:
    track = make.track(alice, time="08:00", schedule={"frequency": "weekly", "times_per_period": 1})
    assert "⏰" in last_text(telegram, clock, "2026-11-23 08:00")
    make.log(track, "2026-11-23")
    assert "could not be sent" not in last_text(telegram, clock, "2026-11-30 08:00")


def test_after_a_restored_backup_nothing_is_said_of_what_was_sent(
    alice: User, clock: Any, telegram: FakeTelegram
) -> None:
    make.track(alice, time="08:00")
    old = Reminder.objects.values("next_at", "next_day", "planned_at").get()
    for day in ("23", "24", "25"):
        assert "⏰" in last_text(telegram, clock, f"2026-11-{day} 08:00")
    Delivery.objects.all().delete()
    Reminder.objects.update(**old)
    Heartbeat.objects.update(at=make.utc("2026-11-22 12:00"))
    assert "could not be sent" not in last_text(telegram, clock, "2026-11-25 08:30")
    assert Delivery.objects.get(kind="reminder").uncertain
