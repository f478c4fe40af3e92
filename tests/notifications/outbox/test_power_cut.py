"""A power cut with SQLite: all processes end at once, and unsynced writes are lost.

Acknowledged writes must survive: a Done that was answered with 200, and the record that a message was sent.
"""

import http.client
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from standalone.process_guard import ProcessGuard
from standalone.servers import free_port
from tests import migrated, powercut
from tests.fake_telegram import FakeTelegram

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[3]
PEOPLE = 3
WITHIN = 60.0  # seconds for anything to start
WORLD = f"""
import json
from datetime import timedelta
from django.db.models import F
from django.utils import timezone
from notifications.models import Delivery, Reminder
from tests import make
now = timezone.now()
due = now - timedelta(seconds=30)
for number in range({PEOPLE}):
    make.CHATS[f"person{{number}}"] = 2000 + number
    track = make.track(make.person(f"person{{number}}", chat=True), time=f"{{due:%H:%M}}")
Delivery.objects.all().delete()
Reminder.objects.update(next_at=due, next_day=due.date())
print(json.dumps({{"track": track.pk, "day": str(now.date()), "token": make.sign_in(track.user)["access"]}}))
"""
# Runs a tick and then keeps its connection open, as a worker does: closing the last connection syncs everything.
SEND = """
import time
from notifications.tasks import queue_all_due, send_all
queue_all_due()
send_all()
print("sent", flush=True)
time.sleep(600)
"""
COMMIT = """
import os, signal, sqlite3, sys
from pathlib import Path
from tests import powercut
powercut.record(Path(sys.argv[1]), Path(sys.argv[2]))
line = sqlite3.connect(sys.argv[1])
line.execute(f"PRAGMA synchronous={sys.argv[3]}")
line.execute("INSERT INTO said VALUES ('done')")
line.commit()
os.kill(os.getpid(), signal.SIGKILL)
"""
AFTERWARDS = """
import json
from django.db import connection
from notifications.models import Delivery
from notifications.tasks import queue_all_due, send_all
from tracking.models import HabitLog
queue_all_due()
send_all()
with connection.cursor() as cursor:
    [sound] = cursor.execute("PRAGMA integrity_check").fetchone()
reminders = Delivery.objects.filter(kind="reminder")
print(json.dumps({
    "sound": sound,
    "done": list(HabitLog.objects.values_list("status", flat=True)),
    "sent": reminders.filter(state="sent").count(),
    "uncertain": reminders.filter(uncertain=True).count(),
}))
"""


@dataclass
class Machine:
    """An SQLite database, and processes using it whose syncs are recorded."""

    guard: ProcessGuard
    folder: Path
    env: dict[str, str]

    @property
    def database(self) -> Path:
        return self.folder / "db.sqlite3"

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        with self.log_of(name).open("ab") as output:
            return self.guard.start([sys.executable, *command], env=self.env, cwd=ROOT, output=output)

    def python(self, source: str) -> Any:
        """Run a program and return the JSON that it prints."""
        command = [sys.executable, "-c", f"import django; django.setup()\n{source}"]
        done = subprocess.run(command, env=self.env, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def wait_for(self, name: str, words: str, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + WITHIN
        while words not in self.log_of(name).read_text():
            assert process.poll() is None and time.monotonic() < until, self.log_of(name).read_text()
            time.sleep(0.05)

    def log_of(self, name: str) -> Path:
        return self.folder / f"{name}.log"


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram.in_process() as fake:
        for number in range(PEOPLE):
            fake.add_chat(2000 + number)
        yield fake


@pytest.fixture(autouse=True)
def _syncs_can_be_recorded() -> None:
    try:
        powercut.check()
    except powercut.CannotRecord as error:
        pytest.skip(str(error))


@pytest.fixture
def machine(tmp_path: Path, telegram: FakeTelegram) -> Iterator[Machine]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))} | {
        "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DATA_DIR": str(tmp_path),
        "TELEGRAM_API_BASE_URL": telegram.url,
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_MESSAGES_PER_SECOND": "1000",
    }
    with ProcessGuard() as guard:
        yield Machine(guard, tmp_path, env)


def what_a_cut_leaves(machine: Machine) -> dict[str, Any]:
    """Send all reminders, complete one habit through the API, cut the power, and start again."""
    migrated.copy_sqlite(machine.database)
    world = machine.python(WORLD)
    synced = machine.folder / "synced"
    powercut.begin(machine.database, synced)
    machine.env["CHAOS_SYNCED"] = str(synced)
    port = free_port()
    web = machine.start("web", "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}")
    sender = machine.start("sender", "-c", f"import django; django.setup()\n{SEND}")
    machine.wait_for("sender", "sent", sender)
    machine.wait_for("web", "Booting worker", web)
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {world['token']}"}
    path = f"/api/tracks/{world['track']}/logs/{world['day']}/"
    line.request("PUT", path, json.dumps({"status": "completed"}), headers)
    answer = line.getresponse()
    assert answer.status in (200, 201), answer.read()
    machine.guard.stop(web, sender, timeout=0)
    powercut.cut(machine.database, synced)
    del machine.env["CHAOS_SYNCED"]
    left: dict[str, Any] = machine.python(AFTERWARDS)
    return left


def test_acknowledged_writes_survive_and_nothing_is_sent_again(machine: Machine, telegram: FakeTelegram) -> None:
    left = what_a_cut_leaves(machine)
    assert left == {"sound": "ok", "done": ["completed"], "sent": PEOPLE, "uncertain": 0}
    assert len(telegram.messages()) == PEOPLE


@pytest.mark.parametrize(("synchronous", "is_kept"), [("FULL", True), ("NORMAL", False)])
def test_unsynced_writes_are_lost_in_the_simulated_cut(tmp_path: Path, synchronous: str, is_kept: bool) -> None:
    """This proves that the test above would notice a lost commit."""
    database, synced = tmp_path / "db.sqlite3", tmp_path / "synced"
    with closing(sqlite3.connect(database)) as line:
        line.execute("PRAGMA journal_mode=WAL")
        line.execute("CREATE TABLE said (word)")
    powercut.begin(database, synced)
    subprocess.run([sys.executable, "-c", COMMIT, database, synced, synchronous], cwd=ROOT, check=False)
    powercut.cut(database, synced)
    with closing(sqlite3.connect(database)) as line:
        assert line.execute("SELECT word FROM said").fetchall() == ([("done",)] if is_kept else [])
