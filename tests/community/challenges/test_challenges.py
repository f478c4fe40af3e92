"""The API of challenges: creating, joining, leaving, editing and cancelling them; standings and days."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from community.challenges.rules import MAX_CHALLENGE_DAYS
from community.challenges.scores import recount_due
from community.membership.rules import MAX_JOINED, MAX_OWNED
from community.models import Challenge, ChallengeMember
from community.tasks import maintain_challenges
from habits.models import Habit
from notifications.channels.telegram.chats import connect_chat
from notifications.models import Delivery
from tests import make
from tracking.models import HabitTrack
from users.models import User

pytestmark = pytest.mark.django_db

START = make.utc("2027-04-20 12:00")
MAY = {"first_day": "2027-05-01", "last_day": "2027-05-31"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def habit(alice: User) -> Habit:
    """A published habit of alice."""
    return make.habit(alice, name="Meditate", is_published=True)


@pytest.fixture
def bobs(bob: User) -> APIClient:
    return make.client(bob)


@pytest.fixture
def charlies(charlie: User) -> APIClient:
    return make.client(charlie)


def made(api: APIClient, habit: Habit, **fields: Any) -> dict[str, Any]:
    body = {"habit": habit.pk, "name": "May", **MAY, "is_public": True, **fields}
    answer = api.post("/api/challenges/", body)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def joined(client: APIClient, challenge: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/api/challenges/by-code/", {"code": challenge["code"]})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def track_of(user: User, habit: Habit) -> HabitTrack:
    return HabitTrack.objects.get(user=user, habit=habit)


def standings(client: APIClient, challenge: dict[str, Any]) -> list[tuple[int, str, int]]:
    """Return (rank, username, completed days), best first."""
    answer = client.get(f"/api/challenges/{challenge['id']}/standings/?page_size=100")
    assert answer.status_code == 200, answer.content
    return [(row["rank"], row["username"], row["completed"]) for row in answer.json()["results"]]


def test_the_creator_is_the_first_member(api: APIClient, habit: Habit) -> None:
    challenge = made(api, habit)
    assert (challenge["state"], challenge["creator"], challenge["members"]) == ("upcoming", "alice", 1)
    assert challenge["mine"]["rank"] == 1
    assert challenge["mine"]["track"] == track_of(habit.owner, habit).pk  # type: ignore[arg-type] # it has an owner
    assert challenge["ends_at"] == "2027-06-01T18:00:00Z"  # UTC-12, and a day that starts at 6


def test_a_public_challenge_is_listed_and_joining_starts_a_track(api: APIClient, habit: Habit, bobs: APIClient) -> None:
    challenge = made(api, habit)
    listed = bobs.get("/api/challenges/?which=public&state=upcoming&name=ma").json()["results"]
    assert [(row["id"], row["is_member"], row["code"]) for row in listed] == [(challenge["id"], False, None)]
    answer = bobs.post(f"/api/challenges/{challenge['id']}/join/")
    assert (answer.status_code, answer.json()["members"], answer.json()["is_member"]) == (201, 2, True)
    again = bobs.post(f"/api/challenges/{challenge['id']}/join/")
    assert (again.status_code, again.json()["members"]) == (200, 2)
    assert bobs.get("/api/tracks/").json()["count"] == 1


def test_joining_uses_an_existing_track(api: APIClient, habit: Habit, bob: User, bobs: APIClient) -> None:
    track = make.follower(bob, habit)
    assert joined(bobs, made(api, habit))["mine"]["track"] == track.pk


def test_the_code_of_a_private_challenge_allows_following_its_habit(
    api: APIClient, alice: User, bobs: APIClient, charlies: APIClient
) -> None:
    private = make.habit(alice, name="Private")
    challenge = made(api, private, is_public=False)
    path = f"/api/challenges/{challenge['id']}/"
    make.refused(bobs.post("/api/tracks/", {"habit": private.pk}), 400)
    preview = bobs.get("/api/challenges/by-code/", {"code": challenge["code"]})
    assert preview.json() == {"id": challenge["id"], "name": "May", "members": 1}
    assert joined(bobs, challenge)["habit"]["name"] == "Private"
    for method, route in (("get", ""), ("post", "join/"), ("get", "standings/"), ("get", "days/")):
        make.refused(getattr(charlies, method)(path + route), 404)
    assert charlies.get("/api/challenges/").json()["count"] == 0
    assert make.refused(charlies.post("/api/challenges/by-code/", {"code": "guess"})) == [("unknown_code", "code")]


def test_only_the_renewed_code_works(api: APIClient, habit: Habit, bobs: APIClient) -> None:
    challenge = made(api, habit, is_public=False)
    renewed = api.post(f"/api/challenges/{challenge['id']}/code/").json()
    assert make.refused(bobs.post("/api/challenges/by-code/", {"code": challenge["code"]})) == [
        ("unknown_code", "code")
    ]
    joined(bobs, challenge | renewed)
    make.refused(bobs.post(f"/api/challenges/{challenge['id']}/code/"), 404)


def test_trying_codes_is_rate_limited(bobs: APIClient, settings: Any) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"code": "2/minute"}
    for _ in range(2):
        make.refused(bobs.post("/api/challenges/by-code/", {"code": "guess"}))
    assert make.refused(bobs.post("/api/challenges/by-code/", {"code": "guess"}), 429) == [("throttled", None)]


def test_leaving_a_private_challenge_leaves_its_unpublished_habit(api: APIClient, alice: User, bob: User) -> None:
    bobs, private = make.client(bob), make.habit(alice, name="Private")
    challenge = made(api, private, is_public=False)
    joined(bobs, challenge)
    assert bobs.post(f"/api/challenges/{challenge['id']}/leave/").status_code == 204
    assert track_of(bob, private).left_at is not None
    make.refused(bobs.get(f"/api/challenges/{challenge['id']}/"), 404)
    assert standings(api, challenge) == [(1, "alice", 0)]


def test_a_habit_allowed_by_another_challenge_is_kept_until_that_is_left_too(
    api: APIClient, alice: User, bob: User
) -> None:
    bobs, private = make.client(bob), make.habit(alice, name="Private")
    first, second = (made(api, private, is_public=False, name=name) for name in ("One", "Two"))
    joined(bobs, first), joined(bobs, second)
    bobs.post(f"/api/challenges/{first['id']}/leave/")
    assert track_of(bob, private).left_at is None
    bobs.post(f"/api/challenges/{second['id']}/leave/")
    assert track_of(bob, private).left_at is not None


def test_leaving_a_public_challenge_keeps_the_track(api: APIClient, habit: Habit, bob: User, bobs: APIClient) -> None:
    challenge = made(api, habit)
    joined(bobs, challenge)
    bobs.post(f"/api/challenges/{challenge['id']}/leave/")
    assert track_of(bob, habit).left_at is None


def test_leaving_the_habit_leaves_the_challenge(api: APIClient, habit: Habit, bob: User, bobs: APIClient) -> None:
    challenge = made(api, habit)
    joined(bobs, challenge)
    bobs.delete(f"/api/tracks/{track_of(bob, habit).pk}/")
    assert standings(api, challenge) == [(1, "alice", 0)]


def test_completed_days_of_the_challenge_count_also_for_late_joiners(
    api: APIClient, habit: Habit, alice: User, bob: User, bobs: APIClient, clock: time_machine.Traveller
) -> None:
    challenge = made(api, habit)
    theirs = make.follower(bob, habit)
    clock.move_to(make.utc("2027-05-10 12:00"))
    for day in ("2027-04-30", "2027-05-01", "2027-05-09"):
        make.log(theirs, day)
    make.log(theirs, "2027-05-08", status="skipped")
    joined(bobs, challenge)
    assert standings(api, challenge) == [(1, "bob", 2), (2, "alice", 0)]
    make.log(theirs, "2027-05-10")
    make.log(theirs, "2027-05-09", status="missed")
    mine = track_of(alice, habit)
    make.log(mine, "2027-05-10")
    assert standings(bobs, challenge) == [(1, "bob", 2), (2, "alice", 1)]


def test_strength_breaks_ties_and_equal_members_share_a_rank(
    api: APIClient, habit: Habit, alice: User, bob: User, charlie: User, clock: time_machine.Traveller
) -> None:
    dave = make.person("dave")
    challenge = made(api, habit)
    for user in (bob, charlie, dave):
        joined(make.client(user), challenge)
    clock.move_to(make.utc("2027-05-03 12:00"))
    make.log(track_of(alice, habit), "2027-04-30")  # before the challenge: it counts for the strength only
    for user in (alice, bob, charlie):
        make.log(track_of(user, habit), "2027-05-03")
    assert standings(api, challenge) == [(1, "alice", 1), (2, "bob", 1), (2, "charlie", 1), (4, "dave", 0)]
    pages = [api.get(f"/api/challenges/{challenge['id']}/standings/?page_size=1&page={n}").json() for n in (1, 2, 3, 4)]
    assert [page["results"][0]["rank"] for page in pages] == [1, 2, 2, 4]


def test_a_fading_strength_is_recounted(
    api: APIClient, habit: Habit, alice: User, bob: User, bobs: APIClient, clock: time_machine.Traveller
) -> None:
    challenge = made(api, habit)
    joined(bobs, challenge)
    clock.move_to(make.utc("2027-05-01 12:00"))
    make.log(track_of(alice, habit), "2027-05-01")
    clock.move_to(make.utc("2027-05-04 12:00"))
    make.log(track_of(bob, habit), "2027-05-04")
    while recount_due(now=make.utc("2027-05-04 12:00")):
        pass
    assert standings(api, challenge) == [(1, "bob", 1), (2, "alice", 1)]
    member = ChallengeMember.objects.get(user=alice)
    now = api.get("/api/summary/").json()["habits"][0]["strength"]
    assert member.strength == pytest.approx(now, abs=1e-3)


def test_members_see_each_others_days_of_the_challenge(
    api: APIClient, habit: Habit, alice: User, bobs: APIClient, clock: time_machine.Traveller
) -> None:
    challenge = made(api, habit)
    joined(bobs, challenge)
    clock.move_to(make.utc("2027-05-03 12:00"))
    for day in ("2027-04-30", "2027-05-01", "2027-05-02"):
        make.log(track_of(alice, habit), day, note="nobody else's business")
    answer = bobs.get(f"/api/challenges/{challenge['id']}/days/?from=2027-05-02")
    assert "nobody" not in answer.content.decode()
    assert answer.json()["results"] == [
        {
            "username": "alice",
            "is_me": False,
            "completed": 2,
            "days": [{"day": "2027-05-02", "status": "completed", "amount": "1.00"}],
        },
        {"username": "bob", "is_me": True, "completed": 0, "days": []},
    ]
    assert make.refused(bobs.get(f"/api/challenges/{challenge['id']}/days/?from=May")) == [("invalid", "from")]
    clock.move_to(make.utc("2027-06-01 12:00"))
    make.log(track_of(alice, habit), "2027-06-01")  # after the challenge
    wide = bobs.get(f"/api/challenges/{challenge['id']}/days/?from=2027-01-01&to=2027-12-31").json()["results"]
    assert [log["day"] for log in wide[0]["days"]] == ["2027-05-01", "2027-05-02"]


def test_standings_and_days_take_a_fixed_number_of_queries(api: APIClient, habit: Habit) -> None:
    challenge = made(api, habit)

    def queries(route: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.get(f"/api/challenges/{challenge['id']}/{route}/?page_size=100").status_code == 200
        return len(captured)

    few = [queries("standings"), queries("days")]
    for number in range(5):
        joined(make.client(make.person(f"member{number}")), challenge)
    assert [queries("standings"), queries("days")] == few


def test_the_list_takes_a_fixed_number_of_queries(api: APIClient, alice: User) -> None:
    counts = []
    for _ in range(2):
        coffee = make.habit(alice, name="Coffee", is_pleasant=True)
        made(api, make.habit(alice, is_published=True, linked_habit=coffee.pk))
        with CaptureQueriesContext(connection) as queries:
            assert api.get("/api/challenges/?page_size=100").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_log_of_a_user_in_no_challenge_costs_one_more_query(alice: User) -> None:
    track = make.track(alice)
    with CaptureQueriesContext(connection) as captured:
        make.log(track, "2027-04-20")
    assert sum("community_challenge" in query["sql"] for query in captured.captured_queries) == 1


def test_it_can_be_edited_until_it_begins_anywhere(
    api: APIClient, habit: Habit, bobs: APIClient, clock: time_machine.Traveller
) -> None:
    challenge = made(api, habit)
    joined(bobs, challenge)
    path = f"/api/challenges/{challenge['id']}/"
    edited = api.patch(path, {"name": "Late May", "first_day": "2027-05-10"}).json()
    assert (edited["name"], edited["first_day"], edited["ends_at"]) == ("Late May", "2027-05-10", challenge["ends_at"])
    make.refused(bobs.patch(path, {"name": "Mine"}), 404)
    clock.move_to(make.utc("2027-05-09 09:59"))
    assert api.patch(path, {"name": "Later May"}).json()["state"] == "upcoming"
    clock.move_to(make.utc("2027-05-09 10:00"))  # midnight in UTC+14
    assert make.refused(api.patch(path, {"name": "Too late"})) == [("started", None)]
    assert api.get(path).json()["state"] == "running"


def test_edited_days_are_counted(api: APIClient, habit: Habit, alice: User, clock: time_machine.Traveller) -> None:
    make.log(track_of(alice, habit), "2027-04-20")
    challenge = made(api, habit)
    api.patch(f"/api/challenges/{challenge['id']}/", {"first_day": "2027-04-20"})
    recount_due(now=START)
    assert standings(api, challenge) == [(1, "alice", 1)]


def test_cancelling_notifies_the_other_members_once(
    api: APIClient, habit: Habit, alice: User, charlie: User, clock: time_machine.Traveller
) -> None:
    connect_chat(user=alice, chat_id=make.CHATS["alice"], confirmed=True, now=START)
    bob = make.person("bob", chat=True)
    challenge = made(api, habit)
    joined(make.client(bob), challenge), joined(make.client(charlie), challenge)
    make.refused(make.client(bob).post(f"/api/challenges/{challenge['id']}/cancel/"), 404)
    for _ in range(2):
        assert api.post(f"/api/challenges/{challenge['id']}/cancel/").json()["state"] == "cancelled"
        maintain_challenges()
    deliveries = Delivery.objects.filter(kind=Delivery.Kind.CHALLENGE_CANCELLED)
    assert [delivery.key for delivery in deliveries] == [f"challenge:{challenge['id']}:{bob.pk}"]
    dave = make.client(make.person("dave"))
    assert make.refused(dave.post("/api/challenges/by-code/", {"code": challenge["code"]})) == [("cancelled", None)]
    make.refused(dave.get(f"/api/challenges/{challenge['id']}/"), 404)
    assert make.client(bob).get("/api/challenges/?state=cancelled").json()["count"] == 1


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"first_day": "2027-05-02", "last_day": "2027-05-01"}, ("ends_before_start", "last_day")),
        ({"first_day": "2027-04-19"}, ("starts_in_past", "first_day")),
        ({"first_day": "2028-04-21", "last_day": "2028-04-30"}, ("too_far_ahead", "first_day")),
        ({"first_day": "2027-05-01", "last_day": "2028-05-01"}, ("too_long", "last_day")),
        ({"habit": 10**6}, ("does_not_exist", "habit")),
        ({"name": ""}, ("blank", "name")),
        ({"last_day": "May"}, ("invalid", "last_day")),
    ],
)
def test_invalid_challenges_are_refused_and_change_nothing(
    api: APIClient, habit: Habit, fields: dict[str, Any], refusal: tuple[str, str]
) -> None:
    before = make.everything()
    body = {"habit": habit.pk, "name": "May", **MAY, **fields}
    assert make.refused(api.post("/api/challenges/", body)) == [refusal]
    assert make.everything() == before


def test_a_challenge_can_last_a_leap_year(api: APIClient, habit: Habit) -> None:
    last = date(2027, 5, 1) + timedelta(days=MAX_CHALLENGE_DAYS - 1)
    assert made(api, habit, last_day=str(last))["last_day"] == str(last)


def test_a_challenge_needs_an_own_or_published_useful_habit(api: APIClient, alice: User, bob: User) -> None:
    theirs, pleasant = make.habit(bob, name="Theirs"), make.habit(alice, name="Coffee", is_pleasant=True)
    own, ending = make.habit(alice, name="Own"), make.habit(alice, name="Ending", end_date=date(2027, 5, 30))
    asked = {"name": "May", **MAY}
    for habit, public, refusal in (
        (theirs, False, ("does_not_exist", "habit")),
        (pleasant, False, ("pleasant", "habit")),
        (own, True, ("not_published", "is_public")),
        (ending, False, ("after_habit", "last_day")),
    ):
        refused = api.post("/api/challenges/", {"habit": habit.pk, "is_public": public, **asked})
        assert make.refused(refused) == [refusal]


def test_the_number_of_created_and_joined_challenges_is_limited(
    api: APIClient, habit: Habit, bobs: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (MAX_OWNED, MAX_JOINED) == (50, 100)
    monkeypatch.setattr("community.challenges.services.MAX_OWNED", 2)
    monkeypatch.setattr("community.challenges.services.MAX_JOINED", 1)
    first, second = made(api, habit, name="One"), made(api, habit, name="Two")
    refused = api.post("/api/challenges/", {"habit": habit.pk, "name": "Three", **MAY})
    assert make.refused(refused) == [("too_many", None)]
    joined(bobs, first)
    assert make.refused(bobs.post(f"/api/challenges/{second['id']}/join/")) == [("too_many", None)]
    api.post(f"/api/challenges/{first['id']}/cancel/")
    joined(bobs, second)


def test_it_continues_when_its_creator_deletes_the_account(
    api: APIClient, alice: User, bob: User, charlie: User
) -> None:
    private = make.habit(alice, name="Private")
    challenge = made(api, private, is_public=False)
    joined(make.client(bob), challenge)
    assert api.delete("/api/users/me/", {"password": make.PASSWORD}).status_code == 204
    shown = make.client(bob).get(f"/api/challenges/{challenge['id']}/").json()
    assert (shown["creator"], shown["state"], shown["habit"]["owner"]) == (None, "upcoming", None)
    joined(make.client(charlie), challenge)
    assert [row[1] for row in standings(make.client(bob), challenge)] == ["bob", "charlie"]


def test_a_challenge_without_creator_and_members_is_deleted(
    api: APIClient, habit: Habit, bob: User, bobs: APIClient
) -> None:
    challenge = made(api, habit)
    joined(bobs, challenge)
    api.delete("/api/users/me/", {"password": make.PASSWORD})
    bobs.post(f"/api/challenges/{challenge['id']}/leave/")
    assert not Challenge.objects.exists()


def test_deleting_the_habit_cancels_it(api: APIClient, habit: Habit) -> None:
    challenge = made(api, habit)
    assert api.delete(f"/api/habits/{habit.pk}/").status_code == 204
    shown = api.get(f"/api/challenges/{challenge['id']}/").json()
    assert (shown["state"], shown["habit"]) == ("cancelled", None)


def test_giving_up_the_habit_removes_only_its_owner(api: APIClient, habit: Habit, bobs: APIClient, bob: User) -> None:
    challenge = made(api, habit)
    joined(bobs, challenge)
    api.delete(f"/api/habits/{habit.pk}/")
    assert standings(bobs, challenge) == [(1, "bob", 0)]
    assert bobs.get(f"/api/challenges/{challenge['id']}/").json()["state"] == "upcoming"


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_concurrent_joins_add_one_member(api: APIClient, habit: Habit, bob: User) -> None:
    challenge = made(api, habit)
    bobs = make.client(bob)
    answers = make.at_once([lambda: bobs.post(f"/api/challenges/{challenge['id']}/join/").status_code] * 6)
    assert sorted(answers) == [200] * 5 + [201]
    assert ChallengeMember.objects.filter(user=bob).count() == HabitTrack.objects.filter(user=bob).count() == 1
