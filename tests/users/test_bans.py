"""Bans: a state of their own, which ends all access, and whose end brings none of it back."""

import logging
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from achievements.models import ShareLink
from common.errors import DomainError
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.telegram import poll
from users import tokens
from users.bans import ban, unban
from users.cleanup import UNCONFIRMED_LIFETIME, remove_unconfirmed
from users.models import User

EMAIL = "alice@example.org"
CONFIRM, RESET = "/api/register/confirm/", "/api/password/reset/confirm/"
USERS = "/admin/users/user/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_superuser("staff@example.org", make.PASSWORD)


def ban_and_unban(user: User, staff: User) -> None:
    ban(user=user, by=staff, now=timezone.now())
    unban(user=user, by=staff, now=timezone.now())


def sign_in() -> dict[str, str]:
    return dict(APIClient().post("/api/token/", {"email": EMAIL, "password": make.PASSWORD}).json())


class TestWhatABanEnds:
    def test_sessions_and_they_stay_ended(self, alice: User, staff: User) -> None:
        refresh = sign_in()["refresh"]
        ban(user=alice, by=staff, now=timezone.now())
        assert "access" not in sign_in()
        unban(user=alice, by=staff, now=timezone.now())
        make.refused(APIClient().post("/api/token/refresh/", {"refresh": refresh}), 401)
        assert "access" in sign_in()

    def test_sessions_of_accounts_that_an_earlier_version_banned(self, alice: User, staff: User) -> None:
        """It only made them inactive; the migration set banned_at."""
        refresh = sign_in()["refresh"]
        User.objects.filter(pk=alice.pk).update(is_active=False, banned_at=timezone.now())
        unban(user=alice, by=staff, now=timezone.now())
        make.refused(APIClient().post("/api/token/refresh/", {"refresh": refresh}), 401)

    def test_sessions_in_the_admin(self, alice: User, staff: User) -> None:
        User.objects.filter(pk=alice.pk).update(is_staff=True)
        browser = Client()
        browser.force_login(User.objects.get(pk=alice.pk))
        assert browser.get("/admin/").status_code == 200
        ban_and_unban(alice, staff)
        assert browser.get("/admin/").status_code == 302

    def test_every_mailed_link(self, api: APIClient, alice: User, staff: User, telegram: FakeTelegram) -> None:
        api.patch("/api/users/me/", {"email": "new@example.org", "password": make.PASSWORD})
        changed = make.mailed_token("new@example.org")
        alice.refresh_from_db()
        reset, chat = tokens.password_reset.make(alice), tokens.chat_link.make(alice)
        signing_in = tokens.sign_in_link.make(alice)
        ban_and_unban(alice, staff)
        refused = APIClient().post("/api/token/link/", {"token": signing_in})
        assert make.refused(refused) == [("invalid_link", "token")]
        for path, token in ((CONFIRM, changed), (RESET, reset)):
            answer = APIClient().post(path, {"token": token, "password": "an even better battery"})
            assert make.refused(answer) == [("invalid_link", "token")]
        telegram.send_text(1001, f"/start {chat}")
        poll(telegram)
        assert not User.objects.get(pk=alice.pk).telegram.is_connected
        assert User.objects.get(pk=alice.pk).new_email == ""

    def test_the_link_to_sign_in(self, alice: User, staff: User) -> None:
        token = tokens.sign_in_link.make(alice)
        ban_and_unban(alice, staff)
        assert make.refused(APIClient().post("/api/token/link/", {"token": token})) == [("invalid_link", "token")]

    def test_chats_and_share_links(self, staff: User) -> None:
        alice = make.person("alice", chat=True)
        make.client(alice).post("/api/shares/", {"kind": "streak", "track": make.track(alice).pk})
        ban_and_unban(alice, staff)
        assert make.chat(alice).address is None
        assert not ShareLink.objects.exists()

    def test_messages_that_wait(self, staff: User, telegram: FakeTelegram) -> None:
        alice = make.person("alice", chat=True)
        make.client(alice).post("/api/tg/link/", {"chat_id": 1002, "password": make.PASSWORD})
        ban_and_unban(alice, staff)
        make.mails()
        assert telegram.messages(1002) == []


class TestUnconfirmedAccounts:
    @pytest.fixture
    def link(self, stranger: APIClient) -> str:
        stranger.post("/api/register/", {"email": EMAIL, "password": make.PASSWORD, "username": "alice"})
        return make.mailed_token(EMAIL)

    def test_a_banned_one_is_not_activated_by_its_link(self, link: str, staff: User, stranger: APIClient) -> None:
        banned = ban(user=User.objects.get(email=EMAIL), by=staff, now=timezone.now())
        for token in (link, tokens.confirmation.make(banned)):  # a mail may have been on its way at the ban
            answer = stranger.post(CONFIRM, {"token": token, "password": make.PASSWORD})
            assert make.refused(answer) == [("invalid_link", "token")]
        assert not User.objects.get(email=EMAIL).is_active

    def test_a_banned_one_gets_no_other_link(self, link: str, staff: User, stranger: APIClient) -> None:
        ban(user=User.objects.get(email=EMAIL), by=staff, now=timezone.now())
        before = len(make.mails())
        with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
            assert stranger.post("/api/register/resend/", {"email": EMAIL}).status_code == 202
            assert len(make.mails()) == before

    def test_after_the_ban_it_needs_a_new_link(self, link: str, staff: User, stranger: APIClient) -> None:
        ban_and_unban(User.objects.get(email=EMAIL), staff)
        assert not User.objects.get(email=EMAIL).is_active
        given = {"token": link, "password": make.PASSWORD}
        assert make.refused(stranger.post(CONFIRM, given)) == [("invalid_link", "token")]
        with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
            stranger.post("/api/register/resend/", {"email": EMAIL})
            assert stranger.post(CONFIRM, given | {"token": make.mailed_token(EMAIL)}).status_code == 200

    def test_the_cleanup_keeps_a_banned_one_so_that_the_ban_holds(self, link: str, staff: User) -> None:
        ban(user=User.objects.get(email=EMAIL), by=staff, now=timezone.now())
        assert remove_unconfirmed(now=timezone.now() + 2 * UNCONFIRMED_LIFETIME) is None
        assert User.objects.filter(email=EMAIL).exists()


class TestStaff:
    def test_nobody_bans_themselves_and_only_a_superuser_bans_a_superuser(self, alice: User, staff: User) -> None:
        for user, by, code in ((staff, staff, "own_account"), (staff, alice, "not_permitted")):
            with pytest.raises(DomainError) as refused:
                ban(user=user, by=by, now=timezone.now())
            assert refused.value.code == code
        staff.refresh_from_db()
        assert staff.is_active

    def test_only_a_superuser_lifts_the_ban_of_staff(self, alice: User, bob: User, staff: User) -> None:
        User.objects.filter(pk__in=[alice.pk, bob.pk]).update(is_staff=True)
        ban(user=alice, by=staff, now=timezone.now())
        with pytest.raises(DomainError, match="Only a superuser") as refused:
            unban(user=alice, by=User.objects.get(pk=bob.pk), now=timezone.now())
        assert refused.value.code == "not_permitted"
        assert not User.objects.get(pk=alice.pk).is_active
        assert unban(user=alice, by=staff, now=timezone.now()).is_active

    def test_a_ban_and_its_end_are_idempotent(self, alice: User, staff: User) -> None:
        unban(user=alice, by=staff, now=timezone.now())
        assert "access" in sign_in()
        banned = ban(user=alice, by=staff, now=make.utc("2026-11-01 12:00"))
        assert ban(user=alice, by=staff, now=timezone.now()).banned_at == banned.banned_at

    def test_the_admin_bans_and_lifts_bans_with_a_trace(self, alice: User, bob: User, staff: User) -> None:
        browser = Client()
        browser.force_login(staff)
        for action, is_banned in (("ban", True), ("unban", False)):
            chosen = {"action": action, "_selected_action": [alice.pk, staff.pk]}
            assert browser.post(USERS, chosen).status_code == 302
            assert (User.objects.get(pk=alice.pk).banned_at is not None) == is_banned
        assert User.objects.get(pk=staff.pk).is_active and User.objects.get(pk=bob.pk).is_active
        history = browser.get(f"{USERS}{alice.pk}/history/").content.decode()
        assert "Banned." in history and "Lifted the ban." in history

    def test_the_admin_does_not_activate_accounts(self, staff: User, stranger: APIClient) -> None:
        """A stranger may have registered the address: the password that they sent must open nothing."""
        stranger.post("/api/register/", {"email": EMAIL, "password": make.PASSWORD, "username": "alice"})
        browser, user = Client(), User.objects.get(email=EMAIL)
        browser.force_login(staff)
        page = browser.get(f"{USERS}{user.pk}/change/")
        assert "is_active" not in page.context["adminform"].form.fields

    def test_an_account_that_staff_create_can_sign_in(self, staff: User) -> None:
        browser = Client()
        browser.force_login(staff)
        given = {"email": EMAIL, "username": "alice", "password1": make.PASSWORD, "password2": make.PASSWORD}
        assert browser.post(f"{USERS}add/", given | make.NO_ROWS).status_code == 302
        assert "access" in sign_in()

    def test_the_log_names_accounts_by_id(self, alice: User, staff: User, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO, logger="users.bans"):
            ban_and_unban(alice, staff)
        assert [record.getMessage() for record in caplog.records] == [
            f"account {alice.pk} was banned by account {staff.pk}",
            f"the ban of account {alice.pk} was lifted by account {staff.pk}",
        ]
