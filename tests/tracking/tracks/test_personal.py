"""What a track is to its own user: colour, icon, and the order of the tracks."""

from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from common.errors import DomainError
from habits.models import Habit
from tests import make
from tracking.models import HabitTrack
from tracking.tracks.rules import COLOURS, icon_of, moved
from users.models import User

ORDER = "/api/tracks/order/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def track(alice: User) -> HabitTrack:
    return make.track(alice)


def tracks(user: User, count: int) -> list[int]:
    return [make.track(user, name=f"Habit {number}").pk for number in range(count)]


def listed(api: APIClient) -> list[int]:
    return [each["id"] for each in api.get("/api/tracks/", {"page_size": 100}).json()["results"]]


def change(api: APIClient, track: HabitTrack, **changes: Any) -> dict[str, Any]:
    answer = api.patch(f"/api/tracks/{track.pk}/", changes)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def order(api: APIClient, *ids: int) -> list[int]:
    answer = api.put(ORDER, {"tracks": ids})
    assert answer.status_code == 200, answer.content
    return list(answer.json()["tracks"])


def test_what_is_left_out_stays_and_clearing_is_said(api: APIClient, track: HabitTrack) -> None:
    change(api, track, colour="teal", icon="💪", tags=["Health"])
    for changes in ({}, {"colour": "red"}, {"icon": "🏃"}, {"tags": ["Sport"]}, {"archived": False}):
        before = api.get(f"/api/tracks/{track.pk}/").json()
        assert change(api, track, **changes) == before | changes
    for nothing in ("", None):
        shown = change(api, track, colour=nothing, icon=nothing)
        assert (shown["colour"], shown["icon"], shown["tags"]) == ("", "", ["Sport"])


def test_what_was_read_can_be_sent_back(api: APIClient, track: HabitTrack) -> None:
    shown = change(api, track, colour="teal", icon="💪", tags=["Health"], archived=True)
    rows = make.everything()
    assert change(api, track, **shown) == shown
    assert make.everything() == rows


def test_a_follower_has_their_own(api: APIClient, alice: User, bob: User) -> None:
    habit = make.habit(alice, is_published=True)
    bobs = make.follower(bob, habit)
    hers = api.get("/api/tracks/").json()
    shown = change(make.client(bob), bobs, colour="pink", icon="🐢", tags=["Slow"], archived=True)
    assert (shown["colour"], shown["icon"], shown["tags"], shown["archived"]) == ("pink", "🐢", ["Slow"], True)
    assert api.get("/api/tracks/").json() == hers


def test_a_track_that_was_left_cannot_be_changed(alice: User, bob: User) -> None:
    bobs, client = make.follower(bob, make.habit(alice, is_published=True)), make.client(bob)
    client.delete(f"/api/tracks/{bobs.pk}/")
    before = make.everything()
    make.refused(client.patch(f"/api/tracks/{bobs.pk}/", {"colour": "red"}), 404)
    assert make.refused(client.put(ORDER, {"tracks": [bobs.pk]})) == [("does_not_exist", "tracks")]
    assert make.everything() == before


def test_there_are_twelve_colours(api: APIClient, track: HabitTrack) -> None:
    assert len(set(COLOURS)) == 12
    for colour in COLOURS:
        assert change(api, track, colour=colour)["colour"] == colour
    for wrong in ("#ff0000", "Red", "magenta", 3):
        assert make.refused(api.patch(f"/api/tracks/{track.pk}/", {"colour": wrong})) == [("invalid_choice", "colour")]


@pytest.mark.parametrize(
    "icon",
    [
        *("💪", "☕", "⏰", "🧘", "🪥", "🫶"),
        *("👍🏽", "🧑🏿‍🚒", "☝🏻"),  # skin tones
        *("👨‍👩‍👧‍👦", "❤️‍🔥", "🏳️‍🌈", "👩🏽‍❤️‍💋‍👨🏿"),  # several joined into one
        *("🇩🇪", "🇺🇦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),  # flags
        *("1️⃣", "#️⃣", "©️"),
    ],
)
def test_an_icon_is_any_single_emoji(api: APIClient, track: HabitTrack, icon: str) -> None:
    assert change(api, track, icon=icon)["icon"] == icon


@pytest.mark.parametrize(
    "icon",
    [
        *("a", "1", "#", "→", "•", "ж", "Go"),
        *("💪💪", "🇩🇪🇺🇦", "👍🏽👍", "💪 🏃", "a💪", "💪\u200d"),
        *("🇩", "🏽", "\ufe0f", "\u200d", "🧠‍🦷", "👩‍"),  # parts of emoji, and what no font joins
        "👨‍👩‍👧‍👦" * 2,
    ],
)
def test_anything_else_is_no_icon(api: APIClient, track: HabitTrack, icon: str) -> None:
    [(code, attr)] = make.refused(api.patch(f"/api/tracks/{track.pk}/", {"icon": icon}))
    assert (code in {"not_an_emoji", "max_length"}, attr) == (True, "icon")
    track.refresh_from_db()
    assert track.icon == ""


def test_an_icon_is_kept_in_its_full_spelling() -> None:
    for written, kept in (("❤", "❤️"), ("❤\ufe0f", "❤️"), ("☝\ufe0f🏻", "☝🏻"), ("🏳\u200d🌈", "🏳️‍🌈"), ("1⃣", "1️⃣")):
        assert icon_of(written) == kept
    with pytest.raises(DomainError):
        icon_of("\ufe0f")


def test_named_things_share_the_places_that_they_have() -> None:
    assert moved("abcdef", "fb") == list("afcdeb")
    assert moved("abcdef", "bf") == list("abcdef")
    assert moved("abc", "cab") == list("cab")
    assert moved("abc", "") == list("abc")


def test_all_lists_follow_the_users_order(alice: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        api, found = make.client(alice), tracks(alice, 3)
    wanted = [found[2], found[0], found[1]]
    with time_machine.travel("2026-11-21 12:00Z", tick=False):
        assert order(api, *wanted) == wanted
        assert listed(api) == wanted
        assert [each["id"] for each in api.get("/api/users/me/").json()["tracks"]] == wanted
        assert [each["track"]["id"] for each in api.get("/api/today/").json()] == wanted
        assert [each["track"]["id"] for each in api.get("/api/days/2026-11-20/").json()] == wanted
        assert [each["track"] for each in api.get("/api/progress/").json()["results"]] == wanted
        assert [each["track"] for each in api.get("/api/summary/").json()["habits"]] == wanted


def test_new_tracks_come_last(api: APIClient, alice: User) -> None:
    first, second = tracks(alice, 2)
    order(api, second, first)
    new = make.track(alice, name="New").pk
    assert listed(api) == [second, first, new]


def test_a_tab_that_does_not_know_of_a_track_does_not_move_it(api: APIClient, alice: User) -> None:
    a, b, c, d = tracks(alice, 4)
    order(api, d, c, b, a)
    assert order(api, a, b, d) == [a, c, b, d]  # c was added, or is filtered out, where this order was made
    assert order(api, c) == [a, c, b, d]


def test_ordering_twice_changes_no_row(api: APIClient, alice: User) -> None:
    a, b, c = tracks(alice, 3)
    order(api, c, a)
    before = make.everything()
    assert order(api, c, a) == [c, b, a]
    assert make.everything() == before


@pytest.mark.parametrize("wrong", ["foreign", "unknown", "twice", "text", "none"])
def test_an_order_that_names_anything_else_changes_nothing(api: APIClient, alice: User, bob: User, wrong: str) -> None:
    a, b = tracks(alice, 2)
    ids = {
        "foreign": [b, make.track(bob).pk, a],
        "unknown": [b, a, 2**62],
        "twice": [b, a, b],
        "text": [b, "x"],
        "none": None,
    }[wrong]
    before = make.everything()
    [(_code, attr)] = make.refused(api.put(ORDER, {"tracks": ids}))
    assert str(attr).partition(".")[0] == "tracks"
    assert make.everything() == before


def test_anothers_track_answers_like_one_that_does_not_exist(api: APIClient, alice: User, bob: User) -> None:
    [own] = tracks(alice, 1)
    his, missing = make.track(bob).pk, 10**9
    texts = [api.put(ORDER, {"tracks": [own, pk]}).content.decode() for pk in (his, missing)]
    assert texts[0].replace(str(his), "") == texts[1].replace(str(missing), "")


def test_archived_tracks_keep_their_place(api: APIClient, alice: User) -> None:
    a, b, c = tracks(alice, 3)
    order(api, c, b, a)
    change(api, HabitTrack.objects.get(pk=b), archived=True)
    assert order(api, a, c) == [a, b, c]
    change(api, HabitTrack.objects.get(pk=b), archived=False)
    assert listed(api) == [a, b, c]


def test_a_track_that_is_followed_again_has_its_old_place(alice: User, bob: User) -> None:
    habits: list[Habit] = [make.habit(alice, name=f"H{number}", is_published=True) for number in range(3)]
    followed, client = [make.follower(bob, habit).pk for habit in habits], make.client(bob)
    order(client, *reversed(followed))
    client.delete(f"/api/tracks/{followed[1]}/")
    make.follower(bob, habits[1])
    assert listed(client) == followed[::-1]


@pytest.mark.parametrize("count", [5, 40])
def test_ordering_makes_a_fixed_number_of_statements(api: APIClient, alice: User, count: int) -> None:
    found = tracks(alice, count)
    with CaptureQueriesContext(connection) as queries:
        order(api, *reversed(found))
    # authentication, begin, locks, the tracks, the new places, commit
    assert len(queries) == STATEMENTS, [each["sql"] for each in queries.captured_queries]


STATEMENTS = 6


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_order_at_once_leave_one_of_the_two_orders(alice: User) -> None:
    found = tracks(alice, 6)
    wanted = [found[::-1], [*found[3:], *found[:3]]]
    answers = make.at_once([partial(order, make.client(alice), *ids) for ids in wanted * 2])
    assert all(answer in wanted for answer in answers)
    assert listed(make.client(alice)) in wanted
    assert set(HabitTrack.objects.values_list("position", flat=True)) == {1, 2, 3, 4, 5, 6}
