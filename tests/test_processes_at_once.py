"""Fifty writes to one track from five processes at once: none is lost, and the streak is what the logs give."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.leash import Leash
from config.servers import start_postgres

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parent.parent
BORN = """
from datetime import date
from tests import make
print(make.track(make.person("alice")).pk)
"""
# Process number n adds to ten days, each once, in an order of its own.
WRITES = """
import random, sys
from datetime import timedelta
from decimal import Decimal
from django.utils import timezone
from tracking.days import add_amount
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
from tracking.streak_stats import find_differences
track = HabitTrack.objects.get()
print(json.dumps({
    "amounts": [float(amount) for amount in HabitLog.objects.values_list("amount", flat=True)],
    "streak": [track.streak, track.longest_streak],
    "differ": len(list(find_differences(now=timezone.now(), repair=False))),
}))
"""


@pytest.fixture
def leash() -> Iterator[Leash]:
    with Leash() as leash:
        yield leash


@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_fifty_writes_from_five_processes_lose_nothing(leash: Leash, tmp_path: Path, database: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    url = start_postgres(leash) if database == "postgresql" else f"sqlite:///{tmp_path}/db.sqlite3"
    # A port where nobody listens: hints are no part of this.
    env |= {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "REDIS_URL": "redis://127.0.0.1:1/0"}

    def python(source: str, *arguments: str) -> subprocess.Popen[str]:
        setup = f"import django, os, sys; sys.path.insert(0, {str(ROOT)!r}); django.setup()\n"
        command = [sys.executable, "-c", setup + source, *arguments]
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings"}
        return subprocess.Popen(command, env=env | settings, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=env, cwd=ROOT, check=True)
    track = said_by(python(BORN))
    writers = [python(WRITES, str(number), track) for number in range(5)]
    for writer in writers:
        said_by(writer)
    found = json.loads(said_by(python(READ)))
    assert found == {"amounts": [10.0] * 10, "streak": [10, 10], "differ": 0}


def said_by(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return said.strip()
