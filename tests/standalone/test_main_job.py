"""The main job through real processes: register, connect, get a reminder in its minute, tap Done, see the streak.

Once on PostgreSQL with separately started processes, and once under the supervisor of `make run` on SQLite while each of
its processes is killed. Both wait for a real minute to start, because beat ticks on the minute.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import redis

from common import running
from standalone.process_guard import ProcessGuard
from standalone.servers import free_port, start_redis
from tests import migrated
from tests.fake_telegram import FakeTelegram
from tests.waiting import STUCK

pytestmark = pytest.mark.processes

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
CHAT = 1001
ALICE = {"email": "alice@example.org", "password": "correct horse battery", "username": "alice"}


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram.in_process() as fake:
        yield fake


@pytest.fixture
def guard() -> Iterator[ProcessGuard]:
    with ProcessGuard() as guard:
        yield guard


@pytest.fixture
def database() -> Iterator[str]:
    with migrated.postgres_database("main_job") as url:
        yield url


class Service:
    """A running service: its API, and the output of its processes."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self.log = log
        self.token = ""

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Return the JSON of the response. An error status fails the test; a lost connection is retried."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, headers, method=method)

        def attempt() -> tuple[bytes] | None:
            try:
                with urllib.request.urlopen(request, timeout=30) as response:
                    return (response.read(),)
            except urllib.error.HTTPError as error:
                raise AssertionError(f"{method} {path}: {error.code} {error.read()!r}") from error
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                return None

        (text,) = until(attempt, f"{method} {path}", within=180)
        return json.loads(text) if text else None

    def printed(self, pattern: str) -> str:
        """Wait until the output matches the pattern, and return its first group."""

        def look() -> str | None:
            found = re.search(pattern, self.log.read_text(errors="replace"))
            return found[1] if found else None

        return until(look, f"{pattern} in the log", within=180)


def until(look: Callable[[], T | None], what: str, within: float) -> T:
    """Call `look` until it returns something, and return that. Fail after `within` seconds."""
    deadline = time.monotonic() + within
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"{what}: nothing within {within:g} s"
        time.sleep(0.05)
    return found


def environment(telegram: FakeTelegram, data: Path, **more: str) -> dict[str, str]:
    """Return the environment of the processes: a bot that uses the fake, and a separate data folder."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "DJANGO_READ_DOT_ENV": "off",
        "DATA_DIR": str(data),
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_API_BASE_URL": telegram.url,
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def register_and_connect(service: Service, telegram: FakeTelegram) -> None:
    """Alice registers, confirms the address by the mailed link, signs in, and connects her chat by the deep link."""
    service.call("POST", "/api/register/", ALICE)
    token = service.printed(r"/confirm/([\w-]+)/")
    service.call("POST", "/api/register/confirm/", {"token": token, "password": ALICE["password"]})
    sign_in(service)
    link = service.call("POST", "/api/tg/link/", {"password": ALICE["password"]})["url"]
    telegram.send_text(CHAT, "/start " + link.partition("?start=")[2])
    telegram.wait_for_message(CHAT, 180, contains="Connected, alice!")


def sign_in(service: Service) -> None:
    service.token = ""
    service.token = service.call("POST", "/api/token/", {k: ALICE[k] for k in ("email", "password")})["access"]


def create_habit(service: Service) -> dict[str, Any]:
    """Create the habit of the main job with a time in the next minute but one, and return it."""
    at = datetime.now(UTC) + timedelta(seconds=75)
    habit: dict[str, Any] = service.call(
        "POST",
        "/api/habits/",
        {
            "action": "do ten push-ups",
            "place": "the living room",
            "time": f"{at:%H:%M}",
            "reward": "a good coffee",
            "frequency": "daily",
        },
    )
    assert habit["sentence"] == f"I will do ten push-ups at {at:%H:%M} in the living room"
    return habit


def tap_done(service: Service, telegram: FakeTelegram, habit: dict[str, Any]) -> None:
    """The reminder arrives with its buttons; tapping Done edits it, and the streak is 1."""
    reminder = telegram.wait_for_message(CHAT, 180, contains="⏰")
    assert habit["sentence"] in reminder.text
    assert reminder.buttons == ["Done", "Skip", "Later"]
    telegram.tap(CHAT, reminder.message_id, "Done")
    edited = telegram.wait_for_edit(CHAT, reminder.message_id, 180, contains="✅")
    assert "Streak: 1 day" in edited.text
    assert "a good coffee" in edited.text
    track = service.call("GET", f"/api/tracks/{habit['track']}/")
    assert (track["current_streak"], track["longest_streak"]) == (1, 1)
    # Sent once, in its minute or, if a process was down, in the next.
    due = service.call("GET", "/api/notifications/?kind=reminder")["results"]
    assert [(each["state"], each["uncertain"]) for each in due] == [("sent", False)]


@pytest.mark.engine("postgresql", reason="uses the server of the run")
def test_on_postgresql_with_separate_processes(
    guard: ProcessGuard, telegram: FakeTelegram, database: str, tmp_path: Path
) -> None:
    port = free_port()
    env = environment(telegram, tmp_path, DATABASE_URL=database, REDIS_URL=start_redis(guard), PORT=str(port))
    log = tmp_path / "log"
    manage, celery = [sys.executable, "manage.py"], [sys.executable, "-m", "celery", "-A", "config"]
    with log.open("wb") as output:
        for command in (
            [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4"],
            [*celery, "worker", "--concurrency", "2"],
            [*celery, "beat", "--schedule", str(tmp_path / "beat"), "--pidfile", ""],
            [*manage, "bot"],
        ):
            guard.start(command, env=env, cwd=ROOT, output=output, kill_signal=signal.SIGTERM)
        service = Service(f"http://127.0.0.1:{port}", log)
        register_and_connect(service, telegram)
        habit = create_habit(service)
        telegram.wait_for_message(CHAT, 180, contains="Habit created")
        tap_done(service, telegram, habit)
    assert telegram.token not in log.read_text(errors="replace")


def test_under_the_supervisor_while_each_process_is_killed(
    guard: ProcessGuard, telegram: FakeTelegram, tmp_path: Path
) -> None:
    port = free_port()
    log = tmp_path / "log"
    migrated.copy_sqlite(tmp_path / "data" / "db.sqlite3")
    with log.open("wb") as output:
        run = guard.start(
            [sys.executable, "-m", "standalone.supervisor"],
            env=environment(telegram, tmp_path / "data", PORT=str(port)),
            cwd=ROOT,
            output=output,
            kill_signal=signal.SIGTERM,
        )
        service = Service(f"http://127.0.0.1:{port}", log)
        register_and_connect(service, telegram)
        habit = create_habit(service)
        telegram.wait_for_message(CHAT, 180, contains="Habit created")
        redis_url = running.find_redis(tmp_path / "data")  # as doctor asks for it
        assert redis_url
        assert redis.Redis.from_url(redis_url).ping()
        for name, sign in (
            ("redis", "valkey-server"),
            ("web", "service_process web"),
            ("worker", "service_process worker"),
            ("beat", "service_process beat"),
            ("bot", "manage.py bot"),
        ):
            os.kill(child(run.pid, sign), signal.SIGKILL)
            service.printed(rf"({name} exited)")
        tap_done(service, telegram, habit)
        reminders = [message for message in telegram.messages(CHAT) if message.message_id and "✅" in message.text]
        assert len(reminders) == 1
        run.send_signal(signal.SIGINT)
        assert run.wait(STUCK) == 0
        assert not (tmp_path / "data" / running.STATE).exists()


def child(parent: int, sign: str) -> int:
    """Return the pid of the process started by `parent` whose command line contains `sign`."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        pid, ppid, args = line.split(None, 2)
        if int(ppid) == parent and sign in args:
            return int(pid)
    raise AssertionError(f"no child of {parent} runs {sign!r}:\n{listed.stdout}")
