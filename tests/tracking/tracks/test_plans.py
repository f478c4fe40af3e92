"""One plan for each track instance, and the same plan from narrow rows."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from habits.recurrence import Frequency, Plan
from habits.services import edit_habit
from tests import make
from tracking.models import HabitTrack
from tracking.pauses import services as pauses
from tracking.tracks import plans
from tracking.tracks.plans import TrackPlan, build_plan, load_plans, plan_of
from tracking.tracks.queries import with_related
from users.models import User
from users.timing import Clock

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MONDAY = date(2026, 11, 23)


@pytest.fixture
def track(alice: User) -> HabitTrack:
    pk = make.track(alice, schedule={"frequency": "weekly", "times_per_period": 3}).pk
    return with_related(HabitTrack.objects.filter(pk=pk)).get()


def test_a_track_instance_has_one_plan_and_needs_no_query_for_it(
    track: HabitTrack, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        assert plan_of(track) is plan_of(track)


def test_the_plan_is_built_again_when_what_it_is_made_of_has_changed(track: HabitTrack) -> None:
    before = plan_of(track)
    track.started_on -= DAY * 3
    moved = plan_of(track)
    assert (moved.first, plan_of(track)) == (before.first - DAY * 3, moved)
    track.habit.end_date = MONDAY
    assert plan_of(track).last == MONDAY
    track.user.time_zone = "Pacific/Apia"
    assert not plan_of(track).exists(date(2011, 12, 30))


def test_an_edited_schedule_reaches_the_plan_of_a_habit_that_was_read_before(alice: User, track: HabitTrack) -> None:
    habit = edit_habit(owner=alice, habit_id=track.habit_id, now=timezone.now(), schedule={"times_per_period": 2})
    assert habit.versions[-1].schedule.times_per_period == 2
    assert plan_of(track).versions[-1].schedule.times_per_period == 3
    track.habit.refresh_from_db()
    assert plan_of(track).versions == habit.versions


def test_narrow_rows_give_the_same_plan(alice: User, bob: User, track: HabitTrack) -> None:
    other = make.track(bob, schedule={"frequency": "daily", "interval": 3})
    edit_habit(owner=alice, habit_id=track.habit_id, now=timezone.now(), schedule={"frequency": Frequency.MONTHLY})
    tracks = {each.pk: each for each in with_related(HabitTrack.objects.all())}
    found = load_plans(tracks)
    assert found.keys() == {track.pk, other.pk}
    for pk, each in found.items():
        assert isinstance(each, TrackPlan)
        expected = plan_of(tracks[pk])
        assert list(each.plan.versions) == list(expected.versions)
        assert (each.plan.anchor, each.plan.first, each.plan.last) == (expected.anchor, expected.first, expected.last)
        assert (each.clock, each.user_id) == (tracks[pk].user.clock, tracks[pk].user_id)


def test_a_plan_has_the_pauses_of_its_track_and_of_all_tracks_of_its_user_only(alice: User, bob: User) -> None:
    first, second, other = make.track(alice), make.track(alice, name="Read"), make.track(bob)
    now = timezone.now()
    pauses.add(user=alice, track_id=first.pk, first_day=MONDAY, last_day=MONDAY, now=now)
    pauses.add(user=alice, track_id=None, first_day=MONDAY + DAY * 2, last_day=None, now=now)
    found = load_plans([first.pk, second.pk, other.pk])
    days = [MONDAY + DAY * number for number in range(3)]

    def paused(track: HabitTrack) -> list[bool]:
        plan = found[track.pk]
        assert isinstance(plan, TrackPlan)
        return [plan.is_paused(day) for day in days]

    assert paused(first) == [True, False, True]
    assert paused(second) == [False, False, True]
    assert paused(other) == [False, False, False]


def test_a_plan_that_cannot_be_built_does_not_affect_the_others(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = make.track(alice), make.track(bob)
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Kathmandu")

    def fails_in_kathmandu(versions: Any, clock: Clock, *rest: Any) -> Plan:
        if clock.zone == "Asia/Kathmandu":
            raise ValueError("a bug")
        return build_plan(versions, clock, *rest)

    monkeypatch.setattr(plans, "build_plan", fails_in_kathmandu)
    found = load_plans([broken.pk, whole.pk])
    assert isinstance(found[broken.pk], ValueError)
    assert isinstance(found[whole.pk], TrackPlan)
