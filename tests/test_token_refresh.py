"""POST token/refresh/: a refresh token is used once, and one that comes back late is taken for stolen."""

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
DEAD = [("token_not_valid", None)]
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


def test_a_refresh_gives_a_new_pair_of_which_both_work(stranger: APIClient, alice: User) -> None:
    old = sign_in(stranger)
    new = stranger.post(PATH, {"refresh": old}).json()
    assert new.keys() == {"refresh", "access"} and new["refresh"] != old
    stranger.credentials(HTTP_AUTHORIZATION=f"Bearer {new['access']}")
    assert stranger.get("/api/users/me/").status_code == 200
    assert refresh(stranger, new["refresh"])


def test_a_used_token_is_dead(stranger: APIClient, alice: User) -> None:
    old = sign_in(stranger)
    refresh(stranger, old)
    assert make.refused(stranger.post(PATH, {"refresh": old}), 401) == DEAD


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_of_twenty_parallel_refreshes_one_wins_and_its_new_token_lives(stranger: APIClient, alice: User) -> None:
    old = sign_in(stranger)
    answers = make.at_once([lambda: APIClient().post(PATH, {"refresh": old})] * 20)
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
    for answer in answers:
        if answer.status_code == 401:
            assert make.refused(answer, 401) == DEAD
    [won] = [answer.json() for answer in answers if answer.status_code == 200]
    stranger.credentials(HTTP_AUTHORIZATION=f"Bearer {won['access']}")
    assert stranger.get("/api/users/me/").status_code == 200
    assert refresh(stranger, won["refresh"])


@pytest.mark.parametrize("seconds", [0, 9, 10])
def test_a_used_token_that_comes_back_within_ten_seconds_ends_nothing(
    stranger: APIClient, alice: User, seconds: int
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        old, elsewhere = sign_in(stranger), sign_in(stranger)
        new = refresh(stranger, old)
        clock.shift(timedelta(seconds=seconds))
        assert make.refused(stranger.post(PATH, {"refresh": old}), 401) == DEAD
        assert refresh(stranger, new)
        assert refresh(stranger, elsewhere)


@pytest.mark.parametrize("seconds", [11, 60, 86400])
def test_a_used_refresh_token_that_comes_back_late_ends_all_sessions(
    stranger: APIClient, alice: User, bob: User, seconds: int
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        old, elsewhere = sign_in(stranger), sign_in(stranger)
        of_bob = str(RefreshToken.for_user(bob))
        new = refresh(stranger, old)
        clock.shift(timedelta(seconds=seconds))
        assert make.refused(stranger.post(PATH, {"refresh": old}), 401) == DEAD
        for token in (new, elsewhere, old):
            assert make.refused(stranger.post(PATH, {"refresh": token}), 401) == DEAD
        assert refresh(stranger, of_bob)
        assert refresh(stranger, sign_in(stranger))


def test_a_grandparent_that_comes_back_ends_all_sessions_too(stranger: APIClient, alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        first = sign_in(stranger)
        clock.shift(timedelta(minutes=5))
        second = refresh(stranger, first)
        clock.shift(timedelta(minutes=5))
        third = refresh(stranger, second)
        clock.shift(timedelta(minutes=5))
        assert make.refused(stranger.post(PATH, {"refresh": first}), 401) == DEAD
        assert make.refused(stranger.post(PATH, {"refresh": third}), 401) == DEAD


def test_a_revoked_token_is_dead_and_its_return_ends_nothing(stranger: APIClient, api: APIClient, alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        api = make.client(alice)
        gone, other = sign_in(stranger), sign_in(stranger)
        assert api.post("/api/token/revoke/", {"refresh": gone}).status_code == 204
        clock.shift(timedelta(minutes=1))
        assert make.refused(stranger.post(PATH, {"refresh": gone}), 401) == DEAD
        assert refresh(stranger, other)


def test_a_refresh_token_is_good_for_thirty_days(stranger: APIClient, alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        used, late = sign_in(stranger), sign_in(stranger)
        clock.shift(timedelta(days=30, seconds=-1))
        assert refresh(stranger, used)
        clock.shift(timedelta(seconds=2))
        assert make.refused(stranger.post(PATH, {"refresh": late}), 401) == DEAD


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "ё", " . . ", "\u202e"])
def test_a_forged_token_is_refused(stranger: APIClient, alice: User, token: str) -> None:
    assert make.refused(stranger.post(PATH, {"refresh": token}), 401) == DEAD


def test_a_token_signed_by_another_key_is_refused(stranger: APIClient, alice: User) -> None:
    claims = RefreshToken.for_user(alice).payload
    forged = jwt.encode(claims, "another key, just as long as the real one", algorithm="HS256")
    assert make.refused(stranger.post(PATH, {"refresh": forged}), 401) == DEAD
    forged = jwt.encode(claims, "", algorithm="none")
    assert make.refused(stranger.post(PATH, {"refresh": forged}), 401) == DEAD


def test_an_access_token_refreshes_nothing(stranger: APIClient, alice: User) -> None:
    access = str(RefreshToken.for_user(alice).access_token)
    assert make.refused(stranger.post(PATH, {"refresh": access}), 401) == DEAD


def test_a_barred_persons_token_is_dead(stranger: APIClient, alice: User) -> None:
    token = sign_in(stranger)
    User.objects.update(is_active=False)
    assert make.refused(stranger.post(PATH, {"refresh": token}), 401) == DEAD


def test_a_password_changed_by_other_ways_ends_tokens_as_well(stranger: APIClient, alice: User) -> None:
    """Staff's screen and `manage.py changepassword` know nothing of sessions."""
    token = sign_in(stranger)
    alice.set_password("set by an operator")
    alice.save()
    assert make.refused(stranger.post(PATH, {"refresh": token}), 401) == DEAD


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(5))
def test_no_refresh_outlives_a_password_change_that_ran_beside_it(round_: int, alice: User) -> None:
    old = str(RefreshToken.for_user(alice))
    _, answer = make.at_once(
        [
            lambda: change_password(user=alice, password=make.PASSWORD, new_password="another horse battery"),
            lambda: APIClient().post(PATH, {"refresh": old}),
        ]
    )
    for token in (old, answer.json().get("refresh", old)):
        assert make.refused(APIClient().post(PATH, {"refresh": token}), 401) == DEAD


@pytest.mark.parametrize("token", [None, "", 5.5, [], "a\0b", "x" * 2001])
def test_what_is_no_token_names_the_field(stranger: APIClient, token: object) -> None:
    refusal = stranger.post(PATH, {"refresh": token})
    if token == 5.5:
        assert make.refused(refusal, 401) == DEAD
    else:
        assert {attr for _, attr in make.refused(refusal)} == {"refresh"}
