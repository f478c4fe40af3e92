"""The built web client: which files the page loads."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "static" / "client"
PREFIX = "client"  # of static files
ENTRY = "index.html"


@dataclass(frozen=True)
class Entry:
    """The files of every screen, as names of static files: one script, what it loads, and styles."""

    script: str
    imports: tuple[str, ...]
    styles: tuple[str, ...]


def entry() -> Entry | None:
    """Return what the page loads; None if the client is not built."""
    manifest = FOLDER / "manifest.json"
    try:
        changed_at = manifest.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return _read(manifest, changed_at)


def worker() -> str | None:
    """Return the script of the service worker; None if the client is not built."""
    try:
        return (FOLDER / "worker.js").read_text()
    except FileNotFoundError:
        return None


@lru_cache(maxsize=1)
def _read(manifest: Path, changed_at: int) -> Entry:
    """Return what Vite's manifest says. `changed_at`: so that a new build is read."""
    chunks: dict[str, dict[str, Any]] = json.loads(manifest.read_text())
    reached: list[dict[str, Any]] = []
    seen: set[str] = set()

    def reach(name: str) -> None:
        if name not in seen:
            seen.add(name)
            for imported in chunks[name].get("imports", ()):
                reach(imported)
            reached.append(chunks[name])  # after its imports, as their styles must be

    reach(ENTRY)
    for started in chunks[ENTRY].get("dynamicImports", ()):  # what the entry loads if the browser can run it
        reach(started)
    script = f"{PREFIX}/{chunks[ENTRY]['file']}"
    files = [f"{PREFIX}/{chunk['file']}" for chunk in reached]
    styles = dict.fromkeys(f"{PREFIX}/{style}" for chunk in reached for style in chunk.get("css", ()))
    return Entry(script, tuple(name for name in files if name != script), tuple(styles))
