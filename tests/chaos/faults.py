"""The faults of a fault run: how each is caused, and how it is undone after a while."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.chaos import clocks
from tests.chaos.databases import PostgreSQL, SQLite
from tests.chaos.fleet import BEATS, WORKERS, Fleet
from tests.chaos.people import People, Written

GRACE = 30.0  # seconds that a program may take to stop after SIGTERM
BACKLOG = 30  # waiting messages
# Messages that are being sent: those that a killed sender can leave uncertain.
IN_FLIGHT = "SELECT id, sending_at FROM notifications_delivery WHERE state = 'pending' AND sending_at IS NOT NULL"
WAITING = "SELECT count(*) FROM notifications_delivery WHERE state = 'pending' AND sending_at IS NULL"
TICKED = "SELECT 1 FROM notifications_heartbeat WHERE name = 'tick'"
SERVICE = ("web", "bot", *WORKERS, *BEATS)
UNPARSABLE = {"message": {"message_id": 1, "date": "yesterday", "text": "/help", "chat": {"type": "private"}}}


@dataclass(frozen=True, slots=True)
class Span:
    """A period (time.time) of a condition; `amount` is its size."""

    begun: float
    ended: float
    amount: float = 0.0

    def covers(self, at: float, *, slack: float = 0.0) -> bool:
        return self.begun - slack <= at <= self.ended + slack


@dataclass(frozen=True, slots=True)
class Undo:
    """An action at a time (time.monotonic) that ends a fault; `blocks_sending`: until then nothing may be sent."""

    at: float
    act: Callable[[], None]
    blocks_sending: bool


@dataclass
class Faults:
    """Causes faults in a fleet, and records what the account needs. All random choices come from `rng`."""

    fleet: Fleet
    rng: random.Random
    people: People
    is_short: bool
    only: tuple[str, ...] = ()  # kinds; empty: all
    counts: Counter[str] = field(default_factory=Counter)
    in_flight: set[tuple[int, Any]] = field(default_factory=set)  # attempts that a kill may leave uncertain
    restores: list[Span] = field(default_factory=list)  # from each backup to its restore
    database_offsets: list[Span] = field(default_factory=list)  # offsets of the database's clock
    worker_offsets: list[Span] = field(default_factory=list)  # offsets of workers' clocks
    problems: list[str] = field(default_factory=list)
    no_ticks_until: float = 0.0  # for short runs, which send ticks themselves
    _undo: list[Undo] = field(default_factory=list)
    _terminating: dict[str, float] = field(default_factory=dict)
    _record_again: bool = False
    _backup: tuple[float, Path, Written] | None = None

    @property
    def slow(self) -> float:
        """Seconds that a response can take without a timeout."""
        return self.fleet.timeout_seconds / 2

    @property
    def is_undisturbed(self) -> bool:
        """Whether no fault is active, so that everything due should be sent soon."""
        return not any(undo.blocks_sending for undo in self._undo) and not self._terminating and self.fleet.is_complete

    @property
    def _is_database_offset(self) -> bool:
        return any(span.ended == FOREVER for span in self.database_offsets)

    def poll(self) -> None:
        """End faults whose time is over, and record what was in flight once the database is back."""
        now = time.monotonic()
        for undo in list(self._undo):
            if now >= undo.at:
                self._undo.remove(undo)
                self.fleet.note("  undone")
                undo.act()
        for name, asked in list(self._terminating.items()):
            self._check_terminating(name, asked, now)
        if self._record_again:
            self._record()

    def undo_all(self) -> None:
        """End all faults, also those of the fake, and start everything that is down."""
        while self._terminating:
            self.poll()
            time.sleep(0.05)
        undone, self._undo = self._undo, []
        for undo in undone:
            undo.act()
        self.fleet.start_all()
        while self._undo:  # faults that could not be undone while something was down
            self.poll()
            time.sleep(0.05)
        self.poll()
        self.fleet.telegram.control("clear_faults")

    def undo_later(self, seconds: float, act: Callable[[], None], *, blocks_sending: bool = True) -> None:
        """Undo a fault after some seconds."""
        self._undo.append(Undo(time.monotonic() + seconds, act, blocks_sending))

    # Processes

    def kill(self, name: str, *, down: tuple[float, float] = (0.0, 3.0), how: signal.Signals = signal.SIGKILL) -> bool:
        """Kill a program and its children; it stays down for a random time. Return False if it is down already."""
        if not self.fleet.is_up(name):
            return False
        process = self.fleet.programs[name].process
        if name == "telegram" and process is not None:
            _signal(
                process.pid, signal.SIGSTOP
            )  # so that no response is sent after the messages in flight are recorded
        if name in ("postgres", "telegram"):
            self.record_in_flight()
        self._terminating.pop(name, None)
        self.fleet.stop(name, how, down=self.rng.uniform(*down))
        if name in WORKERS:
            self.record_in_flight()
        return True

    def set_receiver(self, mode: str, *, lasting: float) -> bool:
        """Let a receiver of webhooks answer differently for a while. Return False while it does so already."""
        if self.fleet.hook_mode.exists():
            return False
        self.fleet.hook_mode.write_text(mode)
        self.undo_later(lasting, lambda: self.fleet.hook_mode.unlink(missing_ok=True), blocks_sending=False)
        return True

    def terminate_in_backlog(self, name: str) -> bool:
        """Send SIGTERM while messages wait: the program must stop within its grace period and leave none uncertain."""
        rows = self.fleet.database.query(WAITING)
        if not self.fleet.is_up(name) or not rows or rows[0][0] < BACKLOG or name in self._terminating:
            return False
        process = self.fleet.programs[name].process
        if process is None or process.poll() is not None:
            return False
        process.send_signal(signal.SIGTERM)
        self._terminating[name] = time.monotonic()
        return True

    def kill_child(self, name: str) -> bool:
        """Kill one process of a worker's pool; the worker replaces it."""
        children = self.fleet.children(name)
        if not children:
            return False
        _signal(self.rng.choice(children), signal.SIGKILL)
        self.record_in_flight()
        return True

    def freeze_child(self, name: str) -> bool:
        """Stop one process of a worker's pool until its lease has expired, then let it continue."""
        children = self.fleet.children(name)
        if not children:
            return False
        pid = self.rng.choice(children)
        _signal(pid, signal.SIGSTOP)
        self.undo_later(self.fleet.lease_seconds * self.rng.uniform(1.05, 1.4), lambda: _signal(pid, signal.SIGCONT))
        self.record_in_flight()
        return True

    def stop_beats(self, seconds: tuple[float, float]) -> bool:
        """Stop both beats for so long that some tracks then have two overdue reminders."""
        if not all(self.fleet.is_up(name) for name in BEATS):
            return False
        down = self.rng.uniform(*seconds)
        self.no_ticks_until = time.monotonic() + down
        return all(self.kill(name, down=(down, down)) for name in BEATS)

    # The database

    def kill_backend(self) -> bool:
        """Kill a connection's process of PostgreSQL, which then stops all others and recovers."""
        rows = self.fleet.database.query(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        if not rows:
            return False
        self.record_in_flight()
        _signal(self.rng.choice(rows)[0], signal.SIGKILL)
        return True

    def kill_connections(self) -> bool:
        """Kill the existing connections to the database silently; new ones work."""
        database = self.fleet.database
        if not isinstance(database, PostgreSQL) or not self.fleet.is_up("postgres"):
            return False
        self.record_in_flight()
        return database.swallow()

    def cut_power(self) -> bool:
        """Kill the whole service at once and restore SQLite's files as last synced."""
        database = self.fleet.database
        if not isinstance(database, SQLite):
            return False
        self.stop_service(signal.SIGSTOP)
        self._record()
        self.stop_service(signal.SIGKILL)
        if self.fleet.is_up("redis"):
            self.fleet.stop("redis", signal.SIGKILL, down=0.0)
        database.cut_power()
        return True

    def back_up(self) -> bool:
        """Take a backup that may be restored later; the database is down for a moment."""
        # Not while the clock is wrong, which the backup would contain, nor before the first tick.
        if self._is_database_offset or not self.fleet.database.query(TICKED):
            return False
        if self.fleet.kind == "postgresql" and not self.kill("postgres", down=(0, 0), how=signal.SIGINT):
            return False
        path = self.fleet.files / "backup"
        with self.people.paused():
            at = time.time()
            self.fleet.database.back_up(path)
            self._backup = at, path, self.people.written()
        return True

    def restore(self, *, max_age: float) -> bool:
        """Stop the service, restore the backup and start it again; Redis and the data folder are kept."""
        if self._backup is None or time.time() - self._backup[0] > max_age or self._is_database_offset:
            return False
        taken, path, written = self._backup
        with self.people.paused():
            self.stop_service(signal.SIGKILL)
            if self.fleet.is_up("postgres"):
                self.fleet.stop("postgres", signal.SIGINT, down=0.0)
            if disk := self.fleet.disks.get("database"):
                disk.free()  # a backup does not fit on a full one
            self.fleet.database.restore(path)
            self.people.roll_back_to(written)
        self._backup = None
        self.restores.append(Span(taken, time.time()))
        return True

    def stop_service(self, how: signal.Signals) -> None:
        """Send a signal to all clients of the database and their children. After SIGKILL they are restarted soon."""
        for name in SERVICE:
            program = self.fleet.programs[name]
            if program.process is None:
                continue
            if how is signal.SIGKILL:
                self._terminating.pop(name, None)
                self.fleet.stop(name, how, down=0.0)
            else:
                with suppress(ProcessLookupError):
                    os.killpg(program.process.pid, how)

    # Clocks

    def set_clock_offsets(self, names: Sequence[str], seconds: float, *, lasting: float) -> bool:
        """Make the clocks of some programs wrong for a while."""
        for name in names:
            clocks.set_offset(self.fleet.clock_of(name), seconds)
        begun = Span(time.time(), FOREVER, seconds)
        if not set(WORKERS).isdisjoint(names):
            self.worker_offsets.append(begun)

        def reset() -> None:
            for name in names:
                clocks.set_offset(self.fleet.clock_of(name), 0)
            ended = replace(begun, ended=time.time() + clocks.CHECK_EVERY)
            self.worker_offsets[:] = [ended if each is begun else each for each in self.worker_offsets]

        self.undo_later(lasting, reset, blocks_sending=False)
        return True

    def set_database_offset(self, seconds: float, *, lasting: float) -> bool:
        """Make the database's clock wrong for a while. If it runs ahead, leases expire early."""
        if self.fleet.kind != "postgresql" or self._is_database_offset:
            return False
        self.record_in_flight()
        at = time.time()
        if self.fleet.database.query(clocks.set_database_offset(seconds)) is None:
            return False
        self.database_offsets.append(Span(at, FOREVER, seconds))
        self.undo_later(lasting, self._reset_database_clock)
        return True

    def _reset_database_clock(self) -> None:
        self.record_in_flight()
        if self.fleet.database.query(clocks.set_database_offset(0)) is None:
            self.undo_later(0.5, self._reset_database_clock)
            return
        last = self.database_offsets.pop()
        self.database_offsets.append(Span(last.begun, time.time(), last.amount))

    # Disks and Redis

    def fill_disk(self, name: str, *, lasting: float) -> bool:
        """Fill a disk for a while."""
        disk = self.fleet.disks.get(name)
        if disk is None:
            return False
        if name == "database":
            self.record_in_flight()
        if not disk.fill():
            return False
        if name == "redis":
            self.fleet.redis_command("BGSAVE")
        self.undo_later(lasting, lambda: self._free_disk(name))
        return True

    def _free_disk(self, name: str) -> None:
        self.fleet.disks[name].free()

    def fill_redis(self, *, lasting: float) -> bool:
        """Let Redis refuse writes for a while."""
        self.undo_later(lasting, lambda: self._free_redis())
        return self.fleet.redis_command("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1mb")

    def _free_redis(self) -> None:
        self.fleet.redis_command("CONFIG", "SET", "maxmemory", "0")

    # Telegram

    def telegram(self, kind: str, *, times: int, **how: Any) -> bool:
        """Let the fake play a fault on the next reminders; its journal records them."""
        return self._control_telegram("fault", kind=kind, times=times, method="sendMessage", contains="⏰", **how)

    def refuse_chats(self, status: str) -> bool:
        """Let three users block the bot or delete their accounts."""
        chosen = self.rng.sample(self.fleet.chats, 3)
        return all(self._control_telegram("status", chat_id=chat_id, status=status) for chat_id in chosen)

    def send_invalid_updates(self) -> bool:
        """Send the bot updates that cannot be parsed."""
        return all(self._control_telegram("update", update=UNPARSABLE) for _ in range(self.rng.randint(1, 3)))

    def switch_bot_mode(self) -> bool:
        """Switch the bot between webhook and polling."""
        self.fleet.set_bot(by_webhook=not self.fleet.by_webhook)
        if self.fleet.is_up("bot"):
            self.fleet.stop("bot", signal.SIGKILL, down=0.0)
        return True

    def _control_telegram(self, route: str, **how: Any) -> bool:
        try:
            with suppress(ValueError):  # the chat is gone already
                self.fleet.telegram.control(route, **how)
        except OSError:
            return False
        return True

    # Recording

    def record_in_flight(self) -> None:
        """Record the messages in flight now, and again in a moment: rows of a killed sender do not change meanwhile."""
        self._record()
        self._record_again = True

    def _record(self) -> None:
        rows = self.fleet.database.query(IN_FLIGHT)
        if rows is not None:
            self.in_flight.update((number, at) for number, at in rows)
            self._record_again = False

    def _check_terminating(self, name: str, asked: float, now: float) -> None:
        process = self.fleet.programs[name].process
        if process is None:
            del self._terminating[name]
        elif process.poll() is not None:
            del self._terminating[name]
            if process.returncode != 0:
                self.problems.append(f"{name} exited with {process.returncode} after SIGTERM")
            self.fleet.stop(name, signal.SIGTERM, down=0.0)
        elif now - asked > GRACE:
            del self._terminating[name]
            self.problems.append(f"{name} had not exited {GRACE:.0f} s after SIGTERM")
            self.kill(name)


FOREVER = float("inf")


def count_attempts(in_flight: set[tuple[int, datetime]]) -> Counter[int]:
    """Return how often each delivery was in flight when something was killed."""
    return Counter(number for number, _ in in_flight)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
