"""What package managers and hosts read: pyproject.toml, .python-version, Procfile and app.json agree."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from config import env
from tests import resolve

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
APP: dict[str, Any] = json.loads((ROOT / "app.json").read_text())
LOCKED = [ROOT / name for name in ("requirements.lock", "requirements.txt", "requirements-sbom.txt")]
PINNED = (ROOT / ".python-version").read_text().strip()


def test_the_python_version_has_an_upper_bound_without_which_poetry_finds_no_solution() -> None:
    assert re.fullmatch(r">=3\.11,<4", PROJECT["project"]["requires-python"])


def test_the_pinned_python_is_that_of_the_image_and_is_allowed() -> None:
    image = re.findall(r"FROM python:(\d+\.\d+)-", (ROOT / "Dockerfile").read_text())
    assert set(image) == {PINNED}
    assert (3, 11) <= tuple(map(int, PINNED.split("."))) < (4,)


@pytest.mark.parametrize("path", LOCKED, ids=lambda path: path.name)
def test_what_is_locked_is_for_every_python_that_is_allowed_not_for_that_of_who_locked_it(path: Path) -> None:
    command = path.read_text().splitlines()[1]
    assert " --universal " in command and " --python-version 3.11 " in command


def test_the_host_runs_every_process_of_the_procfile() -> None:
    processes = re.findall(r"^(\w+):", (ROOT / "Procfile").read_text(), re.MULTILINE)
    assert [*APP["formation"]] == [name for name in processes if name != "release"]


def test_the_host_sets_only_variables_that_are_read() -> None:
    sample = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.sample").read_text(), re.MULTILINE)
    assert APP["env"].keys() - {"DISABLE_COLLECTSTATIC"} <= set(sample)
    assert {add_on["plan"].split(":")[0] for add_on in APP["addons"]} == {"heroku-postgresql", "heroku-redis"}


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("rediss://:x@host:6379", "rediss://:x@host:6379?ssl_cert_reqs=none"),
        ("rediss://host/0?a=b", "rediss://host/0?a=b&ssl_cert_reqs=none"),
        ("rediss://host?ssl_cert_reqs=required", "rediss://host?ssl_cert_reqs=required"),
        ("redis://host", "redis://host"),
    ],
)
def test_a_self_signed_certificate_of_redis_can_be_accepted(given: str, url: str) -> None:
    assert env.without_verification(given) == url


def test_each_way_to_install_is_resolved() -> None:
    """`make resolve` runs them; the version of Poetry is the one that the README names."""
    assert {name.split(",")[0] for name in resolve.commands(ROOT)} == {"pip", "uv", "Poetry"}
    assert "Poetry 2.2 or later" in (ROOT / "README.md").read_text()
    assert resolve.POETRY == "poetry>=2.2"


@pytest.mark.parametrize("path", LOCKED, ids=lambda path: path.name)
def test_a_locked_file_pins_every_package_by_hash_and_names_no_index(path: Path) -> None:
    text = re.sub(r"^ *#.*\n", "", path.read_text(), flags=re.MULTILINE)
    packages = text.replace("\\\n", "").splitlines()
    assert len(packages) > 20
    assert all(re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line) for line in packages)
    assert "://" not in text


@pytest.mark.parametrize("name", ["Makefile", "Dockerfile"])
def test_all_that_is_installed_is_pinned_by_hash_but_the_installer(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]
    installed = [line for line in lines if re.search(r"pip (install|sync) |uv tool|uvx", line)]
    assert all("--require-hashes" in line or "--disable-pip-version-check uv " in line for line in installed)
    locked = {each for line in installed for each in re.findall(r"[\w-]+\.(?:lock|txt)", line)}
    assert locked and locked <= {path.name for path in LOCKED}
