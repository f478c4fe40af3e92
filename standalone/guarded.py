"""The two small programs behind `standalone.process_guard`: run by path, using only the standard library.

`guarded.py exec FD SIGNAL PARENT USER COMMAND…` registers itself with the watcher and then executes COMMAND.
`guarded.py watch` reads the registry from its standard input and ends everything in it once the input is closed.

Lines of the registry: `add PID SIGNAL`, `forget PID`, `folder PATH`.
"""

import os
import pwd
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

GRACE_SECONDS = 1.0
PR_SET_PDEATHSIG = 1


def execute(fd: int, kill_signal: int, parent: int, user: str, command: list[str]) -> None:
    """Register this process with the watcher, then replace it by `command`, so that it is never unregistered."""
    # Load it before the change of user: the new account may not be able to read the standard library.
    prctl = load_prctl() if parent and sys.platform == "linux" else None
    os.write(fd, b"add %d %d\n" % (os.getpid(), kill_signal))
    os.close(fd)
    if user:
        account = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        os.environ.update(HOME="/", USER=user, LOGNAME=user)
    # After the change of user, which would clear the setting; exec keeps it.
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, kill_signal, 0, 0, 0)
        # The parent may have died before the setting was made; then no signal would come.
        if os.getppid() != parent:
            sys.exit(1)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


def load_prctl() -> Callable[..., int]:
    """Return Linux's prctl, which can ask for a signal when the *thread* that started this process ends."""
    import ctypes  # slow to load, and needed only here

    prctl: Callable[..., int] = ctypes.CDLL(None, use_errno=True).prctl
    return prctl


def watch() -> None:
    """Keep the registry; once its writers are gone, end the processes in it and remove the folders."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, int] = {}
    folders: list[str] = []
    for line in sys.stdin:
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "add":
            pid, kill_signal = rest.split()
            groups[int(pid)] = int(kill_signal)
        elif word == "forget":
            groups.pop(int(rest), None)
        elif word == "folder":
            folders.append(rest)
    for group, kill_signal in groups.items():
        with suppress(OSError):
            os.killpg(group, kill_signal)
    # Processes that got SIGKILL need no grace period.
    groups = {group: number for group, number in groups.items() if number != signal.SIGKILL}
    deadline = time.monotonic() + GRACE_SECONDS
    while any(map(is_alive, groups)) and time.monotonic() < deadline:
        time.sleep(0.02)
    for group in groups:
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def is_alive(group: int) -> bool:
    """Return whether the process group still has a process."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


if __name__ == "__main__":
    if sys.argv[1] == "watch":
        watch()
    else:
        execute(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], sys.argv[6:])
