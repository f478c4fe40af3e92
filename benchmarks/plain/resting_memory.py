"""resting_memory: what all processes of `make run` take at rest, in MB; shared pages are counted once (PSS)."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measures import Options
from benchmarks.world import World
from standalone.servers import free_port

START_TIMEOUT = 120.0  # seconds
SETTLE = 70.0  # seconds: every process has done its work of a minute once


def run(world: World, options: Options) -> Iterator[float]:
    """Yield one value: the proportional set size of the supervisor and all its descendants, in MB (Linux)."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "DATA_DIR": folder, "PORT": str(free_port()), "DATABASE_URL": "", "REDIS_URL": ""}
        env |= {"DJANGO_READ_DOT_ENV": "off", "TELEGRAM_BOT_TOKEN": ""}
        command = [sys.executable, "-m", "standalone.supervisor"]
        supervisor = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        try:
            wait_until_ready(supervisor)
            time.sleep(SETTLE)
            yield sum(proportional_size(pid) for pid in descendants(supervisor.pid)) / 1024
        finally:
            supervisor.send_signal(signal.SIGINT)
            supervisor.communicate(timeout=START_TIMEOUT)


def wait_until_ready(supervisor: subprocess.Popen[str]) -> None:
    """Read the output until the service is ready. Raise RuntimeError if it ends first."""
    assert supervisor.stdout is not None
    for line in supervisor.stdout:
        if line.startswith("Ready."):
            return
    raise RuntimeError("make run has ended before it was ready")


def descendants(pid: int) -> list[int]:
    """Return the process and all processes below it."""
    parents: dict[int, int] = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(each.parent.name)] = int(each.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended
            continue
    found = [pid]
    for each_pid in found:  # grows meanwhile
        found += [child for child, parent in parents.items() if parent == each_pid]
    return found


def proportional_size(pid: int) -> int:
    """Return the memory of a process in KiB, with its share of what it shares; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
