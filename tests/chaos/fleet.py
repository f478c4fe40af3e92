"""The processes of a fault run: each is started again after it died, as a process manager would."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psycopg2
import redis

from config.leash import Leash
from config.servers import RedisServer, free_port, start_postgres
from tests.fake_telegram import DEFAULT_TOKEN, FakeTelegram

ROOT = Path(__file__).resolve().parents[2]
RESTART_AFTER = 1.0  # seconds, of what ended by itself
START_WITHIN = 60.0


@dataclass
class Program:
    """One process of the run; `process` is None while it is down, until `starts_at` (time.monotonic)."""

    name: str
    command: Sequence[str]
    env: dict[str, str] | None = None
    cwd: Path = ROOT
    user: str = ""
    last_signal: signal.Signals = signal.SIGKILL
    is_ready: Callable[[], bool] | None = None
    process: subprocess.Popen[bytes] | None = None
    starts_at: float = 0.0


class Remembering(Leash):
    """A leash that knows how each process was started, to start it the same way again."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[tuple[subprocess.Popen[bytes], list[str], dict[str, Any]]] = []

    def start(self, command: Sequence[str], **how: Any) -> subprocess.Popen[bytes]:
        process = super().start(command, **how)
        self.started.append((process, list(command), how))
        return process


@dataclass
class Fleet:
    """PostgreSQL, Redis protocol, the fake Bot API, web, two workers and two beats."""

    leash: Remembering
    logs: Path
    per_second: int
    lease_seconds: int
    timeout_seconds: int
    senders: int
    chats: range
    programs: dict[str, Program] = field(default_factory=dict)
    ended_by_themselves: Counter[str] = field(default_factory=Counter)

    def prepare(self) -> None:
        """Starts the servers, and sets this process's environment; Django can be set up then."""
        self.journal = self.logs / "journal"
        self.database_url = self._start_postgres()
        self.redis = RedisServer.prepare(self.leash.folder(prefix="habits-redis-"))
        self._add("redis", self.redis.command, is_ready=self.redis.is_ready)
        port = free_port()
        self.telegram = FakeTelegram(f"http://127.0.0.1:{port}")
        fake = [sys.executable, "-m", "tests.fake_telegram", "--quiet", "--port", str(port)]
        chats = f"{self.chats.start}-{self.chats.stop - 1}"
        self._add("telegram", [*fake, "--chats", chats, "--journal", str(self.journal)], is_ready=self._fake_answers)
        self.web_port = free_port()
        for name in re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.sample").read_text(), re.MULTILINE):
            os.environ.pop(name, None)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "DJANGO_READ_DOT_ENV": "off",
            "CHAOS_LEASE_SECONDS": str(self.lease_seconds),
            "DATA_DIR": str(self.leash.folder(prefix="habits-chaos-")),
            "SECRET_KEY": "a key for fault runs, long enough for HMAC-SHA256",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis.url,
            "PORT": str(self.web_port),
            "TELEGRAM_API_BASE_URL": self.telegram.url,
            "TELEGRAM_BOT_TOKEN": DEFAULT_TOKEN,
            "TELEGRAM_MESSAGES_PER_SECOND": str(self.per_second),
            "TELEGRAM_TIMEOUT": str(self.timeout_seconds),
            "SENDERS": str(self.senders),
            "PYTHONUNBUFFERED": "1",
        }
        for name in ("redis", "telegram"):
            self.start(self.programs[name])

    def start_service(self) -> None:
        """Starts web, workers and beats; returns once the web answers."""
        celery = [sys.executable, "-m", "celery", "-A", "config"]
        bind = ["--bind", f"127.0.0.1:{self.web_port}", "--threads", "4"]
        self._add("web", [sys.executable, "-m", "gunicorn", "config.wsgi", *bind])
        for number in (1, 2):
            # Names of their own, as on two machines.
            self._add(f"worker {number}", [*celery, "worker", "--concurrency", "2", "-n", f"worker{number}@here"])
            self._add(f"beat {number}", [*celery, "beat", "--pidfile", ""])
        for program in self.programs.values():
            if program.process is None:
                self.start(program)

    def start(self, program: Program) -> None:
        """Starts one; waits for a server until it answers, starting it anew where it ends before."""
        deadline = time.monotonic() + START_WITHIN
        while True:
            with self.log_of(program.name).open("ab") as output:
                program.process = self._run(program, output)
            if program.is_ready is None:
                return
            while program.process.poll() is None:
                if program.is_ready():
                    return
                if time.monotonic() > deadline:
                    raise RuntimeError(
                        f"{program.name} did not start:\n{self.log_of(program.name).read_text()[-2000:]}"
                    )
                time.sleep(0.02)
            # As PostgreSQL does while a process of the one that was killed is still there.
            self.leash.release(program.process)
            if time.monotonic() > deadline:
                raise RuntimeError(f"{program.name} did not start:\n{self.log_of(program.name).read_text()[-2000:]}")
            time.sleep(0.2)

    def stop(self, name: str, how: signal.Signals, *, down: float) -> None:
        """Ends one by a signal (SIGKILL: with its children), to be started again after so many seconds."""
        program = self.programs[name]
        assert program.process is not None
        with suppress(ProcessLookupError):
            if how is signal.SIGKILL:
                os.killpg(program.process.pid, how)
            else:
                program.process.send_signal(how)
        program.process.wait(30)
        self.leash.release(program.process)
        program.process = None
        program.starts_at = time.monotonic() + down

    def keep(self) -> None:
        """Starts again what is down long enough, and what has ended by itself."""
        now = time.monotonic()
        for program in self.programs.values():
            if program.process is not None and program.process.poll() is not None:
                self.ended_by_themselves[program.name] += 1
                self.leash.release(program.process)
                program.process, program.starts_at = None, now + RESTART_AFTER
            elif program.process is None and now >= program.starts_at:
                self.start(program)

    def all_up(self) -> None:
        """Starts what is down, at once."""
        for program in self.programs.values():
            program.starts_at = 0.0
        self.keep()

    def is_up(self, name: str) -> bool:
        return self.programs[name].process is not None

    def children(self, name: str) -> list[int]:
        """The processes that a program started."""
        process = self.programs[name].process
        listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        pairs = [line.split() for line in listed.splitlines()]
        return [int(pid) for pid, parent in pairs if process is not None and int(parent) == process.pid]

    def query(self, sql: str) -> list[tuple[Any, ...]] | None:
        """What the database answers on a connection of its own; None while it is away."""
        try:
            line = self._connect()
        except psycopg2.OperationalError:
            return None
        try:
            line.autocommit = True
            with line.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error:
            return None
        finally:
            line.close()

    def flush_redis(self) -> bool:
        """FLUSHALL; False while Redis is away."""
        try:
            with redis.Redis.from_url(self.redis.url, socket_timeout=2) as client:
                client.flushall()
        except redis.RedisError:
            return False
        return True

    def log_of(self, name: str) -> Path:
        return self.logs / f"{name.replace(' ', '')}.log"

    def _add(self, name: str, command: Sequence[str], *, is_ready: Callable[[], bool] | None = None) -> None:
        self.programs[name] = Program(name, command, is_ready=is_ready)

    def _run(self, program: Program, output: IO[bytes]) -> subprocess.Popen[bytes]:
        return self.leash.start(
            program.command,
            env=program.env,
            cwd=program.cwd,
            user=program.user,
            output=output,
            last_signal=program.last_signal,
        )

    def _start_postgres(self) -> str:
        """As tests do, but what is committed stays through the death of its processes."""
        url = start_postgres(self.leash)
        process, command, how = self.leash.started[-1]
        process.send_signal(signal.SIGINT)
        process.wait(30)
        self.leash.release(process)
        durable = [part.replace("synchronous_commit=off", "synchronous_commit=on") for part in command]
        assert durable != command
        self._sockets = next(part.partition("=")[2] for part in command if part.startswith("unix_socket_directories"))
        program = Program(
            "postgres",
            durable,
            cwd=how["cwd"],
            user=how["user"],
            last_signal=how["last_signal"],
            is_ready=self._postgres_answers,
        )
        self.programs["postgres"] = program
        self.start(program)
        return url

    def _connect(self) -> Any:
        return psycopg2.connect(host=self._sockets, user="postgres", dbname="postgres", connect_timeout=2)

    def _postgres_answers(self) -> bool:
        return self.query("SELECT 1") is not None

    def _fake_answers(self) -> bool:
        try:
            self.telegram.control("faults")
        except OSError:
            return False
        return True
