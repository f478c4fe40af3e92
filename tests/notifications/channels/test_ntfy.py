"""ntfy: what is published, and what each answer of a server means for the message."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from pytest_django import Settings

from common.redis import connection
from notifications.channels.ntfy import channel as ntfy
from notifications.channels.ntfy import rules
from notifications.channels.transport import Message
from notifications.models import ChannelConnection, Delivery
from notifications.outbox import queries
from notifications.tasks import send_all
from tests import make
from tests.fake_ntfy import FakeServer, Fault
from tests.fake_telegram import FakeTelegram
from tests.notifications.channels.conftest import MORNING, connect_ntfy, reminder
from tracking.models import HabitLog, HabitTrack
from users import export
from users.models import Address, User

pytestmark = pytest.mark.django_db


def address() -> Address:
    return Address.objects.get(channel="ntfy")


def test_a_reminder_is_published_with_priority_link_and_buttons(
    due: HabitTrack, server: FakeServer, settings: Settings
) -> None:
    send_all()
    [published] = server.published
    assert (published["topic"], published["message"]) == ("habits", "⏰ I will do ten push-ups at 07:30")
    assert (published["priority"], published["tags"], published["click"]) == (4, ["reminder"], settings.SITE_URL)
    done, later, view = published["actions"]
    assert [(each["action"], each["label"]) for each in (done, later, view)] == [
        ("http", "Done"),
        ("http", "Later"),
        ("view", "Open"),
    ]
    assert done["url"].startswith(f"{settings.SITE_URL}/t/") and done["method"] == "POST"
    assert server.headers[0]["authorization"] == "Bearer tk_secret"
    assert (reminder().state, reminder().uncertain, reminder().channel) == ("sent", False, "ntfy")


def test_its_done_button_logs_the_day_once(due: HabitTrack, server: FakeServer, settings: Settings) -> None:
    send_all()
    path = server.published[0]["actions"][0]["url"].removeprefix(settings.SITE_URL)
    phone = make.client()
    assert phone.post(path).json()["acted"] is True
    log = HabitLog.objects.get(track=due)
    assert (log.status, str(log.day)) == ("completed", "2026-11-21")
    log.delete()
    assert (phone.post(path).status_code, HabitLog.objects.count()) == (409, 0)


FAR = "Fri, 31 Dec 99999999999 23:59:59 GMT"


@pytest.mark.parametrize(
    ("fault", "state", "uncertain", "unreachable", "waits_for"),
    [
        pytest.param(Fault(401, b'{"code":40101,"http":401}'), "failed", False, True, "", id="token refused"),
        pytest.param(Fault(403, b'{"code":40301,"http":403}'), "failed", False, True, "", id="topic reserved"),
        pytest.param(Fault(413, b'{"code":41301,"http":413}'), "failed", False, False, "", id="too large"),
        pytest.param(Fault(429, b"slow down", {"Retry-After": "600"}), "pending", False, False, "chat", id="too many"),
        pytest.param(Fault(429, b"", {"Retry-After": FAR}), "pending", False, False, "chat", id="no date"),
        pytest.param(Fault(403, b"<h1>Forbidden</h1>"), "pending", True, False, "", id="a proxy's own 403"),
        pytest.param(Fault(302, b"", {"Location": "http://127.0.0.1/"}), "pending", True, False, "", id="redirect"),
        pytest.param(Fault(500, b'{"code":50001,"http":500}'), "pending", True, False, "", id="5xx"),
        pytest.param(Fault(507, b"", accepts=True), "pending", True, False, "", id="5xx after accepting"),
        pytest.param(Fault(200, b"<h1>Sign in</h1>"), "pending", True, False, "", id="garbage"),
        pytest.param(Fault(200, b'{"event":"open"}', accepts=True), "pending", True, False, "", id="other JSON"),
        pytest.param(Fault(cut=True), "pending", True, False, "", id="cut before accepting"),
        pytest.param(Fault(cut=True, accepts=True), "pending", True, False, "", id="cut after accepting"),
        pytest.param(Fault(hang=True, accepts=True), "pending", True, False, "", id="hang"),
    ],
)
def test_what_may_have_been_published_is_uncertain_and_only_ntfys_own_word_is_not(
    due: HabitTrack,
    server: FakeServer,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    state: str,
    uncertain: bool,
    unreachable: bool,
    waits_for: str,
) -> None:
    if fault.hang:
        monkeypatch.setattr(ntfy, "TIMEOUT", timedelta(seconds=0.2))
    server.faults = [fault]
    send_all()
    row = reminder()
    assert (row.state, row.uncertain, row.waits_for) == (state, uncertain, waits_for)
    assert (address().unreachable_since is not None) == unreachable
    assert server.requests == 1  # nothing is followed


def test_the_demanded_delay_is_kept_and_holds_the_address(due: HabitTrack, server: FakeServer, clock: Any) -> None:
    server.refuse(429, Retry_After="600")
    send_all()
    assert (reminder().available_at - MORNING).total_seconds() == 600
    clock.move_to(reminder().available_at)
    connection().flushdb()  # whose clock tests do not move
    send_all()
    assert (reminder().state, len(server.published), reminder().attempts) == ("sent", 1, 0)


def test_a_server_that_is_gone_makes_its_own_messages_wait_and_the_service_is_not_late(
    due: HabitTrack, server: FakeServer, telegram: FakeTelegram, clock: Any
) -> None:
    bob = make.person("bob", chat=True)
    ChannelConnection.objects.update(target_url="http://127.0.0.1:9/habits")
    api = make.client(bob)
    api.post("/api/channels/telegram/test/")
    send_all()
    row = reminder()
    assert (row.state, row.waits_for, row.uncertain, row.attempts) == ("pending", "chat", False, 1)
    assert len(telegram.messages(make.CHATS["bob"])) == 1
    assert queries.oldest_pending_at(now=MORNING) is None


def test_while_its_server_is_on_hold_a_users_other_messages_wait_without_a_call(
    due: HabitTrack, server: FakeServer, clock: Any
) -> None:
    server.refuse(429, Retry_After="600")
    send_all()
    make.client(due.user).post("/api/channels/ntfy/test/")
    send_all()
    test = Delivery.objects.get(kind="channel_test")
    assert (test.state, test.waits_for, server.requests) == ("pending", "chat", 1)
    clock.shift(timedelta(minutes=5))
    assert queries.oldest_pending_at(now=MORNING + timedelta(minutes=5)) is None


def test_the_button_that_opens_the_client_is_in_the_users_language(due: HabitTrack, server: FakeServer) -> None:
    User.objects.update(language="ru")
    send_all()
    assert [each["label"] for each in server.published[0]["actions"]] == ["Готово", "Позже", "Открыть"]


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/habits", "https://10.0.0.7/habits", "http://[::1]/habits", "file:///etc/passwd"]
)
def test_no_address_of_the_operators_network_is_called(
    due: HabitTrack, server: FakeServer, settings: Settings, target: str
) -> None:
    ChannelConnection.objects.update(target_url=target)
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    send_all()
    assert (reminder().state, server.requests) == ("failed", 0)
    assert address().unreachable_since is not None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("https://ntfy.sh/a/../b?x=1", "invalid_topic"),
        ("https://user:pass@ntfy.sh/habits", "credentials_in_url"),  # pragma: allowlist secret
        ("ftp://ntfy.sh/habits", "invalid_url"),
        ("http://ntfy.sh/habits", "https_required"),
        ("https://ntfy.sh:22/habits", "port_not_allowed"),
        ("a topic", "invalid_url"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused_when_it_is_given(
    alice: User, settings: Settings, given: str, code: str
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    body = {"address": given, "password": make.PASSWORD}
    answer = make.client(alice).post("/api/channels/ntfy/connect/", body)
    assert make.refused(answer) == [(code, "address")]


@pytest.mark.parametrize("token", ["tk_one two", "tk_é", "tk_a\nb"])
def test_a_token_that_cannot_stand_in_a_header_is_refused(alice: User, token: str) -> None:
    body = {"address": "https://ntfy.example.org/habits", "token": token, "password": make.PASSWORD}
    assert make.refused(make.client(alice).post("/api/channels/ntfy/connect/", body)) == [("invalid_token", "token")]
    assert not ChannelConnection.objects.filter(user=alice, channel="ntfy").exists()


def test_a_topic_alone_is_one_of_the_services_server(settings: Settings) -> None:
    found = rules.parse_address("habits", default_server="https://ntfy.example.org/", allows_http=False)
    assert found == "https://ntfy.example.org/habits"
    assert rules.split_address(found) == ("https://ntfy.example.org/", "habits")


def test_token_and_topic_are_in_no_answer_export_log_or_outbox(
    due: HabitTrack, server: FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.refuse(403)
    with caplog.at_level("DEBUG"):
        send_all()
    api = make.client(due.user)
    shown = [
        api.get(path).content.decode() for path in ("/api/channels/", "/api/notifications/", "/api/users/me/access/")
    ]
    shown += ["".join(export.as_json(due.user, now=MORNING)), caplog.text]
    shown += [str(row) for row in Delivery.objects.values_list()]
    shown += [each.body for each in mail.outbox]
    for secret in ("tk_secret", f"{server.url}/habits"):
        assert all(secret not in text for text in shown)


def test_a_long_message_stays_a_message(due: HabitTrack, server: FakeServer) -> None:
    connect_ntfy(due.user, server)
    published = ntfy.payload(Message("й" * 300 + "\n" + "я" * 9000), now=MORNING)
    assert len(published["message"].encode()) <= 4000 and len(published["title"].encode()) <= 250
    assert json.dumps(published)
