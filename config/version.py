"""The version of this service. It is written once, in pyproject.toml; `manage.py cut_release` changes it."""

import tomllib
from functools import cache

from config.env import BASE_DIR


@cache
def version() -> str:
    """Return the version, such as "0.1.0"."""
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
    return str(project["version"])
