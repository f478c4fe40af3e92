"""Fifty parallel writes to one track from five processes: all are kept, and the streak matches the logs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import migrated

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]
# Each process adds to ten days, once each, in its own random order. They are forked from one, as a web server's are.
PROGRAM = """
import django; django.setup()
import json, os, random
from datetime import timedelta
from decimal import Decimal
from django.db import connections
from django.utils import timezone
from tests import make
from tracking.logs.services import add_amount
from tracking.models import HabitLog, HabitTrack
from tracking.streaks.services import find_differences

def write(number):
    track = HabitTrack.objects.select_related("user").get()
    today = timezone.now().date()
    order = list(range(10))
    random.Random(number).shuffle(order)
    for back in order:
        how = {"user": track.user, "track_id": track.pk, "day": today - timedelta(days=back), "source": "api"}
        add_amount(**how, amount=Decimal(2), now=timezone.now())

make.track(make.person("alice"))
connections.close_all()
writers = []
for number in range(5):
    writers.append(os.fork())
    if not writers[-1]:
        try:
            write(number)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
codes = [os.waitstatus_to_exitcode(os.waitpid(writer, 0)[1]) for writer in writers]
track = HabitTrack.objects.get()
print(json.dumps({
    "codes": codes,
    "amounts": [float(amount) for amount in HabitLog.objects.values_list("amount", flat=True)],
    "streak": [track.streak, track.longest_streak],
    "differ": len(list(find_differences(now=timezone.now(), repair=False))),
}))
"""


@pytest.mark.engine("postgresql", reason="uses the server of the run")
def test_fifty_parallel_writes_from_five_processes_are_all_kept_on_postgresql(tmp_path: Path) -> None:
    with migrated.postgres_database("processes_at_once") as url:
        check_parallel_writes(url, tmp_path)


@pytest.mark.engine("sqlite", reason="makes a file of its own")
def test_fifty_parallel_writes_from_five_processes_are_all_kept_on_sqlite(tmp_path: Path) -> None:
    migrated.copy_sqlite(tmp_path / "db.sqlite3")
    check_parallel_writes(f"sqlite:///{tmp_path}/db.sqlite3", tmp_path)


def check_parallel_writes(url: str, tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    # A port where nothing listens: this test needs no messages.
    env |= {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "REDIS_URL": "redis://127.0.0.1:1/0"}
    env |= {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=env, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found == {"codes": [0] * 5, "amounts": [10.0] * 10, "streak": [10, 10], "differ": 0}, done.stderr
