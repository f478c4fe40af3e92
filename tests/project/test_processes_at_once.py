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
CREATE = """
from datetime import date
from tests import make
print(make.track(make.person("alice")).pk)
"""
# Each process adds to ten days, once each, in its own random order.
WRITES = """
import random, sys
from datetime import timedelta
from decimal import Decimal
from django.utils import timezone
from tracking.logs.services import add_amount
from tracking.models import HabitTrack
number, track = int(sys.argv[1]), HabitTrack.objects.select_related("user").get(pk=sys.argv[2])
today = timezone.now().date()
order = list(range(10))
random.Random(number).shuffle(order)
for back in order:
    how = {"user": track.user, "track_id": track.pk, "day": today - timedelta(days=back), "source": "api"}
    add_amount(**how, amount=Decimal(2), now=timezone.now())
"""
READ = """
import json
from django.utils import timezone
from tracking.models import HabitLog, HabitTrack
from tracking.streaks.services import find_differences
track = HabitTrack.objects.get()
print(json.dumps({
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

    def python(source: str, *arguments: str) -> subprocess.Popen[str]:
        setup = f"import django, os, sys; sys.path.insert(0, {str(ROOT)!r}); django.setup()\n"
        command = [sys.executable, "-c", setup + source, *arguments]
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings"}
        return subprocess.Popen(command, env=env | settings, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    track = output_of(python(CREATE))
    writers = [python(WRITES, str(number), track) for number in range(5)]
    for writer in writers:
        output_of(writer)
    found = json.loads(output_of(python(READ)))
    assert found == {"amounts": [10.0] * 10, "streak": [10, 10], "differ": 0}


def output_of(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return output.strip()
