"""A short fault run: ten faults over 400 reminders in real processes, every reminder accounted for (`make chaos`)."""

import os
import sys
from pathlib import Path

import pytest

from config.leash import Leash

ROOT = Path(__file__).resolve().parent.parent
SEED = "3"  # kills a process of a worker, a beat, PostgreSQL and connections of its


@pytest.mark.processes
@pytest.mark.skipif(os.environ.get("TEST_DATABASE_URL") == "sqlite", reason="brings a PostgreSQL of its own")
def test_every_reminder_is_accounted_for_while_processes_die_and_lines_break(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.chaos", "--short", "--seed", SEED, "--keep", str(tmp_path / "logs")]
    table = tmp_path / "table"
    with Leash() as leash, table.open("wb") as output:
        code = leash.start(command, cwd=ROOT, output=output).wait(240)
    assert code == 0, table.read_text()
    assert "unaccounted for" in table.read_text()
