"""What nobody can use any more goes: accounts never confirmed, expired tokens, the admin's old sessions."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from common import clock as common_clock
from common import hints
from notifications.models import Delivery
from tests import make
from tracking.models import HabitLog
from users import cleaning, sessions, tasks
from users.models import User
from users.services import register
from users.signals import account_deleting, unconfirmed_removing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-11-13 11:59Z", tick=False) as clock:
        yield clock


def unconfirmed(name: str, **fields: Any) -> User:
    """Somebody who registered and never used the link."""
    user = register(email=f"{name}@example.org", password=make.PASSWORD, username=name, now=timezone.now())
    User.objects.filter(pk=user.pk).update(**fields)
    return user


def names() -> set[str]:
    return set(User.objects.values_list("username", flat=True))


def week_later(clock: Any) -> None:
    clock.move_to("2026-11-20 12:00Z")


class TestAccountsNeverConfirmed:
    def test_they_go_after_seven_days_with_all_that_is_theirs(self, clock: Any) -> None:
        unconfirmed("alice")
        clock.move_to("2026-11-20 11:59Z")
        tasks.remove_unconfirmed_accounts()
        assert names() == {"alice"}
        week_later(clock)
        unconfirmed("bob")
        tasks.remove_unconfirmed_accounts()
        assert names() == {"bob"}

    def test_confirmed_ones_stay_whether_active_or_banned(self, clock: Any) -> None:
        make.person("alice")
        User.objects.filter(pk=make.person("bob").pk).update(is_active=False)
        week_later(clock)
        tasks.remove_unconfirmed_accounts()
        assert names() == {"alice", "bob"}

    @pytest.mark.parametrize(
        "fields", [{"is_active": True}, {"is_staff": True}, {"is_superuser": True}, {"chat_id": 1001}]
    )
    def test_those_that_staff_let_in_or_that_have_a_chat_stay(self, clock: Any, fields: dict[str, Any]) -> None:
        unconfirmed("alice", **fields)
        week_later(clock)
        tasks.remove_unconfirmed_accounts()
        assert names() == {"alice"}

    def test_one_with_a_log_stays_and_one_with_an_empty_habit_goes(self, clock: Any) -> None:
        for name in ("alice", "bob"):
            track = make.track(make.person(name))
            if name == "alice":
                make.log(track, "2026-11-13")
        User.objects.update(is_active=False, confirmed_at=None)
        week_later(clock)
        tasks.remove_unconfirmed_accounts()
        assert names() == {"alice"}
        assert HabitLog.objects.count() == 1

    def test_an_app_above_can_keep_one(self, clock: Any) -> None:
        kept = unconfirmed("alice")
        unconfirmed("bob")
        week_later(clock)

        def has_a_key(user_ids: list[int], **_: Any) -> list[int]:
            return [pk for pk in user_ids if pk == kept.pk]

        unconfirmed_removing.connect(has_a_key)
        try:
            tasks.remove_unconfirmed_accounts()
        finally:
            unconfirmed_removing.disconnect(has_a_key)
        assert names() == {"alice"}

    def test_one_that_cannot_go_is_logged_and_keeps_no_other(
        self, clock: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        stuck = unconfirmed("alice")
        unconfirmed("bob")
        week_later(clock)

        def fails(user: User, **_: Any) -> None:
            if user == stuck:
                raise RuntimeError("a fault of ours")

        account_deleting.connect(fails)
        try:
            tasks.remove_unconfirmed_accounts()
        finally:
            account_deleting.disconnect(fails)
        assert names() == {"alice"}
        assert "cannot be removed" in caplog.text

    def test_they_go_in_batches_until_none_is_left(self, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cleaning, "ACCOUNTS", 2)
        for number in range(5):
            unconfirmed(f"user{number}")
        make.log(make.track(make.person("alice")), "2026-11-13")
        week_later(clock)
        tasks.remove_unconfirmed_accounts()
        assert names() == {"alice"}

    def test_when_the_time_is_up_another_task_goes_on_behind_the_last(
        self, clock: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cleaning, "ACCOUNTS", 1)
        monkeypatch.setattr(tasks, "LONGEST_RUN", 0.0)
        asked: list[tuple[object, ...]] = []
        monkeypatch.setattr(tasks, "hint", lambda *given: asked.append(given))
        first = unconfirmed("alice")
        unconfirmed("bob")
        week_later(clock)
        tasks.remove_unconfirmed_accounts()
        assert names() == {"bob"}
        assert asked == [("users.tasks.remove_unconfirmed_accounts", first.pk)]
        tasks.remove_unconfirmed_accounts(first.pk)
        assert names() == set()

    def test_what_keeps_them_is_asked_once_a_batch(
        self, clock: Any, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(5):
            make.log(make.track(make.person(f"user{number}")), "2026-11-13")
        User.objects.update(is_active=False, confirmed_at=None)
        week_later(clock)
        with django_assert_num_queries(2):
            cleaning.remove_unconfirmed(now=timezone.now())


class TestExpiredTokens:
    def test_they_go_used_ones_too_and_those_that_live_stay(self, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cleaning, "BATCH", 1)
        make.person("alice")
        old = sessions.sign_in(email="alice@example.org", password=make.PASSWORD)["refresh"]
        sessions.refresh(token=old, now=timezone.now())
        clock.move_to("2026-12-30 12:00Z")
        sessions.sign_in(email="alice@example.org", password=make.PASSWORD)
        assert (OutstandingToken.objects.count(), BlacklistedToken.objects.count()) == (3, 1)
        tasks.flush_expired_tokens()
        assert (OutstandingToken.objects.count(), BlacklistedToken.objects.count()) == (1, 0)

    @pytest.mark.engine("postgresql", reason="there the machine's clock is the database's")
    def test_a_machine_whose_clock_is_ahead_signs_nobody_out(self, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        make.person("alice")
        sessions.sign_in(email="alice@example.org", password=make.PASSWORD)
        now = timezone.now()
        monkeypatch.setattr(common_clock, "now", lambda: now)
        clock.move_to("2027-12-30 12:00Z")
        tasks.flush_expired_tokens()
        assert OutstandingToken.objects.count() == 1


class TestAdminSessions:
    def test_expired_ones_go(self, clock: Any) -> None:
        for _ in range(2):
            SessionStore().create()
        clock.move_to("2026-12-30 12:00Z")
        SessionStore().create()
        tasks.clear_admin_sessions()
        assert Session.objects.count() == 1


def test_the_mail_of_an_account_that_goes_goes_with_it(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "_publish", lambda *_, **__: None)
    unconfirmed("alice")
    assert Delivery.objects.count() == 1
    week_later(clock)
    tasks.remove_unconfirmed_accounts()
    assert not Delivery.objects.filter(user__isnull=False).exists()
