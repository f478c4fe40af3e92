"""The `outbox` command and the purge: what operators see, what is deleted, and what can be sent again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from notifications.models import ArchivedDelivery, Delivery
from notifications.outbox import services as outbox
from notifications.tasks import purge, send_all
from tests import make
from users.models import User

pytestmark = pytest.mark.django_db

NOW = "2026-11-21 12:00Z"


def delivery(user: User, key: str, state: str = "sent", *, age: int = 0, **fields: Any) -> Delivery:
    """Create a message to the user that was queued `age` days ago."""
    at = timezone.now() - timedelta(days=age)
    with time_machine.travel(at, tick=False):
        return Delivery.objects.create(
            key=key,
            kind=fields.pop("kind", "reminder"),
            channel="telegram",
            user=user,
            state=state,
            due_at=at,
            available_at=at,
            expires_at=at + timedelta(hours=2),
            sent_at=at if state == "sent" else None,
            **fields,
        )


def keys() -> set[str]:
    """Return the keys of all messages, those in the archive included."""
    return {key for model in (Delivery, ArchivedDelivery) for key in model.objects.values_list("key", flat=True)}


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("outbox", *arguments)
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def alice(_noon: None, db: None) -> User:
    """A user with an empty outbox."""
    user = make.person("alice")
    Delivery.objects.all().delete()
    return user


def test_messages_older_than_ninety_days_are_purged(alice: User) -> None:
    for age, word in [(91, "old"), (89, "young")]:
        for state in ("sent", "failed", "expired", "dropped"):
            delivery(alice, f"{word} {state}", state, age=age)
    purge()
    assert keys() == {"young sent", "young failed", "young expired", "young dropped"}


def test_pending_messages_are_never_purged(alice: User) -> None:
    delivery(alice, "waits", "pending", age=400)
    purge()
    assert keys() == {"waits"}


def test_the_retention_time_is_a_setting(alice: User, settings: Settings) -> None:
    settings.DELIVERIES_KEPT_FOR = timedelta(days=7)
    delivery(alice, "old", age=40)
    purge()
    assert keys() == set()


def test_a_purge_works_in_small_batches_and_skips_pending_messages(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "PURGE_BATCH", 2)
    for number in range(3):
        delivery(alice, f"waits {number}", "pending", age=100)
    for number in range(3):
        delivery(alice, f"old {number}", age=100)
    delivery(alice, "young")
    first = outbox.purge(before=timezone.now() - timedelta(days=90))
    assert (first.removed, first.is_last) == (0, False)
    purge()
    assert keys() == {"waits 0", "waits 1", "waits 2", "young"}


def test_the_command_purges_and_reports_how_many(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    delivery(alice, "old", age=91)
    assert "messages deleted: 1" in shown(capsys, "--purge")
    assert keys() == set()


def test_the_command_shows_lag_counts_and_uncertain_messages(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    waits = delivery(alice, "waits", "pending", uncertain=True)
    Delivery.objects.filter(pk=waits.pk).update(due_at=timezone.now() - timedelta(seconds=95))
    delivery(alice, "sent")
    delivery(alice, "sent too")
    text = shown(capsys)
    assert "lag: 0:01:35 (messages ready to send: 1)" in text
    assert [line.split() for line in text.splitlines() if line.startswith("reminder")] == [
        ["reminder", "telegram", "pending", "1"],
        ["reminder", "telegram", "sent", "2"],
    ]
    assert f"uncertain: 1\n  {waits.pk} waits pending" in text


def test_a_requeued_message_gets_its_full_lifetime_again(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    failed = delivery(alice, "failed", "failed", age=1, attempts=15)
    assert "messages requeued: 1" in shown(capsys, "--requeue", str(failed.pk))
    failed.refresh_from_db()
    assert (failed.state, failed.attempts, failed.available_at) == ("pending", 0, timezone.now())
    assert failed.expires_at == timezone.now() + timedelta(hours=2)


@pytest.mark.parametrize("state", ["sent", "dropped", "pending"])
def test_only_failed_and_expired_messages_are_requeued(alice: User, state: str) -> None:
    other = delivery(alice, state, state, age=1)
    assert outbox.requeue(Delivery.objects.all(), now=timezone.now()) == 0
    before = other.available_at
    other.refresh_from_db()
    assert (other.state, other.available_at) == (state, before)


def test_all_failed_messages_since_an_instant_can_be_requeued(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    for key, state, age in [("lately", "failed", 1), ("before", "failed", 3), ("too late", "expired", 1)]:
        delivery(alice, key, state, age=age)
    since = (timezone.now() - timedelta(days=2)).isoformat()
    assert "messages requeued: 1" in shown(capsys, "--requeue-failed", "--since", since)
    assert Delivery.objects.get(state="pending").key == "lately"
    assert "messages requeued: 1" in shown(capsys, "--requeue-expired", "--since", "2026-11-19")
    assert Delivery.objects.get(key="too late").state == "pending"


def test_requeueing_all_failed_messages_needs_since(alice: User) -> None:
    with pytest.raises(CommandError, match="--since"):
        call_command("outbox", "--requeue-failed")


def test_a_requeued_mail_is_sent(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(confirmed_at=None)
    late = delivery(alice, "mail", "expired", age=4, kind="email_confirmation", address=alice.email)
    Delivery.objects.filter(pk=late.pk).update(channel="email")
    outbox.requeue(Delivery.objects.filter(pk=late.pk), now=timezone.now())
    send_all()
    assert Delivery.objects.get(pk=late.pk).state == "sent"


@pytest.mark.engine("postgresql", reason="storage parameters are PostgreSQL's")
@pytest.mark.parametrize(
    "table", ["notifications_delivery", "notifications_reminder", "tracking_habittrack", "tracking_habitlog"]
)
def test_hot_tables_are_vacuumed_early(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = %s", [table])
        [options] = cursor.fetchone()
    assert any(option.startswith("autovacuum_vacuum_scale_factor=0.0") for option in options)


def test_a_purge_with_a_clock_a_year_ahead_goes_two_days_further_than_the_last(alice: User) -> None:
    with time_machine.travel("2026-11-26 03:40Z", tick=False) as traveller:
        Delivery.objects.create(
            key="kept", kind="reminder", channel="telegram", user=alice, state="sent", sent_at=timezone.now(),
            due_at=timezone.now(), available_at=timezone.now(), expires_at=timezone.now(),
        )  # fmt: skip
        purge()
        traveller.move_to("2027-11-26 03:40Z")
        purge()
        assert "kept" in keys()
        traveller.move_to("2026-11-27 03:40Z")
        purge()
        for night in range(100):
            traveller.move_to(make.utc("2026-11-28 03:40") + timedelta(days=night))
            purge()
        assert "kept" not in keys()
