"""Past an account's limit no password is looked at, and yet nobody can lock its owner out."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import hashers
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from notifications.models import Delivery
from tests import make
from users.models import User
from users.requests import DEVICE_COOKIE as COOKIE

SIGN_IN, BY_LINK = "/api/token/", "/api/token/link/"
EMAIL = "alice@example.org"
SPELLINGS = [EMAIL, " ALICE@example.org", "alice@ｅxample.org", "ａｌｉｃｅ@EXAMPLE.org", "alice@example.org\u200b"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rates(settings: Settings) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"stranger": "1000/minute", "account": "3/minute"}


def tried(client: APIClient, email: str = EMAIL, password: str = "wrong") -> Any:
    return client.post(SIGN_IN, {"email": email, "password": password})


def locked(email: str = EMAIL) -> None:
    """Let somebody else use up the limit of the account."""
    for _ in range(4):
        tried(APIClient(REMOTE_ADDR="10.9.9.9"), email)


def mailed_links() -> list[str]:
    mails = [mail for mail in make.mails() if "sign in" in mail.subject]
    assert {str(mail.to) for mail in mails} <= {f"['{EMAIL}']"}
    return [found[1] for mail in mails if (found := re.search(r"/#/sign-in-link/(\S+)", str(mail.body)))]


def test_every_spelling_that_finds_an_account_is_counted_for_it(alice: User) -> None:
    codes = [
        tried(APIClient(REMOTE_ADDR=f"10.1.1.{number}"), email).status_code for number, email in enumerate(SPELLINGS)
    ]
    assert codes == [401] * 3 + [429] * 2
    assert all(User.objects.by_email(email) == alice for email in SPELLINGS)


def test_the_admin_and_the_api_have_one_count(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    form = {"password": make.PASSWORD}
    codes = []
    for number, email in enumerate(SPELLINGS):
        client = Client(REMOTE_ADDR=f"10.1.1.{number}")
        codes.append(client.post("/admin/login/", form | {"username": email, "password": "wrong"}).status_code)
    assert codes == [200] * 3 + [429] * 2
    assert tried(APIClient(), password=make.PASSWORD).status_code == 429


def test_the_admin_login_is_limited_by_network_address(settings: Settings, client: Client) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"stranger": "2/minute"}
    codes = [
        client.post("/admin/login/", {"username": f"{number}@example.org", "password": "x"}).status_code
        for number in range(3)
    ]
    assert codes == [200] * 2 + [429]


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org"])
def test_past_the_limit_no_password_is_looked_at(alice: User, monkeypatch: pytest.MonkeyPatch, email: str) -> None:
    locked(email)

    def never(*args: Any, **options: Any) -> bool:
        raise AssertionError("a password was looked at")

    monkeypatch.setattr(hashers, "verify_password", never)
    monkeypatch.setattr(hashers, "make_password", never)
    assert make.refused(tried(APIClient(), email, make.PASSWORD), 429) == [("throttled", None)]


def test_known_and_unknown_addresses_are_answered_alike_past_the_limit(alice: User) -> None:
    answers, statements = [], []
    for email in (EMAIL, "nobody@example.org"):
        locked(email)
        Delivery.objects.all().delete()
        with time_machine.travel(timezone.now(), tick=False), CaptureQueriesContext(connection) as queries:
            answers.append(tried(APIClient(), email).json()["errors"][0]["code"])
        statements.append([query["sql"].split()[0] for query in queries])
    assert answers[0] == answers[1] and statements[0] == statements[1]


def test_a_device_that_has_signed_in_before_is_not_locked_out_by_others(alice: User) -> None:
    device = APIClient()
    assert tried(device, password=make.PASSWORD).status_code == 200
    locked()
    assert tried(APIClient(), password=make.PASSWORD).status_code == 429
    assert tried(device, password=make.PASSWORD).status_code == 200
    codes = [tried(device).status_code for _ in range(4)]
    assert codes[-1] == 429, "it has a limit of its own"


def test_a_device_is_known_for_the_accounts_that_signed_in_there(alice: User, bob: User) -> None:
    device = APIClient()
    for email in (EMAIL, bob.email):
        assert tried(device, email, make.PASSWORD).status_code == 200
    charlie = make.person("charlie")
    for email in (EMAIL, bob.email, charlie.email):
        locked(email)
    codes = [tried(device, email, make.PASSWORD).status_code for email in (EMAIL, bob.email, charlie.email)]
    assert codes == [200, 200, 429]


def test_a_failed_attempt_makes_no_device_known(alice: User) -> None:
    device = APIClient()
    assert COOKIE not in tried(device).cookies
    for forged in ("", "x", "W1sxLCJ4IiwieSJdXQ:1vO:abc"):
        device.cookies[COOKIE] = forged
        locked()
        assert tried(device, password=make.PASSWORD).status_code == 429


def test_the_cookie_is_for_the_server_alone(alice: User, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    cookie = tried(APIClient(), password=make.PASSWORD).cookies[COOKIE]
    assert cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Strict"
    assert EMAIL not in cookie.value


def test_the_owner_is_mailed_one_link_an_hour_that_signs_in_once(alice: User) -> None:
    with time_machine.travel("2026-11-21 12:10Z", tick=False) as clock:
        locked()
        [token] = mailed_links()
        for _ in range(3):
            clock.shift(timedelta(minutes=2))
            locked()
        assert len(mailed_links()) == 1
        device = APIClient()
        answer = device.post(BY_LINK, {"token": token})
        assert answer.status_code == 200 and answer.json().keys() == {"refresh", "access"}
        assert make.refused(APIClient().post(BY_LINK, {"token": token})) == [("invalid_link", "token")]
        locked()
        assert tried(device, password=make.PASSWORD).status_code == 200, "the device is known from now on"
        clock.shift(timedelta(hours=1))
        locked()
        assert len(mailed_links()) == 2


def test_a_sign_in_link_expires_after_an_hour_and_with_a_new_password(alice: User) -> None:
    now = timezone.now()
    locked()
    [token] = mailed_links()
    with time_machine.travel(now + timedelta(minutes=61), tick=False):
        assert make.refused(APIClient().post(BY_LINK, {"token": token})) == [("invalid_link", "token")]
    make.client(alice).post("/api/password/change/", {"password": make.PASSWORD, "new_password": "a better battery"})
    assert make.refused(APIClient().post(BY_LINK, {"token": token})) == [("invalid_link", "token")]


def test_no_link_is_mailed_to_an_unknown_unconfirmed_or_banned_account(alice: User, stranger: APIClient) -> None:
    stranger.post("/api/register/", {"email": "waits@example.org", "password": make.PASSWORD})
    User.objects.filter(pk=alice.pk).update(is_active=False)
    for email in (EMAIL, "waits@example.org", "nobody@example.org"):
        locked(email)
    assert mailed_links() == []


def test_the_link_of_a_banned_user_is_refused(alice: User) -> None:
    locked()
    [token] = mailed_links()
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert make.refused(APIClient().post(BY_LINK, {"token": token})) == [("invalid_link", "token")]


def test_a_refusal_costs_the_same_for_every_kind_of_account(
    alice: User, bob: User, stranger: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One password is hashed, and the same statements run: the time says nothing of an address."""
    stranger.post("/api/register/", {"email": "waits@example.org", "password": make.PASSWORD})
    User.objects.filter(pk=bob.pk).update(is_active=False)
    hashes: list[str] = []

    def counted(name: str) -> None:
        original = getattr(Argon2PasswordHasher, name)

        def count(*args: Any) -> Any:
            hashes.append(name)
            return original(*args)

        monkeypatch.setattr(Argon2PasswordHasher, name, count)

    counted("encode")
    counted("verify")
    cost = {}
    for email, password in (
        (EMAIL, "wrong"),
        (bob.email, make.PASSWORD),
        ("waits@example.org", make.PASSWORD),
        ("nobody@example.org", make.PASSWORD),
    ):
        hashes.clear()
        with CaptureQueriesContext(connection) as queries:
            assert tried(APIClient(), email, password).status_code == 401
        cost[email] = (len(hashes), [query["sql"].split()[0] for query in queries])
    assert len({str(each) for each in cost.values()}) == 1, cost
    assert cost[EMAIL][0] == 1


@pytest.mark.parametrize("path", ["register/resend/", "password/reset/"])
def test_a_mail_is_asked_for_with_the_same_statements_for_every_kind_of_account(
    alice: User, bob: User, stranger: APIClient, path: str
) -> None:
    stranger.post("/api/register/", {"email": "waits@example.org", "password": make.PASSWORD})
    Delivery.objects.all().delete()
    User.objects.filter(pk=bob.pk).update(is_active=False)
    statements = set()
    for email in (EMAIL, bob.email, "waits@example.org", "nobody@example.org"):
        with CaptureQueriesContext(connection) as queries:
            answer = stranger.post(f"/api/{path}", {"email": email})
        assert (answer.status_code, answer.content) == (202, b"")
        statements.add(str([query["sql"].split()[0] for query in queries]))
    assert len(statements) == 1
