"""users/me/sessions/: the devices on which a user is signed in; what ends a session; what is told of new devices."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.exceptions import AuthenticationFailed
from rest_framework_simplejwt.tokens import AccessToken

from notifications.models import Delivery
from tests import make
from users import bans, sessions
from users.devices import Device
from users.models import KnownDevice, Session, User
from users.requests import DEVICE_COOKIE
from users.rules import MAX_KNOWN_DEVICES
from users.services import change_password, reset_password
from users.tokens import password_reset

SESSIONS, OTHERS = "/api/users/me/sessions/", "/api/users/me/sessions/end-others/"
SIGN_IN, REFRESH, REVOKE, ME = "/api/token/", "/api/token/refresh/", "/api/token/revoke/", "/api/users/me/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOME, AWAY = "203.0.113.7", "198.51.100.9"

pytestmark = pytest.mark.django_db


def sign_in(
    name: str = "alice", client: APIClient | None = None, *, agent: str = FIREFOX, address: str = HOME
) -> dict[str, str]:
    given = {"email": f"{name}@example.org", "password": make.PASSWORD}
    answer = (client or APIClient()).post(SIGN_IN, given, HTTP_USER_AGENT=agent, REMOTE_ADDR=address)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def with_access(pair: dict[str, str]) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    return client


def assert_signed_in(pair: dict[str, str]) -> None:
    assert with_access(pair).get(ME).status_code == 200


def assert_signed_out(pair: dict[str, str], code: str = "session_ended") -> None:
    assert make.refused(with_access(pair).get(ME), 401) == [(code, None)]
    refusal = APIClient().post(REFRESH, {"refresh": pair["refresh"]})
    assert make.refused(refusal, 401) == [("token_not_valid", None)]


def new_device_mails() -> list[str]:
    return list(Delivery.objects.filter(kind="new_device").order_by("pk").values_list("address", flat=True))


class TestList:
    def test_it_shows_ones_own_live_sessions_the_last_used_first(self, alice: User, bob: User) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            first = sign_in(agent="curl/8.1", address=AWAY)
            clock.shift(timedelta(hours=1))
            here = sign_in()
            ended = sign_in()
            sign_in("bob")
            sessions.revoke(user=alice, token=ended["refresh"], now=timezone.now())
            clock.shift(timedelta(hours=1))
            APIClient().post(REFRESH, {"refresh": first["refresh"]}, HTTP_USER_AGENT="curl/8.1", REMOTE_ADDR=AWAY)
            here = APIClient().post(REFRESH, {"refresh": here["refresh"]}, REMOTE_ADDR=HOME).json()
            listed = with_access(here).get(SESSIONS).json()
        assert listed["count"] == 2
        by_device = {each.pop("device"): each for each in listed["results"]}
        assert [each.pop("id") > 0 for each in by_device.values()] == [True, True]
        assert by_device == {
            "Firefox, Windows": {
                "network_address": HOME,
                "created_at": "2026-11-21T13:00:00Z",
                "last_used_at": "2026-11-21T14:00:00Z",
                "current": True,
            },
            "curl": {
                "network_address": AWAY,
                "created_at": "2026-11-21T12:00:00Z",
                "last_used_at": "2026-11-21T14:00:00Z",
                "current": False,
            },
        }

    def test_an_expired_session_is_not_shown(self, alice: User) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            sign_in()
            clock.shift(timedelta(days=30))
            assert with_access(sign_in()).get(SESSIONS).json()["count"] == 1

    def test_it_requires_authentication(self, stranger: APIClient) -> None:
        for path in (SESSIONS, OTHERS):
            make.refused(stranger.get(path), 401)
        make.refused(stranger.post(OTHERS), 401)

    def test_the_number_of_statements_does_not_depend_on_the_number_of_sessions(self, alice: User) -> None:
        here = with_access(sign_in())
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as captured:
                assert here.get(SESSIONS).status_code == 200
            counts.append(len(captured))
            sign_in()
            sign_in()
        assert counts == [3, 3]


class TestEnding:
    def test_one_session_is_ended_with_its_access_token(self, alice: User) -> None:
        there, here = sign_in(), sign_in()
        [target] = [each["id"] for each in with_access(here).get(SESSIONS).json()["results"] if not each["current"]]
        assert with_access(here).delete(f"{SESSIONS}{target}/").status_code == 204
        assert_signed_out(there)
        assert_signed_in(here)
        assert make.refused(with_access(here).delete(f"{SESSIONS}{target}/"), 404) == [("not_found", None)]

    def test_all_others_are_ended_and_the_current_one_stays(self, alice: User, bob: User) -> None:
        others, here, of_bob = [sign_in(), sign_in()], sign_in(), sign_in("bob")
        assert with_access(here).post(OTHERS).status_code == 204
        for pair in others:
            assert_signed_out(pair)
        for pair in (here, of_bob):
            assert_signed_in(pair)
        assert with_access(here).get(SESSIONS).json()["count"] == 1

    def test_ending_the_current_session_signs_out(self, alice: User) -> None:
        here = sign_in()
        assert with_access(here).delete(f"{SESSIONS}{Session.objects.get().pk}/").status_code == 204
        assert_signed_out(here)

    @pytest.mark.parametrize("target", ["of_bob", "missing"])
    def test_a_session_that_is_not_ones_own_answers_404_and_goes_on(self, alice: User, bob: User, target: str) -> None:
        here, of_bob = sign_in(), sign_in("bob")
        pk = Session.objects.get(user=bob).pk if target == "of_bob" else 10**17
        assert make.refused(with_access(here).delete(f"{SESSIONS}{pk}/"), 404) == [("not_found", None)]
        assert_signed_in(of_bob)


def sign_out(alice: User, pair: dict[str, str]) -> None:
    assert with_access(pair).post(REVOKE, {"refresh": pair["refresh"]}).status_code == 204


def use_a_used_token(alice: User, pair: dict[str, str]) -> None:
    newer = sessions.refresh(token=pair["refresh"], device=Device(), now=timezone.now())
    sessions.refresh(token=newer["refresh"], device=Device(), now=timezone.now())
    make.refused(APIClient().post(REFRESH, {"refresh": pair["refresh"]}), 401)


def ban_and_let_in_again(alice: User, pair: dict[str, str]) -> None:
    admin = User.objects.create_superuser("admin@example.org", make.PASSWORD)
    bans.ban(user=alice, by=admin, now=timezone.now())
    bans.unban(user=alice, by=admin, now=timezone.now())


WAYS: dict[str, Callable[[User, dict[str, str]], None]] = {
    "signing out": sign_out,
    "using a used token": use_a_used_token,
    "a ban": ban_and_let_in_again,
    "ending all": lambda alice, pair: sessions.revoke_all(user=alice, now=timezone.now()),
    "ending all others": lambda alice, pair: sessions.revoke_others(user=alice, session_id=None, now=timezone.now()),
}


@pytest.mark.parametrize("way", WAYS)
def test_access_and_refresh_tokens_end_with_their_session(alice: User, way: str) -> None:
    pair = sign_in()
    assert_signed_in(pair)
    WAYS[way](alice, pair)
    assert_signed_out(pair)


def test_tokens_end_with_the_password(alice: User) -> None:
    pair = sign_in()
    change_password(user=alice, password=make.PASSWORD, new_password="another horse battery", now=timezone.now())
    assert Session.objects.get().end_reason == "revoked"
    assert_signed_out(pair, "password_changed")


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!changed meanwhile"}])
def test_no_session_starts_for_a_user_who_was_banned_or_changed_the_password_since_it_was_checked(
    alice: User, change: dict[str, Any]
) -> None:
    User.objects.filter(pk=alice.pk).update(**change)
    with pytest.raises(AuthenticationFailed):
        sessions.start(user=alice, device=Device(), now=timezone.now())
    assert not Session.objects.exists() and not KnownDevice.objects.exists()


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(3))
def test_no_token_survives_ending_all_sessions_while_it_is_refreshed(round_: int, alice: User) -> None:
    pairs = [make.sign_in(alice) for _ in range(4)]
    refreshes = [lambda pair=pair: APIClient().post(REFRESH, {"refresh": pair["refresh"]}) for pair in pairs]
    answers = make.at_once([*refreshes, lambda: sessions.revoke_all(user=alice, now=timezone.now())])[:-1]
    for pair, answer in zip(pairs, answers, strict=True):
        assert_signed_out(pair)
        if answer.status_code == 200:
            assert_signed_out(answer.json())


def test_an_access_token_from_before_the_upgrade_counts_until_it_expires(alice: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        old = {"access": str(AccessToken.for_user(alice))}
        assert_signed_in(old)
        clock.shift(timedelta(minutes=16))
        assert make.refused(with_access(old).get(ME), 401) == [("token_not_valid", None)]


def test_user_and_session_are_read_in_one_statement(alice: User) -> None:
    client = with_access(sign_in())
    client.get("/api/digest/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/api/digest/")
    of_users = [each["sql"] for each in captured if "users_" in each["sql"]]
    assert len(of_users) == 1 and "users_session" in of_users[0] and "users_user" in of_users[0]


def test_the_session_of_another_account_does_not_count(alice: User, bob: User) -> None:
    sign_in("bob")
    claims = make.claims(sign_in()["access"])
    forged = make.signed(claims | {"sid": Session.objects.get(user=bob).pk})
    assert make.refused(with_access({"access": forged}).get(ME), 401) == [("session_ended", None)]


class TestNewDevice:
    def test_the_first_sign_in_of_an_account_is_not_told(self, alice: User) -> None:
        sign_in()
        assert new_device_mails() == []

    def test_a_new_device_is_told_by_mail_once_in_the_users_language(self, bob: User) -> None:
        alice = make.person("alice", language="ru", time_zone="Europe/Berlin")
        with time_machine.travel(NOW, tick=False):
            sign_in()
            thief = APIClient()
            sign_in(client=thief, agent="curl/8.1", address=AWAY)
            sign_in(client=thief, agent="curl/8.1", address=AWAY)
            [mail] = [each for each in make.mails() if AWAY in each.body]
        assert (mail.to, mail.subject) == ([alice.email], "Новый вход в ваш аккаунт")
        assert "Устройство: curl" in mail.body and "21 ноября, 13:00" in mail.body
        assert f"{settings.SITE_URL}/#/profile" in mail.body

    def test_it_goes_to_the_address_at_the_time_of_the_sign_in(self, alice: User) -> None:
        sign_in()
        sign_in(agent="curl/8.1", address=AWAY)
        User.objects.filter(pk=alice.pk).update(email="thief@example.org")
        assert [each.to for each in make.mails() if AWAY in each.body] == [["alice@example.org"]]

    def test_it_is_sent_though_the_session_has_ended_and_dropped_once_that_is_deleted(self, alice: User) -> None:
        sign_in()
        sign_in(agent="curl/8.1", address=AWAY)
        sessions.revoke_all(user=alice, now=timezone.now())
        sign_in(agent="okhttp/4.9", address=AWAY)
        Session.objects.filter(device="okhttp").delete()
        assert [mail.subject for mail in make.mails()] == ["New sign-in to your account"]
        assert [each.reason for each in Delivery.objects.filter(state="dropped", kind="new_device")] == ["deleted"]

    def test_a_device_is_recognised_by_its_cookie_wherever_it_is(self, alice: User) -> None:
        browser = APIClient()
        sign_in(client=browser)
        sign_in(client=browser, address=AWAY)
        sign_in(client=browser, agent="Mozilla/5.0 Firefox/141.0", address=AWAY)
        assert new_device_mails() == []

    def test_a_client_without_cookies_is_recognised_by_program_and_network(self, alice: User) -> None:
        for address in (HOME, "203.0.113.99"):
            sign_in(address=address)
        assert new_device_mails() == []
        sign_in(address=AWAY)
        sign_in(agent="curl/8.1")
        assert len(new_device_mails()) == 2

    def test_a_cookie_of_another_account_counts_for_that_account_only(self, alice: User, bob: User) -> None:
        browser = APIClient()
        sign_in("bob", browser)
        sign_in(agent="curl/8.1", address=AWAY)
        sign_in(client=browser)
        assert new_device_mails() == [alice.email]

    @pytest.mark.parametrize("forged", ["", "x", "a" * 44, "a" * 42 + "é", "a" * 5000])
    def test_a_cookie_that_was_never_issued_is_replaced(self, alice: User, forged: str) -> None:
        browser = APIClient()
        browser.cookies[DEVICE_COOKIE] = forged
        sign_in(client=browser)
        assert browser.cookies[DEVICE_COOKIE].value != forged

    def test_a_refused_sign_in_makes_no_device_known_and_sets_no_cookie(self, alice: User) -> None:
        browser = APIClient()
        make.refused(browser.post(SIGN_IN, {"email": alice.email, "password": "wrong horse battery"}), 401)
        assert not browser.cookies and not KnownDevice.objects.exists()

    def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(self, alice: User) -> None:
        browser = APIClient()
        sign_in(client=browser)
        cookie = browser.cookies[DEVICE_COOKIE]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
        assert cookie["max-age"] == 400 * 86400

    def test_a_session_that_is_ended_from_the_list_makes_its_device_new_again(self, alice: User) -> None:
        here, browser = sign_in(agent="curl/8.1", address=AWAY), APIClient()
        sign_in(client=browser)
        session = Session.objects.get(device="Firefox, Windows")
        Delivery.objects.all().delete()
        with_access(here).delete(f"{SESSIONS}{session.pk}/")
        sign_in(client=browser)
        assert new_device_mails() == [alice.email]

    def test_ending_all_other_sessions_makes_their_devices_new_again_and_no_other(self, alice: User) -> None:
        browser, other = APIClient(), APIClient()
        here = sign_in(client=browser)
        sign_in(client=other, agent="curl/8.1", address=AWAY)
        Delivery.objects.all().delete()
        with_access(here).post(f"{SESSIONS}end-others/")
        sign_in(client=browser)
        assert new_device_mails() == []
        sign_in(client=other, agent="curl/8.1", address=AWAY)
        assert new_device_mails() == [alice.email]

    def test_a_reset_password_makes_every_device_new_again(self, alice: User) -> None:
        device = Device()
        sessions.start(user=alice, device=device, now=timezone.now())
        assert sessions.is_known_device(user=alice, device=device)
        reset_password(token=password_reset.make(alice), password="another horse battery", now=timezone.now())
        assert not sessions.is_known_device(user=alice, device=device)

    def test_an_account_with_sessions_but_no_known_device_is_told(self, alice: User) -> None:
        """After a reset, or with sessions from before the upgrade, nothing says whose the device is."""
        browser = APIClient()
        sign_in(client=browser)
        sessions.forget_devices(user=alice)
        sign_in(client=browser)
        assert new_device_mails() == [alice.email]

    def test_signing_in_again_after_a_change_of_password_is_nothing_new(self, alice: User) -> None:
        browser = APIClient()
        pair = sign_in(client=browser)
        given = {"password": make.PASSWORD, "new_password": "another horse battery"}
        assert with_access(pair).post("/api/password/change/", given).status_code == 204
        given = {"email": alice.email, "password": "another horse battery"}
        assert browser.post(SIGN_IN, given, REMOTE_ADDR=AWAY).status_code == 200
        assert new_device_mails() == []

    def test_only_the_secret_makes_a_device_known_to_limits(self, alice: User, bob: User) -> None:
        device = Device(agent=FIREFOX, network_address=HOME)
        sessions.start(user=alice, device=device, now=timezone.now())
        assert sessions.is_known_device(user=alice, device=device)
        assert not sessions.is_known_device(user=bob, device=device)
        assert not sessions.is_known_device(user=alice, device=Device(agent=FIREFOX, network_address=HOME))

    def test_a_user_has_at_most_200_known_devices_and_the_longest_unused_go(self, alice: User) -> None:
        first = Device()
        sessions.start(user=alice, device=first, now=NOW)
        rows = [
            KnownDevice(user=alice, key=str(number), signed_in_at=NOW + timedelta(minutes=1))
            for number in range(MAX_KNOWN_DEVICES - 1)
        ]
        KnownDevice.objects.bulk_create(rows)
        assert sessions.is_known_device(user=alice, device=first)
        latest = Device()
        sessions.start(user=alice, device=latest, now=NOW + timedelta(minutes=2))
        assert KnownDevice.objects.count() == MAX_KNOWN_DEVICES
        assert not sessions.is_known_device(user=alice, device=first)
        assert sessions.is_known_device(user=alice, device=latest)


class TestFailedSignIn:
    def lines(self, caplog: pytest.LogCaptureFixture) -> list[Any]:
        return [each for each in caplog.records if each.name == "users.sessions"]

    def test_it_leaves_a_line_with_the_account_and_never_what_was_typed(
        self, alice: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        given = {"email": " ALICE@example.org ", "password": "wrong horse battery"}
        make.refused(APIClient().post(SIGN_IN, given, REMOTE_ADDR=AWAY), 401)
        [line] = self.lines(caplog)
        assert line.getMessage() == f"failed sign-in to account {alice.pk} from {AWAY}"
        assert (line.levelname, line.user) == ("WARNING", alice.pk)
        assert "wrong horse" not in caplog.text and "example.org" not in caplog.text.lower()

    def test_an_unknown_account_leaves_a_line_without_the_address_that_was_typed(
        self, alice: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        make.refused(APIClient().post(SIGN_IN, {"email": "hunter2", "password": "typed first"}, REMOTE_ADDR=AWAY), 401)
        [line] = self.lines(caplog)
        assert line.getMessage() == f"failed sign-in to an unknown account from {AWAY}"
        assert not hasattr(line, "user")
        assert "hunter2" not in caplog.text and "typed first" not in caplog.text

    def test_the_login_of_the_admin_leaves_the_same_line(self, alice: User, caplog: pytest.LogCaptureFixture) -> None:
        form = {"username": alice.email, "password": "wrong horse battery"}
        assert Client().post("/admin/login/", form, REMOTE_ADDR=AWAY).status_code == 200
        User.objects.create_superuser("admin@example.org", make.PASSWORD)
        form = {"username": "admin@example.org", "password": make.PASSWORD}
        assert Client().post("/admin/login/", form).status_code == 302
        [line] = self.lines(caplog)
        assert line.getMessage() == f"failed sign-in to account {alice.pk} from {AWAY}"

    def test_a_guess_of_somebody_who_is_signed_in_to_the_admin_leaves_it_too(
        self, alice: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        browser = Client()
        browser.force_login(User.objects.create_superuser("admin@example.org", make.PASSWORD))
        form = {"username": alice.email, "password": "wrong horse battery"}
        answer = browser.post("/admin/login/", form, REMOTE_ADDR=AWAY)
        assert answer.status_code == 200 and DEVICE_COOKIE not in answer.cookies
        [line] = self.lines(caplog)
        assert line.getMessage() == f"failed sign-in to account {alice.pk} from {AWAY}"
        assert not KnownDevice.objects.exists()

    def test_a_sign_in_that_succeeds_leaves_none(self, alice: User, caplog: pytest.LogCaptureFixture) -> None:
        sign_in()
        assert self.lines(caplog) == []


def test_the_admin_shows_sessions_without_token_ids_and_no_pages_of_tokens(alice: User) -> None:
    pair = sign_in()
    admin = Client()
    admin.force_login(User.objects.create_superuser("admin@example.org", make.PASSWORD))
    page = admin.get(f"/admin/users/user/{alice.pk}/change/").content.decode()
    assert "Firefox, Windows" in page and HOME in page
    assert Session.objects.get().token_id not in page and pair["refresh"] not in page
    assert "token" not in admin.get("/admin/").content.decode().lower().replace("csrfmiddlewaretoken", "")
