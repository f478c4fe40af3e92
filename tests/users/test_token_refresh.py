"""POST token/refresh/: a refresh token is used once; a lost answer is given again, later reuse means that it was stolen."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken

from common import clock as service_clock
from tests import make
from users.models import Session, User
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


@pytest.mark.parametrize("seconds", [0, 20, 60])
def test_a_used_token_gives_the_same_successor_for_a_minute(stranger: APIClient, alice: User, seconds: int) -> None:
    """The answer may have been lost on the way."""
    with time_machine.travel(NOW, tick=False) as clock:
        old = sign_in(stranger)
        new = refresh(stranger, old)
        clock.shift(timedelta(seconds=seconds))
        again = stranger.post(PATH, {"refresh": old}).json()
        assert again["refresh"] == new
        stranger.credentials(HTTP_AUTHORIZATION=f"Bearer {again['access']}")
        assert stranger.get("/api/users/me/").status_code == 200
        assert refresh(stranger, new) not in {old, new}


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_refreshes_agree_on_one_successor(stranger: APIClient, alice: User) -> None:
    old = sign_in(stranger)
    answers = make.at_once([lambda: APIClient().post(PATH, {"refresh": old})] * 20)
    assert [answer.status_code for answer in answers] == [200] * 20
    [new] = {answer.json()["refresh"] for answer in answers}
    stranger.credentials(HTTP_AUTHORIZATION=f"Bearer {answers[0].json()['access']}")
    assert stranger.get("/api/users/me/").status_code == 200
    assert refresh(stranger, new)


@pytest.mark.parametrize("seconds", [61, 86400])
def test_reusing_a_token_later_ends_its_session_alone(
    stranger: APIClient, alice: User, caplog: pytest.LogCaptureFixture, seconds: int
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        old, elsewhere = sign_in(stranger), sign_in(stranger)
        new = stranger.post(PATH, {"refresh": old}).json()
        clock.shift(timedelta(seconds=seconds))
        assert make.refused(stranger.post(PATH, {"refresh": old}), 401) == INVALID
        for token in (new["refresh"], old):
            assert make.refused(stranger.post(PATH, {"refresh": token}), 401) == INVALID
        assert refresh(stranger, elsewhere)
    session = Session.objects.get(ended_at__isnull=False)
    assert (session.end_reason, session.ended_at) == ("reused", NOW + timedelta(seconds=seconds))
    [line] = [each for each in caplog.records if each.name == "users.sessions"]
    assert line.getMessage().startswith(f"session {session.pk} of account {alice.pk} has ended")
    assert vars(line)["user"] == alice.pk
    for token in (old, new["refresh"]):
        assert token not in caplog.text and token.split(".")[1] not in caplog.text


def test_reusing_a_token_after_its_successor_was_used_ends_the_session_at_once(
    stranger: APIClient, alice: User
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        first = sign_in(stranger)
        second = refresh(stranger, first)
        clock.shift(timedelta(seconds=10))
        third = refresh(stranger, second)
        assert make.refused(stranger.post(PATH, {"refresh": first}), 401) == INVALID
        assert make.refused(stranger.post(PATH, {"refresh": third}), 401) == INVALID


def test_reusing_an_older_ancestor_ends_the_session_too(stranger: APIClient, alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        tokens = [sign_in(stranger)]
        for _ in range(3):
            clock.shift(timedelta(minutes=5))
            tokens.append(refresh(stranger, tokens[-1]))
        assert make.refused(stranger.post(PATH, {"refresh": tokens[0]}), 401) == INVALID
        assert make.refused(stranger.post(PATH, {"refresh": tokens[-1]}), 401) == INVALID


def test_a_refresh_extends_the_session_and_notes_when_and_from_where(stranger: APIClient, alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        token = sign_in(stranger)
        clock.shift(timedelta(days=2))
        first = {"refresh": token}
        second = stranger.post(PATH, first, REMOTE_ADDR="203.0.113.6", HTTP_USER_AGENT="curl/8.1").json()
        stranger.post(PATH, {"refresh": second["refresh"]}, REMOTE_ADDR="203.0.113.7")  # does not say what it is
    session = Session.objects.get()
    assert (session.created_at, session.last_used_at) == (NOW, NOW + timedelta(days=2))
    assert session.expires_at == NOW + timedelta(days=32)
    assert (session.device, session.network_address) == ("curl", "203.0.113.7")


def test_no_text_of_a_token_is_stored(stranger: APIClient, alice: User) -> None:
    old = sign_in(stranger)
    pair = stranger.post(PATH, {"refresh": old}).json()
    stored = str(make.everything())
    for token in (old, pair["refresh"], pair["access"]):
        assert token.rpartition(".")[2] not in stored


def test_using_a_revoked_token_ends_nothing_else(stranger: APIClient, api: APIClient, alice: User) -> None:
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
    claims = jwt.decode(sign_in(stranger), options={"verify_signature": False})
    forged = jwt.encode(claims, "another key, just as long as the real one", algorithm="HS256")
    assert make.refused(stranger.post(PATH, {"refresh": forged}), 401) == INVALID
    forged = jwt.encode(claims, "", algorithm="none")
    assert make.refused(stranger.post(PATH, {"refresh": forged}), 401) == INVALID


def test_an_access_token_is_refused_as_a_refresh_token(stranger: APIClient, alice: User) -> None:
    access = make.sign_in(alice)["access"]
    assert make.refused(stranger.post(PATH, {"refresh": access}), 401) == INVALID


def test_the_token_of_a_banned_user_is_refused_and_ends(stranger: APIClient, alice: User) -> None:
    token = sign_in(stranger)
    User.objects.update(is_active=False)
    assert make.refused(stranger.post(PATH, {"refresh": token}), 401) == INVALID
    User.objects.update(is_active=True)
    assert make.refused(stranger.post(PATH, {"refresh": token}), 401) == INVALID


def test_a_password_set_in_the_database_invalidates_tokens_too(stranger: APIClient, alice: User) -> None:
    token = sign_in(stranger)
    alice.set_password("set in the database")
    alice.save()
    assert make.refused(stranger.post(PATH, {"refresh": token}), 401) == INVALID


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(5))
def test_no_token_survives_a_password_change_that_runs_in_parallel(round_: int, alice: User) -> None:
    old = make.sign_in(alice)["refresh"]
    _, answer = make.at_once(
        [
            lambda: change_password(
                user=alice, password=make.PASSWORD, new_password="another horse battery", now=timezone.now()
            ),
            lambda: APIClient().post(PATH, {"refresh": old}),
        ]
    )
    for token in (old, answer.json().get("refresh", old)):
        assert make.refused(APIClient().post(PATH, {"refresh": token}), 401) == INVALID


def legacy_refresh_token(user: User) -> str:
    """Return a refresh token from before there were sessions, with the session that the upgrade made of it."""
    token = RefreshToken.for_user(user)
    issued_at, expires_at = (datetime.fromtimestamp(token[name], UTC) for name in ("iat", "exp"))
    times = {"created_at": issued_at, "last_used_at": issued_at, "issued_at": issued_at, "expires_at": expires_at}
    Session.objects.create(user=user, token_id=token["jti"], carried_token_id=token["jti"], **times)
    return str(token)


def test_a_token_from_before_the_upgrade_is_refreshed_and_its_answer_given_again(
    stranger: APIClient, alice: User
) -> None:
    with time_machine.travel(NOW, tick=False):
        old = legacy_refresh_token(alice)
        new = refresh(stranger, old)
        assert refresh(stranger, old) == new
        assert refresh(stranger, new)


def test_reusing_a_token_from_before_the_upgrade_ends_its_session_however_often_it_was_refreshed_since(
    stranger: APIClient, alice: User
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        old = legacy_refresh_token(alice)
        newest = refresh(stranger, refresh(stranger, old))
        clock.shift(timedelta(minutes=5))
        assert make.refused(stranger.post(PATH, {"refresh": old}), 401) == INVALID
        assert make.refused(stranger.post(PATH, {"refresh": newest}), 401) == INVALID


def test_an_unknown_token_with_a_valid_signature_ends_nothing(stranger: APIClient, alice: User) -> None:
    mine = sign_in(stranger)
    unknown = str(RefreshToken.for_user(alice))
    assert make.refused(stranger.post(PATH, {"refresh": unknown}), 401) == INVALID
    assert refresh(stranger, mine)


def test_a_token_of_one_account_cannot_end_the_session_of_another(stranger: APIClient, alice: User, bob: User) -> None:
    """After a restored backup, an id of a session may be given a second time."""
    of_bob = make.sign_in(bob)["refresh"]
    session = Session.objects.get(user=bob)
    stale = make.signed(make.claims(sign_in(stranger)) | {"sid": session.pk})
    assert make.refused(stranger.post(PATH, {"refresh": stale}), 401) == INVALID
    assert refresh(stranger, of_bob)


@pytest.mark.parametrize("hours", [-5, 5])
def test_tokens_count_by_the_service_clock_whatever_this_machine_says(
    stranger: APIClient, alice: User, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    monkeypatch.setattr(service_clock, "now", lambda: NOW)
    with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
        pair = stranger.post("/api/token/", {"email": "alice@example.org", "password": make.PASSWORD}).json()
        assert jwt.decode(pair["refresh"], options={"verify_signature": False})["iat"] == NOW.timestamp()
        stranger.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
        assert stranger.get("/api/users/me/").status_code == 200
        assert refresh(stranger, pair["refresh"])


def test_an_access_token_of_a_server_whose_clock_is_five_seconds_ahead_is_accepted(
    stranger: APIClient, alice: User
) -> None:
    with time_machine.travel(NOW, tick=False):
        pair = stranger.post("/api/token/", {"email": "alice@example.org", "password": make.PASSWORD}).json()
    stranger.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    for seconds, status in ((5, 200), (6, 401)):
        with time_machine.travel(NOW - timedelta(seconds=seconds), tick=False):
            assert stranger.get("/api/users/me/").status_code == status


@pytest.mark.parametrize("back", [timedelta(seconds=6), timedelta(minutes=2), timedelta(days=365)])
def test_a_clock_that_is_set_back_signs_nobody_out(stranger: APIClient, alice: User, back: timedelta) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        old = sign_in(stranger)
        clock.move_to(NOW - back)
        pair = stranger.post(PATH, {"refresh": old}).json()
        stranger.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
        assert stranger.get("/api/users/me/").status_code == 200
        claims = make.claims(pair["refresh"])
        assert claims["exp"] == int((NOW - back + timedelta(days=30)).timestamp())  # no more time than is due
        stranger.credentials()
        assert refresh(stranger, pair["refresh"])
        assert make.refused(stranger.post(PATH, {"refresh": old}), 401) == INVALID  # its successor was used


def test_a_used_token_still_ends_its_session_after_a_clock_was_set_back(stranger: APIClient, alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        first = sign_in(stranger)
        clock.move_to(NOW - timedelta(hours=1))
        second = refresh(stranger, first)
        third = refresh(stranger, second)
        assert make.refused(stranger.post(PATH, {"refresh": first}), 401) == INVALID
        assert make.refused(stranger.post(PATH, {"refresh": third}), 401) == INVALID


@pytest.mark.parametrize("token", [None, "", 5.5, [], "a\0b", "x" * 2001])
def test_an_invalid_token_names_the_field(stranger: APIClient, token: object) -> None:
    refusal = stranger.post(PATH, {"refresh": token})
    if token == 5.5:
        assert make.refused(refusal, 401) == INVALID
    else:
        assert {attr for _, attr in make.refused(refusal)} == {"refresh"}
