"""The rules by which `make run` keeps its processes, with small stand-ins for the real ones."""

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast

import pytest

from config.children import Child, Children, KeepsDying, Patience, StepFailed
from config.leash import Leash
from config.supervisor import CannotStart, act_on, only_one, processes, reachable, require_port
from config.watch import Listener, Watch

ROOT = Path(__file__).resolve().parent.parent
HURRIED = Patience(short_life=10, short_lives=3, within=60, pause=0, stop=0.5)

# A parent and its own child, both of which say who they are in files and then stay.
PARENT = """
import os, pathlib, subprocess, sys, time
place = pathlib.Path({place!r})
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
for name, pid in (("parent", os.getpid()), ("child", child.pid)):
    fresh = place / (name + ".new")
    fresh.write_text(str(pid))
    fresh.rename(place / name)
print("here I am", flush=True)
time.sleep(600)
"""

# What `config.supervisor` does around its children.
SUPERVISE = """
import os, sys
from config.children import Child, Children
from config.leash import Leash
with Leash() as leash:
    children = Children(leash, env=os.environ)
    children.hear_signals()
    try:
        children.start(Child("parent", [sys.executable, "-c", sys.argv[1]]))
        children.run()
    finally:
        children.stop()
"""


def until(condition: Callable[[], object], within: float = 20) -> None:
    """Wait for a condition to become true."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def lives(pid: int) -> bool:
    """Whether the process runs; one that nobody has collected yet does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return state.stdout.strip()[:1] not in {"", "Z"}


def python(source: str) -> list[str]:
    return [sys.executable, "-u", "-c", source]


@pytest.fixture
def leash() -> Iterator[Leash]:
    with Leash() as leash:
        yield leash


class Family:
    """Children run inside the test, with what they said."""

    def __init__(self, leash: Leash, patience: Patience = HURRIED) -> None:
        self.out = io.BytesIO()
        self.children = Children(leash, env=os.environ, out=self.out, patience=patience)

    @property
    def lines(self) -> list[str]:
        return self.out.getvalue().decode().splitlines()

    def run_until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 20

        def meanwhile() -> None:
            if condition() or time.monotonic() > deadline:
                self.children.ask_to_stop()

        try:
            self.children.run(meanwhile=meanwhile)
        finally:
            self.children.stop()


@pytest.fixture
def family(leash: Leash) -> Family:
    return Family(leash)


@pytest.mark.processes
def test_what_a_child_says_comes_line_by_line_in_order_and_with_its_name(family: Family, tmp_path: Path) -> None:
    said = tmp_path / "said"
    mumble = f"""
import pathlib, sys, time
sys.stdout.write("no end")
sys.stdout.flush()
pathlib.Path({str(said)!r}).touch()
time.sleep(600)
"""
    family.children.start(
        Child("ab", python("for i in range(500): print(i)\nimport time; time.sleep(600)")),
        Child("c", python(mumble)),
    )
    family.run_until(lambda: said.exists() and "ab | 499" in family.lines)
    assert [line for line in family.lines if line.startswith("ab | ")] == [f"ab | {i}" for i in range(500)]
    assert "c  | no end" in family.lines  # what was not finished is said at the end


@pytest.mark.processes
def test_a_reader_that_stands_still_holds_up_no_child(leash: Leash, tmp_path: Path) -> None:
    """As with Ctrl-S, or a pager: the child would stand in its next print, perhaps within a transaction."""
    done = tmp_path / "done"
    talk = f"import pathlib, time; [print('x' * 99) for _ in range(30000)]; pathlib.Path({str(done)!r}).touch()"
    reading, writing = os.pipe()
    try:
        with os.fdopen(writing, "wb") as out:
            children = Children(leash, env=os.environ, out=out, patience=HURRIED)
            children.start(Child("web", python(f"{talk}; time.sleep(600)")))
            deadline = time.monotonic() + 20

            def meanwhile() -> None:
                if done.exists() or time.monotonic() > deadline:
                    children.ask_to_stop()

            children.run(meanwhile=meanwhile)
            assert done.exists()
            os.set_blocking(reading, False)
            while data := os.read(reading, 1_000_000):  # the reader goes on
                children._write()
                if b"could not be shown" in data:
                    break
            children.stop()
    finally:
        os.close(reading)


@pytest.mark.processes
def test_a_child_that_dies_is_started_again_and_named(family: Family, tmp_path: Path) -> None:
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
    assert any(line.startswith("worker died (exit -9), started again") for line in family.lines)
    assert "worker | here again" in family.lines


@pytest.mark.processes
def test_one_that_keeps_dying_ends_everything_with_its_last_words(family: Family, leash: Leash) -> None:
    family.children.start(
        Child("bot", python("raise SystemExit('no such token')")),
        Child("web", python("import time; time.sleep(600)")),
    )
    with pytest.raises(KeepsDying, match=r"bot keeps dying \(3 times .* exit 1\)[^$]*no such token"):
        family.run_until(lambda: False)
    web = next(line for line in family.lines if line.startswith("web started"))
    assert not lives(int(web.split("pid ")[1].rstrip(")")))


@pytest.mark.processes
def test_one_that_cannot_run_is_let_go_alone(family: Family) -> None:
    refused = "import sys; print('Telegram refuses this token: put the new one into TELEGRAM_BOT_TOKEN'); sys.exit(78)"
    family.children.start(
        Child("bot", python(refused), essential=False),
        Child("web", python("import time; time.sleep(600)")),
    )

    def web_goes_on_alone() -> bool:
        return family.children.pids().keys() == {"web"}

    family.run_until(web_goes_on_alone)
    said = "\n".join(family.lines)
    assert "bot cannot run (exit 78) and is not started again; everything else goes on." in said
    assert "    Telegram refuses this token: put the new one into TELEGRAM_BOT_TOKEN" in family.lines
    assert said.count("bot started") == 1
    assert "web did not" not in said


@pytest.mark.processes
def test_one_that_everything_needs_and_cannot_run_ends_everything_at_once(family: Family) -> None:
    family.children.start(Child("web", python("print('PORT is malformed'); raise SystemExit(78)")))
    with pytest.raises(KeepsDying, match=r"web cannot run \(exit 78\)[^$]*PORT is malformed"):
        family.run_until(lambda: False)


@pytest.mark.processes
@pytest.mark.parametrize("essential", [True, False])
def test_one_that_has_lived_is_started_again_however_often_it_dies(
    leash: Leash, tmp_path: Path, essential: bool
) -> None:
    """As when a database is away for an hour: it worked before, so it is not what it is that keeps it from running."""
    family = Family(leash, Patience(short_life=0.6, short_lives=2, within=60, pause=0, stop=0.5))
    once = f"""
import pathlib, time
first = pathlib.Path({str(tmp_path / "first")!r})
if not first.exists() and {essential}:
    first.touch()
    time.sleep(0.7)
"""
    family.children.start(Child("beat", python(once), essential=essential))
    family.run_until(lambda: sum("beat died" in line for line in family.lines) >= 6)
    assert sum("beat died" in line for line in family.lines) >= 6


@pytest.mark.processes
def test_one_that_runs_but_does_not_answer_is_killed_with_its_own_and_started_again(
    family: Family, tmp_path: Path
) -> None:
    answers = tmp_path / "answers"

    def ask(pid: int) -> bool:
        return answers.exists()

    family.children.start(Child("worker", python(PARENT.format(place=str(tmp_path)))))
    watch = Watch([Listener("worker", ask, patience=0.2)], every=0.01)
    stopped: list[int] = []

    def meanwhile() -> bool:
        if not stopped and "worker | here I am" in family.lines:
            stopped.extend(int((tmp_path / name).read_text()) for name in ("parent", "child"))
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            watch.start()
        act_on(watch, family.children)
        if stopped and family.children.pids()["worker"] != stopped[0]:
            answers.touch()
        return answers.exists()

    family.run_until(meanwhile)
    watch.stop()
    assert stopped
    assert not any(map(lives, stopped))
    assert any(line.startswith("worker has not answered for 0 s: killed and started again") for line in family.lines)


@pytest.mark.processes
def test_the_children_of_a_dead_child_are_swept_up(family: Family, tmp_path: Path) -> None:
    family.children.start(Child("worker", python(PARENT.format(place=str(tmp_path)))))
    killed: list[int] = []

    def kill_it_once() -> bool:
        if not killed and "worker | here I am" in family.lines:
            killed.extend(int((tmp_path / name).read_text()) for name in ("parent", "child"))
            os.kill(killed[0], signal.SIGKILL)
        return bool(killed) and not lives(killed[1])

    family.run_until(kill_it_once)
    assert killed
    assert not any(map(lives, killed))


@pytest.mark.processes
def test_one_that_does_not_listen_is_killed_after_a_while(family: Family) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('la la'); time.sleep(600)"
    family.children.start(Child("deaf", python(deaf)))
    family.run_until(lambda: "deaf | la la" in family.lines)
    assert "deaf did not end in time and was killed" in family.lines


@pytest.mark.processes
def test_servers_end_after_those_that_use_them(family: Family) -> None:
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
def test_a_step_that_fails_says_what_it_said(family: Family) -> None:
    assert family.children.step("demo", python("print('a login')")) == "a login\n"
    with pytest.raises(StepFailed, match=r"migrate failed \(exit 3\):\nno such table"):
        family.children.step("migrate", python("print('no such table'); raise SystemExit(3)"))


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """A process that supervises a parent with a child, and the numbers of those two."""
    command = [sys.executable, "-c", SUPERVISE, PARENT.format(place=str(tmp_path))]

    def hear_the_terminal() -> None:
        """Under nohup the closing of a terminal would be ignored."""
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, preexec_fn=hear_the_terminal) as supervisor:
        try:
            until(lambda: (tmp_path / "parent").exists() and (tmp_path / "child").exists())
            yield supervisor, [int((tmp_path / name).read_text()) for name in ("parent", "child")]
        finally:
            supervisor.kill()


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_ends_every_process(
    supervised: tuple[subprocess.Popen[bytes], list[int]], number: signal.Signals
) -> None:
    supervisor, others = supervised
    supervisor.send_signal(number)
    assert supervisor.wait(20) == 0
    assert not any(map(lives, others))


@pytest.mark.processes
def test_none_is_left_when_the_supervisor_is_killed(
    supervised: tuple[subprocess.Popen[bytes], list[int]],
) -> None:
    supervisor, others = supervised
    supervisor.kill()
    until(lambda: not any(map(lives, others)))


@pytest.mark.processes
def test_the_watcher_is_replaced_when_it_is_killed(leash: Leash, tmp_path: Path) -> None:
    first = leash.watcher_pid
    os.kill(first, signal.SIGKILL)
    until(lambda: not lives(first))
    folder = leash.folder(prefix="kept-", within=tmp_path)
    leash.keep_watched()
    assert lives(leash.watcher_pid)
    leash.close()
    assert not folder.exists()


def supervisor(**environment: object) -> subprocess.CompletedProcess[str]:
    """Run the real one, which is expected to refuse."""
    env = {**os.environ, **{name: str(value) for name, value in environment.items()}}
    command = [sys.executable, "-m", "config.supervisor"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.processes
def test_a_busy_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        result = supervisor(PORT=port, DATA_DIR=tmp_path, REDIS_URL="", DATABASE_URL="")
    assert result.returncode == 1
    assert f"port {port} of 127.0.0.1 is busy" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "redis").exists()


@pytest.mark.processes
def test_a_malformed_variable_is_one_line_that_names_it(tmp_path: Path) -> None:
    result = supervisor(PORT="eight thousand", DATA_DIR=tmp_path)
    assert result.returncode == 1
    assert "PORT" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_two_cannot_hold_the_same_data(tmp_path: Path) -> None:
    with (
        only_one(tmp_path),
        pytest.raises(CannotStart, match=f"already runs .* {os.getpid()}"),
        only_one(tmp_path),
    ):
        pass
    with only_one(tmp_path):
        pass


def test_a_port_that_gets_free_in_time_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        with pytest.raises(CannotStart, match="busy"):
            require_port("127.0.0.1", port, patience=0)
    require_port("127.0.0.1", port, patience=0)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotStart, match="HOST"):
        require_port("no such host", 8000, patience=0)


@pytest.mark.parametrize(("token", "secret", "polls"), [("", "", False), ("1:a", "", True), ("1:a", "s", False)])
def test_the_bot_polls_only_where_telegram_does_not_call(token: str, secret: str, polls: bool, tmp_path: Path) -> None:
    settings = SimpleNamespace(PORT=8000, DATA_DIR=tmp_path, TELEGRAM_BOT_TOKEN=token, TELEGRAM_WEBHOOK_SECRET=secret)
    names = [child.name for child in processes(cast(ModuleType, settings), "127.0.0.1")]
    assert names == ["web", "worker", "beat"] + ["bot"] * polls


@pytest.mark.parametrize(
    ("host", "name"), [("127.0.0.1", "localhost"), ("0.0.0.0", "localhost"), ("fe80::1", "[fe80::1]")]
)
def test_the_address_told_is_one_for_a_browser(host: str, name: str) -> None:
    assert reachable(host) == name
