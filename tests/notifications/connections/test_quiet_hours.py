"""Quiet hours: what would come in them waits until their end, one reminder a track; none is lost, none comes twice."""

from datetime import time, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from notifications.models import Delivery, Reminder
from notifications.outbox import queries
from notifications.reminders import services as reminders
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tracking.models import HabitTrack
from users.models import User
from users.services import edit_profile

pytestmark = pytest.mark.django_db

CHAT = make.CHATS["alice"]


@pytest.fixture
def clock() -> Any:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def sleeper(clock: Any, telegram: FakeTelegram) -> User:
    """Alice in Berlin (UTC+1), whose quiet hours are from 22:00 to 07:00."""
    user = make.person("alice", chat=True, time_zone="Europe/Berlin")
    choose(user, quiet_hours={"start": "22:00", "end": "07:00"})
    return user


def choose(user: User, **choices: Any) -> None:
    assert make.client(user).put("/api/channels/", choices).status_code == 200


def track_at(user: User, *times: str, name: str = "Push-ups") -> HabitTrack:
    track = make.track(user, name=name, action=f"do {name}", time=times[0])
    for at in times[1:]:
        reminders.add(user=user, track_id=track.pk, local_time=time.fromisoformat(at), now=timezone.now())
    send_all()
    Delivery.objects.all().delete()
    return track


def at(clock: Any, instant: str) -> None:
    clock.move_to(make.utc(instant))
    queue_all_due()
    send_all()


def texts(telegram: FakeTelegram) -> list[str]:
    return [each.text for each in telegram.messages(CHAT) if each.text.startswith("⏰")]


def only() -> Delivery:
    return Delivery.objects.get(kind="reminder")


def test_a_reminder_waits_until_their_end(sleeper: User, clock: Any, telegram: FakeTelegram) -> None:
    track_at(sleeper, "04:30")
    at(clock, "2026-11-21 03:30")
    row = only()
    assert (row.state, row.waits_for, row.reason, row.attempts) == ("pending", "quiet", "quiet hours", 0)
    assert row.available_at == make.utc("2026-11-21 06:00") and texts(telegram) == []
    assert queries.oldest_pending_at(now=timezone.now()) is None  # the service is not late
    at(clock, "2026-11-21 05:59")
    assert texts(telegram) == []
    at(clock, "2026-11-21 06:00")
    assert (only().state, only().uncertain, len(texts(telegram))) == ("sent", False, 1)
    at(clock, "2026-11-21 06:01")
    assert len(texts(telegram)) == 1


def test_looking_again_makes_a_reminder_of_use_no_longer(sleeper: User, clock: Any, telegram: FakeTelegram) -> None:
    track_at(sleeper, "04:30")
    at(clock, "2026-11-21 03:30")
    for _ in range(2):
        assert only().expires_at == make.utc("2026-11-21 08:00")  # two hours after their end
        choose(sleeper, order=["telegram"])
        send_all()


def test_of_a_track_one_reminder_comes_at_their_end(sleeper: User, clock: Any, telegram: FakeTelegram) -> None:
    track_at(sleeper, "04:00", "05:00", "06:00")
    for hour in ("03:00", "04:00", "05:00", "06:00"):
        at(clock, f"2026-11-21 {hour}")
    states = Delivery.objects.filter(kind="reminder").order_by("due_at").values_list("state", "reason")
    assert list(states) == [("dropped", "superseded"), ("dropped", "superseded"), ("sent", "")]
    assert len(texts(telegram)) == 1


def test_of_two_tracks_each_is_reminded(sleeper: User, clock: Any, telegram: FakeTelegram) -> None:
    track_at(sleeper, "04:00")
    track_at(sleeper, "05:00", name="Reading")
    for hour in ("03:00", "04:00", "06:00"):
        at(clock, f"2026-11-21 {hour}")
    assert len(texts(telegram)) == 2


def test_what_was_done_meanwhile_is_not_asked(sleeper: User, clock: Any, telegram: FakeTelegram) -> None:
    track = track_at(sleeper, "04:30")
    at(clock, "2026-11-21 03:30")
    make.log(track, "2026-11-21")
    at(clock, "2026-11-21 06:00")
    assert (only().state, only().reason, texts(telegram)) == ("dropped", "already done", [])


def test_a_reminder_whose_day_ends_in_them_says_so(sleeper: User, clock: Any, telegram: FakeTelegram) -> None:
    track_at(sleeper, "22:30")
    at(clock, "2026-11-20 21:30")
    assert (only().state, only().reason) == ("expired", "its day ends within the quiet hours")
    at(clock, "2026-11-20 21:31")
    row = only()
    assert (row.state, row.postponed_at) == (
        "expired",
        None,
    )  # not taken for one that a clock which ran ahead has expired


def test_a_day_that_starts_later_ends_later(sleeper: User, clock: Any, telegram: FakeTelegram) -> None:
    edit_profile(user=sleeper, day_starts_at=6, now=timezone.now())
    choose(sleeper, quiet_hours={"start": "22:00", "end": "05:00"})
    track_at(sleeper, "23:30")
    at(clock, "2026-11-20 22:30")
    row = only()
    assert (row.state, str(row.day), row.available_at) == ("pending", "2026-11-20", make.utc("2026-11-21 04:00"))
    assert row.expires_at == make.utc("2026-11-21 05:00")  # the day's end
    at(clock, "2026-11-21 04:00")
    assert (only().state, len(texts(telegram))) == ("sent", 1)


def test_after_an_outage_at_their_end_the_expiry_counts_from_it(
    sleeper: User, clock: Any, telegram: FakeTelegram
) -> None:
    track_at(sleeper, "04:30")
    at(clock, "2026-11-21 03:30")
    at(clock, "2026-11-21 07:59")
    assert only().state == "sent"
    Delivery.objects.update(state="pending", sent_at=None)
    at(clock, "2026-11-21 08:01")
    assert only().state == "expired"


def test_turned_off_they_let_go_what_waits(sleeper: User, clock: Any, telegram: FakeTelegram) -> None:
    track_at(sleeper, "04:30")
    at(clock, "2026-11-21 03:30")
    choose(sleeper, quiet_hours=None)
    send_all()
    assert (only().state, len(texts(telegram))) == ("sent", 1)


def test_another_zone_moves_their_end(sleeper: User, clock: Any, telegram: FakeTelegram) -> None:
    track_at(sleeper, "04:30")
    at(clock, "2026-11-21 03:30")
    edit_profile(user=sleeper, time_zone="Asia/Yekaterinburg", now=timezone.now())  # 08:30 there
    send_all()
    assert (only().state, len(texts(telegram))) == ("sent", 1)


def test_news_wait_too_and_what_was_asked_for_does_not(sleeper: User, clock: Any, telegram: FakeTelegram) -> None:
    clock.move_to(make.utc("2026-11-20 22:00"))
    mail.outbox.clear()
    make.habit(User.objects.get(pk=sleeper.pk), name="Reading")
    make.client(sleeper).post("/api/channels/telegram/test/")
    make.client(sleeper).post("/api/password/reset/", {"email": sleeper.email})
    send_all()
    assert [each.text for each in telegram.messages(CHAT)] == ["This is a test message. It has arrived."]
    assert len(mail.outbox) == 1
    assert Delivery.objects.get(kind="habit_created").expires_at == make.utc("2026-11-24 06:00")
    at(clock, "2026-11-21 06:00")
    assert Delivery.objects.get(kind="habit_created").state == "sent"


def test_through_the_night_in_which_clocks_change(sleeper: User, clock: Any, telegram: FakeTelegram) -> None:
    clock.move_to(make.utc("2027-03-27 12:00"))
    track_at(sleeper, "04:30")
    at(clock, "2027-03-28 02:30")  # 04:30 CEST
    assert only().available_at == make.utc("2027-03-28 05:00")
    at(clock, "2027-03-28 05:00")
    assert (only().state, len(texts(telegram))) == ("sent", 1)


def test_none_is_lost_and_none_comes_twice_over_a_fortnight(sleeper: User, clock: Any, telegram: FakeTelegram) -> None:
    track_at(sleeper, "06:30", "12:00")
    start = make.utc("2026-11-21 00:00")
    for quarter in range(14 * 96):
        now = start + timedelta(minutes=15 * quarter)
        if (
            Reminder.objects.filter(next_at__lte=now).exists()
            or Delivery.objects.filter(state="pending", available_at__lte=now).exists()
        ):
            clock.move_to(now)
            queue_all_due()
            send_all()
    rows = Delivery.objects.filter(kind="reminder")
    assert rows.count() == 28 and set(rows.values_list("state", "uncertain")) == {("sent", False)}
    assert len(texts(telegram)) == 28
