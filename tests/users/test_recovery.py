"""Getting an account back: what a thief with a session leaves behind ends with a reset of the password."""

import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from achievements.models import ShareLink
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.telegram import poll
from users import services, tokens
from users.models import User

ME, ACCESS, CHANGE = "/api/users/me/", "/api/users/me/access/", "/api/password/change/"
CONFIRM, RESET, CHECK = "/api/register/confirm/", "/api/password/reset/confirm/", "/api/password/reset/check/"
LINK = "/api/tg/link/"
OLD, THIEFS, NEW = "alice@example.org", "thief@example.org", "an even better battery"

pytestmark = pytest.mark.django_db


def reset_token() -> str:
    assert APIClient().post("/api/password/reset/", {"email": OLD}).status_code == 202
    return make.mailed_token(OLD)


def reset(**given: Any) -> None:
    assert APIClient().post(RESET, {"token": reset_token(), "password": NEW} | given).status_code == 204


def mails_to(address: str) -> list[str]:
    return [f"{mail.subject}\n{mail.body}" for mail in make.mails() if mail.to == [address]]


def change_email(api: APIClient, to: str = THIEFS) -> Any:
    return api.patch(ME, {"email": to, "password": make.PASSWORD})


def share(user: User) -> ShareLink:
    made = make.client(user).post("/api/shares/", {"kind": "streak", "track": make.track(user).pk})
    return ShareLink.objects.get(pk=made.json()["id"])


# The request waits for the reset, or is read after it: which of both refuses it is the database's choice.
ENDED = ([("session_ended", None)], [("password_changed", None)])


class TestChangeOfEmail:
    @pytest.mark.parametrize(
        ("given", "refusal"),
        [({}, ("required", "password")), ({"password": "wrong"}, ("wrong_password", "password"))],
    )
    @pytest.mark.parametrize("email", [THIEFS, "bob@example.org"])
    def test_it_needs_the_password_and_without_it_tells_nothing(
        self, api: APIClient, bob: User, email: str, given: dict[str, str], refusal: tuple[str, str]
    ) -> None:
        before = make.everything()
        for send, body in ((api.patch, {}), (api.put, {"username": "alice"})):
            assert make.refused(send(ME, body | {"email": email} | given)) == [refusal]
        assert make.everything() == before

    def test_a_body_with_the_present_email_needs_none(self, api: APIClient) -> None:
        shown = api.get(ME).json()
        assert api.put(ME, {name: value for name, value in shown.items() if name != "tracks"}).status_code == 200
        assert api.patch(ME, {"email": OLD.upper()}).status_code == 200

    def test_it_can_be_cancelled_without_the_password(self, api: APIClient) -> None:
        change_email(api)
        assert api.patch(ME, {"email": OLD}).json()["new_email"] == ""

    def test_the_old_address_is_told_what_happens_and_what_to_do(self, api: APIClient, alice: User) -> None:
        change_email(api)
        [told] = mails_to(OLD)
        assert THIEFS in told and "choose a new password" in told
        assert "/#/forgotten" in told

    def test_the_old_address_is_told_again_once_the_link_is_used(self, api: APIClient, stranger: APIClient) -> None:
        change_email(api)
        assert stranger.post(CONFIRM, {"token": make.mailed_token(THIEFS)}).status_code == 200
        assert f"is now {THIEFS}" in mails_to(OLD)[-1]

    def test_a_cancelled_change_is_not_told(self, api: APIClient) -> None:
        change_email(api)
        api.patch(ME, {"email": OLD})
        assert make.mails() == []

    def test_a_reset_of_the_password_ends_it(self, api: APIClient, alice: User, stranger: APIClient) -> None:
        change_email(api)
        thiefs_link = make.mailed_token(THIEFS)
        reset()
        assert make.refused(stranger.post(CONFIRM, {"token": thiefs_link})) == [("invalid_link", "token")]
        alice.refresh_from_db()
        assert (alice.email, alice.new_email) == (OLD, "")

    def test_a_reset_ends_it_also_where_its_mail_still_waits(self, api: APIClient, alice: User) -> None:
        change_email(api)
        alice.refresh_from_db()
        services.reset_password(token=tokens.password_reset.make(alice), password=NEW, now=timezone.now())
        assert [mail.subject for mail in make.mails()] == ["Your password was changed"]

    def test_a_change_of_the_password_makes_its_link_invalid_and_leaves_it_listed(
        self, api: APIClient, alice: User, stranger: APIClient
    ) -> None:
        change_email(api)
        link = make.mailed_token(THIEFS)
        assert api.post(CHANGE, {"password": make.PASSWORD, "new_password": NEW}).status_code == 204
        assert make.refused(stranger.post(CONFIRM, {"token": link})) == [("invalid_link", "token")]
        assert make.client(User.objects.get()).get(ACCESS).json()["new_email"] == THIEFS

    def test_each_of_two_who_ask_for_the_same_new_address_gets_a_link(
        self, api: APIClient, bob: User, stranger: APIClient
    ) -> None:
        change_email(api)
        make.mails()
        change_email(make.client(bob))
        mine, bobs = [each.body for each in make.mails() if each.to == [THIEFS]]
        assert mine != bobs
        assert stranger.post(CONFIRM, {"token": make.mailed_token(THIEFS)}).status_code == 200
        assert User.objects.get(pk=bob.pk).email == THIEFS


class TestChats:
    @pytest.fixture(autouse=True)
    def _bot(self, telegram: FakeTelegram) -> None:
        pass

    def test_a_reset_disconnects_the_chat(self, telegram: FakeTelegram) -> None:
        alice = make.person("alice", chat=True)
        reset()
        assert make.chat(alice).address is None
        telegram.send_text(1001, "/today")
        poll(telegram)
        assert telegram.messages(1001)[-1].text.startswith("Hello!")

    def test_a_reset_keeps_the_chat_if_asked(self) -> None:
        alice = make.person("alice", chat=True)
        reset(keep=["chats"])
        assert make.chat(alice).address == "1001"

    def test_links_to_connect_a_chat_end_with_a_reset_and_a_change_of_the_password(
        self, api: APIClient, alice: User, telegram: FakeTelegram
    ) -> None:
        by_reset = api.post(LINK, {"password": make.PASSWORD}).json()["url"].partition("?start=")[2]
        reset()
        api = make.client(User.objects.get())
        by_change = api.post(LINK, {"password": NEW}).json()["url"].partition("?start=")[2]
        assert api.post(CHANGE, {"password": NEW, "new_password": make.PASSWORD}).status_code == 204
        for token in (by_reset, by_change):
            telegram.send_text(1002, f"/start {token}")
            poll(telegram)
            assert "no longer valid" in telegram.messages(1002)[-1].text
        assert not alice.telegram.is_connected

    @pytest.mark.parametrize("is_sent_first", [True, False])
    def test_a_question_to_a_chat_ends_with_a_reset(
        self, api: APIClient, alice: User, telegram: FakeTelegram, is_sent_first: bool
    ) -> None:
        """Its token is made when it is sent, so one that waits would be valid after the reset."""

        api.post(LINK, {"chat_id": 1002, "password": make.PASSWORD})
        if is_sent_first:
            make.mails()
        services.reset_password(token=tokens.password_reset.make(User.objects.get()), password=NEW, now=timezone.now())
        make.mails()
        assert len(telegram.messages(1002)) == is_sent_first
        if is_sent_first:
            telegram.tap(1002, telegram.messages(1002)[-1].message_id, "Confirm")
            poll(telegram)
        assert not User.objects.get().telegram.is_connected

    @make.needs_postgres
    @pytest.mark.django_db(transaction=True)
    def test_no_chat_is_asked_with_a_password_that_a_reset_is_just_replacing(
        self, api: APIClient, alice: User, telegram: FakeTelegram
    ) -> None:
        answers = []
        with make.meanwhile(lambda: answers.append(api.post(LINK, {"chat_id": 1002, "password": make.PASSWORD}))):
            services.reset_password(token=tokens.password_reset.make(alice), password=NEW, now=timezone.now())
        assert make.refused(answers[0], 401) in ENDED
        make.mails()
        assert telegram.messages(1002) == []

    def test_a_change_of_the_password_leaves_the_chat_and_lists_it_by_name_and_date(
        self, api: APIClient, alice: User, telegram: FakeTelegram
    ) -> None:
        with time_machine.travel("2026-11-21 12:00Z", tick=False):
            person = {"id": 1001, "is_bot": False, "first_name": "Al", "username": "al"}
            telegram.send_text(1001, f"/start {tokens.chat_link.make(alice)}", user=person)
            poll(telegram)
        api.post(CHANGE, {"password": make.PASSWORD, "new_password": NEW})
        [chat] = make.client(User.objects.get()).get(ACCESS).json()["chats"]
        assert chat == {
            "channel": "telegram",
            "address": "1001",
            "name": "@al",
            "connected_at": "2026-11-21T12:00:00Z",
        }


class TestShareLinks:
    @make.needs_postgres
    @pytest.mark.django_db(transaction=True)
    def test_none_is_made_by_a_session_that_a_reset_is_just_ending(self, api: APIClient, alice: User) -> None:
        answers, body = [], {"kind": "streak", "track": make.track(alice).pk}
        with make.meanwhile(lambda: answers.append(api.post("/api/shares/", body))):
            services.reset_password(token=tokens.password_reset.make(alice), password=NEW, now=timezone.now())
        assert make.refused(answers[0], 401) in ENDED
        assert not ShareLink.objects.exists()

    def test_a_reset_revokes_them(self, alice: User, stranger: APIClient) -> None:
        link = share(alice)
        reset()
        assert not ShareLink.objects.exists()
        assert stranger.get(f"/s/{link.token}/").status_code == 404

    def test_a_reset_keeps_them_if_asked(self, alice: User) -> None:
        share(alice)
        reset(keep=["shares"])
        assert ShareLink.objects.count() == 1

    def test_a_change_of_the_password_leaves_them(self, api: APIClient, alice: User) -> None:
        share(alice)
        api.post(CHANGE, {"password": make.PASSWORD, "new_password": NEW})
        assert make.client(User.objects.get()).get(ACCESS).json()["share_links"] == 1


class TestWhatAResetEnds:
    def test_the_link_shows_it_and_stays_valid(self) -> None:
        alice = make.person("alice", chat=True)
        share(alice)
        change_email(make.client(alice))
        token = reset_token()
        before = make.everything()
        shown = APIClient().post(CHECK, {"token": token}).json()
        assert make.everything() == before
        assert (shown["new_email"], shown["share_links"]) == (THIEFS, 1)
        assert [chat["address"] for chat in shown["chats"]] == ["1001"]
        assert APIClient().post(RESET, {"token": token, "password": NEW}).status_code == 204

    def test_nobody_else_sees_it(self, alice: User, stranger: APIClient) -> None:
        assert make.refused(stranger.post(CHECK, {"token": "1-2-3"})) == [("invalid_link", "token")]
        make.refused(stranger.get(ACCESS), 401)

    def test_it_can_keep_only_what_exists(self, alice: User, stranger: APIClient) -> None:
        token = reset_token()
        for keep in (["sessions"], "chats", ["chats"] * 3):
            errors = make.refused(stranger.post(RESET, {"token": token, "password": NEW, "keep": keep}))
            assert {str(attr).partition(".")[0] for _, attr in errors} == {"keep"}

    @pytest.mark.parametrize("language", ["en", "ru"])
    def test_the_page_offers_to_keep_chat_and_pages_and_does_as_it_is_told(self, language: str) -> None:
        alice = make.person("alice", chat=True, language=language)
        alice.addresses.update(name="<Al>", connected_at=make.utc("2026-05-03 12:00"))
        for kept, form in (([True, False], {"chats": "on"}), ([False, True], {"shares": "on"})):
            make.connect(alice, 1001)
            alice.addresses.update(name="<Al>", connected_at=make.utc("2026-05-03 12:00"))
            ShareLink.objects.all().delete()
            share(User.objects.get(pk=alice.pk))
            browser, path = Client(enforce_csrf_checks=True), f"/reset/{reset_token_of(alice)}/"
            page = browser.get(path).content.decode()
            assert "&lt;Al&gt;" in page and "2026" in page
            assert re.findall(r'type="checkbox" name="(\w+)"', page) == ["chats", "shares"]
            assert browser.post(path, {"password": NEW} | form).status_code == 200
            assert [make.chat(alice).address is not None, ShareLink.objects.exists()] == kept

    def test_the_page_names_channels_that_are_no_chat(self, alice: User) -> None:
        alice.addresses.create(channel="ntfy", address="https://ntfy.example.org/alice")
        page = Client().get(f"/reset/{reset_token_of(alice)}/").content.decode()
        assert "Keep where my messages go: ntfy https://ntfy.example.org/alice" in page

    def test_the_page_offers_nothing_where_there_is_nothing(self, alice: User) -> None:
        page = Client().get(f"/reset/{reset_token_of(alice)}/").content.decode()
        assert 'type="checkbox"' not in page and "signs out all devices" in page


def reset_token_of(user: User) -> str:

    return tokens.password_reset.make(User.objects.get(pk=user.pk))
