"""`.env.sample` lists all variables, and copying it unchanged changes nothing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = (ROOT / ".env.sample").read_text()
# Compose reads them as well.
ELSEWHERE = {"POSTGRES_HOST", "POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"}

SHOW = """
from django.conf import settings
for name in filter(str.isupper, dir(settings)):
    print(name, "=", getattr(settings, name))
"""


def settings_shown(root: Path, data: Path) -> str:
    """Return the settings of the project at `root` as text, with no variables but those of its `.env`."""
    env = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "the same"}
    env |= {"DATA_DIR": str(data)}
    shown = subprocess.run([sys.executable, "-c", SHOW], cwd=root, env=env, capture_output=True, text=True, check=True)
    return shown.stdout


def test_copying_it_unchanged_changes_no_setting(tmp_path: Path) -> None:
    for package in ("config", "common", "users"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    before = settings_shown(tmp_path, tmp_path / "data")
    shutil.copy(ROOT / ".env.sample", tmp_path / ".env")
    assert settings_shown(tmp_path, tmp_path / "data") == before


def test_it_lists_every_variable_that_is_read() -> None:
    listed = set(re.findall(r"^([A-Z][A-Z0-9_]+)=", SAMPLE, re.MULTILINE))
    read = set()
    for module in ("settings.py", "env.py"):
        read |= set(re.findall(r'\bread\(\s*"([A-Z0-9_]+)"', (ROOT / "config" / module).read_text()))
    assert listed == read | ELSEWHERE


def test_it_contains_no_secrets() -> None:
    assert "\nTELEGRAM_BOT_TOKEN=\n" in SAMPLE
    assert "\nSECRET_KEY=\n" in SAMPLE
