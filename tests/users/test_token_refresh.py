"""POST token/refresh/: a refresh token can be used once, and later reuse means that it was stolen."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken

from tests import make
from users.models import User
from users.services import change_password

PATH = "/api/token/refresh/"
INVALID = [("token_not_valid", None)]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def sign_in(stranger: APIClient) -> str:
    answer = stranger.post("/api/token/", {"email": "alice@example.org", "password": make.PASSWORD})
    assert answer.status_code == 200
    return str(answer.json()["refresh"])


def refresh(stranger: APIClient, token: str) -> str:
    answer = stranger.post(PATH, {"refresh": token})
    assert answer.status_code == 200, answer.content
    return str(answer.json()["refresh"])


def test_refreshing_returns_a_new_valid_pair(stranger: APIClient, alice: User) -> None:
    old = sign_in(stranger)
    new = stranger.post(PATH, {"refresh": old}).json()
    assert new.keys() == {"refresh", "access"} and new["refresh"] != old
    stranger.credentials(HTTP_AUTHORIZATION=f"Bearer {new['access']}")
    assert stranger.get("/api/users/me/").status_code == 200
    assert refresh(stranger, new["refresh"])


def test_a_used_token_is_refused(stranger: APIClient, alice: User) -> None:
    old = sign_in(stranger)
    refresh(stranger, old)
    assert make.refused(stranger.post(PATH, {"refresh": old}), 401) == INVALID


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_only_one_of_twenty_parallel_refreshes_succeeds(stranger: APIClient, alice: User) -> None:
    old = sign_in(stranger)
    answers = make.at_once([lambda: APIClient().post(PATH, {"refresh": old})] * 20)
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
    for answer in answers:
        if answer.status_code == 401:
            assert make.refused(answer, 401) == INVALID
    [won] = [answer.json() for answer in answers if answer.status_code == 200]
    stranger.credentials(HTTP_AUTHORIZATION=f"Bearer {won['access']}")
    assert stranger.get("/api/users/me/").status_code == 200
    assert refresh(stranger, won["refresh"])


@pytest.mark.parametrize("seconds", [0, 9, 10])
def test_reusing_a_token_within_ten_seconds_revokes_nothing(stranger: APIClient, alice: User, seconds: int) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        old, elsewhere = sign_in(stranger), sign_in(stranger)
        new = refresh(stranger, old)
        clock.shift(timedelta(seconds=seconds))
        assert make.refused(stranger.post(PATH, {"refresh": old}), 401) == INVALID
        assert refresh(stranger, new)
        assert refresh(stranger, elsewhere)


@pytest.mark.parametrize("seconds", [11, 60, 86400])
def test_reusing_a_token_later_revokes_all_tokens_of_the_user(
    stranger: APIClient, alice: User, bob: User, seconds: int
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        old, elsewhere = sign_in(stranger), sign_in(stranger)
        of_bob = str(RefreshToken.for_user(bob))
        new = refresh(stranger, old)
        clock.shift(timedelta(seconds=seconds))
        assert make.refused(stranger.post(PATH, {"refresh": old}), 401) == INVALID
        for token in (new, elsewhere, old):
            assert make.refused(stranger.post(PATH, {"refresh": token}), 401) == INVALID
        assert refresh(stranger, of_bob)
        assert refresh(stranger, sign_in(stranger))


def test_reusing_an_older_ancestor_revokes_all_tokens_too(stranger: APIClient, alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        first = sign_in(stranger)
        clock.shift(timedelta(minutes=5))
        second = refresh(stranger, first)
        clock.shift(timedelta(minutes=5))
        third = refresh(stranger, second)
        clock.shift(timedelta(minutes=5))
        assert make.refused(stranger.post(PATH, {"refresh": first}), 401) == INVALID
        assert make.refused(stranger.post(PATH, {"refresh": third}), 401) == INVALID


def test_reusing_a_revoked_token_revokes_nothing_else(stranger: APIClient, api: APIClient, alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        api = make.client(alice)
        gone, other = sign_in(stranger), sign_in(stranger)
        assert api.post("/api/token/revoke/", {"refresh": gone}).status_code == 204
        clock.shift(timedelta(minutes=1))
        assert make.refused(stranger.post(PATH, {"refresh": gone}), 401) == INVALID
        assert refresh(stranger, other)


def test_a_refresh_token_expires_after_thirty_days(stranger: APIClient, alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        used, late = sign_in(stranger), sign_in(stranger)
        clock.shift(timedelta(days=30, seconds=-1))
        assert refresh(stranger, used)
        clock.shift(timedelta(seconds=2))
        assert make.refused(stranger.post(PATH, {"refresh": late}), 401) == INVALID


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "ё", " . . ", "\u202e"])
def test_a_forged_token_is_refused(stranger: APIClient, alice: User, token: str) -> None:
    assert make.refused(stranger.post(PATH, {"refresh": token}), 401) == INVALID


def test_a_token_signed_by_another_key_is_refused(stranger: APIClient, alice: User) -> None:
    claims = RefreshToken.for_user(alice).payload
    forged = jwt.encode(claims, "another key, just as long as the real one", algorithm="HS256")
    assert make.refused(stranger.post(PATH, {"refresh": forged}), 401) == INVALID
    forged = jwt.encode(claims, "", algorithm="none")
    assert make.refused(stranger.post(PATH, {"refresh": forged}), 401) == INVALID


def test_an_access_token_is_refused_as_a_refresh_token(stranger: APIClient, alice: User) -> None:
    access = str(RefreshToken.for_user(alice).access_token)
    assert make.refused(stranger.post(PATH, {"refresh": access}), 401) == INVALID


def test_the_token_of_a_banned_user_is_refused(stranger: APIClient, alice: User) -> None:
    token = sign_in(stranger)
    User.objects.update(is_active=False)
    assert make.refused(stranger.post(PATH, {"refresh": token}), 401) == INVALID


def test_a_password_set_by_an_operator_invalidates_tokens_too(stranger: APIClient, alice: User) -> None:
    """The admin and `manage.py changepassword` do not revoke tokens."""
    token = sign_in(stranger)
    alice.set_password("set by an operator")
    alice.save()
    assert make.refused(stranger.post(PATH, {"refresh": token}), 401) == INVALID


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(5))
def test_no_token_survives_a_password_change_that_runs_in_parallel(round_: int, alice: User) -> None:
    old = str(RefreshToken.for_user(alice))
    _, answer = make.at_once(
        [
            lambda: change_password(user=alice, password=make.PASSWORD, new_password="another horse battery"),
            lambda: APIClient().post(PATH, {"refresh": old}),
        ]
    )
    for token in (old, answer.json().get("refresh", old)):
        assert make.refused(APIClient().post(PATH, {"refresh": token}), 401) == INVALID


@pytest.mark.parametrize("token", [None, "", 5.5, [], "a\0b", "x" * 2001])
def test_an_invalid_token_names_the_field(stranger: APIClient, token: object) -> None:
    refusal = stranger.post(PATH, {"refresh": token})
    if token == 5.5:
        assert make.refused(refusal, 401) == INVALID
    else:
        assert {attr for _, attr in make.refused(refusal)} == {"refresh"}
