"""Celery messages: they expire by the service's clock, can share a Redis, and a full Redis stops no worker."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis
import time_machine
from celery import Celery
from celery.concurrency.thread import TaskPool
from kombu.asynchronous.semaphore import LaxBoundedSemaphore

from common import clock, stopping
from config.celery import app
from config.worker import HeartbeatStep, Request, record_heartbeat
from notifications.models import Heartbeat
from notifications.monitoring import heartbeats
from standalone.process_guard import ProcessGuard
from standalone.servers import start_redis
from tests import migrated
from tests.waiting import STUCK

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def message(**headers: str) -> Any:
    """Return a message as it comes from the broker."""
    body: tuple[list[object], dict[str, object], dict[str, object]] = ([], {}, {})
    return SimpleNamespace(
        headers={"id": "1", "task": "notifications.tasks.tick", **headers},
        body=json.dumps(body),
        payload=body,
        content_type="application/json",
        content_encoding="utf-8",
        delivery_info={},
        properties={},
    )


def request(**headers: str) -> Request:
    return Request(message(**headers), app=app)


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the database's clock some seconds ahead of this machine's."""

    def set_apart(seconds: float) -> None:
        monkeypatch.setattr(clock, "estimated_now", lambda: datetime.now(UTC) + timedelta(seconds=seconds))

    return set_apart


@pytest.mark.parametrize("ahead", [-90, 0, 90], ids=["machine ahead", "together", "machine behind"])
def test_a_message_expires_by_the_databases_clock(apart: Callable[[float], None], ahead: float) -> None:
    apart(ahead)
    with time_machine.travel(NOON, tick=False):
        now = NOON + timedelta(seconds=ahead)
        assert not request(expires=(now + timedelta(seconds=1)).isoformat()).maybe_expire()
        assert request(expires=(now - timedelta(seconds=1)).isoformat()).maybe_expire()
        assert not request().maybe_expire()


def test_a_message_is_not_dropped_before_the_time_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "estimated_now", lambda: None)
    assert not request(expires="2020-01-01T00:00:00+00:00").maybe_expire()


def test_a_delayed_message_is_delivered_by_the_databases_clock(apart: Callable[[float], None]) -> None:
    """Celery waits by the machine's clock. If that is 90 s behind, it would wait 90 s too long."""
    apart(90)
    with time_machine.travel(NOON, tick=False):
        due = request(eta=(NOON + timedelta(seconds=95)).isoformat()).eta
    assert due == NOON + timedelta(seconds=5)


def test_messages_are_stamped_by_the_databases_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    assert app.now() == NOON
    stamped = app.amqp.as_task_v2("1", "notifications.tasks.tick", countdown=5, expires=55).headers
    assert datetime.fromisoformat(stamped["eta"]) == NOON + timedelta(seconds=5)
    assert datetime.fromisoformat(stamped["expires"]) == NOON + timedelta(seconds=55)


def test_every_task_uses_the_databases_clock() -> None:
    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert ours
    assert {task.Request for task in ours} == {"config.worker:Request"}


@pytest.mark.django_db
@pytest.mark.engine("postgresql", reason="there the database's clock is the machine's")
def test_processes_of_a_worker_share_the_reading_of_the_clock() -> None:
    real = clock.Clock()
    now = real.now()
    pid = os.fork()
    if pid == 0:
        known = clock.estimated_now()
        os._exit(0 if known and abs(known - now) < timedelta(seconds=5) else 1)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.django_db(transaction=True)
def test_a_pool_process_records_the_heartbeat_of_its_worker() -> None:
    with time_machine.travel(NOON, tick=False):
        record_heartbeat(heartbeats.process_name(heartbeats.WORKER, 77))
    assert heartbeats.last_at_by_prefix(heartbeats.machine_prefix(heartbeats.WORKER)) == NOON
    assert Heartbeat.objects.get().name.endswith(":77")


def test_a_lost_heartbeat_is_requested_again() -> None:
    asked: list[object] = []
    pool = SimpleNamespace(apply_async=lambda *args, **options: asked.append(options["callback"]))
    worker = SimpleNamespace(pool=pool, pool_cls=TaskPool, semaphore=None)
    heart = HeartbeatStep(worker)
    with pytest.MonkeyPatch.context() as patch:
        at = [1000.0]
        patch.setattr("config.worker.time.monotonic", lambda: at[0])
        heart._beat(worker)
        at[0] += 30
        heart._beat(worker)
        assert len(asked) == 1  # only one request is open at a time
        at[0] += 61
        heart._beat(worker)
        assert len(asked) == 2
        asked[1](None)  # type: ignore[operator]
        heart._beat(worker)
        assert len(asked) == 3


def test_a_pool_of_threads_records_every_heartbeat() -> None:
    recorded: list[str] = []
    pool = TaskPool(1)
    pool.on_start()
    # Celery gives such a worker a semaphore, which its pool never releases.
    worker = SimpleNamespace(pool=pool, pool_cls=TaskPool, semaphore=LaxBoundedSemaphore(1))
    heart = HeartbeatStep(worker)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("config.worker.record_heartbeat", recorded.append)
        for number in range(4):
            heart._pending_since = None
            heart._beat(worker)
            pool.executor.submit(int).result(STUCK)  # type: ignore[attr-defined]  # the heartbeat before it is done by then
            assert len(recorded) == number + 1
    pool.on_stop()


# The following tests use a real worker and a real Redis.


class Running:
    """A worker process on SQLite, with its log and its Redis."""

    def __init__(self, guard: ProcessGuard, folder: Path) -> None:
        self.guard = guard
        self.redis_url = start_redis(guard)
        self.redis = redis.Redis.from_url(self.redis_url)
        self.log = folder / "worker.log"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.env = kept | {
            "DJANGO_READ_DOT_ENV": "off",
            "DATA_DIR": str(folder / "data"),
            "REDIS_URL": self.redis_url,
            "PYTHONUNBUFFERED": "1",
        }
        migrated.copy_sqlite(folder / "data" / "db.sqlite3")

    def start(self) -> subprocess.Popen[bytes]:
        celery = [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO"]
        with self.log.open("ab") as output:
            return self.guard.start(
                [*celery, "--without-mingle", "--without-gossip"], env=self.env, cwd=ROOT, output=output
            )

    def said(self, text: str) -> int:
        return self.log.read_text(errors="replace").count(text) if self.log.exists() else 0

    def until(self, condition: Callable[[], object], within: float = STUCK) -> None:
        """Wait for a condition."""
        before = time.monotonic()
        while not condition():
            assert time.monotonic() - before < within, self.log.read_text(errors="replace")[-3000:]
            time.sleep(0.02)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with ProcessGuard() as guard:
        running = Running(guard, tmp_path)
        yield running
        running.redis.close()


def publish(url: str, name: str, *, count: int = 1, expires: datetime | None = None, by: Celery = app) -> None:
    """Publish messages to a Redis."""
    with by.connection_for_write(url) as broker, by.amqp.Producer(broker) as producer:
        for _ in range(count):
            by.send_task(name, expires=expires, producer=producer)


@pytest.mark.processes
def test_eight_hours_of_expired_ticks_are_discarded_quickly(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("ERROR", "celery.app.base")  # otherwise one warning for each message that has expired
    publish(running.redis_url, "notifications.tasks.tick", count=2000, expires=datetime.now(UTC) - timedelta(hours=1))
    publish(running.redis_url, "tracking.tasks.apply_pending_changes")
    running.start()
    running.until(lambda: running.said("ready."))
    running.until(lambda: running.redis.llen("habits:celery:habits") == 0)
    running.until(lambda: running.said("Discarding revoked task: notifications.tasks.tick") >= 1990)


@pytest.mark.processes
def test_a_full_redis_does_not_stop_a_worker(running: Running) -> None:
    worker = running.start()
    running.until(lambda: running.said("ready."))
    running.redis.config_set("maxmemory-policy", "noeviction")
    running.redis.config_set("maxmemory", "1")
    # A worker that starts while Redis is full cannot even declare its queue.
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(STUCK) == 0
    running.guard.release(worker)
    worker = running.start()
    running.until(lambda: running.said("OutOfMemoryError") >= 3)
    assert worker.poll() is None
    running.redis.config_set("maxmemory", "0")
    running.until(lambda: running.said("ready.") == 2)
    publish(running.redis_url, "notifications.tasks.tick", expires=datetime.now(UTC) - timedelta(hours=1))
    running.until(lambda: running.said("Discarding revoked task"))


@pytest.mark.processes
def test_another_projects_worker_and_ours_do_not_share_messages(running: Running) -> None:
    running.start()
    running.until(lambda: running.said("ready."))
    with Celery("theirs", broker=running.redis_url, set_as_current=False) as theirs:
        publish(running.redis_url, "their.task", by=theirs)
        publish(running.redis_url, "notifications.tasks.tick", expires=datetime.now(UTC) - timedelta(hours=1))
        running.until(lambda: running.said("Discarding revoked task"))
        assert running.redis.llen("celery") == 1  # their message is still in their queue
        assert not running.said("their.task")
        assert not theirs.control.ping(timeout=1)  # their control commands do not reach our worker
        own = {key for key in running.redis.scan_iter() if key.startswith(b"habits:")}
        assert {key for key in running.redis.scan_iter() if not key.startswith(b"_kombu")} - own == {b"celery"}


def test_a_worker_that_is_asked_to_stop_tells_its_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    from config.celery import on_worker_shutting_down

    limits: list[bool] = []
    monkeypatch.setattr("config.worker.exit_within", lambda: limits.append(True))
    try:
        on_worker_shutting_down()
        assert stopping.is_requested()
        assert limits == [True], "and exits, if they do not stop in time"
    finally:
        stopping.reset()
