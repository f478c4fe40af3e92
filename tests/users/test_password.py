"""password/: changing and resetting it, the sessions that this ends, and that it reveals no accounts."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from notifications.models import Delivery
from tests import make
from users.models import User

CHANGE, REQUEST, RESET = "/api/password/change/", "/api/password/reset/", "/api/password/reset/confirm/"
EMAIL, UNKNOWN, NEW = "alice@example.org", "nobody@example.org", "an even better battery"

pytestmark = pytest.mark.django_db


def sign_in(password: str = make.PASSWORD, status: int = 200) -> dict[str, str]:
    answer = APIClient().post("/api/token/", {"email": EMAIL, "password": password})
    assert answer.status_code == status
    return dict(answer.json())


def assert_all_sessions_ended(tokens: dict[str, str]) -> None:
    make.refused(APIClient().post("/api/token/refresh/", {"refresh": tokens["refresh"]}), 401)
    signed_in = APIClient()
    signed_in.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    make.refused(signed_in.get("/api/users/me/"), 401)


def reset_token(stranger: APIClient) -> str:
    assert stranger.post(REQUEST, {"email": EMAIL}).status_code == 202
    return make.mailed_token(EMAIL)


def test_changing_replaces_the_password_and_ends_all_sessions(api: APIClient) -> None:
    tokens = sign_in()
    answer = api.post(CHANGE, {"password": make.PASSWORD, "new_password": NEW})
    assert (answer.status_code, answer.content) == (204, b"")
    assert_all_sessions_ended(tokens)
    sign_in(status=401)
    assert sign_in(NEW)


@pytest.mark.parametrize("by", ["the person", "a mailed link", "staff"])
def test_a_new_password_is_told_by_mail(stranger: APIClient, api: APIClient, alice: User, by: str) -> None:
    if by == "the person":
        api.post(CHANGE, {"password": make.PASSWORD, "new_password": NEW})
    elif by == "a mailed link":
        stranger.post(RESET, {"token": reset_token(stranger), "password": NEW})
    else:
        staff = Client()
        staff.force_login(User.objects.create_superuser("admin@example.org", make.PASSWORD))
        staff.post(f"/admin/users/user/{alice.pk}/password/", {"password1": NEW, "password2": NEW})
    told = make.mails()[-1]
    assert (told.to, told.subject) == ([EMAIL], "Your password was changed")
    assert "All devices were signed out." in told.body and "/#/forgotten" in told.body
    assert NEW not in told.body
    assert sign_in(NEW)


def test_staff_who_change_an_address_tell_the_one_before(alice: User) -> None:
    staff = Client()
    staff.force_login(User.objects.create_superuser("admin@example.org", make.PASSWORD))
    given = make.NO_ROWS | {"email": "new@example.org", "username": alice.username}
    assert staff.post(f"/admin/users/user/{alice.pk}/change/", given).status_code == 302
    assert User.objects.get(pk=alice.pk).email == "new@example.org"
    assert [(mail.to, mail.subject) for mail in make.mails()] == [([EMAIL], "Your e-mail address was changed")]


def test_changing_does_not_end_other_users_sessions(api: APIClient, bob: User) -> None:
    bobs = make.client(bob)
    api.post(CHANGE, {"password": make.PASSWORD, "new_password": NEW})
    assert bobs.get("/api/users/me/").status_code == 200


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"password": "wrong", "new_password": NEW}, ("wrong_password", "password")),
        ({"password": make.PASSWORD, "new_password": "short"}, ("weak_password", "new_password")),
        ({"password": make.PASSWORD, "new_password": "alice@example.org"}, ("weak_password", "new_password")),
        ({"password": make.PASSWORD}, ("required", "new_password")),
        ({"new_password": NEW}, ("required", "password")),
        ({"password": make.PASSWORD, "new_password": "a\0" + NEW}, ("null_characters_not_allowed", "new_password")),
    ],
)
def test_a_refused_change_changes_nothing(api: APIClient, given: dict[str, str], refusal: tuple[str, str]) -> None:
    before = make.everything()
    assert make.refused(api.post(CHANGE, given)) == [refusal]
    assert make.everything() == before


def test_changing_requires_authentication(stranger: APIClient, alice: User) -> None:
    make.refused(stranger.post(CHANGE, {"password": make.PASSWORD, "new_password": NEW}), 401)
    assert sign_in()


def test_the_mailed_link_resets_the_password_and_ends_all_sessions(stranger: APIClient, alice: User) -> None:
    tokens = sign_in()
    answer = stranger.post(RESET, {"token": reset_token(stranger), "password": NEW})
    assert (answer.status_code, answer.content) == (204, b"")
    assert_all_sessions_ended(tokens)
    sign_in(status=401)
    assert sign_in(NEW)


def test_a_reset_link_works_once(stranger: APIClient, alice: User) -> None:
    token = reset_token(stranger)
    stranger.post(RESET, {"token": token, "password": NEW})
    before = make.everything()
    again = stranger.post(RESET, {"token": token, "password": "another good battery"})
    assert make.refused(again) == [("invalid_link", "token")]
    assert make.everything() == before


def test_a_reset_link_expires_after_two_hours(stranger: APIClient, alice: User) -> None:
    token = reset_token(stranger)
    now = timezone.now()
    with time_machine.travel(now + timedelta(hours=2, seconds=5), tick=False):
        assert make.refused(stranger.post(RESET, {"token": token, "password": NEW})) == [("invalid_link", "token")]
    with time_machine.travel(now + timedelta(hours=2, seconds=-30), tick=False):
        assert stranger.post(RESET, {"token": token, "password": NEW}).status_code == 204


def test_a_password_change_invalidates_the_reset_link(stranger: APIClient, api: APIClient) -> None:
    token = reset_token(stranger)
    api.post(CHANGE, {"password": make.PASSWORD, "new_password": NEW})
    assert make.refused(stranger.post(RESET, {"token": token, "password": "another good battery"})) == [
        ("invalid_link", "token")
    ]


def test_a_weak_password_does_not_use_up_the_link(stranger: APIClient, alice: User) -> None:
    token = reset_token(stranger)
    assert make.refused(stranger.post(RESET, {"token": token, "password": "short"})) == [("weak_password", "password")]
    assert stranger.post(RESET, {"token": token, "password": NEW}).status_code == 204


def test_a_link_for_another_purpose_is_refused(stranger: APIClient) -> None:
    stranger.post("/api/register/", {"email": EMAIL, "password": make.PASSWORD})
    token = make.mailed_token(EMAIL)
    assert make.refused(stranger.post(RESET, {"token": token, "password": NEW})) == [("invalid_link", "token")]


def test_a_reset_request_returns_the_same_for_known_and_unknown_addresses(stranger: APIClient, alice: User) -> None:
    for email in (EMAIL, EMAIL.upper(), UNKNOWN):
        answer = stranger.post(REQUEST, {"email": email})
        assert (answer.status_code, answer.content) == (202, b"")


def test_a_reset_request_runs_the_same_statements_for_known_and_unknown_addresses(
    stranger: APIClient, alice: User
) -> None:
    statements = []
    for email in (EMAIL, UNKNOWN):
        with CaptureQueriesContext(connection) as queries:
            stranger.post(REQUEST, {"email": email})
        statements.append([query["sql"].split()[0] for query in queries])
    assert statements[0] == statements[1]


def test_a_reset_mail_for_an_unknown_address_is_dropped(stranger: APIClient, alice: User) -> None:
    stranger.post(REQUEST, {"email": UNKNOWN})
    assert make.mails() == []
    assert Delivery.objects.get(address=UNKNOWN).state == Delivery.State.DROPPED


def test_an_unconfirmed_or_banned_account_gets_no_reset_mail(stranger: APIClient, alice: User) -> None:
    User.objects.update(is_active=False)
    stranger.post(REQUEST, {"email": EMAIL})
    assert make.mails() == []


def test_an_unconfirmed_new_address_gets_no_reset_mail(stranger: APIClient, api: APIClient) -> None:
    api.patch("/api/users/me/", {"email": "new@example.org", "password": make.PASSWORD})
    before = len(make.mails())
    stranger.post(REQUEST, {"email": "new@example.org"})
    assert len(make.mails()) == before


def test_the_outbox_stores_no_link(stranger: APIClient, alice: User) -> None:
    token = reset_token(stranger)
    assert token not in str(make.everything())


def test_the_page_behind_the_link_changes_the_password_without_scripts(stranger: APIClient, alice: User) -> None:
    token = reset_token(stranger)
    browser = Client(enforce_csrf_checks=True)
    before = make.everything()
    html = browser.get(f"/reset/{token}/").content.decode()
    assert make.everything() == before
    assert "<script" not in html and "no-referrer" not in html
    form = {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', html)}
    origin = {"origin": "http://testserver"}
    weak = browser.post(f"/reset/{token}/", form | {"password": "short"}, headers=origin)
    assert weak.status_code == 400 and "too short" in weak.content.decode()
    assert browser.post(f"/reset/{token}/", form, headers=origin).status_code == 400
    assert browser.post(f"/reset/{token}/", form | {"password": NEW}, headers=origin).status_code == 200
    assert sign_in(NEW)
    assert browser.post(f"/reset/{token}/", form | {"password": NEW}, headers=origin).status_code == 400
