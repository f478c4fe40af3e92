"""Runs the whole service on one machine (`python -m config.supervisor`, which is `make run`).

It prepares the database, then keeps web, worker, beat, the bot where one is configured, and an embedded
Redis-protocol server where none is configured, until Ctrl-C.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import django
from django.core.exceptions import ImproperlyConfigured

from common import deadlines
from config.children import Child, Children, KeepsDying, StepFailed, StopAsked
from config.leash import Leash
from config.servers import RedisServer, ServerFailed, ServerNotFound
from config.sqlite_locks import LockWatch
from config.watch import Listener, Watch, by_row, database_file, over_http, over_redis

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
MANAGE = [PYTHON, str(ROOT / "manage.py")]
CELERY = [PYTHON, "-m", "celery", "-A", "config"]
# What a predecessor that was killed needs at most to release its port.
PORT_PATIENCE_SECONDS = 3.0
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 (only compared with)


class CannotStart(RuntimeError):
    """Something outside has to change first; the message says what."""


def main(arguments: list[str] | None = None) -> int:
    """Run until the end is asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m config.supervisor", description=__doc__)
    parser.add_argument(
        "--with-parent",
        action="store_true",
        help="end as well when the process that started this one has ended",
    )
    with_parent = parser.parse_args(arguments).with_parent
    os.chdir(ROOT)
    try:
        settings = load_settings()
        host = os.environ.get("HOST", "").strip() or "127.0.0.1"
        with only_one(settings.DATA_DIR):
            require_port(host, settings.PORT)
            with Leash() as leash:
                return run(leash, settings, host, with_parent=with_parent)
    except (CannotStart, StepFailed, KeepsDying, ServerNotFound, ServerFailed) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:  # before there was anything to end
        return 0


def run(leash: Leash, settings: ModuleType, host: str, *, with_parent: bool) -> int:
    """Prepare, start, and keep going."""
    env = {**os.environ, "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
    children = Children(leash, env=env)
    children.hear_signals()
    parent = os.getppid()
    watch: Watch | None = None
    try:
        redis_url = settings.REDIS_URL
        if not os.environ.get("REDIS_URL", "").strip():
            redis = RedisServer.prepare(settings.DATA_DIR / "redis")
            redis_url = redis.url
            children.set_env("REDIS_URL", redis.url)
            children.start(Child("redis", redis.command, tier=1))
        children.say("Preparing the database ...")
        children.step("migrate", [*MANAGE, "migrate", "--no-input", "--verbosity", "0"])
        logins = children.step("demo", [*MANAGE, "demo"])
        children.start(*processes(settings, host))
        url = f"http://{reachable(host)}:{settings.PORT}"
        announce = announcer(children, url, logins)
        watch = watch_of(settings, url, redis_url)
        watch.start()

        def meanwhile() -> None:
            announce()
            act_on(watch, children)
            if with_parent and os.getppid() != parent:
                children.ask_to_stop()

        children.run(meanwhile=meanwhile)
    except StopAsked:
        pass
    finally:
        children.say("Ending ...")
        if watch is not None:
            watch.stop()
        children.stop()
    return 0


def watch_of(settings: ModuleType, url: str, redis_url: str) -> Watch:
    """Return what looks whether the processes answer, with how long each may be silent; it is yet to be started."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    deadlines.limit_statements(deadlines.WEB)
    redis_answers = over_redis(redis_url)
    file = database_file(settings.DATABASE["ENGINE"], settings.DATABASE["NAME"])
    return Watch(
        [
            Listener("web", over_http(f"{url}/healthz/"), patience=60),
            Listener("redis", redis_answers, patience=30),
            # Its row is a minute old then already: three in all.
            Listener("worker", by_row("worker", redis_answers=redis_answers), patience=120),
            Listener("beat", by_row("beat", redis_answers=redis_answers), patience=120),
        ],
        locks=LockWatch(file) if file else None,
    )


def act_on(watch: Watch, children: Children) -> None:
    """Start again those that do not answer, and say what was done about locks."""
    watch.pids = children.pids()
    while not watch.notes.empty():
        children.say(watch.notes.get())
    while not watch.silent.empty():
        silent = watch.silent.get()
        if watch.pids.get(silent.name) == silent.pid:
            children.restart(silent.name, f"has not answered for {silent.seconds:.0f} s")
            watch.pids = children.pids()


def processes(settings: ModuleType, host: str) -> list[Child]:
    """The processes of the service itself."""
    bind = f"[{host}]:{settings.PORT}" if ":" in host else f"{host}:{settings.PORT}"
    web = [PYTHON, "-m", "gunicorn", "config.wsgi", "--bind", bind, "--worker-class", "gthread"]
    web += ["--workers", "2", "--threads", "4", "--graceful-timeout", "25", "--no-control-socket"]
    worker = [*CELERY, "--quiet", "worker", "--loglevel", "INFO", "--concurrency", "2"]
    worker += ["--without-mingle", "--without-gossip"]
    children = [
        Child("web", web),
        Child("worker", worker),
        Child("beat", [*CELERY, "--quiet", "beat", "--loglevel", "INFO", "--pidfile", ""]),
    ]
    # With a webhook secret, Telegram calls us instead.
    if settings.TELEGRAM_BOT_TOKEN and not settings.TELEGRAM_WEBHOOK_SECRET:
        children.append(Child("bot", [*MANAGE, "bot"], essential=False))
    return children


def load_settings() -> ModuleType:
    """Import the settings; raises CannotStart, in one line, where the environment or `.env` is malformed."""
    try:
        from config import settings  # here, because reading it is a step that can fail
    except (ImproperlyConfigured, OSError, ValueError) as error:
        raise CannotStart(f"Cannot start: {error}") from error
    return settings


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the data folder for ourselves; raises CannotStart where another supervisor holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "supervisor.lock").open("a+")
    except OSError as error:
        raise CannotStart(f"Cannot start: the data folder {folder} cannot be written ({error.strerror}).") from error
    with lock:
        try:
            # The kernel lets go of it however we end.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            raise CannotStart(
                f"Cannot start: the service already runs on the data in {folder} (pid {pid}). "
                "End that one first, or set DATA_DIR and PORT to others."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def require_port(host: str, port: int, *, patience: float = PORT_PATIENCE_SECONDS) -> None:
    """Raise CannotStart where the port cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise CannotStart(f"Cannot start: HOST {host!r} is no address of this machine ({error.strerror}).") from error
    deadline = time.monotonic() + patience
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
                    "End the program that uses it, or set PORT to another."
                ) from None
        return


def reachable(host: str) -> str:
    """What to type into a browser on this machine for an address that the web server listens on."""
    if host in LOOPBACK or host in EVERYWHERE:
        return "localhost"
    return f"[{host}]" if ":" in host else host


def announcer(children: Children, url: str, logins: str) -> Callable[[], None]:
    """A function to call again and again: when the web server first answers, it says where all is."""
    announced = False

    def announce() -> None:
        nonlocal announced
        if announced or not answers(f"{url}/healthz/"):
            return
        announced = True
        places = {"App": "/", "Swagger": "/api/swagger/", "ReDoc": "/api/redoc/", "Admin": "/admin/"}
        lines = ["", "Ready.", *(f"  {name:<8} {url}{path}" for name, path in places.items())]
        lines += [
            "",
            *(f"  {line}" for line in logins.strip().splitlines()),
            "",
            "Ctrl-C ends everything.",
            "",
        ]
        children.say("\n".join(lines))

    return announce


def answers(url: str) -> bool:
    """Whether the web server is up; an answer that refuses our name of it (ALLOWED_HOSTS) is one, too."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=1):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
