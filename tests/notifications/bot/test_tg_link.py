"""Connecting Telegram: the deep link, the Confirm button, one account per chat, disconnecting."""

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.telegram import poll
from users.models import Address, User

pytestmark = pytest.mark.django_db


def link_of(api: APIClient) -> str:
    url = api.post("/api/tg/link/", {"password": make.PASSWORD}).json()["url"]
    assert isinstance(url, str)
    return url


def token_of(api: APIClient) -> str:
    return link_of(api).partition("?start=")[2]


def is_connected(user: User, chat_id: int = 1001) -> bool:
    chat = user.address("telegram")
    return chat.address == str(chat_id) and chat.is_connected


def test_the_deep_link_names_the_bot_and_fits_telegrams_rules(api: APIClient, telegram: FakeTelegram) -> None:
    url = link_of(api)
    assert url.startswith("https://t.me/")
    token = url.partition("?start=")[2]
    assert 1 <= len(token) <= 64
    assert token.replace("-", "").replace("_", "").isalnum()


def test_start_with_the_token_connects(api: APIClient, alice: User, telegram: FakeTelegram) -> None:
    telegram.send_text(1001, f"/start {token_of(api)}")
    poll(telegram)
    assert is_connected(alice)
    assert telegram.messages(1001)[-1].text.startswith("Connected, alice!")


def test_the_token_works_once(api: APIClient, alice: User, telegram: FakeTelegram) -> None:
    token = token_of(api)
    telegram.send_text(1001, f"/start {token}")
    telegram.send_text(1002, f"/start {token}")
    poll(telegram)
    assert is_connected(alice)
    assert "no longer valid" in telegram.messages(1002)[-1].text


def test_the_token_expires_after_ten_minutes(api: APIClient, alice: User, telegram: FakeTelegram) -> None:
    with time_machine.travel("2026-11-21 12:00Z", tick=False) as clock:
        api = make.client(alice)
        token = token_of(api)
        clock.move_to("2026-11-21 12:10:01Z")
        telegram.send_text(1001, f"/start {token}")
        poll(telegram)
    assert not is_connected(alice)


def test_the_token_ends_with_a_session(api: APIClient, alice: User, telegram: FakeTelegram) -> None:
    token = token_of(api)
    assert api.post("/api/users/me/sessions/end-others/").status_code == 204  # there is no other
    other = make.sign_in(alice)
    assert api.post("/api/token/revoke/", {"refresh": other["refresh"]}).status_code == 204
    telegram.send_text(1001, f"/start {token}")
    poll(telegram)
    assert not is_connected(alice)
    telegram.send_text(1001, f"/start {token_of(api)}")
    poll(telegram)
    assert is_connected(alice)


def test_a_chat_belongs_to_one_account(api: APIClient, alice: User, bob: User, telegram: FakeTelegram) -> None:
    telegram.send_text(1001, f"/start {token_of(api)}")
    telegram.send_text(1001, f"/start {token_of(make.client(bob))}")
    poll(telegram)
    assert is_connected(alice)
    assert not is_connected(bob)
    assert "another account" in telegram.messages(1001)[-1].text


def test_a_chat_given_by_its_id_is_connected_after_it_confirms(
    api: APIClient, alice: User, telegram: FakeTelegram
) -> None:
    answer = api.post("/api/tg/link/", {"chat_id": 1001, "password": make.PASSWORD})
    assert (answer.status_code, answer.json()) == (202, {"connected": False})
    send_all()
    assert not is_connected(alice)
    message = telegram.messages(1001)[-1]
    assert (message.buttons, "alice" in message.text) == (["Confirm"], True)
    telegram.tap(1001, message.message_id, "Confirm")
    poll(telegram)
    assert is_connected(alice)
    assert telegram.message(1001, message.message_id).buttons == []


def test_the_answer_does_not_reveal_that_a_chat_is_taken(
    api: APIClient, alice: User, bob: User, telegram: FakeTelegram
) -> None:
    telegram.send_text(1001, f"/start {token_of(api)}")
    poll(telegram)
    answer = make.client(bob).post("/api/tg/link/", {"chat_id": 1001, "password": make.PASSWORD})
    assert (answer.status_code, answer.json()) == (202, {"connected": False})


def test_without_a_bot_a_chat_is_connected_at_once_but_unconfirmed(
    api: APIClient, alice: User, settings: Settings
) -> None:
    assert api.get("/api/tg/link/").json()["url"] is None
    assert api.post("/api/tg/link/", {"chat_id": 1001, "password": make.PASSWORD}).json() == {"connected": True}
    assert is_connected(alice)
    settings.TELEGRAM_BOT_TOKEN = "1:token"
    assert not is_connected(alice)
    assert api.get("/api/users/me/").json()["telegram"]["connected"] is False


@pytest.mark.parametrize("chat_id", ["x", 0, -100, 2**80, None])
def test_an_invalid_chat_id_is_refused(api: APIClient, chat_id: object) -> None:
    answer = api.post("/api/tg/link/", {"chat_id": chat_id, "password": make.PASSWORD})
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "chat_id")


def test_delete_disconnects(api: APIClient, alice: User) -> None:
    api.post("/api/tg/link/", {"chat_id": 1001, "password": make.PASSWORD})
    assert api.delete("/api/tg/link/").status_code == 204
    assert not is_connected(alice)


def test_connecting_again_marks_the_chat_reachable(api: APIClient, alice: User, telegram: FakeTelegram) -> None:
    telegram.send_text(1001, f"/start {token_of(api)}")
    poll(telegram)
    Address.objects.update(unreachable_since=timezone.now())
    telegram.send_text(1001, f"/start {token_of(api)}")
    poll(telegram)
    alice.refresh_from_db()
    assert make.chat(alice).unreachable_since is None


def test_the_link_returns_503_while_telegram_is_unavailable(
    api: APIClient, telegram: FakeTelegram, settings: Settings
) -> None:
    settings.TELEGRAM_BOT_TOKEN = "2:other"  # its name is not known yet
    settings.TELEGRAM_API_BASE_URL = "http://127.0.0.1:1"
    api.raise_request_exception = False
    answer = api.get("/api/tg/link/")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "telegram_unavailable")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [({}, ("required", "password")), ({"password": "wrong"}, ("wrong_password", "password"))],
)
@pytest.mark.parametrize("chat", [{}, {"chat_id": 1001}])
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("has_bot", [True, False])
def test_connecting_and_replacing_a_chat_needs_the_password(
    telegram: FakeTelegram,
    settings: Settings,
    given: dict[str, str],
    refusal: tuple[str, str],
    chat: dict[str, int],
    is_first: bool,
    has_bot: bool,
) -> None:
    api = make.client(make.person("alice", chat=not is_first))
    if not has_bot:
        settings.TELEGRAM_BOT_TOKEN = ""
    before = make.everything()
    assert make.refused(api.post("/api/tg/link/", chat | given)) == [refusal]
    assert make.everything() == before


def test_without_the_password_the_link_opens_the_bot_but_connects_nothing(
    api: APIClient, alice: User, telegram: FakeTelegram
) -> None:
    url = api.get("/api/tg/link/").json()["url"]
    assert url == link_of(api).partition("?")[0]
    telegram.send_text(1001, "/start")
    poll(telegram)
    assert not is_connected(alice)


class TestMailAboutAChat:
    """A new chat is told by mail."""

    def test_connecting_tells_the_address_by_name_and_what_to_do(
        self, api: APIClient, alice: User, telegram: FakeTelegram
    ) -> None:
        person = {"id": 1001, "is_bot": False, "first_name": "Al", "username": "al"}
        telegram.send_text(1001, f"/start {token_of(api)}", user=person)
        poll(telegram)
        [told] = make.mails()
        assert told.to == [alice.email]
        assert told.subject == "A chat was connected to your account"
        assert "@al" in told.body and "choose a new password" in told.body and "/#/forgotten" in told.body

    def test_a_tap_on_confirm_tells_it_too(self, api: APIClient, alice: User, telegram: FakeTelegram) -> None:
        api.post("/api/tg/link/", {"chat_id": 1001, "password": make.PASSWORD})
        assert make.mails() == []
        telegram.tap(1001, telegram.messages(1001)[-1].message_id, "Confirm")
        poll(telegram)
        assert len(make.mails()) == 1

    def test_replacing_a_chat_is_told_and_connecting_it_again_is_not(self, telegram: FakeTelegram) -> None:
        api = make.client(make.person("alice", chat=True))
        for chat_id, count in ((1001, 0), (1002, 1), (1002, 1)):
            telegram.send_text(chat_id, f"/start {token_of(api)}")
            poll(telegram)
            assert len(make.mails()) == count
        assert make.chat(User.objects.get()).address == "1002"

    def test_it_is_told_without_a_bot_as_well(self, api: APIClient, alice: User) -> None:
        api.post("/api/tg/link/", {"chat_id": 1001, "password": make.PASSWORD})
        assert [mail.to for mail in make.mails()] == [[alice.email]]

    def test_it_is_in_the_language_and_at_the_time_of_the_account(self, telegram: FakeTelegram) -> None:
        alice = make.person("alice", language="ru", time_zone="Asia/Tokyo")
        with time_machine.travel("2026-11-21 18:30Z", tick=False):
            telegram.send_text(1001, f"/start {token_of(make.client(alice))}")
            poll(telegram)
            [told] = make.mails()
        assert told.subject == "К вашей учётной записи подключён чат"
        assert "22 ноября в 03:30" in told.body


class TestClaimsWithoutABot:
    """A chat that somebody named while no bot was configured."""

    def test_the_claim_of_another_account_gives_way_to_the_chat_itself(
        self, api: APIClient, alice: User, bob: User, telegram: FakeTelegram, settings: Settings
    ) -> None:
        bobs, with_bot = make.client(bob), settings.TELEGRAM_BOT_TOKEN
        settings.TELEGRAM_BOT_TOKEN = ""
        bobs.post("/api/tg/link/", {"chat_id": 1001, "password": make.PASSWORD})
        settings.TELEGRAM_BOT_TOKEN = with_bot
        telegram.send_text(1001, f"/start {token_of(api)}")
        poll(telegram)
        assert is_connected(alice)
        assert bobs.get("/api/users/me/").json()["telegram"]["chat_id"] is None

    def test_a_confirmed_chat_does_not_give_way_to_a_claim(self, bob: User) -> None:
        make.person("alice", chat=True)
        answer = make.client(bob).post("/api/tg/link/", {"chat_id": 1001, "password": make.PASSWORD})
        assert make.refused(answer) == [("chat_taken", "chat_id")]
