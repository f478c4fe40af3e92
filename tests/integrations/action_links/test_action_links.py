"""Action links: one request does one thing to one track, once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from integrations.action_links import rules
from integrations.models import ActionLink
from tests import make
from tracking.models import HabitTrack
from tracking.tracks.services import delete_track, leave
from users.access import access_of, end_access
from users.models import User
from users.services import edit_profile

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY = date(2026, 11, 21)
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def alice() -> User:
    return make.person("alice")


@pytest.fixture
def water(alice: User) -> HabitTrack:
    return make.track(alice, name="Water", schedule={"daily_amount": 1000, "unit": "ml"})


def link(track: HabitTrack, action: str = "done", **given: Any) -> str:
    """Make a link; return its path."""
    answer = make.client(track.user).post("/api/action-links/", {"track": track.pk, "action": action} | given)
    assert answer.status_code == 201, answer.content
    return "/a/" + str(answer.json()["address"]).rpartition("/a/")[2]


def post(path: str, **headers: str) -> Any:
    answer = Client(enforce_csrf_checks=True).post(path, headers=JSON | headers)
    assert answer.status_code == 200, answer.content
    return answer.json()


def today(track: HabitTrack) -> tuple[str, str] | None:
    log = track.logs.filter(day=TODAY).first()
    return None if log is None else (log.status, f"{log.amount:.2f}")


class TestActing:
    def test_done_completes_today(self, water: HabitTrack) -> None:
        found = post(link(water))
        assert found == {
            "habit": "Water",
            "acted": True,
            "day": "2026-11-21",
            "status": "completed",
            "amount": "1000.00",
            "streak": 1,
        }
        assert today(water) == ("completed", "1000.00")

    def test_it_counts_for_the_owners_local_day(self, alice: User, water: HabitTrack) -> None:
        edit_profile(user=alice, time_zone="Pacific/Kiritimati", now=NOW)
        assert post(link(water))["day"] == "2026-11-22"

    def test_add_adds(self, water: HabitTrack, clock: Any) -> None:
        path = link(water, "add", amount="250")
        for _ in range(4):
            post(path)
            clock.shift(timedelta(seconds=2))
        assert today(water) == ("completed", "1000.00")

    def test_toggle_completes_and_clears(self, water: HabitTrack, clock: Any) -> None:
        path = link(water, "toggle")
        assert post(path)["status"] == "completed"
        clock.shift(timedelta(seconds=11))
        assert post(path)["status"] is None
        assert today(water) is None

    @pytest.mark.parametrize(("action", "seconds"), [("done", 9), ("toggle", 9)])
    def test_done_and_toggle_twice_within_ten_seconds_is_once(
        self, water: HabitTrack, clock: Any, action: str, seconds: int
    ) -> None:
        path = link(water, action)
        post(path)
        clock.shift(timedelta(seconds=seconds))
        found = post(path)
        assert (found["acted"], found["status"]) == (False, "completed")

    def test_one_second_is_one_addition(self, water: HabitTrack, clock: Any) -> None:
        path = link(water, "add", amount="250")
        post(path)
        clock.shift(timedelta(milliseconds=900))
        assert post(path)["acted"] is False
        clock.shift(timedelta(milliseconds=200))
        post(path)
        assert today(water) == ("partial", "500.00")

    @pytest.mark.parametrize("header", ["Idempotency-Key", "X-Request-Id"])
    def test_one_request_id_is_one_addition(self, water: HabitTrack, clock: Any, header: str) -> None:
        path = link(water, "add", amount="250")
        post(path, **{header: "a"})
        post(path, **{header: "b"})
        clock.shift(timedelta(days=1))
        assert post(path, **{header: "a"})["acted"] is False
        assert today(water) == ("partial", "500.00")

    def test_a_page_has_one_button_in_the_owners_language(self, alice: User, water: HabitTrack) -> None:
        edit_profile(user=alice, language="ru", now=NOW)
        answer = Client().get(link(water))
        text = answer.content.decode()
        assert answer.status_code == 200 and text.count("<button") == 1
        assert answer["Content-Language"] == "ru" and "Готово" in text
        assert "nonce-" in answer["Content-Security-Policy"] and "no-store" in answer["Cache-Control"]
        assert (answer["Referrer-Policy"], answer["X-Robots-Tag"]) == ("no-referrer", "noindex")
        assert today(water) is None

    def test_the_page_after_it_has_an_undo(self, water: HabitTrack) -> None:
        path = link(water)
        assert f'action="{path}/undo"' in Client().post(path).content.decode()

    def test_opening_it_acts_where_its_owner_chose_that(self, water: HabitTrack) -> None:
        Client().get(link(water, acts_on_get=True))
        assert today(water) == ("completed", "1000.00")

    def test_a_head_never_acts(self, water: HabitTrack) -> None:
        assert Client().head(link(water, acts_on_get=True)).status_code == 200
        assert today(water) is None

    @pytest.mark.parametrize(
        ("header", "value"),
        [
            ("Purpose", "prefetch"),
            ("Sec-Purpose", "prefetch;prerender"),
            ("Sec-Purpose", "Prefetch"),
            ("X-Moz", "prefetch"),
            ("X-Purpose", "preview"),
        ],
    )
    def test_an_announced_prefetch_never_acts(self, water: HabitTrack, header: str, value: str) -> None:
        answer = Client().get(link(water, acts_on_get=True), headers={header: value})
        assert answer.status_code == 200
        assert today(water) is None

    def test_a_limit_habit_can_only_be_added_to(self, alice: User) -> None:
        coffee = make.limit(alice, 3, "daily")
        answer = make.client(alice).post("/api/action-links/", {"track": coffee.pk, "action": "done"})
        assert make.refused(answer) == [("limits_are_counted", "action")]
        assert post(link(coffee, "add", amount=1))["status"] == "counted"


class TestUndo:
    @pytest.mark.parametrize("action", ["done", "toggle", "add"])
    def test_it_brings_back_what_the_day_said(self, water: HabitTrack, action: str) -> None:
        make.log(water, TODAY, "partial", amount=400, note="a small one")
        path = link(water, action, **({"amount": 250} if action == "add" else {}))
        post(path)
        post(f"{path}/undo")
        log = water.logs.get()
        assert (today(water), log.note) == (("partial", "400.00"), "a small one")

    @pytest.mark.parametrize("action", ["done", "toggle", "add"])
    def test_after_it_the_next_touch_acts_at_once(self, water: HabitTrack, action: str) -> None:
        path = link(water, action, **({"amount": 1000} if action == "add" else {}))
        post(path)
        post(f"{path}/undo")
        assert post(path)["acted"] is True
        assert today(water) == ("completed", "1000.00")

    def test_after_it_an_addition_that_comes_again_is_still_the_same(self, water: HabitTrack) -> None:
        path = link(water, "add", amount=250)
        post(path, **{"Idempotency-Key": "one"})
        post(f"{path}/undo")
        assert post(path, **{"Idempotency-Key": "one"})["acted"] is False
        assert today(water) is None

    def test_it_clears_a_day_of_which_nothing_was_said(self, water: HabitTrack) -> None:
        path = link(water)
        post(path)
        assert post(f"{path}/undo")["status"] is None
        assert today(water) is None

    def test_only_a_post_undoes(self, water: HabitTrack) -> None:
        path = link(water, acts_on_get=True)
        post(path)
        assert Client().get(f"{path}/undo").status_code == 200
        assert today(water) == ("completed", "1000.00")

    def test_once_and_for_an_hour_and_not_over_another_change(self, water: HabitTrack, clock: Any) -> None:
        path = link(water)
        post(path)
        make.log(water, TODAY, "skipped")
        answer = Client().post(f"{path}/undo", headers=JSON)
        assert make.refused(answer, 409) == [("changed_since", None)]
        clock.shift(timedelta(hours=1, seconds=1))
        answer = Client().post(f"{path}/undo", headers=JSON)
        assert make.refused(answer, 409) == [("nothing_to_undo", None)]


class TestAddress:
    def test_it_ends_with_the_users_access(self, alice: User, water: HabitTrack) -> None:
        path = link(water, name="Bottle")
        assert [(each.kind, each.name) for each in access_of(alice, now=NOW).integrations] == [
            ("action_link", "Bottle")
        ]
        end_access(user=User.objects.get(pk=alice.pk), now=NOW)
        assert Client().post(path).status_code == 404
        assert not ActionLink.objects.exists()

    def test_it_ends_at_its_owners_word(self, alice: User, water: HabitTrack) -> None:
        path = link(water)
        pk = ActionLink.objects.get().pk
        assert make.client(alice).delete(f"/api/action-links/{pk}/").status_code == 204
        answer = Client().post(path, headers=JSON)
        assert make.refused(answer, 404) == [("not_found", None)]

    def test_a_habit_that_was_left_answers_410_and_a_deleted_one_404(self, alice: User) -> None:
        water = make.follower(alice, make.habit(make.person("bob"), is_published=True))
        path = link(water)
        leave(user=alice, track_id=water.pk, now=NOW)
        answer = Client().get(path)
        assert answer.status_code == 410 and "no longer follow" in answer.content.decode()
        assert make.refused(Client().post(path, headers=JSON), 410) == [("left", None)]
        delete_track(track=water, now=NOW)
        assert Client().get(path).status_code == 404
        assert not ActionLink.objects.exists()

    def test_a_banned_owners_and_an_unknown_one_look_alike(self, water: HabitTrack) -> None:
        path = link(water)
        User.objects.update(is_active=False)
        banned, unknown = Client().post(path, headers=JSON), Client().post("/a/nothing", headers=JSON)
        assert (banned.status_code, banned.content) == (unknown.status_code, unknown.content)
        assert banned.status_code == 404

    def test_a_link_is_limited(self, water: HabitTrack, settings: Settings) -> None:
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"action": "1/minute"}
        path = link(water)
        post(path)
        assert Client().post(path).status_code == 429

    def test_a_user_has_a_number_of_links(self, water: HabitTrack, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rules, "MAX_LINKS", 1)
        link(water)
        answer = make.client(water.user).post("/api/action-links/", {"track": water.pk, "action": "done"})
        assert make.refused(answer) == [("too_many_links", None)]

    @pytest.mark.parametrize(
        ("given", "error"),
        [
            ({"action": "add"}, ("required", "amount")),
            ({"action": "add", "amount": 0}, ("min_value", "amount")),
            ({"action": "done", "amount": 1}, ("amount_not_used", "amount")),
            ({"action": "delete"}, ("invalid_choice", "action")),
        ],
    )
    def test_a_wrong_link_is_refused(self, water: HabitTrack, given: dict[str, Any], error: tuple[str, str]) -> None:
        answer = make.client(water.user).post("/api/action-links/", {"track": water.pk} | given)
        assert make.refused(answer) == [error]
        assert not ActionLink.objects.exists()

    def test_what_is_left_out_is_kept(self, alice: User, water: HabitTrack) -> None:
        link(water, name="Bottle")
        pk = ActionLink.objects.get().pk
        shown = make.client(alice).patch(f"/api/action-links/{pk}/", {"acts_on_get": True}).json()
        assert (shown["name"], shown["acts_on_get"]) == ("Bottle", True)
