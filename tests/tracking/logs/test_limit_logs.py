"""Days of a limit habit: what counts, what is refused, and what becomes of its streak."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from tests import make
from tracking.models import HabitTrack
from tracking.streaks.services import find_differences, recount_due_tracks
from tracking.tasks import apply_pending_changes
from users.models import User

MONDAY = date(2026, 11, 16)
DAYS = dict(
    zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), (MONDAY + timedelta(n) for n in range(7)), strict=True)
)
NEXT_MONDAY = MONDAY + timedelta(7)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(make.utc(f"{MONDAY} 08:00"), tick=False) as traveller:
        yield traveller


def path(track: HabitTrack, day: date | str) -> str:
    return f"/api/tracks/{track.pk}/logs/{DAYS.get(str(day), day)}/"


def put(api: APIClient, track: HabitTrack, day: date | str, **body: Any) -> dict[str, Any]:
    answer = api.put(path(track, day), body)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def on(clock: Any, day: date | str, time: str = "12:00") -> None:
    """Move the clock to the day, with what the worker does when periods are over."""
    clock.move_to(make.utc(f"{DAYS.get(str(day), day)} {time}"), tick=False)
    while recount_due_tracks(now=timezone.now()):
        pass


def week(api: APIClient, first: date = MONDAY) -> dict[str, Any]:
    """Return the period that begins on the day, as the API shows it."""
    [found] = api.get("/api/progress/", {"from": first.isoformat(), "to": first.isoformat()}).json()["results"]
    period: dict[str, Any] = found["periods"][0]
    shown: dict[str, Any] = {key: period[key] for key in ("verdict", "required", "done")}
    shown.update(period["limit"])
    return shown


def streak(track: HabitTrack) -> int:
    assert not list(find_differences(now=timezone.now(), repair=False))
    return HabitTrack.objects.get(pk=track.pk).streak_at(timezone.now()).current


class TestWhatADayCanSay:
    def test_an_amount_is_counted(self, api: APIClient, alice: User) -> None:
        track = make.limit(alice, 3)
        shown = put(api, track, "mon", amount="2")
        assert (shown["status"], shown["amount"]) == ("counted", "2.00")
        assert put(api, track, "mon", status="counted", amount="2")["status"] == "counted"
        assert put(api, track, "mon", status="counted")["amount"] == "2.00"
        assert api.get(path(track, "mon")).json()["status"] == "counted"

    def test_0_is_a_fact_and_keeps_its_note(self, api: APIClient, alice: User) -> None:
        track = make.limit(alice, 0, "daily")
        shown = put(api, track, "mon", amount=0, note="a hard day")
        assert (shown["status"], shown["amount"], shown["note"]) == ("counted", "0.00", "a hard day")
        assert put(api, track, "mon", amount=0)["note"] == "a hard day"
        assert put(api, track, "mon", note="harder")["amount"] == "0.00"

    def test_a_skipped_day_has_no_amount_and_keeps_its_note(self, api: APIClient, alice: User) -> None:
        track = make.limit(alice, 3)
        put(api, track, "mon", amount=2, note="a feast")
        shown = put(api, track, "mon", status="skipped")
        assert (shown["status"], shown["amount"], shown["note"]) == ("skipped", None, "a feast")

    def test_what_was_read_can_be_sent_back(self, api: APIClient, alice: User) -> None:
        track = make.limit(alice, 3)
        for body in ({"amount": 2}, {"amount": 0}, {"status": "skipped"}):
            put(api, track, "mon", **body)
            shown = api.get(path(track, "mon")).json()
            assert api.put(path(track, "mon"), shown).status_code == 200
            assert api.get(path(track, "mon")).json() == shown

    @pytest.mark.parametrize(
        ("body", "code", "attr"),
        [
            ({"status": "completed"}, "limits_are_counted", "status"),
            ({"status": "missed"}, "limits_are_counted", "status"),
            ({"status": "partial", "amount": 1}, "limits_are_counted", "status"),
            ({"status": "completed", "amount": 1}, "limits_are_counted", "status"),
            ({"status": "counted"}, "required", "amount"),
            ({"status": "counted", "amount": None}, "required", "amount"),
            ({"note": "x"}, "required", "amount"),
            ({}, "required", "amount"),
            ({"status": "skipped", "amount": 1}, "amount_not_done", "amount"),
            ({"amount": -1}, "min_value", "amount"),
        ],
    )
    def test_what_only_a_habit_to_be_done_can_say_is_refused(
        self, api: APIClient, alice: User, body: dict[str, Any], code: str, attr: str
    ) -> None:
        track = make.limit(alice, 3)
        before = make.everything()
        answer = api.put(path(track, "mon"), body)
        assert make.refused(answer) == [(code, attr)]
        answer = api.post(f"/api/tracks/{track.pk}/logs/bulk/", {"days": [{"day": str(MONDAY), **body}]})
        assert make.refused(answer)[0][0] == code
        assert make.everything() == before

    def test_the_refusal_says_what_to_give(self, api: APIClient, alice: User) -> None:
        answer = api.put(path(make.limit(alice, 3), "mon"), {"status": "completed"})
        assert answer.json()["errors"][0]["detail"] == (
            "This is a limit habit. Give the amount of what happened (0 for nothing), or skip the day."
        )

    def test_a_habit_to_be_done_is_not_counted(self, api: APIClient, alice: User) -> None:
        track = make.track(alice)
        for body in ({"status": "counted"}, {"status": "counted", "amount": 1}):
            assert make.refused(api.put(path(track, "mon"), body)) == [("only_limits_count", "status")]

    def test_amounts_are_added_also_to_nothing_and_to_a_skipped_day(self, api: APIClient, alice: User) -> None:
        track = make.limit(alice, 3)
        for before in (None, {"amount": 0}, {"status": "skipped"}):
            api.delete(path(track, "mon"))
            if before:
                put(api, track, "mon", **before)
            added = api.post(f"{path(track, 'mon')}add/", {"amount": 1}, headers={"Idempotency-Key": f"a{before}"})
            again = api.post(f"{path(track, 'mon')}add/", {"amount": 1}, headers={"Idempotency-Key": f"a{before}"})
            assert (added.json()["status"], again.json()["amount"]) == ("counted", "1.00")

    def test_many_days_are_counted_at_once(self, api: APIClient, alice: User, clock: Any) -> None:
        track = make.limit(alice, 3)
        on(clock, "wed")
        days = [{"day": str(MONDAY), "amount": 2}, {"day": str(DAYS["tue"]), "status": "skipped"}]
        answer = api.post(f"/api/tracks/{track.pk}/logs/bulk/", {"days": days})
        assert [(each["status"], each["amount"]) for each in answer.json()] == [("counted", "2.00"), ("skipped", None)]


class TestUndo:
    BEFORE: tuple[dict[str, Any] | None, ...] = (
        None,
        {"amount": "0.00", "note": "nearly"},
        {"amount": "2.50", "note": "with cake"},
        {"status": "skipped", "note": "a feast"},
    )
    WRITES: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
        ("put", "", {"amount": "4"}),
        ("put", "", {"amount": "0"}),
        ("put", "", {"status": "skipped"}),
        ("put", "", {"amount": "1", "note": "more"}),
        ("post", "add/", {"amount": "1"}),
        ("delete", "", None),
    )

    @pytest.mark.parametrize("before", BEFORE)
    @pytest.mark.parametrize(("method", "rest", "body"), WRITES)
    def test_each_write_can_be_undone(
        self,
        api: APIClient,
        alice: User,
        before: dict[str, Any] | None,
        method: str,
        rest: str,
        body: dict[str, Any] | None,
    ) -> None:
        track = make.limit(alice, 3)
        if before:
            put(api, track, "mon", **before)
        content = ("status", "amount", "note", "completed_at")
        was, period = list(track.logs.values(*content)), week(api)
        answer = getattr(api, method)(path(track, "mon") + rest, body)
        assert answer.status_code == 200, answer.content
        undo = answer.json()["before"]
        answer = api.delete(path(track, "mon")) if undo is None else api.put(path(track, "mon"), undo)
        assert answer.status_code == 200, answer.content
        assert list(track.logs.values(*content)) == was
        assert week(api) == period


class TestVerdictsAndStreaks:
    def test_exceeded_on_thursday_broken_taken_back_on_friday_open_on_sunday_over_kept(
        self, api: APIClient, alice: User, clock: Any
    ) -> None:
        track = make.limit(alice, 3)
        put(api, track, "mon", amount=2)
        assert week(api) == {
            "verdict": "open", "required": 1, "done": 0, "amount": "2.00", "limit": "3.00", "left": "1.00",
        }  # fmt: skip
        on(clock, "thu")
        put(api, track, "thu", amount=2)
        assert week(api) == {
            "verdict": "broken", "required": 1, "done": 0, "amount": "4.00", "limit": "3.00", "left": "0.00",
        }  # fmt: skip
        on(clock, "fri")
        api.delete(path(track, "thu"))
        assert (week(api)["verdict"], streak(track)) == ("open", 0)
        on(clock, "sun", "23:59")
        assert (week(api)["verdict"], streak(track)) == ("open", 0)
        on(clock, NEXT_MONDAY, "00:00")
        assert (week(api)["verdict"], week(api)["done"], streak(track)) == ("kept", 1, 1)

    def test_as_much_as_the_limit_is_kept(self, api: APIClient, alice: User, clock: Any) -> None:
        track = make.limit(alice, 3)
        put(api, track, "mon", amount=3)
        assert (week(api)["verdict"], week(api)["left"]) == ("open", "0.00")
        on(clock, NEXT_MONDAY)
        assert (week(api)["verdict"], streak(track)) == ("kept", 1)

    def test_a_limit_of_0_with_an_entry_of_0_and_a_note_is_kept(self, api: APIClient, alice: User, clock: Any) -> None:
        track = make.limit(alice, 0, "daily")
        put(api, track, "mon", amount=0, note="nearly")
        on(clock, "tue", "00:00")
        assert (week(api)["verdict"], streak(track)) == ("kept", 1)
        assert api.get(path(track, "mon")).json()["note"] == "nearly"
        put(api, track, "mon", amount="0.01")
        assert (week(api)["verdict"], streak(track)) == ("broken", 0)

    def test_raised_at_23_00_after_it_was_exceeded_it_is_broken_all_the_same(
        self, api: APIClient, alice: User, clock: Any
    ) -> None:
        track = make.limit(alice, 3)
        on(clock, "tue", "22:00")
        put(api, track, "tue", amount=4)
        on(clock, "tue", "23:00")
        assert api.patch(f"/api/habits/{track.habit_id}/", {"limit_per_period": 9}).status_code == 200
        assert (week(api)["verdict"], week(api)["limit"]) == ("broken", "3.00")
        on(clock, NEXT_MONDAY)
        put(api, track, NEXT_MONDAY, amount=4)
        assert (week(api)["verdict"], week(api, NEXT_MONDAY)["limit"]) == ("broken", "9.00")
        assert week(api, NEXT_MONDAY)["verdict"] == "open"

    def test_the_streak_grows_when_a_day_is_over_and_never_lapses(
        self, api: APIClient, alice: User, clock: Any
    ) -> None:
        track = make.limit(alice, 2, "daily")
        for number, day in enumerate(DAYS):
            on(clock, day, "00:00")
            assert streak(track) == number
            assert HabitTrack.objects.get(pk=track.pk).lapses_at is None
        put(api, track, "sun", amount=3)
        assert streak(track) == 0

    def test_skipped_days_are_passed_over(self, api: APIClient, alice: User, clock: Any) -> None:
        track = make.limit(alice, 2, "daily")
        put(api, track, "mon", status="skipped")
        on(clock, "tue")
        assert (week(api)["verdict"], streak(track)) == ("excused", 0)


class TestNothingIsGainedFromBeforeTheTrack:
    @pytest.mark.parametrize("days", [228, 1100])
    def test_one_old_entry_makes_one_kept_day(self, api: APIClient, alice: User, clock: Any, days: int) -> None:
        track = make.limit(alice, 2, "daily")
        old = MONDAY - timedelta(days)
        put(api, track, old, amount=1)
        assert streak(track) == 1
        on(clock, "tue")
        assert streak(track) == 2

    @pytest.mark.parametrize("order", [1, -1])
    def test_two_old_entries_make_two_kept_days_whatever_their_order(
        self, api: APIClient, alice: User, order: int
    ) -> None:
        track = make.limit(alice, 2, "daily")
        for back in (1100, 2)[::order]:
            put(api, track, MONDAY - timedelta(back), amount=1)
        assert streak(track) == 2

    def test_two_old_entries_of_one_write_make_two_kept_days(self, api: APIClient, alice: User) -> None:
        track = make.limit(alice, 2, "daily")
        entries = [{"day": str(MONDAY - timedelta(back)), "amount": 1} for back in (1100, 2)]
        assert api.post(f"/api/tracks/{track.pk}/logs/bulk/", {"days": entries}).status_code == 200
        assert streak(track) == 2

    def test_a_day_before_the_track_of_which_nothing_is_said_is_shown_as_paused(
        self, api: APIClient, alice: User
    ) -> None:
        track = make.limit(alice, 2, "daily")
        put(api, track, MONDAY - timedelta(3), amount=1)
        [found] = api.get(f"/api/progress/?from={MONDAY - timedelta(4)}&to={MONDAY}").json()["results"]
        shown = found["days"]
        assert [each["is_paused"] for each in shown] == [False, False, True, True, False]

    def test_the_days_after_an_old_file_are_paused(self, api: APIClient, alice: User) -> None:
        track = make.limit(alice, 2, "daily")
        entries = [{"day": str(MONDAY - timedelta(back)), "amount": 1} for back in (228, 227, 226)]
        answer = api.post(f"/api/tracks/{track.pk}/logs/bulk/", {"days": entries})
        assert answer.status_code == 200
        assert streak(track) == 3

    def test_an_old_entry_that_is_taken_back_leaves_no_trace(self, api: APIClient, alice: User) -> None:
        track = make.limit(alice, 2, "daily")
        put(api, track, "mon", amount=1)
        put(api, track, MONDAY - timedelta(100), amount=1)
        put(api, track, MONDAY - timedelta(200), amount=1)
        for back in (200, 100):
            api.delete(path(track, MONDAY - timedelta(back)))
        assert (streak(track), HabitTrack.objects.get().first_log_on) == (0, MONDAY)

    def test_a_habit_that_becomes_a_limit_habit_begins_today(
        self, api: APIClient, alice: User, bob: User, clock: Any
    ) -> None:
        own = make.track(alice, is_published=True)
        followed = make.follower(bob, own.habit)
        on(clock, MONDAY + timedelta(228))
        answer = api.patch(f"/api/habits/{own.habit_id}/", {"goal_type": "at_most", "limit_per_period": 2})
        assert answer.status_code == 200, answer.content
        on(clock, MONDAY + timedelta(229))
        apply_pending_changes()
        assert (streak(own), streak(followed)) == (1, 0)
        on(clock, MONDAY + timedelta(230))
        assert (streak(own), streak(followed)) == (2, 1)
