"""Clocks that are wrong: of one process, by a file that says by how much; of the database, for all who ask it."""

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

LOOK_EVERY = 0.2  # seconds; time.sleep and monotonic clocks go on as they are
# Functions of the same name come first on the search path; now() is not among them, since nobody calls it.
WRONG_CLOCK = """
CREATE SCHEMA chaos;
CREATE TABLE chaos.clock (off interval NOT NULL);
INSERT INTO chaos.clock VALUES ('0');
CREATE FUNCTION chaos.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql AS
    'SELECT pg_catalog.clock_timestamp() + (SELECT off FROM chaos.clock)';
CREATE FUNCTION chaos.statement_timestamp() RETURNS timestamptz STABLE LANGUAGE sql AS
    'SELECT pg_catalog.statement_timestamp() + (SELECT off FROM chaos.clock)';
ALTER DATABASE postgres SET search_path = public, chaos, pg_catalog;
"""


def set_off(path: Path, seconds: float) -> None:
    """Have the processes that follow this file be off by that many seconds, soon."""
    fresh = path.with_name(f"{path.name}.fresh")
    fresh.write_text(f"{seconds}")
    fresh.replace(path)


def set_database_off(seconds: float) -> str:
    """The statement that sets the database's clock off."""
    return f"UPDATE chaos.clock SET off = interval '{seconds} seconds'"


def follow(path: Path) -> None:
    """Have this process's clock, and those of processes that it forks, be off by what the file says."""
    _watch(path)
    os.register_at_fork(after_in_child=lambda: _watch(path))


def _watch(path: Path) -> None:
    threading.Thread(target=_keep_off, args=(path,), name="wrong clock", daemon=True).start()


class _Off:
    """How this process's clock is off; a forked process begins with that of the one that it came from."""

    said = "0"
    travel: time_machine.travel | None = None


def _keep_off(path: Path) -> None:
    while True:
        said = path.read_text() if path.exists() else "0"
        if said != _Off.said:
            if _Off.travel is not None:
                _Off.travel.stop()
                _Off.travel = None
            if float(said):
                _Off.travel = time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(said)), tick=True)
                _Off.travel.start()
            _Off.said = said
        time.sleep(LOOK_EVERY)
