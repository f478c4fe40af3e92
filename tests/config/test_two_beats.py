"""Two beats run beside each other, in processes, and one of them dies: no reminder is doubled or missed.

Each of them asks for a tick; the workers claim each due reminder once. Here they ask every second, not every minute.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from config.version import version
from standalone.process_guard import ProcessGuard
from standalone.servers import start_redis
from tests import migrated
from tests.waiting import STUCK

ROOT = Path(__file__).resolve().parents[2]
REMINDERS, PEOPLE = 12, 4
BEAT = """
from datetime import timedelta
from config.celery import app
tick = {"task": "notifications.tasks.tick", "schedule": timedelta(seconds=1), "options": {"expire_seconds": 5}}
app.conf.beat_schedule = {"tick": tick}
app.start(["beat", "--loglevel", "INFO", "--pidfile", ""])
"""
WORLD = f"""
import django; django.setup()
from django.utils import timezone
from tests import make
from notifications.models import Delivery
from users.models import TELEGRAM, Address
for number in range({PEOPLE}):
    person = make.person(f"person-{{number}}", time_zone="UTC")
    Address.objects.create(user=person, channel=TELEGRAM, address=str(1001 + number), connected_at=timezone.now())
    for _ in range({REMINDERS // PEOPLE}):
        make.track(person, name=f"Habit {{_}}", time="07:30")
Delivery.objects.all().delete()
"""
# One falls due every half second, from two seconds on.
PLAN = """
UPDATE notifications_reminder SET next_at = now() + interval '2 seconds' + place * interval '0.5 seconds'
FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM notifications_reminder) AS places
WHERE places.id = notifications_reminder.id
"""
SENT = "SELECT count(*) FROM notifications_delivery WHERE kind = 'reminder' AND state = 'sent'"
TOLD = """
SELECT track_id, count(*), bool_or(uncertain), max(missed_count) FROM notifications_delivery
WHERE kind = 'reminder' GROUP BY track_id ORDER BY track_id
"""

pytestmark = [
    pytest.mark.processes,
    pytest.mark.engine("postgresql", reason="several processes on several machines need PostgreSQL"),
    pytest.mark.django_db,
]


def test_of_two_beats_one_dies_and_no_reminder_is_doubled_or_missed(tmp_path: Path) -> None:
    with ProcessGuard() as guard, migrated.postgres_database("two_beats") as url:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        env = kept | {
            "DATABASE_URL": url,
            "DATA_DIR": str(tmp_path / "data"),
            "REDIS_URL": start_redis(guard),
            "DJANGO_READ_DOT_ENV": "off",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",
        }
        subprocess.run([sys.executable, "-c", WORLD], cwd=ROOT, env=env, check=True, capture_output=True)

        def start(name: str, *command: str) -> subprocess.Popen[bytes]:
            with (tmp_path / name).open("wb") as output:
                return guard.start([sys.executable, *command], env=env, cwd=ROOT, output=output)

        def asked(name: str) -> int:
            return (tmp_path / name).read_text(errors="replace").count("Sending due task tick")

        def until(condition: Callable[[], object]) -> None:
            deadline = time.monotonic() + 240  # processes start slowly on a busy machine
            while not condition():
                logs = "\n".join((tmp_path / name).read_text()[-2000:] for name in ("first", "second", "worker"))
                assert time.monotonic() < deadline, logs
                time.sleep(0.05)  # between two looks at processes that run on their own

        start("worker", "-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO")
        first = start("first", "-c", BEAT)
        start("second", "-c", BEAT)
        until(lambda: asked("first") and asked("second"))
        database = connection.copy()
        database.settings_dict["NAME"] = "two_beats"
        with closing(database), database.cursor() as cursor:

            def sent() -> int:
                cursor.execute(SENT)
                return int(cursor.fetchone()[0])

            cursor.execute(PLAN)
            until(lambda: sent() >= REMINDERS // 3)
            first.send_signal(signal.SIGKILL)
            first.wait(STUCK)
            guard.release(first)
            before = asked("second")
            until(lambda: sent() == REMINDERS)
            until(lambda: asked("second") >= before + 3)
            cursor.execute(TOLD)
            assert [row[1:] for row in cursor.fetchall()] == [(1, False, 0)] * REMINDERS
    said = (tmp_path / "worker").read_text()
    assert said.count("do ten push-ups") == REMINDERS, "each was printed once"
    assert f"Habit Tracker {version()}: worker starts" in said
    assert f"Habit Tracker {version()}: beat starts" in (tmp_path / "second").read_text()
