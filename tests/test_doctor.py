"""`manage.py doctor`: each thing that can be wrong is found and named with what to do, and none hides another."""

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

from config import doctor
from notifications import heartbeats
from notifications.models import Delivery, Reminder
from notifications.telegram import client as telegram_client
from tests import make
from tests.fake_telegram import FakeTelegram

pytestmark = pytest.mark.django_db

REAL_KEY = "kD3v0y-8fQmWz5xB1nTgJpRsLcUeHaXo"


@pytest.fixture(autouse=True)
def healthy(settings: Settings) -> Iterator[Any]:
    """A service as it should be, at noon."""
    settings.SITE_URL = "https://habits.example.org"
    settings.ALLOWED_HOSTS = ["habits.example.org", "localhost"]
    settings.DEBUG = False
    settings.SECRET_KEY = REAL_KEY
    settings.HEARTBEAT_URL = "https://watch.example.org/1"
    with time_machine.travel("2026-11-21 12:00Z", tick=False) as clock:
        yield clock


def wrong(check: str) -> str:
    """What a check says is to be mended."""
    return "\n".join(finding.text for finding in found(check) if finding.is_wrong)


def noted(check: str) -> str:
    """What a check says one should know."""
    return "\n".join(finding.text for finding in found(check) if not finding.is_wrong)


def found(check: str) -> list[doctor.Finding]:
    return dict(doctor.examine(now=timezone.now()))[check]


def test_a_service_as_it_should_be_has_nothing_to_mend(
    telegram: FakeTelegram, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "clocks", lambda now: iter(()))
    monkeypatch.setitem(doctor.CHECKS, "clocks", doctor.clocks)  # this test's clock is not the database's
    call_command("doctor")
    shown = capsys.readouterr().out
    assert "WRONG" not in shown
    assert "telegram    ok" in shown


def test_what_is_wrong_ends_it_with_1(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.SECRET_KEY = "secret"
    with pytest.raises(CommandError, match="to mend") as error:
        call_command("doctor")
    assert error.value.returncode == 1
    assert "secret key  WRONG: SECRET_KEY can be guessed" in capsys.readouterr().out


def test_a_check_that_fails_is_a_finding_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(connection, "cursor", refuse)
    monkeypatch.setattr(connection, "ensure_connection", refuse)
    results = dict(doctor.examine(now=timezone.now()))
    assert list(results) == list(doctor.CHECKS)
    for name in ("database", "beat", "delivery"):
        assert results[name] == [doctor.Finding("This could not be checked (OperationalError).")]
    assert results["redis"] == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SITE_URL": "http://localhost:8000", "EMAIL_HOST": "mail.example.org"}, "everybody's own machine"),
        ({"ALLOWED_HOSTS": ["other.example.org"]}, "ALLOWED_HOSTS refuses habits.example.org"),
        ({"DEBUG": True}, "set DEBUG=off"),
    ],
)
def test_addresses_that_do_not_fit_are_wrong(settings: Settings, changed: dict[str, Any], said: str) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)
    assert said in wrong("addresses")


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"SITE_URL": "http://habits.example.org"}, "unencrypted"), ({"ALLOWED_HOSTS": ["*"]}, "answers to any name")],
)
def test_what_is_a_risk_is_noted(settings: Settings, changed: dict[str, Any], said: str) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)
    assert said in noted("addresses")
    assert wrong("addresses") == ""


def test_a_trial_on_ones_own_machine_is_not_wrong(settings: Settings) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS, settings.DEBUG = "http://localhost:8000", ["*"], True
    assert found("addresses") == []


@pytest.mark.parametrize("key", ["short", "a" * 50, "django-insecure-" + REAL_KEY])
def test_a_secret_key_that_can_be_guessed_is_wrong(settings: Settings, key: str) -> None:
    settings.SECRET_KEY = key
    assert "can be guessed" in wrong("secret key")


def test_a_secret_key_that_others_can_read_is_wrong(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / "secret_key").write_text(REAL_KEY)
    (tmp_path / "secret_key").chmod(0o644)
    assert "chmod 600" in wrong("secret key")
    (tmp_path / "secret_key").chmod(0o600)
    assert found("secret key") == []


def test_migrations_that_are_missing_are_wrong() -> None:
    last = MigrationRecorder(connection).migration_qs.filter(app="notifications").order_by("pk").last()
    assert last is not None
    last.delete()
    assert "1 migrations are to be applied" in wrong("database")


@pytest.mark.engine("postgresql", reason="SQLite's time is the machine's")
def test_a_clock_that_is_off_the_databases_is_wrong(healthy: Any) -> None:
    with time_machine.travel("2099-01-01 12:00Z", tick=False):
        assert "ahead of the database's" in wrong("clocks")
    with time_machine.travel("2000-01-01 12:00Z", tick=False):
        assert "behind the database's" in wrong("clocks")


def test_what_a_clock_that_was_ahead_left_behind_is_named() -> None:
    heartbeats.beat(heartbeats.TICK, now=timezone.now() + timedelta(hours=3))
    make.track(make.person("alice"), time="12:30")
    Reminder.objects.update(planned_at=timezone.now() + timedelta(days=365))
    assert "signs of life (tick) lie in the future" in wrong("clocks")
    assert "1 plans were made by a clock that was ahead" in noted("clocks")


def test_beats_entries_that_cannot_run_are_wrong() -> None:
    assert "Beat has never run here" in noted("beat")
    every_minute = CrontabSchedule.objects.create(minute="*")
    row = PeriodicTask.objects.create(name="tick", task="notifications.tasks.tick", crontab=every_minute)
    assert found("beat") == []
    PeriodicTask.objects.filter(pk=row.pk).update(last_run_at=timezone.now() + timedelta(hours=3))
    assert "last run of tick in the future" in wrong("beat")
    PeriodicTask.objects.filter(pk=row.pk).update(enabled=False)
    assert "entry tick is disabled" in wrong("beat")


class Redis:
    """A Redis that says of its memory what it is told to."""

    def __init__(self, error: Exception | None = None, **memory: Any) -> None:
        self.error, self.memory = error, memory

    def set(self, *_: object, **__: object) -> None:
        if self.error:
            raise self.error

    def info(self, section: str) -> dict[str, Any]:
        return self.memory


@pytest.mark.parametrize(
    ("redis", "said"),
    [
        (Redis(RedisAway("refused")), "Redis does not answer at REDIS_URL (ConnectionError)"),
        (Redis(ResponseError("OOM command not allowed")), "Redis takes nothing (OOM)"),
        (Redis(ResponseError("MISCONF Redis is configured to save")), "Redis takes nothing (MISCONF)"),
        (Redis(maxmemory=100, used_memory=95, maxmemory_policy="noeviction"), "uses 95% of its memory"),
    ],
)
def test_a_redis_that_loses_or_takes_no_work_is_wrong(monkeypatch: pytest.MonkeyPatch, redis: Redis, said: str) -> None:
    monkeypatch.setattr(doctor, "redis_connection", lambda: redis)
    assert said in wrong("redis")


def test_the_redis_of_this_machine_is_fine() -> None:
    assert found("redis") == []


class TestTelegram:
    def test_a_bot_that_polls_is_fine(self, telegram: FakeTelegram) -> None:
        assert found("telegram") == []

    def test_no_bot_is_noted(self) -> None:
        assert "printed instead of sent" in noted("telegram")

    def test_a_revoked_token_is_wrong_and_not_shown(self, telegram: FakeTelegram, settings: Settings) -> None:
        settings.TELEGRAM_BOT_TOKEN = "999:revoked"
        assert "Take TELEGRAM_BOT_TOKEN from @BotFather again" in wrong("telegram")
        assert "999:revoked" not in wrong("telegram")

    def test_a_line_that_is_down_is_wrong(self, telegram: FakeTelegram, settings: Settings) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            settings.TELEGRAM_API_BASE_URL = f"http://127.0.0.1:{unused.getsockname()[1]}"
            assert "Telegram does not answer at 127.0.0.1" in wrong("telegram")

    @pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "127.0.0.1:1"])
    def test_a_proxy_that_cannot_be_used_is_wrong(
        self, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, proxy: str
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", proxy)
        assert "proxy" in wrong("telegram")

    def test_one_that_hangs_is_given_up_after_seconds(
        self, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(doctor, "PATIENCE", timedelta(seconds=0.2))
        telegram.fault("hang", method="getMe")
        assert "does not answer" in wrong("telegram")
        telegram.release()

    def test_an_earlier_setting_that_keeps_taps_away_is_wrong(self, telegram: FakeTelegram) -> None:
        client = telegram_client.client()
        client.run(client.bot.get_updates(allowed_updates=["message"], timeout=0))
        assert "keeps taps or messages from it" in wrong("telegram")

    def test_a_webhook_that_was_set_elsewhere_is_wrong(self, telegram: FakeTelegram) -> None:
        telegram_client.client().set_webhook("https://other.example.org/hook", "hush")
        assert "The bot's updates go elsewhere" in wrong("telegram")

    def test_a_webhook_that_is_still_to_be_set_is_wrong(self, telegram: FakeTelegram, settings: Settings) -> None:
        settings.TELEGRAM_WEBHOOK_SECRET = "hush"
        assert "run manage.py bot" in wrong("telegram")
        telegram_client.client().set_webhook(f"{settings.SITE_URL}/api/tg/webhook/", "hush")
        assert found("telegram") == []

    def test_a_webhook_without_https_is_wrong(self, telegram: FakeTelegram, settings: Settings) -> None:
        settings.TELEGRAM_WEBHOOK_SECRET, settings.SITE_URL = "hush", "http://habits.example.org"
        assert "https addresses only" in wrong("telegram")


class TestDelivery:
    def test_a_dead_beat_is_wrong(self, healthy: Any) -> None:
        make.track(make.person("alice", chat=True), time="12:30")
        Delivery.objects.all().delete()
        assert found("delivery") == []
        healthy.move_to("2026-11-21 12:40Z")
        assert "waits for 10 minutes and no tick comes" in wrong("delivery")
        heartbeats.beat(heartbeats.TICK, now=timezone.now())
        assert "nothing is sent" in wrong("delivery")
        heartbeats.beat(heartbeats.SEND, now=timezone.now())
        assert "10 minutes late" in wrong("delivery")

    def test_what_stepped_aside_is_wrong(self) -> None:
        make.track(make.person("alice", chat=True), time="11:00")
        Delivery.objects.all().delete()
        past = timezone.now() - timedelta(hours=1)
        Reminder.objects.update(next_at=past, next_day=past.date(), retry_at=timezone.now(), failures=1)
        assert "1 × reminder stepped aside" in wrong("delivery")


class TestMail:
    def test_none_is_noted(self) -> None:
        assert "printed only" in noted("mail")

    def test_a_server_that_is_not_there_is_wrong(self, settings: Settings) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused.getsockname()[1]
            assert f"handed to 127.0.0.1:{settings.EMAIL_PORT} (ConnectionRefusedError)" in wrong("mail")

    def test_one_that_refuses_the_password_is_wrong(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(self: EmailBackend) -> None:
            raise SMTPAuthenticationError(535, b"no")

        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "mail.example.org"
        monkeypatch.setattr(EmailBackend, "open", refuse)
        assert "refuses EMAIL_HOST_USER" in wrong("mail")

    def test_settings_that_exclude_each_other_are_wrong(self, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = True
        assert "see EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS and EMAIL_USE_SSL" in wrong("mail")


def test_a_full_disk_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", ["free"])
    monkeypatch.setattr(doctor, "shutil", SimpleNamespace(disk_usage=lambda _: usage(100 * 2**20)))
    assert "100 MB are free" in wrong("disk")


def test_a_service_that_nobody_watches_is_noted(settings: Settings) -> None:
    settings.HEARTBEAT_URL = ""
    assert "Nobody is told when reminders stop" in noted("monitoring")
