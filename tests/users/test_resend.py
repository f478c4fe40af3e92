"""POST register/resend/: sends the confirmation mail again, without revealing who has an account."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from tests import make
from users.models import User

PATH = "/api/register/resend/"
KNOWN, UNKNOWN = "waits@example.org", "nobody@example.org"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _unconfirmed_account(stranger: APIClient) -> None:
    stranger.post("/api/register/", {"email": KNOWN, "password": make.PASSWORD})
    make.mails()


def test_it_mails_another_link_that_works(stranger: APIClient) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        assert stranger.post(PATH, {"email": KNOWN.upper()}).status_code == 202
        assert [mail.to for mail in make.mails()] == [[KNOWN], [KNOWN]]
        confirmed = {"token": make.mailed_token(KNOWN), "password": make.PASSWORD}
        assert stranger.post("/api/register/confirm/", confirmed).status_code == 200
    assert User.objects.get().is_active


def test_several_requests_in_a_row_send_one_mail(stranger: APIClient) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        for _ in range(5):
            assert stranger.post(PATH, {"email": KNOWN}).status_code == 202
        assert len(make.mails()) == 2


@pytest.mark.parametrize("known", [True, False])
def test_the_response_is_the_same_for_known_and_unknown_addresses(stranger: APIClient, known: bool) -> None:
    answer = stranger.post(PATH, {"email": KNOWN if known else UNKNOWN})
    assert (answer.status_code, answer.content) == (202, b"")


def test_it_runs_the_same_statements_for_known_unknown_and_confirmed_addresses(
    stranger: APIClient, alice: User
) -> None:
    statements = []
    for email in (KNOWN, UNKNOWN, alice.email):
        with CaptureQueriesContext(connection) as queries:
            stranger.post(PATH, {"email": email})
        statements.append([query["sql"].split()[0] for query in queries])
    assert statements[0] == statements[1] == statements[2]


def test_unknown_and_confirmed_addresses_get_no_mail(stranger: APIClient, alice: User) -> None:
    for email in (UNKNOWN, alice.email):
        stranger.post(PATH, {"email": email})
    assert [mail.to for mail in make.mails()] == [[KNOWN]]


@pytest.mark.parametrize("email", ["", None, "no address", 5, {"a": 1}])
def test_an_invalid_address_names_the_field(stranger: APIClient, email: object) -> None:
    assert {attr for _, attr in make.refused(stranger.post(PATH, {"email": email}))} == {"email"}
