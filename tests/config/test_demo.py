"""The demo has what the README says of it, on whatever day it is made."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from config.management.commands.demo import make_demo
from notifications.channels.transport import Outgoing
from notifications.models import Delivery
from notifications.outbox.composing import compose
from notifications.reminders.ticking import queue_all_due
from tests import make
from tracking.models import HabitTrack
from users.models import User

pytestmark = pytest.mark.django_db

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
NUMBERS = {"four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}


@pytest.fixture(params=["2026-11-24 10:00Z", "2026-11-28 10:00Z", "2027-03-01 18:30Z"])
def clock(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Days of the week on which the rest of the demo's history differs."""
    with time_machine.travel(request.param, tick=False) as clock:
        yield clock


@pytest.fixture
def user(clock: Any) -> User:
    return make_demo(make.PASSWORD)


def said(pattern: str) -> str:
    """Return what the README says in the place of the group."""
    found = re.search(pattern, README)
    assert found, pattern
    return found[1]


def test_it_has_as_many_habits_to_tick_off(user: User) -> None:
    tracks = HabitTrack.objects.filter(user=user, habit__is_pleasant=False)
    assert tracks.count() == NUMBERS[said(r"demo login: (\w+) habits")]


def test_the_reminder_and_the_streak_are_those_of_drink_water(user: User, clock: Any) -> None:
    clock.shift(180)
    queue_all_due()
    [delivery] = Delivery.objects.filter(user=user, kind="reminder")
    [outgoing] = compose([delivery], now=timezone.now())
    assert isinstance(outgoing, Outgoing)
    text = re.sub(r"at \d\d:\d\d", "at …", outgoing.message.text)
    shown = re.sub(r"at \d\d:\d\d", "at …", README)
    for line in text.splitlines():
        assert line in shown
    assert outgoing.message.text.count("Streak: 12 days") == 1


def test_ticking_it_off_makes_the_streak_a_day_longer(user: User) -> None:
    track = HabitTrack.objects.get(user=user, habit__name="Drink water")
    before, after = said(r"(\d+) days become"), said(r"days become (\d+)")
    assert f"🔥 Streak: {before} days" in README
    assert str(track.streak_at(timezone.now()).current) == before
    make.log(track, user.clock.day_of(timezone.now()))
    track.refresh_from_db()
    assert str(track.streak_at(timezone.now()).current) == after
