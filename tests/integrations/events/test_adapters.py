"""What other programs send, in the form in which they send it: recorded requests, with invented values."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from standardwebhooks import Webhook

from integrations.events.adapters import health_auto_export, health_connect, open_wearables
from integrations.models import EventType, RawEvent, SignedSource
from tests import make
from users.access import access_of, end_access
from users.models import User

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four!").decode()

HEALTH_AUTO_EXPORT: dict[str, Any] = {
    "data": {
        "metrics": [
            {
                "name": "step_count",
                "units": "count",
                "data": [
                    {"qty": 8431, "date": "2026-11-20 00:00:00 +0100", "source": "Watch"},
                    {"qty": 3120.5, "date": "2026-11-21 00:00:00 +0100"},
                ],
            },
            {
                "name": "heart_rate",
                "units": "count/min",
                "data": [{"Min": 48, "Avg": 63.2, "Max": 121, "date": "2026-11-21 09:00:00 +0100"}],
            },
            {
                "name": "sleep_analysis",
                "units": "hr",
                "data": [
                    {
                        "date": "2026-11-21 00:00:00 +0100",
                        "asleep": 7.25,
                        "inBed": 8,
                        "sleepStart": "2026-11-20 23:10:00 +0100",
                        "sleepEnd": "2026-11-21 06:40:00 +0100",
                    }
                ],
            },
            {
                "name": "blood_pressure",
                "units": "mmHg",
                "data": [{"systolic": 120, "date": "2026-11-21 09:00:00 +0100"}],
            },
        ],
        "workouts": [
            {
                "id": "7B1C",
                "name": "Outdoor Run",
                "start": "2026-11-21 07:00:00 +0100",
                "end": "2026-11-21 07:31:00 +0100",
                "duration": 1830,
                "distance": {"qty": 5.1, "units": "km"},
                "route": [{"lat": 1, "lon": 2}],
            }
        ],
        "stateOfMind": [{"valence": 0.3}],
    }
}
HEALTH_CONNECT: dict[str, Any] = {
    "timestamp": "2026-11-21T10:00:00Z",
    "app_version": "1.9",
    "steps": [
        {"count": 512, "start_time": "2026-11-21T08:00:00Z", "end_time": "2026-11-21T08:10:00Z"},
        {"count": 300, "start_time": "2026-11-21T08:10:00Z", "end_time": "2026-11-21T08:20:00Z"},
    ],
    "sleep": [{"session_end_time": "2026-11-21T05:40:00Z", "duration_seconds": 27000, "stages": [{"stage": "deep"}]}],
    "exercise": [
        {
            "type": "running",
            "start_time": "2026-11-21T06:00:00Z",
            "end_time": "2026-11-21T06:30:00Z",
            "duration_seconds": 1800,
            "distance_meters": 5100,
        }
    ],
    "hydration": [{"liters": 0.25, "start_time": "2026-11-21T09:00:00Z", "end_time": "2026-11-21T09:00:10Z"}],
    "weight": [{"kilograms": 71.5, "time": "2026-11-21T06:45:00Z"}],
    "menstruation": [{"flow": "light"}],
}
OPEN_WEARABLES: list[dict[str, Any]] = [
    {
        "type": "workout.created",
        "data": {
            "id": "5d2f0c3e-6c7a-4f3e-9d53-0f4a4f8f2b11",
            "user_id": "wearer-1",
            "type": "running",
            "start_time": "2026-11-21T06:00:00+00:00",
            "end_time": "2026-11-21T06:30:00+00:00",
            "zone_offset": "+01:00",
            "duration_seconds": 1800,
            "source": {"provider": "garmin", "device": "a watch"},
            "distance_meters": 5100,
        },
    },
    {
        "type": "sleep.created",
        "data": {
            "id": "c0ffee00-6c7a-4f3e-9d53-0f4a4f8f2b12",
            "user_id": "wearer-1",
            "start_time": "2026-11-20T22:10:00+00:00",
            "end_time": "2026-11-21T05:40:00+00:00",
            "duration_seconds": 27000,
            "sleep_duration_seconds": 25200,
            "stages": {"deep_minutes": 90},
        },
    },
    {
        "type": "steps.created",
        "data": {
            "user_id": "wearer-1",
            "provider": "garmin",
            "series_type": "steps",
            "sample_count": 1,
            "samples": [{"timestamp": "2026-11-21T08:00:00+00:00", "value": 512, "unit": "count"}],
        },
    },
    {"type": "connection.created", "data": {"user_id": "wearer-1", "connected_at": "2026-11-21T08:00:00+00:00"}},
]


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def alice() -> User:
    return make.person("alice", time_zone="Europe/Berlin")


def stored() -> dict[str, list[tuple[str, str, str]]]:
    """Return day, value and kind of the stored events, by type."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for row in RawEvent.objects.select_related("event_type").order_by("event_type__name", "moment"):
        value = f"{row.value.normalize():f}"
        found.setdefault(row.event_type.name, []).append((str(row.day), value, row.kind))
    return found


def post(user: User, path: str, body: object) -> dict[str, int]:
    answer = make.client(user).post(f"/api/events/{path}/", body)
    assert answer.status_code == 200, answer.content
    return dict(answer.json()["counts"])


def test_health_auto_export(alice: User) -> None:
    assert post(alice, "health-auto-export", HEALTH_AUTO_EXPORT) | {"no_rule": 0} == dict.fromkeys(
        ("applied", "unchanged", "duplicate", "no_rule", "refused"), 0
    )
    assert stored() == {
        "step_count": [("2026-11-20", "8431", ""), ("2026-11-21", "3120.5", "")],
        "heart_rate": [("2026-11-21", "63.2", "")],
        "sleep_analysis": [("2026-11-21", "7.25", "")],
        "workout": [("2026-11-21", "30.5", "Outdoor Run")],
        "workout_distance": [("2026-11-21", "5.1", "Outdoor Run")],
    }
    assert EventType.objects.get(name="workout").kinds == ["Outdoor Run"]


def test_health_auto_export_sends_a_day_again_that_has_grown(alice: User) -> None:
    post(alice, "health-auto-export", HEALTH_AUTO_EXPORT)
    grown = json.loads(json.dumps(HEALTH_AUTO_EXPORT).replace("3120.5", "4000"))
    assert post(alice, "health-auto-export", grown)["duplicate"] == 5
    post(alice, "health-auto-export", HEALTH_AUTO_EXPORT)
    assert stored()["step_count"][-1] == ("2026-11-21", "4000", "")


def test_health_auto_export_sends_a_night_in_stages(alice: User) -> None:
    stages = [
        {
            "value": value,
            "qty": qty,
            "startDate": f"2026-11-20 2{n}:00:00 +0100",
            "endDate": f"2026-11-21 0{n}:00:00 +0100",
        }
        for n, (value, qty) in enumerate([("Core", 3), ("Deep", 1.5), ("Awake", 0.2), ("In Bed", 8)])
    ]
    metric = {"name": "sleep_analysis", "units": "hr", "data": stages}
    post(alice, "health-auto-export", {"data": {"metrics": [metric]}})
    assert stored() == {"sleep_analysis": [("2026-11-21", "3", "Core"), ("2026-11-21", "1.5", "Deep")]}


def test_health_connect(alice: User) -> None:
    assert post(alice, "health-connect", HEALTH_CONNECT)["refused"] == 0
    assert stored() == {
        "steps": [("2026-11-21", "512", ""), ("2026-11-21", "300", "")],
        "sleep": [("2026-11-21", "450", "")],
        "exercise": [("2026-11-21", "30", "running")],
        "exercise_distance": [("2026-11-21", "5100", "running")],
        "hydration": [("2026-11-21", "0.25", "")],
        "weight": [("2026-11-21", "71.5", "")],
    }
    assert post(alice, "health-connect", HEALTH_CONNECT)["duplicate"] == 7


@pytest.mark.parametrize("path", ["health-auto-export", "health-connect"])
@pytest.mark.parametrize(
    "body",
    [
        [],
        "steps",
        7,
        {},
        {"data": []},
        {"data": {"metrics": {}, "workouts": 3}},
        {"data": {"metrics": [3, {}, {"name": "a"}, {"name": "a", "data": [None, {}]}]}},
        {"steps": [None, 3, {}], "sleep": {"a": 1}},
    ],
)
def test_unknown_parts_are_ignored_and_never_refused_whole(alice: User, path: str, body: object) -> None:
    counts = post(alice, path, body)
    assert not RawEvent.objects.exists() and counts["refused"] == sum(counts.values())


def test_what_is_wrong_in_a_part_is_refused_and_listed(alice: User) -> None:
    records = [*HEALTH_CONNECT["steps"], {"count": 5, "start_time": "tomorrow"}]
    sleep = [
        {"session_end_time": "x", "duration_seconds": "long"},
        {"duration_seconds": 1e300, "session_end_time": "2026"},
    ]
    answer = make.client(alice).post("/api/events/health-connect/", {"steps": records, "sleep": sleep}).json()
    assert answer["counts"]["no_rule"] == 2
    assert [each["code"] for each in answer["results"]] == ["invalid_time", "invalid_value", "value_out_of_range"]


@pytest.mark.parametrize("adapter", [health_auto_export, health_connect, open_wearables])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, -1e308, "x" * 1000, [[]], None, True])
def test_no_value_breaks_an_adapter(adapter: Any, value: object) -> None:
    for body in (HEALTH_AUTO_EXPORT, HEALTH_CONNECT, *OPEN_WEARABLES):
        adapter.items_of(replaced(body, value))


def replaced(body: Any, value: object) -> Any:
    """Return a body in which every number is replaced."""
    if isinstance(body, dict):
        return {name: replaced(each, value) for name, each in body.items()}
    if isinstance(body, list):
        return [replaced(each, value) for each in body]
    return value if isinstance(body, int | float) else body


class TestOpenWearables:
    @pytest.fixture
    def path(self, alice: User) -> str:
        return self.connect(alice)

    def connect(self, user: User, **given: Any) -> str:
        answer = make.client(user).put("/api/events/open-wearables/", {"secret": SECRET} | given)
        assert answer.status_code == 200, answer.content
        assert SECRET not in answer.content.decode()
        return "/events/" + str(answer.json()["address"]).partition("/events/")[2]

    def send(self, path: str, body: Any, *, secret: str = SECRET, prefix: str = "svix", **changed: str) -> Any:
        text = json.dumps(body)
        headers = {
            f"{prefix}-id": "msg_1",
            f"{prefix}-timestamp": str(int(datetime.now(UTC).timestamp())),
            f"{prefix}-signature": Webhook(secret).sign("msg_1", datetime.now(UTC), text),
        }
        return Client().post(path, text, content_type="application/json", headers=headers | changed)

    def test_signed_events_are_taken(self, path: str) -> None:
        for body in OPEN_WEARABLES:
            assert self.send(path, body).status_code == 200
        assert stored() == {
            "workout": [("2026-11-21", "30", "running")],
            "workout_distance": [("2026-11-21", "5100", "running")],
            "sleep": [("2026-11-21", "420", "")],
            "steps": [("2026-11-21", "512", "")],
        }
        assert self.send(path, OPEN_WEARABLES[0], prefix="webhook").json()["counts"]["duplicate"] == 2

    def test_a_night_that_is_final_replaces_the_first_reading(self, path: str) -> None:
        self.send(path, OPEN_WEARABLES[1])
        data = OPEN_WEARABLES[1]["data"] | {"end_time": "2026-11-21T06:10:00+00:00", "sleep_duration_seconds": 24000}
        self.send(path, {"type": "sleep.created", "data": data})
        self.send(path, OPEN_WEARABLES[1])
        assert stored() == {"sleep": [("2026-11-21", "400", "")]}

    @pytest.mark.parametrize(
        "changed",
        [
            {"svix-signature": "v1,AAAA"},
            {"svix-signature": "nonsense"},
            {"svix-signature": ""},
            {"svix-id": "msg_2"},
            {"svix-timestamp": "1"},
            {"svix-timestamp": "soon"},
        ],
    )
    def test_what_is_not_signed_is_refused(self, path: str, changed: dict[str, str]) -> None:
        assert make.refused(self.send(path, OPEN_WEARABLES[0], **changed), 401) == [("not_signed", None)]
        assert not RawEvent.objects.exists()

    def test_another_secret_or_body_is_refused(self, path: str) -> None:
        other = "whsec_" + base64.b64encode(b"another secret, as long!").decode()
        make.refused(self.send(path, OPEN_WEARABLES[0], secret=other), 401)
        signature = Webhook(SECRET).sign("msg_1", datetime.now(UTC), json.dumps(OPEN_WEARABLES[0]))
        make.refused(self.send(path, OPEN_WEARABLES[1], **{"svix-signature": signature}), 401)
        assert not RawEvent.objects.exists()

    def test_only_the_wearer_that_was_named_counts(self, alice: User) -> None:
        path = self.connect(alice, wearer="wearer-2")
        assert self.send(path, OPEN_WEARABLES[0]).status_code == 200
        assert not RawEvent.objects.exists()

    def test_it_ends_with_the_users_access_and_at_its_owners_word(self, alice: User, path: str) -> None:
        assert [item.kind for item in access_of(alice, now=NOW).integrations] == ["open_wearables"]
        end_access(user=User.objects.get(pk=alice.pk), now=NOW)
        assert make.refused(self.send(path, OPEN_WEARABLES[0]), 404) == [("not_found", None)]
        path = self.connect(alice)
        make.client(alice).delete("/api/events/open-wearables/")
        make.refused(self.send(path, OPEN_WEARABLES[0]), 404)

    @pytest.mark.parametrize("secret", ["", "abc", "whsec_", "whsec_YQ==", "whsec_é"])
    def test_a_secret_has_a_form(self, alice: User, secret: str) -> None:
        answer = make.client(alice).put("/api/events/open-wearables/", {"secret": secret})
        assert [attr for _, attr in make.refused(answer)] == ["secret"]
        assert not SignedSource.objects.exists()

    def test_what_is_left_out_is_kept(self, alice: User, path: str) -> None:
        answer = make.client(alice).put("/api/events/open-wearables/", {"wearer": "wearer-1"})
        assert answer.json()["address"].endswith(path)
        assert self.send(path, OPEN_WEARABLES[0]).json()["counts"]["no_rule"] == 2
