"""A new release of the tz database: users of changed zones are replanned."""

import io
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
import tzdata
from django.core.management import call_command
from django.db import OperationalError

from notifications.models import Delivery, Reminder
from notifications.reminders.ticking import queue_all_due
from tests import make
from tracking.models import HabitTrack
from users import tasks, zone_data
from users.models import User, ZoneData
from users.signals import clock_changed

pytestmark = pytest.mark.django_db

data_of = zone_data.data_of


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def track(clock: Any) -> HabitTrack:
    """Return the track of a user in Berlin, with a reminder at 07:30."""
    return make.track(make.person("alice", time_zone="Europe/Berlin"), time="07:30")


@pytest.fixture
def others(clock: Any) -> HabitTrack:
    """Return the track of a user in Tokyo, with a reminder at 07:30."""
    return make.track(make.person("bob", time_zone="Asia/Tokyo"), time="07:30")


@pytest.fixture
def upgrade(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Return a function that upgrades tzdata to a release in which Berlin has the rules of Kyiv (one hour ahead)."""

    def upgraded() -> None:
        path = tmp_path / "Europe" / "Berlin"
        path.parent.mkdir()
        path.write_bytes(data_of("Europe/Kyiv"))
        zoneinfo.reset_tzpath(to=[str(tmp_path)])
        ZoneInfo.clear_cache()
        monkeypatch.setattr(tzdata, "IANA_VERSION", "2099z")
        monkeypatch.setattr(
            zone_data, "data_of", lambda zone: data_of("Europe/Kyiv" if zone == "Europe/Berlin" else zone)
        )

    tasks.apply_zone_data_release()
    yield upgraded
    zoneinfo.reset_tzpath(to=())
    ZoneInfo.clear_cache()


def next_reminder(track: HabitTrack) -> str:
    return f"{Reminder.objects.get(track=track).next_at:%d %H:%M}"


def lapse_time(track: HabitTrack) -> str:
    return f"{HabitTrack.objects.get(pk=track.pk).lapses_at:%d %H:%M}"


def test_reminders_and_streak_deadlines_move_to_the_new_rules(upgrade: Any, track: HabitTrack) -> None:
    make.log(track, "2026-11-20")
    assert (next_reminder(track), lapse_time(track)) == ("21 06:30", "21 23:00")
    upgrade()
    tasks.apply_zone_data_release()
    assert (next_reminder(track), lapse_time(track)) == ("21 05:30", "21 22:00")
    assert HabitTrack.objects.get().streak == 1


def test_users_of_other_zones_are_not_replanned(
    upgrade: Any, track: HabitTrack, others: HabitTrack, monkeypatch: pytest.MonkeyPatch
) -> None:
    replanned: list[User] = []
    upgrade()

    def record(user: User, **_: Any) -> None:
        replanned.append(user)

    clock_changed.connect(record)
    tasks.apply_zone_data_release()
    tasks.apply_zone_data_release()
    clock_changed.disconnect(record)
    assert replanned == [track.user]
    assert ZoneData.objects.get().release == "2099z"


def test_a_due_reminder_is_left_to_the_tick(upgrade: Any, track: HabitTrack, clock: Any) -> None:
    clock.move_to("2026-11-21 06:31Z")
    upgrade()
    tasks.apply_zone_data_release()
    assert next_reminder(track) == "21 06:30"
    assert queue_all_due().queued == 1
    assert next_reminder(track) == "22 05:30"
    assert Delivery.objects.filter(kind="reminder").count() == 1


def test_a_new_database_notes_its_release_and_a_later_one_is_compared(
    upgrade: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ZoneData.objects.all().delete()
    with caplog.at_level("INFO", logger=zone_data.__name__):
        tasks.apply_zone_data_release()
        assert caplog.messages == [
            f"tz database {tzdata.IANA_VERSION} is noted for this new database, to compare later releases with"
        ]
        caplog.clear()
        before = tzdata.IANA_VERSION
        upgrade()
        tasks.apply_zone_data_release()
        assert caplog.messages == [f"tz database 2099z replaces {before}: 1 zones differ"]


def test_a_user_that_cannot_be_replanned_does_not_block_others(
    upgrade: Any, clock: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (
        make.track(make.person(name, time_zone="Europe/Berlin"), time="07:30") for name in ("alice", "bob")
    )
    upgrade()

    def fails(user: User, **_: Any) -> None:
        if user == first.user:
            raise RuntimeError("broken")

    clock_changed.connect(fails)
    tasks.apply_zone_data_release()
    clock_changed.disconnect(fails)
    assert (next_reminder(first), next_reminder(second)) == ("21 06:30", "21 05:30")
    assert "cannot be replanned for the new tz database" in caplog.text


def test_a_user_whose_replanning_raises_database_errors_is_skipped_at_the_third_try(upgrade: Any, clock: Any) -> None:
    first, second = (
        make.track(make.person(name, time_zone="Europe/Berlin"), time="07:30") for name in ("alice", "bob")
    )
    upgrade()

    def fails(user: User, **_: Any) -> None:
        if user == first.user:
            raise OperationalError("canceling statement due to statement timeout")

    clock_changed.connect(fails)
    try:
        for _ in range(2):
            with pytest.raises(OperationalError):
                tasks.apply_zone_data_release()
        tasks.apply_zone_data_release()
    finally:
        clock_changed.disconnect(fails)
    assert (next_reminder(first), next_reminder(second)) == ("21 06:30", "21 05:30")


def test_an_interrupted_run_continues_where_it_stopped(upgrade: Any, clock: Any) -> None:
    tracks = [make.track(make.person(name, time_zone="Europe/Berlin"), time="07:30") for name in ("alice", "bob")]
    upgrade()
    assert zone_data.replan_next_user(now=make.utc("2026-11-20 12:00"))
    assert [next_reminder(track) for track in tracks] == ["21 05:30", "21 06:30"]
    tasks.apply_zone_data_release()
    assert [next_reminder(track) for track in tracks] == ["21 05:30", "21 05:30"]


def test_the_tick_command_replans_too(upgrade: Any, track: HabitTrack) -> None:
    upgrade()
    call_command("tick", stdout=io.StringIO())
    assert next_reminder(track) == "21 05:30"
