"""Requests with a key: how it is sent, what it costs, when it is refused, and how often it may be used."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
import time_machine
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from common import throttling
from integrations.keys import rules, services
from integrations.keys.services import NewKey
from integrations.models import ApiKey
from tests import make
from users.models import User
from users.scopes import Scope

NOW = make.utc("2026-11-21 12:00")
TAGS = "/api/tags/"  # reached by habits:read

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def key(alice: User) -> NewKey:
    return make.key(alice, Scope.HABITS_READ)


def ask(path: str = TAGS, **headers: str) -> Any:
    return APIClient().get(path, headers=headers)


def other_secret(text: str) -> str:
    """Return a well-formed key with the id of another one."""
    public_id = rules.prefix_of(text).removeprefix(rules.PERSON)
    return rules.key_text(rules.PERSON, public_id=public_id, secret=b"guess" * 6 + b"..")


def test_a_key_is_sent_as_a_bearer_token_or_in_a_header_of_its_own(key: NewKey) -> None:
    for headers in (
        {"authorization": f"Bearer {key.text}"},
        {"authorization": f"bearer  {key.text}"},
        {"x-api-key": key.text},
    ):
        assert ask(**headers).status_code == 200, headers
    assert make.refused(ask(authorization=f"Token {key.text}"), 401) == [("not_authenticated", None)]


def test_only_a_hash_of_a_key_is_stored(key: NewKey) -> None:
    assert key.key.secret_hash == hashlib.sha256(key.text.encode()).hexdigest()
    assert key.key.prefix == key.text[:12]
    assert key.text[12:] not in str(make.everything())


def test_authentication_takes_one_statement_for_the_key_and_its_user(key: NewKey) -> None:
    with CaptureQueriesContext(
        connection,
    ) as statements:
        assert make.program(key.text).put(TAGS).status_code == 403  # refused right after authentication
    assert len(statements) == 1
    assert make.program(key.text).get(TAGS).status_code == 200  # notes the use
    api = make.client(key.key.user)
    with CaptureQueriesContext(connection) as signed_in:
        api.get(TAGS)
    with CaptureQueriesContext(connection) as by_key:
        make.program(key.text).get(TAGS)
    assert len(by_key) == len(signed_in)


@pytest.mark.parametrize("text", ["htk_", "htk_" + "0" * 57, "htp_short", "htk_4fRt9XbQ…"])
def test_a_text_without_a_right_checksum_costs_no_statement(text: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        refusal = APIClient().get(TAGS, HTTP_AUTHORIZATION=f"Bearer {text}".encode().decode("latin-1"))
    assert make.refused(refusal, 401) == [("invalid_key", None)]
    assert refusal["WWW-Authenticate"].startswith("Bearer")


def test_anything_in_the_header_for_keys_must_be_a_key(api: APIClient) -> None:
    for text in ("", " ", "secret", "eyJhbGciOiJub25lIn0.e30."):
        assert make.refused(ask(**{"x-api-key": text}), 401) == [("invalid_key", None)]


def test_a_key_with_a_wrong_secret_is_refused(key: NewKey) -> None:
    guess = other_secret(key.text)
    assert rules.is_well_formed(guess) and guess[:12] == key.key.prefix
    assert make.refused(ask(**{"x-api-key": guess}), 401) == [("invalid_key", None)]
    unknown = rules.key_text(rules.PERSON, public_id="unknown0", secret=bytes(32))
    assert make.refused(ask(**{"x-api-key": unknown}), 401) == [("invalid_key", None)]


def test_a_partners_key_is_no_persons_key(alice: User) -> None:
    text = rules.key_text(rules.PARTNER, public_id="4fRt9XbQ", secret=bytes(32))
    assert make.refused(ask(**{"x-api-key": text}), 401) == [("wrong_kind_of_key", None)]


def test_a_key_beside_a_token_is_refused(key: NewKey, bob: User) -> None:
    api = make.client(bob)
    assert make.refused(api.get(TAGS, headers={"x-api-key": key.text}), 401) == [("two_credentials", None)]
    assert ask(**{"x-api-key": key.text, "authorization": f"Bearer {key.text}"}).status_code == 200
    assert ask(**{"x-api-key": key.text, "authorization": "Basic cHJveHk6cHJveHk="}).status_code == 200


def test_a_key_that_expired_or_was_revoked_is_refused(alice: User, clock: Any) -> None:
    short = make.key(alice, expires_at=NOW + timedelta(hours=1))
    clock.shift(timedelta(minutes=59))
    assert ask(**{"x-api-key": short.text}).status_code == 200
    clock.shift(timedelta(minutes=1))
    assert make.refused(ask(**{"x-api-key": short.text}), 401) == [("key_ended", None)]
    revoked = make.key(alice)
    services.revoke(owner=alice, key_id=revoked.key.pk, now=timezone.now())
    assert make.refused(ask(**{"x-api-key": revoked.text}), 401) == [("key_ended", None)]


def test_keys_of_an_inactive_user_are_dead_at_once(key: NewKey, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert make.refused(ask(**{"x-api-key": key.text}), 401) == [("user_inactive", None)]


@pytest.mark.parametrize("query", ["api_key={}", "access_token={}", "name={}", "page=1&name=x{}"])
@pytest.mark.parametrize("path", ["/api/habits/", "/api/habits/public/", "/api/schema/", "/"])
def test_a_key_in_a_query_is_refused_everywhere(key: NewKey, path: str, query: str) -> None:
    for text in (key.text, key.text.replace("_", "%5F")):
        answer = APIClient().get(f"{path}?{query.format(text)}", headers={"x-api-key": key.text})
        assert make.refused(answer) == [("key_in_query", None)]


def test_the_use_of_a_key_is_noted_at_most_once_a_minute(key: NewKey, clock: Any) -> None:
    def noted() -> Any:
        assert ask(**{"x-api-key": key.text}).status_code == 200
        return ApiKey.objects.get().last_used_at

    assert noted() == NOW
    clock.shift(timedelta(seconds=59))
    with CaptureQueriesContext(connection) as statements:
        assert noted() == NOW
    assert not [each for each in statements.captured_queries if each["sql"].startswith("UPDATE")]
    clock.shift(timedelta(seconds=1))
    assert noted() == NOW + timedelta(minutes=1)


def test_a_use_that_another_process_has_just_noted_is_not_noted_again(key: NewKey) -> None:
    ApiKey.objects.update(last_used_at=NOW)  # since key.key was read
    services.note_use(key=key.key, now=NOW + timedelta(seconds=59))
    assert ApiKey.objects.get().last_used_at == NOW
    services.note_use(key=key.key, now=NOW + timedelta(seconds=60))
    assert ApiKey.objects.get().last_used_at == NOW + timedelta(seconds=60)


def test_a_use_that_cannot_be_noted_fails_no_request(key: NewKey, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    def locked(**_: Any) -> None:
        raise DatabaseError("database is locked")

    monkeypatch.setattr(services, "note_use", locked)
    assert ask(**{"x-api-key": key.text}).status_code == 200
    assert "cannot be noted" in caplog.text and key.text[12:] not in caplog.text


def test_what_a_refused_request_does_is_no_use(key: NewKey) -> None:
    assert ask("/api/users/me/", **{"x-api-key": key.text}).status_code == 403
    assert ApiKey.objects.get().last_used_at is None


def test_an_answer_to_a_key_is_stored_by_nobody(key: NewKey) -> None:
    for headers in ({"x-api-key": key.text}, {"authorization": f"Bearer {key.text}"}):
        assert ask(**headers)["Cache-Control"] == "no-store"


class TestLimits:
    @pytest.fixture(autouse=True)
    def _rates(self, settings: Settings) -> None:
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"key": "3/minute"}

    def test_a_key_over_its_limit_must_wait(self, alice: User, key: NewKey, clock: Any) -> None:
        program, other = make.program(key.text), make.program(make.key(alice).text)
        assert {program.get(TAGS).status_code for _ in range(3)} == {200}
        clock.shift(timedelta(seconds=20))
        refusal = program.get(TAGS)
        assert make.refused(refusal, 429) == [("throttled", None)]
        assert refusal["Retry-After"] == "40"
        assert (refusal["RateLimit-Policy"], refusal["RateLimit"]) == ('"key-60s";q=3;w=60', '"key-60s";r=0;t=40')
        assert other.get(TAGS).status_code == 200  # each key has its own count
        assert make.client(alice).get(TAGS).status_code == 200
        clock.shift(timedelta(seconds=41))
        assert program.get(TAGS).status_code == 200

    def test_answers_tell_what_is_left(self, key: NewKey) -> None:
        program = make.program(key.text)
        left = [program.get(TAGS)["RateLimit"] for _ in range(3)]
        assert left == ['"key-60s";r=2;t=60', '"key-60s";r=1;t=60', '"key-60s";r=0;t=60']

    def test_several_rates_are_told_apart(self, key: NewKey, settings: Settings) -> None:
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"key": "9/minute;100/hour"}
        answer = make.program(key.text).get(TAGS)
        assert answer["RateLimit-Policy"] == '"key-60s";q=9;w=60, "key-3600s";q=100;w=3600'
        assert answer["RateLimit"] == '"key-60s";r=8;t=60, "key-3600s";r=99;t=3600'

    def test_requests_that_a_scope_refuses_count(self, key: NewKey) -> None:
        program = make.program(key.text)
        assert [program.get("/api/users/me/").status_code for _ in range(4)] == [403, 403, 403, 429]

    def test_guesses_do_not_use_up_the_limit_of_a_key(self, key: NewKey) -> None:
        for _ in range(5):
            assert ask(**{"x-api-key": other_secret(key.text)}).status_code == 401
        assert ask(**{"x-api-key": key.text}).status_code == 200

    def test_people_who_are_signed_in_get_no_such_headers(self, api: APIClient) -> None:
        assert "RateLimit" not in api.get(TAGS)

    def test_while_redis_is_down_a_key_is_limited_all_the_same(
        self, key: NewKey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        away = redis.Redis.from_url("unix:///nowhere/redis.sock")
        monkeypatch.setattr(throttling, "connection", lambda: away)
        throttling.limiter.cache_clear()
        throttling.fallback_limiter.cache_clear()
        program = make.program(key.text)
        try:
            assert [program.get(TAGS).status_code for _ in range(4)] == [200, 200, 200, 429]
        finally:
            throttling.limiter.cache_clear()
            throttling.fallback_limiter.cache_clear()
