"""habits/public/: published habits for everyone, and the singular URL aliases."""

import pytest
from rest_framework.test import APIClient

from habits.models import Habit
from tests import make
from users.models import User

PATH = "/api/habits/public/"

pytestmark = pytest.mark.django_db

SHOWN = {
    "id",
    "owner",
    "sentence",
    "name",
    "description",
    "action",
    "place",
    "time",
    "is_pleasant",
    "goal_type",
    "reward",
    "linked_habit",
    "duration",
    "start_date",
    "end_date",
    "frequency",
    "interval",
    "weekdays",
    "times_per_period",
    "daily_amount",
    "unit",
    "limit_per_period",
    "created_at",
    "followers",
}


def test_no_sign_in_is_required(stranger: APIClient, alice: User) -> None:
    habit = make.habit(alice, is_published=True)
    [listed] = stranger.get(PATH).json()["results"]
    assert listed == stranger.get(f"{PATH}{habit.pk}/").json()
    assert listed["id"] == habit.pk


def test_an_invalid_or_expired_token_is_ignored(alice: User) -> None:
    make.habit(alice, is_published=True)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer x")
    assert client.get(PATH).json()["count"] == 1


def test_it_contains_only_published_habits_newest_first(stranger: APIClient, alice: User, bob: User) -> None:
    published = [make.habit(owner, is_published=True).pk for owner in (alice, bob, alice)]
    private = make.habit(alice)
    assert [habit["id"] for habit in stranger.get(PATH).json()["results"]] == published[::-1]
    make.refused(stranger.get(f"{PATH}{private.pk}/"), 404)
    make.refused(make.client(alice).get(f"{PATH}{private.pk}/"), 404)


def test_of_the_owner_only_the_username_is_shown(stranger: APIClient) -> None:
    alice = make.person("alice", chat=True, time_zone="Europe/Berlin")
    track = make.track(alice, is_published=True, time="07:30")
    make.log(track, track.started_on, note="mine alone")
    answer = stranger.get(PATH)
    [shown] = answer.json()["results"]
    assert shown.keys() == SHOWN
    assert shown["owner"] == "alice"
    text = answer.content.decode()
    for secret in (alice.email, "Berlin", str(make.CHATS["alice"]), "mine alone", "streak", "track"):
        assert secret not in text


def test_it_shows_the_number_of_followers(stranger: APIClient, alice: User, bob: User) -> None:
    habit = make.habit(alice, is_published=True)
    assert stranger.get(f"{PATH}{habit.pk}/").json()["followers"] == 0
    make.follower(bob, habit)
    assert stranger.get(f"{PATH}{habit.pk}/").json()["followers"] == 1


def test_a_private_linked_habit_is_hidden_and_a_published_one_shown(stranger: APIClient, alice: User) -> None:
    coffee = make.habit(alice, name="Coffee alone", is_pleasant=True)
    habit = make.habit(alice, is_published=True, linked_habit=coffee.pk)
    answer = stranger.get(f"{PATH}{habit.pk}/")
    assert answer.json()["linked_habit"] is None
    assert "Coffee alone" not in answer.content.decode()
    make.client(alice).patch(f"/api/habits/{coffee.pk}/", {"is_published": True})
    assert stranger.get(f"{PATH}{habit.pk}/").json()["linked_habit"] == coffee.pk


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_read_only_even_for_the_owner(alice: User, method: str) -> None:
    habit, api = make.habit(alice, is_published=True), make.client(alice)
    before = make.everything()
    for path in (PATH, f"{PATH}{habit.pk}/"):
        answer = getattr(api, method)(path, {"name": "Other", "frequency": "daily"})
        make.refused(answer, 405)
    after = make.everything()
    assert after["habits.Habit"] == before["habits.Habit"]


def test_a_habit_that_is_no_longer_published_is_gone(stranger: APIClient, alice: User) -> None:
    habit = make.habit(alice, is_published=True)
    make.client(alice).patch(f"/api/habits/{habit.pk}/", {"is_published": False})
    assert stranger.get(PATH).json()["count"] == 0
    make.refused(stranger.get(f"{PATH}{habit.pk}/"), 404)


def test_filters_ordering_and_pages_work_as_in_the_users_own_list(stranger: APIClient, alice: User) -> None:
    for number in range(7):
        make.habit(alice, name=f"Run {number}", is_published=True, schedule={"frequency": "weekly"})
    make.habit(alice, name="Coffee", is_published=True, is_pleasant=True)
    assert len(stranger.get(PATH).json()["results"]) == 5
    assert stranger.get(f"{PATH}?kind=pleasant").json()["count"] == 1
    assert stranger.get(f"{PATH}?frequency=weekly&name=run").json()["count"] == 7
    assert stranger.get(f"{PATH}?ordering=name&page_size=1").json()["results"][0]["name"] == "Coffee"
    make.refused(stranger.get(f"{PATH}?page=3"), 404)


def test_the_singular_alias_gives_the_same_response(stranger: APIClient, alice: User) -> None:
    api = make.client(alice)
    made = api.post("/api/habit/", {"name": "Push-ups", "frequency": "daily", "is_published": True})
    assert made.status_code == 201
    pk = made.json()["id"]
    for client, path in ((api, ""), (api, f"{pk}/"), (stranger, "public/"), (stranger, f"public/{pk}/")):
        assert client.get(f"/api/habit/{path}").json() == client.get(f"/api/habits/{path}").json()
    assert api.patch(f"/api/habit/{pk}/", {"place": "the garden"}).json()["place"] == "the garden"
    put = api.put(f"/api/habit/{pk}/", {"name": "Squats", "frequency": "weekly"})
    assert (put.status_code, put.json()["name"]) == (200, "Squats")
    make.refused(stranger.get("/api/habit/"), 401)
    make.refused(make.client(make.person("charlie")).get(f"/api/habit/{pk}/"), 404)
    assert api.delete(f"/api/habit/{pk}/").status_code == 204
    assert not Habit.objects.exists()


def test_the_alias_maps_what_its_published_clients_send(alice: User) -> None:
    api = make.client(alice)
    coffee = make.habit(alice, name="Coffee", is_pleasant=True)
    sent = {
        "place": "the living room",
        "time": "07:30:00",
        "action": "do ten push-ups",
        "is_pleasant": False,
        "linked": coffee.pk,
        "period": 3,
        "reward": None,
        "length": 60,
        "is_public": True,
    }
    made = api.post("/api/habit/", sent)
    assert made.status_code == 201, made.content
    shown = made.json()
    assert [
        shown[name] for name in ("linked_habit", "frequency", "interval", "duration", "is_published", "reward")
    ] == [
        coffee.pk,
        "daily",
        3,
        60,
        True,
        "",
    ]
    path = f"/api/habit/{shown['id']}/"
    changed = api.patch(path, {"length": 90, "period": 2}).json()
    assert (changed["duration"], changed["interval"], changed["place"]) == (90, 2, "the living room")
    replaced = api.put(path, {"action": "run", "is_public": False}).json()
    assert (replaced["frequency"], replaced["interval"], replaced["is_published"]) == ("daily", 2, False), (
        "what is left out stays"
    )
    assert api.put(path, api.get(path).json()).status_code == 200


def test_a_missing_frequency_is_daily_at_the_alias_only(alice: User) -> None:
    api = make.client(alice)
    assert api.post("/api/habit/", {"action": "run"}).json()["frequency"] == "daily"
    assert make.refused(api.post("/api/habits/", {"action": "run"})) == [("required", "frequency")]
    weekly = make.habit(alice, schedule={"frequency": "weekly"})
    assert api.patch(f"/api/habit/{weekly.pk}/", {"length": 60}).json()["frequency"] == "weekly"


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        ({"length": 130}, ("duration_out_of_range", "length")),
        ({"length": "x"}, ("invalid", "length")),
        ({"period": 8}, ("interval_out_of_range", "period")),
        ({"period": 0}, ("interval_out_of_range", "period")),
        ({"linked": 10**9}, ("does_not_exist", "linked")),
        ({"is_public": "x"}, ("invalid", "is_public")),
        ({"length": 60, "duration": 70}, ("given_twice", "length")),
        ({"lenght": 60}, ("unknown_field", "lenght")),
    ],
)
def test_the_alias_refuses_by_the_name_that_was_sent(
    alice: User, sent: dict[str, object], refusal: tuple[str, str]
) -> None:
    api, before = make.client(alice), make.everything()
    assert make.refused(api.post("/api/habit/", {"action": "run", **sent})) == [refusal]
    assert make.everything() == before


def test_the_alias_answers_an_unreadable_body_as_any_other_path(alice: User, stranger: APIClient) -> None:
    api = make.client(alice)
    assert make.refused(api.post("/api/habit/", "{", content_type="application/json")) == [("parse_error", None)]
    assert make.refused(api.post("/api/habit/", [], format="json")) == [("invalid", "non_field_errors")]
    assert make.refused(api.post("/api/habit/", "a=b", content_type="text/plain"), 415)
    assert make.refused(stranger.post("/api/habit/", {}), 401)
    assert make.refused(api.patch("/api/habit/999/", {"length": 60}), 404)


@pytest.mark.parametrize("name", ["linked", "period", "length", "is_public"])
def test_the_former_names_are_unknown_elsewhere(alice: User, name: str) -> None:
    refusal = make.client(alice).post("/api/habits/", {"action": "run", "frequency": "daily", name: None})
    assert make.refused(refusal) == [("unknown_field", name)]


@pytest.mark.parametrize(("is_published", "seen_by"), [(True, {"alice", "bob", None}), (False, {"alice"})])
def test_a_private_linked_habit_is_shown_to_its_owner_only(
    alice: User, bob: User, is_published: bool, seen_by: set[str | None]
) -> None:
    coffee = make.habit(alice, is_pleasant=True, is_published=is_published)
    habit = make.habit(alice, linked_habit=coffee.pk, is_published=True)
    viewers = {"alice": alice.pk, "bob": bob.pk, None: None}
    assert {name for name, pk in viewers.items() if habit.linked_habit_for(pk) == coffee} == seen_by
