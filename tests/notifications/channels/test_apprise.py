"""Apprise: which addresses are taken, and what its answers mean. The service is Gotify, on this machine."""

import ast
import inspect
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from common.outbound import connector
from notifications.channels.apprise import client, rules
from notifications.channels.apprise.rules import Called, Outcome
from notifications.models import ChannelConnection
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_ntfy import FakeServer, Fault
from tests.notifications.channels.conftest import MORNING, code_in, reminder
from tracking.models import HabitLog, HabitTrack
from users import export
from users.models import Address, User

pytestmark = pytest.mark.django_db

TOKEN = "AbCdEf123456789"  # pragma: allowlist secret


def connect(user: User, server: FakeServer) -> None:
    """Connect a Gotify server, as the API does."""
    body = {"url": f"{server.url.replace('http', 'gotify')}/{TOKEN}", "password": make.PASSWORD}
    answer = make.client(user).post("/api/channels/apprise/connect/", body)
    assert answer.json() == {"name": "Gotify"}
    send_all()
    confirmed = make.client(user).post("/api/channels/apprise/confirm/", {"code": code_in(server.texts[-1])})
    assert confirmed.status_code == 200, confirmed.content


@pytest.fixture
def due(clock: Any, server: FakeServer, alice: User) -> HabitTrack:
    connect(alice, server)
    track = make.track(alice, time="07:30")
    send_all()
    server.forget()
    clock.move_to(MORNING)
    queue_all_due()
    return track


def test_a_reminder_has_links_for_its_buttons(due: HabitTrack, server: FakeServer, settings: Settings) -> None:
    send_all()
    [published] = server.published
    text, links = published["message"].split("\n\n")
    assert text == "⏰ I will do ten push-ups at 07:30"
    done, later = links.splitlines()
    assert done.startswith(f"Done: {settings.SITE_URL}/t/") and later.startswith("Later: ")
    assert (reminder().state, reminder().channel, reminder().uncertain) == ("sent", "apprise", False)
    make.client().post(done.partition(settings.SITE_URL)[2])
    assert HabitLog.objects.get(track=due).status == "completed"


@pytest.mark.parametrize(
    ("fault", "state", "uncertain", "unreachable", "waits_for"),
    [
        pytest.param(Fault(401), "failed", False, True, "", id="token refused"),
        pytest.param(Fault(400), "failed", False, False, "", id="text refused"),
        pytest.param(Fault(429, headers={"Retry-After": "600"}), "pending", False, False, "chat", id="too many"),
        pytest.param(Fault(302, headers={"Location": "/message"}), "pending", True, False, "", id="redirect"),
        pytest.param(Fault(503, accepts=True), "pending", True, False, "", id="5xx after accepting"),
        pytest.param(Fault(cut=True, accepts=True), "pending", True, False, "", id="cut after accepting"),
        pytest.param(Fault(hang=True, accepts=True), "pending", True, False, "", id="hang"),
    ],
)
def test_what_may_have_arrived_is_uncertain(
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
        monkeypatch.setattr(client, "TIMEOUT", timedelta(seconds=0.2))
    server.faults = [fault]
    send_all()
    row = reminder()
    assert (row.state, row.uncertain, row.waits_for, server.requests) == (state, uncertain, waits_for, 1)
    assert (Address.objects.get(channel="apprise").unreachable_since is not None) == unreachable


def test_a_server_that_is_gone_is_tried_again(due: HabitTrack) -> None:
    ChannelConnection.objects.update(target_url=f"gotify://127.0.0.1:9/{TOKEN}")
    send_all()
    assert (reminder().state, reminder().uncertain, reminder().waits_for) == ("pending", False, "chat")


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.7", "[::1]", "localhost:6379", "127.0.0.1:8000"])
@pytest.mark.parametrize("scheme", ["gotify", "gotifys"])
def test_no_address_of_the_operators_network_is_called(
    due: HabitTrack, server: FakeServer, settings: Settings, scheme: str, host: str
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    ChannelConnection.objects.update(target_url=f"{scheme}://{host}/{TOKEN}")
    send_all()
    assert (reminder().state, server.requests) == ("failed", 0)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("file:///etc/passwd", "unknown_scheme"),
        ("exec://rm", "unknown_scheme"),
        ("dbus://", "unknown_scheme"),
        ("syslog://", "unknown_scheme"),
        ("mailto://a:b@example.org", "unknown_scheme"),
        ("json://example.org", "unknown_scheme"),
        ("https://discord.com/api/webhooks/1/a", "unknown_scheme"),
        ("GOTIFY://example.org/x y", "invalid_url"),
        ("gotify://example.org/", "invalid_url"),
        ("gotify://[example.org/abc", "invalid_url"),
        ("discord://1/a?template=/etc/passwd", "parameter_not_allowed"),
        ("discord://1/a?Template=/etc/passwd", "parameter_not_allowed"),
        ("gotifys://example.org/abc?verify=no", "parameter_not_allowed"),
        ("gotifys://example.org/abc?priority=1;verify=no", "parameter_not_allowed"),
        ("gotifys://example.org/abc?redirect=yes", "parameter_not_allowed"),
    ],
)
def test_only_listed_schemes_and_parameters_are_taken(alice: User, given: str, code: str) -> None:
    answer = make.client(alice).post("/api/channels/apprise/connect/", {"url": given, "password": make.PASSWORD})
    assert make.refused(answer) == [(code, "url")]


@pytest.mark.parametrize("name", sorted(set(rules.MODULES.values())))
def test_a_listed_module_of_apprise_has_no_other_way_out(name: str) -> None:
    tree = ast.parse(inspect.getsource(import_module(f"apprise.plugins.{name}")))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) if not node.level}
    ways_out = ("socket", "urllib3", "http", "subprocess", "ssl", "smtplib", "asyncio", "ctypes", "httpx")
    assert "requests" in imported
    assert not {each for each in imported if each.partition(".")[0] in ways_out}


def test_every_request_goes_by_the_connector(
    due: HabitTrack, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []

    def post(url: str, *_: Any, **__: Any) -> connector.Answer:
        called.append(url)
        return connector.Answer(200, {}, b"{}")

    monkeypatch.setattr(connector, "post", post)
    send_all()
    assert (called, server.requests, reminder().state) == ([f"{server.url}/message"], 0, "sent")


@pytest.mark.parametrize(
    ("answer", "calls", "outcome"),
    [
        (True, [Called("", 200)], Outcome.SENT),
        (False, [Called("", 200), Called("", 400)], Outcome.UNCERTAIN),  # one of two was sent
        (False, [Called("", 400), Called("", None, maybe_received=True)], Outcome.UNCERTAIN),
        (False, [Called("", None)], Outcome.AWAY),
        (False, [Called("", None, refused=True)], Outcome.FORBIDDEN),
        (False, [Called("", 429), Called("", 429)], Outcome.LATER),
        (False, [Called("", 404)], Outcome.FORBIDDEN),
        (False, [Called("", 422)], Outcome.REFUSED),
        (None, [], Outcome.REFUSED),
        (False, [], Outcome.REFUSED),
    ],
)
def test_what_apprise_says_is_read_with_the_requests_that_it_made(
    answer: bool | None, calls: list[Called], outcome: Outcome
) -> None:
    assert rules.outcome_of(answer, calls) == outcome


def test_the_address_is_in_no_answer_export_or_log(
    due: HabitTrack, server: FakeServer, caplog: pytest.LogCaptureFixture, api: APIClient
) -> None:
    server.faults = [Fault(500)]
    with caplog.at_level("DEBUG"):
        send_all()
    shown = [
        api.get(path).content.decode() for path in ("/api/channels/", "/api/notifications/", "/api/users/me/access/")
    ]
    shown += ["".join(export.as_json(due.user, now=MORNING)), caplog.text]
    assert all(TOKEN not in text for text in shown)
