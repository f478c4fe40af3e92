"""Rate limits of anonymous requests: per network address and per account that they name."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
import time_machine
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from common import throttling
from tests import make
from users.models import User

SIGN_IN = "/api/token/"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rates(settings: Settings) -> None:
    settings.THROTTLE_RATES = {"stranger": "4/minute", "account": "2/minute"}


def sign_in(email: str = "alice@example.org", **headers: Any) -> Any:
    return APIClient().post(SIGN_IN, {"email": email, "password": "wrong"}, **headers)


def test_a_network_address_over_the_limit_must_wait(alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for number in range(4):
            assert sign_in(f"{number}@example.org").status_code == 401
        refusal = sign_in("another@example.org")
        assert make.refused(refusal, 429) == [("throttled", None)]
        assert 1 <= int(refusal["Retry-After"]) <= 60
        assert sign_in("another@example.org", REMOTE_ADDR="10.1.1.1").status_code == 401
        clock.shift(timedelta(seconds=61))
        assert sign_in("another@example.org").status_code == 401


def test_attempts_at_one_account_are_counted_across_network_addresses(alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for number, email in enumerate(("alice@example.org", " ALICE@example.org")):
            assert sign_in(email, REMOTE_ADDR=f"10.1.1.{number}").status_code == 401
        assert make.refused(sign_in(REMOTE_ADDR="10.1.1.9"), 429) == [("throttled", None)]
        assert sign_in("bob@example.org", REMOTE_ADDR="10.1.1.9").status_code == 401
        clock.shift(timedelta(seconds=61))
        assert sign_in(REMOTE_ADDR="10.1.1.9").status_code == 401


def test_a_forwarded_address_is_ignored_without_a_trusted_proxy(alice: User) -> None:
    for number in range(4):
        assert sign_in(f"{number}@example.org", HTTP_X_FORWARDED_FOR=f"10.1.1.{number}").status_code == 401
    assert sign_in("another@example.org", HTTP_X_FORWARDED_FOR="10.1.1.9").status_code == 429


@pytest.mark.parametrize(
    "path",
    [
        "register/",
        "register/confirm/",
        "register/resend/",
        "token/",
        "token/refresh/",
        "password/reset/",
        "password/reset/check/",
    ],
)
def test_each_endpoint_has_its_own_count(path: str) -> None:
    for _ in range(4):
        assert APIClient().post(f"/api/{path}", {}).status_code == 400
    assert make.refused(APIClient().post(f"/api/{path}", {}), 429) == [("throttled", None)]
    other = "token/" if path != "token/" else "register/"
    assert APIClient().post(f"/api/{other}", {}).status_code == 400


def test_signed_in_users_are_not_limited(api: APIClient) -> None:
    assert {api.get("/api/users/me/").status_code for _ in range(10)} == {200}


@pytest.mark.parametrize("email", [None, 7, [], {"a": 1}, "", "\ud800", "a\0b"])
def test_no_value_of_an_email_causes_a_server_error(email: object) -> None:
    body = json.dumps({"email": email, "password": "x"})
    answer = APIClient().post(SIGN_IN, body, content_type="application/json")
    make.refused(answer, 401 if email == 7 else 400)


@pytest.mark.parametrize("body", ["[]", "null", "5", '"text"'])
def test_a_body_that_is_no_object_is_a_400(body: str) -> None:
    make.refused(APIClient().post(SIGN_IN, body, content_type="application/json"))


def test_requests_are_not_limited_while_redis_is_down(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    away = redis.Redis.from_url("unix:///nowhere/redis.sock")
    monkeypatch.setattr(throttling, "connection", lambda: away)
    throttling.limiter.cache_clear()
    try:
        assert {sign_in().status_code for _ in range(6)} == {401}
    finally:
        throttling.limiter.cache_clear()


def test_changes_of_the_email_address_are_limited(api: APIClient) -> None:
    answers = [
        api.patch("/api/users/me/", {"email": f"new{number}@example.org", "password": make.PASSWORD})
        for number in range(3)
    ]
    assert [answer.status_code for answer in answers] == [200] * 2 + [429]
    assert api.patch("/api/users/me/", {"language": "ru"}).status_code == 200


def test_the_admin_login_is_limited_too(client: Client) -> None:
    form = {"username": "staff@example.org", "password": "a guess"}
    codes = [client.post("/admin/login/", form).status_code for _ in range(3)]
    assert codes == [200] * 2 + [429]
    assert client.get("/admin/login/").status_code == 200
