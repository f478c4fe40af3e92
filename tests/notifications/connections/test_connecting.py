"""Connecting a channel: by the code of its first message, with the password; what ends it."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from notifications.models import ChannelConnection, Delivery, PushSubscription
from notifications.tasks import send_all
from tests import make
from tests.fake_ntfy import FakeServer
from tests.fake_telegram import FakeTelegram
from tests.notifications.channels.conftest import EVENING, code_in, connect_ntfy
from users import tokens
from users.access import Keep
from users.models import Address, User
from users.services import delete_account, reset_password

pytestmark = pytest.mark.django_db


def request_code(api: APIClient, server: FakeServer, topic: str = "habits", **more: str) -> Any:
    body = {"address": f"{server.url}/{topic}", "password": make.PASSWORD, **more}
    return api.post("/api/channels/ntfy/connect/", body)


def state(api: APIClient, name: str = "ntfy") -> dict[str, Any]:
    [found] = [each for each in api.get("/api/channels/").json()["channels"] if each["name"] == name]
    return dict(found)


def test_a_channel_is_connected_by_the_code_that_its_first_message_carries(
    clock: Any, server: FakeServer, api: APIClient
) -> None:
    assert request_code(api, server).json() == {"name": "127.0.0.1/habi…"}
    assert (state(api)["connected"], state(api)["pending"]) == (False, True)
    send_all()
    code = code_in(server.texts[0])
    assert "alice" in server.texts[0]
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    assert make.refused(api.post("/api/channels/ntfy/confirm/", {"code": wrong})) == [("wrong_code", "code")]
    assert api.post("/api/channels/ntfy/confirm/", {"code": code}).status_code == 200
    found = state(api)
    assert (found["connected"], found["pending"], found["address"]) == (True, False, "127.0.0.1/habi…")
    [told] = make.mails()
    assert "127.0.0.1/habi…" in told.body
    again = api.post("/api/channels/ntfy/confirm/", {"code": code})
    assert make.refused(again) == [("nothing_to_confirm", "code")]


def test_the_code_is_not_in_the_outbox_and_ends_after_half_an_hour(
    clock: Any, server: FakeServer, api: APIClient
) -> None:
    request_code(api, server)
    send_all()
    code = code_in(server.texts[0])
    assert code not in api.get("/api/notifications/").content.decode()
    assert all(code not in str(row) for row in Delivery.objects.values_list())
    clock.move_to(EVENING + timedelta(minutes=31))
    refused = api.post("/api/channels/ntfy/confirm/", {"code": code})
    assert make.refused(refused) == [("nothing_to_confirm", "code")]
    assert state(api)["pending"] is False


def test_connecting_needs_the_password(clock: Any, server: FakeServer, api: APIClient) -> None:
    assert make.refused(request_code(api, server, password="wrong horse")) == [("wrong_password", "password")]
    assert not ChannelConnection.objects.exists()


def test_what_is_connected_stays_until_another_address_is_confirmed(
    connected: User, server: FakeServer, api: APIClient
) -> None:
    server.forget()
    request_code(api, server, topic="other")
    api.post("/api/channels/ntfy/test/")
    send_all()
    assert {each["topic"] for each in server.published} == {"habits", "other"}
    assert Address.objects.get(channel="ntfy").confirmed
    code = code_in(next(text for text in server.texts if "code" in text))
    api.post("/api/channels/ntfy/confirm/", {"code": code})
    assert [each.target_url for each in ChannelConnection.objects.all()] == [f"{server.url}/other"]


def test_a_code_is_of_its_own_account_only(connected: User, server: FakeServer, bob: User) -> None:
    request_code(make.client(bob), server, topic="bobs")
    send_all()
    code = code_in(server.texts[-1])
    refused = make.client(connected).post("/api/channels/ntfy/confirm/", {"code": code})
    assert make.refused(refused) == [("nothing_to_confirm", "code")]


def test_two_accounts_may_use_one_topic_each_with_its_own_token(connected: User, server: FakeServer, bob: User) -> None:
    connect_ntfy(bob, server, token="tk_bobs")
    for user in (connected, bob):
        make.client(user).post("/api/channels/ntfy/test/")
    server.forget()
    send_all()
    assert sorted(each["authorization"] for each in server.headers) == ["Bearer tk_bobs", "Bearer tk_secret"]


def test_a_test_message_is_sent_once_a_minute_and_only_where_a_channel_is_connected(
    connected: User, server: FakeServer, telegram: FakeTelegram, api: APIClient
) -> None:
    server.forget()
    assert [api.post("/api/channels/ntfy/test/").status_code for _ in range(2)] == [202, 202]
    send_all()
    assert server.texts == ["This is a test message. It has arrived."]
    assert make.refused(api.post("/api/channels/telegram/test/")) == [("not_connected", None)]
    assert api.post("/api/channels/pigeon/test/").status_code == 404


def test_disconnecting_deletes_what_was_stored_to_reach_it(connected: User, api: APIClient) -> None:
    assert api.delete("/api/channels/ntfy/").status_code == 204
    assert not ChannelConnection.objects.exists()
    assert state(api)["connected"] is False and state(api)["address"] == ""
    assert (api.delete("/api/channels/email/").status_code, api.delete("/api/channels/pigeon/").status_code) == (
        404,
        404,
    )


def test_a_reset_of_the_password_ends_channels_and_requests(
    connected: User, server: FakeServer, api: APIClient
) -> None:
    request_code(api, server, topic="other")
    token = tokens.password_reset.make(User.objects.get())
    reset_password(token=token, password="an even better battery", now=EVENING)
    assert not ChannelConnection.objects.exists() and not PushSubscription.objects.exists()
    assert Address.objects.get(channel="ntfy").address is None


def test_a_reset_that_keeps_the_chats_keeps_channels_but_no_request(
    connected: User, server: FakeServer, api: APIClient
) -> None:
    request_code(api, server, topic="other")
    token = tokens.password_reset.make(User.objects.get())

    reset_password(token=token, password="an even better battery", keep=[Keep.CHATS], now=EVENING)
    assert [each.pending for each in ChannelConnection.objects.all()] == [False]


def test_deleting_the_account_deletes_its_channels(connected: User) -> None:
    delete_account(user=connected, password=make.PASSWORD, now=EVENING)
    assert not ChannelConnection.objects.exists() and not Address.objects.exists()
