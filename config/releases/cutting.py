"""Cutting a release: what changes in the files that name its version. Pure."""

import re
from collections.abc import Callable
from datetime import date

UNRELEASED = "## [Unreleased]\n"
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_RELEASED = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", re.MULTILINE)


class CannotCut(Exception):
    """A release that cannot be cut. The text says why."""


def released(changelog: str) -> list[str]:
    """Return the versions of a changelog, newest first."""
    return [version for version, _ in _RELEASED.findall(changelog)]


def unreleased(changelog: str) -> str:
    """Return what a changelog says of changes since the newest release."""
    return changelog.partition(UNRELEASED)[2].partition("\n## [")[0].strip()


def cut_changelog(changelog: str, *, version: str, day: date) -> str:
    """Return the changelog with its unreleased changes under the version.

    Raises CannotCut unless the version is newer than the newest, and there are changes.
    """
    numbers = _numbers(version)
    if any(_numbers(old) >= numbers for old in released(changelog)):
        raise CannotCut(f"{version} is not newer than {released(changelog)[0]}, the newest release.")
    if not unreleased(changelog):
        raise CannotCut("The changelog has nothing under Unreleased.")
    return changelog.replace(UNRELEASED, f"{UNRELEASED}\n## [{version}] - {day:%Y-%m-%d}\n", 1)


def _numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.fullmatch(version)
    if not found:
        raise CannotCut(f"A version is three numbers, such as 1.2.0, not {version}.")
    return tuple(map(int, found.groups()))


def _replacing(pattern: str) -> Callable[[str, str], str]:
    """Return the function that puts a version in place of the one group of a pattern, which must be there once."""
    place = re.compile(pattern, re.MULTILINE)

    def replace(text: str, version: str) -> str:
        [found] = place.finditer(text)
        return text[: found.start(1)] + version + text[found.end(1) :]

    return replace


# Each file that names the version.
PLACES: dict[str, Callable[[str, str], str]] = {
    "pyproject.toml": _replacing(r'^version = "(.+)"$'),
    "client/package.json": _replacing(r'^  "version": "(.+)",$'),
    "Dockerfile": _replacing(r"^ARG VERSION=(.+)$"),
    "deploy/kubernetes/kustomization.yaml": _replacing(r"^    newTag: (.+)$"),
}
