"""Cleanup: unconfirmed accounts, expired sessions and expired admin sessions are removed."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as AdminSession
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from common import clock as common_clock
from common import wake
from notifications.channels.telegram.chats import connect_chat, disconnect_chat
from notifications.models import Delivery
from tests import make
from tracking.models import HabitLog
from users import cleanup, sessions, tasks
from users.devices import Device
from users.models import Session, User
from users.services import register
from users.signals import account_deleting, unconfirmed_accounts_removing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-11-13 11:59Z", tick=False) as clock:
        yield clock


def unconfirmed(name: str, **fields: Any) -> User:
    """Register an account and do not confirm it."""
    user = register(email=f"{name}@example.org", password=make.PASSWORD, username=name, now=timezone.now())
    User.objects.filter(pk=user.pk).update(**fields)
    return user


def names() -> set[str]:
    return set(User.objects.values_list("username", flat=True))


def week_later(clock: Any) -> None:
    clock.move_to("2026-11-20 12:00Z")


class TestUnconfirmedAccounts:
    def test_they_are_removed_after_seven_days(self, clock: Any) -> None:
        unconfirmed("alice")
        clock.move_to("2026-11-20 11:59Z")
        tasks.remove_unconfirmed_accounts()
        assert names() == {"alice"}
        week_later(clock)
        unconfirmed("bob")
        tasks.remove_unconfirmed_accounts()
        assert names() == {"bob"}

    def test_confirmed_accounts_are_kept_active_or_banned(self, clock: Any) -> None:
        make.person("alice")
        User.objects.filter(pk=make.person("bob").pk).update(is_active=False)
        week_later(clock)
        tasks.remove_unconfirmed_accounts()
        assert names() == {"alice", "bob"}

    @pytest.mark.parametrize("field", ["is_active", "is_staff", "is_superuser"])
    def test_active_and_staff_accounts_are_kept(self, clock: Any, field: str) -> None:
        unconfirmed("alice", **{field: True})
        week_later(clock)
        tasks.remove_unconfirmed_accounts()
        assert names() == {"alice"}

    def test_an_account_with_a_chat_is_kept_and_one_that_disconnected_it_is_removed(self, clock: Any) -> None:
        for chat_id, name in enumerate(("alice", "bob"), start=1001):
            connect_chat(user=unconfirmed(name), chat_id=chat_id, confirmed=True, now=timezone.now())
        disconnect_chat(user=User.objects.get(username="bob"))
        week_later(clock)
        tasks.remove_unconfirmed_accounts()
        assert names() == {"alice"}

    def test_an_account_with_a_log_is_kept_and_one_with_an_unused_habit_is_removed(self, clock: Any) -> None:
        for name in ("alice", "bob"):
            track = make.track(make.person(name))
            if name == "alice":
                make.log(track, "2026-11-13")
        User.objects.update(is_active=False, confirmed_at=None)
        week_later(clock)
        tasks.remove_unconfirmed_accounts()
        assert names() == {"alice"}
        assert HabitLog.objects.count() == 1

    def test_a_receiver_of_the_signal_can_keep_an_account(self, clock: Any) -> None:
        kept = unconfirmed("alice")
        unconfirmed("bob")
        week_later(clock)

        def has_a_key(user_ids: list[int], **_: Any) -> list[int]:
            return [pk for pk in user_ids if pk == kept.pk]

        unconfirmed_accounts_removing.connect(has_a_key)
        try:
            tasks.remove_unconfirmed_accounts()
        finally:
            unconfirmed_accounts_removing.disconnect(has_a_key)
        assert names() == {"alice"}

    def test_an_account_that_cannot_be_removed_is_logged_and_does_not_block_others(
        self, clock: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        stuck = unconfirmed("alice")
        unconfirmed("bob")
        week_later(clock)

        def fails(user: User, **_: Any) -> None:
            if user == stuck:
                raise RuntimeError("a bug")

        account_deleting.connect(fails)
        try:
            tasks.remove_unconfirmed_accounts()
        finally:
            account_deleting.disconnect(fails)
        assert names() == {"alice"}
        assert "cannot be removed" in caplog.text

    def test_accounts_are_removed_in_batches_until_none_remains(
        self, clock: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cleanup, "ACCOUNT_BATCH_SIZE", 2)
        for number in range(5):
            unconfirmed(f"user{number}")
        make.log(make.track(make.person("alice")), "2026-11-13")
        week_later(clock)
        tasks.remove_unconfirmed_accounts()
        assert names() == {"alice"}

    def test_when_the_time_is_up_another_task_continues_after_the_last_id(
        self, clock: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cleanup, "ACCOUNT_BATCH_SIZE", 1)
        monkeypatch.setattr(tasks, "MAX_RUN_SECONDS", 0.0)
        queued: list[tuple[object, ...]] = []
        monkeypatch.setattr(tasks, "wake", lambda *given: queued.append(given))
        first = unconfirmed("alice")
        unconfirmed("bob")
        week_later(clock)
        tasks.remove_unconfirmed_accounts()
        assert names() == {"bob"}
        assert queued == [("users.tasks.remove_unconfirmed_accounts", first.pk)]
        tasks.remove_unconfirmed_accounts(first.pk)
        assert names() == set()

    def test_the_receivers_are_called_once_per_batch(
        self, clock: Any, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(5):
            make.log(make.track(make.person(f"user{number}")), "2026-11-13")
        User.objects.update(is_active=False, confirmed_at=None)
        week_later(clock)
        with django_assert_num_queries(2):
            cleanup.remove_unconfirmed(now=timezone.now())


class TestExpiredSessions:
    def test_expired_sessions_are_removed_ended_or_not_and_live_ones_are_kept(
        self, clock: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cleanup, "BATCH_SIZE", 1)
        alice = make.person("alice")
        make.sign_in(alice)
        ended = make.sign_in(alice)["refresh"]
        sessions.revoke(user=alice, token=ended, now=timezone.now())
        clock.move_to("2026-12-30 12:00Z")
        make.sign_in(alice)
        tasks.flush_expired_tokens()
        assert [each.created_at for each in Session.objects.all()] == [timezone.now()]

    def test_a_device_is_forgotten_after_400_days_without_a_sign_in(self, clock: Any) -> None:
        alice = make.person("alice")
        used, unused = Device(), Device()
        for device in (used, unused):
            sessions.start(user=alice, device=device, now=timezone.now())
        clock.move_to("2026-12-30 12:00Z")
        sessions.start(user=alice, device=used, now=timezone.now())
        clock.move_to("2027-12-31 12:00Z")
        tasks.flush_expired_tokens()
        assert sessions.is_known_device(user=alice, device=used)
        assert not sessions.is_known_device(user=alice, device=unused)

    @pytest.mark.engine("postgresql", reason="with SQLite the database has no clock of its own")
    def test_a_worker_whose_clock_is_ahead_removes_no_live_session(
        self, clock: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make.sign_in(make.person("alice"))
        now = timezone.now()
        monkeypatch.setattr(common_clock, "now", lambda: now)
        clock.move_to("2027-12-30 12:00Z")
        tasks.flush_expired_tokens()
        assert Session.objects.count() == 1


class TestAdminSessions:
    def test_expired_sessions_are_removed(self, clock: Any) -> None:
        for _ in range(2):
            SessionStore().create()
        clock.move_to("2026-12-30 12:00Z")
        SessionStore().create()
        tasks.clear_admin_sessions()
        assert AdminSession.objects.count() == 1


def test_the_pending_mail_of_a_removed_account_is_removed_too(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake, "_publish", lambda *_, **__: None)
    unconfirmed("alice")
    assert Delivery.objects.count() == 1
    week_later(clock)
    tasks.remove_unconfirmed_accounts()
    assert not Delivery.objects.filter(user__isnull=False).exists()
