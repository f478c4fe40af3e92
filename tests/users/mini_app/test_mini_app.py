"""Signing in inside Telegram: only what Telegram has signed for this bot just now, only for a chat that may."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from notifications.bot import connecting
from tests import make
from users import addresses, bans, services, tokens
from users.access import Keep
from users.mini_app import rules
from users.models import Session, User

pytestmark = pytest.mark.django_db
PATH = "/api/token/telegram/"
TOKEN = "123456:of-the-bot"  # pragma: allowlist secret
CHAT = 5550001


@pytest.fixture(autouse=True)
def bot(settings: Settings) -> None:
    settings.TELEGRAM_BOT_TOKEN = TOKEN


@pytest.fixture
def connected(alice: User) -> User:
    """alice, whose chat was connected by a link that she made with her password."""
    token = connecting.make_chat_token(user=alice, password=make.PASSWORD)
    return connecting.connect_by_token(token=token, chat_id=CHAT, now=timezone.now())


def init_data(*, bot_token: str = TOKEN, at: datetime | None = None, **changes: Any) -> str:
    """Return what Telegram gives a Mini App that the person of CHAT opens. None as a change leaves the field out."""
    fields = {
        "query_id": "AAHdF6IQAAAAAN0XohDhrOrc",
        "user": json.dumps({"id": CHAT, "first_name": "Alice", "language_code": "en"}),
        "auth_date": str(int((at or timezone.now()).timestamp())),
        "signature": "an-Ed25519-signature",
        **changes,
    }
    kept = {name: value for name, value in fields.items() if value is not None}
    signed = "\n".join(f"{name}={kept[name]}" for name in sorted(kept))
    return urlencode({**kept, "hash": rules.sign(signed, bot_token=bot_token)})


def sign_in(data: str) -> Any:
    return Client().post(PATH, {"init_data": data}, content_type="application/json")


def test_the_signature_is_that_of_telegrams_documentation() -> None:
    """A value computed beside, by openssl: the key is the HMAC of the bot's token with the key WebAppData."""
    assert rules.sign("auth_date=1\nuser={}", bot_token="1:a") == (
        "4b6449b69b2251ac6102874b0783c9f66143e1d995b2f64e058b9b59e4d064e7"  # pragma: allowlist secret
    )


def test_who_opens_the_mini_app_in_a_connected_chat_is_signed_in(connected: User) -> None:
    answer = sign_in(init_data())
    assert make.program(answer.json()["access"]).get("/api/users/me/").json()["email"] == connected.email
    assert answer.cookies["habits_device"]["httponly"]


def test_the_same_data_give_the_same_session_while_it_lasts(connected: User) -> None:
    data = init_data()
    first, again = sign_in(data).json(), sign_in(data).json()
    assert first["refresh"] == again["refresh"]
    assert Session.objects.filter(user=connected).count() == 1
    sign_in(init_data(query_id="another opening"))
    assert Session.objects.filter(user=connected).count() == 2
    make.program(first["access"]).post("/api/token/revoke/", {"refresh": first["refresh"]})
    assert make.refused(sign_in(data)) == [("init_data_used", None)]


def test_the_data_are_taken_for_five_minutes(connected: User) -> None:
    now = timezone.now().replace(microsecond=0)
    data = init_data(at=now)
    with time_machine.travel(now + rules.LIFETIME, tick=False):
        assert sign_in(data).status_code == 200
    with time_machine.travel(now + rules.LIFETIME + timedelta(seconds=1), tick=False):
        assert make.refused(sign_in(data)) == [("invalid_init_data", "init_data")]  # also what has started a session
    with time_machine.travel(now - rules.LEEWAY - timedelta(seconds=2), tick=False):
        assert make.refused(sign_in(data)) == [("invalid_init_data", "init_data")]


def forged() -> dict[str, Callable[[], str]]:
    good = init_data
    return {
        "of another bot": lambda: good(bot_token="654321:of-another-bot"),
        "of no bot": lambda: good(bot_token=""),
        "another person put in": lambda: good().replace(str(CHAT), "5550002"),
        "another time put in": lambda: good().replace("auth_date=1", "auth_date=2"),
        "a field added": lambda: good() + "&start_param=x",
        "a field there twice": lambda: good() + "&auth_date=" + str(int(timezone.now().timestamp())),
        "without a signature": lambda: good().rpartition("&hash=")[0],
        "with an empty signature": lambda: good().rpartition("&hash=")[0] + "&hash=",
        "with a signature in capitals": lambda: good().rpartition("=")[0] + "=" + good().rpartition("=")[2].upper(),
        "without a time": lambda: good(auth_date=None),
        "with a time that is none": lambda: good(auth_date="now"),
        "with a time of other digits": lambda: good(auth_date="\u0661\u0662"),
        "of nobody": lambda: good(user=None),
        "of a bot": lambda: good(user=json.dumps({"id": CHAT, "is_bot": True})),
        "of a number that is text": lambda: good(user=json.dumps({"id": str(CHAT)})),
        "of true": lambda: good(user='{"id": true}'),
        "of a group": lambda: good(user=json.dumps({"id": -CHAT})),
        "no object": lambda: good(user="[1]"),
        "no JSON": lambda: good(user="{"),
        "no query string": lambda: "initData",
        "bytes that are no text": lambda: good() + "&x=%ff",
    }


def test_what_is_too_long_for_telegrams_data_is_not_taken_even_if_it_is_signed() -> None:
    signed = init_data(start_param="x" * rules.MAX_LENGTH)
    with pytest.raises(rules.InvalidInitData, match="too long"):
        rules.read(signed, bot_token=TOKEN, now=timezone.now())


@pytest.mark.parametrize("kind", forged())
def test_what_telegram_has_not_signed_so_signs_nobody_in(connected: User, kind: str) -> None:
    assert make.refused(sign_in(forged()[kind]())) == [("invalid_init_data", "init_data")]
    assert not Session.objects.exists()


def test_without_a_bot_nobody_is_signed_in(connected: User, settings: Settings) -> None:
    settings.TELEGRAM_BOT_TOKEN = ""
    assert make.refused(sign_in(init_data(bot_token=""))) == [("invalid_init_data", "init_data")]


def test_a_chat_that_nobody_connected_signs_nobody_in(alice: User) -> None:
    assert make.refused(sign_in(init_data())) == [("chat_not_connected", None)]


def test_a_chat_that_confirmed_a_question_gets_messages_but_signs_nobody_in(alice: User) -> None:
    """Its number may have been mistyped: it can be a stranger's."""
    question = tokens.chat_question.make(alice)
    with pytest.raises(Exception, match="invalid"):  # nor does it help to send it as a link
        connecting.connect_by_token(token=question, chat_id=CHAT, now=timezone.now())
    connecting.connect_by_token(token=question, chat_id=CHAT, now=timezone.now(), kind=tokens.chat_question)
    assert make.chat(alice).confirmed
    assert make.refused(sign_in(init_data())) == [("chat_not_connected", None)]


def unconfirm(user: User) -> None:
    addresses.connect(user=user, channel="telegram", address=str(CHAT), confirmed=False, now=timezone.now())


ENDS: dict[str, Callable[[User], object]] = {
    "disconnected": lambda user: addresses.disconnect(user=user, channel="telegram"),
    "not confirmed": unconfirm,
    "the bot is blocked there": lambda user: addresses.mark_unreachable(
        channel="telegram", address=str(CHAT), now=timezone.now() + timedelta(seconds=1)
    ),
    "banned": lambda user: bans.ban(user=user, by=User(pk=0, is_staff=True, is_superuser=True), now=timezone.now()),
    "deleted": lambda user: services.delete_account(user=user, password=make.PASSWORD, now=timezone.now()),
    "another password": lambda user: services.change_password(
        user=user, password=make.PASSWORD, new_password="another correct horse", now=timezone.now()
    ),
    "a reset that keeps the chat": lambda user: services.reset_password(
        token=tokens.password_reset.make(user), password="another correct horse", now=timezone.now(), keep=[Keep.CHATS]
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_chat_signs_in_only_while_what_connected_it_stands(connected: User, end: str) -> None:
    data = init_data()
    assert sign_in(data).status_code == 200
    ENDS[end](connected)
    for each in (data, init_data(query_id="later")):
        assert make.refused(sign_in(each)) == [("chat_not_connected", None)]


def test_the_body_is_strict_and_the_address_throttled(connected: User, settings: Settings) -> None:
    answer = Client().post(PATH, {"init_data": init_data(), "user": 1}, content_type="application/json")
    assert answer.status_code == 400
    assert make.refused(sign_in("x" * (rules.MAX_LENGTH + 1))) == [("max_length", "init_data")]
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "stranger": "2/minute"}
    assert [sign_in("x").status_code for _ in range(3)][-1] == 429
