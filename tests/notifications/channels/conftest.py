"""Fixtures of channels with a server of the user's own: one of ntfy on this machine, and alice, who has connected it."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
import time_machine
from django.core import mail
from pytest_django import Settings

from notifications.models import Delivery
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_ntfy import FakeServer, serving
from tests.notifications.channels import fake_push
from tests.notifications.channels.fake_push import FakePush
from tracking.models import HabitTrack
from users.models import User

EVENING, MORNING = make.utc("2026-11-20 12:00"), make.utc("2026-11-21 07:30")


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(EVENING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def server(settings: Settings) -> Iterator[FakeServer]:
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.REQUIRE_TELEGRAM = False
    with serving() as fake:
        yield fake


@pytest.fixture
def push(settings: Settings) -> Iterator[FakePush]:
    """A push service on this machine."""
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.REQUIRE_TELEGRAM = False
    with fake_push.serving() as fake:
        yield fake


@pytest.fixture
def connected(clock: Any, server: FakeServer, alice: User) -> User:
    """Alice, who has connected a topic by the code of its first message."""
    connect_ntfy(alice, server)
    return alice


@pytest.fixture
def due(connected: User, server: FakeServer, clock: Any) -> HabitTrack:
    """Her track, with its reminder queued."""
    track = make.track(connected, time="07:30")
    send_all()
    Delivery.objects.all().delete()
    mail.outbox.clear()
    server.forget()
    clock.move_to(MORNING)
    queue_all_due()
    return track


def connect_ntfy(user: User, server: FakeServer, *, token: str = "tk_secret", topic: str = "habits") -> None:
    """Connect a topic of the server, as the API does, and leave out the mail about it."""
    body = {"address": f"{server.url}/{topic}", "token": token, "password": make.PASSWORD}
    answer = make.client(user).post("/api/channels/ntfy/connect/", body)
    assert answer.status_code == 202, answer.content
    send_all()
    code = code_in("\n".join(server.texts))  # a reminder may be sent with it
    answer = make.client(user).post("/api/channels/ntfy/confirm/", {"code": code})
    assert answer.status_code == 200, answer.content
    Delivery.objects.filter(user=user).delete()


def code_in(text: str) -> str:
    return str(re.findall(r"\b\d{8}\b", text)[-1])


def reminder() -> Delivery:
    return Delivery.objects.get(kind="reminder")
