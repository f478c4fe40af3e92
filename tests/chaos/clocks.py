"""Wrong clocks: of one process, by an offset in a file; of the database, for everybody who asks it."""

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

CHECK_EVERY = 0.2  # seconds; time.sleep and monotonic clocks are not affected
# Functions of the same name in a schema that comes first in the search path; now() is not used by the service.
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


def set_offset(path: Path, seconds: float) -> None:
    """Set the clock offset, in seconds, of the processes that follow this file; it takes effect soon."""
    fresh = path.with_name(f"{path.name}.fresh")
    fresh.write_text(f"{seconds}")
    fresh.replace(path)


def set_database_offset(seconds: float) -> str:
    """Return the statement that sets the offset of the database's clock in seconds."""
    return f"UPDATE chaos.clock SET off = interval '{seconds} seconds'"


def follow_offset_file(path: Path) -> None:
    """Apply the offset in the file to the clock of this process and of its forks, from now on."""
    _watch(path)
    os.register_at_fork(after_in_child=lambda: _watch(path))


def _watch(path: Path) -> None:
    threading.Thread(target=_apply_offset, args=(path,), name="wrong clock", daemon=True).start()


class _Offset:
    """The current offset of this process's clock; a fork starts with that of its parent."""

    text = "0"
    travel: time_machine.travel | None = None


def _apply_offset(path: Path) -> None:
    while True:
        text = path.read_text() if path.exists() else "0"
        if text != _Offset.text:
            if _Offset.travel is not None:
                _Offset.travel.stop()
                _Offset.travel = None
            if float(text):
                _Offset.travel = time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(text)), tick=True)
                _Offset.travel.start()
            _Offset.text = text
        time.sleep(CHECK_EVERY)
