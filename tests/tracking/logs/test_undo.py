"""Each write of a log answers what the day said before: PUT as it is (or DELETE for null), it undoes the write."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from achievements.models import UserAchievement
from tests import make
from tracking.models import AmountAdded, Goal, HabitLog, HabitTrack, Pause
from users.models import User

TODAY = date(2026, 11, 21)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel("2026-11-21 12:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def water(alice: User, clock: Any) -> HabitTrack:
    clock.move_to(make.utc("2026-11-01 12:00"), tick=False)
    track = make.track(alice, schedule={"daily_amount": Decimal(8), "unit": "glasses"})
    clock.move_to(make.utc("2026-11-21 12:00"), tick=False)
    return track


def path(track: HabitTrack, day: date | str, rest: str = "") -> str:
    return f"/api/tracks/{track.pk}/logs/{day}/{rest}"


def undo(api: APIClient, track: HabitTrack, day: date | str, before: dict[str, Any] | None) -> Any:
    """Undo as any client can, and return what the undo in turn answers."""
    answer = api.delete(path(track, day)) if before is None else api.put(path(track, day), before)
    assert answer.status_code == 200, answer.content
    return answer.json()["before"]


def state(api: APIClient, track: HabitTrack) -> dict[str, Any]:
    """Return everything that a write may change."""
    content = ("day", "status", "amount", "note", "completed_at")
    shown = api.get(f"/api/tracks/{track.pk}/").json()
    return {
        "logs": list(HabitLog.objects.filter(track=track).order_by("day").values(*content)),
        "track": shown,
        "goals": list(Goal.objects.filter(track=track).order_by("pk").values("pk", "reached_on")),
        "progress": [each["progress"] for each in api.get("/api/goals/").json()["results"]],
        "awards": set(
            UserAchievement.objects.filter(user=track.user, revoked_at=None).values_list("achievement", flat=True)
        ),
    }


def test_a_first_entry_says_that_nothing_stood_before(api: APIClient, water: HabitTrack) -> None:
    for answer in (
        api.put(path(water, TODAY), {"status": "completed"}),
        api.post(path(water, "2026-11-20", "add/"), {"amount": "1"}),
    ):
        assert answer.json()["before"] is None
    assert api.delete(path(water, "2026-11-19")).json()["before"] is None


def test_a_change_says_all_that_stood_before(api: APIClient, water: HabitTrack) -> None:
    said = {"status": "partial", "amount": "2.50", "note": "warm", "completed_at": "2026-11-21T06:31:00.123456Z"}
    api.put(path(water, TODAY), said)
    assert api.put(path(water, TODAY), {"status": "skipped"}).json()["before"] == said
    skipped = {"status": "skipped", "amount": None, "note": "warm", "completed_at": None}
    assert api.post(path(water, TODAY, "add/"), {"amount": "1"}).json()["before"] == skipped
    undo(api, water, TODAY, said)
    assert api.delete(path(water, TODAY)).json()["before"] == said
    undo(api, water, TODAY, said)
    assert {name: api.get(path(water, TODAY)).json()[name] for name in said} == said


def test_a_write_that_changes_nothing_says_what_stands(api: APIClient, water: HabitTrack) -> None:
    api.put(path(water, TODAY), {"amount": "3"})
    answer = api.put(path(water, TODAY), {"amount": "3"}).json()
    assert answer["before"] == {name: answer[name] for name in ("status", "amount", "note", "completed_at")}


def test_an_undo_can_be_undone(api: APIClient, water: HabitTrack) -> None:
    api.put(path(water, TODAY), {"amount": "3", "note": "a"})
    before = api.put(path(water, TODAY), {"status": "completed", "note": "b"}).json()["before"]
    after = state(api, water)
    undo(api, water, TODAY, undo(api, water, TODAY, before))
    assert state(api, water) == after


def test_in_bulk_each_day_says_what_stood_before_the_request(api: APIClient, water: HabitTrack) -> None:
    api.put(path(water, TODAY), {"amount": "3", "note": "a"})
    before = state(api, water)
    days = [
        {"day": "2026-11-20", "status": "skipped"},
        {"day": str(TODAY), "status": "completed"},
        {"day": str(TODAY), "note": "b"},
    ]
    written = api.post(f"/api/tracks/{water.pk}/logs/bulk/", {"days": days}).json()
    assert [each["before"] and each["before"]["amount"] for each in written] == [None, "3.00", "3.00"]
    for each in written:
        undo(api, water, each["day"], each["before"])
    assert state(api, water) == before


def test_a_repeated_addition_answers_what_stood_before_it(api: APIClient, water: HabitTrack, clock: Any) -> None:
    said = {"status": "partial", "amount": "2.00", "note": "warm", "completed_at": "2026-11-21T06:31:00Z"}
    api.put(path(water, TODAY), said)
    answers = []
    for _ in range(3):
        answers.append(api.post(path(water, TODAY, "add/"), {"amount": "6"}, headers={"Idempotency-Key": "a"}).json())
        clock.shift(5)
    assert [each["before"] for each in answers] == [said] * 3
    assert [each["amount"] for each in answers] == ["8.00"] * 3
    undo(api, water, TODAY, answers[-1]["before"])
    assert {name: api.get(path(water, TODAY)).json()[name] for name in said} == said


def test_a_repeated_first_addition_answers_that_nothing_stood_before(api: APIClient, water: HabitTrack) -> None:
    for _ in range(2):
        answer = api.post(path(water, TODAY, "add/"), {"amount": "1"}, headers={"Idempotency-Key": "a"})
        assert answer.json()["before"] is None


def test_an_addition_that_was_undone_is_not_made_again_by_a_late_repetition(api: APIClient, water: HabitTrack) -> None:
    add, key = {"amount": "1"}, {"Idempotency-Key": "a"}
    undo(api, water, TODAY, api.post(path(water, TODAY, "add/"), add, headers=key).json()["before"])
    before = make.everything()
    answer = api.post(path(water, TODAY, "add/"), add, headers=key)
    assert make.refused(answer) == [("cleared", "Idempotency-Key")]
    assert make.everything() == before


def test_an_addition_of_an_older_version_is_undone_to_what_stands(api: APIClient, water: HabitTrack) -> None:
    add = {"amount": "1"}, {"Idempotency-Key": "a"}
    shown = api.post(path(water, TODAY, "add/"), add[0], headers=add[1]).json()
    AmountAdded.objects.update(status_before=None)
    before = api.post(path(water, TODAY, "add/"), add[0], headers=add[1]).json()["before"]
    assert before == {name: shown[name] for name in ("status", "amount", "note", "completed_at")}


def test_an_undone_slip_before_the_start_gives_the_start_back(api: APIClient, water: HabitTrack) -> None:
    for day in (19, 20, 21):
        make.log(water, f"2026-11-{day}")
    before = state(api, water)
    for days in (["2026-10-20"], ["2026-10-25", "2026-10-20"], ["2026-10-20", "2026-10-25"]):
        for early in days:
            assert api.put(path(water, early), {"status": "completed"}).json()["before"] is None
        assert api.get(f"/api/tracks/{water.pk}/").json()["started_on"] == "2026-10-20"
        for early in days:
            undo(api, water, early, None)
        assert state(api, water) == before
    water.refresh_from_db()
    assert (str(water.started_on), str(water.first_log_on)) == ("2026-11-01", "2026-11-19")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "schedule",
    [
        {"daily_amount": Decimal(8)},
        {"frequency": "daily", "interval": 3},
        {"frequency": "weekly", "times_per_period": 3},
    ],
    ids=["daily", "windows", "weekly"],
)
def test_any_write_and_its_undo_leave_everything_as_it_was(
    alice: User, clock: Any, schedule: dict[str, Any], seed: int
) -> None:
    rng = random.Random(seed)
    clock.move_to(make.utc("2026-10-01 12:00"), tick=False)
    track, api = make.track(alice, schedule=schedule), make.client(alice)
    clock.move_to(make.utc("2026-11-21 12:00"), tick=False)
    for back in range(0, 45):
        if rng.random() < 0.75:
            make.log(track, TODAY - timedelta(days=back), note=rng.choice(["", "as ever"]))
    with time_machine.travel("2026-11-11 12:00Z", tick=False):
        api.post("/api/goals/", {"track": track.pk, "days": 7})
        api.post("/api/goals/", {"track": track.pk, "days": 4})
    before = state(api, track)
    for _ in range(8):
        clock.shift(61)
        day = TODAY - timedelta(days=rng.randrange(0, 60))
        body = rng.choice(
            [
                {"status": "completed"},
                {"status": "skipped", "note": "ill"},
                {"status": "missed", "note": ""},
                {"amount": rng.choice(["0.25", "3", "12"]), "completed_at": None},
                {"amount": "9", "completed_at": "2026-11-01T05:00:00Z", "note": "later"},
                "add",
                "delete",
            ]
        )
        if body == "add":
            answer = api.post(path(track, day, "add/"), {"amount": "1.5"})
        elif body == "delete":
            answer = api.delete(path(track, day))
        else:
            answer = api.put(path(track, day), body)
        assert answer.status_code == 200, answer.content
        undo(api, track, day, answer.json()["before"])
        assert state(api, track) == before, (day, body)


@pytest.mark.parametrize("seed", range(3))
def test_any_write_of_a_limit_habit_and_its_undo_leave_everything_as_it_was(alice: User, clock: Any, seed: int) -> None:
    rng = random.Random(seed)
    clock.move_to(make.utc("2026-11-01 12:00"), tick=False)
    schedule = {"frequency": "weekly", "limit_per_period": Decimal(7)}
    track, api = make.track(alice, goal_type="at_most", schedule=schedule), make.client(alice)
    clock.move_to(make.utc("2026-11-21 12:00"), tick=False)
    for first, last in (("2026-10-08", "2026-10-12"), ("2026-10-30", "2026-11-03")):
        api.post("/api/pauses/", {"track": track.pk, "first_day": first, "last_day": last})
    for back in range(0, 15):
        if rng.random() < 0.5:
            api.put(path(track, TODAY - timedelta(days=back)), {"amount": rng.randrange(3), "note": "as ever"})

    def everything() -> Any:
        rows = Pause.objects.order_by("first_day", "reason").values_list("first_day", "last_day", "reason")
        return state(api, track), list(rows)

    before = everything()
    for _ in range(10):
        clock.shift(61)
        day = TODAY - timedelta(days=rng.randrange(0, 60))
        body = rng.choice([{"amount": "0"}, {"amount": "2.5", "note": ""}, {"status": "skipped", "note": "ill"}, None])
        answer = api.put(path(track, day), body) if body else api.delete(path(track, day))
        assert answer.status_code == 200, answer.content
        undo(api, track, day, answer.json()["before"])
        assert everything() == before, (day, body)
