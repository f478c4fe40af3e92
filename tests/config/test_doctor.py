"""`manage.py doctor` finds each problem, says how to fix it, and no problem hides another."""

import json
import os
import socket
from collections import namedtuple
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPAuthenticationError
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core.mail.backends.smtp import EmailBackend
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import ResponseError

from common import running
from config import doctor
from notifications.channels.telegram import client as telegram_client
from notifications.models import Delivery, Reminder
from notifications.monitoring import heartbeats
from standalone.supervisor import lock_data_folder
from tests import make
from tests.fake_telegram import FakeTelegram
from web import builds

pytestmark = pytest.mark.django_db

REAL_KEY = "kD3v0y-8fQmWz5xB1nTgJpRsLcUeHaXo"


@pytest.fixture(autouse=True)
def healthy(settings: Settings) -> Iterator[Any]:
    """A service without problems, at noon."""
    settings.SITE_URL = "https://habits.example.org"
    settings.ALLOWED_HOSTS = ["habits.example.org", "localhost"]
    settings.DEBUG = False
    settings.SECRET_KEY = REAL_KEY
    settings.HEARTBEAT_URL = "https://watch.example.org/1"
    with time_machine.travel("2026-11-21 12:00Z", tick=False) as clock:
        yield clock


def problems(check: str) -> str:
    """Return the problems that a check finds."""
    return "\n".join(finding.text for finding in found(check) if finding.is_problem)


def notes(check: str) -> str:
    """Return the notes of a check."""
    return "\n".join(finding.text for finding in found(check) if not finding.is_problem)


def found(check: str) -> list[doctor.Finding]:
    return dict(doctor.run_checks(now=timezone.now()))[check]


def test_a_healthy_service_has_no_problems(
    telegram: FakeTelegram, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "clocks", lambda now: iter(()))
    monkeypatch.setitem(doctor.CHECKS, "clocks", doctor.clocks)  # this test's clock is not the database's
    monkeypatch.setattr(builds, "entry", lambda: builds.Entry("client/index.js", (), ()))
    call_command("doctor")
    shown = capsys.readouterr().out
    assert "PROBLEM" not in shown
    assert "telegram    ok" in shown


def test_a_problem_makes_it_exit_with_1(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.SECRET_KEY = "secret"
    with pytest.raises(CommandError, match="to fix") as error:
        call_command("doctor")
    assert error.value.returncode == 1
    assert "secret key  PROBLEM: SECRET_KEY can be guessed" in capsys.readouterr().out


def test_a_failing_check_is_a_finding_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(connection, "cursor", refuse)
    monkeypatch.setattr(connection, "ensure_connection", refuse)
    results = dict(doctor.run_checks(now=timezone.now()))
    assert list(results) == list(doctor.CHECKS)
    for name in ("database", "beat", "delivery"):
        assert results[name] == [
            doctor.Finding("The database cannot be reached (OperationalError): start it, or set DATABASE_URL.")
        ]
    assert results["redis"] == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"SITE_URL": "http://localhost:8000", "EMAIL_HOST": "mail.example.org"}, "works only on this machine"),
        ({"ALLOWED_HOSTS": ["other.example.org"]}, "ALLOWED_HOSTS does not contain habits.example.org"),
        ({"DEBUG": True}, "set DEBUG=off"),
    ],
)
def test_contradicting_addresses_are_a_problem(settings: Settings, changed: dict[str, Any], expected: str) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)
    assert expected in problems("addresses")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [({"SITE_URL": "http://habits.example.org"}, "unencrypted"), ({"ALLOWED_HOSTS": ["*"]}, "allows any host name")],
)
def test_a_risk_is_a_note(settings: Settings, changed: dict[str, Any], expected: str) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)
    assert expected in notes("addresses")
    assert problems("addresses") == ""


def test_a_local_trial_has_no_findings(settings: Settings) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS, settings.DEBUG = "http://localhost:8000", ["*"], True
    assert found("addresses") == []


@pytest.mark.parametrize("key", ["short", "a" * 50, "django-insecure-" + REAL_KEY])
def test_a_weak_secret_key_is_a_problem(settings: Settings, key: str) -> None:
    settings.SECRET_KEY = key
    assert "can be guessed" in problems("secret key")


def test_a_secret_key_that_other_users_can_read_is_a_problem(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / "secret_key").write_text(REAL_KEY)
    (tmp_path / "secret_key").chmod(0o644)
    assert "chmod 600" in problems("secret key")
    (tmp_path / "secret_key").chmod(0o600)
    assert found("secret key") == []


def test_missing_migrations_are_a_problem() -> None:
    last = MigrationRecorder(connection).migration_qs.filter(app="notifications").order_by("pk").last()
    assert last is not None
    last.delete()
    assert "Migrations that are not applied: 1" in problems("database")


@pytest.mark.engine("postgresql", reason="SQLite's time is the machine's")
def test_a_clock_that_differs_from_the_databases_is_a_problem(healthy: Any) -> None:
    with time_machine.travel("2099-01-01 12:00Z", tick=False):
        assert "ahead of the database's" in problems("clocks")
    with time_machine.travel("2000-01-01 12:00Z", tick=False):
        assert "behind the database's" in problems("clocks")


def test_data_of_a_clock_that_ran_ahead_is_found() -> None:
    heartbeats.record(heartbeats.TICK, now=timezone.now() + timedelta(hours=3))
    make.track(make.person("alice"), time="12:30")
    Reminder.objects.update(planned_at=timezone.now() + timedelta(days=365))
    assert "heartbeats (tick) lie in the future" in problems("clocks")
    assert "planned while a clock ran ahead: 1" in notes("clocks")


def test_beat_entries_that_cannot_run_are_a_problem() -> None:
    assert "Beat has never run" in notes("beat")
    every_minute = CrontabSchedule.objects.create(minute="*")
    row = PeriodicTask.objects.create(name="tick", task="notifications.tasks.tick", crontab=every_minute)
    assert found("beat") == []
    PeriodicTask.objects.filter(pk=row.pk).update(last_run_at=timezone.now() + timedelta(hours=3))
    assert "last run of beat's entry tick lies in the future" in problems("beat")
    PeriodicTask.objects.filter(pk=row.pk).update(enabled=False)
    assert "entry tick is disabled" in problems("beat")


class Redis:
    """A Redis that raises the given error, or reports the given memory values."""

    def __init__(self, error: Exception | None = None, **memory: Any) -> None:
        self.error, self.memory = error, memory

    def set(self, *_: object, **__: object) -> None:
        if self.error:
            raise self.error

    def info(self, section: str) -> dict[str, Any]:
        return self.memory


@pytest.mark.parametrize(
    ("redis", "expected"),
    [
        (Redis(RedisAway("refused")), "Redis does not respond at REDIS_URL (ConnectionError)"),
        (Redis(ResponseError("OOM command not allowed")), "Redis accepts no writes (OOM)"),
        (Redis(ResponseError("MISCONF Redis is configured to save")), "Redis accepts no writes (MISCONF)"),
        (Redis(maxmemory=100, used_memory=95, maxmemory_policy="noeviction"), "uses 95% of its memory"),
    ],
)
def test_a_redis_that_accepts_no_writes_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, redis: Redis, expected: str
) -> None:
    monkeypatch.setattr(doctor, "redis_connection", lambda: redis)
    assert expected in problems("redis")


def test_a_working_redis_is_ok() -> None:
    assert found("redis") == []


@pytest.fixture
def supervised(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The Redis of a `make run` on this DATA_DIR, whose URL is not in the environment: there nothing responds."""
    url, settings.DATA_DIR = settings.REDIS_URL, tmp_path
    monkeypatch.setattr(doctor, "redis_connection", lambda: Redis(RedisAway("refused")))
    with lock_data_folder(tmp_path):
        yield url


def test_beside_make_run_its_own_redis_is_checked(supervised: str, tmp_path: Path) -> None:
    assert "at REDIS_URL" in problems("redis")
    with running.announced(tmp_path, redis_url=supervised):
        assert (tmp_path / running.STATE).stat().st_mode & 0o777 == 0o600  # a password is in it
        assert found("redis") == []
    assert "at REDIS_URL" in problems("redis")


def test_a_redis_of_make_run_that_does_not_respond_is_a_problem(supervised: str, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with running.announced(tmp_path, redis_url=f"redis://127.0.0.1:{unused.getsockname()[1]}/0"):
            assert "The Redis of make run does not respond (ConnectionError)" in problems("redis")


def test_what_a_killed_make_run_has_left_is_not_believed(tmp_path: Path) -> None:
    with running.announced(tmp_path, redis_url="redis://localhost:1/0"):
        with lock_data_folder(tmp_path):
            assert running.find_redis(tmp_path) == "redis://localhost:1/0"
            (tmp_path / running.LOCK).write_text("1\n")  # the next one, which has not said anything yet
            assert running.find_redis(tmp_path) is None
        (tmp_path / running.LOCK).write_text(f"{os.getpid()}\n")
        assert running.find_redis(tmp_path) is None
        (tmp_path / running.STATE).write_text("[")
        assert running.find_redis(tmp_path) is None


def test_a_client_that_is_not_built_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(builds, "FOLDER", tmp_path)
    assert "run manage.py build_client" in problems("client")
    manifest = {"index.html": {"file": "assets/index.js"}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert found("client") == []


class TestTelegram:
    def test_a_polling_bot_is_ok(self, telegram: FakeTelegram) -> None:
        assert found("telegram") == []

    def test_a_missing_bot_is_a_note(self) -> None:
        assert "printed instead of sent" in notes("telegram")

    def test_a_revoked_token_is_a_problem_and_is_not_shown(self, telegram: FakeTelegram, settings: Settings) -> None:
        settings.TELEGRAM_BOT_TOKEN = "999:revoked"
        assert "Get it from @BotFather again" in problems("telegram")
        assert "999:revoked" not in problems("telegram")

    def test_a_refused_connection_is_a_problem(self, telegram: FakeTelegram, settings: Settings) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            settings.TELEGRAM_API_BASE_URL = f"http://127.0.0.1:{unused.getsockname()[1]}"
            assert "Telegram does not respond at 127.0.0.1" in problems("telegram")

    @pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "127.0.0.1:1"])
    def test_an_unusable_proxy_is_a_problem(
        self, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, proxy: str
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", proxy)
        assert "proxy" in problems("telegram")

    def test_a_hanging_server_times_out(self, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doctor, "CHECK_TIMEOUT", timedelta(seconds=0.2))
        telegram.fault("hang", method="getMe")
        assert "does not respond" in problems("telegram")
        telegram.release()

    def test_an_old_setting_that_blocks_taps_is_a_problem(self, telegram: FakeTelegram) -> None:
        client = telegram_client.client()
        client.run(client.bot.get_updates(allowed_updates=["message"], timeout=0))
        assert "does not receive all messages" in problems("telegram")

    def test_a_webhook_of_another_service_is_a_problem(self, telegram: FakeTelegram) -> None:
        telegram_client.client().set_webhook("https://other.example.org/hook", "hush")
        assert "does not match the settings" in problems("telegram")

    def test_a_missing_webhook_is_a_problem(self, telegram: FakeTelegram, settings: Settings) -> None:
        settings.TELEGRAM_WEBHOOK_SECRET = "hush"
        assert "run manage.py bot" in problems("telegram")
        telegram_client.client().set_webhook(f"{settings.SITE_URL}/api/tg/webhook/", "hush")
        assert found("telegram") == []

    def test_a_webhook_without_https_is_a_problem(self, telegram: FakeTelegram, settings: Settings) -> None:
        settings.TELEGRAM_WEBHOOK_SECRET, settings.SITE_URL = "hush", "http://habits.example.org"
        assert "only https addresses" in problems("telegram")


class TestDelivery:
    def test_a_dead_beat_is_a_problem(self, healthy: Any) -> None:
        make.track(make.person("alice", chat=True), time="12:30")
        Delivery.objects.all().delete()
        assert found("delivery") == []
        healthy.move_to("2026-11-21 12:40Z")
        assert "10 minutes late and no tick runs" in problems("delivery")
        heartbeats.record(heartbeats.TICK, now=timezone.now())
        assert "nothing is sent" in problems("delivery")
        heartbeats.record(heartbeats.SEND, now=timezone.now())
        assert "10 minutes late" in problems("delivery")

    def test_a_failing_reminder_is_a_problem(self) -> None:
        make.track(make.person("alice", chat=True), time="11:00")
        Delivery.objects.all().delete()
        past = timezone.now() - timedelta(hours=1)
        Reminder.objects.update(next_at=past, next_day=past.date(), retry_at=timezone.now(), failures=1)
        assert "1 × reminder failed" in problems("delivery")


class TestMail:
    def test_a_missing_mail_server_is_a_note(self) -> None:
        assert "only printed" in notes("mail")

    def test_an_unreachable_mail_server_is_a_problem(self, settings: Settings) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused.getsockname()[1]
            assert f"mail server 127.0.0.1:{settings.EMAIL_PORT} cannot be used (ConnectionRefusedError)" in problems(
                "mail"
            )

    def test_a_refused_password_is_a_problem(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(self: EmailBackend) -> None:
            raise SMTPAuthenticationError(535, b"no")

        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "mail.example.org"
        monkeypatch.setattr(EmailBackend, "open", refuse)
        assert "refuses the login with EMAIL_HOST_USER" in problems("mail")

    def test_contradicting_mail_settings_are_a_problem(self, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = True
        assert "check EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS and EMAIL_USE_SSL" in problems("mail")


def test_a_full_disk_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", ["free"])
    monkeypatch.setattr(doctor, "shutil", SimpleNamespace(disk_usage=lambda _: usage(100 * 2**20)))
    assert "100 MB are free" in problems("disk")


def test_missing_monitoring_is_a_note(settings: Settings) -> None:
    settings.HEARTBEAT_URL = ""
    assert "Nobody is notified when reminders stop" in notes("monitoring")
