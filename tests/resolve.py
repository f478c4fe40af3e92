"""Resolve the project's dependencies with pip, uv and Poetry, which users install it with.

Needs a package index, so `make resolve` runs it and `make test` does not.
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
POETRY = "poetry>=2.2"  # the first version that reads [dependency-groups]
UV = [sys.executable, "-m", "uv"]


def commands(project: Path) -> dict[str, list[str]]:
    """Return the command of each tool, to be run in a folder that has only the project's pyproject.toml."""
    with (project / "pyproject.toml").open("rb") as file:
        dependencies: list[str] = tomllib.load(file)["project"]["dependencies"]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--dry-run", "--ignore-installed"]
    return {
        "pip": [*pip, "--quiet", *dependencies],
        "pip, pinned": [*pip, "--quiet", "--require-hashes", "--requirement", str(ROOT / "requirements.txt")],
        "uv": [*UV, "lock", "--quiet"],
        "Poetry": [*UV, "tool", "run", "--from", POETRY, "poetry", "lock", "--no-interaction"],
        "Poetry, check": [*UV, "tool", "run", "--from", POETRY, "poetry", "check"],
    }


def with_index(text: str, index: str) -> str:
    """Return pyproject.toml with an index for Poetry, which does not read pip's configuration."""
    if not index:
        return text
    return f'{text}\n[[tool.poetry.source]]\nname = "own"\nurl = "{index}"\npriority = "primary"\n'


def main(index: str = "") -> int:
    """Run each tool and return the number of those that failed. `index`: one for Poetry, for mirrors without its API."""
    failed = 0
    for name in commands(ROOT):
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder)
            text = (ROOT / "pyproject.toml").read_text()
            (project / "pyproject.toml").write_text(with_index(text, index))
            command = commands(project)[name]
            done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=900)
        print(f"{name}: {'resolved' if done.returncode == 0 else 'FAILED'}", flush=True)
        if done.returncode:
            failed += 1
            print((done.stdout + done.stderr).strip()[-3000:], file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(min(main(*sys.argv[1:2]), 1))
