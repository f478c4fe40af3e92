"""habits/ with goal_type at_most: habits that are kept within a limit of a day, a week or a month."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from habits.models import Habit, HabitSchedule
from tests import make
from users.models import User

PATH = "/api/habits/"
NOW = make.utc("2026-11-18 12:00")  # a Wednesday
COFFEE = {"name": "Coffee", "goal_type": "at_most", "frequency": "weekly", "limit_per_period": "3.00", "unit": "cups"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def created(api: APIClient, **given: Any) -> dict[str, Any]:
    answer = api.post(PATH, COFFEE | given)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def changed(api: APIClient, habit: dict[str, Any], **given: Any) -> dict[str, Any]:
    answer = api.patch(f"{PATH}{habit['id']}/", given)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def schedules(api: APIClient, habit: dict[str, Any]) -> list[tuple[str | None, str, str | None]]:
    rows = api.get(f"{PATH}{habit['id']}/schedules/").json()
    return [(each["starts_on"], each["frequency"], each["limit_per_period"]) for each in rows]


@pytest.mark.parametrize("frequency", ["daily", "weekly", "monthly"])
@pytest.mark.parametrize("limit", ["0.00", "3.00", "2.50"])
def test_a_limit_is_for_a_day_a_week_or_a_month_and_can_be_0(api: APIClient, frequency: str, limit: str) -> None:
    shown = created(api, frequency=frequency, limit_per_period=limit)
    assert (shown["goal_type"], shown["frequency"], shown["limit_per_period"]) == ("at_most", frequency, limit)
    assert api.get(f"{PATH}{shown['id']}/").json() == shown
    assert schedules(api, shown) == [(None, frequency, limit)]


def test_a_habit_without_a_goal_type_is_to_be_done_and_has_no_limit(api: APIClient) -> None:
    shown = api.post(PATH, {"name": "Push-ups", "frequency": "daily"}).json()
    assert (shown["goal_type"], shown["limit_per_period"]) == ("at_least", None)


@pytest.mark.parametrize("kind", [COFFEE, {"name": "Push-ups", "frequency": "weekly", "times_per_period": 3}])
@pytest.mark.parametrize("method", ["put", "patch"])
def test_what_was_read_can_be_sent_back(api: APIClient, kind: dict[str, Any], method: str) -> None:
    shown = api.post(PATH, kind).json()
    answer = getattr(api, method)(f"{PATH}{shown['id']}/", shown)
    assert (answer.status_code, answer.json()) == (200, shown)
    assert HabitSchedule.objects.filter(habit=shown["id"]).count() == 1
    copy = api.post(PATH, shown).json()
    assert {**copy, "id": 0, "track": 0} == {**shown, "id": 0, "track": 0}


@pytest.mark.parametrize(
    ("given", "code", "attr"),
    [
        ({"limit_per_period": None}, "required", "limit_per_period"),
        ({"limit_per_period": "-1"}, "amount_negative", "limit_per_period"),
        ({"limit_per_period": "three"}, "invalid", "limit_per_period"),
        ({"frequency": "yearly"}, "limit_frequency", "frequency"),
        ({"frequency": "daily", "interval": 2}, "limit_has_no_targets", "interval"),
        ({"weekdays": ["mon"]}, "limit_has_no_targets", "weekdays"),
        ({"times_per_period": 2}, "limit_has_no_targets", "times_per_period"),
        ({"daily_amount": "2"}, "limit_has_no_targets", "daily_amount"),
        ({"is_pleasant": True}, "pleasant_with_limit", "goal_type"),
        ({"goal_type": "at_least"}, "not_a_limit_habit", "limit_per_period"),
        ({"goal_type": "at most"}, "invalid_choice", "goal_type"),
        ({"goal_type": None}, "null", "goal_type"),
    ],
)
def test_a_limit_habit_has_a_limit_and_none_of_the_targets(
    api: APIClient, given: dict[str, Any], code: str, attr: str
) -> None:
    before = make.everything()
    assert make.refused(api.post(PATH, COFFEE | given)) == [(code, attr)]
    assert make.everything() == before
    if given.keys() != {"goal_type"}:
        habit = created(api)
        before = make.everything()
        assert make.refused(api.patch(f"{PATH}{habit['id']}/", given)) == [(code, attr)]
        assert make.everything() == before


def test_a_limit_habit_without_a_limit_is_refused(api: APIClient) -> None:
    given = {name: value for name, value in COFFEE.items() if name != "limit_per_period"}
    assert make.refused(api.post(PATH, given)) == [("required", "limit_per_period")]


def test_a_pleasant_habit_cannot_become_a_limit_habit(api: APIClient) -> None:
    bath = api.post(PATH, {"name": "A bath", "frequency": "daily", "is_pleasant": True}).json()
    answer = api.patch(f"{PATH}{bath['id']}/", {"goal_type": "at_most", "limit_per_period": 1})
    assert make.refused(answer) == [("pleasant_with_limit", "goal_type")]


def test_all_weekdays_are_none(api: APIClient) -> None:
    shown = created(api, weekdays=["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
    assert (shown["weekdays"], shown["times_per_period"]) == ([], 1)


def test_a_changed_limit_is_a_version_from_today(api: APIClient, clock: Any) -> None:
    habit = created(api)
    api.put(f"/api/tracks/{habit['track']}/logs/2026-11-18/", {"amount": 1})
    clock.shift(86400)
    assert changed(api, habit, limit_per_period="5.00")["limit_per_period"] == "5.00"
    assert schedules(api, habit) == [(None, "weekly", "3.00"), ("2026-11-19", "weekly", "5.00")]


def test_the_goal_type_is_fixed_once_there_is_a_log(api: APIClient) -> None:
    habit = created(api)
    path = f"/api/tracks/{habit['track']}/logs/2026-11-18/"
    assert api.put(path, {"amount": "0"}).status_code == 200
    before = make.everything()
    given = {"goal_type": "at_least", "limit_per_period": None}
    assert make.refused(api.patch(f"{PATH}{habit['id']}/", given)) == [("goal_type_fixed", "goal_type")]
    assert make.everything() == before
    api.delete(path)
    assert changed(api, habit, **given)["goal_type"] == "at_least"


def test_a_habit_without_logs_takes_another_goal_type_and_loses_what_only_the_former_has(
    api: APIClient, clock: Any
) -> None:
    given = {"frequency": "weekly", "weekdays": ["mon", "thu"], "daily_amount": "2", "unit": "cups"}
    habit = api.post(PATH, {"name": "Coffee"} | given).json()
    api.put(f"/api/tracks/{habit['track']}/logs/2026-11-18/", {"status": "completed"})
    clock.shift(86400)
    changed(api, habit, frequency="daily")
    api.delete(f"/api/tracks/{habit['track']}/logs/2026-11-18/")
    clock.shift(86400)
    shown = changed(api, habit, goal_type="at_most", limit_per_period="1.00")
    assert (shown["frequency"], shown["weekdays"], shown["daily_amount"], shown["unit"]) == (
        "daily",
        [],
        "1.00",
        "cups",
    )
    assert schedules(api, habit) == [(None, "daily", "1.00")]
    shown = changed(api, habit, goal_type="at_least", frequency="monthly")
    assert (shown["limit_per_period"], shown["times_per_period"]) == (None, 5)
    assert schedules(api, habit) == [(None, "monthly", None)]


def test_another_goal_type_does_not_wait_for_a_later_day(api: APIClient) -> None:
    habit = created(api)
    given = {"goal_type": "at_least", "limit_per_period": None}
    answer = api.patch(f"{PATH}{habit['id']}/", given | {"schedule_from": "2026-12-01"})
    assert make.refused(answer) == [("goal_type_at_once", "schedule_from")]
    assert changed(api, habit, **given, schedule_from="2026-11-18")["goal_type"] == "at_least"


def test_the_list_can_be_filtered_by_goal_type(api: APIClient, stranger: APIClient) -> None:
    created(api, is_published=True)
    api.post(PATH, {"name": "Push-ups", "frequency": "daily", "is_published": True})
    for client, path in ((api, PATH), (stranger, "/api/habits/public/")):
        for goal_type, name in (("at_most", "Coffee"), ("at_least", "Push-ups")):
            assert [each["name"] for each in client.get(path, {"goal_type": goal_type}).json()["results"]] == [name]
    assert make.refused(api.get(PATH, {"goal_type": "both"})) == [("invalid_choice", "goal_type")]


def test_everyone_sees_the_limit_of_a_published_habit_and_so_does_a_follower(
    api: APIClient, stranger: APIClient, bob: User
) -> None:
    habit = created(api, is_published=True)
    public = stranger.get(f"/api/habits/public/{habit['id']}/").json()
    followed = make.client(bob).post("/api/tracks/", {"habit": habit["id"]}).json()["habit"]
    for shown in (public, followed):
        assert (shown["goal_type"], shown["limit_per_period"]) == ("at_most", "3.00")


def test_the_former_path_takes_a_limit_too_and_a_body_without_one_means_what_it_did(api: APIClient) -> None:
    former = api.post("/api/habit/", {"action": "run", "period": 2}).json()
    assert (former["goal_type"], former["interval"], former["limit_per_period"]) == ("at_least", 2, None)
    assert api.post("/api/habit/", COFFEE).json()["limit_per_period"] == "3.00"


def test_the_database_refuses_a_pleasant_limit_habit_an_unknown_goal_type_and_a_limit_with_targets(alice: User) -> None:
    habit = make.habit(alice)
    for row in ({"is_pleasant": True, "goal_type": "at_most"}, {"goal_type": "both"}):
        with pytest.raises(IntegrityError, match=r"habit_(pleasant_has_no_limit|goal_type)"), transaction.atomic():
            Habit.objects.filter(pk=habit.pk).update(**row)
    for columns in (
        {"limit_per_period": -1},
        {"limit_per_period": 3, "interval": 2},
        {"limit_per_period": 3, "weekdays": 1},
        {"limit_per_period": 3, "daily_amount": 2},
        {"limit_per_period": 3, "frequency": "weekly", "times_per_period": 2},
        {"limit_per_period": 3, "frequency": "yearly"},
    ):
        with pytest.raises(IntegrityError, match="schedule_limit"), transaction.atomic():
            HabitSchedule.objects.filter(habit=habit).update(**columns)
