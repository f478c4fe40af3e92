"""`make run` builds the web client first; if that fails it says why, and the rest of the service starts."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from standalone import supervisor
from standalone.child_processes import Children, StepFailed
from web import building


class Steps:
    """Children that record what is printed and run; a command `fail` fails."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def print_line(self, text: str) -> None:
        self.said.append(text)

    def run_step(self, name: str, command: Sequence[str], *, cwd: Path | None = None) -> str:
        assert cwd == building.SOURCES  # where its tools look for their settings
        if command[0] == "fail":
            raise StepFailed(f"{name} failed (exit 1):\n{command[1]}")
        self.said.append(f"ran {command[0]}")
        return ""


def steps(folder: Path, *commands: list[str]) -> list[building.Step]:
    return [building.Step(f"Step {n} ...", command, folder / str(n), "x") for n, command in enumerate(commands)]


def test_each_step_is_announced_and_recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(building, "steps", lambda: steps(tmp_path, ["install"], ["build"]))
    children = Steps()
    supervisor.build_client(cast(Children, children))
    assert children.said == ["Step 0 ...", "ran install", "Step 1 ...", "ran build"]
    assert {path.name for path in tmp_path.iterdir()} == {"0", "1"}


def test_a_failed_step_is_explained_and_not_recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(building, "steps", lambda: steps(tmp_path, ["fail", "npm error ENOTFOUND"], ["build"]))
    children = Steps()
    supervisor.build_client(cast(Children, children))
    assert children.said == ["Step 0 ...", building.explain("ENOTFOUND")]
    assert list(tmp_path.iterdir()) == []


def test_without_node_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_node() -> list[building.Step]:
        raise building.NodeNotFound("Install Node.js.")

    monkeypatch.setattr(building, "steps", no_node)
    children = Steps()
    supervisor.build_client(cast(Children, children))
    assert children.said == ["Install Node.js."]
