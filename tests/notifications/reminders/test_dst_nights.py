"""Nights of clock changes through the whole service: tick, message, button, log, streak, today.

For each vector of local_time.json a user in that zone sets a habit at that time some days before, and the clock is moved
to the relevant instants.
"""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from notifications.models import Delivery
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.telegram import poll
from tracking.models import HabitLog, HabitTrack

pytestmark = pytest.mark.django_db

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "local_time.json").read_text(encoding="utf-8"))["vectors"]
FIRING = [vector for vector in VECTORS if vector["expected_utc"]]


def at(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


def tracked_by(zone: str, local_time: str, *, before: datetime, **profile: Any) -> HabitTrack:
    """Create a daily track at a local time, started at least half a day before an instant."""
    with at(before - timedelta(hours=30)):
        return make.track(make.person("alice", chat=True, time_zone=zone, **profile), time=local_time)


def arrived(telegram: FakeTelegram) -> list[str]:
    queue_all_due()
    send_all()
    return [message.text for message in telegram.messages(1001) if message.text.startswith("⏰")]


@pytest.mark.parametrize("vector", FIRING, ids=[vector["id"] for vector in FIRING])
def test_the_reminder_arrives_once_at_its_instant_and_the_tap_counts_for_its_day(
    telegram: FakeTelegram, vector: dict[str, Any]
) -> None:
    fires = datetime.fromisoformat(vector["expected_utc"][0])
    begins, ends = (datetime.fromisoformat(bound) for bound in vector["local_day_utc"])
    day = date.fromisoformat(vector["local_date"])
    track = tracked_by(vector["zone"], vector["local_time"], before=fires)
    with at(fires - SECOND):
        queue_all_due()
        Delivery.objects.filter(kind="reminder").delete()  # those of earlier days
        earlier = len(arrived(telegram))
    with at(fires):
        assert len(arrived(telegram)) == earlier + 1
        message = telegram.messages(1001)[-1]
        telegram.tap(1001, message.message_id, "Done")
        poll(telegram)
    log = HabitLog.objects.get(track=track)
    assert (log.day, log.completed_at) == (day, fires)
    with at(ends - SECOND):
        assert len(arrived(telegram)) == earlier, "the one message was edited, and no other came within the day"
    # The day starts and ends by its zone's clock, and the streak is at risk on the next day.
    for moment, today in ((begins, day), (ends - SECOND, day)):
        with at(moment):
            assert date.fromisoformat(asked_today(track)["day"]) == today
    with at(begins - SECOND):
        assert date.fromisoformat(asked_today(track)["day"]) < day
    with at(ends):
        shown = asked_today(track)
        assert date.fromisoformat(shown["day"]) > day
        assert (shown["track"]["current_streak"], shown["at_risk"]) == (1, True)


def asked_today(track: HabitTrack) -> dict[str, Any]:
    """Return the track's entry in today/."""
    [entry] = make.client(track.user).get("/api/today/").json()
    return dict(entry)


def test_on_a_skipped_date_there_is_no_reminder_and_no_streak_breaks(telegram: FakeTelegram) -> None:
    # In Apia the 29th of December 2011 is followed by the 31st, at 10:00 UTC of the 30th.
    track = tracked_by("Pacific/Apia", "07:00", before=make.utc("2011-12-29 17:00"))
    for fires, day in (("2011-12-29 17:00", "2011-12-29"), ("2011-12-30 17:00", "2011-12-31")):
        with at(make.utc(fires) - SECOND):
            before = arrived(telegram)
        with at(make.utc(fires)):
            assert len(arrived(telegram)) == len(before) + 1
            telegram.tap(1001, telegram.messages(1001)[-1].message_id, "Done")
            poll(telegram)
            assert str(HabitLog.objects.latest("day").day) == day
            assert asked_today(track)["track"]["current_streak"] == (1 if day == "2011-12-29" else 2)


@pytest.mark.parametrize(
    ("zone", "fires"),
    [
        ("America/New_York", "2026-11-21 12:30"),  # west: later on the same local day
        ("Asia/Tokyo", "2026-11-21 22:30"),  # east: 07:30 has passed there, so on the next day
    ],
)
def test_after_a_change_of_zone_an_hour_before_the_reminder_comes_on_the_new_clock(
    telegram: FakeTelegram, zone: str, fires: str
) -> None:
    track = tracked_by("Europe/Berlin", "07:30", before=make.utc("2026-11-21 06:30"))
    with at(make.utc("2026-11-20 06:30")):
        earlier = len(arrived(telegram))
    with at(make.utc("2026-11-21 05:30")):
        assert make.client(track.user).patch("/api/users/me/", {"time_zone": zone}).status_code == 200
    for quiet in (make.utc("2026-11-21 06:30"), make.utc(fires) - SECOND):
        with at(quiet):
            assert len(arrived(telegram)) == earlier
    with at(make.utc(fires)):
        assert len(arrived(telegram)) == earlier + 1


def test_a_reminder_before_the_start_of_day_belongs_to_the_previous_day(telegram: FakeTelegram) -> None:
    track = tracked_by("Europe/Berlin", "00:30", before=make.utc("2026-11-20 23:30"), day_starts_at=3)
    with at(make.utc("2026-11-20 23:30") - SECOND):
        earlier = len(arrived(telegram))
    with at(make.utc("2026-11-20 23:30")):  # 00:30 of the 21st, still the 20th for her
        assert len(arrived(telegram)) == earlier + 1
        telegram.tap(1001, telegram.messages(1001)[-1].message_id, "Done")
        poll(telegram)
    assert HabitLog.objects.get(track=track).day == date(2026, 11, 20)
    with at(make.utc("2026-11-21 02:00") - SECOND):
        assert asked_today(track)["day"] == "2026-11-20"
    with at(make.utc("2026-11-21 02:00")):
        assert asked_today(track)["day"] == "2026-11-21"


@pytest.mark.parametrize(
    ("night", "fires"),
    [("2026-03-28", "2026-03-29 01:30"), ("2026-10-24", "2026-10-25 00:30")],
    ids=["into summer", "into winter"],
)
def test_a_late_start_of_day_in_the_night_of_a_clock_change(telegram: FakeTelegram, night: str, fires: str) -> None:
    track = tracked_by("Europe/Berlin", "02:30", before=make.utc(fires), day_starts_at=4)
    with at(make.utc(fires) - SECOND):
        earlier = len(arrived(telegram))
    with at(make.utc(fires)):
        assert len(arrived(telegram)) == earlier + 1
        telegram.tap(1001, telegram.messages(1001)[-1].message_id, "Done")
        poll(telegram)
    assert str(HabitLog.objects.get(track=track).day) == night
    with at(make.utc(fires) + timedelta(hours=2)):
        assert len(arrived(telegram)) == earlier
