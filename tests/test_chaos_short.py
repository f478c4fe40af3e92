"""Short fault runs: a few faults over 400 reminders in real processes, every reminder accounted for (`make chaos`)."""

import sys
from pathlib import Path

import pytest

from config.leash import Leash
from tests import powercut

ROOT = Path(__file__).resolve().parent.parent
# Seeds whose draws hold much of what can go wrong: `python -m tests.chaos --short --seed N` prints what.
POSTGRESQL_SEED, SQLITE_SEED = "3", "4"


def table_of_a_run(folder: Path, *how: str) -> str:
    """What a short run prints; it must end with nothing unaccounted for."""
    command = [sys.executable, "-m", "tests.chaos", "--short", "--keep", str(folder / "logs"), *how]
    table = folder / "table"
    with Leash() as leash, table.open("wb") as output:
        code = leash.start(command, cwd=ROOT, output=output).wait(240)
    printed = table.read_text()
    assert code == 0, printed
    return printed


@pytest.mark.processes
@pytest.mark.engine("postgresql", reason="brings a PostgreSQL of its own")
def test_every_reminder_is_accounted_for_while_processes_die_and_lines_break(tmp_path: Path) -> None:
    printed = table_of_a_run(tmp_path, "--seed", POSTGRESQL_SEED)
    assert "5xx after accepting" in printed


@pytest.mark.processes
@pytest.mark.engine("sqlite", reason="runs beside the tests on SQLite")
def test_every_reminder_is_accounted_for_while_the_power_is_cut(tmp_path: Path) -> None:
    try:
        powercut.check()
    except powercut.CannotBeSeen as error:
        pytest.skip(str(error))
    printed = table_of_a_run(tmp_path, "--database", "sqlite", "--seed", SQLITE_SEED)
    assert "power cut" in printed
