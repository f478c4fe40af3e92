"""POST token/ and token/revoke/: signing in and out."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from tests import make
from users.models import User

SIGN_IN, REFRESH, REVOKE, ME = "/api/token/", "/api/token/refresh/", "/api/token/revoke/", "/api/users/me/"
EMAIL = "alice@example.org"

pytestmark = pytest.mark.django_db


def pair(stranger: APIClient, email: str = EMAIL) -> dict[str, str]:
    answer = stranger.post(SIGN_IN, {"email": email, "password": make.PASSWORD})
    assert answer.status_code == 200
    return dict(answer.json())


def with_access(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_a_confirmed_user_signs_in_and_is_authenticated_by_the_token(stranger: APIClient, alice: User) -> None:
    tokens = pair(stranger)
    assert tokens.keys() == {"refresh", "access"}
    assert with_access(tokens["access"]).get(ME).json()["email"] == EMAIL


@pytest.mark.parametrize("email", ["ALICE@example.org", "  alice@example.org  "])
def test_the_case_of_the_address_does_not_matter(stranger: APIClient, alice: User, email: str) -> None:
    assert pair(stranger, email)


def test_the_response_does_not_reveal_why_signing_in_failed(stranger: APIClient, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    stranger.post("/api/register/", {"email": "waits@example.org", "password": make.PASSWORD})
    refusals = [
        stranger.post(SIGN_IN, {"email": email, "password": password})
        for email, password in (
            (EMAIL, "wrong horse battery"),
            ("nobody@example.org", make.PASSWORD),
            (bob.email, make.PASSWORD),
            ("waits@example.org", make.PASSWORD),
        )
    ]
    for refusal in refusals:
        assert make.refused(refusal, 401) == [("no_active_account", None)]
        assert refusal.content == refusals[0].content


@pytest.mark.parametrize(
    ("given", "attrs"),
    [
        ({}, {"email", "password"}),
        ({"email": EMAIL}, {"password"}),
        ({"email": EMAIL, "password": None}, {"password"}),
        ({"email": [EMAIL], "password": "x"}, {"email"}),
        ({"email": EMAIL, "password": "a\0b"}, {"password"}),
    ],
)
def test_missing_and_invalid_fields_are_named(
    stranger: APIClient, alice: User, given: dict[str, Any], attrs: set[str]
) -> None:
    assert {attr for _, attr in make.refused(stranger.post(SIGN_IN, given))} == attrs


def test_an_access_token_expires_after_15_minutes(stranger: APIClient, alice: User) -> None:
    signed_in = with_access(pair(stranger)["access"])
    now = timezone.now()
    with time_machine.travel(now + timedelta(minutes=14), tick=False):
        assert signed_in.get(ME).status_code == 200
    with time_machine.travel(now + timedelta(minutes=16), tick=False):
        refusal = signed_in.get(ME)
    assert make.refused(refusal, 401) == [("token_not_valid", None)]
    assert refusal["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", ["Bearer x", "Bearer a.b.c", "Bearer", "Bearer one two", "Bearer é", "Basic YTpi", "x" * 5000, ""]
)
def test_a_forged_access_token_is_refused(alice: User, header: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    [(code, attr)] = make.refused(client.get(ME), 401)
    assert attr is None and code in {"token_not_valid", "not_authenticated", "bad_authorization_header"}


def test_a_token_signed_by_another_key_or_unsigned_is_refused(alice: User) -> None:
    claims = AccessToken.for_user(alice).payload
    for forged in (
        jwt.encode(claims, "another key, just as long as the real one", algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
    ):
        assert make.refused(with_access(forged).get(ME), 401) == [("token_not_valid", None)]


def test_a_refresh_token_is_refused_as_an_access_token(stranger: APIClient, alice: User) -> None:
    assert make.refused(with_access(pair(stranger)["refresh"]).get(ME), 401) == [("token_not_valid", None)]


def test_a_banned_user_loses_access_at_once(api: APIClient, alice: User) -> None:
    User.objects.update(is_active=False)
    assert make.refused(api.get(ME), 401) == [("user_inactive", None)]


def test_signing_out_ends_only_that_session(stranger: APIClient, api: APIClient, alice: User) -> None:
    here, there = pair(stranger), pair(stranger)
    assert api.post(REVOKE, {"refresh": here["refresh"]}).status_code == 204
    assert make.refused(stranger.post(REFRESH, {"refresh": here["refresh"]}), 401) == [("token_not_valid", None)]
    assert stranger.post(REFRESH, {"refresh": there["refresh"]}).status_code == 200


def test_signing_out_twice_or_with_an_invalid_token_succeeds_and_ends_nothing(
    stranger: APIClient, api: APIClient, alice: User
) -> None:
    here, there = pair(stranger), pair(stranger)
    for token in (here["refresh"], here["refresh"], "rubbish", there["access"]):
        assert api.post(REVOKE, {"refresh": token}).status_code == 204
    assert stranger.post(REFRESH, {"refresh": there["refresh"]}).status_code == 200


def test_a_user_cannot_sign_out_another(stranger: APIClient, alice: User, charlie: User) -> None:
    token = pair(stranger)["refresh"]
    assert make.client(charlie).post(REVOKE, {"refresh": token}).status_code == 204
    assert stranger.post(REFRESH, {"refresh": token}).status_code == 200


def test_signing_out_requires_authentication(stranger: APIClient, alice: User) -> None:
    token = pair(stranger)["refresh"]
    assert make.refused(stranger.post(REVOKE, {"refresh": token}), 401) == [("not_authenticated", None)]
