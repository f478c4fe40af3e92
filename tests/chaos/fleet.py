"""The processes of a fault run: each is started again after it died, as a process manager would."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import redis

from config.process_guard import ProcessGuard
from config.servers import RedisServer, free_port
from tests.chaos import disks
from tests.chaos.databases import Database, PostgreSQL, SQLite
from tests.chaos.disks import Disk
from tests.fake_telegram import DEFAULT_TOKEN, FakeTelegram

ROOT = Path(__file__).resolve().parents[2]
RESTART_AFTER = 1.0  # seconds, of what ended by itself
START_WITHIN = 60.0
STOP_WITHIN = 10.0
# What ends by itself DEATHS times within DEATHS_WITHIN seconds would be given up.
DEATHS, DEATHS_WITHIN = 6, 60.0
WORKERS, BEATS = ("worker 1", "worker 2"), ("beat 1", "beat 2")
SECRET = "fault-runs-secret"


@dataclass
class Program:
    """One process of the run; `process` is None while it is down, until `starts_at` (time.monotonic)."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = ROOT
    user: str = ""
    kill_signal: signal.Signals = signal.SIGKILL
    is_ready: Callable[[], bool] | None = None
    ends: bool = False  # it has done its work once it has ended well
    process: subprocess.Popen[bytes] | None = None
    starts_at: float = 0.0
    has_ended: bool = False
    is_taken_down: bool = False  # by the run, and not by a fault of its own
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS))


class Remembering(ProcessGuard):
    """A guard that knows how each process was started, to start it the same way again."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[tuple[subprocess.Popen[bytes], list[str], dict[str, Any]]] = []

    def start(self, command: Sequence[str], **how: Any) -> subprocess.Popen[bytes]:
        process = super().start(command, **how)
        self.started.append((process, list(command), how))
        return process


@dataclass
class Fleet:
    """A database, Redis protocol, the fake Bot API, web, bot, two workers and two beats."""

    guard: Remembering
    logs: Path
    kind: str
    per_second: int
    lease_seconds: int
    timeout_seconds: int
    senders: int
    chats: range
    megabytes: int
    programs: dict[str, Program] = field(default_factory=dict)
    ended_by_themselves: Counter[str] = field(default_factory=Counter)
    keep_dying: set[str] = field(default_factory=set)
    by_webhook: bool = False

    def prepare(self) -> None:
        """Start the servers, and set this process's environment; Django can be set up then."""
        self.files = self.guard.folder(prefix="habits-chaos-")  # what outlives all: the journal, backups, clocks
        self.files.chmod(0o755)
        self.journal, self.faults = self.files / "journal", self.files / "faults"
        folders = {name: self.guard.folder(prefix="habits-disk-") for name in ("database", "redis", "logs")}
        made = disks.mount(list(folders.values()), megabytes=self.megabytes)
        self.disks: dict[str, Disk] = dict(zip(folders, made, strict=False))
        folders["database"].chmod(0o755)
        self._logs = folders["logs"]
        self.database = self._make_database(folders["database"])
        if server := self.database.program():
            self.programs[server.name] = server
            self.start(server)
        self.redis = RedisServer.prepare(folders["redis"])
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
            "DATA_DIR": str(self.guard.folder(prefix="habits-chaos-data-")),
            "SECRET_KEY": "a key for fault runs, long enough for HMAC-SHA256",
            "DATABASE_URL": self.database.url,
            "REDIS_URL": self.redis.url,
            "PORT": str(self.web_port),
            "SITE_URL": f"http://127.0.0.1:{self.web_port}",
            "TELEGRAM_API_BASE_URL": self.telegram.url,
            "TELEGRAM_BOT_TOKEN": DEFAULT_TOKEN,
            "TELEGRAM_MESSAGES_PER_SECOND": str(self.per_second),
            "TELEGRAM_TIMEOUT": str(self.timeout_seconds),
            "SENDERS": str(self.senders),
            "PYTHONUNBUFFERED": "1",
        }
        if isinstance(self.database, SQLite):
            # This process as well: a checkpoint that is not recorded would be taken for one that never was.
            os.environ["CHAOS_SYNCED"] = str(self.database.synced)
        for name in ("redis", "telegram"):
            self.start(self.programs[name])

    def start_service(self) -> None:
        """Start web, bot, workers and beats."""
        celery = [sys.executable, "-m", "celery", "-A", "config"]
        bind = ["--bind", f"127.0.0.1:{self.web_port}", "--threads", "4"]
        self._add("web", [sys.executable, "-m", "gunicorn", "config.wsgi", *bind], TELEGRAM_WEBHOOK_SECRET=SECRET)
        for number in (1, 2):
            # Names of their own, as on two machines.
            self._add(f"worker {number}", [*celery, "worker", "--concurrency", "2", "-n", f"worker{number}@here"])
            self._add(f"beat {number}", [*celery, "beat", "--pidfile", ""])
        self.set_bot(by_webhook=self.by_webhook)
        for program in self.programs.values():
            if program.process is None:
                self.start(program)

    def set_bot(self, *, by_webhook: bool) -> None:
        """Have the bot poll, or be called, from its next start on; the web takes calls in either case."""
        self.by_webhook = by_webhook
        more = {"TELEGRAM_WEBHOOK_SECRET": SECRET} if by_webhook else {}
        process = self.programs["bot"].process if "bot" in self.programs else None  # it goes on as it is
        self.programs["bot"] = Program("bot", [sys.executable, "manage.py", "bot"], more, ends=by_webhook)
        self.programs["bot"].process = process

    def start(self, program: Program) -> None:
        """Start one and wait until it answers, if it is a server. Raises RuntimeError."""
        deadline = time.monotonic() + START_WITHIN
        while True:
            self._launch(program)
            process = program.process
            if program.is_ready is None or process is None:
                return
            while process.poll() is None:
                if program.is_ready():
                    return
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{program.name} did not start:\n{self._end_of_log(program.name)}")
                time.sleep(0.02)
            # As PostgreSQL does while a process of the one that was killed is still there.
            self.guard.release(process)
            if time.monotonic() > deadline:
                raise RuntimeError(f"{program.name} did not start:\n{self._end_of_log(program.name)}")
            time.sleep(0.2)

    def stop(self, name: str, how: signal.Signals, *, down: float) -> None:
        """End one by a signal (SIGKILL: with its children), to be started again after `down` seconds."""
        program = self.programs[name]
        assert program.process is not None
        with suppress(ProcessLookupError):
            if how is signal.SIGKILL:
                os.killpg(program.process.pid, how)
            else:
                program.process.send_signal(how)
        try:
            program.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            program.process.kill()
            program.process.wait()
        self.guard.release(program.process)
        program.process, program.is_taken_down = None, True
        program.starts_at = time.monotonic() + down

    def keep(self) -> None:
        """Start again what is down long enough, and what has ended by itself; wait for nothing."""
        now = time.monotonic()
        for program in self.programs.values():
            if program.process is not None and program.process.poll() is not None:
                self._bury(program, program.process, now)
            elif program.process is None and not program.has_ended and now >= program.starts_at:
                self._launch(program)

    def all_up(self) -> None:
        """Start what is down, at once, and wait for servers."""
        for program in self.programs.values():
            if program.process is not None and program.process.poll() is None:
                continue
            if not program.has_ended:
                self.start(program)

    def is_up(self, name: str) -> bool:
        """Whether it can be killed."""
        return name in self.programs and self.programs[name].process is not None

    @property
    def is_whole(self) -> bool:
        """Whether the run has taken nothing down: what ends by itself is no excuse."""
        return not any(program.is_taken_down for program in self.programs.values())

    def children(self, name: str) -> list[int]:
        """The processes that a program started."""
        process = self.programs[name].process
        listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        pairs = [line.split() for line in listed.splitlines()]
        return [int(pid) for pid, parent in pairs if process is not None and int(parent) == process.pid]

    def flush_redis(self) -> bool:
        """FLUSHALL; False while Redis is away."""
        return self.tell_redis("FLUSHALL")

    def tell_redis(self, *command: str) -> bool:
        """Whether Redis did as it was told."""
        try:
            with redis.Redis.from_url(self.redis.url, socket_timeout=2) as client:
                client.execute_command(*command)
        except redis.RedisError:
            return False
        return True

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name.replace(' ', '')}.log"

    def clock_of(self, name: str) -> Path:
        """The file that says by how much a program's clock is off."""
        return self.files / f"clock-{name.replace(' ', '')}"

    def note(self, line: str) -> None:
        """Note in a log of the run's own what it does."""
        with self.faults.open("a") as file:
            file.write(f"{datetime.now(UTC):%H:%M:%S.%f} {line}\n")

    def keep_logs(self) -> None:
        """Copy logs and journal to where they were asked for: their disk goes with the run."""
        for path in (self.journal, self.faults, *self._logs.glob("*.log")):
            if path.exists():
                (self.logs / path.name).write_bytes(path.read_bytes())

    def _add(
        self, name: str, command: Sequence[str], *, is_ready: Callable[[], bool] | None = None, **env: str
    ) -> None:
        self.programs[name] = Program(name, command, env, is_ready=is_ready)

    def _launch(self, program: Program) -> None:
        with self.log_of(program.name).open("ab") as output:
            program.process, program.is_taken_down = self._run(program, output), False

    def _run(self, program: Program, output: IO[bytes]) -> subprocess.Popen[bytes]:
        env = os.environ | program.env | {"CHAOS_CLOCK": str(self.clock_of(program.name))}
        return self.guard.start(
            program.command,
            env=env,
            cwd=program.cwd,
            user=program.user,
            output=output,
            kill_signal=program.kill_signal,
        )

    def _bury(self, program: Program, process: subprocess.Popen[bytes], now: float) -> None:
        """Take note of one that ended by itself."""
        self.guard.release(process)
        program.process, program.starts_at = None, now + RESTART_AFTER
        if program.ends and process.returncode == 0:
            program.has_ended = True
            return
        self.ended_by_themselves[program.name] += 1
        self.note(f"  {program.name} ended by itself ({process.returncode})")
        program.deaths.append(now)
        if len(program.deaths) == DEATHS and now - program.deaths[0] < DEATHS_WITHIN:
            self.keep_dying.add(program.name)

    def _make_database(self, folder: Path) -> Database:
        if self.kind == "sqlite":
            # In memory, where there is such a folder: it is copied at each sync.
            memory = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None
            return SQLite(folder, self.guard.folder(prefix="habits-synced-", within=memory))
        return PostgreSQL(self.guard, folder)

    def _fake_answers(self) -> bool:
        try:
            self.telegram.control("faults")
        except OSError:
            return False
        return True

    def _end_of_log(self, name: str) -> str:
        return self.log_of(name).read_text(errors="replace")[-2000:]
