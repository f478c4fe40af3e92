"""The confirmation link: POST register/confirm/ and its HTML page."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from tests import make
from users.bans import ban
from users.models import User

PATH = "/api/register/confirm/"
ADDRESS = "alice@example.org"

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(stranger: APIClient) -> str:
    """Return the token in the mail of a new account."""
    given = {"email": ADDRESS, "password": make.PASSWORD, "language": "en"}
    assert stranger.post("/api/register/", given).status_code == 201
    return make.mailed_token(ADDRESS)


def browser() -> Client:
    """Return a client without cookies, with CSRF checks as in production."""
    return Client(enforce_csrf_checks=True)


def test_the_link_activates_the_account(stranger: APIClient, token: str) -> None:
    answer = stranger.post(PATH, {"token": token, "password": make.PASSWORD})
    assert answer.status_code == 200
    assert (answer.json()["email"], answer.json()["is_active"]) == (ADDRESS, True)
    assert User.objects.get().is_active


def test_a_link_works_once(stranger: APIClient, token: str) -> None:
    stranger.post(PATH, {"token": token, "password": make.PASSWORD})
    before = make.everything()
    assert make.refused(stranger.post(PATH, {"token": token, "password": make.PASSWORD})) == [("invalid_link", "token")]
    assert make.everything() == before


def test_a_link_expires_after_three_days(stranger: APIClient, token: str) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=3, seconds=5), tick=False):
        assert make.refused(stranger.post(PATH, {"token": token, "password": make.PASSWORD})) == [
            ("invalid_link", "token")
        ]
    assert not User.objects.get().is_active
    with time_machine.travel(timezone.now() + timedelta(days=3, seconds=-30), tick=False):
        assert stranger.post(PATH, {"token": token, "password": make.PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    "forged",
    [
        "x",
        "-",
        "--",
        "1-2-3",
        "zzzzzzzzzzzzz-d0-abc",
        "-1-d0-abc",
        "alice",
        "1",
        "1-",
        "1-zzzzzzzzzzzzzzzzzz-a",
        "ё-ё-ё",
        "٣-d0-abc",
    ],
)
def test_a_forged_link_is_refused(stranger: APIClient, token: str, forged: str) -> None:
    assert make.refused(stranger.post(PATH, {"token": forged})) == [("invalid_link", "token")]
    assert not User.objects.get().is_active


def test_a_link_does_not_confirm_another_account(stranger: APIClient, token: str) -> None:
    given = {"email": "bob@example.org", "password": make.PASSWORD}
    bob_id = stranger.post("/api/register/", given).json()["id"]
    _, _, signature = token.partition("-")
    swapped = f"{'0123456789abcdefghijklmnopqrstuvwxyz'[bob_id % 36]}-{signature}"
    assert make.refused(stranger.post(PATH, {"token": swapped})) == [("invalid_link", "token")]
    assert not User.objects.filter(is_active=True).exists()


def test_a_link_for_another_purpose_is_refused(stranger: APIClient, alice: User) -> None:
    stranger.post("/api/password/reset/", {"email": ADDRESS})
    assert make.refused(stranger.post(PATH, {"token": make.mailed_token(ADDRESS)})) == [("invalid_link", "token")]


def test_a_banned_account_is_not_activated_by_its_old_link(stranger: APIClient, token: str) -> None:
    stranger.post(PATH, {"token": token, "password": make.PASSWORD})
    ban(user=User.objects.get(email=ADDRESS), by=make.person("staff"), now=timezone.now())
    assert make.refused(stranger.post(PATH, {"token": token, "password": make.PASSWORD})) == [("invalid_link", "token")]
    assert not User.objects.get(email=ADDRESS).is_active


@pytest.mark.parametrize("token_given", [None, "", "x" * 201, 5.5, ["x"], "a\0b"])
def test_an_invalid_token_names_the_field(stranger: APIClient, token_given: object) -> None:
    assert [attr for _, attr in make.refused(stranger.post(PATH, {"token": token_given}))] == ["token"]


def test_reading_the_page_changes_nothing(token: str) -> None:
    before = make.everything()
    for look in (browser().get, browser().head, browser().options):
        answer = look(f"/confirm/{token}/")
        assert answer.status_code == 200
    assert make.everything() == before


def test_the_page_confirms_without_scripts(token: str) -> None:
    visitor = browser()
    page = visitor.get(f"/confirm/{token}/")
    html = page.content.decode()
    assert "<script" not in html.lower()
    assert 'method="post"' in html and "<button" in html
    answer = visitor.post(f"/confirm/{token}/", {"password": make.PASSWORD})
    assert answer.status_code == 200
    assert "confirmed" in answer.content.decode()
    assert "<form" not in answer.content.decode()
    assert User.objects.get().is_active


def test_other_hosts_do_not_receive_the_token_in_the_url(token: str) -> None:
    assert browser().get(f"/confirm/{token}/")["Referrer-Policy"] == "same-origin"


def test_the_page_is_not_cached_and_loads_nothing_from_elsewhere(token: str) -> None:
    page = browser().get(f"/confirm/{token}/")
    assert "no-store" in page["Cache-Control"]
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.content.decode())


def test_the_page_works_without_a_cookie_because_the_token_proves_enough(token: str) -> None:
    page = browser().get(f"/confirm/{token}/")
    assert not page.cookies
    answer = browser().post(f"/confirm/{token}/", {"password": make.PASSWORD}, headers={"origin": "null"})
    assert answer.status_code == 200
    assert User.objects.get().is_active


def test_the_page_needs_a_good_password(token: str) -> None:
    for form, reason in (({}, "required"), ({"password": "short"}, "too short")):
        answer = browser().post(f"/confirm/{token}/", form)
        assert answer.status_code == 400
        assert reason in answer.content.decode()
    assert not User.objects.get().is_active


@pytest.mark.parametrize(
    ("given", "refusal"),
    [({}, ("required", "password")), ({"password": "short"}, ("weak_password", "password"))],
)
def test_confirming_a_new_account_needs_a_good_password(
    stranger: APIClient, token: str, given: dict[str, str], refusal: tuple[str, str]
) -> None:
    before = make.everything()
    assert make.refused(stranger.post(PATH, {"token": token} | given)) == [refusal]
    assert make.everything() == before


def test_the_password_of_the_confirmation_holds_and_the_one_of_the_registration_opens_nothing(
    stranger: APIClient, token: str
) -> None:
    """A stranger may have registered the address, with a password that they know."""
    chosen = "a password of her own"
    assert stranger.post(PATH, {"token": token, "password": chosen}).status_code == 200
    registered = {"email": ADDRESS, "password": make.PASSWORD}
    assert make.refused(stranger.post("/api/token/", registered), 401) == [("no_active_account", None)]
    assert stranger.post("/api/token/", {"email": ADDRESS, "password": chosen}).status_code == 200


def test_the_page_shows_that_a_link_was_already_used(token: str) -> None:
    visitor = browser()
    form = {"password": make.PASSWORD}
    assert visitor.post(f"/confirm/{token}/", form).status_code == 200
    again = visitor.post(f"/confirm/{token}/", form)
    assert again.status_code == 400
    assert "invalid, has expired or was already used" in again.content.decode()


@pytest.mark.parametrize("token_given", ["x", "1-2-3", "%00", "%ff", "<script>alert(1)</script>"])
def test_the_page_refuses_any_invalid_token(token_given: str) -> None:
    visitor = browser()
    html = visitor.get(f"/confirm/{token_given}/")
    if html.status_code == 404:  # a slash in the token: not this page
        return
    answer = visitor.post(f"/confirm/{token_given}/")
    assert answer.status_code == 400
    assert "<script" not in answer.content.decode()


def test_the_page_also_confirms_a_changed_address(api: APIClient, alice: User) -> None:
    api.patch("/api/users/me/", {"email": "new@example.org", "password": make.PASSWORD})
    visitor, token = browser(), make.mailed_token("new@example.org")
    assert "password" not in visitor.get(f"/confirm/{token}/").content.decode().lower()
    assert visitor.post(f"/confirm/{token}/").status_code == 200
    alice.refresh_from_db()
    assert (alice.email, alice.new_email) == ("new@example.org", "")
