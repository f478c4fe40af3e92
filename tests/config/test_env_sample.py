"""`.env.sample` lists all variables, and copying it unchanged changes nothing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = (ROOT / ".env.sample").read_text()

SHOW = """
from django.conf import settings
for name in filter(str.isupper, dir(settings)):
    print(name, "=", getattr(settings, name))
"""


def listed() -> list[str]:
    """Return the names of the variables that `.env.sample` lists, sorted."""
    return sorted(re.findall(r"^([A-Z][A-Z0-9_]+)=", SAMPLE, re.MULTILINE))


def settings_shown(root: Path, data: Path, code: str = SHOW) -> str:
    """Return what `code` prints with no variables but those of the `.env` of the project at `root`: its settings."""
    env = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "the same"}
    env |= {"DATA_DIR": str(data)}
    shown = subprocess.run([sys.executable, "-c", code], cwd=root, env=env, capture_output=True, text=True, check=True)
    return shown.stdout


@pytest.fixture
def copied_project(tmp_path: Path) -> Path:
    """A folder with what the settings import, for a `.env` of its own."""
    for package in ("config", "common", "users"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_copying_it_unchanged_changes_no_setting(copied_project: Path) -> None:
    before = settings_shown(copied_project, copied_project / "data")
    shutil.copy(ROOT / ".env.sample", copied_project / ".env")
    assert settings_shown(copied_project, copied_project / "data") == before


def test_it_lists_every_variable_that_is_read() -> None:
    read = set()
    for module in ("settings.py", "env.py"):
        read |= set(re.findall(r'\b(?:read|raw)\(\s*"([A-Z0-9_]+)"', (ROOT / "config" / module).read_text()))
    assert set(listed()) == read


def test_it_contains_no_secrets() -> None:
    assert "\nTELEGRAM_BOT_TOKEN=\n" in SAMPLE
    assert "\nSECRET_KEY=\n" in SAMPLE
