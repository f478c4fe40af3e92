"""What goes wrong in a fault run: each kind, how often it is drawn, and what it does."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.chaos.fleet import Fleet

LONG_WAIT = (60, 240)  # seconds that a long 429 asks for
HOURS = (3_600, 10_800)
# Messages that senders have on their way: what a death can leave uncertain.
IN_FLIGHT = "SELECT id, sending_at FROM notifications_delivery WHERE state = 'pending' AND sending_at IS NOT NULL"


@dataclass
class Faults:
    """Plays faults on a fleet, and counts them; all choices come from `draw`."""

    fleet: Fleet
    draw: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    chats_to_come: Callable[[], list[int]] = list
    in_flight: set[tuple[int, datetime]] = field(default_factory=set)  # attempts that a death may leave open
    _stopped: list[tuple[float, int]] = field(default_factory=list)
    _look_again: bool = False

    @property
    def slow(self) -> float:
        """Seconds that an answer can take without being given up."""
        return self.fleet.timeout_seconds / 2

    def play_one(self) -> None:
        """Draws kinds until one can be played now: what is down cannot be killed."""
        while True:
            kind = self.draw.choices(KINDS, [kind.weight for kind in KINDS])[0]
            if kind.play(self):
                self.counts[kind.name] += 1
                return

    def keep(self) -> None:
        """Wakes processes that have stood still long enough; sees what was in flight once the database is back."""
        now = time.monotonic()
        for at, pid in list(self._stopped):
            if now >= at:
                self._stopped.remove((at, pid))
                _signal(pid, signal.SIGCONT)
        if self._look_again:
            self._note()

    def end(self) -> None:
        """Nothing more goes wrong: wakes all that stand still, ends what the fake was to play, starts what is down."""
        for _, pid in self._stopped:
            _signal(pid, signal.SIGCONT)
        self._stopped.clear()
        self.fleet.all_up()
        self.keep()
        self.fleet.telegram.control("clear_faults")

    def kill(self, name: str, *, down: tuple[float, float] = (0.0, 3.0), how: signal.Signals = signal.SIGKILL) -> bool:
        """Ends a program and everything it started; it is down for a while."""
        if not self.fleet.is_up(name):
            return False
        process = self.fleet.programs[name].process
        if name == "telegram" and process is not None:
            _signal(process.pid, signal.SIGSTOP)  # so that what is noted is all that it has not answered
        if name in ("postgres", "telegram"):
            self.note_in_flight()
        self.fleet.stop(name, how, down=self.draw.uniform(*down))
        if name.startswith("worker"):
            self.note_in_flight()
        return True

    def kill_child(self, name: str) -> bool:
        """Ends one process of a worker's pool; the worker makes another."""
        children = self.fleet.children(name)
        if not children:
            return False
        _signal(self.draw.choice(children), signal.SIGKILL)
        self.note_in_flight()
        return True

    def stand_still(self, name: str) -> bool:
        """Stops one process of a worker's pool until its lease has run out, then lets it go on."""
        children = self.fleet.children(name)
        if not children:
            return False
        pid = self.draw.choice(children)
        _signal(pid, signal.SIGSTOP)
        seconds = self.fleet.lease_seconds * self.draw.uniform(1.05, 1.4)
        self._stopped.append((time.monotonic() + seconds, pid))
        self.note_in_flight()
        return True

    def kill_backend(self) -> bool:
        """Ends one connection's process of PostgreSQL, which then ends all others and recovers."""
        rows = self.fleet.query(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        if not rows:
            return False
        self.note_in_flight()
        _signal(self.draw.choice(rows)[0], signal.SIGKILL)
        return True

    def telegram(self, kind: str, *, times: int, **how: Any) -> bool:
        """Has the fake play a fault on the next messages; its journal says whose fate stayed open."""
        try:
            self.fleet.telegram.control("fault", kind=kind, times=times, method="sendMessage", **how)
        except OSError:
            return False
        return True

    def refuse_chats(self, status: str) -> bool:
        """Three people block the bot, or go."""
        chosen = self.draw.sample(self.fleet.chats, 3)
        try:
            for chat_id in chosen:
                with suppress(ValueError):  # gone already
                    self.fleet.telegram.control("status", chat_id=chat_id, status=status)
        except OSError:
            return False
        return True

    def note_in_flight(self) -> None:
        """Notes what is on its way now, and once more in a moment: what a death left stays as it is."""
        self._note()
        self._look_again = True

    def _note(self) -> None:
        rows = self.fleet.query(IN_FLIGHT)
        if rows is not None:
            self.in_flight.update((number, at) for number, at in rows)
            self._look_again = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault."""

    name: str
    weight: float
    play: Callable[[Faults], bool]


def _some(faults: Faults, most: int) -> int:
    return faults.draw.randint(1, most)


def _flood(faults: Faults, span: tuple[int, int]) -> bool:
    """On whatever comes next."""
    return faults.telegram("flood", times=_some(faults, 5), retry_after=faults.draw.randint(*span))


def _flood_of_chats(faults: Faults, span: tuple[int, int]) -> bool:
    """In five chats: where every message is refused, the bot as a whole has to wait."""
    chats = faults.chats_to_come()
    chosen = faults.draw.sample(chats, min(5, len(chats)))
    return bool(chosen) and all(
        faults.telegram("flood", times=1, retry_after=faults.draw.randint(*span), chat_id=chat_id) for chat_id in chosen
    )


KINDS = [
    Kind("worker killed", 4, lambda run: run.kill(run.draw.choice(["worker 1", "worker 2"]))),
    Kind("process of a worker killed", 4, lambda run: run.kill_child(run.draw.choice(["worker 1", "worker 2"]))),
    Kind("sender stopped past its lease", 1, lambda run: run.stand_still(run.draw.choice(["worker 1", "worker 2"]))),
    Kind("beat killed", 2, lambda run: run.kill(run.draw.choice(["beat 1", "beat 2"]))),
    Kind("web killed", 2, lambda run: run.kill("web")),
    Kind("Redis killed", 2, lambda run: run.kill("redis")),
    Kind("FLUSHALL", 2, lambda run: run.fleet.flush_redis()),
    Kind("PostgreSQL killed", 1.5, lambda run: run.kill("postgres")),
    Kind("PostgreSQL stopped (immediate)", 1.5, lambda run: run.kill("postgres", how=signal.SIGQUIT)),
    Kind("PostgreSQL stopped (fast)", 1.5, lambda run: run.kill("postgres", how=signal.SIGINT)),
    Kind("PostgreSQL connection's process killed", 1, lambda run: run.kill_backend()),
    Kind("Bot API killed", 2, lambda run: run.kill("telegram")),
    Kind("429, 1 to 5 s", 3, lambda run: _flood(run, (1, 5))),
    Kind("429, 1 to 4 min", 2, lambda run: _flood_of_chats(run, LONG_WAIT)),
    Kind("429, 1 to 3 h", 1, lambda run: _flood_of_chats(run, HOURS)),
    Kind("502", 3, lambda run: run.telegram("server_error", times=_some(run, 8), html=run.draw.random() < 0.5)),
    Kind("hang before accepting", 2, lambda run: run.telegram("hang", times=_some(run, 3))),
    Kind("hang after accepting", 2, lambda run: run.telegram("hang", times=_some(run, 3), after=True)),
    Kind("line cut before accepting", 3, lambda run: run.telegram("cut_before", times=_some(run, 5))),
    Kind("line cut after accepting", 3, lambda run: run.telegram("cut_after", times=_some(run, 5))),
    Kind("slow answers", 1, lambda run: run.telegram("latency", times=_some(run, 30), seconds=run.slow)),
    Kind("chats block the bot", 1.5, lambda run: run.refuse_chats("blocked")),
    Kind("accounts deactivated", 0.5, lambda run: run.refuse_chats("deactivated")),
    Kind("chats gone", 0.5, lambda run: run.refuse_chats("gone")),
]


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
