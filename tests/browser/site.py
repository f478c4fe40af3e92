"""The service as a real server with the built client, and the people who use it."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from standalone.process_guard import ProcessGuard
from standalone.servers import free_port, start_redis, wait_until
from tests import make, migrated
from web import building

ROOT = Path(__file__).resolve().parents[2]

# Runs what it reads, one JSON text of Python code a line, and writes what each `answer` is.
SHELL = """
import json, sys, traceback
import django; django.setup()
for line in sys.stdin:
    names = {}
    try:
        exec(json.loads(line), names)
        print("answer " + json.dumps(names.get("answer")), flush=True)
    except Exception:  # any error: the test that asked fails, and others go on
        traceback.print_exc()
        print("failed", flush=True)
"""
UNLIMITED = "100000/minute"


class Site:
    """A server with a database of its own. `run` executes code beside it, with Django."""

    def __init__(self, url: str, shell: subprocess.Popen[str]) -> None:
        self.url = url
        self._shell = shell
        self._numbers = count(1)

    def run(self, code: str, **names: Any) -> Any:
        """Execute Python code with `names`, and return what it has put into `answer`."""
        given = "".join(f"{name} = {value!r}\n" for name, value in names.items())
        to, out = self._shell.stdin, self._shell.stdout
        assert to and out
        to.write(json.dumps(given + code) + "\n")
        to.flush()
        for line in out:
            if line.startswith("answer "):
                return json.loads(line.removeprefix("answer "))
            if line == "failed\n":
                break
        raise AssertionError("the code failed; its traceback is in the output of the test")

    def person(self, name: str = "alice", **profile: Any) -> Person:
        """Return a new confirmed person; the username is `name` and a number."""
        username = f"{name}{next(self._numbers)}"
        self.run("from tests import make\nmake.person(username, **profile)", username=username, profile=profile)
        person = Person(self, username, f"{username}@example.org", make.PASSWORD)
        person.sign_in()
        return person

    def track(self, person: Person, name: str, *, days_ago: int = 0, number: int = 1) -> None:
        """Create habits of the person, `name` or `name 000` and so on, that began some days ago."""
        self.run(
            "import time_machine\n"
            "from datetime import datetime, timedelta, UTC\n"
            "from tests import make\n"
            "from users.models import User\n"
            "names = [name] if number == 1 else [f'{name} {index:03}' for index in range(number)]\n"
            "with time_machine.travel(datetime.now(UTC) - timedelta(days=days_ago)):\n"
            "    for each in names: make.track(User.objects.get(username=username), name=each)",
            username=person.username,
            name=name,
            days_ago=days_ago,
            number=number,
        )

    def confirm(self, email: str, password: str = make.PASSWORD) -> None:
        """Confirm the address, as the page behind the mailed link does."""
        token = self.run(
            "from users import tokens\nfrom users.models import User\n"
            "answer = tokens.confirmation.make(User.objects.get(email=email))",
            email=email,
        )
        send(self.url, "POST", "register/confirm/", {"token": token, "password": password})


@dataclass
class Person:
    """A person with an account, who can also call the API."""

    site: Site
    username: str
    email: str
    password: str
    access: str = ""
    refresh: str = ""

    def sign_in(self) -> None:
        """Start another session, for `api`."""
        pair = send(self.site.url, "POST", "token/", {"email": self.email, "password": self.password})
        self.access, self.refresh = pair["access"], pair["refresh"]

    def new_refresh_token(self) -> str:
        """Return the refresh token of a new session, for a browser."""
        pair = send(self.site.url, "POST", "token/", {"email": self.email, "password": self.password})
        return str(pair["refresh"])

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Return what the API answers."""
        return send(self.site.url, method, path, body, self.access)

    def habit(self, name: str = "Push-ups", **fields: Any) -> Any:
        """Create a habit, and return it."""
        return self.api("POST", "habits/", {"name": name, "action": f"do {name}", "frequency": "daily", **fields})


def send(url: str, method: str, path: str, body: Any = None, access: str = "") -> Any:
    """Return the parsed answer of the API. Raise AssertionError, with what it said, if it refuses."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {access}"} if access else {})
    request = urllib.request.Request(f"{url}/api/{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error
    return json.loads(text) if text else None


@contextmanager
def running(folder: Path, path: str = "", **settings: str) -> Iterator[Site]:
    """Run the site on a new database. `path`: of SITE_URL. `settings`: more variables of its environment."""
    build()
    port = free_port()
    migrated.copy_sqlite(folder / "db.sqlite3")
    with ProcessGuard() as guard:
        url = f"http://localhost:{port}{path}"
        variables = {
            "PATH": os.environ["PATH"],
            "DJANGO_READ_DOT_ENV": "off",
            "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
            "DATA_DIR": str(folder),
            "REDIS_URL": start_redis(guard),
            "SITE_URL": url,
            "REQUIRE_TELEGRAM": "false",
            **{f"THROTTLE_{name}": UNLIMITED for name in ("STRANGER", "ACCOUNT", "NAMES", "SECRET", "WORK")},
            **settings,
        }
        bind = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "8", "--no-control-socket"]
        log = folder / "web.log"
        with log.open("wb") as output:
            command = [sys.executable, "-m", "gunicorn", "config.wsgi", *bind]
            server = guard.start(command, cwd=ROOT, env=variables, output=output)
        with subprocess.Popen(
            [sys.executable, "-c", SHELL],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as shell:
            wait_until(lambda: _is_up(url), process=server, name="gunicorn", log=log, timeout=180)
            yield Site(url, shell)
            shell.communicate()


def build() -> None:
    """Build the client if its sources have changed; other workers wait. Skip the test where that is not possible."""
    with (ROOT / "client" / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            steps = building.steps()
        except building.NodeNotFound as error:
            pytest.skip(str(error))
        for step in steps:
            done = subprocess.run(step.command, cwd=building.SOURCES, capture_output=True, text=True)
            said = done.stdout + done.stderr
            if done.returncode and building.UNREACHABLE.search(said):
                pytest.skip(building.explain(said))
            assert not done.returncode, said
            step.finish()


def _is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz/", timeout=5) as answer:
            return bool(answer.read() == b"ok")
    except OSError:
        return False
