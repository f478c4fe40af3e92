"""Runs the whole service on one machine (`python -m standalone.supervisor`, which is `make run`).

It migrates the database, then keeps web, worker and beat running until Ctrl-C; also the bot, if one is configured, and
an embedded Redis-protocol server, if no REDIS_URL is set.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from common import running
from standalone import loopback, service_settings
from standalone.child_processes import (
    Child,
    Children,
    CrashLoop,
    StepFailed,
    StopRequested,
)
from standalone.process_guard import ProcessGuard
from standalone.servers import RedisServer, ServerFailed, ServerNotFound
from standalone.service_settings import MalformedSettings, ServiceSettings
from standalone.sqlite_locks import LockMonitor
from standalone.watchdog import (
    LivenessCheck,
    Probe,
    Watchdog,
    heartbeat_probe,
    http_probe,
    redis_probe,
)
from web import building

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
MANAGE = [PYTHON, str(ROOT / "manage.py")]
SERVICE = [PYTHON, "-m", "standalone.service_process"]
# A previous instance that was killed needs at most this long to release its port.
PORT_WAIT_SECONDS = 3.0
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
ANY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104 (only compared with)


class CannotStart(RuntimeError):
    """Something outside of the service prevents the start; the message says what to change."""


def main(arguments: list[str] | None = None) -> int:
    """Run until a stop is requested; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m standalone.supervisor", description=__doc__)
    parser.add_argument(
        "--with-parent",
        action="store_true",
        help="stop when the process that started this one has ended",
    )
    with_parent = parser.parse_args(arguments).with_parent
    os.chdir(ROOT)
    os.umask(0o077)  # what the children write is for their user alone
    try:
        settings = load_settings()
        with lock_data_folder(Path(settings.data_dir)):
            require_free_port(settings.host, settings.port)
            with ProcessGuard() as guard:
                return run(guard, settings, with_parent=with_parent)
    except (CannotStart, StepFailed, CrashLoop, ServerNotFound, ServerFailed) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:  # before any child was started
        return 0


def run(guard: ProcessGuard, settings: ServiceSettings, *, with_parent: bool) -> int:
    """Prepare the database, start the children and keep them running; return the exit code."""
    token = os.urandom(32).hex()
    env = {
        # Threads share two of glibc's arenas, and what is freed goes back to the system: 10 MB less at rest.
        "MALLOC_ARENA_MAX": "2",
        "MALLOC_TRIM_THRESHOLD_": "131072",
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SUPERVISOR_TOKEN": token,
    }
    children = Children(guard, env=env)
    children.handle_signals()
    parent = os.getppid()
    watchdog: Watchdog | None = None
    told = ExitStack()
    try:
        redis_url = settings.redis_url
        if redis := own_redis(settings):
            redis_url = redis.url
            children.set_env("REDIS_URL", redis.url)
            children.start(Child("redis", redis.command, tier=1))
        told.enter_context(running.announced(Path(settings.data_dir), redis_url=redis_url))
        build_client(children)
        children.print_line("Preparing the database ...")
        for line in children.run_step("upgrade", [*MANAGE, "upgrade"]).splitlines():
            children.print_line(line)
        logins = children.run_step("demo", [*MANAGE, "demo"])
        children.start(*service_processes(settings))
        url = f"http://{browser_host(settings.host)}:{settings.port}"
        announce_ready = ready_announcer(children, url, logins)
        watchdog = create_watchdog(settings, url, redis_url, token)
        watchdog.start()

        def on_poll() -> None:
            announce_ready()
            restart_unresponsive(watchdog, children)
            if with_parent and os.getppid() != parent:
                children.request_stop()

        children.run(on_poll=on_poll)
    except StopRequested:
        pass
    finally:
        children.print_line("Stopping ...")
        if watchdog is not None:
            watchdog.stop()
        children.stop()
        told.close()
    return 0


def build_client(children: Children) -> None:
    """Build the web client if its sources have changed. If that fails, say why and go on: the rest works without it."""
    try:
        for step in building.steps():
            children.print_line(step.title)
            children.run_step("client", step.command, cwd=building.SOURCES)
            step.finish()
    except building.NodeNotFound as error:
        children.print_line(str(error))
    except StepFailed as error:
        children.print_line(building.explain(str(error)))


def create_watchdog(settings: ServiceSettings, url: str, redis_url: str, token: str) -> Watchdog:
    """Return the watchdog of the children, not started yet. The web process accepts `token` from it."""
    redis_responds = redis_probe(redis_url)

    def heartbeat(role: str) -> Probe:
        return heartbeat_probe(url, token, role, redis_responds=redis_responds)

    return Watchdog(
        [
            LivenessCheck("web", http_probe(f"{url}/healthz/"), timeout=60),
            LivenessCheck("redis", redis_responds, timeout=30),
            # Their rows are a minute old when the probe starts to fail: three minutes in all.
            LivenessCheck("worker", heartbeat("worker"), timeout=120),
            LivenessCheck("beat", heartbeat("beat"), timeout=120),
            LivenessCheck("bot", heartbeat("poller"), timeout=150),
        ],
        locks=LockMonitor(Path(settings.sqlite_file)) if settings.sqlite_file else None,
    )


def restart_unresponsive(watchdog: Watchdog, children: Children) -> None:
    """Restart the children that the watchdog found unresponsive, and print its messages about locks."""
    watchdog.pids = children.pids()
    while not watchdog.messages.empty():
        children.print_line(watchdog.messages.get())
    while not watchdog.unresponsive.empty():
        found = watchdog.unresponsive.get()
        # It may have exited and been restarted since.
        if watchdog.pids.get(found.name) == found.pid:
            children.restart(found.name, f"has not responded for {found.seconds:.0f} s")
            watchdog.pids = children.pids()


def own_redis(settings: ServiceSettings) -> RedisServer | None:
    """Return the Redis server to start, None if the settings name one."""
    return None if settings.redis_url else RedisServer.prepare(Path(settings.data_dir) / "redis")


def service_processes(settings: ServiceSettings) -> list[Child]:
    """Return the processes of the service itself: web, worker, beat and perhaps the bot."""
    host = settings.host
    bind = f"[{host}]:{settings.port}" if ":" in host else f"{host}:{settings.port}"
    children = [
        Child("web", [*SERVICE, "web", "--bind", bind]),
        Child("worker", [*SERVICE, "worker"]),
        Child("beat", [*SERVICE, "beat"]),
    ]
    if settings.polls_telegram:
        children.append(Child("bot", [*MANAGE, "bot"], essential=False))
    return children


def load_settings() -> ServiceSettings:
    """Return the settings. Raise CannotStart if the environment or `.env` is malformed."""
    try:
        return service_settings.load()
    except MalformedSettings as error:
        raise CannotStart(f"Cannot start: {error}") from error


@contextmanager
def lock_data_folder(folder: Path) -> Iterator[None]:
    """Lock the data folder during the block. Raise CannotStart if another supervisor has locked it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / running.LOCK).open("a+")
    except OSError as error:
        raise CannotStart(f"Cannot start: the data folder {folder} cannot be written ({error.strerror}).") from error
    with lock:
        try:
            # The kernel releases the lock however this process ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            raise CannotStart(
                f"Cannot start: the service already runs on the data in {folder} (pid {pid}). "
                "Stop that one first, or set DATA_DIR and PORT to other values."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def require_free_port(host: str, port: int, *, timeout: float = PORT_WAIT_SECONDS) -> None:
    """Raise CannotStart if the port cannot be used within `timeout` seconds."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise CannotStart(
            f"Cannot start: HOST {host!r} is not an address of this machine ({error.strerror})."
        ) from error
    deadline = time.monotonic() + timeout
    while True:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except PermissionError:
                raise CannotStart(f"Cannot start: port {port} may not be used here; set PORT to another.") from None
            except OSError as error:
                if time.monotonic() < deadline:
                    time.sleep(0.1)
                    continue
                raise CannotStart(
                    f"Cannot start: port {port} of {host} is busy ({error.strerror}). "
                    "Stop the program that uses it, or set PORT to another."
                ) from None
        return


def browser_host(host: str) -> str:
    """Return the host to type into a browser on this machine, given the address that the web server listens on."""
    if host in LOOPBACK or host in ANY_ADDRESS:
        return "localhost"
    return f"[{host}]" if ":" in host else host


def ready_announcer(children: Children, url: str, logins: str) -> Callable[[], None]:
    """Return a function to call repeatedly: once the web server responds, it prints the addresses and logins."""
    announced = False

    def announce() -> None:
        nonlocal announced
        if announced or not is_responding(f"{url}/healthz/"):
            return
        announced = True
        pages = {"App": "/", "Swagger": "/api/swagger/", "ReDoc": "/api/redoc/", "Admin": "/admin/"}
        lines = ["", "Ready.", *(f"  {name:<8} {url}{path}" for name, path in pages.items())]
        lines += [
            "",
            *(f"  {line}" for line in logins.strip().splitlines()),
            "",
            "Press Ctrl-C to stop.",
            "",
        ]
        children.print_line("\n".join(lines))

    return announce


def is_responding(url: str) -> bool:
    """Return whether the web server responds; a 4xx counts, because ALLOWED_HOSTS may refuse this host name."""
    try:
        status, _ = loopback.get(url, timeout=1)
    except OSError:
        return False
    return status < 500


if __name__ == "__main__":
    sys.exit(main())
