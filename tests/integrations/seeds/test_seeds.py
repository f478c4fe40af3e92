"""The paths of the first concept, literally."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from habits.models import Habit
from integrations.models import Partner
from tests import make
from tests.integrations.grants.test_links import link
from tracking.models import HabitTrack
from users.models import User

WALKER = "walker@example.org"
PATHS = {
    "create_user": "post",
    "get_user": "get",
    "create_habit": "post",
    "get_habits": "get",
    "get%20habits": "get",
    "register_habit": "post",
    "check_off": "post",
}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize("prefix", ["/", "/api/"])
def test_the_six_calls_lead_from_nothing_to_a_streak(clubs: APIClient, clock: Any, prefix: str, end: str) -> None:
    def path(name: str) -> str:
        return f"{prefix}{name}{end}"

    user = clubs.post(path("create_user"), {"email": WALKER})
    assert user.status_code == 201
    habit = clubs.post(path("create_habit"), {"title": "Walk", "description": "Round the block", "period": "DAY"})
    assert habit.status_code == 201
    shown = {"id": habit.json()["id"], "title": "Walk", "description": "Round the block", "period": "DAY"}
    assert habit.json() == shown
    assert clubs.get(path("get_habits")).json() == clubs.get(path("get%20habits")).json() == [shown]
    both = {"user": user.json()["id"], "habit": habit.json()["id"]}
    registered = clubs.post(path("register_habit"), both)
    assert (registered.status_code, registered.json()["result"]) == (201, "registered")
    clock.move_to(make.utc("2026-11-22 12:00"))
    first = clubs.post(path("check_off"), both | {"at": "2026-11-21T18:00:00Z"})
    assert (first.status_code, first.json()["day"], first.json()["current_streak"]) == (201, "2026-11-21", 1)
    second = clubs.post(path("register_habit"), both)
    assert (second.status_code, second.json()["result"]) == (201, "checked_off")
    got = clubs.get(path("get_user"), {"email": WALKER.upper()})
    assert got.status_code == 200
    assert got.json() == {
        "id": user.json()["id"],
        "email": WALKER,
        "habits": [shown | {"current_streak": 2, "longest_streak": 2, "streak_unit": "day"}],
    }


@pytest.fixture
def clock(noon: Any) -> Any:
    return noon


def test_what_is_known_answers_200_with_the_same_id(clubs: APIClient) -> None:
    for path, body in (
        ("/create_user", {"email": WALKER}),
        ("/create_habit", {"title": "Walk", "description": "", "period": "WEEK"}),
    ):
        first, again = clubs.post(path, body), clubs.post(path, body)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
    assert clubs.post("/create_user", {"email": WALKER.title()}).status_code == 200
    assert clubs.post("/create_habit", {"title": "WALK", "period": "WEEK"}).status_code == 200
    assert clubs.post("/create_habit", {"title": "Walk", "period": "DAY"}).status_code == 201
    both = {"user": clubs.post("/create_user", {"email": WALKER}).json()["id"], "habit": Habit.objects.first().pk}  # type: ignore[union-attr]
    clubs.post("/register_habit", both)
    assert [clubs.post("/check_off", both).status_code for _ in range(2)] == [201, 200]
    assert clubs.post("/register_habit", both).json()["result"] == "checked_off"


@pytest.mark.parametrize("period", ["DAY", "WEEK", "MONTH", "YEAR"])
def test_every_period_can_be_made_and_is_shown(clubs: APIClient, period: str) -> None:
    assert (
        clubs.post("/create_habit", {"title": "Walk", "description": "", "period": period}).json()["period"] == period
    )
    assert clubs.get("/get_habits").json()[0]["period"] == period


@pytest.mark.parametrize("name", ["id", "external id", "address", "address in capitals", "digits"])
def test_a_user_is_named_by_id_external_id_or_address(clubs: APIClient, club: Partner, walk: Habit, name: str) -> None:
    external_id = "9" * 17 if name == "digits" else "u-1"
    row = make.managed(club, external_id, email=WALKER)
    make.managed(club, "other", email="other@example.org")
    names = {"id": row.pk, "external id": "u-1", "address": WALKER, "digits": external_id}
    both = {"user": names.get(name, WALKER.upper()), "habit": walk.pk}
    for path, status in (("/register_habit", 201), ("/register_habit", 201), ("/check_off", 200)):
        assert clubs.post(path, both).status_code == status
    assert HabitTrack.objects.get(habit=walk, user__partner=None).user == row.user
    for unknown in ("nobody", "nobody@example.org", 10**17, "0", "-1"):
        assert make.refused(clubs.post("/check_off", both | {"user": unknown}), 404) == [("not_found", None)]


def test_an_external_id_that_is_a_number_is_not_taken_for_the_id_of_another(
    clubs: APIClient, club: Partner, walk: Habit, alice: User
) -> None:
    other = make.managed(club, "u-1")
    link(club, alice, external_id=str(other.pk))
    both = {"user": str(other.pk), "habit": walk.pk}
    assert clubs.post("/register_habit", both).status_code == 201
    assert HabitTrack.objects.get(habit=walk, user__partner=None).user == alice
    User.objects.filter(pk=alice.pk).update(is_active=False)  # closed by staff
    assert make.refused(clubs.post("/check_off", both), 404) == [("not_found", None)]


@pytest.mark.parametrize("path", PATHS)
def test_no_key_a_wrong_key_and_a_persons_key_answer_401(alice: User, club: Partner, path: str) -> None:
    text = make.partner_key(club).text
    wrong = text[:-1] + ("a" if text[-1] != "a" else "b")
    for client in (make.client(), make.program(wrong), make.program(make.key(alice).text), make.client(alice)):
        answer = getattr(client, PATHS[path])(f"/{path}", {"email": WALKER})
        assert answer.status_code == 401, path
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_another_partners_person_and_habit_answer_404(clubs: APIClient, walk: Habit) -> None:
    other = make.service(make.partner("Other"))
    theirs = other.post("/create_user", {"email": WALKER}).json()["id"]
    mine = clubs.post("/create_user", {"email": "b@example.org"}).json()["id"]
    foreign = other.post("/create_habit", {"title": "Swim", "description": "", "period": "DAY"}).json()["id"]
    before = make.everything()["tracking.HabitTrack"]
    assert make.refused(clubs.get("/get_user", {"email": WALKER}), 404) == [("not_found", None)]
    for path in ("/register_habit", "/check_off"):
        for body in ({"user": theirs, "habit": walk.pk}, {"user": mine, "habit": foreign}, {"user": 1, "habit": 1}):
            assert make.refused(clubs.post(path, body), 404) == [("not_found", None)]
    assert make.everything()["tracking.HabitTrack"] == before


@pytest.mark.parametrize("path", ["/register_habit", "/check_off"])
def test_an_idempotency_key_makes_a_retry_harmless(clubs: APIClient, walk: Habit, path: str) -> None:
    both = {"user": clubs.post("/create_user", {"email": WALKER}).json()["id"], "habit": walk.pk}
    if path == "/check_off":
        clubs.post("/register_habit", both)
    first = clubs.post(path, both, headers={"Idempotency-Key": "k1"})
    before = make.everything()
    again = clubs.post(path, both, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    after = make.everything()
    for table in ("tracking.HabitLog", "tracking.HabitTrack", "integrations.IdempotentRequest"):
        assert after[table] == before[table]
    other = clubs.post(path, both | {"habit": walk.pk + 1}, headers={"Idempotency-Key": "k1"})
    assert make.refused(other) == [("key_reused", "Idempotency-Key")]


def test_a_refused_request_can_be_repeated_with_its_key(clubs: APIClient, walk: Habit) -> None:
    both = {"user": clubs.post("/create_user", {"email": WALKER}).json()["id"], "habit": walk.pk}
    assert clubs.post("/check_off", both, headers={"Idempotency-Key": "k"}).status_code == 404  # not registered yet
    clubs.post("/register_habit", both)
    assert clubs.post("/check_off", both, headers={"Idempotency-Key": "k"}).status_code == 201


def test_other_fields_and_parameters_are_let_through(clubs: APIClient) -> None:
    assert clubs.post("/create_user?source=app", {"email": WALKER, "name": "Walker"}).status_code == 201
    assert clubs.get("/get_user", {"email": WALKER, "v": "2"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "refusal"),
    [
        ("/create_user", {}, ("required", "email")),
        ("/create_user", {"email": "walker"}, ("invalid", "email")),
        ("/create_habit", {"title": "Walk", "period": "HOUR"}, ("invalid_choice", "period")),
        ("/create_habit", {"title": " \u200b", "period": "DAY"}, ("invisible_character", "name")),
    ],
)
def test_a_wrong_body_is_refused(clubs: APIClient, path: str, body: Any, refusal: Any) -> None:
    assert make.refused(clubs.post(path, body)) == [refusal]


def test_a_time_in_the_future_is_refused(clubs: APIClient, walk: Habit) -> None:
    both = {"user": clubs.post("/create_user", {"email": WALKER}).json()["id"], "habit": walk.pk}
    clubs.post("/register_habit", both)
    assert make.refused(clubs.post("/check_off", both | {"at": "2026-11-21T12:00:01Z"})) == [("in_future", "at")]


def test_a_time_before_all_days_is_refused(clubs: APIClient, club: Partner, walk: Habit) -> None:
    make.managed(club, "u-1", time_zone="America/New_York", day_starts_at=3)
    both = {"user": "u-1", "habit": walk.pk}
    clubs.post("/register_habit", both)
    for at in ("0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z"):
        assert make.refused(clubs.post("/check_off", both | {"at": at})) == [("day_out_of_range", "at")]


def test_the_day_is_the_persons_own(clubs: APIClient, walk: Habit) -> None:
    person = clubs.post("/create_user", {"email": WALKER}).json()
    clubs.put(f"/api/partner/people/{person['external_id']}/", {"time_zone": "Asia/Tokyo"})
    both = {"user": person["id"], "habit": walk.pk}
    clubs.post("/register_habit", both)
    assert clubs.post("/check_off", both | {"at": "2026-11-20T18:00:00Z"}).json()["day"] == "2026-11-21"


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_request_twice_at_once_is_answered_once(club: Partner, walk: Habit) -> None:
    text = make.partner_key(club).text
    both = {"user": make.program(text).post("/create_user", {"email": WALKER}).json()["id"], "habit": walk.pk}

    def send() -> Any:
        return make.program(text).post("/register_habit", both, headers={"Idempotency-Key": "k"}).json()

    answers = make.at_once([send] * 6)
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["result"] == "registered"
