"""A new release of the tz database: the plans of people in zones that it changes are made anew."""

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
from notifications.ticking import queue_all_due
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
    """Of somebody in Berlin, at 07:30."""
    return make.track(make.person("alice", time_zone="Europe/Berlin"), time="07:30")


@pytest.fixture
def others(clock: Any) -> HabitTrack:
    """Of somebody in Tokyo, at 07:30."""
    return make.track(make.person("bob", time_zone="Asia/Tokyo"), time="07:30")


@pytest.fixture
def upgrade(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Upgrades tzdata to a release in which Berlin has the clock of Kyiv (an hour ahead of it)."""

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

    tasks.take_up_zone_data()
    yield upgraded
    zoneinfo.reset_tzpath(to=())
    ZoneInfo.clear_cache()


def planned(track: HabitTrack) -> str:
    return f"{Reminder.objects.get(track=track).next_at:%d %H:%M}"


def lapses(track: HabitTrack) -> str:
    return f"{HabitTrack.objects.get(pk=track.pk).lapses_at:%d %H:%M}"


def test_reminders_and_lapses_follow_the_new_clock(upgrade: Any, track: HabitTrack) -> None:
    make.log(track, "2026-11-20")
    assert (planned(track), lapses(track)) == ("21 06:30", "21 23:00")
    upgrade()
    tasks.take_up_zone_data()
    assert (planned(track), lapses(track)) == ("21 05:30", "21 22:00")
    assert HabitTrack.objects.get().streak == 1


def test_people_of_other_zones_are_not_touched(
    upgrade: Any, track: HabitTrack, others: HabitTrack, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[User] = []
    upgrade()

    def hear(user: User, **_: Any) -> None:
        told.append(user)

    clock_changed.connect(hear)
    tasks.take_up_zone_data()
    tasks.take_up_zone_data()
    clock_changed.disconnect(hear)
    assert told == [track.user]
    assert ZoneData.objects.get().release == "2099z"


def test_what_is_due_is_left_to_the_tick(upgrade: Any, track: HabitTrack, clock: Any) -> None:
    clock.move_to("2026-11-21 06:31Z")
    upgrade()
    tasks.take_up_zone_data()
    assert planned(track) == "21 06:30"
    assert queue_all_due().queued == 1
    assert planned(track) == "22 05:30"
    assert Delivery.objects.filter(kind="reminder").count() == 1


def test_one_who_cannot_follow_keeps_nobody_else(
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
    tasks.take_up_zone_data()
    clock_changed.disconnect(fails)
    assert (planned(first), planned(second)) == ("21 06:30", "21 05:30")
    assert "cannot follow the tz database" in caplog.text


def test_one_with_whom_the_database_fails_is_passed_over_at_the_third_try(upgrade: Any, clock: Any) -> None:
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
                tasks.take_up_zone_data()
        tasks.take_up_zone_data()
    finally:
        clock_changed.disconnect(fails)
    assert (planned(first), planned(second)) == ("21 06:30", "21 05:30")


def test_broken_off_it_goes_on_where_it_was(upgrade: Any, clock: Any) -> None:
    tracks = [make.track(make.person(name, time_zone="Europe/Berlin"), time="07:30") for name in ("alice", "bob")]
    upgrade()
    assert zone_data.take_up(now=make.utc("2026-11-20 12:00"))
    assert [planned(track) for track in tracks] == ["21 05:30", "21 06:30"]
    tasks.take_up_zone_data()
    assert [planned(track) for track in tracks] == ["21 05:30", "21 05:30"]


def test_the_command_takes_it_up_as_well(upgrade: Any, track: HabitTrack) -> None:
    upgrade()
    call_command("tick", stdout=io.StringIO())
    assert planned(track) == "21 05:30"
