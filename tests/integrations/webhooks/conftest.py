"""Fixtures of webhooks: a receiver on this machine, and an endpoint of alice that calls it."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from integrations.changes.rules import ChangeType
from integrations.models import WebhookEndpoint
from integrations.webhooks import services
from tests import make
from tests.integrations.webhooks.receiver import Receiver, receiving
from users.models import User

NOW = make.utc("2026-11-21 12:00")
ALL = [each for each in ChangeType if each is not ChangeType.WEBHOOK_TEST]


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    with receiving() as found:
        yield found


@pytest.fixture
def endpoint(alice: User, receiver: Receiver, clock: Any) -> WebhookEndpoint:
    made = services.create(user=alice, name="Home server", url=receiver.url, events=ALL, now=NOW)
    return made.endpoint
