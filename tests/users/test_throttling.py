"""Rate limits: per network address, per account, per user, and for everything that checks a secret."""

import json
import math
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
import redis
import time_machine
from django.test import Client
from django.urls import get_resolver
from limits import parse_many
from pytest_django import Settings
from rest_framework.test import APIClient

from common import throttling
from common.redis import connection
from config.env import rate
from tests import make
from tests.fake_telegram import FakeTelegram
from users.models import User

SIGN_IN = "/api/token/"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rates(settings: Settings) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"stranger": "4/minute", "account": "2/minute"}


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


def test_while_redis_is_down_each_process_counts_by_itself(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    away = redis.Redis.from_url("unix:///nowhere/redis.sock")
    monkeypatch.setattr(throttling, "connection", lambda: away)
    throttling.limiter.cache_clear()
    throttling.fallback_limiter.cache_clear()
    try:
        assert [sign_in().status_code for _ in range(4)] == [401, 401, 429, 429]
    finally:
        throttling.limiter.cache_clear()
        throttling.fallback_limiter.cache_clear()


def test_attempts_at_an_account_are_counted_across_network_addresses(alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for number in range(2):
            assert sign_in(REMOTE_ADDR=f"10.1.1.{number}").status_code == 401
        refusal = sign_in(REMOTE_ADDR="10.1.1.9")
        assert make.refused(refusal, 429) == [("throttled", None)]
        assert 1 <= int(refusal["Retry-After"]) <= 60
        assert sign_in("bob@example.org", REMOTE_ADDR="10.1.1.9").status_code == 401
        clock.shift(timedelta(seconds=61))
        assert sign_in(REMOTE_ADDR="10.1.1.9").status_code == 401


def test_requests_beyond_the_limit_of_their_network_do_not_use_up_the_limit_of_an_account(alice: User) -> None:
    for number in range(4):
        sign_in(f"{number}@example.org")
    for _ in range(3):
        assert sign_in().status_code == 429
    assert sign_in(REMOTE_ADDR="10.1.1.1").status_code == 401


@pytest.mark.parametrize(
    ("address", "other"),
    [("2001:db8:1:2::1", "2001:db8:1:2:aaaa::2"), ("10.1.1.1", "::ffff:10.1.1.1")],
)
def test_an_ipv6_network_and_a_mapped_address_are_one_address(address: str, other: str) -> None:
    for number in range(4):
        assert sign_in(f"{number}@example.org", REMOTE_ADDR=(address, other)[number % 2]).status_code == 401
    assert sign_in("another@example.org", REMOTE_ADDR=other).status_code == 429
    assert sign_in("another@example.org", REMOTE_ADDR="2001:db8:1:3::1").status_code == 401


def test_several_rates_hold_together(settings: Settings, alice: User) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"account": "2/minute;3/hour"}
    with time_machine.travel(NOW, tick=False) as clock:
        codes = []
        for _ in range(3):
            codes += [sign_in().status_code for _ in range(3)]
            clock.shift(timedelta(seconds=61))
    assert codes == [401, 401, 429, 401, 429, 429, 429, 429, 429]


@pytest.mark.parametrize("malformed", ["10", "ten/minute", "10/fortnight", "-1/minute"])
def test_a_malformed_rate_is_refused_at_the_start(malformed: str) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        rate(malformed)


# What an answer may tell


def test_registering_tells_whether_a_name_is_taken_only_within_a_tight_limit(settings: Settings, alice: User) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"names": "2/hour"}
    given = {"email": "alice@example.org", "password": make.PASSWORD}
    codes = [APIClient().post("/api/register/", given).status_code for _ in range(3)]
    assert codes == [400, 400, 429]
    api = make.client(alice)
    changes = {"email": "bob@example.org", "password": make.PASSWORD}
    assert api.patch("/api/users/me/", changes).status_code == 429, "the same network asks"
    assert api.patch("/api/users/me/", changes, REMOTE_ADDR="10.1.1.1").status_code == 200


def test_changes_of_address_and_username_are_limited_per_user(settings: Settings, api: APIClient, alice: User) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"names": "2/hour"}
    codes = [
        api.patch("/api/users/me/", changes, REMOTE_ADDR=f"10.1.1.{number}").status_code
        for number, changes in enumerate(
            [{"email": "a@example.org", "password": make.PASSWORD}, {"username": "ally"}, {"username": "bo"}]
        )
    ]
    assert codes == [200, 200, 429]
    same = {"email": alice.email, "username": "ally", "language": "ru"}
    assert {api.put("/api/users/me/", same).status_code for _ in range(5)} == {200}


def test_a_mailbox_gets_few_mails_that_strangers_ask_for(settings: Settings, alice: User) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"mail": "2/hour"}
    for path in ("password/reset/", "register/resend/"):
        codes = [
            APIClient().post(f"/api/{path}", {"email": email}, REMOTE_ADDR=f"10.1.1.{number}").status_code
            for number, email in enumerate(("alice@example.org", "ALICE@example.org", "alice@ｅxample.org"))
        ]
        assert codes == [202, 202, 429]
        assert APIClient().post(f"/api/{path}", {"email": "nobody@example.org"}).status_code == 202


def test_the_bot_writes_to_few_chats_that_a_user_or_several_users_name(
    settings: Settings, telegram: FakeTelegram, alice: User, bob: User
) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"chat": "2/hour"}
    body = {"password": make.PASSWORD}
    alices, bobs = make.client(alice), make.client(bob)
    codes = [alices.post("/api/tg/link/", body | {"chat_id": 7000 + number}).status_code for number in range(3)]
    assert codes == [202, 202, 429]
    codes = [bobs.post("/api/tg/link/", body | {"chat_id": 7000}).status_code for _ in range(2)]
    assert codes == [202, 429]
    assert alices.get("/api/tg/link/").status_code == 200


@pytest.mark.parametrize("spelling", ["7000", " 7000", "07000", "7_000", "+7000", "７０００", "7000.0"])
def test_a_chat_is_counted_once_however_its_id_is_spelled(
    settings: Settings, telegram: FakeTelegram, alice: User, bob: User, spelling: str
) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"chat": "1/hour"}
    body = {"password": make.PASSWORD}
    assert make.client(alice).post("/api/tg/link/", body | {"chat_id": 7000}).status_code == 202
    assert make.client(bob).post("/api/tg/link/", body | {"chat_id": spelling}).status_code in {400, 429}


def test_guesses_at_the_own_password_count_together_at_a_change_of_address(settings: Settings, api: APIClient) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"secret": "2/hour"}
    guess = {"password": "not the password", "new_password": "an even better battery"}
    assert api.post("/api/password/change/", guess).status_code == 400
    change = {"email": "new@example.org", "password": "not the password"}
    assert [api.patch("/api/users/me/", change).status_code for _ in range(2)] == [400, 429]
    assert api.patch("/api/users/me/", {"language": "ru"}).status_code == 200


# Every view that checks a secret or makes us write to somebody

# Fields of bodies and parts of paths that are secrets, or name somebody who then gets a message.
SECRETS = {"password", "new_password", "token", "refresh", "code"}
WRITTEN_TO = {"email", "chat_id"}
# Operations and pages that check a secret and have no limit, with the reason.
UNLIMITED = {
    ("post", "/token/revoke/"): "ends the caller's own token, and answers alike whatever it is given",
}


def operations() -> Iterator[tuple[str, str, set[str], dict[str, Any]]]:
    """Yield the method, path, names of fields and the example of each operation of the schema."""
    schema = APIClient().get("/api/schema/?format=openapi").json()
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if not isinstance(operation, dict):
                continue
            fields: set[str] = set(re.findall(r"{(\w+)}", path))
            example: dict[str, Any] = {}
            for parameter in operation["parameters"]:
                if parameter["in"] != "body":
                    continue
                definition = schema["definitions"].get(parameter["schema"].get("$ref", "").rpartition("/")[2], {})
                fields |= definition.get("properties", {}).keys()
                example |= definition.get("example", {})
            yield method, path, fields, example


def test_every_operation_that_checks_a_secret_or_makes_us_write_to_somebody_is_limited(
    settings: Settings, alice: User
) -> None:
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "2/minute")
    partner = make.partner_key(make.partner()).text
    unlimited: set[tuple[str, str]] = set()
    limited: set[tuple[str, str]] = set()
    for method, path, fields, example in operations():
        if method == "get" or not fields & (SECRETS | WRITTEN_TO):
            continue
        connection().flushdb()
        replaced = {"email": "new@example.org", "username": "new", "password": "a wrong guess"}
        body = {name: replaced.get(name, value) for name, value in example.items()}
        codes = []
        for _ in range(3):
            client = make.program(partner) if path.startswith("/partner/") else make.client(alice)
            answer = getattr(client, method)("/api" + re.sub(r"{\w+}", "1", path), body)
            codes.append(answer.status_code)
        (limited if codes[-1] == 429 else unlimited).add((method, path))
    assert unlimited == UNLIMITED.keys()
    assert {path for _, path in limited} >= {"/token/", "/token/link/", "/password/change/", "/users/me/", "/tg/link/"}


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/confirm/x/", {}),
        ("/reset/x/", {"password": "x"}),
        ("/unsubscribe/x/", {}),
        ("/mails-off/x/", {}),
        ("/link/x/", {"password": "x"}),
        ("/s/x/", None),
        ("/calendar/x.ics", None),
        ("/a/x", {}),
        ("/t/x/", {}),
        ("/a/x/undo", {}),
        ("/events/open-wearables/x/", {}),
        ("/admin/login/", {"username": "a@example.org", "password": "x"}),
        ("/admin/password_change/", {"old_password": "x"}),
    ],
)
def test_every_page_that_checks_a_secret_is_limited(
    client: Client, settings: Settings, alice: User, path: str, form: dict[str, str] | None
) -> None:
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "2/minute")
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    if "change" in path:
        client.force_login(User.objects.get(pk=alice.pk))
    answers = [client.get(path) if form is None else client.post(path, form) for _ in range(3)]
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60


def test_every_page_with_a_token_or_a_password_is_in_the_test_before() -> None:
    routes = {str(each.pattern) for each in get_resolver().url_patterns if not hasattr(each, "url_patterns")}
    assert {route for route in routes if "<str:token>" in route} == {
        "confirm/<str:token>/", "reset/<str:token>/", "unsubscribe/<str:token>/", "mails-off/<str:token>/",
        "link/<str:token>/", "s/<str:token>/", "s/<str:token>/card.png", "calendar/<str:token>.ics",
        "a/<str:token>", "a/<str:token>/", "a/<str:token>/undo", "events/open-wearables/<str:token>/",
        "t/<str:token>/",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/api/password/change/", {"password": "wrong", "new_password": "a better battery"}),
        ("delete", "/api/users/me/", {"password": "wrong"}),
        ("patch", "/api/users/me/", {"password": "wrong", "email": "new@example.org"}),
        ("put", "/api/users/me/", {"password": "wrong", "email": "new@example.org"}),
        ("post", "/api/tg/link/", {"password": "wrong"}),
    ],
)
def test_guesses_of_somebody_who_is_signed_in_are_limited(
    api: APIClient, settings: Settings, method: str, path: str, body: dict[str, str]
) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"secret": "3/hour"}
    codes = [getattr(api, method)(path, body, REMOTE_ADDR=f"10.1.1.{number}").status_code for number in range(5)]
    assert codes == [400] * 3 + [429] * 2


def test_guesses_have_one_count_wherever_they_are_made(api: APIClient, settings: Settings) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"secret": "3/hour"}
    make.refused(api.post("/api/tg/link/", {"password": "wrong"}))
    make.refused(api.patch("/api/users/me/", {"password": "wrong", "email": "new@example.org"}))
    make.refused(api.delete("/api/users/me/", {"password": "wrong"}))
    body = {"password": "wrong", "new_password": "a better battery"}
    assert api.post("/api/password/change/", body).status_code == 429
    assert api.patch("/api/users/me/", {"language": "ru"}).status_code == 200, "it gives no password"


def test_a_request_without_a_network_address_is_limited_as_well(alice: User) -> None:
    codes = [sign_in(f"{number}@example.org", REMOTE_ADDR=None).status_code for number in range(5)]
    assert codes == [401] * 4 + [429]


class TestCount:
    """What programs are told of their limit is counted by one call of Redis, by the rules of `limits`."""

    @pytest.fixture(autouse=True)
    def _two_rates(self, settings: Settings) -> None:
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"key": "3/minute;7/hour"}

    def test_it_is_one_call_of_redis_whatever_the_number_of_rates(self, monkeypatch: pytest.MonkeyPatch) -> None:
        throttling.count("key", "1")
        calls: list[tuple[Any, ...]] = []
        execute: Any = redis.Redis.execute_command

        def spy(self: Any, *command: Any, **options: Any) -> Any:
            calls.append(command)
            return execute(self, *command, **options)

        monkeypatch.setattr(redis.Redis, "execute_command", spy)
        assert [quota.remaining for quota in throttling.count("key", "1")] == [1, 5]
        assert [command[0] for command in calls] == ["EVALSHA"]

    @pytest.mark.parametrize("seed", range(20))
    def test_it_says_what_limits_says_by_two_calls_for_each_rate(self, seed: int, settings: Settings) -> None:
        random, limiter, theirs = Random(seed), throttling.limiter(), ("throttle", "key", f"their {seed}")
        with time_machine.travel(NOW, tick=False) as clock:
            for _ in range(40):
                told = throttling.count("key", f"our {seed}")
                for quota, rate in zip(told, parse_many(settings.THROTTLE_RATES["key"]), strict=True):
                    assert (quota.wait is None) == limiter.hit(rate, *theirs)
                    stats = limiter.get_window_stats(rate, *theirs)
                    assert (quota.amount, quota.window) == (rate.amount, rate.get_expiry())
                    assert quota.remaining == stats.remaining
                    assert quota.reset == max(1, math.ceil(stats.reset_time - time.time()))
                clock.shift(timedelta(seconds=random.choice([0, 1, 7.5, 20, 59.5, 60, 61, 900, 3600])))

    def test_the_counts_of_subjects_and_scopes_are_apart(self, settings: Settings) -> None:
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"partner": "3/minute"}
        for _ in range(4):
            throttling.count("key", "1")
        assert throttling.count("key", "1")[0].wait is not None
        assert throttling.count("key", "2")[0].wait is None
        assert throttling.count("partner", "1")[0].wait is None

    def test_it_takes_no_more_room_than_its_limits(self) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            for _ in range(30):
                throttling.count("key", "1")
                clock.shift(timedelta(minutes=2))
        client: Any = connection()
        lists = [client.llen(name) for name in client.keys("*throttle/key/1/*")]
        assert sorted(lists) == [3, 7]

    def test_a_script_that_redis_has_forgotten_is_sent_again(self) -> None:
        throttling.count("key", "1")
        client: Any = connection()
        client.execute_command("SCRIPT", "FLUSH")
        assert throttling.count("key", "1")[0].remaining == 1
