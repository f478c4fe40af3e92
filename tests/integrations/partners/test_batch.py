"""Many writes of a partner at once."""

from typing import Any

import hypothesis
import pytest
from django.db import OperationalError
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pytest_django import Settings
from rest_framework.test import APIClient

from habits.models import Habit
from integrations.models import Partner, PartnerPerson
from integrations.partners import people
from tests import make
from tracking.models import HabitLog
from users.scopes import Scope

BATCH = "/api/partner/batch/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def send(clubs: APIClient, *writes: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
    answer = clubs.post(BATCH, {"writes": list(writes)}, headers=headers)
    assert answer.status_code == 200, answer.content
    outcomes: list[dict[str, Any]] = answer.json()["outcomes"]
    assert len(outcomes) == len(writes)
    return outcomes


def day(person: str, habit: Habit, on: str = "2026-11-21", **fields: Any) -> dict[str, Any]:
    fields = fields or {"status": "completed"}
    return {"operation": "set_day", "person": person, "habit": habit.pk, "day": on, **fields}


def test_each_write_has_its_own_outcome_and_a_wrong_one_holds_up_no_other(clubs: APIClient, walk: Habit) -> None:
    outcomes = send(
        clubs,
        {"operation": "put_person", "person": "u-1", "time_zone": "Asia/Tokyo"},
        {"operation": "follow", "person": "u-1", "habit": walk.pk},
        day("nobody", walk),
        {"operation": "jump", "person": "u-1"},
        day("u-1", walk, "2026-11-30"),
        {"operation": "set_day", "person": "u-1"},
        {"operation": "follow", "person": "u-1", "habit": walk.pk, "amount": 1},
        {"operation": "follow", "person": "u-1", "habit": walk.pk, "colour": "red"},
        day("u-1", walk),
        {"operation": "delete_person", "person": "u-2"},
    )
    assert [each["status"] for each in outcomes] == [201, 201, 404, 400, 400, 400, 400, 400, 200, 404]
    codes = [[(e["code"], e["attr"]) for e in each["errors"] or []] for each in outcomes]
    assert codes == [
        [],
        [],
        [("not_found", None)],
        [("invalid_choice", "operation")],
        [("future_day", "day")],
        [("required", "day"), ("required", "habit")],
        [("unknown_field", "amount")],
        [("unknown_field", "colour")],
        [],
        [("not_found", None)],
    ]
    assert outcomes[0]["result"]["time_zone"] == "Asia/Tokyo"
    assert outcomes[8]["result"]["streak"]["current"] == 1
    assert HabitLog.objects.count() == 1


def test_writes_for_one_person_are_made_in_their_order(club: Partner, clubs: APIClient, walk: Habit) -> None:
    make.managed(club, "u-1")
    outcomes = send(
        clubs,
        day("u-1", walk),  # does not follow it yet
        {"operation": "follow", "person": "u-1", "habit": walk.pk},
        day("u-1", walk, note="first"),
        day("u-1", walk, note="second"),
        {"operation": "clear_day", "person": "u-1", "habit": walk.pk, "day": "2026-11-21"},
        day("u-1", walk, note="third", status="missed"),
        {"operation": "leave", "person": "u-1", "habit": walk.pk},
    )
    assert [each["status"] for each in outcomes] == [404, 201, 400, 400, 200, 200, 204]
    assert HabitLog.objects.get().note == "third"


def test_an_addition_of_null_is_refused_and_holds_up_no_other(club: Partner, clubs: APIClient, walk: Habit) -> None:
    for person in ("u-1", "u-2", "u-3"):
        make.managed(club, person)
        send(clubs, {"operation": "follow", "person": person, "habit": walk.pk})
    add = {"operation": "add", "habit": walk.pk, "day": "2026-11-21", "amount": 2}
    outcomes = send(clubs, add | {"person": "u-1"}, add | {"person": "u-2", "amount": None}, add | {"person": "u-3"})
    assert [each["status"] for each in outcomes] == [200, 400, 200]
    assert [(e["code"], e["attr"]) for e in outcomes[1]["errors"]] == [("required", "amount")]
    assert HabitLog.objects.count() == 2


PEOPLE = [{"operation": "put_person", "person": f"u-{number}"} for number in (1, 2, 3)]


def fail_after_making_u_2(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    put = people.put

    def failing(*, external_id: str, **fields: Any) -> Any:
        made = put(external_id=external_id, **fields)
        if external_id == "u-2":
            raise error
        return made

    monkeypatch.setattr(people, "put", failing)


def test_a_write_that_meets_a_bug_is_undone_logged_and_holds_up_no_other(
    clubs: APIClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail_after_making_u_2(monkeypatch, ZeroDivisionError("a secret"))
    outcomes = send(clubs, *PEOPLE)
    assert [each["status"] for each in outcomes] == [201, 500, 201]
    assert [each["code"] for each in outcomes[1]["errors"]] == ["internal_error"] and "secret" not in str(outcomes)
    assert "a write of a batch failed: put_person" in caplog.text and "ZeroDivisionError" in caplog.text
    assert set(PartnerPerson.objects.values_list("external_id", flat=True)) == {"u-1", "u-3"}


def test_a_batch_ends_where_the_database_fails(clubs: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_after_making_u_2(monkeypatch, OperationalError("gone"))
    with pytest.raises(OperationalError):
        clubs.post(BATCH, {"writes": PEOPLE})


def test_the_key_needs_the_scope_of_each_write(club: Partner, walk: Habit) -> None:
    make.managed(club, "u-1")
    outcomes = send(
        make.service(club, Scope.LOGS_WRITE),
        {"operation": "put_person", "person": "u-2"},
        {"operation": "delete_person", "person": "u-1"},
        {"operation": "follow", "person": "u-1", "habit": walk.pk},
    )
    assert [each["status"] for each in outcomes] == [403, 403, 201]
    assert PartnerPerson.objects.get().external_id == "u-1"


def test_more_than_a_thousand_writes_are_refused(clubs: APIClient) -> None:
    writes = [{"operation": "delete_person", "person": "x"}] * 1001
    assert make.refused(clubs.post(BATCH, {"writes": writes})) == [("max_length", "writes")]


def test_a_repeated_batch_with_its_key_changes_nothing(club: Partner, clubs: APIClient) -> None:
    water = make.habit(club.account, name="Water", schedule={"daily_amount": 8})
    add = {"operation": "add", "person": "u-1", "habit": water.pk, "day": "2026-11-21", "amount": "2"}
    make.managed(club, "u-1")
    follow = {"operation": "follow", "person": "u-1", "habit": water.pk}
    headers = {"Idempotency-Key": "batch-1"}
    first = send(clubs, follow, add, **headers)
    assert send(clubs, follow, add, **headers) == first
    assert HabitLog.objects.get().amount == 2
    send(clubs, add | {"key": "a"}), send(clubs, add | {"key": "a"})
    assert HabitLog.objects.get().amount == 4


WRITES = st.lists(
    st.tuples(st.sampled_from(["u-1", "u-2"]), st.integers(15, 21), st.sampled_from(["completed", "missed", None])),
    max_size=12,
)


@pytest.fixture
def no_limits(settings: Settings) -> None:
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "1000000/minute")


@pytest.mark.usefixtures("no_limits")
@given(writes=WRITES)
@hypothesis.settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_batch_ends_in_the_state_of_the_single_requests(
    clubs: APIClient, club: Partner, walk: Habit, writes: Any
) -> None:
    def state(prefix: str, batched: bool) -> Any:
        for person in ("u-1", "u-2"):
            clubs.put(f"/api/partner/people/{prefix}{person}/", {})
            clubs.post(f"/api/partner/people/{prefix}{person}/habits/{walk.pk}/")
        made = []
        for person, number, status in writes:
            name, on = f"{prefix}{person}", f"2026-11-{number}"
            clear = {"operation": "clear_day", "person": name, "habit": walk.pk, "day": on}
            made.append(clear if status is None else day(name, walk, on, status=status))
        if batched and made:
            send(clubs, *made)
        for write in [] if batched else made:
            path = f"/api/partner/people/{write['person']}/habits/{walk.pk}/logs/{write['day']}/"
            clubs.delete(path) if write["operation"] == "clear_day" else clubs.put(path, {"status": write["status"]})
        shown = [clubs.get(f"/api/partner/people/{prefix}{person}/").json()["habits"] for person in ("u-1", "u-2")]
        for person in ("u-1", "u-2"):
            clubs.delete(f"/api/partner/people/{prefix}{person}/")
        return shown

    assert state("a-", batched=True) == state("b-", batched=False)
