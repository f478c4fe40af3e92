"""Faults of a server and of senders, in random order, while reminders are sent: none is lost, none doubled unmarked."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from common.redis import connection
from notifications.channels.apprise import client
from notifications.channels.ntfy import channel as ntfy
from notifications.channels.own_servers import ConnectedChannel
from notifications.models import ChannelConnection, Delivery
from notifications.outbox import leases
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_ntfy import FakeServer, Fault
from tests.notifications.channels import test_apprise
from tests.notifications.channels.conftest import MORNING, connect_ntfy
from tests.notifications.outbox.test_crash_points import Crash, crash_at
from users.models import User

pytestmark = pytest.mark.django_db

REMINDERS, MAX_STEPS = 12, 400
GONE = {"ntfy": "http://127.0.0.1:9/habits", "apprise": "gotify://127.0.0.1:9/AbCdEf123456789"}
CONNECT: dict[str, Callable[[User, FakeServer], None]] = {"ntfy": connect_ntfy, "apprise": test_apprise.connect}
FAULTS = [
    Fault(503),
    Fault(500, accepts=True),
    Fault(429, headers={"Retry-After": "3"}),
    Fault(cut=True),
    Fault(cut=True, accepts=True),
    Fault(hang=True, accepts=True),
    Fault(hang=True),
    Fault(302, b"<h1>garbage</h1>", accepts=True),
]
CRASHES: list[tuple[Any, str, bool]] = [
    (leases, "claim", True),
    (leases, "mark_sending", False),
    (ConnectedChannel, "send", False),
    (ConnectedChannel, "send", True),
    (leases, "record_sent", False),
    (leases, "record_sent", True),
    (leases, "record_retry", False),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("channel", ["ntfy", "apprise"])
def test_no_reminder_is_lost_and_no_copy_is_unmarked(
    clock: Any, server: FakeServer, alice: User, monkeypatch: pytest.MonkeyPatch, channel: str, seed: int
) -> None:
    CONNECT[channel](alice, server)
    for number in range(REMINDERS):
        make.track(alice, name=f"Habit {number}", action=f"do the {number}th thing", time="07:30")
    Delivery.objects.all().delete()
    server.forget()
    for module in (ntfy, client):
        monkeypatch.setattr(module, "TIMEOUT", timedelta(seconds=0.1))
    clock.move_to(MORNING)
    queue_all_due()
    rng, target = random.Random(seed), ChannelConnection.objects.get().target_url
    for _ in range(MAX_STEPS):
        if not Delivery.objects.filter(state="pending").exists():
            break
        kind = rng.choice([*["fault"] * 3, "crash", "gone", *["none"] * 3])
        server.faults = [rng.choice(FAULTS)] if kind == "fault" else []
        ChannelConnection.objects.update(target_url=GONE[channel] if kind == "gone" else target)
        with monkeypatch.context() as patch:
            if kind == "crash":
                where, name, after = rng.choice(CRASHES)
                crash_at(patch, where, name, after=after)
            try:
                send_all()
            except Crash:
                Delivery.objects.filter(lease__isnull=False).update(lease_until=F("lease_until") - timedelta(hours=1))
        connection().flushdb()  # the holds of addresses: Redis has its own clock
        clock.shift(timedelta(seconds=rng.choice([1, 2, 10, 30])))
    copies = Counter(
        next(number for number in range(REMINDERS) if f"do the {number}th thing" in text) for text in server.texts
    )
    rows = {each.track.habit.name: each for each in Delivery.objects.select_related("track__habit") if each.track}
    assert len(rows) == REMINDERS
    for number in range(REMINDERS):
        row = rows[f"Habit {number}"]
        assert row.state == "sent", row.reason
        assert copies[number] or row.uncertain, "lost"
        assert copies[number] < 2 or row.uncertain, "an unmarked copy"
    assert any(copies[number] > 1 for number in range(REMINDERS)), "the run has shown nothing"
