"""The processes of a fault run; each is restarted after it exits, as a process manager would do."""

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

from standalone.process_guard import ProcessGuard
from standalone.servers import RedisServer, free_port
from tests.chaos import disks
from tests.chaos.databases import Database, PostgreSQL, SQLite
from tests.chaos.disks import Disk
from tests.fake_telegram import DEFAULT_TOKEN, FakeTelegram

ROOT = Path(__file__).resolve().parents[2]
RESTART_AFTER = 1.0  # seconds, after an unexpected exit
START_WITHIN = 60.0
STOP_WITHIN = 10.0
# A program that exits unexpectedly MAX_CRASHES times within CRASH_WINDOW seconds is in a crash loop.
MAX_CRASHES, CRASH_WINDOW = 6, 60.0
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
    may_finish: bool = False  # an exit with code 0 means that its work is done
    process: subprocess.Popen[bytes] | None = None
    starts_at: float = 0.0
    is_finished: bool = False
    is_taken_down: bool = False  # by the run, in contrast to an unexpected exit
    crashes: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_CRASHES))


class RecordingGuard(ProcessGuard):
    """A guard that records how each process was started."""

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

    guard: RecordingGuard
    logs: Path
    kind: str
    per_second: int
    lease_seconds: int
    timeout_seconds: int
    senders: int
    chats: range
    megabytes: int
    programs: dict[str, Program] = field(default_factory=dict)
    unexpected_exits: Counter[str] = field(default_factory=Counter)
    crash_loops: set[str] = field(default_factory=set)
    by_webhook: bool = False

    def prepare(self) -> None:
        """Start the servers, and set this process's environment; Django can be set up then."""
        self.files = self.guard.folder(prefix="habits-chaos-")  # for the journal, backups and clock offsets
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
        self._add("telegram", [*fake, "--chats", chats, "--journal", str(self.journal)], is_ready=self._fake_is_ready)
        self.hook_journal, self.hook_mode = self.files / "hooks", self.files / "hook-mode"
        receiver_port = free_port()
        self.receiver_url = f"http://127.0.0.1:{receiver_port}"
        files = ["--journal", str(self.hook_journal), "--mode", str(self.hook_mode)]
        self._add("receiver", [sys.executable, "-m", "tests.chaos.receiver", "--port", str(receiver_port), *files])
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
            "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "PYTHONUNBUFFERED": "1",
        }
        if isinstance(self.database, SQLite):
            # For this process too: the data of a checkpoint that is not recorded would be lost at a power cut.
            os.environ["CHAOS_SYNCED"] = str(self.database.synced)
        for name in ("redis", "telegram"):
            self.start(self.programs[name])

    def start_service(self) -> None:
        """Start web, bot, workers and beats."""
        celery = [sys.executable, "-m", "celery", "-A", "config"]
        bind = ["--bind", f"127.0.0.1:{self.web_port}", "--threads", "4"]
        self._add("web", [sys.executable, "-m", "gunicorn", "config.wsgi", *bind], TELEGRAM_WEBHOOK_SECRET=SECRET)
        for number in (1, 2):
            # Different names, as on two machines.
            self._add(f"worker {number}", [*celery, "worker", "--concurrency", "2", "-n", f"worker{number}@here"])
            self._add(f"beat {number}", [*celery, "beat", "--pidfile", ""])
        self.set_bot(by_webhook=self.by_webhook)
        for program in self.programs.values():
            if program.process is None:
                self.start(program)

    def set_bot(self, *, by_webhook: bool) -> None:
        """Let the bot poll or use a webhook from its next start on. The web process always accepts webhook calls."""
        self.by_webhook = by_webhook
        more = {"TELEGRAM_WEBHOOK_SECRET": SECRET} if by_webhook else {}
        process = self.programs["bot"].process if "bot" in self.programs else None  # keeps running in the old mode
        self.programs["bot"] = Program("bot", [sys.executable, "manage.py", "bot"], more, may_finish=by_webhook)
        self.programs["bot"].process = process

    def start(self, program: Program) -> None:
        """Start a program; if it is a server, wait until it responds. Raise RuntimeError."""
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
            # It exited: PostgreSQL does so while a process of the killed server is still running.
            self.guard.release(process)
            if time.monotonic() > deadline:
                raise RuntimeError(f"{program.name} did not start:\n{self._end_of_log(program.name)}")
            time.sleep(0.2)

    def stop(self, name: str, how: signal.Signals, *, down: float) -> None:
        """Stop a program by a signal (SIGKILL: with its children); it is restarted after `down` seconds."""
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

    def finish_requests(self) -> None:
        """Let the web process finish the requests whose senders no longer wait, and restart it: none writes later."""
        if self.is_up("web"):
            self.stop("web", signal.SIGTERM, down=0.0)
        self.start_all()

    def restart_exited(self) -> None:
        """Start programs whose down time is over, and handle unexpected exits; do not wait."""
        now = time.monotonic()
        for program in self.programs.values():
            if program.process is not None and program.process.poll() is not None:
                self._reap(program, program.process, now)
            elif program.process is None and not program.is_finished and now >= program.starts_at:
                self._launch(program)

    def start_all(self) -> None:
        """Start everything that is down, and wait for servers."""
        for program in self.programs.values():
            if program.process is not None and program.process.poll() is None:
                continue
            if not program.is_finished:
                self.start(program)

    def is_up(self, name: str) -> bool:
        """Return whether the program was started and not taken down."""
        return name in self.programs and self.programs[name].process is not None

    @property
    def is_complete(self) -> bool:
        """Whether the run has taken no program down; unexpected exits do not count."""
        return not any(program.is_taken_down for program in self.programs.values())

    def children(self, name: str) -> list[int]:
        """Return the pids of a program's children."""
        process = self.programs[name].process
        listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        pairs = [line.split() for line in listed.splitlines()]
        return [int(pid) for pid, parent in pairs if process is not None and int(parent) == process.pid]

    def flush_redis(self) -> bool:
        """Delete all keys; return False while Redis is down."""
        return self.redis_command("FLUSHALL")

    def redis_command(self, *command: str) -> bool:
        """Execute a command; return whether Redis accepted it."""
        try:
            with redis.Redis.from_url(self.redis.url, socket_timeout=2) as client:
                client.execute_command(*command)
        except redis.RedisError:
            return False
        return True

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name.replace(' ', '')}.log"

    def clock_of(self, name: str) -> Path:
        """Return the file with the clock offset of a program."""
        return self.files / f"clock-{name.replace(' ', '')}"

    def note(self, line: str) -> None:
        """Write a line into the run's own log."""
        with self.faults.open("a") as file:
            file.write(f"{datetime.now(UTC):%H:%M:%S.%f} {line}\n")

    def keep_logs(self) -> None:
        """Copy logs and journal to the requested folder, because their disk disappears with the run."""
        for path in (self.journal, self.hook_journal, self.faults, *self._logs.glob("*.log")):
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

    def _reap(self, program: Program, process: subprocess.Popen[bytes], now: float) -> None:
        """Record an unexpected exit."""
        self.guard.release(process)
        program.process, program.starts_at = None, now + RESTART_AFTER
        if program.may_finish and process.returncode == 0:
            program.is_finished = True
            return
        self.unexpected_exits[program.name] += 1
        self.note(f"  {program.name} exited unexpectedly ({process.returncode})")
        program.crashes.append(now)
        if len(program.crashes) == MAX_CRASHES and now - program.crashes[0] < CRASH_WINDOW:
            self.crash_loops.add(program.name)

    def _make_database(self, folder: Path) -> Database:
        if self.kind == "sqlite":
            # In memory if possible, because the files are copied at each sync.
            memory = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None
            return SQLite(folder, self.guard.folder(prefix="habits-synced-", within=memory))
        return PostgreSQL(self.guard, folder)

    def _fake_is_ready(self) -> bool:
        try:
            self.telegram.control("faults")
        except OSError:
            return False
        return True

    def _end_of_log(self, name: str) -> str:
        return self.log_of(name).read_text(errors="replace")[-2000:]
