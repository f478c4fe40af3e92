"""What a fault run does to a fleet: each step of it, and what has to be put right in a moment."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.chaos import clocks
from tests.chaos.databases import PostgreSQL, SQLite
from tests.chaos.fleet import BEATS, WORKERS, Fleet
from tests.chaos.people import People, Written

GRACE = 30.0  # seconds that a program may take to end where it is asked to
BACKLOG = 30  # messages that wait
# Messages that senders have on their way: what a death can leave uncertain.
IN_FLIGHT = "SELECT id, sending_at FROM notifications_delivery WHERE state = 'pending' AND sending_at IS NOT NULL"
WAITING = "SELECT count(*) FROM notifications_delivery WHERE state = 'pending' AND sending_at IS NULL"
TICKED = "SELECT 1 FROM notifications_heartbeat WHERE name = 'tick'"
SERVICE = ("web", "bot", *WORKERS, *BEATS)
UNPARSABLE = {"message": {"message_id": 1, "date": "yesterday", "text": "/help", "chat": {"type": "private"}}}


@dataclass(frozen=True, slots=True)
class Span:
    """A time (time.time) during which something held; `amount`: how much."""

    begun: float
    ended: float
    amount: float = 0.0

    def covers(self, at: float, *, slack: float = 0.0) -> bool:
        return self.begun - slack <= at <= self.ended + slack


@dataclass(frozen=True, slots=True)
class Undo:
    """What puts something right at a time (time.monotonic); `hinders`: until then nothing may be sent."""

    at: float
    act: Callable[[], None]
    hinders: bool


@dataclass
class Faults:
    """Play faults on a fleet, and remember what the account must know of them; all choices come from `draw`."""

    fleet: Fleet
    draw: random.Random
    people: People
    is_short: bool
    only: tuple[str, ...] = ()  # kinds; empty: all
    counts: Counter[str] = field(default_factory=Counter)
    in_flight: set[tuple[int, Any]] = field(default_factory=set)  # attempts that a death may leave open
    restores: list[Span] = field(default_factory=list)  # from each backup to its restoring
    database_off: list[Span] = field(default_factory=list)  # how the database's clock was off
    problems: list[str] = field(default_factory=list)
    no_ticks_until: float = 0.0  # of the run's own, where it does not wait for beat's
    _undo: list[Undo] = field(default_factory=list)
    _ending: dict[str, float] = field(default_factory=dict)
    _look_again: bool = False
    _backup: tuple[float, Path, Written] | None = None

    @property
    def slow(self) -> float:
        """Seconds that an answer can take without being given up."""
        return self.fleet.timeout_seconds / 2

    @property
    def is_calm(self) -> bool:
        """Whether nothing is wrong at this moment: whatever is due should be sent soon."""
        return not any(undo.hinders for undo in self._undo) and not self._ending and self.fleet.is_whole

    @property
    def _is_database_off(self) -> bool:
        return any(span.ended == FOR_EVER for span in self.database_off)

    def keep(self) -> None:
        """Put right what was wrong for long enough; see what was in flight once the database is back."""
        now = time.monotonic()
        for undo in list(self._undo):
            if now >= undo.at:
                self._undo.remove(undo)
                self.fleet.note("  put right")
                undo.act()
        for name, asked in list(self._ending.items()):
            self._look_after_ending(name, asked, now)
        if self._look_again:
            self._note()

    def end(self) -> None:
        """Let nothing more go wrong: put all right, end what the fake was to play, start what is down."""
        while self._ending:
            self.keep()
            time.sleep(0.05)
        undone, self._undo = self._undo, []
        for undo in undone:
            undo.act()
        self.fleet.all_up()
        while self._undo:  # what could not be put right while something was down
            self.keep()
            time.sleep(0.05)
        self.keep()
        self.fleet.telegram.control("clear_faults")

    def later(self, seconds: float, act: Callable[[], None], *, hinders: bool = True) -> None:
        """Have something put right in a while."""
        self._undo.append(Undo(time.monotonic() + seconds, act, hinders))

    # Processes

    def kill(self, name: str, *, down: tuple[float, float] = (0.0, 3.0), how: signal.Signals = signal.SIGKILL) -> bool:
        """End a program and everything it started; it is down for a while."""
        if not self.fleet.is_up(name):
            return False
        process = self.fleet.programs[name].process
        if name == "telegram" and process is not None:
            _signal(process.pid, signal.SIGSTOP)  # so that what is noted is all that it has not answered
        if name in ("postgres", "telegram"):
            self.note_in_flight()
        self._ending.pop(name, None)
        self.fleet.stop(name, how, down=self.draw.uniform(*down))
        if name in WORKERS:
            self.note_in_flight()
        return True

    def ask_to_end(self, name: str) -> bool:
        """Ask it to end while messages wait: it has its grace, and leaves none of them uncertain."""
        rows = self.fleet.database.query(WAITING)
        if not self.fleet.is_up(name) or not rows or rows[0][0] < BACKLOG or name in self._ending:
            return False
        process = self.fleet.programs[name].process
        if process is None or process.poll() is not None:
            return False
        process.send_signal(signal.SIGTERM)
        self._ending[name] = time.monotonic()
        return True

    def kill_child(self, name: str) -> bool:
        """End one process of a worker's pool; the worker makes another."""
        children = self.fleet.children(name)
        if not children:
            return False
        _signal(self.draw.choice(children), signal.SIGKILL)
        self.note_in_flight()
        return True

    def stand_still(self, name: str) -> bool:
        """Stop one process of a worker's pool until its lease has run out, then let it go on."""
        children = self.fleet.children(name)
        if not children:
            return False
        pid = self.draw.choice(children)
        _signal(pid, signal.SIGSTOP)
        self.later(self.fleet.lease_seconds * self.draw.uniform(1.05, 1.4), lambda: _signal(pid, signal.SIGCONT))
        self.note_in_flight()
        return True

    def without_beat(self, seconds: tuple[float, float]) -> bool:
        """Take both beats away, so that some tracks have two reminders overdue when they come back."""
        if not all(self.fleet.is_up(name) for name in BEATS):
            return False
        away = self.draw.uniform(*seconds)
        self.no_ticks_until = time.monotonic() + away
        return all(self.kill(name, down=(away, away)) for name in BEATS)

    # The database

    def kill_backend(self) -> bool:
        """End one connection's process of PostgreSQL, which then ends all others and recovers."""
        rows = self.fleet.database.query(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        if not rows:
            return False
        self.note_in_flight()
        _signal(self.draw.choice(rows)[0], signal.SIGKILL)
        return True

    def lose_lines(self) -> bool:
        """Have connections to the database that exist pass nothing any more; new ones do."""
        database = self.fleet.database
        if not isinstance(database, PostgreSQL) or not self.fleet.is_up("postgres"):
            return False
        self.note_in_flight()
        return database.swallow()

    def cut_power(self) -> bool:
        """End everything of the service at once, and leave of SQLite's files only what was synced."""
        database = self.fleet.database
        if not isinstance(database, SQLite):
            return False
        self.stop_service(signal.SIGSTOP)
        self._note()
        self.stop_service(signal.SIGKILL)
        if self.fleet.is_up("redis"):
            self.fleet.stop("redis", signal.SIGKILL, down=0.0)
        database.cut_power()
        return True

    def back_up(self) -> bool:
        """Take a backup that may be restored later; the database is away for a moment."""
        # One that would hold the wrong clock, or is of before the first tick, is no backup of a service that ran.
        if self._is_database_off or not self.fleet.database.query(TICKED):
            return False
        if self.fleet.kind == "postgresql" and not self.kill("postgres", down=(0, 0), how=signal.SIGINT):
            return False
        path = self.fleet.files / "backup"
        with self.people.held_back():
            at = time.time()
            self.fleet.database.back_up(path)
            self._backup = at, path, self.people.written()
        return True

    def restore(self, *, oldest: float) -> bool:
        """End the service, restore the backup, and start it again; Redis and the data folder are kept."""
        if self._backup is None or time.time() - self._backup[0] > oldest or self._is_database_off:
            return False
        taken, path, written = self._backup
        with self.people.held_back():
            self.stop_service(signal.SIGKILL)
            if self.fleet.is_up("postgres"):
                self.fleet.stop("postgres", signal.SIGINT, down=0.0)
            self.fleet.database.restore(path)
            self.people.forget_since(written)
        self._backup = None
        self.restores.append(Span(taken, time.time()))
        return True

    def stop_service(self, how: signal.Signals) -> None:
        """Send a signal to all that use the database, and their children; SIGKILL: they start again in a moment."""
        for name in SERVICE:
            program = self.fleet.programs[name]
            if program.process is None:
                continue
            if how is signal.SIGKILL:
                self._ending.pop(name, None)
                self.fleet.stop(name, how, down=0.0)
            else:
                with suppress(ProcessLookupError):
                    os.killpg(program.process.pid, how)

    # Clocks

    def set_clocks_off(self, names: Sequence[str], seconds: float, *, lasting: float) -> bool:
        """Set the clocks of some programs off for a while."""
        for name in names:
            clocks.set_off(self.fleet.clock_of(name), seconds)

        def put_right() -> None:
            for name in names:
                clocks.set_off(self.fleet.clock_of(name), 0)

        self.later(lasting, put_right, hinders=False)
        return True

    def set_database_off(self, seconds: float, *, lasting: float) -> bool:
        """Set the database's clock off for a while: leases end early where it goes ahead."""
        if self.fleet.kind != "postgresql" or self._is_database_off:
            return False
        self.note_in_flight()
        at = time.time()
        if self.fleet.database.query(clocks.set_database_off(seconds)) is None:
            return False
        self.database_off.append(Span(at, FOR_EVER, seconds))
        self.later(lasting, self._put_database_right)
        return True

    def _put_database_right(self) -> None:
        self.note_in_flight()
        if self.fleet.database.query(clocks.set_database_off(0)) is None:
            self.later(0.5, self._put_database_right)
            return
        last = self.database_off.pop()
        self.database_off.append(Span(last.begun, time.time(), last.amount))

    # Disks and Redis

    def fill_disk(self, name: str, *, lasting: float) -> bool:
        """Have a disk full for a while."""
        disk = self.fleet.disks.get(name)
        if disk is None:
            return False
        if name == "database":
            self.note_in_flight()
        if not disk.fill():
            return False
        if name == "redis":
            self.fleet.tell_redis("BGSAVE")
        self.later(lasting, lambda: self._free_disk(name))
        return True

    def _free_disk(self, name: str) -> None:
        self.fleet.disks[name].free()

    def fill_redis(self, *, lasting: float) -> bool:
        """Have Redis take no more writes for a while."""
        self.later(lasting, lambda: self._let_redis_write())
        return self.fleet.tell_redis("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1mb")

    def _let_redis_write(self) -> None:
        self.fleet.tell_redis("CONFIG", "SET", "maxmemory", "0")

    # Telegram

    def telegram(self, kind: str, *, times: int, **how: Any) -> bool:
        """Have the fake play a fault on the next reminders; its journal says whose fate stayed open."""
        return self._tell_telegram("fault", kind=kind, times=times, method="sendMessage", contains="⏰", **how)

    def refuse_chats(self, status: str) -> bool:
        """Have three people block the bot, or go."""
        chosen = self.draw.sample(self.fleet.chats, 3)
        return all(self._tell_telegram("status", chat_id=chat_id, status=status) for chat_id in chosen)

    def send_nonsense(self) -> bool:
        """Send updates that nobody can parse, among those that people cause."""
        return all(self._tell_telegram("update", update=UNPARSABLE) for _ in range(self.draw.randint(1, 3)))

    def change_bots_mode(self) -> bool:
        """Have the bot called by webhook from now on, or poll again."""
        self.fleet.set_bot(by_webhook=not self.fleet.by_webhook)
        if self.fleet.is_up("bot"):
            self.fleet.stop("bot", signal.SIGKILL, down=0.0)
        return True

    def _tell_telegram(self, route: str, **how: Any) -> bool:
        try:
            with suppress(ValueError):  # gone already
                self.fleet.telegram.control(route, **how)
        except OSError:
            return False
        return True

    # What is noted

    def note_in_flight(self) -> None:
        """Note what is on its way now, and once more in a moment: what a death left stays as it is."""
        self._note()
        self._look_again = True

    def _note(self) -> None:
        rows = self.fleet.database.query(IN_FLIGHT)
        if rows is not None:
            self.in_flight.update((number, at) for number, at in rows)
            self._look_again = False

    def _look_after_ending(self, name: str, asked: float, now: float) -> None:
        process = self.fleet.programs[name].process
        if process is None:
            del self._ending[name]
        elif process.poll() is not None:
            del self._ending[name]
            if process.returncode != 0:
                self.problems.append(f"{name}, asked to end, ended with {process.returncode}")
            self.fleet.stop(name, signal.SIGTERM, down=0.0)
        elif now - asked > GRACE:
            del self._ending[name]
            self.problems.append(f"{name}, asked to end, had not ended after {GRACE:.0f} s")
            self.kill(name)


FOR_EVER = float("inf")


def attempts(in_flight: set[tuple[int, datetime]]) -> Counter[int]:
    """Return how often each delivery was on its way when something died."""
    return Counter(number for number, _ in in_flight)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
