"""habits/: an owner creates, reads, replaces, changes and deletes habits."""

from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from habits import rules
from habits.models import Habit, HabitSchedule
from tests import make
from tracking.models import HabitLog, HabitTrack
from users.models import User

PATH = "/api/habits/"
NOW = make.utc("2026-11-21 12:00")  # a Saturday
FULL = {
    "name": "Push-ups",
    "description": "slowly",
    "action": "do ten push-ups",
    "place": "the living room",
    "time": "07:30",
    "is_pleasant": False,
    "goal_type": "at_least",
    "reward": "a good coffee",
    "linked_habit": None,
    "duration": 60,
    "start_date": "2026-11-21",
    "end_date": "2027-11-21",
    "frequency": "weekly",
    "interval": 1,
    "weekdays": ["mon", "fri"],
    "times_per_period": 2,
    "daily_amount": "10.00",
    "unit": "push-ups",
    "limit_per_period": None,
    "is_published": True,
}
DEFAULTS: dict[str, Any] = {
    "description": "",
    "action": "",
    "place": "",
    "time": None,
    "is_pleasant": False,
    "goal_type": "at_least",
    "reward": "",
    "linked_habit": None,
    "duration": None,
    "start_date": None,
    "end_date": None,
    "frequency": "daily",
    "interval": 1,
    "weekdays": [],
    "times_per_period": 1,
    "daily_amount": "1.00",
    "unit": "",
    "limit_per_period": None,
    "is_published": False,
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def created(api: APIClient, **given: Any) -> dict[str, Any]:
    answer = api.post(PATH, {"name": "Push-ups", "frequency": "daily"} | given)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def logged(api: APIClient, **fields: Any) -> Any:
    """Create a habit and log its first day, so that edits add versions from the next day on."""
    habit = created(api, **fields)
    assert api.put(f"/api/tracks/{habit['track']}/logs/2026-11-21/", {"status": "completed"}).status_code == 200
    return habit


def changed(api: APIClient, habit: dict[str, Any], **given: Any) -> dict[str, Any]:
    answer = api.patch(f"{PATH}{habit['id']}/", given)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def versions(habit: dict[str, Any]) -> list[tuple[str | None, str, int]]:
    rows = HabitSchedule.objects.filter(habit=habit["id"]).order_by("pk")
    return [(str(row.starts_on) if row.starts_on else None, row.frequency, row.times_per_period) for row in rows]


def test_creating_saves_all_fields_and_starts_the_owners_track(api: APIClient, alice: User) -> None:
    shown = api.post(PATH, FULL).json()
    track = HabitTrack.objects.get()
    assert shown == FULL | {
        "id": Habit.objects.get().pk,
        "owner": "alice",
        "sentence": "I will do ten push-ups at 07:30 in the living room",
        "next_schedule": None,
        "track": track.pk,
        "created_at": "2026-11-21T12:00:00Z",
        "updated_at": "2026-11-21T12:00:00Z",
    }
    assert (track.user, str(track.started_on)) == (alice, "2026-11-21")
    assert api.get(f"{PATH}{shown['id']}/").json() == shown
    assert api.get(PATH).json()["results"] == [shown]


def test_the_number_of_habits_is_limited(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rules.MAX_HABITS == 500
    monkeypatch.setattr(rules, "MAX_HABITS", 1)
    assert api.post(PATH, {"name": "Read", "frequency": "daily"}).status_code == 201
    before = make.everything()
    assert make.refused(api.post(PATH, {"name": "Walk", "frequency": "daily"})) == [("too_many", None)]
    assert make.everything() == before


def test_missing_fields_get_their_default(api: APIClient) -> None:
    shown = created(api)
    assert {name: shown[name] for name in DEFAULTS} == DEFAULTS


def test_an_action_alone_names_the_habit(api: APIClient) -> None:
    shown = api.post(PATH, {"action": "do ten push-ups", "frequency": "daily"}).json()
    assert (shown["name"], shown["sentence"]) == ("do ten push-ups", "I will do ten push-ups")


def test_the_sentence_uses_the_name_if_there_is_no_action(api: APIClient) -> None:
    assert created(api, time="06:05")["sentence"] == "I will Push-ups at 06:05"


def test_an_interval_alone_means_daily(api: APIClient) -> None:
    shown = api.post(PATH, {"name": "Watering", "interval": 3}).json()
    assert (shown["frequency"], shown["interval"], shown["times_per_period"]) == ("daily", 3, 1)


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        ({"frequency": "weekly"}, 1),
        ({"frequency": "weekly", "weekdays": ["mon", "wed", "fri"]}, 3),
        ({"frequency": "monthly"}, 5),
        ({"frequency": "monthly", "weekdays": ["mon"]}, 5),
        ({"frequency": "yearly"}, 53),
        ({"frequency": "daily", "weekdays": ["mon"]}, 1),
    ],
)
def test_missing_times_per_period_get_a_default(api: APIClient, schedule: dict[str, Any], times: int) -> None:
    assert created(api, **schedule)["times_per_period"] == times


def test_weekdays_are_a_set_in_the_order_of_the_week(api: APIClient) -> None:
    assert created(api, weekdays=["sun", "mon", "sun"])["weekdays"] == ["mon", "sun"]


@pytest.mark.parametrize("time", ["07:30", "07:30:00"])
def test_a_time_is_kept_to_the_minute(api: APIClient, time: str) -> None:
    assert created(api, time=time)["time"] == "07:30"


def test_a_pleasant_habit_has_no_track_and_can_be_linked(api: APIClient) -> None:
    coffee = created(api, name="Coffee", is_pleasant=True)
    assert coffee["track"] is None
    assert created(api, linked_habit=coffee["id"])["linked_habit"] == coffee["id"]
    assert HabitTrack.objects.count() == 1


def test_read_only_fields_are_ignored(api: APIClient, bob: User) -> None:
    shown = created(api, id=999, owner="bob", track=999, sentence="x", created_at="2000-01-01T00:00:00Z", followers=9)
    assert (shown["owner"], shown["sentence"], shown["created_at"]) == (
        "alice",
        "I will Push-ups",
        "2026-11-21T12:00:00Z",
    )
    assert shown["id"] != 999
    assert Habit.objects.get().followers == 0


def test_put_keeps_what_it_does_not_mention_as_patch_does(api: APIClient) -> None:
    habit = created(api, **FULL)
    assert api.put(f"{PATH}{habit['id']}/", {}).json() == habit
    shown = api.put(f"{PATH}{habit['id']}/", {"name": "Squats", "frequency": habit["frequency"]}).json()
    assert shown == habit | {"name": "Squats", "updated_at": shown["updated_at"]}


def test_patch_keeps_missing_fields(api: APIClient) -> None:
    habit = created(api, **FULL)
    shown = changed(api, habit, place="the garden")
    assert shown == habit | {"place": "the garden", "sentence": "I will do ten push-ups at 07:30 in the garden"}


def test_patching_the_action_keeps_the_name(api: APIClient) -> None:
    assert changed(api, created(api, **FULL), action="do twenty")["name"] == "Push-ups"


def test_an_empty_patch_changes_nothing(api: APIClient) -> None:
    habit = created(api, **FULL)
    assert changed(api, habit) == habit
    assert len(versions(habit)) == 1


def test_a_changed_schedule_adds_a_version_from_today(api: APIClient, clock: Any) -> None:
    habit = logged(api, frequency="weekly")
    clock.shift(3 * 86400)
    shown = changed(api, habit, times_per_period=4)
    assert shown["times_per_period"] == 4
    assert versions(habit) == [(None, "weekly", 1), ("2026-11-24", "weekly", 4)]


def test_a_change_on_the_day_of_creation_replaces_the_version_in_force(api: APIClient) -> None:
    habit = logged(api, frequency="weekly")
    changed(api, habit, frequency="daily")
    assert versions(habit) == [(None, "daily", 1)]


def test_a_change_while_nobody_has_a_log_replaces_the_version_in_force(api: APIClient, bob: User, clock: Any) -> None:
    habit = created(api, frequency="weekly", is_published=True)
    clock.shift(86400)
    changed(api, habit, times_per_period=4)
    assert versions(habit) == [(None, "weekly", 4)]
    track = make.client(bob).post("/api/tracks/", {"habit": habit["id"]}).json()["id"]
    make.client(bob).put(f"/api/tracks/{track}/logs/2026-11-22/", {"status": "completed"})
    clock.move_to(make.utc("2026-11-24 08:00"), tick=False)
    changed(api, habit, times_per_period=5)
    assert versions(habit) == [(None, "weekly", 4), ("2026-11-24", "weekly", 5)]


def test_an_edit_with_the_same_schedule_adds_no_version(api: APIClient, clock: Any) -> None:
    habit = created(api, **FULL)
    clock.shift(3 * 86400)
    changed(api, habit, name="Other", times_per_period=2, weekdays=["fri", "mon"], daily_amount="10")
    assert len(versions(habit)) == 1


def test_a_second_change_on_the_same_day_merges_with_the_first(api: APIClient, clock: Any) -> None:
    habit = logged(api, frequency="weekly")
    clock.shift(86400)
    changed(api, habit, times_per_period=4)
    changed(api, habit, daily_amount="2")
    assert versions(habit) == [(None, "weekly", 1), ("2026-11-22", "weekly", 4)]
    assert changed(api, habit)["daily_amount"] == "2.00"
    changed(api, habit, times_per_period=1, daily_amount="1")
    assert versions(habit) == [(None, "weekly", 1)]


def test_a_schedule_can_change_on_a_later_day(api: APIClient, clock: Any) -> None:
    habit = created(api, frequency="weekly")
    assert changed(api, habit, times_per_period=4, schedule_from="2026-12-01")["times_per_period"] == 1
    assert versions(habit)[1:] == [("2026-12-01", "weekly", 4)]
    clock.move_to(make.utc("2026-12-01 00:00"), tick=False)
    assert api.get(f"{PATH}{habit['id']}/").json()["times_per_period"] == 4


def test_an_edit_changes_the_fields_that_it_names_in_all_later_versions(api: APIClient) -> None:
    habit = logged(api, frequency="weekly")
    changed(api, habit, times_per_period=4, schedule_from="2026-12-01")
    changed(api, habit, weekdays=["mon", "wed", "fri", "sat"], schedule_from="2026-12-08")
    changed(api, habit, daily_amount="3")
    shown = api.get(f"{PATH}{habit['id']}/schedules/").json()
    assert [(each["starts_on"], each["times_per_period"], len(each["weekdays"])) for each in shown] == [
        (None, 1, 0),
        ("2026-12-01", 4, 0),
        ("2026-12-08", 4, 4),
    ]
    assert {each["daily_amount"] for each in shown} == {"3.00"}


def test_sending_back_what_was_read_leaves_a_planned_schedule(api: APIClient) -> None:
    habit = logged(api, frequency="weekly", times_per_period=2)
    changed(api, habit, frequency="daily", daily_amount="5", schedule_from="2026-12-01")
    planned = api.get(f"{PATH}{habit['id']}/schedules/").json()
    read = api.get(f"{PATH}{habit['id']}/").json()
    answer = api.put(f"{PATH}{habit['id']}/", read | {"name": "Another name"})
    assert answer.status_code == 200, answer.json()
    assert answer.json()["next_schedule"] == read["next_schedule"] is not None
    changed(api, habit, frequency="weekly")
    changed(api, habit, times_per_period=2)
    changed(api, habit, daily_amount="1")
    assert api.get(f"{PATH}{habit['id']}/schedules/").json() == planned


def test_a_planned_schedule_is_taken_back_by_the_old_one_from_its_day_on(api: APIClient) -> None:
    habit = logged(api, frequency="weekly", times_per_period=2)
    changed(api, habit, frequency="daily", schedule_from="2026-12-01")
    changed(api, habit, frequency="weekly", times_per_period=2, schedule_from="2026-12-01")
    assert api.get(f"{PATH}{habit['id']}/").json()["next_schedule"] is None


def test_an_edit_that_a_planned_version_cannot_have_is_refused_and_changes_nothing(api: APIClient) -> None:
    habit = logged(api, frequency="daily")
    changed(api, habit, interval=3, schedule_from="2026-12-01")
    before = make.everything()
    answer = api.patch(f"{PATH}{habit['id']}/", {"weekdays": ["mon"]})
    assert make.refused(answer) == [("weekdays_with_interval", "weekdays")]
    assert make.everything() == before


def test_a_schedule_cannot_change_in_the_past(api: APIClient) -> None:
    habit = created(api, frequency="weekly")
    before = make.everything()
    answer = api.patch(f"{PATH}{habit['id']}/", {"times_per_period": 4, "schedule_from": "2026-11-20"})
    assert make.refused(answer) == [("schedule_in_past", "schedule_from")]
    assert make.everything() == before


def test_the_schedule_of_a_followed_habit_changes_once_the_day_has_begun_in_every_time_zone(
    api: APIClient, bob: User, clock: Any
) -> None:
    habit = logged(api, frequency="weekly", is_published=True)
    make.client(bob).post("/api/tracks/", {"habit": habit["id"]})
    clock.move_to(make.utc("2026-11-22 09:59"), tick=False)
    changed(api, habit, times_per_period=4)
    assert versions(habit)[1:] == [("2026-11-22", "weekly", 4)]
    clock.move_to(make.utc("2026-11-22 10:00"), tick=False)  # the 23rd on Kiritimati
    changed(api, habit, times_per_period=5)
    assert versions(habit)[1:] == [("2026-11-22", "weekly", 4), ("2026-11-23", "weekly", 5)]


def test_a_second_edit_of_a_followed_habit_does_not_take_the_first_one_back(
    api: APIClient, bob: User, clock: Any
) -> None:
    habit = logged(api, frequency="weekly", is_published=True)
    make.client(bob).post("/api/tracks/", {"habit": habit["id"]})
    clock.move_to(make.utc("2026-11-22 12:00"), tick=False)
    changed(api, habit, times_per_period=4)
    changed(api, habit, daily_amount="2")
    clock.move_to(make.utc("2026-11-23 12:00"), tick=False)
    shown = api.get(f"{PATH}{habit['id']}/").json()
    assert (shown["times_per_period"], shown["daily_amount"]) == (4, "2.00")


def test_a_new_frequency_resets_interval_and_times(api: APIClient) -> None:
    shown = changed(api, created(api, interval=3), frequency="monthly")
    assert (shown["interval"], shown["times_per_period"]) == (1, 5)


def test_a_changed_amount_applies_to_today_but_not_to_yesterday(api: APIClient, clock: Any) -> None:
    habit = created(api, daily_amount="10")
    clock.shift(86400)
    for day in ("2026-11-21", "2026-11-22"):
        assert api.put(f"/api/tracks/{habit['track']}/logs/{day}/", {"amount": "10"}).status_code == 200
    changed(api, habit, daily_amount="20")
    days = HabitLog.objects.order_by("day").values_list("status", "amount")
    assert [(status, str(amount)) for status, amount in days] == [("completed", "10.00"), ("partial", "10.00")]


def test_a_habit_that_becomes_useful_gets_a_track_and_loses_it_when_it_becomes_pleasant(api: APIClient) -> None:
    habit = created(api, is_pleasant=True)
    assert changed(api, habit, is_pleasant=False)["track"] is not None
    assert changed(api, habit, is_pleasant=True)["track"] is None
    assert not HabitTrack.objects.exists()


def test_deleting_a_habit_deletes_its_track_and_logs(api: APIClient, alice: User) -> None:
    habit = created(api, time="07:30")
    api.put(f"/api/tracks/{habit['track']}/logs/2026-11-21/", {"status": "completed"})
    answer = api.delete(f"{PATH}{habit['id']}/")
    assert (answer.status_code, answer.content) == (204, b"")
    make.refused(api.get(f"{PATH}{habit['id']}/"), 404)
    make.refused(api.delete(f"{PATH}{habit['id']}/"), 404)
    left = make.everything()
    for table in ("habits.Habit", "habits.HabitSchedule", "tracking.HabitTrack", "tracking.HabitLog"):
        assert left[table] == []
    assert left["notifications.Reminder"] == []


def test_deleting_a_linked_habit_clears_the_links(api: APIClient) -> None:
    coffee = created(api, name="Coffee", is_pleasant=True)
    habit = created(api, linked_habit=coffee["id"])
    assert api.delete(f"{PATH}{coffee['id']}/").status_code == 204
    assert api.get(f"{PATH}{habit['id']}/").json()["linked_habit"] is None


def test_deleting_a_followed_habit_keeps_it_for_its_followers(api: APIClient, bob: User) -> None:
    coffee = created(api, name="Coffee", is_pleasant=True)
    habit = created(api, is_published=True, linked_habit=coffee["id"])
    bobs = make.client(bob)
    track = bobs.post("/api/tracks/", {"habit": habit["id"]}).json()
    assert api.delete(f"{PATH}{habit['id']}/").status_code == 204
    make.refused(api.get(f"{PATH}{habit['id']}/"), 404)
    assert api.get("/api/tracks/").json()["count"] == 0
    shown = bobs.get(f"/api/tracks/{track['id']}/").json()["habit"]
    assert (shown["name"], shown["owner"], shown["linked_habit"]) == ("Push-ups", None, None)
    assert api.delete(f"{PATH}{coffee['id']}/").status_code == 204
