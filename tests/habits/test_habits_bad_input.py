"""Invalid habits: the API answers 400 with code and field and changes nothing; the database refuses them too."""

from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.fields import DateField
from pytest_django import Settings
from rest_framework.test import APIClient

from habits.models import Habit, HabitSchedule
from tests import make
from users.models import User

PATH = "/api/habits/"
GOOD = {"name": "Push-ups", "frequency": "daily"}

pytestmark = pytest.mark.django_db

BAD: list[tuple[dict[str, Any], str, str]] = [
    # The format of each field.
    ({"name": ""}, "blank", "name"),
    ({"name": "  "}, "blank", "name"),
    ({"name": None}, "null", "name"),
    ({"name": "a" * 201}, "max_length", "name"),
    ({"name": ["a"]}, "invalid", "name"),
    ({"action": "a" * 201}, "max_length", "action"),
    ({"place": "a" * 201}, "max_length", "place"),
    ({"reward": "a" * 201}, "max_length", "reward"),
    ({"description": "a" * 2001}, "max_length", "description"),
    ({"unit": "a" * 31}, "max_length", "unit"),
    ({"time": "25:00"}, "invalid", "time"),
    ({"time": "07:60"}, "invalid", "time"),
    ({"time": "07:30:15"}, "invalid", "time"),
    ({"time": "7.30 am"}, "invalid", "time"),
    ({"time": 730}, "invalid", "time"),
    ({"is_pleasant": "perhaps"}, "invalid", "is_pleasant"),
    ({"is_published": None}, "null", "is_published"),
    ({"start_date": "2026-02-30"}, "invalid", "start_date"),
    ({"end_date": "tomorrow"}, "invalid", "end_date"),
    ({"start_date": "1969-12-31"}, "date_out_of_range", "start_date"),
    ({"end_date": "2200-01-01"}, "date_out_of_range", "end_date"),
    ({"end_date": "9999-12-31"}, "date_out_of_range", "end_date"),
    ({"start_date": "0001-01-01"}, "date_out_of_range", "start_date"),
    # The duration.
    ({"duration": 0}, "duration_out_of_range", "duration"),
    ({"duration": 121}, "duration_out_of_range", "duration"),
    ({"duration": -1}, "duration_out_of_range", "duration"),
    ({"duration": "a minute"}, "invalid", "duration"),
    # The schedule.
    ({"frequency": "hourly"}, "invalid_choice", "frequency"),
    ({"frequency": "DAILY"}, "invalid_choice", "frequency"),
    ({"frequency": None}, "null", "frequency"),
    ({"interval": 0}, "interval_out_of_range", "interval"),
    ({"interval": 8}, "interval_out_of_range", "interval"),
    ({"interval": -1}, "interval_out_of_range", "interval"),
    ({"interval": None}, "null", "interval"),
    ({"interval": 2, "frequency": "weekly"}, "interval_not_daily", "interval"),
    ({"interval": 2, "weekdays": ["mon"]}, "weekdays_with_interval", "weekdays"),
    ({"weekdays": ["xyz"]}, "invalid_choice", "weekdays.0"),
    ({"weekdays": ["mon", "Tue"]}, "invalid_choice", "weekdays.1"),
    ({"weekdays": "mon"}, "not_a_list", "weekdays"),
    ({"weekdays": {"mon": True}}, "not_a_list", "weekdays"),
    ({"weekdays": None}, "null", "weekdays"),
    ({"times_per_period": 2}, "times_out_of_range", "times_per_period"),
    ({"frequency": "weekly", "times_per_period": 0}, "times_out_of_range", "times_per_period"),
    ({"frequency": "weekly", "times_per_period": 8}, "times_out_of_range", "times_per_period"),
    ({"frequency": "monthly", "times_per_period": 3}, "too_seldom", "times_per_period"),
    ({"frequency": "monthly", "times_per_period": 4}, "too_seldom", "times_per_period"),
    ({"frequency": "monthly", "times_per_period": 29}, "times_out_of_range", "times_per_period"),
    ({"frequency": "yearly", "times_per_period": 52}, "too_seldom", "times_per_period"),
    ({"frequency": "yearly", "times_per_period": 366}, "times_out_of_range", "times_per_period"),
    ({"daily_amount": "0"}, "amount_not_positive", "daily_amount"),
    ({"daily_amount": "-1"}, "amount_not_positive", "daily_amount"),
    ({"daily_amount": "0.001"}, "amount_not_positive", "daily_amount"),
    ({"daily_amount": "1,250"}, "ambiguous", "daily_amount"),
    ({"daily_amount": "123456789"}, "max_whole_digits", "daily_amount"),
    ({"daily_amount": "NaN"}, "invalid", "daily_amount"),
    ({"daily_amount": "Infinity"}, "invalid", "daily_amount"),
    ({"daily_amount": "1e999999999"}, "invalid", "daily_amount"),
    # Invalid combinations.
    ({"is_pleasant": True, "reward": "a coffee"}, "pleasant_with_reward", "reward"),
    ({"start_date": "2026-12-02", "end_date": "2026-12-01"}, "end_before_start", "end_date"),
    # The linked habit.
    ({"linked_habit": 0}, "min_value", "linked_habit"),
    ({"linked_habit": 999999}, "does_not_exist", "linked_habit"),
    ({"linked_habit": "coffee"}, "invalid", "linked_habit"),
]


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(make.utc("2026-11-21 12:00"), tick=False) as traveller:
        yield traveller


def assert_refused(api: APIClient, method: str, path: str, given: dict[str, Any], code: str, attr: str) -> None:
    before = make.everything()
    assert (code, attr) in make.refused(getattr(api, method)(path, given))
    assert make.everything() == before


@pytest.mark.parametrize(
    ("given", "code", "attr"), BAD, ids=[f"{attr}-{code}-{n}" for n, (_, code, attr) in enumerate(BAD)]
)
def test_bad_input_names_its_field_and_changes_nothing(
    api: APIClient, alice: User, given: dict[str, Any], code: str, attr: str
) -> None:
    assert_refused(api, "post", PATH, GOOD | given, code, attr)
    habit = make.habit(alice)
    assert_refused(api, "put", f"{PATH}{habit.pk}/", GOOD | given, code, attr)
    assert_refused(api, "patch", f"{PATH}{habit.pk}/", given, code, attr)


@pytest.mark.parametrize(("given", "attr"), [({"frequency": "daily"}, "name"), ({"name": "a"}, "frequency")])
def test_name_and_frequency_are_required(api: APIClient, given: dict[str, Any], attr: str) -> None:
    assert_refused(api, "post", PATH, given, "required", attr)


def test_reward_and_linked_habit_exclude_each_other(api: APIClient, alice: User) -> None:
    coffee = make.habit(alice, is_pleasant=True)
    both = {"reward": "a coffee", "linked_habit": coffee.pk}
    assert_refused(api, "post", PATH, GOOD | both, "reward_and_linked_habit", "linked_habit")
    rewarded, linked = make.habit(alice, reward="tea"), make.habit(alice, linked_habit=coffee.pk)
    for habit, given in ((rewarded, {"linked_habit": coffee.pk}), (linked, {"reward": "tea"})):
        assert_refused(api, "patch", f"{PATH}{habit.pk}/", given, "reward_and_linked_habit", "linked_habit")


def test_a_pleasant_habit_cannot_have_a_linked_habit(api: APIClient, alice: User) -> None:
    coffee = make.habit(alice, is_pleasant=True)
    given = {"is_pleasant": True, "linked_habit": coffee.pk}
    assert_refused(api, "post", PATH, GOOD | given, "pleasant_with_linked_habit", "linked_habit")
    habit = make.habit(alice, linked_habit=coffee.pk)
    assert_refused(
        api, "patch", f"{PATH}{habit.pk}/", {"is_pleasant": True}, "pleasant_with_linked_habit", "linked_habit"
    )


def test_only_a_pleasant_habit_can_be_linked(api: APIClient, alice: User) -> None:
    useful, habit = make.habit(alice), make.habit(alice)
    given = {"linked_habit": useful.pk}
    assert_refused(api, "post", PATH, GOOD | given, "linked_not_pleasant", "linked_habit")
    assert_refused(api, "patch", f"{PATH}{habit.pk}/", given, "linked_not_pleasant", "linked_habit")
    assert_refused(
        api, "patch", f"{PATH}{habit.pk}/", {"linked_habit": habit.pk}, "linked_not_pleasant", "linked_habit"
    )


@pytest.mark.parametrize("is_published", [True, False])
def test_linking_another_users_habit_gives_the_same_error_as_a_missing_one(
    api: APIClient, bob: User, is_published: bool
) -> None:
    given = {"linked_habit": make.habit(bob, is_pleasant=True, is_published=is_published).pk}
    assert_refused(api, "post", PATH, GOOD | given, "does_not_exist", "linked_habit")
    refusals = [api.post(PATH, GOOD | {"linked_habit": pk}).content for pk in (given["linked_habit"], 999999)]
    assert refusals[0] == refusals[1]


def test_a_linked_habit_must_stay_pleasant(api: APIClient, alice: User) -> None:
    coffee = make.habit(alice, is_pleasant=True)
    make.habit(alice, linked_habit=coffee.pk)
    path = f"{PATH}{coffee.pk}/"
    assert_refused(api, "patch", path, {"is_pleasant": False}, "linked_stays_pleasant", "is_pleasant")
    assert_refused(api, "put", path, GOOD | {"is_pleasant": False}, "linked_stays_pleasant", "is_pleasant")


def test_a_habit_with_logs_or_followers_cannot_become_pleasant(api: APIClient, alice: User, bob: User) -> None:
    logged = make.track(alice)
    make.log(logged, "2026-11-21")
    followed = make.follower(bob, make.habit(alice, is_published=True))
    for habit in (logged.habit, followed.habit):
        assert_refused(api, "patch", f"{PATH}{habit.pk}/", {"is_pleasant": True}, "has_history", "is_pleasant")


def test_an_end_cannot_be_set_before_today(api: APIClient, alice: User, clock: Any) -> None:
    path = f"{PATH}{make.habit(alice).pk}/"
    assert_refused(api, "patch", path, {"end_date": "2026-11-20"}, "end_in_past", "end_date")
    assert api.patch(path, {"end_date": "2026-11-21"}).status_code == 200
    clock.shift(5 * 86400)
    alice_api = make.client(alice)
    assert alice_api.patch(path, {"end_date": "2026-11-21", "name": "Still"}).status_code == 200
    assert_refused(alice_api, "patch", path, {"end_date": "2026-11-22"}, "end_in_past", "end_date")


def test_today_is_the_owners_local_day(api: APIClient, alice: User) -> None:
    api.patch("/api/users/me/", {"time_zone": "Pacific/Kiritimati"})  # the 22nd already
    path = f"{PATH}{make.habit(User.objects.get()).pk}/"
    assert_refused(api, "patch", path, {"end_date": "2026-11-21"}, "end_in_past", "end_date")


def test_a_start_after_the_end_is_refused(api: APIClient) -> None:
    habit = api.post(PATH, GOOD | {"end_date": "2026-12-01"}).json()
    assert_refused(api, "patch", f"{PATH}{habit['id']}/", {"start_date": "2026-12-02"}, "end_before_start", "end_date")


def test_the_setting_changes_the_minimum_frequency(api: APIClient, settings: Settings) -> None:
    settings.HABIT_MAX_GAP_DAYS = 3
    assert_refused(api, "post", PATH, GOOD | {"interval": 4}, "too_seldom", "interval")
    assert_refused(api, "post", PATH, GOOD | {"weekdays": ["mon"]}, "too_seldom", "weekdays")
    monthly = GOOD | {"frequency": "monthly", "times_per_period": 10}
    assert_refused(api, "post", PATH, monthly, "too_seldom", "times_per_period")
    settings.HABIT_MAX_GAP_DAYS = 366
    assert api.post(PATH, GOOD | {"frequency": "yearly"}).json()["times_per_period"] == 1


def test_several_errors_are_reported_at_once(api: APIClient) -> None:
    refused = make.refused(api.post(PATH, {"name": "", "time": "25:00", "frequency": "hourly", "weekdays": ["xyz"]}))
    assert {attr for _, attr in refused} == {"name", "time", "frequency", "weekdays.0"}


HABIT_ROWS: list[tuple[dict[str, Any], str]] = [
    ({"reward": "tea", "linked_habit": "coffee"}, "habit_reward_or_linked_habit"),
    ({"is_pleasant": True, "reward": "tea"}, "habit_pleasant_is_its_own_reward"),
    ({"is_pleasant": True, "linked_habit": "coffee"}, "habit_pleasant_is_its_own_reward"),
    ({"duration": 0}, "habit_duration_is_short"),
    ({"duration": 121}, "habit_duration_is_short"),
    ({"start_date": "2026-12-02", "end_date": "2026-12-01"}, "habit_dates_in_order"),
    ({"linked_habit": F("pk")}, "habit_not_linked_to_itself"),
]


@pytest.mark.parametrize(
    ("row", "constraint"), HABIT_ROWS, ids=[name + str(n) for n, (_, name) in enumerate(HABIT_ROWS)]
)
def test_the_database_refuses_an_invalid_habit(alice: User, row: dict[str, Any], constraint: str) -> None:
    coffee, habit = make.habit(alice, is_pleasant=True), make.habit(alice)
    row = {name: coffee if value == "coffee" else value for name, value in row.items()}
    row = {name: DateField().to_python(value) if name.endswith("_date") else value for name, value in row.items()}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Habit.objects.filter(pk=habit.pk).update(**row)


SCHEDULE_ROWS: list[tuple[dict[str, Any], str]] = [
    ({"interval": 0}, "schedule_interval"),
    ({"interval": 8}, "schedule_interval"),
    ({"interval": 2, "weekdays": 1}, "schedule_interval"),
    ({"interval": 2, "frequency": "weekly"}, "schedule_interval"),
    ({"weekdays": 128}, "schedule_weekdays"),
    ({"times_per_period": 0}, "schedule_times_per_period"),
    ({"times_per_period": 2}, "schedule_times_per_period"),
    ({"frequency": "weekly", "times_per_period": 8}, "schedule_times_per_period"),
    ({"frequency": "monthly", "times_per_period": 29}, "schedule_times_per_period"),
    ({"frequency": "yearly", "times_per_period": 366}, "schedule_times_per_period"),
    ({"frequency": "hourly"}, "schedule_times_per_period"),
    ({"daily_amount": 0}, "schedule_daily_amount"),
    ({"daily_amount": -1}, "schedule_daily_amount"),
]


@pytest.mark.parametrize(
    ("row", "constraint"), SCHEDULE_ROWS, ids=[name + str(n) for n, (_, name) in enumerate(SCHEDULE_ROWS)]
)
def test_the_database_refuses_an_invalid_schedule(alice: User, row: dict[str, Any], constraint: str) -> None:
    habit = make.habit(alice)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        HabitSchedule.objects.filter(habit=habit).update(**row)


def test_the_database_refuses_two_versions_from_one_day(alice: User) -> None:
    habit = make.habit(alice)
    HabitSchedule.objects.create(habit=habit, starts_on="2026-12-01", frequency="daily")
    for starts_on in (None, "2026-12-01"):
        with pytest.raises(IntegrityError), transaction.atomic():
            HabitSchedule.objects.create(habit=habit, starts_on=starts_on, frequency="daily")
