"""Start processes that never outlive the one that started them, whatever becomes of it, nor leave their own.

Two nets, because each has a hole. The kernel's parent-death signal acts at once, but exists only on Linux,
reaches no grandchildren and is tied to the *thread* that started the process. The watcher, a process of its
own that waits for the end of a pipe, ends whole process groups anywhere, but may itself be killed.
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

from config import leashed

# Isolated and without site-packages: starts in a few milliseconds, whatever the environment holds.
LEASHED = [sys.executable, "-I", "-S", leashed.__file__]

LAST_SECONDS = 2.0


class Leash:
    """Holds processes and temporary folders, gone when it is closed or when this process has ended."""

    def __init__(self) -> None:
        self._processes: dict[int, tuple[subprocess.Popen[bytes], signal.Signals]] = {}
        self._folders: list[Path] = []
        self._start_watcher()

    def __enter__(self) -> Leash:
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
        last_signal: signal.Signals = signal.SIGKILL,
    ) -> subprocess.Popen[bytes]:
        """Start `command` as the leader of its own process group.

        `output` takes stdout and stderr together; `user` is the account to run as (root only); `last_signal`
        is what the process gets when its starter has died.
        """
        self.keep_watched()
        # A parent-death signal from a short-lived thread would end the process with that thread.
        parent = os.getpid() if threading.current_thread() is threading.main_thread() else 0
        process = subprocess.Popen(
            [*LEASHED, "exec", str(self._book), str(int(last_signal)), str(parent), user, *command],
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            pass_fds=[self._book],
            start_new_session=True,
        )
        self._processes[process.pid] = process, last_signal
        return process

    def release(self, process: subprocess.Popen[bytes]) -> None:
        """Sweep up what a process that has ended left behind in its group, and forget it."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        if self._processes.pop(process.pid, None) is not None:
            self._write(f"forget {process.pid}")

    def stop(self, *processes: subprocess.Popen[bytes], within: float) -> None:
        """Wait at most `within` seconds for processes that were asked to end, then kill them and theirs."""
        deadline = time.monotonic() + within
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
        """Make a private temporary folder that is removed at the end."""
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=within))
        self._folders.append(path)
        self._write(f"folder {path}")
        return path

    @property
    def watcher_pid(self) -> int:
        """The process that acts when this one has ended."""
        return self._watcher.pid

    def keep_watched(self) -> None:
        """Replace the watcher where somebody killed it."""
        if self._watcher.poll() is not None:
            os.close(self._book)
            self._start_watcher()

    def close(self) -> None:
        """End everything that is left with its last signal, and remove the folders."""
        for process, last_signal in self._processes.values():
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    process.send_signal(last_signal)
        self.stop(*(process for process, _ in self._processes.values()), within=LAST_SECONDS)
        for path in self._folders:
            shutil.rmtree(path, ignore_errors=True)
        self._folders.clear()
        with suppress(OSError):
            os.close(self._book)
        self._watcher.wait()

    def _start_watcher(self) -> None:
        reading, self._book = os.pipe()
        self._watcher = subprocess.Popen(
            [*LEASHED, "watch"],
            stdin=reading,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            env={},
            cwd="/",
        )
        os.close(reading)
        for pid, (_, last_signal) in self._processes.items():
            self._write(f"add {pid} {int(last_signal)}")
        for path in self._folders:
            self._write(f"folder {path}")

    def _write(self, line: str) -> None:
        # A watcher that was killed is replaced, with the whole book, at the next start.
        with suppress(BrokenPipeError):
            os.write(self._book, f"{line}\n".encode())
