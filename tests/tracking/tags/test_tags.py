"""tags/ and the tags of tracks."""

from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from common.errors import DomainError
from habits.services import delete_habit
from tests import make
from tracking.models import HabitTrack, Tag, TrackTag
from tracking.tags import rules
from tracking.tags.services import set_tags
from users.models import User
from users.services import delete_account

PATH = "/api/tags/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def track(alice: User) -> HabitTrack:
    return make.track(alice)


def tag(api: APIClient, name: str) -> dict[str, Any]:
    answer = api.post(PATH, {"name": name})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def tag_track(api: APIClient, track: HabitTrack, *names: str) -> list[str]:
    answer = api.patch(f"/api/tracks/{track.pk}/", {"tags": names})
    assert answer.status_code == 200, answer.content
    return list(answer.json()["tags"])


def names(api: APIClient) -> list[str]:
    return [each["name"] for each in api.get(PATH, {"page_size": 100}).json()["results"]]


def test_tags_are_listed_by_name_with_the_number_of_their_tracks(
    api: APIClient, alice: User, track: HabitTrack
) -> None:
    tag_track(api, track, "health", "Утро")
    tag_track(api, make.track(alice, name="Read"), "health")
    tag(api, "Books")
    shown = [(each["name"], each["tracks"]) for each in api.get(PATH).json()["results"]]
    assert shown == [("Books", 0), ("health", 2), ("Утро", 1)]


@pytest.mark.parametrize("again", ["health", "HEALTH", "ｈｅａｌｔｈ", " Health "])
def test_a_name_is_the_same_whatever_its_case_and_width(api: APIClient, track: HabitTrack, again: str) -> None:
    tag(api, "Health")
    assert make.refused(api.post(PATH, {"name": again})) == [("unique", "name")]
    assert tag_track(api, track, again) == ["Health"]
    assert names(api) == ["Health"]


def test_russian_names_are_the_same_in_any_case(api: APIClient, track: HabitTrack) -> None:
    tag(api, "Здоровье")
    assert make.refused(api.post(PATH, {"name": "ЗДОРОВЬЕ"})) == [("unique", "name")]
    assert tag_track(api, track, "здоровье") == ["Здоровье"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "blank"),
        ("   ", "blank"),
        ("x" * 51, "max_length"),
        ("a\u202eb", "invisible_character"),
        ("\u200b", "invisible_character"),
        ("\ufdfa" * 20, "max_length"),  # one character that folds to eighteen
    ],
)
def test_a_name_can_be_seen_and_is_short(api: APIClient, track: HabitTrack, name: str, code: str) -> None:
    assert make.refused(api.post(PATH, {"name": name})) == [(code, "name")]
    [(refused_code, attr)] = make.refused(api.patch(f"/api/tracks/{track.pk}/", {"tags": [name]}))
    assert (refused_code, str(attr).partition(".")[0]) == (code, "tags")
    assert not Tag.objects.exists()


def test_a_renamed_tag_is_renamed_on_its_tracks(api: APIClient, track: HabitTrack) -> None:
    tag_track(api, track, "Sport")
    [pk] = Tag.objects.values_list("pk", flat=True)
    for method, name in ((api.patch, "Fitness"), (api.put, "FITNESS")):
        assert method(f"{PATH}{pk}/", {"name": name}).json() == {"id": pk, "name": name, "tracks": 1}
        assert api.get(f"/api/tracks/{track.pk}/").json()["tags"] == [name]


def test_a_tag_cannot_take_the_name_of_another(api: APIClient) -> None:
    tag(api, "Health")
    other = tag(api, "Sport")
    assert make.refused(api.patch(f"{PATH}{other['id']}/", {"name": "health"})) == [("unique", "name")]
    assert names(api) == ["Health", "Sport"]


def test_a_deleted_tag_is_taken_off_its_tracks_and_nothing_else_changes(
    api: APIClient, alice: User, track: HabitTrack
) -> None:
    make.log(track, track.started_on)
    tag_track(api, track, "Health", "Sport")
    pk = Tag.objects.get(name="Health").pk
    before = {
        name: rows for name, rows in make.everything().items() if name.partition(".")[2] not in {"Tag", "TrackTag"}
    }
    assert api.delete(f"{PATH}{pk}/").status_code == 204
    assert api.get(f"/api/tracks/{track.pk}/").json()["tags"] == ["Sport"]
    assert {name: make.everything()[name] for name in before} == before


def test_naming_tags_makes_those_that_are_missing_and_gives_exactly_these(api: APIClient, track: HabitTrack) -> None:
    assert tag_track(api, track, "b", "A", "a") == ["A", "b"]
    rows = list(TrackTag.objects.order_by("pk").values())
    assert tag_track(api, track, "a", "B") == ["A", "b"]
    assert list(TrackTag.objects.order_by("pk").values()) == rows  # nothing was written again
    assert tag_track(api, track, "c") == ["c"]
    assert names(api) == ["A", "b", "c"]


@pytest.mark.parametrize("nothing", [[], None])
def test_tags_are_cleared_by_saying_so(api: APIClient, track: HabitTrack, nothing: Any) -> None:
    tag_track(api, track, "Health")
    assert api.patch(f"/api/tracks/{track.pk}/", {"colour": "red"}).json()["tags"] == ["Health"]
    assert api.patch(f"/api/tracks/{track.pk}/", {"tags": nothing}).json()["tags"] == []
    assert names(api) == ["Health"]


def test_a_track_has_up_to_ten_tags(api: APIClient, track: HabitTrack) -> None:
    many = [f"tag {number}" for number in range(rules.MAX_PER_TRACK + 1)]
    assert len(tag_track(api, track, *many[1:])) == rules.MAX_PER_TRACK
    assert make.refused(api.patch(f"/api/tracks/{track.pk}/", {"tags": many})) == [("max_length", "tags")]
    with pytest.raises(DomainError, match="up to 10 tags"):
        set_tags(track=track, names=many)


def test_a_user_has_up_to_a_hundred_tags(api: APIClient, alice: User, track: HabitTrack) -> None:
    Tag.objects.bulk_create(Tag(user=alice, name=f"t{n}", name_key=f"t{n}") for n in range(rules.MAX_TAGS - 1))
    assert make.refused(api.patch(f"/api/tracks/{track.pk}/", {"tags": ["a", "b"]})) == [("too_many", "tags")]
    assert tag_track(api, track, "last", "t1") == ["last", "t1"]
    assert make.refused(api.post(PATH, {"name": "more"})) == [("too_many", "name")]


def test_two_users_may_have_the_same_name(api: APIClient, bob: User) -> None:
    tag(api, "Health")
    tag(make.client(bob), "health")
    assert Tag.objects.count() == 2


def test_the_database_refuses_a_second_tag_of_one_name(alice: User) -> None:
    Tag.objects.create(user=alice, name="Health", name_key="health")
    with pytest.raises(IntegrityError), transaction.atomic():
        Tag.objects.create(user=alice, name="HEALTH", name_key="health")


@pytest.mark.parametrize("path", ["tracks", "progress", "summary", "today", "days/2026-11-20"])
def test_lists_show_the_tracks_of_a_tag(path: str) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        alice = make.person("alice")
        api, sporty = make.client(alice), make.track(alice, name="Run")
        make.track(alice, name="Read")
        tag_track(api, sporty, "Спорт")
    with time_machine.travel("2026-11-21 12:00Z", tick=False):
        for asked, found in (("спорт", 1), ("спо", 0), ("other", 0)):
            body = api.get(f"/api/{path}/", {"tag": asked}).json()
            rows = body if isinstance(body, list) else body.get("results", body.get("habits"))
            assert len(rows) == found, (asked, body)


def test_a_deleted_account_leaves_no_tag(api: APIClient, alice: User, track: HabitTrack, bob: User) -> None:
    tag_track(api, track, "Health")
    tag(make.client(bob), "Health")
    delete_account(user=alice, password=make.PASSWORD, now=track.created_at)
    assert list(Tag.objects.values_list("user", flat=True)) == [bob.pk]
    assert not TrackTag.objects.exists()


def test_a_deleted_habit_leaves_its_tags(api: APIClient, alice: User, track: HabitTrack) -> None:
    tag_track(api, track, "Health")
    delete_habit(owner=alice, habit_id=track.habit_id, now=track.created_at)
    assert names(api) == ["Health"]
    assert not TrackTag.objects.exists()
