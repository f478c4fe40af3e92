"""After an upgrade the worker counts marked tracks again: resumably, in silence, each on its own."""

from typing import Any

import pytest
import time_machine

from common import stopping
from habits.units import EACH_DAY
from notifications.models import Delivery
from tests import make
from tracking.models import HabitTrack, StreakCheckpoint
from tracking.streaks import services as streak_stats
from tracking.streaks.services import find_differences, recount_outdated_tracks
from tracking.tasks import apply_pending_changes
from users.models import User

pytestmark = pytest.mark.django_db

NOON = make.utc("2026-11-21 12:00")


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def tracks(alice: User) -> list[HabitTrack]:
    """Three tracks of two completed days each, as an earlier release left them."""
    made = [make.track(alice, name=name) for name in ("Read", "Run", "Draw")]
    for each in made:
        make.log(each, "2026-11-20")
        make.log(each, "2026-11-21")
    as_before = {"is_outdated": True, "streak": 9, "longest_streaks": {"day": 9}, "first_log_on": None}
    HabitTrack.objects.update(**as_before, windows_from=None, started_on="2020-01-01")
    return made


def streaks() -> list[tuple[bool, int, dict[str, int]]]:
    return list(HabitTrack.objects.order_by("pk").values_list("is_outdated", "streak", "longest_streaks"))


def test_the_workers_task_counts_them_and_tells_nobody(tracks: list[HabitTrack]) -> None:
    messages = Delivery.objects.count()
    apply_pending_changes()
    assert streaks() == [(False, 2, {"day": 2})] * 3
    assert Delivery.objects.count() == messages
    found = HabitTrack.objects.get(pk=tracks[0].pk)
    assert (str(found.started_on), str(found.first_log_on), str(found.begins_on)) == (
        "2026-11-21",
        "2026-11-20",
        "2026-11-20",
    )
    assert list(find_differences(now=NOON, repair=False)) == []


def test_it_goes_on_where_it_was_asked_to_stop(tracks: list[HabitTrack], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = iter([False, True])
    monkeypatch.setattr(stopping, "is_requested", lambda: next(asked))
    assert recount_outdated_tracks(now=NOON) == 0
    assert [is_outdated for is_outdated, _, _ in streaks()] == [False, True, True]
    monkeypatch.undo()
    assert recount_outdated_tracks(now=NOON) == 2
    assert recount_outdated_tracks(now=NOON) == 0


def test_one_that_fails_does_not_hold_up_the_others(tracks: list[HabitTrack], monkeypatch: pytest.MonkeyPatch) -> None:
    derive = streak_stats._derive_beginning

    def fails_for_the_first(track: HabitTrack) -> None:
        if track.pk == tracks[0].pk:
            raise ValueError("a bug")
        derive(track)

    monkeypatch.setattr(streak_stats, "_derive_beginning", fails_for_the_first)
    recount_outdated_tracks(now=NOON)
    assert [is_outdated for is_outdated, _, _ in streaks()] == [True, False, False]


def test_a_log_that_comes_first_counts_its_track_from_the_beginning(tracks: list[HabitTrack]) -> None:
    StreakCheckpoint.objects.create(track=tracks[0], day="2026-11-01", current=7, unit=EACH_DAY, strength=1)
    make.log(tracks[0], "2026-11-19")
    assert streaks()[0] == (False, 3, {"day": 3})
    assert tracks[0].pk not in [track.pk for track, _, _ in find_differences(now=NOON, repair=False)]
