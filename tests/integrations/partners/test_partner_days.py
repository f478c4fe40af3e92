"""Days that a partner writes for its people."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from achievements.awards import services as achievements
from habits.models import Habit
from integrations.models import Partner
from notifications.models import Delivery, Reminder
from notifications.tasks import tick
from tests import make
from tracking.goals import services as goals
from tracking.models import HabitLog, HabitTrack
from users.models import User

NOW = make.utc("2026-11-21 12:00")
PEOPLE = "/api/partner/people/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def path(club: Partner, walk: Habit, clubs: APIClient) -> str:
    """The path of a habit that u-1 follows."""
    make.managed(club, "u-1")
    found = f"{PEOPLE}u-1/habits/{walk.pk}/"
    assert clubs.post(found).status_code == 201
    return found


def streak(of: Any) -> tuple[int, int]:
    return of["current"], of["longest"]


def test_following_twice_changes_nothing(clubs: APIClient, path: str) -> None:
    before = make.everything()
    again = clubs.post(path)
    assert (again.status_code, again.json()["name"]) == (200, "Walk")
    after = make.everything()
    assert after["tracking.HabitTrack"] == before["tracking.HabitTrack"]


def test_an_answer_to_a_log_has_the_streak_before_and_after(clubs: APIClient, path: str) -> None:
    before = (0, 0)
    for day, after in (("2026-11-19", (0, 1)), ("2026-11-20", (2, 2)), ("2026-11-21", (3, 3))):
        change = clubs.put(f"{path}logs/{day}/", {"status": "completed"}).json()
        assert (streak(change["streak_before"]), streak(change["streak"])) == (before, after)
        before = after
        assert change["before"] is None and change["log"]["status"] == "completed"
    assert clubs.get(f"{path}logs/2026-11-21/").json()["status"] == "completed"
    cleared = clubs.delete(f"{path}logs/2026-11-20/").json()
    assert (streak(cleared["streak_before"]), streak(cleared["streak"])) == ((3, 3), (1, 1))
    assert cleared["before"]["status"] == "completed" and cleared["log"] is None
    assert make.refused(clubs.get(f"{path}logs/2026-11-20/"), 404) == [("not_found", None)]


def test_an_answer_to_a_log_says_what_was_earned_withdrawn_and_reached(
    club: Partner, walk: Habit, clubs: APIClient, path: str
) -> None:
    two = achievements.create(owner=club.account, habit_id=walk.pk, name_en="Two", kind="streak", target=2)
    track = HabitTrack.objects.exclude(user=club.account).get()
    goal = goals.create(user=track.user, track_id=track.pk, days=1, now=NOW)
    clubs.put(f"{path}logs/2026-11-20/", {"status": "completed"})
    earned = clubs.put(f"{path}logs/2026-11-21/", {"status": "completed"}).json()
    assert {"achievement": two.pk, "name": "Two", "habit": walk.pk} in earned["earned"]
    assert (earned["withdrawn"], earned["goals_reached"]) == ([], [goal.pk])
    again = clubs.put(f"{path}logs/2026-11-21/", {"status": "completed"}).json()
    assert (again["earned"], again["withdrawn"], again["goals_reached"]) == ([], [], [])
    lost = clubs.delete(f"{path}logs/2026-11-20/").json()
    assert [each["achievement"] for each in lost["withdrawn"]] == [two.pk] and lost["earned"] == []


def test_amounts_are_added_once_per_idempotency_key(club: Partner, clubs: APIClient) -> None:
    water = make.habit(club.account, name="Water", schedule={"daily_amount": 8, "unit": "glasses"})
    make.managed(club, "u-1")
    path = f"{PEOPLE}u-1/habits/{water.pk}/"
    clubs.post(path)
    for _ in range(2):
        added = clubs.post(f"{path}logs/2026-11-21/add/", {"amount": 3}, headers={"Idempotency-Key": "a"}).json()
    assert added["log"]["amount"] == "3.00"
    added = clubs.post(f"{path}logs/2026-11-21/add/", {"amount": 5}, headers={"Idempotency-Key": "b"}).json()
    assert (added["log"]["amount"], added["log"]["status"], streak(added["streak"])) == ("8.00", "completed", (1, 1))


@pytest.mark.parametrize(
    ("day", "refusal"), [("2026-11-22", ("future_day", "day")), ("2026-11-31", ("invalid", "day"))]
)
def test_a_day_is_refused_as_it_is_for_people_themselves(clubs: APIClient, path: str, day: str, refusal: Any) -> None:
    assert make.refused(clubs.put(f"{path}logs/{day}/", {"status": "completed"})) == [refusal]


def test_only_the_partners_own_habits_can_be_followed(clubs: APIClient, path: str, alice: User) -> None:
    hers, other = make.habit(alice, is_published=True), make.habit(make.partner("Other").account)
    for habit in (hers, other):
        assert make.refused(clubs.post(f"{PEOPLE}u-1/habits/{habit.pk}/"), 404) == [("not_found", None)]


def test_who_leaves_keeps_the_history(clubs: APIClient, path: str) -> None:
    clubs.put(f"{path}logs/2026-11-21/", {"status": "completed"})
    assert clubs.delete(path).status_code == 204
    assert make.refused(clubs.get(path), 404) == [("not_found", None)]
    assert make.refused(clubs.put(f"{path}logs/2026-11-21/", {"status": "missed"}), 404) == [("not_found", None)]
    assert clubs.post(path).status_code == 201
    assert clubs.get(path).json()["streak"]["current"] == 1


def test_nobody_is_reminded_or_written_to(club: Partner, clubs: APIClient) -> None:
    habit = make.habit(club.account, name="Walk", time="12:00")
    make.managed(club, "u-1", email="walker@example.org")
    path = f"{PEOPLE}u-1/habits/{habit.pk}/"
    clubs.post(path)
    track = HabitTrack.objects.exclude(user=club.account).get()
    goals.create(user=track.user, track_id=track.pk, days=1, now=NOW)
    clubs.put(f"{path}logs/2026-11-21/", {"status": "completed"})
    tick()
    assert not Reminder.objects.exists() and not Delivery.objects.exists() and not make.mails()


@pytest.mark.parametrize(
    ("kind", "address"), [(Delivery.Kind.NEW_DEVICE, "walker@example.org"), (Delivery.Kind.KEY_CREATED, "")]
)
def test_a_message_to_a_managed_user_that_is_queued_somehow_is_dropped(
    club: Partner, kind: Delivery.Kind, address: str
) -> None:
    user = make.managed(club).user
    Delivery.objects.create(
        key="x",
        kind=kind,
        channel="email",
        user=user,
        address=address,
        due_at=NOW,
        available_at=NOW,
        expires_at=make.utc("2026-11-22 12:00"),
    )
    assert make.mails() == []
    assert Delivery.objects.values_list("state", "reason").get() == ("dropped", "a user of another service")


def test_a_partner_is_told_nothing_of_the_catalogue_in_public(club: Partner, clubs: APIClient, walk: Habit) -> None:
    made = clubs.post("/api/partner/habits/", {"name": "Run", "frequency": "daily"})
    assert made.status_code == 201
    published = clubs.patch(f"/api/partner/habits/{walk.pk}/", {"is_published": True})
    assert make.refused(published) == [("not_for_services", "is_published")]
    Habit.objects.update(is_published=True)
    assert make.client().get("/api/habits/public/").json()["count"] == 0


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_writes_for_one_person_lose_none(club: Partner) -> None:
    habit = make.habit(club.account, name="Water", schedule={"daily_amount": 50, "unit": "glasses"})
    clubs = make.service(club)
    make.managed(club, "u-1")
    path = f"{PEOPLE}u-1/habits/{habit.pk}/"
    clubs.post(path)
    text = make.partner_key(club).text

    def add() -> int:
        return int(make.program(text).post(f"{path}logs/2026-11-21/add/", {"amount": 1}).status_code)

    def log(on: date) -> Callable[[], int]:
        return lambda: int(make.program(text).put(f"{path}logs/{on}/", {"status": "completed"}).status_code)

    calls = [each for number in range(25) for each in (add, log(date(2026, 10, 1 + number)))]
    assert make.at_once(calls) == [200] * 50
    logs = HabitLog.objects.exclude(track__user=club.account)
    assert logs.get(day=date(2026, 11, 21)).amount == 25
    assert logs.filter(status="completed").count() == 25
    assert connection.vendor == "postgresql"
    assert HabitTrack.objects.exclude(user=club.account).get().longest_streak == 25


def test_a_day_costs_few_statements_more_than_a_persons_own(
    clubs: APIClient, path: str, alice: User, walk: Habit
) -> None:
    own = make.track(alice)
    hers, body = make.client(alice), {"status": "completed"}
    clubs.put(f"{path}logs/2026-11-20/", body), hers.put(f"/api/tracks/{own.pk}/logs/2026-11-20/", body)
    with CaptureQueriesContext(connection) as alone:
        assert hers.put(f"/api/tracks/{own.pk}/logs/2026-11-21/", body).status_code == 200
    with CaptureQueriesContext(connection) as by_partner:
        assert clubs.put(f"{path}logs/2026-11-21/", body).status_code == 200
    # The person, their track, its lock with two prefetches, awards and goals before and after, a savepoint.
    assert len(by_partner) - len(alone) <= 11
