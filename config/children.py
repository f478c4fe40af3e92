"""Keeps child processes going: relays what they say, starts the fallen again, ends them all.

It knows nothing of what the children do; `config.supervisor` says which there are.
"""

from __future__ import annotations

import io
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

from config.leash import Leash
from config.output import Output

CHUNK = 65_536
LAST_WORDS = 15
LOOK_AROUND_SECONDS = 0.25


class StopAsked(Exception):
    """Somebody asked for the end (a signal, a closed terminal) while a step was running."""


class StepFailed(RuntimeError):
    """A step that has to succeed did not; the message ends with its output."""


class KeepsDying(RuntimeError):
    """A child that everything needs cannot run; the message ends with the end of its output."""


@dataclass(frozen=True)
class Child:
    """A process to keep going; those of a higher `tier` are ended only after all of the lower ones.

    One that is not `essential` and cannot run is let go alone.
    """

    name: str
    command: Sequence[str]
    tier: int = 0
    essential: bool = True


@dataclass(frozen=True)
class Patience:
    """When a child that keeps dying is given up, and how long one that was asked to end may take; seconds.

    Given up is one that has never lived long; another is started again after pauses that grow.
    """

    short_life: float = 10.0
    short_lives: int = 5
    within: float = 60.0
    pause: float = 1.0
    longest_pause: float = 60.0
    stop: float = 30.0


@dataclass
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    pipe: int
    started: float
    unfinished: bytes = b""
    last_words: deque[bytes] = field(default_factory=lambda: deque(maxlen=LAST_WORDS))


class Children:
    """Runs children under `leash`, everything they say going to `out`, one prefixed line at a time."""

    def __init__(
        self,
        leash: Leash,
        *,
        env: Mapping[str, str],
        out: BinaryIO | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._leash = leash
        self._env = dict(env)
        self._out = Output(out or sys.stdout.buffer)
        self._patience = patience or Patience()
        self._running: dict[str, _Running] = {}
        self._waiting: dict[str, tuple[Child, float]] = {}
        self._short_lives: dict[str, deque[float]] = {}
        self._proven: set[str] = set()
        self._width = 0
        self._signals = 0
        self._selector = selectors.DefaultSelector()
        self._wakeup, self._waker = os.pipe()
        for end in (self._wakeup, self._waker):
            os.set_blocking(end, False)
        self._selector.register(self._wakeup, selectors.EVENT_READ)

    def hear_signals(self) -> None:
        """Take Ctrl-C, SIGTERM and a closed terminal as the wish to end, and wake up when a child ends."""
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup the closing of a terminal is meant to be ignored.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note)

    def ask_to_stop(self) -> None:
        """End everything at the next opportunity; asked twice, without grace."""
        self._signals += 1

    @property
    def stopping(self) -> bool:
        """Whether the end was asked for."""
        return self._signals > 0

    def set_env(self, name: str, value: str) -> None:
        """Set a variable for the processes started from now on."""
        self._env[name] = value

    def say(self, text: str) -> None:
        """Write a line of our own among those of the children."""
        self._write(text.encode() + b"\n")

    def step(self, name: str, command: Sequence[str]) -> str:
        """Run a command to its end and return its output; raises StepFailed, StopAsked."""
        pieces: list[bytes] = []
        process = self._leash.start(command, env=self._env, output=subprocess.PIPE)
        assert process.stdout is not None
        pipe = process.stdout.fileno()
        os.set_blocking(pipe, False)
        self._selector.register(pipe, selectors.EVENT_READ)
        while process.poll() is None and not self.stopping:
            self._wait(LOOK_AROUND_SECONDS)
            pieces.append(_available(pipe))
        if self.stopping:
            process.terminate()
        self._leash.stop(process, within=self._patience.stop)
        pieces.append(_available(pipe))
        self._selector.unregister(pipe)
        process.stdout.close()
        output = b"".join(pieces).decode(errors="replace")
        if self.stopping:
            raise StopAsked
        if process.returncode:
            raise StepFailed(f"{name} failed (exit {process.returncode}):\n{output.rstrip()}")
        return output

    def start(self, *children: Child) -> None:
        """Start children, to be kept going by `run`."""
        self._width = max([self._width, *(len(child.name) for child in children)])
        for child in children:
            pid = self._start(child)
            self.say(f"{child.name} started (pid {pid})")

    def pids(self) -> dict[str, int]:
        """Return the processes of the children that run, by name."""
        return {name: running.process.pid for name, running in self._running.items()}

    def restart(self, name: str, why: str) -> None:
        """Kill a child and all of its own, however it is, and start it again."""
        running = self._running[name]
        self._leash.stop(running.process, within=0)
        self._bury(running)
        self.say(f"{name} {why}: killed and started again (pid {self._start(running.child)})")

    def run(self, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Keep the children going until the end is asked for; `meanwhile` is called every now and then.

        Raises KeepsDying. Call `stop` in any case.
        """
        while not self.stopping:
            self._wait(LOOK_AROUND_SECONDS)
            self._relay()
            self._write()
            self._look_after()
            self._leash.keep_watched()
            meanwhile()

    def stop(self) -> None:
        """Ask every child to end, tier by tier, and end those that take too long."""
        self._waiting.clear()
        asked = self._signals
        for tier in sorted({running.child.tier for running in self._running.values()}):
            of_tier = [running for running in self._running.values() if running.child.tier == tier]
            for running in of_tier:
                if running.process.poll() is None:
                    running.process.terminate()
            deadline = time.monotonic() + self._patience.stop
            while any(running.process.poll() is None for running in of_tier):
                if time.monotonic() > deadline or self._signals > max(asked, 1):
                    break
                self._wait(LOOK_AROUND_SECONDS)
                self._relay()
            for running in of_tier:
                if running.process.poll() is None:
                    self.say(f"{running.child.name} did not end in time and was killed")
                self._leash.stop(running.process, within=0)
                self._bury(running)
        self._out.close()

    def _note(self, *_: object) -> None:
        self.ask_to_stop()

    def _start(self, child: Child) -> int:
        process = self._leash.start(child.command, env=self._env, output=subprocess.PIPE)
        assert process.stdout is not None
        pipe = process.stdout.fileno()
        os.set_blocking(pipe, False)
        self._selector.register(pipe, selectors.EVENT_READ, child.name)
        self._running[child.name] = _Running(child, process, pipe, time.monotonic())
        return process.pid

    def _wait(self, seconds: float) -> None:
        """Sleep until somebody has spoken, a signal came, or the time is over."""
        ready = self._selector.select(seconds)
        if any(key.fd == self._wakeup for key, _ in ready):
            _available(self._wakeup)

    def _relay(self) -> None:
        for running in self._running.values():
            data = _available(running.pipe)
            *lines, running.unfinished = (running.unfinished + data).split(b"\n")
            if len(running.unfinished) > CHUNK:
                lines.append(running.unfinished)
                running.unfinished = b""
            self._pass_on(running, lines)

    def _pass_on(self, running: _Running, lines: list[bytes]) -> None:
        running.last_words.extend(lines)
        prefix = running.child.name.ljust(self._width).encode() + b" | "
        if lines:
            self._write(b"".join(prefix + line.rstrip(b"\r") + b"\n" for line in lines))

    def _look_after(self) -> None:
        """Bury the dead, and start again those whose pause is over."""
        for running in list(self._running.values()):
            if (code := running.process.poll()) is not None:
                self._bury(running)
                self._mourn(running, code)
        for name, (child, due) in list(self._waiting.items()):
            if time.monotonic() >= due:
                del self._waiting[name]
                self._start(child)

    def _mourn(self, running: _Running, code: int) -> None:
        """Decide what becomes of a child that ended by itself."""
        child, now, patience = running.child, time.monotonic(), self._patience
        if code == os.EX_CONFIG:
            self._give_up(running, f"{child.name} cannot run (exit {code})")
            return
        lives = self._short_lives.setdefault(child.name, deque(maxlen=patience.short_lives + 100))
        if now - running.started < patience.short_life:
            lives.append(now)
        else:
            lives.clear()
            self._proven.add(child.name)
        recent = sum(each >= now - patience.within for each in lives)
        if child.essential and child.name not in self._proven and recent >= patience.short_lives:
            times = f"{recent} times within {patience.within:.0f} s, exit {code}"
            self._give_up(running, f"{child.name} keeps dying ({times})")
        pause = min(patience.longest_pause, patience.pause * max(0, len(lives) - 1))
        if pause:
            self._waiting[child.name] = child, now + pause
            self.say(f"{child.name} died (exit {code}), started again in {pause:g} s")
        else:
            self.say(f"{child.name} died (exit {code}), started again (pid {self._start(child)})")

    def _give_up(self, running: _Running, why: str) -> None:
        """Let a child go alone that the others do not need; raises KeepsDying for one that they do."""
        words = b"\n".join(b"    " + line for line in running.last_words).decode(errors="replace") or "    (none)"
        if running.child.essential:
            raise KeepsDying(f"{why}. Its last words:\n{words}")
        self.say(
            f"{why} and is not started again; everything else goes on. Mend what it says here, then start the service again:\n{words}"
        )

    def _bury(self, running: _Running) -> None:
        """Sweep up a dead child's own children, say what it still had to say, and close its pipe."""
        self._leash.release(running.process)
        self._pass_on(running, [line for line in (running.unfinished + _drained(running.pipe)).split(b"\n") if line])
        self._selector.unregister(running.pipe)
        if running.process.stdout is not None:
            running.process.stdout.close()
        del self._running[running.child.name]

    def _write(self, data: bytes = b"") -> None:
        """Write lines, and what still waits to be written."""
        try:
            if data:
                self._out.write(data)
            self._out.flush()
        except (BrokenPipeError, ConnectionError):
            # Nobody listens any more (`make run | head`): end, and quietly.
            self._out = Output(io.BytesIO())
            self.ask_to_stop()


def _available(pipe: int) -> bytes:
    """What the pipe holds now, at most one chunk."""
    with suppress(BlockingIOError):
        return os.read(pipe, CHUNK)
    return b""


def _drained(pipe: int) -> bytes:
    """All that the pipe still holds."""
    pieces = []
    while piece := _available(pipe):
        pieces.append(piece)
    return b"".join(pieces)
