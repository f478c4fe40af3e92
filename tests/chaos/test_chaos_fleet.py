"""The processes of a fault run."""

import sys
from pathlib import Path

from tests.chaos.fleet import Fleet, Program, RecordingGuard

SLOW_TO_END = """
import signal, sys, time
from pathlib import Path
written = Path(sys.argv[1])
def finish(*_):
    written.write_text("by a request that was still running")
    sys.exit()
signal.signal(signal.SIGTERM, finish)
written.with_name("started").touch()
signal.pause()
"""


def test_what_a_request_still_writes_is_written_before_the_account(tmp_path: Path) -> None:
    guard = RecordingGuard()
    with guard:
        fleet = Fleet(
            guard, tmp_path, "sqlite", per_second=1, lease_seconds=1, timeout_seconds=1, senders=1, chats=range(1), megabytes=1
        )  # fmt: skip
        fleet.files = fleet._logs = tmp_path
        written = tmp_path / "written"
        command = [sys.executable, "-c", SLOW_TO_END, str(written)]
        web = fleet.programs["web"] = Program("web", command, is_ready=(tmp_path / "started").exists)
        fleet.start_all()
        first = web.process
        fleet.finish_requests()
        assert written.exists()
        assert fleet.is_up("web")
        assert web.process is not first
