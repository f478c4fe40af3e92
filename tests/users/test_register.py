"""POST register/: creates an account that cannot sign in before its address is confirmed."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from tests import make
from users.models import User
from users.services import register

PATH = "/api/register/"
GIVEN = {"email": "alice@example.org", "password": make.PASSWORD}

pytestmark = pytest.mark.django_db


def test_a_new_account_cannot_sign_in_yet(stranger: APIClient) -> None:
    given = GIVEN | {
        "username": "al.ice-1",
        "time_zone": "Europe/Berlin",
        "language": "ru",
        "day_starts_at": 4,
    }
    answer = stranger.post(PATH, given)
    assert answer.status_code == 201
    user = User.objects.get()
    assert answer.json() == {
        "id": user.pk,
        "email": "alice@example.org",
        "username": "al.ice-1",
        "time_zone": "Europe/Berlin",
        "language": "ru",
        "day_starts_at": 4,
        "week_starts_on": "mon",
        "is_active": False,
    }
    refusal = stranger.post("/api/token/", GIVEN)
    assert make.refused(refusal, 401) == [("no_active_account", None)]


def test_the_mailed_link_activates_the_account(stranger: APIClient) -> None:
    stranger.post(PATH, GIVEN)
    [mail] = make.mails()
    assert mail.to == ["alice@example.org"]
    assert "\n" not in mail.subject
    assert (
        stranger.post(
            "/api/register/confirm/", {"token": make.mailed_token("alice@example.org"), "password": make.PASSWORD}
        ).status_code
        == 200
    )
    assert stranger.post("/api/token/", GIVEN).status_code == 200


def test_omitted_fields_get_their_defaults(stranger: APIClient) -> None:
    answer = stranger.post(PATH, GIVEN).json()
    assert (answer["username"], answer["time_zone"], answer["language"], answer["day_starts_at"]) == (
        "alice",
        "UTC",
        "en",
        0,
    )


def test_an_omitted_username_is_derived_from_the_address_and_unique(stranger: APIClient) -> None:
    names = [
        stranger.post(PATH, GIVEN | {"email": email}).json()["username"]
        for email in ("alice@example.org", "ALICE@example.net", "alice@example.com", "!!!@example.org")
    ]
    assert names == ["alice", "alice2", "alice3", "user"]


def test_the_address_is_stored_as_it_was_typed(stranger: APIClient) -> None:
    assert stranger.post(PATH, GIVEN | {"email": "Alice@Example.ORG"}).json()["email"] == "Alice@Example.ORG"
    stranger.post("/api/register/resend/", {"email": "alice@example.org"})
    assert {str(mail.to) for mail in make.mails()} == {"['Alice@Example.ORG']"}


@pytest.mark.parametrize("email", ["alice@example.org", "ALICE@Example.org"])
def test_a_taken_address_is_refused_whatever_the_case(stranger: APIClient, alice: User, email: str) -> None:
    before = make.everything()
    assert make.refused(stranger.post(PATH, GIVEN | {"email": email, "username": "other"})) == [
        ("email_taken", "email")
    ]
    assert make.everything() == before


@pytest.mark.parametrize("username", ["alice", "ALICE"])
def test_a_taken_username_is_refused_whatever_the_case(stranger: APIClient, alice: User, username: str) -> None:
    before = make.everything()
    given = GIVEN | {"email": "other@example.org", "username": username}
    assert make.refused(stranger.post(PATH, given)) == [("username_taken", "username")]
    assert make.everything() == before


@pytest.mark.parametrize(
    ("changes", "attr"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": ""}, "email"),
        ({"email": None}, "email"),
        ({"email": 7}, "email"),
        ({"email": ["alice@example.org"]}, "email"),
        ({"email": "a" * 250 + "@example.org"}, "email"),
        ({"email": "ali\0ce@example.org"}, "email"),
        ({"email": "alice@example.org\r\nBcc: bob@example.org"}, "email"),
        ({"password": ""}, "password"),
        ({"password": "short"}, "password"),
        ({"password": "12345678901"}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "alice@example.org"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "correct\0horse battery"}, "password"),
        ({"username": ""}, "username"),
        ({"username": "two words"}, "username"),
        ({"username": "a" * 31}, "username"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": "Factory"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"language": "xx"}, "language"),
        ({"day_starts_at": 7}, "day_starts_at"),
        ({"day_starts_at": -1}, "day_starts_at"),
        ({"day_starts_at": 10**30}, "day_starts_at"),
        ({"day_starts_at": "half past"}, "day_starts_at"),
    ],
)
def test_invalid_input_is_refused_and_names_its_field(stranger: APIClient, changes: dict[str, Any], attr: str) -> None:
    assert {field for _, field in make.refused(stranger.post(PATH, GIVEN | changes))} == {attr}
    assert not User.objects.exists()
    assert make.mails() == []


@pytest.mark.parametrize("missing", ["email", "password"])
def test_address_and_password_are_required(stranger: APIClient, missing: str) -> None:
    given = {name: value for name, value in GIVEN.items() if name != missing}
    assert make.refused(stranger.post(PATH, given)) == [("required", missing)]


def test_an_address_whose_key_is_too_long_is_refused(stranger: APIClient) -> None:
    grows = "a@" + ".".join(["İ" * 60] * 4) + ".org"
    for path, given in ((PATH, GIVEN), ("/api/register/resend/", {}), ("/api/password/reset/", {})):
        assert {field for _, field in make.refused(stranger.post(path, given | {"email": grows}))} == {"email"}


@pytest.mark.parametrize("field", ["is_active", "is_staff", "is_superuser", "chat_id", "confirmed_at", "tokens_valid"])
def test_registering_cannot_set_other_fields_of_an_account(stranger: APIClient, field: str) -> None:
    assert make.refused(stranger.post(PATH, GIVEN | {field: True})) == [("unknown_field", field)]
    assert not User.objects.exists()


def test_the_password_is_stored_only_as_an_argon2_hash(stranger: APIClient) -> None:
    stranger.post(PATH, GIVEN)
    assert User.objects.get().password.startswith("argon2$argon2id$")
    assert make.PASSWORD not in str(make.everything())


def test_spaces_around_a_password_are_part_of_it(stranger: APIClient) -> None:
    given = GIVEN | {"password": f" {make.PASSWORD} "}
    stranger.post(PATH, given)
    token = make.mailed_token("alice@example.org")
    stranger.post("/api/register/confirm/", {"token": token, "password": given["password"]})
    assert stranger.post("/api/token/", GIVEN).status_code == 401
    assert stranger.post("/api/token/", given).status_code == 200


def test_the_database_enforces_unique_names_regardless_of_case(alice: User) -> None:
    """The constraint decides, not a query before the insert."""
    for changes in ({"email": "ALICE@example.org"}, {"username": "ALICE"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create(**({"email": "b@example.org", "username": "b"} | changes))
    assert register(email="b@example.org", password=make.PASSWORD, now=timezone.now()).username == "b"
