"""A proxy's header signs in only where the proxy is one of the operator's."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from config.env import networks
from tests import make
from users.models import User

pytestmark = pytest.mark.django_db
PATH = "/api/token/header/"


@pytest.fixture(autouse=True)
def trusted(settings: Settings) -> None:
    settings.TRUSTED_HEADER = "Remote-Email"
    settings.TRUSTED_HEADER_PROXIES = networks("10.0.0.0/8")
    settings.TRUSTED_HEADER_NEWCOMERS = "allowed"


def sign_in(peer: str = "10.1.2.3", name: str = "HTTP_REMOTE_EMAIL", value: str = "alice@example.org") -> Any:
    sent: Any = {"REMOTE_ADDR": peer, name: value}
    return Client().post(PATH, **sent)


def test_the_person_of_the_header_is_signed_in_and_stays_the_same() -> None:
    for spelling in ("alice@example.org", "Alice@Example.org"):
        pair = sign_in(value=spelling).json()
        assert make.program(pair["access"]).get("/api/users/me/").json()["email"] == "alice@example.org"
    assert User.objects.count() == 1


def test_an_account_with_the_address_is_the_persons(alice: User) -> None:
    assert sign_in().status_code == 200
    assert alice.identities.get().issuer == "proxy"


def test_the_session_of_another_person_does_not_go_on_in_the_browser_that_the_proxy_has_signed_in() -> None:
    def refreshed(token: str, address: str) -> int:
        given: Any = {"HTTP_REMOTE_EMAIL": address} if address else {}
        browser = Client(REMOTE_ADDR="10.1.2.3")
        return browser.post("/api/token/refresh/", {"refresh": token}, "application/json", **given).status_code

    carl = sign_in(value="carl@example.org").json()["refresh"]
    boris = sign_in(value="boris@example.org").json()["refresh"]
    assert refreshed(carl, "boris@example.org") == 401
    assert refreshed(carl, "Carl@Example.org") == 200  # the refusal has used nothing up
    assert refreshed(boris, "") == 200  # past the proxy, as programs on the same machine


@pytest.mark.parametrize("peer", ["203.0.113.7", "127.0.0.1", "", "::1", "::ffff:203.0.113.7"])
def test_from_elsewhere_the_header_is_removed(peer: str) -> None:
    assert make.refused(sign_in(peer)) == [("no_trusted_header", None)]
    assert not User.objects.exists()


def test_through_a_mapped_address_the_proxy_is_known() -> None:
    assert sign_in("::ffff:10.1.2.3").status_code == 200


def test_without_the_setting_nobody_is_signed_in(settings: Settings) -> None:
    settings.TRUSTED_HEADER = ""
    assert make.refused(sign_in()) == [("no_trusted_header", None)]


@pytest.mark.parametrize("value", ["", "alice", " ", "a" * 250 + "@example.org"])
def test_a_header_without_an_address_signs_nobody_in(value: str) -> None:
    assert make.refused(sign_in(value=value)) == [("no_trusted_header", None)]


def test_newcomers_as_the_operator_says(settings: Settings) -> None:
    settings.TRUSTED_HEADER_NEWCOMERS = "refused"
    assert make.refused(sign_in()) == [("not_allowed", None)]
    settings.TRUSTED_HEADER_NEWCOMERS = "approved"
    for _ in range(2):
        assert make.refused(sign_in()) == [("waits_for_approval", None)]
    assert User.objects.get().is_active is False
