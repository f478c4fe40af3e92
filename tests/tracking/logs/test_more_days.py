"""Adding to a day's amount, and setting many days in one request."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.db import connection
from rest_framework.test import APIClient

from habits.recurrence import Frequency
from tests import make
from tracking.models import HabitLog, HabitTrack
from users.models import User

TODAY = date(2026, 11, 21)
WATER = {"frequency": Frequency.DAILY, "daily_amount": Decimal(8), "unit": "glasses"}


@pytest.fixture(autouse=True)
def _noon() -> object:
    with time_machine.travel("2026-11-21 12:00Z", tick=False):
        yield


@pytest.fixture
def water(alice: User) -> HabitTrack:
    return make.track(alice, schedule=WATER)


def path(track: HabitTrack, rest: str) -> str:
    return f"/api/tracks/{track.pk}/logs/{rest}/"


@pytest.mark.django_db
class TestAdd:
    """POST tracks/{id}/logs/{day}/add/."""

    def test_amounts_add_up_to_a_completed_day(self, api: APIClient, water: HabitTrack) -> None:
        first = api.post(path(water, f"{TODAY}/add"), {"amount": "3"}).json()
        assert (first["status"], first["amount"], first["streak"]["current"]) == ("partial", "3.00", 0)
        second = api.post(path(water, f"{TODAY}/add"), {"amount": "5.5"}).json()
        assert (second["status"], second["amount"], second["streak"]["current"]) == ("completed", "8.50", 1)

    def test_a_retry_with_the_same_key_changes_nothing(self, api: APIClient, water: HabitTrack) -> None:
        add = partial(api.post, path(water, f"{TODAY}/add"), headers={"Idempotency-Key": "a1"})
        assert add({"amount": "1"}).json()["amount"] == "1.00"
        assert add({"amount": "1"}).json()["amount"] == "1.00"
        assert make.refused(add({"amount": "2"})) == [("key_reused", "Idempotency-Key")]
        assert api.post(path(water, f"{TODAY}/add"), {"amount": "1"}).json()["amount"] == "2.00"

    def test_a_skipped_day_counts_from_0(self, api: APIClient, water: HabitTrack) -> None:
        make.log(water, TODAY, "skipped")
        assert api.post(path(water, f"{TODAY}/add"), {"amount": "2"}).json()["amount"] == "2.00"

    def test_the_note_is_kept(self, api: APIClient, water: HabitTrack) -> None:
        api.put(path(water, str(TODAY)), {"amount": "1", "note": "cold"})
        assert api.post(path(water, f"{TODAY}/add"), {"amount": "1"}).json()["note"] == "cold"

    def test_the_completion_time_of_a_process_with_a_fast_clock_is_kept(
        self, api: APIClient, water: HabitTrack
    ) -> None:
        with time_machine.travel("2026-11-21 12:00:03Z", tick=False):
            moment = api.post(path(water, f"{TODAY}/add"), {"amount": "1"}).json()["completed_at"]
        later = api.post(path(water, f"{TODAY}/add"), {"amount": "1"}).json()
        assert (later["amount"], later["completed_at"]) == ("2.00", moment)

    @pytest.mark.parametrize("amount", ["0", "-1", "x", "0.001", None, "100000000"])
    def test_an_invalid_amount_is_refused(self, api: APIClient, water: HabitTrack, amount: object) -> None:
        assert make.refused(api.post(path(water, f"{TODAY}/add"), {"amount": amount}))[0][1] == "amount"

    def test_a_sum_that_is_too_large_is_refused(self, api: APIClient, water: HabitTrack) -> None:
        api.post(path(water, f"{TODAY}/add"), {"amount": "99999999"})
        refusal = api.post(path(water, f"{TODAY}/add"), {"amount": "99999999"})
        assert make.refused(refusal) == [("amount_out_of_range", "amount")]

    def test_tomorrow_is_refused(self, api: APIClient, water: HabitTrack) -> None:
        tomorrow = TODAY + timedelta(days=1)
        assert make.refused(api.post(path(water, f"{tomorrow}/add"), {"amount": "1"})) == [("future_day", "day")]


@pytest.mark.django_db(transaction=True)
@make.needs_postgres
def test_no_simultaneous_addition_is_lost(alice: User, water: HabitTrack) -> None:
    calls = [partial(make.client(alice).post, path(water, f"{TODAY}/add"), {"amount": "1"}) for _ in range(10)]
    assert {answer.status_code for answer in make.at_once(calls)} == {200}
    assert HabitLog.objects.get().amount == 10


@pytest.mark.django_db(transaction=True)
@make.needs_postgres
def test_after_fifty_simultaneous_writes_the_streak_matches_the_logs(alice: User, water: HabitTrack) -> None:
    days = [TODAY - timedelta(days=back) for back in range(10)]
    calls = [
        partial(make.client(alice).post, path(water, f"{days[number % 10]}/add"), {"amount": "2"})
        for number in range(50)
    ]
    for start in range(0, 50, 10):
        assert {answer.status_code for answer in make.at_once(calls[start : start + 10])} == {200}
    assert list(HabitLog.objects.values_list("amount", flat=True)) == [10] * 10
    water.refresh_from_db()
    assert (water.streak, water.longest_streak) == (10, 10)
    connection.close()


@pytest.mark.django_db
class TestBulk:
    """POST tracks/{id}/logs/bulk/."""

    def test_many_days_are_set_and_the_streak_is_updated(self, api: APIClient, water: HabitTrack) -> None:
        days = [{"day": str(TODAY - timedelta(days=back)), "status": "completed"} for back in range(366)]
        answer = api.post(path(water, "bulk"), {"days": days})
        assert (answer.status_code, len(answer.json())) == (200, 366)
        water.refresh_from_db()
        assert (water.streak, water.begins_on) == (366, TODAY - timedelta(days=365))

    def test_one_invalid_day_refuses_all_and_is_named(self, api: APIClient, water: HabitTrack) -> None:
        days = [{"day": str(TODAY), "status": "completed"}, {"day": "2026-11-22", "status": "completed"}]
        assert make.refused(api.post(path(water, "bulk"), {"days": days})) == [("future_day", "days.1.day")]
        assert not HabitLog.objects.exists()

    def test_of_a_day_given_twice_the_last_entry_counts(self, api: APIClient, water: HabitTrack) -> None:
        days = [{"day": str(TODAY), "status": "completed"}, {"day": str(TODAY), "status": "skipped"}]
        assert api.post(path(water, "bulk"), {"days": days}).status_code == 200
        assert HabitLog.objects.get().status == "skipped"

    @pytest.mark.parametrize("days", [None, [], [{"day": "x"}], [{"day": "2026-11-21", "status": "completed"}] * 367])
    def test_an_invalid_list_of_days_is_refused(self, api: APIClient, water: HabitTrack, days: object) -> None:
        assert api.post(path(water, "bulk"), {"days": days}).status_code == 400


@pytest.mark.django_db
def test_repeating_a_day_changes_no_row(api: APIClient, water: HabitTrack) -> None:
    with time_machine.travel("2026-11-21 12:00Z", tick=False) as clock:
        first = api.put(path(water, str(TODAY)), {"status": "completed"}).json()
        clock.shift(timedelta(hours=1))
        again = api.put(path(water, str(TODAY)), {"status": "completed"}, headers={"X-Client": "web"}).json()
    assert again | {"before": None} == first
