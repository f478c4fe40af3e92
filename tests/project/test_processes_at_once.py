"""Fifty parallel writes to one track from five processes: all are kept, and the streak matches the logs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from standalone.process_guard import ProcessGuard
from standalone.servers import start_postgres

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


@pytest.fixture
def guard() -> Iterator[ProcessGuard]:
    with ProcessGuard() as guard:
        yield guard


@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_fifty_parallel_writes_from_five_processes_are_all_kept(
    guard: ProcessGuard, tmp_path: Path, database: str
) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    url = start_postgres(guard) if database == "postgresql" else f"sqlite:///{tmp_path}/db.sqlite3"
    # A port where nothing listens: this test needs no messages.
    env |= {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "REDIS_URL": "redis://127.0.0.1:1/0"}

    def python(source: str, *arguments: str) -> subprocess.Popen[str]:
        setup = f"import django, os, sys; sys.path.insert(0, {str(ROOT)!r}); django.setup()\n"
        command = [sys.executable, "-c", setup + source, *arguments]
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings"}
        return subprocess.Popen(command, env=env | settings, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=env, cwd=ROOT, check=True)
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
