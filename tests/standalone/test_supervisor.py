"""How `make run` starts, restarts and stops its processes, tested with small stand-in processes."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from standalone import service_settings
from standalone.child_processes import (
    Child,
    Children,
    CrashLoop,
    RestartPolicy,
    StepFailed,
)
from standalone.process_guard import ProcessGuard
from standalone.service_settings import ServiceSettings
from standalone.supervisor import (
    CannotStart,
    browser_host,
    lock_data_folder,
    own_redis,
    require_free_port,
    restart_unresponsive,
    service_processes,
)
from standalone.watchdog import LivenessCheck, Watchdog
from tests.waiting import STUCK

ROOT = Path(__file__).resolve().parents[2]
FAST_POLICY = RestartPolicy(min_uptime=10, max_crashes=3, window=60, delay_step=0, stop_timeout=0.5)

# A parent and its child, which both write their pid into a file and then keep running.
PARENT = """
import os, pathlib, subprocess, sys, time
folder = pathlib.Path({folder!r})
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
for name, pid in (("parent", os.getpid()), ("child", child.pid)):
    fresh = folder / (name + ".new")
    fresh.write_text(str(pid))
    fresh.rename(folder / name)
print("started", flush=True)
time.sleep(600)
"""

# A small version of `standalone.supervisor`.
SUPERVISE = """
import os, sys
from standalone.child_processes import Child, Children
from standalone.process_guard import ProcessGuard
with ProcessGuard() as guard:
    children = Children(guard, env=os.environ)
    children.handle_signals()
    try:
        children.start(Child("parent", [sys.executable, "-c", sys.argv[1]]))
        children.run()
    finally:
        children.stop()
"""


def until(condition: Callable[[], object], within: float = STUCK) -> None:
    """Wait until the condition is true."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Return whether the process is running; a zombie is not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return state.stdout.strip()[:1] not in {"", "Z"}


def python(source: str) -> list[str]:
    return [sys.executable, "-u", "-c", source]


@pytest.fixture
def guard() -> Iterator[ProcessGuard]:
    with ProcessGuard() as guard:
        yield guard


class Family:
    """Children that run inside the test, and their output."""

    def __init__(self, guard: ProcessGuard, policy: RestartPolicy = FAST_POLICY) -> None:
        self.out = io.BytesIO()
        self.children = Children(guard, env=os.environ, out=self.out, policy=policy)

    @property
    def lines(self) -> list[str]:
        return self.out.getvalue().decode().splitlines()

    def run_until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + STUCK

        def on_poll() -> None:
            if condition() or time.monotonic() > deadline:
                self.children.request_stop()

        try:
            self.children.run(on_poll=on_poll)
        finally:
            self.children.stop()


@pytest.fixture
def family(guard: ProcessGuard) -> Family:
    return Family(guard)


@pytest.mark.processes
def test_output_is_relayed_line_by_line_in_order_with_the_childs_name(family: Family, tmp_path: Path) -> None:
    written = tmp_path / "written"
    without_newline = f"""
import pathlib, sys, time
sys.stdout.write("no end")
sys.stdout.flush()
pathlib.Path({str(written)!r}).touch()
time.sleep(600)
"""
    family.children.start(
        Child("ab", python("for i in range(500): print(i)\nimport time; time.sleep(600)")),
        Child("c", python(without_newline)),
    )
    family.run_until(lambda: written.exists() and "ab | 499" in family.lines)
    assert [line for line in family.lines if line.startswith("ab | ")] == [f"ab | {i}" for i in range(500)]
    assert "c  | no end" in family.lines  # an incomplete line is written at the end


@pytest.mark.processes
def test_a_reader_that_does_not_read_blocks_no_child(guard: ProcessGuard, tmp_path: Path) -> None:
    """As with Ctrl-S or a pager: the child would block in its next print, perhaps inside a transaction."""
    done = tmp_path / "done"
    chatter = f"import pathlib, time; [print('x' * 99) for _ in range(30000)]; pathlib.Path({str(done)!r}).touch()"
    reading, writing = os.pipe()
    try:
        with os.fdopen(writing, "wb") as out:
            children = Children(guard, env=os.environ, out=out, policy=FAST_POLICY)
            children.start(Child("web", python(f"{chatter}; time.sleep(600)")))
            deadline = time.monotonic() + STUCK

            def on_poll() -> None:
                if done.exists() or time.monotonic() > deadline:
                    children.request_stop()

            children.run(on_poll=on_poll)
            assert done.exists()
            os.set_blocking(reading, False)
            while data := os.read(reading, 1_000_000):  # the reader continues
                children._write()
                if b"could not be shown" in data:
                    break
            children.stop()
    finally:
        os.close(reading)


@pytest.mark.processes
def test_a_child_that_exits_is_restarted_with_a_message(family: Family, tmp_path: Path) -> None:
    once = f"""
import os, pathlib, signal, time
first = pathlib.Path({str(tmp_path / "first")!r})
if not first.exists():
    first.touch()
    os.kill(os.getpid(), signal.SIGKILL)
print("here again")
time.sleep(600)
"""
    family.children.start(Child("worker", python(once)))
    family.run_until(lambda: "worker | here again" in family.lines)
    assert any(line.startswith("worker exited (code -9), restarted") for line in family.lines)
    assert "worker | here again" in family.lines


@pytest.mark.processes
def test_an_essential_child_that_keeps_crashing_stops_everything(family: Family, guard: ProcessGuard) -> None:
    family.children.start(
        Child("bot", python("raise SystemExit('no such token')")),
        Child("web", python("import time; time.sleep(600)")),
    )
    with pytest.raises(CrashLoop, match=r"bot keeps crashing \(3 times .* exit 1\)[^$]*no such token"):
        family.run_until(lambda: False)
    web = next(line for line in family.lines if line.startswith("web started"))
    assert not is_running(int(web.split("pid ")[1].rstrip(")")))


@pytest.mark.processes
def test_a_child_that_is_not_essential_and_cannot_run_stays_down_alone(family: Family) -> None:
    refused = "import sys; print('Telegram refuses this token: put the new one into TELEGRAM_BOT_TOKEN'); sys.exit(78)"
    family.children.start(
        Child("bot", python(refused), essential=False),
        Child("web", python("import time; time.sleep(600)")),
    )

    def only_web_is_running() -> bool:
        return family.children.pids().keys() == {"web"}

    family.run_until(only_web_is_running)
    output = "\n".join(family.lines)
    assert "bot cannot run (exit 78) and is not restarted; everything else continues." in output
    assert "    Telegram refuses this token: put the new one into TELEGRAM_BOT_TOKEN" in family.lines
    assert output.count("bot started") == 1
    assert "web did not" not in output


@pytest.mark.processes
def test_an_essential_child_that_cannot_run_stops_everything_at_once(family: Family) -> None:
    family.children.start(Child("web", python("print('PORT is malformed'); raise SystemExit(78)")))
    with pytest.raises(CrashLoop, match=r"web cannot run \(exit 78\)[^$]*PORT is malformed"):
        family.run_until(lambda: False)


@pytest.mark.processes
@pytest.mark.parametrize("essential", [True, False])
def test_a_child_that_has_run_before_is_always_restarted(guard: ProcessGuard, tmp_path: Path, essential: bool) -> None:
    """For example while a database is down for an hour: it has worked before, so the cause is outside of the child."""
    family = Family(guard, RestartPolicy(min_uptime=0.6, max_crashes=2, window=60, delay_step=0, stop_timeout=0.5))
    once = f"""
import pathlib, time
first = pathlib.Path({str(tmp_path / "first")!r})
if not first.exists() and {essential}:
    first.touch()
    time.sleep(0.7)
"""
    family.children.start(Child("beat", python(once), essential=essential))
    family.run_until(lambda: sum("beat exited" in line for line in family.lines) >= 6)
    assert sum("beat exited" in line for line in family.lines) >= 6


@pytest.mark.processes
def test_an_unresponsive_child_is_killed_with_its_own_children_and_restarted(family: Family, tmp_path: Path) -> None:
    responding = tmp_path / "responding"

    def probe(pid: int) -> bool:
        return responding.exists()

    family.children.start(Child("worker", python(PARENT.format(folder=str(tmp_path)))))
    watchdog = Watchdog([LivenessCheck("worker", probe, timeout=0.2)], every=0.01)
    stopped: list[int] = []

    def is_restarted() -> bool:
        if not stopped and "worker | started" in family.lines:
            stopped.extend(int((tmp_path / name).read_text()) for name in ("parent", "child"))
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            watchdog.start()
        restart_unresponsive(watchdog, family.children)
        if stopped and family.children.pids()["worker"] != stopped[0]:
            responding.touch()
        return responding.exists()

    family.run_until(is_restarted)
    watchdog.stop()
    assert stopped
    assert not any(map(is_running, stopped))
    assert any(line.startswith("worker has not responded for 0 s: killed and restarted") for line in family.lines)


@pytest.mark.processes
def test_the_processes_of_a_dead_child_are_killed(family: Family, tmp_path: Path) -> None:
    family.children.start(Child("worker", python(PARENT.format(folder=str(tmp_path)))))
    killed: list[int] = []

    def kill_it_once() -> bool:
        if not killed and "worker | started" in family.lines:
            killed.extend(int((tmp_path / name).read_text()) for name in ("parent", "child"))
            os.kill(killed[0], signal.SIGKILL)
        return bool(killed) and not is_running(killed[1])

    family.run_until(kill_it_once)
    assert killed
    assert not any(map(is_running, killed))


@pytest.mark.processes
def test_a_child_that_ignores_sigterm_is_killed(family: Family) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('la la'); time.sleep(600)"
    family.children.start(Child("deaf", python(deaf)))
    family.run_until(lambda: "deaf | la la" in family.lines)
    assert "deaf did not stop in time and was killed" in family.lines


@pytest.mark.processes
def test_servers_stop_after_their_clients(family: Family) -> None:
    polite = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(time.sleep({slowness}) or print("bye")))
print("up")
time.sleep(600)
"""
    family.children.start(
        Child("redis", python(polite.format(slowness=0)), tier=1),
        Child("web", python(polite.format(slowness=0.2))),
    )
    family.run_until(lambda: {"redis | up", "web   | up"} <= set(family.lines))
    assert family.lines[-2:] == ["web   | bye", "redis | bye"]


@pytest.mark.processes
def test_a_failed_step_reports_its_output(family: Family) -> None:
    assert family.children.run_step("demo", python("print('a login')")) == "a login\n"
    assert family.children.run_step("demo", python("import os; print(os.getcwd())"), cwd=Path("/")) == "/\n"
    with pytest.raises(StepFailed, match=r"migrate failed \(exit 3\):\nno such table"):
        family.children.run_step("migrate", python("print('no such table'); raise SystemExit(3)"))


@pytest.mark.processes
def test_output_of_children_is_relayed_while_a_step_runs(family: Family, tmp_path: Path) -> None:
    """Unread, it would keep the supervisor's wait from waiting."""
    seen = tmp_path / "seen"

    def write(line: Any) -> int:
        return seen.write_bytes(line) if b"up" in line else len(line)

    family.out.write = write  # type: ignore[method-assign]
    wait = f"import pathlib, time\nfor _ in range(2000):\n  if pathlib.Path({str(seen)!r}).exists(): break\n  time.sleep(0.01)"
    family.children.start(Child("redis", python("import time; print('up'); time.sleep(600)")))
    family.children.run_step("migrate", python(wait))
    assert seen.read_bytes() == b"redis | up\n"
    family.children.stop()


@pytest.mark.processes
def test_a_child_whose_output_has_ended_does_not_keep_the_supervisor_busy(family: Family) -> None:
    """While others still stop, or because it has closed its output and runs on."""
    waits = 0
    wait = family.children._wait

    def counted(seconds: float) -> None:
        nonlocal waits
        waits += 1
        wait(seconds)

    family.children._wait = counted  # type: ignore[method-assign]
    slow = "import os, time\nprint('up')\nos.close(1), os.close(2)\ntime.sleep(0.6)"
    family.children.start(Child("web", python(slow)))
    family.run_until(lambda: any("web exited" in line for line in family.lines))
    assert waits < 20


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """A supervisor of a parent with a child, and the pids of those two."""
    command = [sys.executable, "-c", SUPERVISE, PARENT.format(folder=str(tmp_path))]

    def restore_sighup() -> None:
        """Under nohup SIGHUP would be ignored."""
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, preexec_fn=restore_sighup) as supervisor:
        try:
            until(lambda: (tmp_path / "parent").exists() and (tmp_path / "child").exists())
            yield supervisor, [int((tmp_path / name).read_text()) for name in ("parent", "child")]
        finally:
            supervisor.kill()


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_stops_every_process(
    supervised: tuple[subprocess.Popen[bytes], list[int]], number: signal.Signals
) -> None:
    supervisor, others = supervised
    supervisor.send_signal(number)
    assert supervisor.wait(STUCK) == 0
    assert not any(map(is_running, others))


@pytest.mark.processes
def test_no_process_is_left_when_the_supervisor_is_killed(
    supervised: tuple[subprocess.Popen[bytes], list[int]],
) -> None:
    supervisor, others = supervised
    supervisor.kill()
    until(lambda: not any(map(is_running, others)))


@pytest.mark.processes
def test_the_watcher_is_replaced_when_it_is_killed(guard: ProcessGuard, tmp_path: Path) -> None:
    first = guard.watcher_pid
    os.kill(first, signal.SIGKILL)
    until(lambda: not is_running(first))
    folder = guard.folder(prefix="kept-", within=tmp_path)
    guard.ensure_watcher()
    assert is_running(guard.watcher_pid)
    guard.close()
    assert not folder.exists()


def supervisor(**environment: object) -> subprocess.CompletedProcess[str]:
    """Run the real supervisor, which is expected to refuse the start."""
    env = {**os.environ, **{name: str(value) for name, value in environment.items()}}
    command = [sys.executable, "-m", "standalone.supervisor"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=180, check=False)


@pytest.mark.processes
def test_a_busy_port_is_reported_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        result = supervisor(PORT=port, DATA_DIR=tmp_path, REDIS_URL="", DATABASE_URL="")
    assert result.returncode == 1
    assert f"port {port} of 127.0.0.1 is busy" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "redis").exists()


@pytest.mark.processes
def test_a_malformed_variable_is_reported_in_one_line(tmp_path: Path) -> None:
    result = supervisor(PORT="eight thousand", DATA_DIR=tmp_path)
    assert result.returncode == 1
    assert "PORT" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_only_one_supervisor_can_use_a_data_folder(tmp_path: Path) -> None:
    with (
        lock_data_folder(tmp_path),
        pytest.raises(CannotStart, match=f"already runs .* {os.getpid()}"),
        lock_data_folder(tmp_path),
    ):
        pass
    with lock_data_folder(tmp_path):
        pass


def test_it_waits_until_a_busy_port_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        with pytest.raises(CannotStart, match="busy"):
            require_free_port("127.0.0.1", port, timeout=0)
    require_free_port("127.0.0.1", port, timeout=0)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotStart, match="HOST"):
        require_free_port("no such host", 8000, timeout=0)


def test_the_bot_runs_only_if_it_polls() -> None:
    settings = ServiceSettings(
        data_dir="", host="127.0.0.1", port=8000, redis_url="", sqlite_file="", polls_telegram=False
    )
    assert [child.name for child in service_processes(settings)] == ["web", "worker", "beat"]
    polling = replace(settings, polls_telegram=True)
    assert [child.name for child in service_processes(polling)] == ["web", "worker", "beat", "bot"]


@pytest.mark.processes
@pytest.mark.parametrize(("token", "secret", "polls"), [("", "", False), ("1:a", "", True), ("1:a", "s", False)])
def test_the_bot_polls_only_without_a_webhook(
    token: str, secret: str, polls: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", token)
    monkeypatch.setenv("TELEGRAM_WEBHOOK_SECRET", secret)
    assert service_settings.load().polls_telegram == polls


READ_FILE = """
import sys
from pathlib import Path
from config import env
env.load(Path(sys.argv[1]))
from standalone import service_settings
service_settings.main()
"""


@pytest.mark.processes
@pytest.mark.parametrize(
    ("lines", "host", "redis_url"),
    [("HOST=0.0.0.0\nREDIS_URL=redis://other:6379/1", "0.0.0.0", "redis://other:6379/1"), ("", "127.0.0.1", "")],
)
def test_the_supervisor_reads_the_env_file_as_the_service_does(
    lines: str, host: str, redis_url: str, tmp_path: Path
) -> None:
    """Beside a Redis named only there another one was started, and the web server listened elsewhere."""
    file = tmp_path / ".env"
    file.write_text(lines)
    environment = {name: value for name, value in os.environ.items() if name not in {"HOST", "REDIS_URL"}}
    command = [sys.executable, "-c", READ_FILE, str(file)]
    read = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    found = ServiceSettings(**json.loads(read.stdout))
    assert (found.host, found.redis_url) == (host, redis_url)
    assert bool(own_redis(replace(found, data_dir=str(tmp_path)))) != bool(redis_url)


@pytest.mark.parametrize(
    ("host", "name"), [("127.0.0.1", "localhost"), ("0.0.0.0", "localhost"), ("fe80::1", "[fe80::1]")]
)
def test_the_printed_address_works_in_a_browser(host: str, name: str) -> None:
    assert browser_host(host) == name
