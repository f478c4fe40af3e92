"""Pings to HEARTBEAT_URL: sent while delivery works, not sent when it is stalled, and never a problem for ticks."""

import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from notifications import tasks
from notifications.models import Delivery
from notifications.monitoring import heartbeats, liveness
from tests import make
from tests.waiting import STUCK

pytestmark = pytest.mark.django_db

SECRET = "5f2b9c"


class Watcher:
    """A server for HEARTBEAT_URL that records the calls and gives a configured answer."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.status = 200
        self.go_on = Event()
        self.go_on.set()
        watcher = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                watcher.calls.append(self.path)
                watcher.go_on.wait(2 * STUCK)
                self.send_response(watcher.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/ping/{SECRET}"

    def close(self) -> None:
        self.go_on.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def watcher(settings: Settings) -> Iterator[Watcher]:
    watcher = Watcher()
    settings.HEARTBEAT_URL = watcher.url
    yield watcher
    watcher.close()


@pytest.fixture
def clock(db: None) -> Iterator[Any]:
    """It is 06:30, a reminder is due, and a tick and a sender have just run."""
    with time_machine.travel("2026-11-21 06:00Z", tick=False) as clock:
        make.track(make.person("alice", chat=True), time="06:30")
        Delivery.objects.all().delete()
        clock.move_to("2026-11-21 06:30Z")
        for name in (heartbeats.TICK, heartbeats.SEND):
            heartbeats.record(name, now=timezone.now())
        yield clock


def pinged() -> bool:
    return liveness.ping(now=timezone.now())


def test_the_url_is_called_while_delivery_works(clock: Any, watcher: Watcher) -> None:
    assert pinged()
    assert watcher.calls == [f"/ping/{SECRET}"]


def test_a_tick_calls_the_url_after_its_work(clock: Any, watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks.tick()
    assert watcher.calls == [f"/ping/{SECRET}"]
    assert Delivery.objects.filter(kind="reminder").exists()

    def broken() -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(tasks, "queue_all_due", broken)
    with pytest.raises(OperationalError):
        tasks.tick()
    assert len(watcher.calls) == 1


def test_there_is_no_ping_if_beat_was_dead_for_five_minutes_while_something_is_due(
    clock: Any, watcher: Watcher, caplog: pytest.LogCaptureFixture
) -> None:
    clock.shift(timedelta(minutes=5))
    assert not pinged()
    assert watcher.calls == []
    assert "no ping" in caplog.text


def test_there_is_no_ping_if_ticks_run_but_nothing_is_sent(clock: Any, watcher: Watcher) -> None:
    clock.shift(timedelta(minutes=5))
    heartbeats.record(heartbeats.TICK, now=timezone.now())
    assert not pinged()
    heartbeats.record(heartbeats.SEND, now=timezone.now())
    assert pinged()


def test_pings_continue_through_a_night_without_reminders(clock: Any, watcher: Watcher) -> None:
    clock.move_to("2026-11-21 06:29Z")
    heartbeats.record(heartbeats.SEND, now=timezone.now() - timedelta(hours=8))
    assert pinged()


def test_without_a_url_nothing_is_queried_or_called(
    clock: Any, watcher: Watcher, settings: Settings, django_assert_num_queries: Any
) -> None:
    settings.HEARTBEAT_URL = ""
    with django_assert_num_queries(0):
        assert not pinged()
    assert watcher.calls == []


@pytest.mark.parametrize("status", [404, 500])
def test_an_error_answer_is_logged_without_the_url(
    clock: Any, watcher: Watcher, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    watcher.status = status
    pinged()
    assert f"answered {status}" in caplog.text
    assert SECRET not in caplog.text


def test_a_redirect_is_not_followed(clock: Any, watcher: Watcher) -> None:
    watcher.status = 302
    pinged()
    assert watcher.calls == [f"/ping/{SECRET}"]


@pytest.mark.parametrize("proxy", ["", "socks5://127.0.0.1:1", "no scheme", "http://127.0.0.1:1"])
def test_a_connection_error_or_an_unusable_proxy_is_logged(
    clock: Any,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    proxy: str,
) -> None:
    settings.HEARTBEAT_URL = f"http://127.0.0.1:9/{SECRET}"
    if proxy:
        monkeypatch.setenv("ALL_PROXY", proxy)
    assert pinged()
    assert "cannot be called" in caplog.text
    assert SECRET not in caplog.text


def test_a_url_that_hangs_delays_a_tick_only_briefly(
    clock: Any, watcher: Watcher, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert timedelta(seconds=3) == liveness.MAX_CALL
    monkeypatch.setattr(liveness, "MAX_CALL", timedelta(seconds=0.2))
    watcher.go_on.clear()
    began = time.perf_counter_ns()
    pinged()
    assert (time.perf_counter_ns() - began) / 1e9 < STUCK
    # Either the timeout of the answer or that of the whole call is reported.
    assert "did not answer within" in caplog.text or "cannot be called" in caplog.text
