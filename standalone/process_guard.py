"""Start processes that never outlive the process that started them, however that one ends.

Two mechanisms, because each has a gap. The kernel's parent-death signal acts at once, but exists only on Linux, does not
reach grandchildren and is tied to the *thread* that started the process. The watcher, a separate process that waits for
the end of a pipe, kills whole process groups on any system, but may itself be killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from standalone import guarded

# Isolated and without site-packages: starts in a few milliseconds and ignores the environment.
GUARDED = [sys.executable, "-I", "-S", guarded.__file__]

CLOSE_SECONDS = 2.0


class ProcessGuard:
    """Owns processes and temporary folders; all are gone once it is closed or this process has ended."""

    def __init__(self) -> None:
        self._processes: dict[int, tuple[subprocess.Popen[bytes], signal.Signals]] = {}
        self._folders: list[Path] = []
        self._start_watcher()

    def __enter__(self) -> ProcessGuard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        output: IO[bytes] | int | None = None,
        user: str = "",
        kill_signal: signal.Signals = signal.SIGKILL,
    ) -> subprocess.Popen[bytes]:
        """Start `command` as the leader of its own process group and return the process.

        `output` receives stdout and stderr together; `user` is the account to run as (root only); `kill_signal`
        ends the process when this guard is closed or its process has died.
        """
        self.ensure_watcher()
        # The parent-death signal is sent when the starting thread ends, so a short-lived thread must not ask for it.
        parent = os.getpid() if threading.current_thread() is threading.main_thread() else 0
        process = subprocess.Popen(
            [*GUARDED, "exec", str(self._registry), str(int(kill_signal)), str(parent), user, *command],
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            pass_fds=[self._registry],
            start_new_session=True,
        )
        self._processes[process.pid] = process, kill_signal
        return process

    def release(self, process: subprocess.Popen[bytes]) -> None:
        """Kill what an ended process has left in its process group, and remove it from the registry."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        if self._processes.pop(process.pid, None) is not None:
            self._register(f"forget {process.pid}")

    def stop(self, *processes: subprocess.Popen[bytes], timeout: float) -> None:
        """Wait at most `timeout` seconds for processes that were asked to end, then kill them and their groups."""
        deadline = time.monotonic() + timeout
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
        for process in processes:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            self.release(process)

    def folder(self, *, prefix: str, within: Path | None = None) -> Path:
        """Create a private temporary folder, removed at the end, and return its path."""
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=within))
        self._folders.append(path)
        self._register(f"folder {path}")
        return path

    @property
    def watcher_pid(self) -> int:
        """The process id of the watcher."""
        return self._watcher.pid

    def ensure_watcher(self) -> None:
        """Start a new watcher if somebody has killed it."""
        if self._watcher.poll() is not None:
            os.close(self._registry)
            self._start_watcher()

    def close(self) -> None:
        """End all processes by their kill signal, then by SIGKILL, and remove the folders."""
        for process, kill_signal in self._processes.values():
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    process.send_signal(kill_signal)
        self.stop(*(process for process, _ in self._processes.values()), timeout=CLOSE_SECONDS)
        for path in self._folders:
            shutil.rmtree(path, ignore_errors=True)
        self._folders.clear()
        with suppress(OSError):
            os.close(self._registry)
        self._watcher.wait()

    def _start_watcher(self) -> None:
        """Start the watcher and register all processes and folders with it; `_registry` is the pipe to it."""
        reader, self._registry = os.pipe()
        self._watcher = subprocess.Popen(
            [*GUARDED, "watch"],
            stdin=reader,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            env={},
            cwd="/",
        )
        os.close(reader)
        for pid, (_, kill_signal) in self._processes.items():
            self._register(f"add {pid} {int(kill_signal)}")
        for path in self._folders:
            self._register(f"folder {path}")

    def _register(self, line: str) -> None:
        # If the watcher was killed, the next start replaces it and registers everything again.
        with suppress(BrokenPipeError):
            os.write(self._registry, f"{line}\n".encode())
