"""`manage.py tick` does the work of beat and the workers, each entry at its time, on hosts without them."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from celery.schedules import crontab
from django.core.management import CommandError, call_command
from django.utils import timezone
from django.utils.module_loading import import_string

from common import wake
from config import single_pass
from config.celery import app
from notifications.models import Delivery
from notifications.monitoring import heartbeats
from tests import make
from users.models import User

pytestmark = pytest.mark.django_db

DAILY = {"purge-outbox", "flush-expired-tokens", "clear-admin-sessions", "remove-unconfirmed-accounts"}


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-11-21 12:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the entries in the order in which they run; the tasks themselves do nothing."""
    ran: list[str] = []

    def stand_in(name: str) -> Any:
        def run() -> None:
            ran.append(name)

        return run

    by_task = {entry["task"]: stand_in(name) for name, entry in app.conf.beat_schedule.items()}
    monkeypatch.setattr(single_pass, "import_string", by_task.__getitem__)
    return ran


def run_pass(clock: Any, ran: list[str], *, after: timedelta) -> set[str]:
    """Run a pass `after` the last one and return the names of the entries that it ran."""
    clock.shift(after)
    ran.clear()
    call_command("tick")
    return set(ran)


def test_a_pass_can_run_every_entry_of_beat(clock: Any, ran: list[str]) -> None:
    call_command("tick")
    assert set(ran) == set(app.conf.beat_schedule)
    assert all(import_string(entry["task"]) for entry in app.conf.beat_schedule.values())


def test_reminders_are_queued_first(clock: Any, ran: list[str]) -> None:
    call_command("tick")
    assert ran[0] == "tick"


def test_daily_entries_run_once_a_day_at_their_time(clock: Any, ran: list[str]) -> None:
    assert run_pass(clock, ran, after=timedelta(0)) >= DAILY
    assert not run_pass(clock, ran, after=timedelta(minutes=1)) & DAILY
    assert not run_pass(clock, ran, after=timedelta(hours=15)) & DAILY  # 03:01
    assert run_pass(clock, ran, after=timedelta(hours=1)) >= DAILY
    assert not run_pass(clock, ran, after=timedelta(hours=1)) & DAILY


def test_entries_for_every_minute_run_in_every_pass_and_others_at_their_interval(clock: Any, ran: list[str]) -> None:
    assert run_pass(clock, ran, after=timedelta(0)) >= {"tick", "apply-pending-changes", "maintain-challenges"}
    again = run_pass(clock, ran, after=timedelta(seconds=20))
    assert again >= {"tick", "apply-pending-changes", "settle-leaderboards", "apply-zone-data-release"}
    assert "maintain-challenges" not in again
    assert "maintain-challenges" in run_pass(clock, ran, after=timedelta(minutes=5))


def test_a_last_run_in_the_future_is_ignored(clock: Any, ran: list[str]) -> None:
    for name in app.conf.beat_schedule:
        heartbeats.record(f"entry:{name}", now=timezone.now() + timedelta(days=365))
    assert run_pass(clock, ran, after=timedelta(0)) == set(app.conf.beat_schedule)


def test_a_failed_entry_stops_no_other_and_runs_again(
    clock: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("a bug")

    real = import_string
    monkeypatch.setattr(single_pass, "import_string", lambda name: broken if name.endswith(".purge") else real(name))
    with pytest.raises(CommandError, match="purge-outbox"):
        call_command("tick")
    assert "purge-outbox failed" in caplog.text
    assert heartbeats.last_at("entry:flush-expired-tokens") == timezone.now()
    assert heartbeats.last_at("entry:purge-outbox") is None


def test_an_entry_that_wakes_itself_stays_due(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_more_to_do() -> None:
        wake._publish("notifications.tasks.purge", (), countdown=0)

    real = import_string
    replaced = {"notifications.tasks.purge": with_more_to_do}
    monkeypatch.setattr(single_pass, "import_string", lambda name: replaced.get(name) or real(name))
    call_command("tick")
    assert heartbeats.last_at("entry:purge-outbox") is None
    monkeypatch.setattr(single_pass, "import_string", real)
    call_command("tick")
    assert heartbeats.last_at("entry:purge-outbox") == timezone.now()


def test_a_pass_starts_no_entry_after_half_a_minute_and_the_next_pass_continues(
    clock: Any, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = iter(range(0, 10_000, 11))  # each call is 11 s later
    monkeypatch.setattr(single_pass, "time", SimpleNamespace(monotonic=lambda: next(counter)))
    call_command("tick")
    assert len(ran) == 3
    for _ in app.conf.beat_schedule:
        clock.shift(timedelta(minutes=1))
        call_command("tick")
    assert set(ran) == set(app.conf.beat_schedule)


def test_a_pass_publishes_no_messages(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[str] = []
    monkeypatch.setattr(app, "send_task", lambda name, *_, **__: published.append(name))
    with wake.captured() as woken:
        wake._publish("some.task", (), countdown=0)
        wake.wake_in(5, "some.other")
    call_command("tick")
    assert (woken, published) == (["some.task"], [])
    wake._publish("some.task", (), countdown=0)
    assert published == ["some.task"]


def test_a_pass_purges_and_cleans_up(clock: Any) -> None:
    alice = make.person("alice")
    User.objects.create(email="nobody@example.org", username="nobody")
    User.objects.filter(username="nobody").update(date_joined=timezone.now() - timedelta(days=8))
    old = timezone.now() - timedelta(days=400)
    Delivery.objects.create(
        key="old", kind="reminder", channel="telegram", user=alice, state="sent", sent_at=old, created_at=old,
        due_at=old, available_at=old, expires_at=old,
    )  # fmt: skip
    for name in ("worker:gone:1", "beat:gone:2", heartbeats.BOT_UPDATE):
        heartbeats.record(name, now=old)
    call_command("tick")
    assert not Delivery.objects.filter(key="old").exists()
    assert not User.objects.filter(username="nobody").exists()
    gone = ("worker:gone:1", "beat:gone:2")
    assert heartbeats.last_by_name([*gone, heartbeats.BOT_UPDATE]) == {
        heartbeats.BOT_UPDATE: old
    }  # its age is a metric


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        ("2026-11-21 03:39", "2026-11-21 03:40", True),
        ("2026-11-21 03:40", "2026-11-22 03:39", False),
        ("2026-11-21 03:40", "2026-11-22 03:40", True),
        ("2026-11-21 03:40", "2026-12-21 00:00", True),
        ("2026-11-21 23:59", "2026-11-22 00:00", False),
    ],
)
def test_an_entry_is_due_if_its_time_has_passed_since_its_last_run(last: str, now: str, due: bool) -> None:
    assert single_pass.is_due(crontab(hour=3, minute=40), make.utc(last), now=make.utc(now)) is due
