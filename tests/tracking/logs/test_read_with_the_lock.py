"""What a log reads together with the track's lock is what is true then, also after an edit by another process."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from habits.services import edit_habit
from tests import make
from tracking.models import Goal, HabitLog, HabitTrack, Pause, StreakCheckpoint
from tracking.streaks.services import find_differences
from tracking.tracks.locking import locked_with_log
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import locked_track
from users.models import User
from users.services import edit_profile

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def track(alice: User) -> HabitTrack:
    """A track with a history of seventy days up to yesterday, so with checkpoints."""
    track = make.track(alice)
    for back in range(70, 0, -1):
        make.log(track, today(track) - back * DAY)
    return HabitTrack.objects.get(pk=track.pk)


def today(track: HabitTrack) -> date:
    return track.user.clock.day_of(timezone.now())


def streak(track: HabitTrack) -> int:
    return HabitTrack.objects.get(pk=track.pk).streak


def is_true() -> bool:
    return not list(find_differences(now=timezone.now(), repair=False))


def test_a_goal_that_another_process_has_made_is_reached_by_the_next_log(track: HabitTrack) -> None:
    make.log(track, today(track), "skipped")
    Goal.objects.bulk_create([Goal(track=track, amount=Decimal(1), days=1, first_day=today(track))])
    make.log(track, today(track))
    assert Goal.objects.get().reached_on == today(track)


@pytest.mark.parametrize("of_all_tracks", [False, True])
def test_a_pause_that_another_process_has_made_or_ended_counts_in_the_next_log(
    track: HabitTrack, of_all_tracks: bool
) -> None:
    gap = today(track) - 10 * DAY
    HabitLog.objects.filter(day=gap).delete()
    days = {"first_day": gap, "last_day": gap}
    Pause.objects.bulk_create([Pause(user=track.user, track=None if of_all_tracks else track, **days)])
    make.log(track, gap - DAY, "skipped")
    assert streak(track) == 68
    assert is_true()
    Pause.objects.all().delete()
    make.log(track, gap - DAY)
    assert streak(track) == 9
    assert is_true()


@pytest.mark.parametrize("deleted", ["latest", "all"])
def test_a_checkpoint_that_is_gone_is_not_counted_from(track: HabitTrack, deleted: str) -> None:
    checkpoints = StreakCheckpoint.objects.order_by("-day")
    assert checkpoints.count() > 1
    checkpoints.filter(
        pk__in=list(checkpoints.values_list("pk", flat=True))[: 1 if deleted == "latest" else None]
    ).delete()
    make.log(track, today(track))
    assert streak(track) == 71
    assert is_true()


def test_an_earlier_day_is_counted_from_the_checkpoint_before_it(track: HabitTrack) -> None:
    make.log(track, today(track) - 40 * DAY, "missed")
    assert streak(track) == 39
    make.log(track, today(track) - 40 * DAY)
    assert streak(track) == 70
    assert is_true()


def test_the_track_is_the_one_that_the_queryset_gives(track: HabitTrack) -> None:
    edit_habit(owner=track.user, habit_id=track.habit_id, now=timezone.now(), schedule={"daily_amount": Decimal(2)})
    edit_profile(user=track.user, now=timezone.now(), time_zone="Asia/Tokyo")
    with transaction.atomic():
        found, log = locked_with_log(track.user, track.pk, today(track) - DAY)
        usual = locked_track(track.user, track.pk)
    assert log == HabitLog.objects.get(day=today(track) - DAY)
    assert found.user.clock == usual.user.clock
    assert replace(plan_of(found), exists=bool) == replace(plan_of(usual), exists=bool)  # bound to different clocks
    for mine, others in ((found, usual), (found.user, usual.user), (found.habit, usual.habit)):
        names = {field.attname for field in mine._meta.concrete_fields} - mine.get_deferred_fields()
        assert {name: getattr(mine, name) for name in names} == {name: getattr(others, name) for name in names}


def test_it_is_read_in_two_statements_and_without_a_log_there_is_none(track: HabitTrack) -> None:
    day = today(track)
    with CaptureQueriesContext(connection) as made, transaction.atomic():
        _, log = locked_with_log(track.user, track.pk, day)
    assert log is None
    assert sum(each["sql"].startswith("SELECT") for each in made) == 2
    with pytest.raises(HabitTrack.DoesNotExist), transaction.atomic():
        locked_with_log(make.person("bob"), track.pk, today(track))
