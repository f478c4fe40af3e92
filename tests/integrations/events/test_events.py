"""Receiving events: what is stored, what it does to days, and what is refused item by item."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError

from integrations.events import applying, rules, services
from integrations.models import EventDay, EventRule, EventType, RawEvent
from integrations.tasks import apply_events, purge_events
from tests import make
from tracking.logs.services import clear_day, set_day
from tracking.models import HabitLog, HabitTrack
from tracking.tracks.services import delete_track, leave
from users.models import User
from users.scopes import Scope
from users.services import delete_account

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def alice() -> User:
    return make.person("alice", time_zone="Europe/Berlin")


@pytest.fixture
def walk(alice: User) -> HabitTrack:
    return make.track(alice, name="Walk", schedule={"daily_amount": 8000, "unit": "steps"})


def item(value: object = 5000, **given: Any) -> dict[str, Any]:
    return {"type": "steps", "value": value, "start": "2026-11-21T10:00:00+01:00", "mode": "total"} | given


def send(user: User, *items: Any, path: str = "", **headers: Any) -> Any:
    answer = make.client(user).post(f"/api/events/{path}", {"events": list(items)}, format="json", headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.json()


def outcomes(user: User, *items: Any) -> list[str]:
    """Send events; return the outcome of each, or why it was refused."""
    return [each["code"] or each["outcome"] for each in send(user, *items)["results"]]


def rule(track: HabitTrack, name: str = "steps", **given: Any) -> dict[str, Any]:
    """Make a rule from a type that was seen, as its owner does."""
    event_type = EventType.objects.get(user=track.user, name=name).pk
    answer = make.client(track.user).post("/api/events/rules/", {"event_type": event_type, "track": track.pk} | given)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def seen(track: HabitTrack, name: str = "steps", **given: Any) -> dict[str, Any]:
    """Make a rule from a type of which nothing was sent that counts."""
    send(track.user, item(0, type=name, start="2026-10-01"))
    return rule(track, name, **given)


def amounts(track: HabitTrack) -> dict[str, str]:
    return {str(log.day): f"{log.amount.normalize():f}" for log in track.logs.order_by("day") if log.amount is not None}


class TestReceiving:
    def test_a_type_without_a_rule_is_listed_with_its_last_value(self, alice: User) -> None:
        assert (
            outcomes(alice, item(5000), item(7000, start="2026-11-21T11:00:00+01:00", unit="count")) == ["no_rule"] * 2
        )
        [shown] = make.client(alice).get("/api/events/types/").json()["results"]
        assert (shown["name"], shown["source"], shown["last_value"], shown["unit"]) == (
            "steps",
            "api",
            "7000.000000",
            "count",
        )
        assert shown["rules"] == []

    def test_a_new_rule_applies_the_last_30_days(self, alice: User, walk: HabitTrack) -> None:
        days = [TODAY - timedelta(days=n) for n in (0, 29, 30)]
        send(alice, *(item(8000, start=str(day)) for day in days))
        rule(walk)
        assert amounts(walk) == {"2026-11-21": "8000", "2026-10-23": "8000"}
        assert {log.status for log in walk.logs.all()} == {"completed"}
        assert {log.source for log in walk.logs.all()} == {"event"}

    def test_the_habits_own_amount_is_the_threshold(self, alice: User, walk: HabitTrack) -> None:
        seen(walk)
        assert outcomes(alice, item(7999)) == ["applied"]
        assert walk.logs.get().status == "partial"
        send(alice, item(8000, start="2026-11-21T11:00:00+01:00"))
        assert walk.logs.get().status == "completed"

    def test_a_total_replaces_and_a_delta_adds_once(self, alice: User, walk: HabitTrack) -> None:
        seen(walk)
        total = item(3000)
        glass = item(200, mode="delta", start="2026-11-21T11:00:00+01:00")
        other = item(300, mode="delta", id="mine", start="2026-11-21T11:00:00+01:00")
        assert outcomes(alice, total, glass, other, other) == ["applied", "applied", "applied", "duplicate"]
        assert amounts(walk) == {"2026-11-21": "3500"}
        assert outcomes(alice, other, glass, total) == ["duplicate"] * 3
        send(alice, item(4000, start="2026-11-21T12:00:00+01:00"))
        assert amounts(walk) == {"2026-11-21": "4000"}

    def test_the_day_is_the_local_day_of_the_start_and_of_sleep_that_of_the_end(self, alice: User) -> None:
        night = {"start": "2026-11-20T23:30:00Z", "end": "2026-11-21T06:00:00Z"}
        before = {"start": "2026-11-20T22:30:00Z", "end": "2026-11-21T06:00:00Z"}
        found = send(
            alice, item(1, **night), item(1, **before), item(1, **before, type="sleep"), item(1, start="2026-11-19")
        )
        assert [each["day"] for each in found["results"]] == ["2026-11-21", "2026-11-20", "2026-11-21", "2026-11-19"]

    def test_a_time_without_an_offset_is_in_the_users_zone(self, alice: User) -> None:
        send(alice, item(start="2026-11-21 00:30"), item(start="2026-11-20 08:00:00 +0100", mode="delta"))
        assert [row.day.day for row in RawEvent.objects.order_by("pk")] == [21, 20]

    def test_a_single_event_as_it_is_is_taken(self, alice: User) -> None:
        answer = make.client(alice).post("/api/events/", item() | {"source": "button", "battery": 3})
        assert answer.json()["counts"]["no_rule"] == 1
        assert EventType.objects.get().source == "button"

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"value": None}, "required"),
            ({"value": "many"}, "invalid_value"),
            ({"value": True}, "invalid_value"),
            ({"value": 1e308}, "value_out_of_range"),
            ({"value": 10**40}, "value_out_of_range"),
            ({"value": "1e99"}, "value_out_of_range"),
            ({"type": ""}, "required"),
            ({"type": "a" * 101}, "too_long"),
            ({"type": "a\x00b"}, "invalid_text"),
            ({"type": ["steps"]}, "invalid_text"),
            ({"mode": "sum"}, "invalid_mode"),
            ({"mode": {}}, "invalid_mode"),
            ({"start": None}, "required"),
            ({"start": "yesterday"}, "invalid_time"),
            ({"start": 1763700000}, "invalid_time"),
            ({"start": "0001-01-01T00:00:00+14:00"}, "day_out_of_range"),
            ({"start": "9999-12-31T23:59:59-12:00"}, "day_out_of_range"),
            ({"start": "2026-02-30"}, "invalid_time"),
            ({"start": "2026-11-22"}, "future_day"),
            ({"start": "2026-11-21T20:00:00+01:00"}, "in_future"),
            ({"start": "2025-10-17"}, "too_old"),
            ({"end": "2026-11-21T09:00:00+01:00"}, "end_before_start"),
            ({"start": "2026-11-01", "end": "2026-11-20"}, "too_long_period"),
        ],
    )
    def test_a_wrong_item_is_refused_alone(self, alice: User, wrong: dict[str, Any], code: str) -> None:
        assert outcomes(alice, item(1), item() | wrong, item(2, mode="delta")) == ["no_rule", code, "no_rule"]
        assert RawEvent.objects.count() == 2

    @pytest.mark.parametrize("wrong", [None, 7, "steps", [], [[]]])
    def test_an_item_that_is_no_object_is_refused_alone(self, alice: User, wrong: object) -> None:
        assert outcomes(alice, wrong, item()) == ["not_an_object", "no_rule"]

    @pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "9" * 5000])
    def test_what_is_no_number_in_json_is_refused_alone(self, alice: User, literal: str) -> None:
        body = json.dumps({"events": [item("?"), item(5)]}).replace('"?"', literal)
        answer = make.client(alice).post("/api/events/", body, content_type="application/json")
        assert [each["outcome"] for each in answer.json()["results"]] == ["refused", "no_rule"]

    def test_too_much_is_refused_whole(self, alice: User) -> None:
        api = make.client(alice)
        assert make.refused(api.post("/api/events/", {"events": [item()] * 1001})) == [("max_length", "events")]
        large = json.dumps({"events": [item(type="a" * 3_000_000)]})
        make.refused(api.post("/api/events/", large, content_type="application/json"), 413)
        make.refused(api.post("/api/events/", "{", content_type="application/json"))
        make.refused(api.post("/api/events/", "[" * 100_000, content_type="application/json"))
        assert not RawEvent.objects.exists()

    def test_types_events_and_rules_are_limited(
        self, alice: User, walk: HabitTrack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rules, "MAX_TYPES", 2)
        monkeypatch.setattr(rules, "MAX_EVENTS_OF_A_DAY", 2)
        monkeypatch.setattr(rules, "MAX_RULES", 1)
        found = outcomes(alice, item(type="a"), item(type="b"), item(type="c"))
        assert found == ["no_rule", "no_rule", "too_many_types"]
        deltas = [item(type="a", mode="delta", id=str(n)) for n in range(2)]
        assert outcomes(alice, *deltas) == ["no_rule", "too_many_events"]
        rule(walk, "a")
        again = {"event_type": EventType.objects.get(name="b").pk, "track": walk.pk}
        answer = make.client(alice).post("/api/events/rules/", again)
        assert make.refused(answer) == [("too_many_rules", None)]

    def test_a_key_needs_the_scope(self, alice: User) -> None:
        allowed, other = (make.key(alice, scope).text for scope in (Scope.EVENTS_WRITE, Scope.LOGS_WRITE))
        assert make.program(allowed).post("/api/events/", item()).status_code == 200
        assert make.program(other).post("/api/events/", item()).status_code == 403

    def test_a_batch_takes_few_statements_however_many_events(
        self, alice: User, walk: HabitTrack, django_assert_max_num_queries: Any
    ) -> None:
        seen(walk)
        days = [TODAY - timedelta(days=n // 40) for n in range(1000)]
        events = [item(5, mode="delta", id=str(n), start=str(day)) for n, day in enumerate(days)]
        with django_assert_max_num_queries(50):
            services.receive(user=alice, source="api", items=events, now=NOW)
        assert walk.logs.count() == 25


class TestWork:
    def test_what_was_acknowledged_is_applied_by_the_next_tick(
        self, alice: User, walk: HabitTrack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen(walk)

        def broken(**_: Any) -> Any:
            raise DatabaseError

        with monkeypatch.context() as patch:
            patch.setattr(applying, "apply_to_track", broken)
            assert outcomes(alice, item(9000)) == ["applied"]
        assert not walk.logs.exists()
        assert EventDay.objects.filter(is_stale=True).count() == 1
        apply_events()
        assert amounts(walk) == {"2026-11-21": "9000"}
        assert not EventDay.objects.filter(is_stale=True).exists()

    def test_the_worker_does_what_is_too_much_for_a_request(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rules, "MAX_TRACKS_AT_ONCE", 1)
        tracks = [make.track(alice, name=f"Habit {n}") for n in range(3)]
        for each in tracks:
            seen(each)
        assert outcomes(alice, item(3)) == ["applied"]
        assert HabitLog.objects.count() == 1
        apply_events()
        assert HabitLog.objects.count() == 3

    def test_a_refused_day_says_why_and_keeps_back_no_other(self, alice: User, walk: HabitTrack) -> None:
        seen(walk)
        walk.habit.start_date = TODAY
        walk.habit.save()
        assert outcomes(alice, item(1), item(2, start="2026-11-20")) == ["applied", "before_start"]
        assert amounts(walk) == {"2026-11-21": "1"}

    def test_a_habit_that_was_left_takes_no_events(self, alice: User) -> None:
        track = make.follower(alice, make.habit(make.person("bob"), is_published=True))
        seen(track)
        leave(user=alice, track_id=track.pk, now=NOW)
        assert outcomes(alice, item(3)) == ["left"]
        assert not track.logs.exists()


class TestOwnEntries:
    def test_a_persons_own_entry_is_never_lowered(self, alice: User, walk: HabitTrack) -> None:
        seen(walk)
        make.log(walk, TODAY, amount=9000)
        assert outcomes(alice, item(5000)) == ["unchanged"]
        assert (amounts(walk), walk.logs.get().source) == ({"2026-11-21": "9000"}, "api")
        send(alice, item(9500, start="2026-11-21T11:00:00+01:00"))
        assert amounts(walk) == {"2026-11-21": "9500"}
        send(alice, item(100, start="2026-11-21T12:00:00+01:00"))
        assert amounts(walk) == {"2026-11-21": "9000"}

    def test_what_a_person_wrote_over_events_counts_as_theirs(self, alice: User, walk: HabitTrack) -> None:
        seen(walk)
        send(alice, item(9000))
        set_day(user=alice, track_id=walk.pk, day=TODAY, amount=Decimal(8500), source="web", now=NOW)
        send(alice, item(100, start="2026-11-21T11:00:00+01:00"))
        assert amounts(walk) == {"2026-11-21": "8500"}

    def test_a_day_they_cleared_stays_clear_until_a_newer_event_changes_it(self, alice: User, walk: HabitTrack) -> None:
        made = seen(walk)
        send(alice, item(9000))
        clear_day(user=alice, track_id=walk.pk, day=TODAY, now=NOW)
        assert outcomes(alice, item(9000)) == ["duplicate"]
        assert outcomes(alice, item(9000, start="2026-11-21T11:00:00+01:00")) == ["unchanged"]
        make.client(alice).post(f"/api/events/rules/{made['id']}/replay/")
        assert amounts(walk) == {}
        assert outcomes(alice, item(9001, start="2026-11-21T12:00:00+01:00")) == ["applied"]
        assert amounts(walk) == {"2026-11-21": "9001"}

    @pytest.mark.parametrize("status", ["skipped", "missed"])
    def test_a_day_they_skipped_changes_once_it_is_complete(self, alice: User, walk: HabitTrack, status: str) -> None:
        seen(walk)
        make.log(walk, TODAY, status, note="ill")
        assert outcomes(alice, item(7999)) == ["unchanged"]
        assert walk.logs.get().status == status
        send(alice, item(8000, start="2026-11-21T11:00:00+01:00"))
        assert walk.logs.get().status == "completed"
        send(alice, item(10, start="2026-11-21T12:00:00+01:00"))
        log = walk.logs.get()
        assert (log.status, log.amount, log.note, log.source) == (status, None, "ill", "api")

    def test_a_limit_habit_is_counted(self, alice: User) -> None:
        coffee = make.limit(alice, 3, "daily")
        seen(coffee)
        send(alice, item(0, start="2026-11-20"), item(2))
        assert amounts(coffee) == {"2026-11-20": "0", "2026-11-21": "2"}


class TestRules:
    @pytest.mark.parametrize(
        ("given", "amount"),
        [
            ({"aggregation": "sum"}, "60"),
            ({"aggregation": "max"}, "40"),
            ({"aggregation": "last"}, "15"),
            ({"aggregation": "count"}, "3"),
            ({"aggregation": "duration"}, "65"),
            ({"aggregation": "sum", "factor": "0.5"}, "30"),
            ({"aggregation": "sum", "kind": "running"}, "45"),
            ({"aggregation": "count", "kind": "Swimming"}, "1"),
        ],
    )
    def test_how_a_days_value_is_made(self, alice: User, given: dict[str, Any], amount: str) -> None:
        track = make.track(alice)
        for value, hour, minutes, kind in ((5, 6, 10, "Running"), (40, 7, 40, "Running"), (15, 8, 15, "Swimming")):
            start = datetime(2026, 11, 21, hour, tzinfo=UTC)
            times = {"start": start.isoformat(), "end": (start + timedelta(minutes=minutes)).isoformat()}
            send(alice, item(value, type="workout", kind=kind, mode="delta", **times))
        rule(track, "workout", **given)
        assert amounts(track) == {"2026-11-21": amount}

    def test_only_raising_a_later_lower_value_lowers_nothing(self, alice: User, walk: HabitTrack) -> None:
        seen(walk, only_raise=True)
        send(alice, item(5000))
        assert outcomes(alice, item(4000, start="2026-11-21T11:00:00+01:00")) == ["unchanged"]
        assert amounts(walk) == {"2026-11-21": "5000"}

    def test_otherwise_it_lowers_what_events_had_set(self, alice: User, walk: HabitTrack) -> None:
        seen(walk)
        send(alice, item(5000))
        send(alice, item(0, start="2026-11-21T11:00:00+01:00"))
        assert amounts(walk) == {}

    def test_of_several_rules_of_a_habit_the_greatest_counts(self, alice: User, walk: HabitTrack) -> None:
        seen(walk)
        seen(walk, "pedometer")
        send(alice, item(5000), item(6000, type="pedometer"))
        assert amounts(walk) == {"2026-11-21": "6000"}

    def test_a_changed_rule_applies_the_last_days_again(self, alice: User, walk: HabitTrack) -> None:
        made = seen(walk)
        send(alice, item(5000))
        answer = make.client(alice).patch(f"/api/events/rules/{made['id']}/", {"factor": 2})
        assert (answer.json()["factor"], answer.json()["aggregation"]) == ("2.000000", "sum")
        assert amounts(walk) == {"2026-11-21": "10000"}

    def test_a_deleted_rule_leaves_the_days(self, alice: User, walk: HabitTrack) -> None:
        made = seen(walk)
        send(alice, item(5000))
        assert make.client(alice).delete(f"/api/events/rules/{made['id']}/").status_code == 204
        assert outcomes(alice, item(6000, start="2026-11-21T11:00:00+01:00")) == ["no_rule"]
        assert amounts(walk) == {"2026-11-21": "5000"}

    @pytest.mark.parametrize("factor", ["0", "-1", "1000001", "NaN"])
    def test_a_wrong_factor_is_refused(self, alice: User, walk: HabitTrack, factor: str) -> None:
        made = seen(walk)
        answer = make.client(alice).patch(f"/api/events/rules/{made['id']}/", {"factor": factor})
        assert [attr for _, attr in make.refused(answer)] == ["factor"]

    def test_the_same_rule_twice_is_refused(self, alice: User, walk: HabitTrack) -> None:
        made = seen(walk)
        body = {"event_type": made["event_type"], "track": walk.pk}
        assert make.refused(make.client(alice).post("/api/events/rules/", body)) == [("rule_exists", None)]


class TestEnds:
    def test_events_are_kept_400_days_with_a_rule_and_30_without(
        self, alice: User, walk: HabitTrack, clock: Any
    ) -> None:
        seen(walk)
        send(alice, item(5), item(6, type="weight"))
        clock.shift(timedelta(days=31))
        purge_events()
        assert set(RawEvent.objects.values_list("event_type__name", flat=True)) == {"steps", "weight"}
        clock.shift(timedelta(days=1))
        purge_events()
        assert set(RawEvent.objects.values_list("event_type__name", flat=True)) == {"steps"}
        assert EventType.objects.get(name="weight").last_value == 6
        clock.shift(timedelta(days=371))
        purge_events()
        assert not RawEvent.objects.exists()
        assert not EventDay.objects.exists()
        assert amounts(walk) == {"2026-11-21": "5"}

    def test_all_that_is_over_goes_however_small_the_batches_are(
        self, alice: User, walk: HabitTrack, clock: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(services, "PURGE_BATCH", 2)
        monkeypatch.setattr(services, "TYPES_AT_ONCE", 1)
        seen(walk)
        for kind in ("weight", "pulse", "steps"):
            send(alice, *(item(number, id=str(number), type=kind, mode="delta") for number in range(5)))
        clock.shift(timedelta(days=32))
        send(alice, item(5, id="today", type="pulse", start="2026-12-23"))
        purge_events()
        kept = RawEvent.objects.values_list("event_type__name", flat=True)
        assert Counter(kept) == {"steps": 6, "pulse": 1}

    def test_no_event_is_taken_for_a_day_of_which_some_are_deleted(
        self, alice: User, walk: HabitTrack, clock: Any
    ) -> None:
        send(alice, item(5000, start="2026-10-01"))
        purge_events()
        rule(walk)
        assert outcomes(alice, item(1, start="2026-10-01", mode="delta")) == ["no_rule"]
        assert amounts(walk) == {}

    def test_they_go_with_the_track_and_the_account(self, alice: User, walk: HabitTrack) -> None:
        seen(walk)
        send(alice, item(5))
        delete_track(track=walk, now=NOW)
        assert not EventRule.objects.exists() and not EventDay.objects.exists()
        assert RawEvent.objects.exists()
        delete_account(user=alice, password=make.PASSWORD, now=NOW)
        assert not EventType.objects.exists() and not RawEvent.objects.exists()

    def test_a_deleted_type_goes_with_its_events_and_rules(self, alice: User, walk: HabitTrack) -> None:
        made = seen(walk)
        send(alice, item(5))
        assert make.client(alice).delete(f"/api/events/types/{made['event_type']}/").status_code == 204
        assert not EventType.objects.exists() and not EventRule.objects.exists() and not RawEvent.objects.exists()
        assert amounts(walk) == {"2026-11-21": "5"}

    def test_stored_events_are_shown_latest_first(self, alice: User) -> None:
        send(alice, item(1), item(2, type="weight", start="2026-11-20"))
        api = make.client(alice)
        shown = api.get("/api/events/raw/").json()["results"]
        assert [each["value"] for each in shown] == ["1.000000", "2.000000"]
        weight = EventType.objects.get(name="weight").pk
        assert api.get(f"/api/events/raw/?event_type={weight}").json()["count"] == 1
