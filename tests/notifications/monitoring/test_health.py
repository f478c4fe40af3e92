"""Health checks and metrics: one process, its database, and the whole service."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings
from redis.exceptions import ResponseError

from common import redis as common_redis
from config import health, metrics
from notifications.channels.telegram import ratelimit
from notifications.models import Delivery, Digest, Heartbeat, Reminder
from notifications.monitoring import heartbeats, liveness
from notifications.outbox import queries
from tests import make
from tracking.models import HabitTrack
from users.models import User

pytestmark = pytest.mark.django_db

TOKEN = "a token of the monitoring"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-11-21 06:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def track(clock: Any) -> HabitTrack:
    """A habit at 06:30, an empty outbox, and a service that worked a moment ago."""
    found = make.track(make.person("alice", chat=True), time="06:30")
    Delivery.objects.all().delete()
    record_work("06:00")
    return found


@pytest.fixture
def dead_beat(track: HabitTrack, clock: Any) -> HabitTrack:
    """Something is due, and beat died five minutes ago."""
    record_work("06:30")
    Reminder.objects.update(next_at=make.utc("2026-11-21 06:31"))
    clock.move_to("2026-11-21 06:35Z")
    return track


@pytest.fixture
def token(settings: Settings) -> dict[str, str]:
    """The header that gives access to metrics and reasons."""
    settings.METRICS_TOKEN = TOKEN
    return {"Authorization": f"bearer {TOKEN}"}


def record_work(at: str) -> None:
    """Record a tick and a send at that time."""
    for name in (heartbeats.TICK, heartbeats.SEND):
        heartbeats.record(name, now=make.utc(f"2026-11-21 {at}"))


def metric_values(token: dict[str, str]) -> dict[str, float]:
    """Return the values of /metrics by name and labels."""
    answer = Client().get("/metrics", headers=token)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        ",".join([sample.name, *(sample.labels[label] for label in sorted(sample.labels))]): sample.value
        for family in families
        for sample in family.samples
    }


def delivery(key: str, *, due: timedelta = timedelta(0), **fields: Any) -> Delivery:
    """Create a message that was due that long ago."""
    at = timezone.now() - due
    values: dict[str, Any] = {
        "kind": "reminder",
        "channel": "telegram",
        "due_at": at,
        "available_at": timezone.now() + timedelta(hours=1),
        "expires_at": at + timedelta(hours=9),
    }
    return Delivery.objects.create(key=key, **(values | fields))


class TestHealthz:
    def test_it_uses_no_database(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            answer = Client().get("/healthz/")
        assert (answer.status_code, answer.content) == (200, b"ok")

    @pytest.mark.parametrize("path", ["/healthz/", "/healthz", "/readyz/", "/statusz/", "/metrics"])
    def test_every_health_path_answers_any_host_and_sets_no_cookie(
        self, path: str, settings: Settings, token: dict[str, str]
    ) -> None:
        settings.ALLOWED_HOSTS = ["habits.example.org"]
        answer = Client().get(path, headers={"Host": "10.0.0.7:8000"} | token)
        assert answer.status_code == 200
        assert not answer.cookies
        assert "no-store" in answer["Cache-Control"]
        assert Client().get("/api/habits/", headers={"Host": "10.0.0.7:8000"}).status_code == 400

    def test_it_accepts_only_get_and_head(self) -> None:
        assert Client(enforce_csrf_checks=True).post("/statusz/").status_code == 405
        assert Client().head("/healthz/").status_code == 200


class TestReadyz:
    def test_it_is_ok_with_a_database_and_all_migrations(self) -> None:
        answer = Client().get("/readyz/")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

    def test_it_is_unavailable_while_the_database_is_down(self, monkeypatch: pytest.MonkeyPatch) -> None:
        take_database_down(monkeypatch)
        answer = Client().get("/readyz/")
        assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "reason": "database"})

    def test_it_is_unavailable_until_all_migrations_are_applied(self) -> None:
        record = MigrationRecorder(connection).migration_qs.filter(app="notifications").order_by("pk").last()
        assert record is not None
        record.delete()
        answer = Client().get("/readyz/")
        assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "reason": "migrations"})
        record.save(force_insert=True)
        assert Client().get("/readyz/").status_code == 200

    def test_it_checks_migrations_only_until_all_are_applied(
        self, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        assert Client().get("/readyz/").status_code == 200
        monkeypatch.delattr(MigrationExecutor, "migration_plan")
        with django_assert_num_queries(1):
            assert Client().get("/readyz/").status_code == 200


class TestStatusz:
    def test_it_is_ok_while_nothing_is_due_however_old_the_last_tick_is(self, track: HabitTrack, clock: Any) -> None:
        clock.move_to("2026-11-21 06:29Z")
        answer = Client().get("/statusz/")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

    def test_a_dead_beat_fails_the_service_but_no_single_process(self, dead_beat: HabitTrack) -> None:
        assert Client().get("/statusz/").status_code == 503
        assert Client().get("/readyz/").status_code == 200
        assert Client().get("/healthz/").status_code == 200

    def test_only_the_monitoring_token_shows_the_reasons(self, dead_beat: HabitTrack, token: dict[str, str]) -> None:
        assert Client().get("/statusz/").json() == {"status": "failing"}
        reasons = Client().get("/statusz/", headers=token).json()["reasons"]
        assert [reason["code"] for reason in reasons] == ["tick", "send"]

    def test_without_a_configured_token_an_empty_one_shows_no_reasons(
        self, dead_beat: HabitTrack, settings: Settings
    ) -> None:
        settings.METRICS_TOKEN = ""
        for given in ("", "Bearer ", "Bearer", "bearer "):
            answer = Client().get("/statusz/", headers={"Authorization": given})
            assert answer.json() == {"status": "failing"}

    def test_it_needs_both_a_tick_and_a_send(self, dead_beat: HabitTrack, token: dict[str, str]) -> None:
        heartbeats.record(heartbeats.TICK, now=timezone.now())
        reasons = Client().get("/statusz/", headers=token).json()["reasons"]
        assert [reason["code"] for reason in reasons] == ["send"]
        health.status.clear()
        heartbeats.record(heartbeats.SEND, now=timezone.now())
        assert Client().get("/statusz/").status_code == 200

    def test_it_fails_without_redis(self, monkeypatch: pytest.MonkeyPatch, token: dict[str, str]) -> None:
        def full(*_: object, **__: object) -> None:
            raise ResponseError("OOM command not allowed when used memory > 'maxmemory'.")

        monkeypatch.setattr(common_redis.connection(), "set", full)
        answer = Client().get("/statusz/", headers=token)
        assert answer.status_code == 503
        assert [reason["code"] for reason in answer.json()["reasons"]] == ["redis"]

    def test_it_fails_without_the_database(self, monkeypatch: pytest.MonkeyPatch, token: dict[str, str]) -> None:
        take_database_down(monkeypatch)
        answer = Client().get("/statusz/", headers=token)
        assert answer.status_code == 503
        assert [reason["code"] for reason in answer.json()["reasons"]] == ["database"]

    def test_it_is_cached_for_five_seconds(
        self, track: HabitTrack, clock: Any, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        Client().get("/statusz/")
        with django_assert_num_queries(0):
            Client().get("/statusz/")
        record_work("06:30")
        clock.move_to("2026-11-21 06:34Z")
        assert Client().get("/statusz/").status_code == 503


class TestStopped:
    """The common rule: which of tick and send do not work while something is due."""

    def test_a_service_that_never_ran_has_three_minutes_to_start(self, track: HabitTrack, clock: Any) -> None:
        Heartbeat.objects.all().delete()
        clock.move_to("2026-11-21 06:33Z")
        assert liveness.stalled(now=timezone.now()) == []
        clock.move_to("2026-11-21 06:33:01Z")
        assert liveness.stalled(now=timezone.now()) == ["tick", "send"]

    def test_a_heartbeat_from_the_future_is_ignored(self, dead_beat: HabitTrack) -> None:
        for name in (heartbeats.TICK, heartbeats.SEND):
            heartbeats.record(name, now=timezone.now() + timedelta(hours=3))
        assert liveness.stalled(now=timezone.now()) == ["tick", "send"]

    def test_exactly_three_minutes_are_still_ok(self, track: HabitTrack, clock: Any) -> None:
        record_work("06:30")
        clock.move_to("2026-11-21 06:33Z")
        assert liveness.stalled(now=timezone.now()) == []


class TestLag:
    def lag(self) -> timedelta:
        return queries.lag(now=timezone.now())

    def test_it_is_the_age_of_the_oldest_due_reminder_that_is_not_queued(self, track: HabitTrack, clock: Any) -> None:
        assert self.lag() == timedelta(0)
        clock.move_to("2026-11-21 07:00Z")
        assert self.lag() == 30 * MINUTE

    def test_it_counts_digests(self, track: HabitTrack) -> None:
        at = timezone.now() - 7 * MINUTE
        Digest.objects.create(user=track.user, is_on=True, next_at=at, next_day=at.date())
        assert self.lag() == 7 * MINUTE

    @pytest.mark.parametrize("waits_for", ["", "away"])
    def test_it_counts_messages_from_their_due_time_however_often_they_were_postponed(
        self, track: HabitTrack, waits_for: str
    ) -> None:
        delivery("late", due=10 * MINUTE, waits_for=waits_for)
        assert self.lag() == 10 * MINUTE

    @pytest.mark.parametrize("waits_for", ["chat", "aside"])
    def test_it_excludes_messages_that_wait_for_a_chat_and_those_that_failed(
        self, track: HabitTrack, waits_for: str
    ) -> None:
        delivery("waits", due=10 * MINUTE, waits_for=waits_for)
        assert self.lag() == timedelta(0)

    @pytest.mark.parametrize("waits_for", ["chat", "aside"])
    def test_it_includes_them_when_their_wait_is_over_and_nobody_sends_them(
        self, track: HabitTrack, waits_for: str
    ) -> None:
        delivery("due", due=10 * MINUTE, waits_for=waits_for, available_at=timezone.now() - MINUTE)
        assert self.lag() == timedelta(0), "a sender is about to send them"
        Delivery.objects.update(available_at=timezone.now() - 2 * MINUTE)
        assert self.lag() == 10 * MINUTE

    def test_it_excludes_failing_plans_but_not_the_plans_behind_them(self, track: HabitTrack, clock: Any) -> None:
        behind = make.track(track.user, name="Behind", time="06:40")
        Delivery.objects.all().delete()
        Reminder.objects.filter(track=track).update(retry_at=make.utc("2026-11-21 08:00"), failures=3)
        clock.move_to("2026-11-21 06:45Z")
        assert self.lag() == 5 * MINUTE
        Reminder.objects.filter(track=behind).update(retry_at=make.utc("2026-11-21 08:00"), failures=1)
        assert self.lag() == timedelta(0)
        assert queries.count_failing(now=timezone.now()) == {"reminder": 2, "digest": 0, "message": 0}

    def test_it_excludes_future_and_finished_messages(self, track: HabitTrack) -> None:
        delivery("later", due=-10 * MINUTE)
        delivery("sent", due=10 * MINUTE, state="sent", sent_at=timezone.now())
        assert self.lag() == timedelta(0)

    def test_it_takes_three_queries_for_any_number_of_rows(
        self, track: HabitTrack, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(20):
            delivery(f"late {number}", due=number * MINUTE)
        with django_assert_num_queries(3):
            assert self.lag() == 19 * MINUTE

    @pytest.mark.engine("postgresql", reason="asks PostgreSQL's planner")
    def test_each_query_uses_an_index(self, track: HabitTrack) -> None:
        plans: list[str] = []
        with connection.cursor() as cursor, connection.execute_wrapper(explained(plans)):
            cursor.execute("SET LOCAL enable_seqscan = off")
            plans.clear()
            self.lag()
        used = ["reminder_due", "digest_due", "delivery_behind"]
        assert [name for name, plan in zip(used, plans, strict=True) if name not in plan or "Seq Scan" in plan] == []


class TestOutboxCommand:
    def test_it_exits_with_1_for_a_dead_beat(self, dead_beat: HabitTrack, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(CommandError, match="no tick and no send for three minutes") as error:
            call_command("outbox")
        assert error.value.returncode == 1
        shown = capsys.readouterr().out
        assert "lag: 0:04:00" in shown
        assert "last tick: 0:05:00 ago" in shown

    def test_it_exits_with_0_while_messages_are_sent(
        self, dead_beat: HabitTrack, capsys: pytest.CaptureFixture[str]
    ) -> None:
        record_work("06:34")
        call_command("outbox")
        assert "last send: 0:01:00 ago" in capsys.readouterr().out

    def test_it_shows_failing_messages(self, track: HabitTrack, capsys: pytest.CaptureFixture[str]) -> None:
        delivery("aside", waits_for="aside")
        call_command("outbox")
        assert "messages waiting after an error: 1" in capsys.readouterr().out


class TestMetrics:
    def test_it_is_404_without_a_configured_token(self, settings: Settings) -> None:
        settings.METRICS_TOKEN = ""
        assert Client().get("/metrics").status_code == 404
        assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404

    @pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", TOKEN, f"Token {TOKEN}", "Bearer é"])
    def test_a_wrong_token_is_refused(self, token: dict[str, str], given: str) -> None:
        answer = Client().get("/metrics", headers={"Authorization": given})
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")

    def test_a_dead_beat_shows(self, dead_beat: HabitTrack, token: dict[str, str]) -> None:
        found = metric_values(token)
        assert found["habits_lag_seconds"] == 240
        assert found["habits_tick_age_seconds"] == 300
        assert found["habits_stopped"] == 1
        assert found["habits_late,reminder"] == 1

    def test_outbox_metrics_have_kind_channel_state_and_age(self, track: HabitTrack, token: dict[str, str]) -> None:
        delivery("a", due=5 * MINUTE)
        delivery("b", due=MINUTE, waits_for="chat")
        delivery("c", due=2 * MINUTE, kind="digest", channel="email", waits_for="aside", uncertain=True)
        delivery("d", state="failed")
        delivery("e", state="failed", created_at=timezone.now() - timedelta(hours=2))
        found = metric_values(token)
        assert found["habits_outbox_pending,telegram,reminder"] == 2
        assert found["habits_outbox_oldest_seconds,telegram,reminder"] == 300
        assert found["habits_outbox_oldest_seconds,email,digest"] == 120
        assert found["habits_outbox_waiting,chat"] == found["habits_stepped_aside,message"] == 1
        assert found["habits_outbox_recent,telegram,failed"] == 1
        assert found["habits_outbox_recent,telegram,expired"] == 0
        assert found["habits_outbox_uncertain"] == 1

    def test_it_shows_heartbeats(self, track: HabitTrack, token: dict[str, str], settings: Settings) -> None:
        settings.TELEGRAM_BOT_TOKEN = "123:abc"
        heartbeats.record("worker:one:1", now=timezone.now() - MINUTE)
        heartbeats.record("worker:one:2", now=timezone.now() - 5 * MINUTE)
        heartbeats.record(heartbeats.BOT, now=timezone.now() - timedelta(seconds=8))
        heartbeats.record(heartbeats.BOT_UPDATE, now=timezone.now() - 2 * MINUTE)
        found = metric_values(token)
        assert found["habits_workers_alive"] == 1
        assert found["habits_bot_poll_age_seconds"] == 8
        assert found["habits_bot_update_age_seconds"] == 120
        assert found["habits_database_up"] == found["habits_redis_up"] == 1

    def test_with_a_webhook_there_is_no_age_of_the_last_poll(
        self, track: HabitTrack, token: dict[str, str], settings: Settings
    ) -> None:
        settings.TELEGRAM_BOT_TOKEN, settings.TELEGRAM_WEBHOOK_SECRET = "123:abc", "hush"
        heartbeats.record(heartbeats.BOT, now=timezone.now() - timedelta(days=9))
        assert "habits_bot_poll_age_seconds" not in metric_values(token)

    def test_it_shows_for_how_long_the_whole_bot_waits(self, track: HabitTrack, token: dict[str, str]) -> None:
        assert metric_values(token)["habits_hold_seconds"] == 0
        for chat in range(ratelimit.MIN_CHATS_FOR_HOLD):
            ratelimit.note_rate_limited(chat, 50)
        metrics.cached_hold.clear()
        assert 0 < metric_values(token)["habits_hold_seconds"] <= 50

    def test_it_is_cached_for_fifteen_seconds(
        self, track: HabitTrack, token: dict[str, str], clock: Any, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        metric_values(token)
        with django_assert_num_queries(0):
            metric_values(token)
        delivery("late", due=MINUTE)
        clock.shift(14)
        assert metric_values(token)["habits_lag_seconds"] == 0
        clock.shift(1)
        assert metric_values(token)["habits_lag_seconds"] == 75

    def test_it_takes_a_fixed_number_of_queries(
        self, track: HabitTrack, token: dict[str, str], django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(20):
            delivery(f"late {number}", due=number * MINUTE)
        with django_assert_max_num_queries(32):
            metric_values(token)

    def test_without_the_database_it_reports_that(self, token: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        take_database_down(monkeypatch)
        found = metric_values(token)
        assert found["habits_database_up"] == 0
        assert "habits_lag_seconds" not in found

    def test_it_answers_in_the_format_that_the_scraper_accepts(self, token: dict[str, str]) -> None:
        accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
        answer = Client().get("/metrics", headers=token | accept)
        assert answer["Content-Type"].startswith("application/openmetrics-text")
        assert answer.content.endswith(b"# EOF\n")


def take_database_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the database stop responding."""

    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(connection, "cursor", refuse)


def explained(plans: list[str]) -> Any:
    """Return a wrapper that records PostgreSQL's plan of each statement."""

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT"):
            raw = context["cursor"].cursor
            raw.execute(f"EXPLAIN {sql}", params)
            plans.append("\n".join(line for (line,) in raw.fetchall()))
        return execute(sql, params, many, context)

    return note


def test_metrics_contain_no_personal_data(alice: User, token: dict[str, str]) -> None:
    text = Client().get("/metrics", headers=token).content.decode()
    assert alice.username not in text and alice.email not in text
