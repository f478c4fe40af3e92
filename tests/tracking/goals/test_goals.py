"""goals/: an amount on a number of days of a track, and the message when it is reached."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from notifications.channels.telegram.chats import connect_chat
from notifications.models import Delivery
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tracking.goals import services as goals
from tracking.goals.rules import MAX_DAYS
from tracking.logs.services import DayEntry, clear_day, set_days
from tracking.models import Goal, HabitTrack, Pause
from tracking.pauses import services as pauses
from tracking.tracks.services import delete_tracks_of_habit, leave
from users.models import User

TODAY = "2026-11-21"
READ = {"daily_amount": 30, "unit": "minutes"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(make.utc(f"{TODAY} 12:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def reading(alice: User) -> HabitTrack:
    """A track of 30 minutes a day."""
    return make.track(alice, name="Reading", action="read", schedule=READ)


def set_goal(api: APIClient, track: HabitTrack, days: int = 3, **given: Any) -> dict[str, Any]:
    answer = api.post("/api/goals/", {"track": track.pk, "days": days} | given)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def shown(api: APIClient, goal: dict[str, Any]) -> dict[str, Any]:
    answer = api.get(f"/api/goals/{goal['id']}/")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def day(after: int) -> date:
    return date.fromisoformat(TODAY) + timedelta(days=after)


def keep(track: HabitTrack, clock: Any, days: int) -> None:
    """Complete today and the following days, moving the clock forward to each; it stays on the last one."""
    for number in range(days):
        if number:
            clock.shift(timedelta(days=1))
        make.log(track, timezone.now().date())


def told() -> list[Delivery]:
    return list(Delivery.objects.filter(kind=Delivery.Kind.GOAL_REACHED))


def test_a_goal_starts_today_with_the_habits_amount_and_no_deadline_by_default(
    api: APIClient, reading: HabitTrack
) -> None:
    goal = set_goal(api, reading, days=30)
    assert goal == {
        "id": goal["id"],
        "track": reading.pk,
        "amount": "30.00",
        "days": 30,
        "deadline": None,
        "first_day": TODAY,
        "progress": 0,
        "days_left": None,
        "on_track": None,
        "reached_on": None,
        "reached_at": None,
        "created_at": "2026-11-21T12:00:00Z",
    }
    assert shown(api, goal) == goal
    assert api.get("/api/goals/").json()["results"] == [goal]


def test_its_first_day_is_the_users_local_day() -> None:
    bob = make.person("bob", time_zone="Pacific/Kiritimati")
    assert set_goal(make.client(bob), make.track(bob))["first_day"] == "2026-11-22"


def test_a_day_counts_with_at_least_the_goals_amount(api: APIClient, reading: HabitTrack, clock: Any) -> None:
    goal = set_goal(api, reading, amount="20.50")
    for amount, progress in (("20.49", 0), ("20.50", 1), ("30", 1)):
        assert api.put(f"/api/tracks/{reading.pk}/logs/{TODAY}/", {"amount": amount}).status_code == 200
        assert shown(api, goal)["progress"] == progress


def test_a_habit_without_an_amount_counts_as_1(api: APIClient, alice: User, clock: Any) -> None:
    track = make.track(alice)
    goal = set_goal(api, track, days=2)
    assert goal["amount"] == "1.00"
    keep(track, clock, 2)
    assert shown(api, goal)["reached_on"] == "2026-11-22"


@pytest.mark.parametrize("status", ["skipped", "missed"])
def test_a_day_that_was_not_done_does_not_count(api: APIClient, reading: HabitTrack, status: str) -> None:
    goal = set_goal(api, reading, days=1)
    make.log(reading, TODAY, status)
    assert (shown(api, goal)["progress"], shown(api, goal)["reached_on"]) == (0, None)


def test_days_before_the_goal_do_not_count(api: APIClient, reading: HabitTrack) -> None:
    goal = set_goal(api, reading, days=1)
    make.log(reading, day(-1))
    assert (shown(api, goal)["progress"], shown(api, goal)["reached_on"]) == (0, None)


def test_the_deadline_counts_and_the_day_after_does_not(api: APIClient, reading: HabitTrack, clock: Any) -> None:
    on_time = set_goal(api, reading, days=3, deadline="2026-11-23")
    clock.shift(timedelta(days=3))
    for number in (3, 0, 1):  # the day after the deadline is logged before the others
        make.log(reading, day(number))
    assert (shown(api, on_time)["progress"], shown(api, on_time)["reached_on"]) == (2, None)
    make.log(reading, day(2))
    assert (shown(api, on_time)["progress"], shown(api, on_time)["reached_on"]) == (3, "2026-11-23")


def test_it_is_reached_when_the_deciding_day_is_logged(api: APIClient, reading: HabitTrack, clock: Any) -> None:
    goal = set_goal(api, reading)
    keep(reading, clock, 2)
    assert shown(api, goal)["reached_at"] is None
    clock.shift(timedelta(days=1))
    make.log(reading, day(2))
    after = shown(api, goal)
    assert (after["progress"], after["reached_on"], after["reached_at"]) == (3, "2026-11-23", "2026-11-23T12:00:00Z")
    clock.shift(timedelta(days=1))
    make.log(reading, day(3))
    assert shown(api, goal) == after | {"progress": 4}


def test_a_goal_that_todays_log_satisfies_is_reached_when_it_is_created(api: APIClient, reading: HabitTrack) -> None:
    make.log(reading, TODAY)
    assert set_goal(api, reading, days=1)["reached_on"] == TODAY


def test_changing_a_log_can_make_a_reached_goal_unreached(
    api: APIClient, alice: User, reading: HabitTrack, clock: Any
) -> None:
    goal = set_goal(api, reading)
    keep(reading, clock, 3)
    make.log(reading, day(1), "skipped")
    assert (shown(api, goal)["progress"], shown(api, goal)["reached_on"]) == (2, None)
    make.log(reading, day(1))
    assert shown(api, goal)["reached_on"] == "2026-11-23"
    clear_day(user=alice, track_id=reading.pk, day=day(2), now=timezone.now())
    assert (shown(api, goal)["progress"], shown(api, goal)["reached_at"]) == (2, None)


def test_a_message_that_may_have_arrived_is_not_sent_again(
    api: APIClient, alice: User, reading: HabitTrack, clock: Any, telegram: FakeTelegram
) -> None:
    connect_chat(user=alice, chat_id=1001, confirmed=True, now=timezone.now())
    set_goal(api, reading)
    keep(reading, clock, 3)
    telegram.fault("server_error", method="sendMessage", contains="Goal", status=504, html=True)
    send_all()
    assert [(each.state, each.uncertain) for each in told()] == [("pending", True)]
    make.log(reading, day(1), "skipped")
    clock.shift(timedelta(minutes=5))
    send_all()
    assert [(each.state, each.uncertain) for each in told()] == [("dropped", True)]
    make.log(reading, day(1))
    send_all()
    assert [(each.state, each.uncertain) for each in told()] == [("dropped", True)]


def test_setting_many_days_can_reach_a_goal(api: APIClient, alice: User, reading: HabitTrack, clock: Any) -> None:
    goal = set_goal(api, reading)
    clock.shift(timedelta(days=5))
    said = [DayEntry(day=day(number), status="completed") for number in range(5)]
    set_days(user=alice, track_id=reading.pk, days=said, source="api", now=timezone.now())
    assert (shown(api, goal)["progress"], shown(api, goal)["reached_on"]) == (5, "2026-11-23")


def test_editing_a_goal_recalculates_it(api: APIClient, reading: HabitTrack, clock: Any) -> None:
    goal = set_goal(api, reading)
    keep(reading, clock, 2)
    for changes, reached_on in (
        ({"days": 2}, "2026-11-22"),
        ({"days": 1}, TODAY),
        ({"amount": "31"}, None),
        ({"amount": None}, TODAY),
        ({"days": 4}, None),
    ):
        answer = api.patch(f"/api/goals/{goal['id']}/", changes)
        assert answer.status_code == 200, answer.content
        assert answer.json()["reached_on"] == reached_on
    answer = api.put(f"/api/goals/{goal['id']}/", {"days": 5, "deadline": "2026-12-01"})
    assert (answer.json()["days"], answer.json()["amount"], answer.json()["days_left"]) == (5, "30.00", 10)
    assert api.put(f"/api/goals/{goal['id']}/", {"days": 5}).json()["deadline"] == "2026-12-01"
    assert api.put(f"/api/goals/{goal['id']}/", {"deadline": None}).json()["deadline"] is None


def test_days_left_include_today_and_the_deadline(api: APIClient, reading: HabitTrack, clock: Any) -> None:
    goal = set_goal(api, reading, deadline="2026-11-23")
    assert goal["days_left"] == 3
    clock.shift(timedelta(days=2))
    assert shown(api, goal)["days_left"] == 1
    clock.shift(timedelta(days=1))
    assert (shown(api, goal)["days_left"], shown(api, goal)["on_track"]) == (0, False)


def test_a_goal_is_on_track_while_enough_days_are_left(api: APIClient, reading: HabitTrack, clock: Any) -> None:
    goal = set_goal(api, reading, days=3, deadline="2026-11-24")
    clock.shift(timedelta(days=1))
    assert shown(api, goal)["on_track"] is True
    make.log(reading, day(1))
    assert shown(api, goal)["on_track"] is True  # two days are needed, two are left
    make.log(reading, day(1), "skipped")
    assert shown(api, goal)["on_track"] is False
    make.log(reading, day(0))
    assert shown(api, goal)["on_track"] is True


def test_only_target_days_count_as_left(api: APIClient, alice: User) -> None:
    # Saturday the 21st to Friday the 27th: two Mondays to Wednesdays short of four.
    track = make.track(alice, schedule={"weekdays": frozenset({0, 1, 2})})
    assert set_goal(api, track, days=3, deadline="2026-11-27")["on_track"] is True
    assert set_goal(api, track, days=4, deadline="2026-11-27")["on_track"] is False


def test_paused_days_do_not_count_as_left(api: APIClient, alice: User, reading: HabitTrack) -> None:
    goal = set_goal(api, reading, days=3, deadline="2026-11-24")
    pauses.add(user=alice, track_id=None, first_day=day(2), last_day=day(2), now=timezone.now())
    assert shown(api, goal)["on_track"] is True
    pauses.add(user=alice, track_id=reading.pk, first_day=day(3), last_day=None, now=timezone.now())
    assert shown(api, goal)["on_track"] is False


def test_all_days_of_a_window_count_as_left(api: APIClient, alice: User) -> None:
    track = make.track(alice, schedule={"interval": 3})
    assert set_goal(api, track, days=2, deadline="2026-11-22")["on_track"] is True
    make.log(track, "2026-11-21", "skipped")
    assert set_goal(api, track, days=2, deadline="2026-11-22")["on_track"] is False


def test_a_day_that_already_counts_is_not_left(api: APIClient, alice: User, reading: HabitTrack) -> None:
    goal = set_goal(api, reading, days=2, deadline="2026-11-22")
    make.log(reading, TODAY)
    assert shown(api, goal)["on_track"] is True
    pauses.add(user=alice, track_id=reading.pk, first_day=day(1), last_day=None, now=timezone.now())
    assert shown(api, goal)["on_track"] is False


def test_days_before_the_goal_do_not_reach_it(api: APIClient, reading: HabitTrack) -> None:
    for back in (-2, -1, 0):
        make.log(reading, day(back))
    goal = set_goal(api, reading, days=2)
    assert (goal["progress"], goal["reached_on"]) == (1, None)


def test_an_earlier_day_that_now_counts_moves_the_reached_day_without_a_new_message(
    api: APIClient, reading: HabitTrack, clock: Any
) -> None:
    goal = set_goal(api, reading, days=1)
    clock.shift(timedelta(days=1))
    make.log(reading, day(1))
    clock.shift(timedelta(days=1))
    make.log(reading, day(0))
    after = shown(api, goal)
    assert (after["reached_on"], after["reached_at"]) == (TODAY, "2026-11-22T12:00:00Z")


def test_a_reached_goal_is_on_track_after_its_deadline(api: APIClient, reading: HabitTrack, clock: Any) -> None:
    goal = set_goal(api, reading, days=1, deadline=TODAY)
    keep(reading, clock, 1)
    clock.shift(timedelta(days=9))
    assert (shown(api, goal)["days_left"], shown(api, goal)["on_track"]) == (0, True)


@pytest.mark.parametrize(
    ("given", "code", "attr"),
    [
        ({"track": None}, "null", "track"),
        ({"track": 10**12}, "does_not_exist", "track"),
        ({"track": 2**70}, "max_value", "track"),
        ({"days": None}, "null", "days"),
        ({"days": 0}, "min_value", "days"),
        ({"days": MAX_DAYS + 1}, "max_value", "days"),
        ({"amount": "0"}, "min_value", "amount"),
        ({"amount": "1.001"}, "ambiguous", "amount"),
        ({"amount": "NaN"}, "invalid", "amount"),
        ({"deadline": "2026-11-20"}, "deadline_in_past", "deadline"),
        ({"deadline": "2026-11-22"}, "too_many_days", "deadline"),
        ({"deadline": "9999-12-31"}, "date_out_of_range", "deadline"),
        ({"deadline": "soon"}, "invalid", "deadline"),
    ],
)
def test_bad_input_names_its_field(
    api: APIClient, reading: HabitTrack, given: dict[str, Any], code: str, attr: str
) -> None:
    before = make.everything()
    said = {"track": reading.pk, "days": 3} | given
    assert make.refused(api.post("/api/goals/", said)) == [(code, attr)]
    assert make.everything() == before


@pytest.mark.parametrize(
    ("changes", "code", "attr"),
    [
        ({"days": 9}, "too_many_days", "days"),
        ({"deadline": "2026-11-22"}, "too_many_days", "deadline"),
        ({"deadline": "2026-11-20"}, "deadline_in_past", "deadline"),
        ({"amount": "-1"}, "min_value", "amount"),
    ],
)
def test_a_bad_edit_names_its_field_and_changes_nothing(
    api: APIClient, reading: HabitTrack, changes: dict[str, Any], code: str, attr: str
) -> None:
    goal = set_goal(api, reading, deadline="2026-11-25")
    before = make.everything()
    assert make.refused(api.patch(f"/api/goals/{goal['id']}/", changes)) == [(code, attr)]
    assert make.everything() == before


def test_another_user_gets_nothing(api: APIClient, reading: HabitTrack, charlie: User) -> None:
    path = f"/api/goals/{set_goal(api, reading)['id']}/"
    his, before = make.client(charlie), make.everything()
    for answer in (his.get(path), his.patch(path, {"days": 1}), his.put(path, {"days": 1}), his.delete(path)):
        make.refused(answer, 404)
    assert his.get("/api/goals/").json()["count"] == 0
    assert make.refused(his.post("/api/goals/", {"track": reading.pk, "days": 1})) == [("does_not_exist", "track")]
    make.refused(make.client().get("/api/goals/"), 401)
    assert make.everything() == before


def test_deleting_a_goal_keeps_the_logs_and_deleting_a_track_deletes_its_goals(
    api: APIClient, reading: HabitTrack
) -> None:
    goal = set_goal(api, reading)
    make.log(reading, TODAY)
    assert api.delete(f"/api/goals/{goal['id']}/").status_code == 204
    assert (Goal.objects.count(), reading.logs.count()) == (0, 1)
    set_goal(api, reading)
    delete_tracks_of_habit(habit=reading.habit, now=timezone.now())
    assert Goal.objects.count() == 0


def test_goals_of_a_habit_that_was_left_are_hidden_until_it_is_followed_again(
    api: APIClient, bob: User, alice: User
) -> None:
    track = make.follower(bob, make.habit(alice, is_published=True))
    his = make.client(bob)
    goal = set_goal(his, track)
    leave(user=bob, track_id=track.pk, now=timezone.now())
    assert his.get("/api/goals/").json()["count"] == 0
    assert make.refused(his.post("/api/goals/", {"track": track.pk, "days": 1})) == [("left", "track")]
    make.follower(bob, track.habit)
    assert shown(his, goal)["id"] == goal["id"]


def queries_of_list(api: APIClient) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert api.get("/api/goals/", {"page_size": 100}).status_code == 200
    return len(queries)


def test_the_list_needs_the_same_queries_for_twenty_goals_as_for_two(api: APIClient, alice: User) -> None:
    for number in range(20):
        track = make.track(alice, name=f"Habit {number}")
        make.log(track, TODAY)
        set_goal(api, track, days=2, deadline="2026-12-01")
        if number == 1:
            few = queries_of_list(api)
    assert queries_of_list(api) == few


def test_a_log_after_the_goal_is_reached_does_not_recount_its_days(
    api: APIClient, reading: HabitTrack, clock: Any
) -> None:
    set_goal(api, reading, days=1)
    keep(reading, clock, 2)
    with CaptureQueriesContext(connection) as queries:
        goals.update_for_days(track=reading, days=[day(1)], now=timezone.now())
    assert [each for each in queries if "tracking_habitlog" in each["sql"]] == []


@pytest.mark.parametrize(
    "row",
    [
        {"amount": 0},
        {"days": 0},
        {"days": MAX_DAYS + 1},
        {"deadline": date(2026, 11, 20)},
        {"reached_on": date(2026, 11, 21)},
    ],
)
def test_the_database_refuses_an_invalid_goal(reading: HabitTrack, row: dict[str, Any]) -> None:
    sound = {"track": reading, "amount": 30, "days": 3, "first_day": date(2026, 11, 21)}
    with pytest.raises(IntegrityError), transaction.atomic():
        Goal.objects.create(**sound | row)


def test_the_number_of_goals_per_track_is_limited(
    api: APIClient, reading: HabitTrack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracking.goals.rules.MAX_GOALS", 1)
    set_goal(api, reading)
    assert make.refused(api.post("/api/goals/", {"track": reading.pk, "days": 2})) == [("too_many", "track")]
    assert Goal.objects.count() == 1


@pytest.mark.parametrize("name", ["goal", "pause"])
def test_staff_can_view_goals_and_pauses_but_not_change_them(client: Client, reading: HabitTrack, name: str) -> None:
    staff = User.objects.create_superuser("staff@example.org", make.PASSWORD, username="staff")
    client.force_login(staff)
    goals.create(user=reading.user, track_id=reading.pk, days=2, now=timezone.now())
    pauses.add(user=reading.user, track_id=reading.pk, first_day=day(0), last_day=day(1), now=timezone.now())
    pk = (Goal.objects if name == "goal" else Pause.objects).values_list("pk", flat=True).get()
    assert "Reading" in client.get(f"/admin/tracking/{name}/", {"q": "read"}).content.decode()
    assert client.get(f"/admin/tracking/{name}/{pk}/change/").status_code == 200
    assert client.post(f"/admin/tracking/{name}/{pk}/delete/", {"post": "yes"}).status_code == 403


# Messages in Telegram.


@pytest.fixture
def connected(telegram: FakeTelegram) -> HabitTrack:
    """Alice's track of 30 minutes a day. Her chat is connected, and the message about the new habit was sent."""
    track = make.track(make.person("alice", chat=True), name="Reading", action="read", schedule=READ)
    send_all()
    telegram.reset()
    for chat_id in make.CHATS.values():
        telegram.add_chat(chat_id)
    return track


def test_a_reached_goal_is_announced_once(connected: HabitTrack, telegram: FakeTelegram, clock: Any) -> None:
    goals.create(user=connected.user, track_id=connected.pk, days=3, now=timezone.now())
    keep(connected, clock, 2)
    assert told() == []
    clock.shift(timedelta(days=1))
    make.log(connected, day(2))
    send_all()
    assert [each.text for each in telegram.messages(1001)] == ["🏁 Goal reached: read 30 minutes on 3 days"]
    make.log(connected, day(2), "skipped")
    make.log(connected, day(2))
    send_all()
    assert len(telegram.messages(1001)) == len(told()) == 1


def test_a_habit_without_an_amount_is_announced_without_one(telegram: FakeTelegram) -> None:
    track = make.track(make.person("alice", chat=True))
    goals.create(user=track.user, track_id=track.pk, days=1, now=timezone.now())
    make.log(track, TODAY)
    send_all()
    assert telegram.messages(1001)[-1].text == "🏁 Goal reached: do ten push-ups on 1 day"


def test_a_goal_that_is_no_longer_reached_is_not_announced_until_it_is_reached_again(
    connected: HabitTrack, telegram: FakeTelegram
) -> None:
    goals.create(user=connected.user, track_id=connected.pk, days=1, now=timezone.now())
    make.log(connected, TODAY)
    make.log(connected, TODAY, "missed")
    send_all()
    assert telegram.messages(1001) == []
    assert [(each.state, each.reason) for each in told()] == [("dropped", "no longer reached")]
    make.log(connected, TODAY)
    send_all()
    assert len(telegram.messages(1001)) == 1


def test_a_deleted_goal_is_not_announced(connected: HabitTrack, telegram: FakeTelegram) -> None:
    goal = goals.create(user=connected.user, track_id=connected.pk, days=1, now=timezone.now())
    make.log(connected, TODAY)
    goals.delete(user=connected.user, goal_id=goal.pk)
    send_all()
    assert telegram.messages(1001) == []
    assert [(each.state, each.reason) for each in told()] == [("dropped", "deleted")]


def test_without_a_chat_nothing_is_queued(api: APIClient, reading: HabitTrack) -> None:
    goal = set_goal(api, reading, days=1)
    make.log(reading, TODAY)
    assert shown(api, goal)["reached_on"] == TODAY
    assert told() == []


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_two_simultaneous_logs_that_both_reach_it_announce_it_once() -> None:
    track = make.track(make.person("alice", chat=True))
    goal = goals.create(user=track.user, track_id=track.pk, days=1, now=timezone.now())
    make.at_once([lambda: make.log(track, TODAY)] * 4)
    assert Goal.objects.get(pk=goal.pk).reached_on == date.fromisoformat(TODAY)
    assert len(told()) == 1
