"""Prepared queries answer as the querysets that they are made of, whatever is given."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from common.limits import MAX_ID
from common.prepared import Columns, Prepared, PreparedUpdate, given
from habits.models import Habit
from tests import make
from tracking.models import HabitLog, HabitTrack
from users.models import User

DAY = date(2026, 3, 1)
LOG = Columns(HabitLog)

logs_since = Prepared(
    lambda: (
        HabitLog.objects.filter(track=given(HabitLog, "track"), day__gte=given(HabitLog, "day", "since"))
        .order_by("day")
        .values_list(*LOG.paths)
    )
)


@pytest.fixture
def track(alice: User) -> HabitTrack:
    track = make.track(alice, start_date=DAY)
    make.log(track, DAY, "completed", note="before coffee")
    make.log(track, DAY + timedelta(days=1), "skipped")
    return track


def loaded(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [{name: getattr(LOG.instance(row), name) for name in LOG.paths} for row in rows]


def test_the_rows_are_those_of_the_queryset_with_values_of_the_same_types(track: HabitTrack) -> None:
    rows = loaded(logs_since(track=track.pk, since=DAY))
    assert rows == list(HabitLog.objects.filter(track=track).order_by("day").values())
    assert type(rows[0]["amount"]) is Decimal and rows[0]["created_at"].tzinfo is not None


def test_each_call_has_its_own_values_and_makes_one_statement(track: HabitTrack, bob: User) -> None:
    other = make.track(bob)
    logs_since(track=track.pk, since=DAY)
    with CaptureQueriesContext(connection) as made:
        later = logs_since(track=track.pk, since=DAY + timedelta(days=1))
    assert len(made) == 1
    assert [each["status"] for each in loaded(later)] == ["skipped"]
    assert logs_since(track=other.pk, since=DAY) == []
    assert len(logs_since(track=track.pk, since=DAY)) == 2


def test_a_change_is_seen_by_the_next_call(track: HabitTrack) -> None:
    logs_since(track=track.pk, since=DAY)
    HabitLog.objects.filter(day=DAY).update(note="after coffee")
    assert loaded(logs_since(track=track.pk, since=DAY))[0]["note"] == "after coffee"


def test_an_unknown_value_equals_nothing_and_one_that_no_column_holds_neither(track: HabitTrack) -> None:
    assert logs_since(track=None, since=DAY) == []
    assert logs_since(track=MAX_ID + 1, since=DAY) == []


@pytest.mark.parametrize("track_id", [MAX_ID, MAX_ID + 1, 10**30])
def test_a_track_of_any_number_is_not_found(api: APIClient, track_id: int) -> None:
    assert api.put(f"/api/tracks/{track_id}/logs/{DAY}/", {"status": "completed"}, format="json").status_code == 404


def test_a_value_that_is_not_given_is_an_error(track: HabitTrack) -> None:
    with pytest.raises(KeyError):
        logs_since(track=track.pk)


def test_values_of_json_are_read_through_the_column(track: HabitTrack) -> None:
    stats = Prepared(lambda: HabitTrack.objects.filter(pk=given(HabitTrack, "id")).values_list("longest_streaks"))
    assert stats(id=track.pk) == [({"day": 1},)]


def test_an_update_sets_its_columns_and_counts_its_rows(track: HabitTrack) -> None:
    store = PreparedUpdate(
        lambda: HabitTrack.objects.filter(pk=given(HabitTrack, "id")), ("longest_streaks", "strength", "lapses_at")
    )
    streak = HabitTrack.objects.get().streak
    for strength in (0.5, 0.25):
        assert store(id=track.pk, longest_streaks={"day": 9}, strength=strength, lapses_at=None) == 1
        changed = HabitTrack.objects.get()
        assert (changed.longest_streaks, changed.strength, changed.lapses_at) == ({"day": 9}, strength, None)
        assert changed.streak == streak
    assert store(id=track.pk + 1, longest_streaks={}, strength=0.0, lapses_at=None) == 0


def test_some_columns_make_an_instance_that_reads_the_others_when_they_are_asked_for(track: HabitTrack) -> None:
    some = Columns(Habit, "habit__", only=("id", "name"))
    rows = Prepared(lambda: HabitTrack.objects.filter(pk=given(HabitTrack, "id")).values_list("streak", *some.paths))
    [row] = rows(id=track.pk)
    habit = some.instance(row, start=1)
    assert habit.get_deferred_fields() == {field.attname for field in Habit._meta.concrete_fields} - {"id", "name"}
    assert habit.start_date == DAY


@pytest.mark.django_db(transaction=True)
@make.needs_postgres
def test_a_lock_needs_a_transaction_at_each_call() -> None:
    locks = Prepared(lambda: User.objects.filter(pk=given(User, "id")).select_for_update().values_list("pk"))
    user = make.person("alice")
    with transaction.atomic():
        assert locks(id=user.pk) == [(user.pk,)]
    with pytest.raises(transaction.TransactionManagementError):
        locks(id=user.pk)
