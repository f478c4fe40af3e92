"""Random requests, valid and invalid by the schema, never cause a server error, and answers are as the schema says.

The examples are the same in every run. FUZZ_SEED=n selects others, FUZZ_EXAMPLES=n sets their number.
"""

import os
from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, seed
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from tests import make
from tests.fake_telegram import FakeTelegram
from tracking.pauses import services as pauses
from users.timing import DAY

SEED = int(os.environ.get("FUZZ_SEED", "20261121"))
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Keep the test's database connection open at the end of a request, as Django's test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def known(shared_world: None) -> dict[str, Any]:
    """Return existing ids by the first part of the path, and an access token."""
    alice, bob = make.person("alice", chat=True), make.person("bob", chat=True)
    track = make.track(alice, time="07:30", schedule={"daily_amount": 10}, is_published=True)
    make.log(track, timezone.now().date())
    followed = make.follower(alice, make.habit(bob, is_published=True, schedule={"frequency": "weekly"}))
    pause = pauses.add(user=alice, track_id=track.pk, first_day=date(2026, 1, 5), last_day=None, now=timezone.now())
    api, habit, day = make.client(alice), {"habit": track.habit_id}, timezone.now().date() + 2 * DAY
    made = {
        "goals": {"track": track.pk, "days": 30},
        "shares": {"kind": "streak", "track": track.pk},
        "achievements": {**habit, "name_en": "A hundred", "kind": "days", "target": 100},
        "challenges": {**habit, "name": "In May", "first_day": str(day), "last_day": str(day)},
        "groups": {"name": "Early birds"},
    }
    ids = {name: [api.post(f"/api/{name}/", body).json()["id"]] for name, body in made.items()}
    api.post(f"/api/groups/{ids['groups'][0]}/habits/", habit)
    api.post(f"/api/groups/{ids['groups'][0]}/habits/{track.habit_id}/follow/")
    make.sign_in(alice)  # a session to end that is not the one of the token
    return ids | {
        "users": [alice.sessions.order_by("-pk")[0].pk],
        "reminders": [each["id"] for each in api.get("/api/reminders/").json()["results"]],
        "notifications": [each["id"] for each in api.get("/api/notifications/").json()["results"]] or [1],
        "habits": [track.habit_id, followed.habit_id],
        "tracks": [track.pk, followed.pk],
        "day": [timezone.now().date().isoformat(), "2026-01-01"],
        "pauses": [pause.pk],
        "token": make.sign_in(alice)["access"],
    }


@pytest.fixture
def ids(known: dict[str, Any], settings: Settings, telegram: FakeTelegram) -> dict[str, Any]:
    """What is known, and a number for each example; nothing is refused for coming too often."""
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "1000000/minute")
    settings.TELEGRAM_WEBHOOK_SECRET = "secret"
    return known | {"numbers": count()}


def with_known_ids(case: schemathesis.Case[Any], ids: dict[str, Any], number: int) -> None:
    """Put existing ids into two of three examples, so that not all of them end with a 404."""
    if number % 3 == 0:
        return
    known_ids = ids.get(case.path.split("/")[1], [1])
    for name in case.path_parameters or {}:
        found = {"day": ids["day"], "username": ["alice", "bob"], "habit_id": ids["habits"]}.get(name, known_ids)
        case.path_parameters[name] = found[number % len(found)]
    if isinstance(case.body, dict):
        for name, known in (("habit", "habits"), ("linked_habit", "habits"), ("track", "tracks")):
            if name in case.body:
                case.body[name] = ids[known][number % 2]


# What the schema says of an answer: its statuses, its types, and the shape of its body.
CONFORMANCE = [status_code_conformance, content_type_conformance, response_schema_conformance]
SCHEMA = schemathesis.openapi.from_wsgi("/api/openapi.json", application)
SCHEMA.config.generation.update(modes=list(schemathesis.GenerationMode))


@seed(SEED)
@SCHEMA.parametrize()
@hypothesis_settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=False,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_no_request_causes_a_server_error(case: schemathesis.Case[Any], ids: dict[str, Any]) -> None:
    print(f"FUZZ_SEED={SEED}")  # shown with a failure
    with_known_ids(case, ids, next(ids["numbers"]))
    headers = {
        "Accept-Encoding": "identity",
        "Authorization": f"Bearer {ids['token']}",
        "X-Telegram-Bot-Api-Secret-Token": "secret",
    }
    answer = case.call(headers=headers)
    assert answer.status_code < 500, answer.text
    case.validate_response(answer, checks=CONFORMANCE if answer.content else [status_code_conformance])
    if answer.status_code >= 400:
        body = answer.json()
        assert body.keys() == {"type", "errors"}
        assert all(error.keys() == {"code", "detail", "attr"} for error in body["errors"])
