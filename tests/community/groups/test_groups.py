"""The API of groups: creating, joining, managing, leaving and deleting them; their habits, feed and board."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from community.groups.rules import MAX_HABITS, MAX_MEMBERS
from community.membership.rules import MAX_OWNED
from community.models import Group, GroupMember
from community.tasks import maintain_challenges
from habits.models import Habit
from tests import make
from tracking.models import HabitTrack
from tracking.tasks import apply_pending_changes
from users.models import User

pytestmark = pytest.mark.django_db

NOW = make.utc("2027-05-05 12:00")  # a Wednesday


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def bobs(bob: User) -> APIClient:
    return make.client(bob)


@pytest.fixture
def charlies(charlie: User) -> APIClient:
    return make.client(charlie)


@pytest.fixture
def group(api: APIClient) -> dict[str, Any]:
    """A closed group of alice, with its code."""
    answer = api.post("/api/groups/", {"name": "Early birds"})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


@pytest.fixture
def habit(alice: User) -> Habit:
    """An unpublished habit of alice."""
    return make.habit(alice, name="Run")


def path(group: dict[str, Any], rest: str = "") -> str:
    return f"/api/groups/{group['id']}/{rest}"


def join(client: APIClient, group: dict[str, Any]) -> None:
    assert client.post("/api/groups/by-code/", {"code": group["code"]}).status_code == 201


def add_habit(client: APIClient, group: dict[str, Any], habit: Habit) -> None:
    assert client.post(path(group, "habits/"), {"habit": habit.pk}).status_code == 201


def follow(client: APIClient, group: dict[str, Any], habit: Habit) -> HabitTrack:
    answer = client.post(path(group, f"habits/{habit.pk}/follow/"))
    assert answer.status_code == 201, answer.content
    return HabitTrack.objects.select_related("user").get(pk=answer.json()["track"])


def members(client: APIClient, group: dict[str, Any]) -> list[tuple[str, str]]:
    rows = client.get(path(group, "members/?page_size=100")).json()["results"]
    return [(row["username"], row["role"]) for row in rows]


def done(client: APIClient, group: dict[str, Any], query: str = "") -> list[tuple[str, str, str]]:
    """Return (username, habit, day) of the completed days in the feed."""
    rows = client.get(path(group, f"feed/?{query}")).json()["results"]
    return [(row["username"], row["habit"]["name"], row["day"]) for row in rows]


def test_a_closed_group_is_joined_by_code_and_an_open_one_without(
    api: APIClient, group: dict[str, Any], bobs: APIClient, charlies: APIClient
) -> None:
    preview = bobs.get("/api/groups/by-code/", {"code": group["code"]})
    assert preview.json() == {"id": group["id"], "name": "Early birds", "members": 1}
    join(bobs, group)
    assert bobs.post("/api/groups/by-code/", {"code": group["code"]}).status_code == 200
    make.refused(charlies.post(path(group, "join/")), 404)
    assert charlies.get("/api/groups/").json()["count"] == 0
    assert api.patch(path(group), {"is_open": True}).status_code == 200
    assert [row["name"] for row in charlies.get("/api/groups/?which=open&name=bird").json()["results"]] == [
        "Early birds"
    ]
    assert charlies.post(path(group, "join/")).status_code == 201
    assert charlies.post(path(group, "join/")).status_code == 200
    assert members(charlies, group) == [("alice", "owner"), ("bob", "member"), ("charlie", "member")]
    assert charlies.get("/api/groups/?which=mine").json()["count"] == 1


def test_only_the_renewed_code_works(api: APIClient, group: dict[str, Any], bobs: APIClient) -> None:
    renewed = api.post(path(group, "code/")).json()
    assert make.refused(bobs.post("/api/groups/by-code/", {"code": group["code"]})) == [("unknown_code", "code")]
    join(bobs, group | renewed)
    assert bobs.get(path(group)).json()["code"] is None


def test_a_closed_group_is_hidden_from_non_members(group: dict[str, Any], charlies: APIClient) -> None:
    for method, rest in (
        ("get", ""),
        ("patch", ""),
        ("delete", ""),
        ("get", "members/"),
        ("get", "habits/"),
        ("get", "board/"),
        ("get", "feed/"),
        ("post", "leave/"),
        ("delete", "members/alice/"),
    ):
        assert make.refused(getattr(charlies, method)(path(group, rest)), 404) == [("not_found", None)], rest


def test_only_members_see_the_members_of_an_open_group(
    api: APIClient, group: dict[str, Any], charlies: APIClient
) -> None:
    api.patch(path(group), {"is_open": True})
    assert charlies.get(path(group)).json()["members"] == 1
    for rest in ("members/", "habits/", "board/", "feed/"):
        make.refused(charlies.get(path(group, rest)), 404)


def test_members_may_follow_an_unpublished_habit_of_the_group(
    api: APIClient, group: dict[str, Any], habit: Habit, bob: User, bobs: APIClient, charlies: APIClient
) -> None:
    add_habit(api, group, habit)
    make.refused(charlies.post(path(group, f"habits/{habit.pk}/follow/")), 404)
    join(bobs, group)
    assert make.refused(bobs.post("/api/tracks/", {"habit": habit.pk})) == [("does_not_exist", "habit")]
    track = follow(bobs, group, habit)
    assert track.user == bob
    assert bobs.post(path(group, f"habits/{habit.pk}/follow/")).status_code == 200
    listed = bobs.get(path(group, "habits/")).json()["results"]
    assert [(row["habit"]["name"], row["track"]) for row in listed] == [("Run", track.pk)]
    make.refused(bobs.post(path(group, f"habits/{habit.pk + 1}/follow/")), 404)


def test_the_group_sees_only_habits_followed_in_it(
    api: APIClient, group: dict[str, Any], alice: User, bob: User, bobs: APIClient
) -> None:
    published = make.habit(alice, name="Read", is_published=True)
    track = make.follower(bob, published)
    join(bobs, group)
    add_habit(api, group, published)
    make.log(track, "2027-05-05")
    assert done(api, group) == []
    assert [row["habits"] for row in api.get(path(group, "board/")).json()["results"]] == [[], []]


def test_the_feed_lists_days_completed_since_following_newest_first(
    api: APIClient, group: dict[str, Any], habit: Habit, bobs: APIClient, clock: time_machine.Traveller
) -> None:
    add_habit(api, group, habit)
    join(bobs, group)
    own = HabitTrack.objects.get(habit=habit)
    make.log(own, "2027-05-04")
    clock.shift(60)
    follow(api, group, habit)
    theirs = follow(bobs, group, habit)
    clock.shift(60)
    make.log(theirs, "2027-05-04", note="nobody else's business")
    clock.shift(60)
    make.log(own, "2027-05-05")
    make.log(theirs, "2027-05-05", status="missed")
    assert done(bobs, group) == [("alice", "Run", "2027-05-05"), ("bob", "Run", "2027-05-04")]
    assert "nobody" not in api.get(path(group, "feed/")).content.decode()
    make.log(theirs, "2027-05-04", status="skipped")
    assert done(bobs, group) == [("alice", "Run", "2027-05-05")]


def test_pages_of_the_feed_neither_repeat_nor_lose_items(
    api: APIClient, group: dict[str, Any], habit: Habit, clock: time_machine.Traveller
) -> None:
    add_habit(api, group, habit)
    track = follow(api, group, habit)
    days = [f"2027-05-0{number}" for number in range(1, 6)]
    for day in days[:4]:
        make.log(track, day)  # at the same instant
    page = api.get(path(group, "feed/?page_size=2")).json()
    assert [row["day"] for row in page["results"]] == ["2027-05-04", "2027-05-03"]
    clock.shift(60)
    make.log(track, days[4])
    rest = api.get(page["next"]).json()
    assert ([row["day"] for row in rest["results"]], rest["next"]) == (["2027-05-02", "2027-05-01"], None)
    assert make.refused(api.get(path(group, "feed/?before=x"))) == [("invalid", "before")]
    clock.move_to(make.utc("2027-06-10 12:00"))
    assert done(api, group) == []


def test_a_share_link_is_in_the_feed_while_it_is_live(
    api: APIClient, group: dict[str, Any], bob: User, bobs: APIClient, charlies: APIClient
) -> None:
    join(bobs, group)
    track = make.track(bob, name="Read")
    share = bobs.post("/api/shares/", {"kind": "streak", "track": track.pk}).json()
    assert make.refused(api.post(path(group, "feed/"), {"share": share["id"]})) == [("does_not_exist", "share")]
    make.refused(charlies.post(path(group, "feed/"), {"share": share["id"]}), 404)
    assert [bobs.post(path(group, "feed/"), {"share": share["id"]}).status_code for _ in range(2)] == [201, 200]
    shown = api.get(path(group, "feed/")).json()["results"]
    assert [(row["kind"], row["username"], row["url"]) for row in shown] == [("shared", "bob", share["url"])]
    bobs.delete(f"/api/shares/{share['id']}/")
    assert api.get(path(group, "feed/")).json() == {"next": None, "results": []}


def test_a_share_that_expired_or_shows_nothing_is_not_in_the_feed(
    api: APIClient, alice: User, group: dict[str, Any], bob: User, bobs: APIClient, clock: time_machine.Traveller
) -> None:
    join(bobs, group)
    track = make.follower(bob, make.habit(alice, is_published=True))
    for options in ({"kind": "streak"}, {"kind": "year", "expires_at": "2027-05-05T13:00:00Z"}):
        share = bobs.post("/api/shares/", {"track": track.pk, **options}).json()
        bobs.post(path(group, "feed/"), {"share": share["id"]})
    shown = [row["title"] for row in api.get(path(group, "feed/")).json()["results"]]
    assert len(shown) == 2
    clock.shift(3600)
    assert [row["title"] for row in api.get(path(group, "feed/")).json()["results"]] == shown[1:]
    bobs.delete(f"/api/tracks/{track.pk}/")
    assert api.get(path(group, "feed/")).json()["results"] == []


def test_completed_days_and_shares_are_mixed_on_the_pages(
    api: APIClient, group: dict[str, Any], habit: Habit, clock: time_machine.Traveller
) -> None:
    add_habit(api, group, habit)
    track = follow(api, group, habit)
    make.log(track, "2027-05-04")
    share = api.post("/api/shares/", {"kind": "year", "track": track.pk}).json()
    api.post(path(group, "feed/"), {"share": share["id"]})
    make.log(track, "2027-05-05")
    kinds, link = [], path(group, "feed/?page_size=1")
    while link:
        page = api.get(link).json()
        kinds += [row["kind"] for row in page["results"]]
        link = page["next"]
    assert kinds == ["shared", "done", "done"]


def test_the_board_shows_streak_week_and_strength(
    api: APIClient, group: dict[str, Any], habit: Habit, bobs: APIClient
) -> None:
    add_habit(api, group, habit)
    join(bobs, group)
    theirs = follow(bobs, group, habit)
    for day in ("2027-05-02", "2027-05-03", "2027-05-05"):  # Sunday, Monday, Wednesday
        make.log(theirs, day)
    rows = api.get(path(group, "board/")).json()["results"]
    assert rows[0] == {"username": "alice", "habits": []}
    strength = bobs.get("/api/summary/").json()["habits"][0]["strength"]
    assert rows[1]["habits"] == [
        {
            "habit": habit.pk,
            "current_streak": 1,
            "streak_unit": "day",
            "completed_this_week": 2,
            "strength": pytest.approx(strength, abs=1e-3),
        }
    ]


def test_lists_take_a_fixed_number_of_queries_for_any_number_of_members(
    api: APIClient, group: dict[str, Any], habit: Habit
) -> None:
    add_habit(api, group, habit)
    make.log(follow(api, group, habit), "2027-05-05")

    def queries() -> list[int]:
        found = []
        for rest in ("members/", "board/", "feed/", "habits/"):
            with CaptureQueriesContext(connection) as captured:
                assert api.get(path(group, rest) + "?page_size=100").status_code == 200
            found.append(len(captured))
        return found

    few = queries()
    for number in range(4):
        user = make.client(make.person(f"member{number}"))
        join(user, group)
        make.log(follow(user, group, habit), "2027-05-05")
    assert queries() == few


def test_lists_of_groups_and_habits_take_a_fixed_number_of_queries(
    api: APIClient, alice: User, group: dict[str, Any]
) -> None:
    counts: dict[str, list[int]] = {"/api/groups/": [], path(group, "habits/"): [], path(group, "feed/"): []}
    for _ in range(2):
        coffee = make.habit(alice, name="Coffee", is_pleasant=True)
        habit = make.habit(alice, linked_habit=coffee.pk)
        add_habit(api, group, habit)
        track = follow(api, group, habit)
        make.log(track, NOW.date())
        share = api.post("/api/shares/", {"kind": "year", "track": track.pk}).json()
        api.post(path(group, "feed/"), {"share": share["id"]})
        api.post("/api/groups/", {"name": "Another"})
        for page, found in counts.items():
            with CaptureQueriesContext(connection) as queries:
                assert api.get(f"{page}?page_size=100").status_code == 200
            found.append(len(queries))
    assert all(few == many for few, many in counts.values()), counts


def test_a_removed_member_sees_nothing_and_keeps_their_logs(
    api: APIClient, group: dict[str, Any], habit: Habit, bob: User, bobs: APIClient
) -> None:
    add_habit(api, group, habit)
    join(bobs, group)
    track = follow(bobs, group, habit)
    make.log(track, "2027-05-05")
    assert api.delete(path(group, "members/bob/")).status_code == 204
    for rest in ("", "members/", "habits/", "board/", "feed/"):
        make.refused(bobs.get(path(group, rest)), 404)
    for rest in ("leave/", "code/", f"habits/{habit.pk}/follow/"):
        make.refused(bobs.post(path(group, rest)), 404)
    assert bobs.get("/api/groups/").json()["count"] == bobs.get("/api/tracks/").json()["count"] == 0
    track.refresh_from_db()
    assert track.left_at == NOW
    assert track.logs.count() == 1
    assert done(api, group) == []
    make.refused(bobs.post("/api/tracks/", {"habit": habit.pk}))


def test_a_removed_member_keeps_habits_that_they_may_still_follow(
    api: APIClient, group: dict[str, Any], alice: User, habit: Habit, bob: User, bobs: APIClient
) -> None:
    published = make.habit(alice, name="Read", is_published=True)
    other = dict(api.post("/api/groups/", {"name": "Night owls"}).json())
    for each in (group, other):
        add_habit(api, each, habit)
        join(bobs, each)
        bobs.post(path(each, f"habits/{habit.pk}/follow/"))
    add_habit(api, group, published)
    follow(bobs, group, published)
    api.delete(path(group, "members/bob/"))
    assert HabitTrack.objects.filter(user=bob, left_at=None).count() == 2
    api.delete(path(other, "members/bob/"))
    assert HabitTrack.objects.get(user=bob, left_at=None).habit == published


def test_leaving_removes_ones_unpublished_habits_from_the_group(
    api: APIClient, group: dict[str, Any], bob: User, bobs: APIClient
) -> None:
    join(bobs, group)
    api.patch(path(group, "members/bob/"), {"role": "admin"})
    private, published = make.habit(bob, name="Private"), make.habit(bob, name="Public", is_published=True)
    add_habit(bobs, group, private)
    add_habit(bobs, group, published)
    track = follow(api, group, private)
    assert bobs.post(path(group, "leave/")).status_code == 204
    assert [row["habit"]["name"] for row in api.get(path(group, "habits/")).json()["results"]] == ["Public"]
    track.refresh_from_db()
    assert track.left_at is None


def test_unfollowing_hides_it_from_the_group(
    api: APIClient, group: dict[str, Any], habit: Habit, bobs: APIClient
) -> None:
    add_habit(api, group, habit)
    join(bobs, group)
    track = follow(bobs, group, habit)
    make.log(track, "2027-05-05")
    assert bobs.delete(path(group, f"habits/{habit.pk}/follow/")).status_code == 204
    assert done(api, group) == []
    track.refresh_from_db()
    assert track.left_at is not None
    make.refused(bobs.delete(path(group, f"habits/{habit.pk}/follow/")), 404)
    own = follow(api, group, habit)
    api.delete(path(group, f"habits/{habit.pk}/follow/"))
    own.refresh_from_db()
    assert own.left_at is None


def test_leaving_the_habit_hides_it_from_the_group(
    api: APIClient, group: dict[str, Any], habit: Habit, bobs: APIClient
) -> None:
    add_habit(api, group, habit)
    join(bobs, group)
    track = follow(bobs, group, habit)
    make.log(track, "2027-05-05")
    bobs.delete(f"/api/tracks/{track.pk}/")
    assert done(api, group) == []
    assert follow(bobs, group, habit).pk == track.pk


def test_admins_manage_the_group_and_only_the_owner_appoints_them(
    api: APIClient, group: dict[str, Any], habit: Habit, bob: User, bobs: APIClient, charlies: APIClient
) -> None:
    join(bobs, group)
    join(charlies, group)
    for refused in (
        bobs.patch(path(group), {"name": "Mine"}),
        bobs.delete(path(group)),
        bobs.post(path(group, "code/")),
        bobs.post(path(group, "habits/"), {"habit": make.habit(bob).pk}),
        bobs.delete(path(group, "members/charlie/")),
        bobs.patch(path(group, "members/bob/"), {"role": "admin"}),
        bobs.put(path(group, "owner/"), {"username": "bob"}),
    ):
        assert make.refused(refused) == [("not_allowed", None)]
    for name in ("bob", "charlie"):
        answer = api.patch(path(group, f"members/{name}/"), {"role": "admin"})
        assert (answer.status_code, answer.json()["role"]) == (200, "admin")
    assert bobs.patch(path(group), {"name": "Ours"}).json()["code"]
    assert make.refused(bobs.delete(path(group, "members/charlie/"))) == [("not_allowed", "username")]
    assert make.refused(bobs.delete(path(group, "members/alice/"))) == [("not_allowed", "username")]
    api.patch(path(group, "members/charlie/"), {"role": "member"})
    assert bobs.delete(path(group, "members/Charlie/")).status_code == 204
    assert make.refused(bobs.patch(path(group, "members/bob/"), {"role": "owner"})) == [("invalid_choice", "role")]
    make.refused(api.delete(path(group, "members/nobody/")), 404)


def test_an_owner_transfers_or_deletes_the_group_but_cannot_leave_it(
    api: APIClient, group: dict[str, Any], habit: Habit, bobs: APIClient
) -> None:
    join(bobs, group)
    assert make.refused(api.post(path(group, "leave/"))) == [("owner", None)]
    assert make.refused(api.put(path(group, "owner/"), {"username": "charlie"})) == [("does_not_exist", "username")]
    assert api.put(path(group, "owner/"), {"username": "bob"}).json()["owner"] == "bob"
    assert members(api, group) == [("bob", "owner"), ("alice", "admin")]
    add_habit(api, group, habit)
    track = follow(bobs, group, habit)
    assert make.refused(api.delete(path(group))) == [("not_allowed", None)]
    assert bobs.delete(path(group)).status_code == 204
    make.refused(api.get(path(group)), 404)
    track.refresh_from_db()
    assert track.left_at is None


@pytest.mark.parametrize(("admin", "heir"), [(None, "bob"), ("charlie", "charlie")])
def test_a_deleted_owners_group_goes_to_the_longest_serving_admin_or_member(
    api: APIClient, group: dict[str, Any], bobs: APIClient, charlies: APIClient, admin: str | None, heir: str
) -> None:
    join(bobs, group)
    join(charlies, group)
    if admin:
        api.patch(path(group, f"members/{admin}/"), {"role": "admin"})
    assert api.delete("/api/users/me/", {"password": make.PASSWORD}).status_code == 204
    assert bobs.get(path(group)).json()["owner"] == heir
    assert bobs.get(path(group)).json()["members"] == 2


def test_a_group_without_members_is_deleted(api: APIClient, group: dict[str, Any]) -> None:
    api.delete("/api/users/me/", {"password": make.PASSWORD})
    assert not Group.objects.exists()


def test_a_deleted_or_abandoned_habit_is_removed_from_the_group(
    api: APIClient, group: dict[str, Any], habit: Habit, bobs: APIClient
) -> None:
    add_habit(api, group, habit)
    join(bobs, group)
    follow(bobs, group, habit)
    api.delete(f"/api/habits/{habit.pk}/")  # the habit stays for its follower
    assert [row["habit"]["owner"] for row in api.get(path(group, "habits/")).json()["results"]] == [None]
    bobs.delete("/api/users/me/", {"password": make.PASSWORD})
    assert api.get(path(group, "habits/")).json()["results"] == []


def test_only_own_and_published_useful_habits_can_be_added(
    api: APIClient, group: dict[str, Any], alice: User, bob: User, habit: Habit
) -> None:
    theirs, coffee = make.habit(bob), make.habit(alice, name="Coffee", is_pleasant=True)
    for each, refusal in ((theirs, ("does_not_exist", "habit")), (coffee, ("pleasant", "habit"))):
        assert make.refused(api.post(path(group, "habits/"), {"habit": each.pk})) == [refusal]
    add_habit(api, group, habit)
    assert api.post(path(group, "habits/"), {"habit": habit.pk}).status_code == 200
    assert api.delete(path(group, f"habits/{habit.pk}/")).status_code == 204
    make.refused(api.delete(path(group, f"habits/{habit.pk}/")), 404)


def test_members_habits_and_groups_are_limited(
    api: APIClient, group: dict[str, Any], alice: User, habit: Habit, bobs: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (MAX_MEMBERS, MAX_HABITS, MAX_OWNED) == (1000, 20, 50)
    for name in ("rules.MAX_MEMBERS", "rules.MAX_HABITS", "services.MAX_OWNED"):
        monkeypatch.setattr(f"community.groups.{name}", 1)
    add_habit(api, group, habit)
    more = make.habit(alice)
    assert make.refused(api.post(path(group, "habits/"), {"habit": more.pk})) == [("too_many", "habit")]
    assert make.refused(bobs.post("/api/groups/by-code/", {"code": group["code"]})) == [("full", None)]
    assert make.refused(api.post("/api/groups/", {"name": "Another"})) == [("too_many", None)]


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_concurrent_joins_do_not_exceed_the_limit(group: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("community.groups.rules.MAX_MEMBERS", 3)
    clients = [make.client(make.person(f"member{number}")) for number in range(5)]
    calls = [
        lambda each=each: each.post("/api/groups/by-code/", {"code": group["code"]}).status_code for each in clients
    ]
    assert sorted(make.at_once(calls)) == [201, 201, 400, 400, 400]
    assert GroupMember.objects.count() == 3


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_a_member_removed_while_following_a_habit_keeps_no_access(
    api: APIClient, group: dict[str, Any], habit: Habit, bob: User, bobs: APIClient
) -> None:
    add_habit(api, group, habit)
    join(bobs, group)
    make.at_once(
        [
            lambda: bobs.post(path(group, f"habits/{habit.pk}/follow/")).status_code,
            lambda: api.delete(path(group, "members/bob/")).status_code,
        ]
    )
    assert not GroupMember.objects.filter(user=bob).exists()
    assert not HabitTrack.objects.filter(user=bob, left_at=None).exists()


@pytest.mark.usefixtures("known_ahead")
def test_rows_dated_in_the_future_by_a_wrong_clock_are_shown_again(
    api: APIClient, bobs: APIClient, bob: User, group: dict[str, Any], habit: Habit, clock: time_machine.Traveller
) -> None:
    add_habit(api, group, habit)
    join(bobs, group)
    clock.move_to(NOW + timedelta(days=365))
    theirs = follow(bobs, group, habit)
    share = bobs.post("/api/shares/", {"kind": "streak", "track": theirs.pk}).json()
    bobs.post(path(group, "feed/"), {"share": share["id"]})
    clock.move_to(NOW)
    apply_pending_changes()
    maintain_challenges()
    clock.shift(60)
    make.log(theirs, "2027-05-05")
    shown = api.get(path(group, "feed/")).json()["results"]
    assert [row["kind"] for row in shown] == ["done", "shared"]
