"""The two small programs behind `config.leash`: run by path, with nothing but the standard library.

`leashed.py exec FD SIGNAL PARENT USER COMMAND…` enters itself in the watcher's book and becomes COMMAND.
`leashed.py watch` keeps that book on its standard input, and acts on it once nobody holds the other end.

Lines of the book: `add PID SIGNAL`, `forget PID`, `folder PATH`.
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


def become(fd: int, last_signal: int, parent: int, user: str, command: list[str]) -> None:
    """Replace this process by `command`, registered first: at no moment does nobody know of it."""
    # Loaded first: the account that we become may not be able to read the standard library.
    prctl = parent_death_setter() if parent and sys.platform == "linux" else None
    os.write(fd, b"add %d %d\n" % (os.getpid(), last_signal))
    os.close(fd)
    if user:
        account = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        os.environ.update(HOME="/", USER=user, LOGNAME=user)
    # After the change of user, which clears the setting; it survives exec.
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, last_signal, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


def parent_death_setter() -> Callable[..., int]:
    """Linux's prctl: asks the kernel to signal this process when the *thread* that started it ends."""
    import ctypes  # here, because elsewhere it is not needed

    prctl: Callable[..., int] = ctypes.CDLL(None, use_errno=True).prctl
    return prctl


def watch() -> None:
    """Keep the book; when its writers are gone, end what it lists and remove its folders."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, int] = {}
    folders: list[str] = []
    for line in sys.stdin:
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "add":
            pid, last_signal = rest.split()
            groups[int(pid)] = int(last_signal)
        elif word == "forget":
            groups.pop(int(rest), None)
        elif word == "folder":
            folders.append(rest)
    for group, last_signal in groups.items():
        with suppress(OSError):
            os.killpg(group, last_signal)
    # Only those that were asked rather than ended are waited for.
    groups = {group: last for group, last in groups.items() if last != signal.SIGKILL}
    deadline = time.monotonic() + GRACE_SECONDS
    while any(map(alive, groups)) and time.monotonic() < deadline:
        time.sleep(0.02)
    for group in groups:
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def alive(group: int) -> bool:
    """Whether any process of that group is left."""
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
        become(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], sys.argv[6:])
