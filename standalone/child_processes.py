"""Keep child processes running: relay their output, restart them when they exit, and stop them all at the end.

This module does not know what the children do; `standalone.supervisor` decides which ones there are.
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
from pathlib import Path
from typing import BinaryIO

from standalone.output import Output
from standalone.process_guard import ProcessGuard

CHUNK = 65_536  # bytes
OUTPUT_TAIL_LINES = 15
POLL_SECONDS = 0.25


class StopRequested(Exception):
    """The end was requested (by a signal or a closed terminal) while a step was running."""


class StepFailed(RuntimeError):
    """A step that must succeed failed; the message ends with its output."""


class CrashLoop(RuntimeError):
    """An essential child cannot run or keeps crashing; the message ends with its last output."""


@dataclass(frozen=True)
class Child:
    """A process to keep running. Children of a higher `tier` are stopped after those of the lower tiers.

    If a child that is not `essential` cannot run, it stays down and the others continue.
    """

    name: str
    command: Sequence[str]
    tier: int = 0
    essential: bool = True


@dataclass(frozen=True)
class RestartPolicy:
    """When to give up on a child that keeps crashing, and how long a child may take to stop. Times in seconds.

    A child is given up if it has never run for `min_uptime` and exits `max_crashes` times within `window`. Other
    children are always restarted; each further crash adds `delay_step` to the delay, up to `max_delay`.
    """

    min_uptime: float = 10.0
    max_crashes: int = 5
    window: float = 60.0
    delay_step: float = 1.0
    max_delay: float = 60.0
    stop_timeout: float = 30.0


@dataclass
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    pipe: int
    started: float
    incomplete_line: bytes = b""
    output_tail: deque[bytes] = field(default_factory=lambda: deque(maxlen=OUTPUT_TAIL_LINES))


class Children:
    """Runs child processes under `guard` and writes their output to `out`, each line prefixed with the child's name."""

    def __init__(
        self,
        guard: ProcessGuard,
        *,
        env: Mapping[str, str],
        out: BinaryIO | None = None,
        policy: RestartPolicy | None = None,
    ) -> None:
        self._guard = guard
        self._env = dict(env)
        self._out = Output(out or sys.stdout.buffer)
        self._policy = policy or RestartPolicy()
        self._running: dict[str, _Running] = {}
        self._restart_at: dict[str, tuple[Child, float]] = {}
        self._crashes: dict[str, deque[float]] = {}  # times of exits before `min_uptime`
        self._proven: set[str] = set()  # names of children that have run for `min_uptime` once
        self._name_width = 0
        self._stop_requests = 0
        self._selector = selectors.DefaultSelector()
        self._wakeup_reader, self._wakeup_writer = os.pipe()
        for end in (self._wakeup_reader, self._wakeup_writer):
            os.set_blocking(end, False)
        self._selector.register(self._wakeup_reader, selectors.EVENT_READ)

    def handle_signals(self) -> None:
        """Treat Ctrl-C, SIGTERM and a closed terminal as a request to stop, and wake up when a child exits."""
        signal.set_wakeup_fd(self._wakeup_writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup sets SIGHUP to be ignored, so that closing the terminal has no effect.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_stop_signal)

    def request_stop(self) -> None:
        """Stop everything at the next opportunity; a second request skips the waiting."""
        self._stop_requests += 1

    @property
    def stopping(self) -> bool:
        """Whether a stop was requested."""
        return self._stop_requests > 0

    def set_env(self, name: str, value: str) -> None:
        """Set an environment variable for the processes started from now on."""
        self._env[name] = value

    def print_line(self, text: str) -> None:
        """Write a line of the supervisor itself between the lines of the children."""
        self._write(text.encode() + b"\n")

    def run_step(self, name: str, command: Sequence[str], *, cwd: Path | None = None) -> str:
        """Run a command until it exits and return its output, while children's output is relayed. `cwd`: its folder.

        Raise StepFailed or StopRequested.
        """
        pieces: list[bytes] = []
        process = self._guard.start(command, cwd=cwd, env=self._env, output=subprocess.PIPE)
        assert process.stdout is not None
        pipe = process.stdout.fileno()
        os.set_blocking(pipe, False)
        self._selector.register(pipe, selectors.EVENT_READ)
        while process.poll() is None and not self.stopping:
            self._wait(POLL_SECONDS)
            pieces.append(_read_available(pipe) or b"")
            self._relay_output()  # unread, it would end each wait at once
        if self.stopping:
            process.terminate()
        self._guard.stop(process, timeout=self._policy.stop_timeout)
        pieces.append(_read_available(pipe) or b"")
        self._selector.unregister(pipe)
        process.stdout.close()
        output = b"".join(pieces).decode(errors="replace")
        if self.stopping:
            raise StopRequested
        if process.returncode:
            raise StepFailed(f"{name} failed (exit {process.returncode}):\n{output.rstrip()}")
        return output

    def start(self, *children: Child) -> None:
        """Start children, which `run` then keeps running."""
        self._name_width = max([self._name_width, *(len(child.name) for child in children)])
        for child in children:
            pid = self._start(child)
            self.print_line(f"{child.name} started (pid {pid})")

    def pids(self) -> dict[str, int]:
        """Return the process ids of the running children by name."""
        return {name: running.process.pid for name, running in self._running.items()}

    def restart(self, name: str, reason: str) -> None:
        """Kill a child and all processes that it started, and start it again."""
        running = self._running[name]
        self._guard.stop(running.process, timeout=0)
        self._reap(running)
        self.print_line(f"{name} {reason}: killed and restarted (pid {self._start(running.child)})")

    def run(self, *, on_poll: Callable[[], None] = lambda: None) -> None:
        """Keep the children running until a stop is requested; call `on_poll` several times a second.

        Raise CrashLoop. Call `stop` afterwards in any case.
        """
        while not self.stopping:
            self._wait(POLL_SECONDS)
            self._relay_output()
            self._write()
            self._restart_exited()
            self._guard.ensure_watcher()
            on_poll()

    def stop(self) -> None:
        """Stop every child, tier by tier, and kill those that do not exit in time."""
        self._restart_at.clear()
        requests = self._stop_requests
        for tier in sorted({running.child.tier for running in self._running.values()}):
            of_tier = [running for running in self._running.values() if running.child.tier == tier]
            for running in of_tier:
                if running.process.poll() is None:
                    running.process.terminate()
            deadline = time.monotonic() + self._policy.stop_timeout
            while any(running.process.poll() is None for running in of_tier):
                # A further request while stopping (a second Ctrl-C) ends the waiting.
                if time.monotonic() > deadline or self._stop_requests > max(requests, 1):
                    break
                self._wait(POLL_SECONDS)
                self._relay_output()
            for running in of_tier:
                if running.process.poll() is None:
                    self.print_line(f"{running.child.name} did not stop in time and was killed")
                self._guard.stop(running.process, timeout=0)
                self._reap(running)
        self._out.close()

    def _on_stop_signal(self, *_: object) -> None:
        self.request_stop()

    def _start(self, child: Child) -> int:
        process = self._guard.start(child.command, env=self._env, output=subprocess.PIPE)
        assert process.stdout is not None
        pipe = process.stdout.fileno()
        os.set_blocking(pipe, False)
        self._selector.register(pipe, selectors.EVENT_READ, child.name)
        self._running[child.name] = _Running(child, process, pipe, time.monotonic())
        return process.pid

    def _wait(self, seconds: float) -> None:
        """Sleep until a child has written something, a signal has come, or the time is over."""
        ready = self._selector.select(seconds)
        if any(key.fd == self._wakeup_reader for key, _ in ready):
            _read_available(self._wakeup_reader)

    def _relay_output(self) -> None:
        for running in self._running.values():
            data = _read_available(running.pipe)
            if data is None:
                continue
            if not data and running.pipe in self._selector.get_map():
                # Its end, once reached, would end each further wait at once.
                self._selector.unregister(running.pipe)
            *lines, running.incomplete_line = (running.incomplete_line + data).split(b"\n")
            if len(running.incomplete_line) > CHUNK:
                lines.append(running.incomplete_line)
                running.incomplete_line = b""
            self._write_lines(running, lines)

    def _write_lines(self, running: _Running, lines: list[bytes]) -> None:
        running.output_tail.extend(lines)
        prefix = running.child.name.ljust(self._name_width).encode() + b" | "
        if lines:
            self._write(b"".join(prefix + line.rstrip(b"\r") + b"\n" for line in lines))

    def _restart_exited(self) -> None:
        """Clean up after children that have exited, and start those whose delay is over."""
        for running in list(self._running.values()):
            if (code := running.process.poll()) is not None:
                self._reap(running)
                self._on_exit(running, code)
        for name, (child, due) in list(self._restart_at.items()):
            if time.monotonic() >= due:
                del self._restart_at[name]
                self._start(child)

    def _on_exit(self, running: _Running, code: int) -> None:
        """Restart a child that exited by itself, now or after a delay, or give it up."""
        child, now, policy = running.child, time.monotonic(), self._policy
        if code == os.EX_CONFIG:
            self._give_up(running, f"{child.name} cannot run (exit {code})")
            return
        crashes = self._crashes.setdefault(child.name, deque(maxlen=policy.max_crashes + 100))
        if now - running.started < policy.min_uptime:
            crashes.append(now)
        else:
            crashes.clear()
            self._proven.add(child.name)
        recent = sum(each >= now - policy.window for each in crashes)
        # A child that has worked before is restarted forever: the cause (a database that is down) is outside of it.
        if child.essential and child.name not in self._proven and recent >= policy.max_crashes:
            times = f"{recent} times within {policy.window:.0f} s, exit {code}"
            self._give_up(running, f"{child.name} keeps crashing ({times})")
        delay = min(policy.max_delay, policy.delay_step * max(0, len(crashes) - 1))
        if delay:
            self._restart_at[child.name] = child, now + delay
            self.print_line(f"{child.name} exited (code {code}), restarting in {delay:g} s")
        else:
            self.print_line(f"{child.name} exited (code {code}), restarted (pid {self._start(child)})")

    def _give_up(self, running: _Running, reason: str) -> None:
        """Leave a child down. Raise CrashLoop if it is essential."""
        tail = b"\n".join(b"    " + line for line in running.output_tail).decode(errors="replace") or "    (none)"
        if running.child.essential:
            raise CrashLoop(f"{reason}. Its last output:\n{tail}")
        self.print_line(
            f"{reason} and is not restarted; everything else continues. Fix the cause, then start the service again. "
            f"Its last output:\n{tail}"
        )

    def _reap(self, running: _Running) -> None:
        """Kill what an exited child has left running, write the rest of its output, and close its pipe."""
        self._guard.release(running.process)
        rest = running.incomplete_line + _read_all(running.pipe)
        self._write_lines(running, [line for line in rest.split(b"\n") if line])
        if running.pipe in self._selector.get_map():
            self._selector.unregister(running.pipe)
        if running.process.stdout is not None:
            running.process.stdout.close()
        del self._running[running.child.name]

    def _write(self, data: bytes = b"") -> None:
        """Write lines, and lines that are still buffered."""
        try:
            if data:
                self._out.write(data)
            self._out.flush()
        except (BrokenPipeError, ConnectionError):
            # The reader is gone (`make run | head`): stop without an error.
            self._out = Output(io.BytesIO())
            self.request_stop()


def _read_available(pipe: int) -> bytes | None:
    """Return what the pipe holds now, at most one chunk: None if nothing, b"" if it has ended."""
    with suppress(BlockingIOError):
        return os.read(pipe, CHUNK)
    return None


def _read_all(pipe: int) -> bytes:
    """Return everything that the pipe still holds."""
    pieces = []
    while piece := _read_available(pipe):
        pieces.append(piece)
    return b"".join(pieces)
